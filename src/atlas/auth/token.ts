/**
 * Access tokens. Those of a service account are requested when one is needed, renewed after two thirds of their
 * lifetime, and revoked at the end. At most one token request is in progress, and all waiting requests share it. A
 * configured access token is only read.
 */
import { unlessAborted } from '../../support/abortable.ts';
import type { Runtime } from '../../support/runtime.ts';
import { AtlasError } from '../error.ts';
import { decodeError } from '../http/answer.ts';
import type { AtlasRequest, AtlasResponse } from '../http/transport.ts';
import { type Credential, readSecret, type Signer, type SignerTools } from './credentials.ts';
import { type MintedToken, mintToken, revokeToken } from './oauth.ts';

/** After a 401 a new token is requested at most this often: one wrong target must not use up the account's 100 tokens. */
const REPLACE_EVERY_SECONDS = 300;
/**
 * After a failed token request, all requests fail with the same error for a while, since Atlas limits token requests. The
 * pause doubles from `first` to `most`. A request that Atlas did not answer does not count against its limit.
 */
const PAUSE_SECONDS = { first: 10, most: 300, mostUnanswered: 30, mostRetryAfter: 600 };

interface Token extends MintedToken {
  /** Monotonic seconds of the last successful request with this token. */
  provenAtSeconds: number;
}

export function createServiceAccount(credential: Credential, tools: SignerTools): Signer {
  const { runtime } = tools;
  const ending = new AbortController();
  /** All tokens that may still be valid at Atlas. If only one project refused a token, the replaced token is still valid. */
  const live = new Set<Token>();
  let token: Token | undefined;
  let minting: Promise<Token> | undefined;
  let replacedAtSeconds = Number.NEGATIVE_INFINITY;
  let failure: { readonly error: unknown; readonly pauseSeconds: number; readonly untilSeconds: number } | undefined;
  let ended = false;

  function mint(): Promise<Token> {
    if (ended) return Promise.reject(new AtlasError('internal', 'a request after the end of its credential'));
    if (failure && runtime.monotonicSeconds() < failure.untilSeconds) return Promise.reject(failure.error);
    // Many polls share the token request, so aborting one poll does not abort it.
    minting ??= mintToken(credential, tools, ending.signal).then(keep, fail);
    return minting;
  }

  function keep(minted: MintedToken): Token {
    minting = failure = undefined;
    const kept = { ...minted, provenAtSeconds: Number.NEGATIVE_INFINITY };
    if (!ended) token = kept;
    const now = runtime.monotonicSeconds();
    for (const old of live) if (old.endsAtSeconds <= now) live.delete(old);
    live.add(kept);
    return kept;
  }

  function fail(error: unknown): never {
    minting = undefined;
    const isUnanswered = error instanceof AtlasError && (error.reason === 'network' || error.reason === 'timeout');
    const most = isUnanswered ? PAUSE_SECONDS.mostUnanswered : PAUSE_SECONDS.most;
    const pauseSeconds = failure ? Math.min(most, failure.pauseSeconds * 2) : PAUSE_SECONDS.first;
    const retryAfter = error instanceof AtlasError ? (error.retryAfterSeconds ?? 0) : 0;
    const seconds = Math.max(pauseSeconds, Math.min(retryAfter, PAUSE_SECONDS.mostRetryAfter));
    failure = { error, pauseSeconds, untilSeconds: runtime.monotonicSeconds() + seconds };
    throw error;
  }

  async function current(signal: AbortSignal): Promise<Token> {
    signal.throwIfAborted();
    const now = runtime.monotonicSeconds();
    if (token === undefined || now >= token.endsAtSeconds) return unlessAborted(mint(), signal);
    // In the background: only after the old token has expired, a failed renewal affects requests.
    if (now >= token.renewAtSeconds) mint().catch(() => undefined);
    return token;
  }

  /** Whether a 401 means that the token is no longer valid, and not that the account has no access to this project. */
  function isRefused(response: AtlasResponse, used: Token, sentAtSeconds: number): boolean {
    if (response.status !== 401 || isForeignProject(response)) return false;
    if (token !== used) return true;
    const mayReplace = runtime.monotonicSeconds() - replacedAtSeconds >= REPLACE_EVERY_SECONDS;
    return used.provenAtSeconds < sentAtSeconds && mayReplace;
  }

  /** A token that cannot be revoked ends by itself, within an hour. */
  async function revoke({ value }: Token): Promise<void> {
    const revocation = revokeToken(credential, value, tools, ending.signal);
    await unlessAborted(revocation, ending.signal).catch(() => undefined);
  }

  async function end(signal: AbortSignal): Promise<void> {
    ended = true;
    const leave = (): void => ending.abort(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    token = undefined;
    const now = runtime.monotonicSeconds();
    const left = [...live].filter(({ endsAtSeconds }) => endsAtSeconds > now);
    // A token request in progress is awaited, and its token is revoked. The other tokens are revoked in the meantime.
    const coming = minting && unlessAborted(minting, ending.signal).then(revoke, () => undefined);
    await Promise.all([coming, ...left.map(revoke)]);
    signal.removeEventListener('abort', leave);
  }

  const authorize: Signer['authorize'] = (next) =>
    async function withToken(request, signal) {
      // If there is no token, the request fails here, before it waits in the queue. After the queue the token may have
      // been replaced.
      let used = await current(signal);
      let sentAtSeconds = 0;
      const signed: AtlasRequest = {
        ...request,
        async sign(signing) {
          used = await current(signing);
          sentAtSeconds = runtime.monotonicSeconds();
          return `Bearer ${used.value}`;
        },
      };
      async function send(): Promise<AtlasResponse> {
        const response = await next(signed, signal);
        if (response.status < 400) used.provenAtSeconds = runtime.monotonicSeconds();
        return response;
      }
      const response = await send();
      if (!isRefused(response, used, sentAtSeconds)) return response;
      if (token === used) {
        token = undefined;
        replacedAtSeconds = runtime.monotonicSeconds();
      }
      await current(signal);
      return send();
    };

  return { authorize, end };
}

/** A configured access token, which another program renews. It is read once, and again when Atlas refuses it. */
export function createReadyMadeToken(credential: Credential, runtime: Runtime): Signer['authorize'] {
  const read = (signal: AbortSignal): Promise<string> =>
    unlessAborted(readSecret(credential, 'access_token', runtime), signal);
  let value: string | undefined;
  return (next) =>
    async function withToken(request, signal) {
      value ??= await read(signal);
      const used = value;
      const response = await next(withBearer(request, used), signal);
      if (response.status !== 401 || isForeignProject(response)) return response;
      value = await read(signal);
      return value === used ? response : next(withBearer(request, value), signal);
    };
}

function withBearer(request: AtlasRequest, token: string): AtlasRequest {
  return { ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } };
}

/** Whether a 401 is about access to the project and not about the token: other projects may accept the token. */
function isForeignProject(response: AtlasResponse): boolean {
  const errorCode = decodeError(response);
  return errorCode === 'NOT_IN_GROUP' || errorCode === 'USER_CANNOT_ACCESS_GROUP';
}
