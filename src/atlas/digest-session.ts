/**
 * An API key's conversation with Atlas: keeps the last challenge and counts its uses, so that one request, not two, is the
 * rule. A count is never used twice, also by requests that run side by side.
 */
import type { Runtime } from '../runtime.ts';
import type { Authorize, ReadSecret } from './credentials.ts';
import { type DigestChallenge, digestAuthorization, parseDigestChallenge } from './digest.ts';
import type { AtlasRequest, AtlasResponse } from './transport.ts';

const NONCES_KEPT = 100;

export function createDigestSession(publicKey: ReadSecret, privateKey: ReadSecret, runtime: Runtime): Authorize {
  let challenge: DigestChallenge | undefined;
  let key: { readonly username: string; readonly password: string } | undefined;
  // By nonce, the oldest first: a late answer may offer a nonce again that was in use before.
  const uses = new Map<string, number>();

  async function signed(request: AtlasRequest): Promise<AtlasRequest> {
    if (challenge === undefined) return request;
    key ??= { username: await publicKey(), password: await privateKey() };
    const nonceCount = (uses.get(challenge.nonce) ?? 0) + 1;
    uses.set(challenge.nonce, nonceCount);
    const authorization = digestAuthorization({
      challenge,
      ...key,
      method: request.method,
      uri: request.target,
      nonceCount,
      cnonce: runtime.randomHex(16),
    });
    return { ...request, headers: { ...request.headers, authorization } };
  }

  function learn(response: AtlasResponse): boolean {
    const header = response.headers['www-authenticate'];
    const offered = response.status === 401 ? parseDigestChallenge(header) : undefined;
    if (offered === undefined) return false;
    // The key is read again with each challenge: it may have been rotated.
    key = undefined;
    challenge = offered;
    const [oldest] = uses.keys();
    if (oldest !== undefined && uses.size > NONCES_KEPT) uses.delete(oldest);
    return true;
  }

  return (next) =>
    async function digested(request, signal) {
      const response = await next(await signed(request), signal);
      // One answer to the challenge; a second 401 means that the key is wrong.
      return learn(response) ? next(await signed(request), signal) : response;
    };
}
