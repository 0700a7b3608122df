/**
 * The two OAuth requests of a service account: one gets an access token, the other revokes it. Client id and secret are
 * not form-encoded in the Basic header: the form-encoding of RFC 6749 would turn `_` into `%5F`, which Atlas refuses.
 * Source: https://www.mongodb.com/docs/atlas/api/service-accounts-overview/
 */
import { withinDeadline } from '../../support/abortable.ts';
import type { Runtime } from '../../support/runtime.ts';
import { BOUNDS } from '../bounds.ts';
import { AtlasError, errorOfStatus, type Reason } from '../error.ts';
import { decodeError, parseJson, retryAfterSecondsOf } from '../http/answer.ts';
import type { AtlasResponse } from '../http/transport.ts';
import { type Credential, readSecret, type SignerTools } from './credentials.ts';

export interface MintedToken {
  readonly value: string;
  /** Both are monotonic seconds and count from the request. */
  readonly renewAtSeconds: number;
  readonly endsAtSeconds: number;
}

/** Reads id and secret again. @throws AtlasError that is final: no further attempt within the same poll */
export async function mintToken(credential: Credential, tools: SignerTools, signal: AbortSignal): Promise<MintedToken> {
  const { runtime, observer } = tools;
  try {
    const authorization = await basicOf(credential, runtime);
    const askedAtSeconds = runtime.monotonicSeconds();
    const form = { grant_type: 'client_credentials' };
    const response = await call(credential, tools, 'token', authorization, form, signal);
    const token = decodeToken(response, askedAtSeconds);
    const lifeSeconds = token.endsAtSeconds - runtime.monotonicSeconds();
    observer.secret(token.value);
    observer.token({ credential: credential.name, expiresAtSeconds: runtime.wallSeconds() + lifeSeconds });
    return token;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    observer.token({ credential: credential.name });
    throw error instanceof AtlasError ? withoutToken(error) : error;
  }
}

/** The token is valid until it expires if Atlas does not revoke it. */
export async function revokeToken(
  credential: Credential,
  token: string,
  tools: SignerTools,
  signal: AbortSignal,
): Promise<void> {
  const form = { token, token_type_hint: 'access_token' };
  await call(credential, tools, 'revoke', await basicOf(credential, tools.runtime), form, signal);
}

async function basicOf(credential: Credential, runtime: Runtime): Promise<string> {
  const id = await readSecret(credential, 'client_id', runtime);
  const secret = await readSecret(credential, 'client_secret', runtime);
  return `Basic ${Buffer.from(`${id}:${secret}`, 'utf8').toString('base64')}`;
}

async function call(
  { name: credential }: Credential,
  { exchange, runtime }: SignerTools,
  operation: 'token' | 'revoke',
  authorization: string,
  form: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<AtlasResponse> {
  const contentType = 'application/x-www-form-urlencoded';
  const headers = { accept: 'application/json', authorization, 'content-type': contentType };
  const seconds = BOUNDS.tokenCallSeconds;
  const timeBudget = { remainingSeconds: seconds };
  const target = `/api/oauth/${operation}`;
  const body = new URLSearchParams(form).toString();
  const late = (): AtlasError => new AtlasError('timeout', 'no complete answer in time');
  return withinDeadline({ runtime, seconds, late, signal }, (deadline) =>
    exchange({ operation, credential, method: 'POST', target, headers, body, timeBudget }, deadline),
  );
}

/** Advice for reasons whose usual advice is wrong for a token request. */
const ADVICE: Partial<Readonly<Record<Reason, string>>> = {
  forbidden: 'check that the service account still exists in Atlas and may request access tokens',
  not_found: 'check atlas.base_url: that server does not support service accounts',
  rate_limited:
    'give this exporter its own service account: Atlas limits token requests, and another program also uses this account',
};

function withoutToken({ reason, message, status, errorCode, retryAfterSeconds, advice }: AtlasError): AtlasError {
  return new AtlasError(reason, `no access token: ${message}`, {
    status,
    errorCode,
    retryAfterSeconds,
    advice: ADVICE[reason] ?? advice,
    isFinal: true,
  });
}

function decodeToken(response: AtlasResponse, askedAtSeconds: number): MintedToken {
  if (response.status !== 200) {
    throw errorOfStatus(response.status, decodeError(response), retryAfterSecondsOf(response));
  }
  const { access_token: value, expires_in: expiresIn } = parseJson(response) as Record<string, unknown>;
  const { least, most } = BOUNDS.tokenLifeSeconds;
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value) || value.length > BOUNDS.tokenCharacters) {
    throw invalid('the answer to a token request has no valid access_token');
  }
  if (typeof expiresIn !== 'number') throw invalid('the answer to a token request has no expires_in');
  if (expiresIn < least) throw invalid(`the lifetime of the access token is less than ${least} s`);
  const lifeSeconds = Math.min(most, expiresIn);
  const renewAtSeconds = askedAtSeconds + (lifeSeconds * 2) / 3;
  return { value, renewAtSeconds, endsAtSeconds: askedAtSeconds + lifeSeconds };
}

function invalid(problem: string): AtlasError {
  return new AtlasError('invalid_response', problem);
}
