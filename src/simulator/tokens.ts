/** The OAuth endpoints of a service account. A token expires, and an account has at most 100 live ones. */
import { randomBytes } from 'node:crypto';
import { type Answer, refuseOAuth } from './answers.ts';

export interface TokenRequest {
  readonly authorization: string | undefined;
  readonly contentType: string | undefined;
  readonly body: string;
}

export type Tokens = ReturnType<typeof createTokens>;

const maxLiveTokens = 100;
const formType = 'application/x-www-form-urlencoded';

/** @param account called at each request, because secrets are rotated */
export function createTokens(
  now: () => number,
  lifetimeSeconds: number,
  account: () => { readonly clientId: string; readonly clientSecret: string },
) {
  const expiryMsByToken = new Map<string, number>();

  function mint(request: TokenRequest): Answer {
    const refusal = refuseClient(request, account());
    if (refusal) return refusal;
    if (new URLSearchParams(request.body).get('grant_type') !== 'client_credentials') {
      return refuseOAuth(400, 'unsupported_grant_type', 'The grant_type must be client_credentials.');
    }
    forgetExpired();
    if (expiryMsByToken.size >= maxLiveTokens) {
      return refuseOAuth(403, 'access_denied', `This account already has ${maxLiveTokens} live tokens.`);
    }
    const token = `simulated-${randomBytes(24).toString('hex')}`;
    expiryMsByToken.set(token, now() + lifetimeSeconds * 1000);
    return success({ access_token: token, expires_in: lifetimeSeconds, token_type: 'Bearer' });
  }

  function revoke(request: TokenRequest): Answer {
    const refusal = refuseClient(request, account());
    if (refusal) return refusal;
    const token = new URLSearchParams(request.body).get('token');
    if (token === null) return refuseOAuth(400, 'invalid_request', 'The parameter token is missing.');
    // RFC 7009, section 2.2: revoking an unknown token succeeds.
    expiryMsByToken.delete(token);
    return success({});
  }

  function forgetExpired(): void {
    for (const [token, expiryMs] of expiryMsByToken) if (expiryMs <= now()) expiryMsByToken.delete(token);
  }

  return {
    mint,
    revoke,
    isLive: (token: string): boolean => (expiryMsByToken.get(token) ?? 0) > now(),
    expireAll: (): void => expiryMsByToken.clear(),
  };
}

function refuseClient(
  { authorization, contentType }: TokenRequest,
  { clientId, clientSecret }: { readonly clientId: string; readonly clientSecret: string },
): Answer | undefined {
  const encoded = /^basic\s+(\S+)$/i.exec(authorization ?? '')?.[1] ?? '';
  // Atlas does not decode id and secret, so a client that form-encodes them (RFC 6749, section 2.3.1) is refused.
  if (Buffer.from(encoded, 'base64').toString('utf8') !== `${clientId}:${clientSecret}`) {
    return refuseOAuth(401, 'invalid_client', 'Unknown client, or wrong secret.');
  }
  if (contentType?.split(';')[0]?.trim().toLowerCase() !== formType) {
    return refuseOAuth(400, 'invalid_request', `The Content-Type must be ${formType}.`);
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
