/**
 * Bearer tokens: a service account's, minted by OAuth 2.0 client credentials and renewed at two thirds of their life, and
 * tokens handed over ready-made. However many callers wait, one token is asked for at a time.
 * The client's id and secret go raw into Basic: RFC 6749's form-encoding would turn `_` into `%5F`, which Atlas refuses.
 * Source: https://www.mongodb.com/docs/atlas/api/service-accounts-overview/
 */
import type { Runtime } from '../runtime.ts';
import { decodeError, parseJson, retryAfterSecondsOf } from './answer.ts';
import type { Authorize, CredentialTools, ReadSecret } from './credentials.ts';
import { AtlasError, errorOfStatus } from './error.ts';
import type { AtlasRequest, AtlasResponse, Transport } from './transport.ts';
import { createWork } from './work.ts';

const MINT_SECONDS = 30;
/** A 401 makes us ask for a new token at most this often: one wrong target must not burn the account's 100 tokens. */
const REPLACE_EVERY_SECONDS = 300;
/** After a failed mint: at first and at most. Meanwhile callers get the same failure; Atlas caps mints per minute. */
const MINT_PAUSE_SECONDS = { first: 10, most: 300 };

interface Token {
  readonly value: string;
  readonly renewAtSeconds: number;
  readonly endsAtSeconds: number;
  /** When a request last succeeded with it, monotonic. */
  provenAtSeconds: number;
}

export function createServiceAccount(
  name: string,
  clientId: ReadSecret,
  clientSecret: ReadSecret,
  tools: CredentialTools,
): Authorize {
  const { runtime } = tools;
  let token: Token | undefined;
  let minting: Promise<Token> | undefined;
  let replacedAtSeconds = Number.NEGATIVE_INFINITY;
  let failure: { readonly error: unknown; readonly pauseSeconds: number; readonly untilSeconds: number } | undefined;

  function mint(): Promise<Token> {
    if (failure && runtime.monotonicSeconds() < failure.untilSeconds) return Promise.reject(failure.error);
    minting ??= requestToken(name, clientId, clientSecret, tools).then(keep, fail);
    return minting;
  }

  function keep(minted: Token): Token {
    minting = failure = undefined;
    token = minted;
    return minted;
  }

  function fail(error: unknown): never {
    minting = undefined;
    const pauseSeconds = failure
      ? Math.min(MINT_PAUSE_SECONDS.most, failure.pauseSeconds * 2)
      : MINT_PAUSE_SECONDS.first;
    const asked = error instanceof AtlasError ? (error.retryAfterSeconds ?? 0) : 0;
    const waitSeconds = Math.max(pauseSeconds, Math.min(asked, MINT_PAUSE_SECONDS.most * 2));
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

  return (next) =>
    async function withToken(request, signal) {
      const used = await current(signal);
      const sentAtSeconds = runtime.monotonicSeconds();
      const response = await next(bearing(request, used.value), signal);
      if (response.status < 400) used.provenAtSeconds = runtime.monotonicSeconds();
      if (!isRefused(response, used, sentAtSeconds)) return response;
      if (token === used) {
        token = undefined;
        replacedAtSeconds = runtime.monotonicSeconds();
      }
      return next(bearing(request, (await current(signal)).value), signal);
    };
}

/** A token from elsewhere: read once, and again when Atlas refuses it, since whoever made it may have made a new one. */
export function createHandedOverToken(accessToken: ReadSecret): Authorize {
  let value: string | undefined;
  return (next) =>
    async function withToken(request, signal) {
      value ??= await accessToken();
      const used = value;
      const response = await next(bearing(request, used), signal);
      if (response.status !== 401 || isForeignProject(response)) return response;
      value = await accessToken();
      return value === used ? response : next(bearing(request, value), signal);
    };
}

async function requestToken(
  name: string,
  clientId: ReadSecret,
  clientSecret: ReadSecret,
  { exchange, runtime, observer }: CredentialTools,
): Promise<Token> {
  try {
    const basic = Buffer.from(`${await clientId()}:${await clientSecret()}`, 'utf8').toString('base64');
    const askedAtSeconds = runtime.monotonicSeconds();
    const response = await tokenExchange(exchange, name, basic);
    const token = decodeToken(response, runtime, askedAtSeconds);
    const lifeSeconds = token.endsAtSeconds - runtime.monotonicSeconds();
    observer.token({ credential: name, expiresAtSeconds: runtime.wallSeconds() + lifeSeconds });
    return token;
  } catch (error) {
    observer.token({ credential: name });
    throw error;
  }
}

function tokenExchange(exchange: Transport, credential: string, basic: string): Promise<AtlasResponse> {
  const request: AtlasRequest = {
    operation: 'token',
    credential,
    method: 'POST',
    target: '/api/oauth/token',
    headers: {
      accept: 'application/json',
      authorization: `Basic ${basic}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: 'grant_type=client_credentials',
    work: createWork(MINT_SECONDS),
  };
  // Many polls share the token: it is not for one of them to call the request off.
  return exchange(request, new AbortController().signal);
}

function decodeToken(response: AtlasResponse, runtime: Runtime, askedAtSeconds: number): Token {
  if (response.status !== 200) {
    const retryAfterSeconds = retryAfterSecondsOf(response, runtime.wallSeconds());
    throw errorOfStatus(response.status, decodeError(response), retryAfterSeconds);
  }
  const answer = parseJson(response);
  const value = answer['access_token'];
  const lifeSeconds = answer['expires_in'];
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value)) {
    throw new AtlasError('invalid_response', 'the answer to a token request has no access_token');
  }
  if (typeof lifeSeconds !== 'number' || !(lifeSeconds > 0)) {
    throw new AtlasError('invalid_response', 'the answer to a token request has no expires_in');
  }
  return {
    value,
    renewAtSeconds: askedAtSeconds + (lifeSeconds * 2) / 3,
    endsAtSeconds: askedAtSeconds + lifeSeconds,
    provenAtSeconds: Number.NEGATIVE_INFINITY,
  };
}

function bearing(request: AtlasRequest, token: string): AtlasRequest {
  return { ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } };
}

function isForeignProject(response: AtlasResponse): boolean {
  const errorCode = decodeError(response);
  return errorCode === 'NOT_IN_GROUP' || errorCode === 'USER_CANNOT_ACCESS_GROUP';
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', leave, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
