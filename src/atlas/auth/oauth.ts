/**
 * The two calls that a service account makes for itself: to be given an access token, and to give it back. What goes over
 * the wire and what comes of it; when to call is another's business.
 * The client's id and secret go raw into Basic: RFC 6749's form-encoding would turn `_` into `%5F`, which Atlas refuses.
 * Source: https://www.mongodb.com/docs/atlas/api/service-accounts-overview/
 */
import type { Runtime } from '../../support/runtime.ts';
import { AtlasError, errorOfStatus, type Reason } from '../error.ts';
import { decodeError, parseJson, retryAfterSecondsOf } from '../http/answer.ts';
import type { AtlasResponse } from '../http/transport.ts';
import { createTimeBudget } from '../http/transport.ts';
import type { CredentialTools, ReadSecret } from './credentials.ts';

export interface Client {
  /** Of the credential. */
  readonly name: string;
  readonly clientId: ReadSecret;
  readonly clientSecret: ReadSecret;
}

export interface MintedToken {
  readonly value: string;
  /** Both monotonic, counted from when it was asked for. */
  readonly renewAtSeconds: number;
  readonly endsAtSeconds: number;
}

const CALL_SECONDS = 30;
/** Servers take no longer headers. */
const LONGEST_TOKEN = 8192;
/**
 * How long a token may live. Shorter ones would be asked for more often than Atlas allows (10 a minute at the least); the
 * end of longer ones is taken to come sooner.
 */
const LIFE_SECONDS = { least: 10, most: 86_400 };

/** Reads id and secret anew, so that rotated ones are met. Fails with an AtlasError for which another attempt is in vain. */
export async function mintToken(client: Client, tools: CredentialTools, signal: AbortSignal): Promise<MintedToken> {
  const { runtime, observer } = tools;
  try {
    const authorization = await basicOf(client);
    const askedAtSeconds = runtime.monotonicSeconds();
    const grant = 'grant_type=client_credentials';
    const response = await call(client, tools, { operation: 'token', authorization, body: grant }, signal);
    const token = decodeToken(response, runtime, askedAtSeconds);
    const lifeSeconds = token.endsAtSeconds - runtime.monotonicSeconds();
    observer.secret(token.value);
    observer.token({ credential: client.name, expiresAtSeconds: runtime.wallSeconds() + lifeSeconds });
    return token;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    observer.token({ credential: client.name });
    throw error instanceof AtlasError ? withoutToken(error) : error;
  }
}

/** Resolves to why Atlas has not taken it back, if it hasn't. Then the token is good until its time is over. */
export async function revokeToken(
  client: Client,
  token: string,
  tools: CredentialTools,
  signal: AbortSignal,
): Promise<AtlasError | undefined> {
  try {
    const authorization = await basicOf(client);
    const body = new URLSearchParams({ token, token_type_hint: 'access_token' }).toString();
    const response = await call(client, tools, { operation: 'revoke', authorization, body }, signal);
    return response.status === 200 ? undefined : errorOfStatus(response.status, decodeError(response));
  } catch (error) {
    if (error instanceof AtlasError) return error;
    if (signal.aborted) return new AtlasError('timeout', 'no answer before the end');
    return new AtlasError('internal', 'the request could not be made');
  }
}

async function basicOf({ clientId, clientSecret }: Client): Promise<string> {
  return `Basic ${Buffer.from(`${await clientId()}:${await clientSecret()}`, 'utf8').toString('base64')}`;
}

function call(
  { name }: Client,
  { exchange }: CredentialTools,
  {
    operation,
    authorization,
    body,
  }: { readonly operation: 'token' | 'revoke'; readonly authorization: string; readonly body: string },
  signal: AbortSignal,
): Promise<AtlasResponse> {
  const headers = {
    accept: 'application/json',
    authorization,
    'content-type': 'application/x-www-form-urlencoded',
  };
  const target = `/api/oauth/${operation}`;
  const timeBudget = createTimeBudget(CALL_SECONDS);
  return exchange({ operation, credential: name, method: 'POST', target, headers, body, timeBudget }, signal);
}

/** Where asking for a token fails otherwise than asking for a list does. */
const ADVICE: Partial<Readonly<Record<Reason, string>>> = {
  forbidden: 'check that the service account still exists in Atlas and may ask for access tokens',
  not_found: 'check atlas.base_url: what answers there knows no service accounts',
  rate_limited:
    'give this exporter a service account of its own: Atlas limits how often one may ask for tokens, and something else asks as well',
};

/** The pause after a failure is longer than the pauses of a poll. */
function withoutToken(error: AtlasError): AtlasError {
  const { reason, message, status, errorCode, retryAfterSeconds } = error;
  const advice = ADVICE[reason] ?? error.advice;
  return new AtlasError(reason, `no access token: ${message}`, {
    status,
    errorCode,
    retryAfterSeconds,
    advice,
    isFinal: true,
  });
}

function decodeToken(response: AtlasResponse, runtime: Runtime, askedAtSeconds: number): MintedToken {
  if (response.status !== 200) {
    const retryAfterSeconds = retryAfterSecondsOf(response, runtime.wallSeconds());
    throw errorOfStatus(response.status, decodeError(response), retryAfterSeconds);
  }
  const answer = parseJson(response);
  const value = answer['access_token'];
  const expiresIn = answer['expires_in'];
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value)) {
    throw new AtlasError('invalid_response', 'the answer to a token request has no access_token');
  }
  if (value.length > LONGEST_TOKEN) {
    throw new AtlasError('invalid_response', `the access token has more than ${LONGEST_TOKEN} characters`);
  }
  if (typeof expiresIn !== 'number') {
    throw new AtlasError('invalid_response', 'the answer to a token request has no expires_in');
  }
  if (expiresIn < LIFE_SECONDS.least) {
    throw new AtlasError('invalid_response', `the access token lives for less than ${LIFE_SECONDS.least} s`);
  }
  const lifeSeconds = Math.min(LIFE_SECONDS.most, expiresIn);
  return {
    value,
    renewAtSeconds: askedAtSeconds + (lifeSeconds * 2) / 3,
    endsAtSeconds: askedAtSeconds + lifeSeconds,
  };
}
