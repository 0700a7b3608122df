/**
 * An API key's conversation with Atlas: keeps the last challenge and counts its uses, so that one request, not two, is the
 * rule. A count is never used twice, also by requests that run side by side; while one asks for a challenge, others that
 * are about to be sent wait for what it is told. Requests are signed when they are sent: a challenge may be good for
 * seconds, and a queue longer than that.
 */

import { unlessAborted } from '../../support/abortable.ts';
import type { Runtime } from '../../support/runtime.ts';
import type { AtlasRequest, AtlasResponse, Transport } from '../http/exchange.ts';
import type { Authorize, ReadSecret } from './credentials.ts';
import { type DigestChallenge, digestAuthorization, parseDigestChallenge } from './digest.ts';

const NONCES_KEPT = 100;
/** The first without a challenge, the second with one, the third where that was stale already: someone was faster. */
const MOST_LEGS = 3;

interface Key {
  readonly username: string;
  readonly password: string;
}

interface Uses {
  count: number;
  /** The same for all uses of a nonce: the -sess algorithms make their key of the first one. */
  readonly cnonce: string;
}

export function createDigestSession(publicKey: ReadSecret, privateKey: ReadSecret, runtime: Runtime): Authorize {
  let challenge: DigestChallenge | undefined;
  let key: Promise<Key> | undefined;
  /** Resolves when the request that asks for a challenge has ended: to whether it is left to another to ask. */
  let asking: Promise<boolean> | undefined;
  // By nonce, the oldest first: a late answer may offer a nonce again that was in use before.
  const uses = new Map<string, Uses>();

  function currentKey(): Promise<Key> {
    if (key) return key;
    const reading = readKey();
    key = reading;
    // What can't be read is tried again by the next.
    reading.catch(() => {
      if (key === reading) key = undefined;
    });
    return reading;
  }

  async function readKey(): Promise<Key> {
    return { username: await publicKey(), password: await privateKey() };
  }

  function use(nonce: string): { readonly nonceCount: number; readonly cnonce: string } {
    const used = uses.get(nonce) ?? { count: 0, cnonce: runtime.randomHex(16) };
    used.count += 1;
    uses.set(nonce, used);
    return { nonceCount: used.count, cnonce: used.cnonce };
  }

  async function sign(
    { method, target }: AtlasRequest,
    challenge: DigestChallenge,
    signal: AbortSignal,
  ): Promise<string> {
    const read = await unlessAborted(currentKey(), signal);
    return digestAuthorization({ challenge, ...read, method, uri: target, ...use(challenge.nonce) });
  }

  function learn(response: AtlasResponse): DigestChallenge | undefined {
    const header = response.headers['www-authenticate'];
    const offered = response.status === 401 ? parseDigestChallenge(header) : undefined;
    if (offered === undefined) return undefined;
    // The key is read again with each challenge: it may have been rotated.
    key = undefined;
    challenge = offered;
    const [oldest] = uses.keys();
    if (oldest !== undefined && uses.size > NONCES_KEPT) uses.delete(oldest);
    return offered;
  }

  /** One leg, and the challenge that its answer offers. */
  async function send(next: Transport, request: AtlasRequest, signal: AbortSignal) {
    let endAsking: (isLeft: boolean) => void = () => undefined;
    async function signOrAsk(): Promise<string | undefined> {
      // Who is called off leaves it to the next to ask. After any other end nobody waits for another: it may take as long again.
      for (let isLeft = true; challenge === undefined && asking && isLeft; )
        isLeft = await unlessAborted(asking, signal);
      if (challenge) return sign(request, challenge, signal);
      if (asking) return undefined;
      const mine = new Promise<boolean>((resolve) => {
        endAsking = (isLeft) => {
          asking = undefined;
          resolve(isLeft);
        };
      });
      asking = mine;
      return undefined;
    }
    try {
      const response = await next({ ...request, sign: signOrAsk }, signal);
      const offered = learn(response);
      endAsking(false);
      return { response, offered };
    } catch (error) {
      endAsking(signal.aborted);
      throw error;
    }
  }

  return (next) =>
    async function digested(request, signal) {
      let { response, offered } = await send(next, request, signal);
      // A challenge is answered once; a second one means that the key is wrong, unless it says that only the nonce was.
      for (let leg = 2; offered && leg <= MOST_LEGS && (leg === 2 || offered.stale); leg += 1) {
        // Ahead of what hasn't begun: a challenge may not last as long as the queue.
        ({ response, offered } = await send(next, { ...request, continues: true }, signal));
      }
      return response;
    };
}
