/**
 * Access tokens of a service account: minted for its secret, good for a while, a hundred of them at most, revocable.
 * The two OAuth endpoints as functions from what was sent to an answer. It does not know what a token opens.
 */
import { type Answer, refuseOAuth } from './answers.ts';

export interface TokenRequest {
  readonly authorization: string | undefined;
  readonly contentType: string | undefined;
  readonly body: string;
}

export interface Tokens {
  mint(request: TokenRequest): Answer;
  revoke(request: TokenRequest): Answer;
  isLive(token: string): boolean;
  expireTokens(): void;
}

export interface TokenOptions {
  readonly now: () => number;
  readonly random: (bytes: number) => Buffer;
  readonly lifetimeSeconds: number;
  /** Asked for each request, since secrets are rotated. */
  readonly account: () => { readonly clientId: string; readonly clientSecret: string };
}

const maxLiveTokens = 100;
const formType = 'application/x-www-form-urlencoded';

export function createTokens({ now, random, lifetimeSeconds, account }: TokenOptions): Tokens {
  const expiryMsByToken = new Map<string, number>();

  function mint(request: TokenRequest): Answer {
    const refusal = refuseClient(request, account());
    if (refusal) {
      return refusal;
    }
    if (new URLSearchParams(request.body).get('grant_type') !== 'client_credentials') {
      return refuseOAuth(400, 'unsupported_grant_type', 'The grant_type must be client_credentials.');
    }
    forgetExpired();
    if (expiryMsByToken.size >= maxLiveTokens) {
      return refuseOAuth(403, 'access_denied', `This account has ${maxLiveTokens} live tokens, and no more are given.`);
    }
    const token = `simulated.${random(32).toString('base64url')}`;
    expiryMsByToken.set(token, now() + lifetimeSeconds * 1000);
    return success({ access_token: token, expires_in: lifetimeSeconds, token_type: 'Bearer' });
  }

  function revoke(request: TokenRequest): Answer {
    const refusal = refuseClient(request, account());
    if (refusal) {
      return refusal;
    }
    const token = new URLSearchParams(request.body).get('token');
    if (token === null) {
      return refuseOAuth(400, 'invalid_request', 'The token to be revoked is missing.');
    }
    // RFC 7009: revoking what does not exist succeeds.
    expiryMsByToken.delete(token);
    return success({});
  }

  function forgetExpired(): void {
    for (const [token, expiryMs] of expiryMsByToken) {
      if (expiryMs <= now()) {
        expiryMsByToken.delete(token);
      }
    }
  }

  return {
    mint,
    revoke,
    isLive: (token) => (expiryMsByToken.get(token) ?? 0) > now(),
    expireTokens: () => expiryMsByToken.clear(),
  };
}

function refuseClient(
  { authorization, contentType }: TokenRequest,
  { clientId, clientSecret }: { readonly clientId: string; readonly clientSecret: string },
): Answer | undefined {
  const encoded = /^basic\s+(\S+)$/i.exec(authorization ?? '')?.[1] ?? '';
  // Compared as sent: a client that form-encodes id and secret first, as RFC 6749 has it, is not let in.
  if (Buffer.from(encoded, 'base64').toString('utf8') !== `${clientId}:${clientSecret}`) {
    return refuseOAuth(401, 'invalid_client', 'The client is unknown or its secret is wrong.');
  }
  if (contentType?.split(';')[0]?.trim().toLowerCase() !== formType) {
    return refuseOAuth(400, 'invalid_request', `The body must be sent as ${formType}.`);
  }
  return undefined;
}

function success(body: unknown): Answer {
  return {
    status: 200,
    headers: { 'Content-Type': 'application/json;charset=utf-8', 'Cache-Control': 'no-store' },
    body: JSON.stringify(body),
  };
}
