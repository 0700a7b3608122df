/**
 * Bearer tokens: a service account's, minted when one is needed, renewed at two thirds of their life and given back at the
 * end, and tokens handed over ready-made. However many callers wait, one token is asked for at a time.
 */

import { unlessAborted } from '../../support/abortable.ts';
import { AtlasError } from '../error.ts';
import { decodeError } from '../http/answer.ts';
import type { AtlasRequest, AtlasResponse } from '../http/transport.ts';
import type { Authorize, CredentialSession, CredentialTools, ReadSecret } from './credentials.ts';
import { type Client, type MintedToken, mintToken, revokeToken } from './oauth.ts';

/** A 401 makes us ask for a new token at most this often: one wrong target must not burn the account's 100 tokens. */
const REPLACE_EVERY_SECONDS = 300;
/**
 * After a failed mint: at first and at most. Meanwhile callers get the same failure; Atlas caps mints per minute. Where Atlas
 * hasn't answered, it hasn't counted either.
 */
const MINT_PAUSE_SECONDS = { first: 10, most: 300, mostUnanswered: 30, mostAsked: 600 };

interface Token extends MintedToken {
  /** When a request last succeeded with it, monotonic. */
  provenAtSeconds: number;
}

export function createServiceAccount(client: Client, tools: CredentialTools): CredentialSession {
  const { runtime, observer } = tools;
  const ending = new AbortController();
  /** All that Atlas may still hold for good, those that were replaced too. */
  const live = new Set<Token>();
  const revoking = new Map<Token, Promise<AtlasError | undefined>>();
  let token: Token | undefined;
  let minting: Promise<Token> | undefined;
  let replacedAtSeconds = Number.NEGATIVE_INFINITY;
  let failure: { readonly error: unknown; readonly pauseSeconds: number; readonly untilSeconds: number } | undefined;
  let ended = false;

  function mint(): Promise<Token> {
    if (ended) return Promise.reject(new AtlasError('internal', 'a request after the end of its credential'));
    if (failure && runtime.monotonicSeconds() < failure.untilSeconds) return Promise.reject(failure.error);
    // Many polls share the token: it is not for one of them to call the request off.
    minting ??= mintToken(client, tools, ending.signal).then(keep, fail);
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
    const most = isUnanswered ? MINT_PAUSE_SECONDS.mostUnanswered : MINT_PAUSE_SECONDS.most;
    const pauseSeconds = failure ? Math.min(most, failure.pauseSeconds * 2) : MINT_PAUSE_SECONDS.first;
    const asked = error instanceof AtlasError ? (error.retryAfterSeconds ?? 0) : 0;
    const waitSeconds = Math.max(pauseSeconds, Math.min(asked, MINT_PAUSE_SECONDS.mostAsked));
    failure = { error, pauseSeconds, untilSeconds: runtime.monotonicSeconds() + waitSeconds };
    throw error;
  }

  async function current(signal: AbortSignal): Promise<Token> {
    signal.throwIfAborted();
    const now = runtime.monotonicSeconds();
    if (token === undefined || now >= token.endsAtSeconds) return unlessAborted(mint(), signal);
    // Renewed in the background; whoever needs one meanwhile uses the old one, and a failure is met when that ends.
    if (now >= token.renewAtSeconds) mint().catch(() => undefined);
    return token;
  }

  /** Whether a 401 says that the token is dead, and not that this one project is closed to it. */
  function isRefused(response: AtlasResponse, used: Token, sentAtSeconds: number): boolean {
    if (response.status !== 401 || isForeignProject(response)) return false;
    if (token !== used) return true;
    return (
      used.provenAtSeconds < sentAtSeconds && runtime.monotonicSeconds() - replacedAtSeconds >= REPLACE_EVERY_SECONDS
    );
  }

  function drop(used: Token): void {
    token = undefined;
    replacedAtSeconds = runtime.monotonicSeconds();
    // Perhaps it was refused only here: then Atlas would go on counting it among the account's live ones.
    void revoke(used);
  }

  /** What it is not rid of is tried again at the end. */
  async function revoke(one: Token): Promise<AtlasError | undefined> {
    live.delete(one);
    const revocation = revokeToken(client, one.value, tools, ending.signal);
    revoking.set(one, revocation);
    const error = await revocation;
    if (error) live.add(one);
    revoking.delete(one);
    return error;
  }

  /** Whatever hangs, a secret's file included, is left behind. */
  async function revokeForGood(one: Token): Promise<void> {
    const revocation = unlessAborted(revoking.get(one) ?? revoke(one), ending.signal);
    const error = await revocation.catch(() => new AtlasError('timeout', 'no answer before the end'));
    if (error === undefined) return;
    const { reason, status, errorCode, message: problem } = error;
    const expiresAtSeconds = runtime.wallSeconds() + one.endsAtSeconds - runtime.monotonicSeconds();
    observer.notRevoked({ credential: client.name, reason, status, errorCode, problem, expiresAtSeconds });
  }

  async function end(signal: AbortSignal): Promise<void> {
    ended = true;
    const callOff = (): void => ending.abort(signal.reason);
    signal.addEventListener('abort', callOff, { once: true });
    token = undefined;
    const now = runtime.monotonicSeconds();
    const left = [...live, ...revoking.keys()].filter(({ endsAtSeconds }) => endsAtSeconds > now);
    // What is being asked for is waited for; what there is doesn't wait for that.
    const coming = minting && unlessAborted(minting, ending.signal).then(revokeForGood, () => undefined);
    await Promise.all([coming, ...left.map(revokeForGood)]);
    signal.removeEventListener('abort', callOff);
  }

  const authorize: Authorize = (next) =>
    async function withToken(request, signal) {
      // Without one nothing is worth a turn. Which it is shows when its turn has come: a queue may outlive a token.
      let used = await current(signal);
      let sentAtSeconds = 0;
      const bearer = {
        ...request,
        async sign(signing: AbortSignal): Promise<string> {
          used = await current(signing);
          sentAtSeconds = runtime.monotonicSeconds();
          return `Bearer ${used.value}`;
        },
      };
      async function send(): Promise<AtlasResponse> {
        const response = await next(bearer, signal);
        if (response.status < 400) used.provenAtSeconds = runtime.monotonicSeconds();
        return response;
      }
      const response = await send();
      if (!isRefused(response, used, sentAtSeconds)) return response;
      if (token === used) drop(used);
      await current(signal);
      return send();
    };

  return { authorize, end };
}

/** A token from elsewhere: read once, and again when Atlas refuses it, since whoever made it may have made a new one. */
export function createHandedOverToken(accessToken: ReadSecret): Authorize {
  let value: string | undefined;
  return (next) =>
    async function withToken(request, signal) {
      value ??= await unlessAborted(accessToken(), signal);
      const used = value;
      const response = await next(bearing(request, used), signal);
      if (response.status !== 401 || isForeignProject(response)) return response;
      value = await unlessAborted(accessToken(), signal);
      return value === used ? response : next(bearing(request, value), signal);
    };
}

function bearing(request: AtlasRequest, token: string): AtlasRequest {
  return { ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } };
}

function isForeignProject(response: AtlasResponse): boolean {
  const errorCode = decodeError(response);
  return errorCode === 'NOT_IN_GROUP' || errorCode === 'USER_CANNOT_ACCESS_GROUP';
}
