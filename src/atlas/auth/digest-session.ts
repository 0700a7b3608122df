/**
 * HTTP Digest for one API key: keeps the last challenge and counts its uses, so that usually one request is enough, not two.
 * A nonce count is never used twice, also by requests in parallel. Requests are signed when they are sent: a nonce may live
 * for seconds, and a queue may be longer than that.
 */
import { unlessAborted } from '../../support/abortable.ts';
import type { Runtime } from '../../support/runtime.ts';
import type { AtlasRequest, AtlasResponse, Transport } from '../http/transport.ts';
import { type Credential, readSecret } from './credentials.ts';
import { type DigestChallenge, digestAuthorization, parseDigestChallenge } from './digest.ts';

const NONCES_KEPT = 100;
/** The first without a challenge, the second with one, the third if another request has made that one stale. */
const MAX_ATTEMPTS = 3;

interface Key {
  readonly username: string;
  readonly password: string;
}

export function createDigestSession(credential: Credential, runtime: Runtime): (next: Transport) => Transport {
  let challenge: DigestChallenge | undefined;
  let key: Promise<Key> | undefined;
  // By nonce, the oldest first: a late answer may offer a nonce again that is already in use.
  const uses = new Map<string, number>();

  function currentKey(): Promise<Key> {
    if (key) return key;
    const reading = readKey();
    key = reading;
    // After a failure the next request reads it again.
    reading.catch(() => {
      if (key === reading) key = undefined;
    });
    return reading;
  }

  async function readKey(): Promise<Key> {
    return {
      username: await readSecret(credential, 'public_key'),
      password: await readSecret(credential, 'private_key'),
    };
  }

  function nextCount(nonce: string): number {
    const count = (uses.get(nonce) ?? 0) + 1;
    uses.set(nonce, count);
    return count;
  }

  async function sign({ method, target }: AtlasRequest, signal: AbortSignal): Promise<string | undefined> {
    const current = challenge;
    if (current === undefined) return undefined;
    const read = await unlessAborted(currentKey(), signal);
    const nonceCount = nextCount(current.nonce);
    const cnonce = runtime.randomHex(16);
    return digestAuthorization({ challenge: current, ...read, method, uri: target, nonceCount, cnonce });
  }

  /** The challenge of a 401, which the next requests use. */
  function learn(response: AtlasResponse): DigestChallenge | undefined {
    if (response.status !== 401) return undefined;
    const offered = parseDigestChallenge(response.headers['www-authenticate']);
    if (offered === undefined) return undefined;
    // The key is read again with each challenge: it may have been rotated.
    key = undefined;
    challenge = offered;
    const [oldest] = uses.keys();
    if (oldest !== undefined && uses.size > NONCES_KEPT) uses.delete(oldest);
    return offered;
  }

  return (next) =>
    async function digested(request, signal) {
      const signed: AtlasRequest = { ...request, sign: (signing) => sign(request, signing) };
      for (let attempt = 1; ; attempt += 1) {
        const response = await next(signed, signal);
        const offered = learn(response);
        // A second challenge means that the key is wrong, unless it says that only the nonce was too old.
        const isWorthAnother = attempt === 1 || offered?.stale === true;
        if (offered === undefined || attempt === MAX_ATTEMPTS || !isWorthAnother) return response;
      }
    };
}
