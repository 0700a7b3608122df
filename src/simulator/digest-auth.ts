/**
 * The server's side of HTTP Digest (RFC 7616) as Atlas does it: MD5, qop "auth", no opaque, a nonce that may be used
 * again with a new count each time. It knows one user, and nothing of what that user may see.
 */
import { createHash } from 'node:crypto';
import type { Answer } from './answers.ts';

export interface DigestAuth {
  /** `undefined` if the header proves the key for exactly this request. */
  refuse(method: string, target: string, header: string | undefined): Answer | undefined;
  expireNonces(): void;
}

export interface DigestOptions {
  readonly now: () => number;
  readonly random: (bytes: number) => Buffer;
  readonly nonceLifetimeSeconds: number;
  /** Asked for each request, since keys are rotated. */
  readonly key: () => { readonly publicKey: string; readonly privateKey: string };
}

interface Nonce {
  readonly issuedAtMs: number;
  readonly used: Set<string>;
}

const realm = 'MMS Public API';
const maxNonces = 1000;
const maxUses = 1024;

export function createDigestAuth({ now, random, nonceLifetimeSeconds, key }: DigestOptions): DigestAuth {
  const nonces = new Map<string, Nonce>();

  function refuseDigest(method: string, target: string, header: string | undefined): Answer | undefined {
    const given = parseDigest(header ?? '');
    if (!isProof(given, method, target, key())) {
      return challenge(false);
    }
    // A right answer to an old challenge is stale: the client knows the key and may answer the new one at once.
    return spend(given.get('nonce') ?? '', given.get('nc') ?? '') ? undefined : challenge(true);
  }

  function spend(nonce: string, count: string): boolean {
    const known = nonces.get(nonce);
    if (known === undefined || now() - known.issuedAtMs >= nonceLifetimeSeconds * 1000) {
      return false;
    }
    // Parallel requests may overtake each other, so a count has to be new, not greater than all before.
    if (known.used.has(count) || known.used.size >= maxUses) {
      return false;
    }
    known.used.add(count);
    return true;
  }

  function challenge(stale: boolean): Answer {
    const nonce = random(24).toString('base64');
    nonces.set(nonce, { issuedAtMs: now(), used: new Set() });
    const [oldest] = nonces.keys();
    if (nonces.size > maxNonces && oldest !== undefined) {
      nonces.delete(oldest);
    }
    // Written before a resource is reached, it has neither the parameters nor the header of other errors.
    return {
      status: 401,
      headers: {
        'Content-Type': 'application/json',
        'WWW-Authenticate': `Digest realm="${realm}", domain="", nonce="${nonce}", algorithm=MD5, qop="auth", stale=${stale}`,
      },
      body: JSON.stringify({
        error: 401,
        reason: 'Unauthorized',
        detail: 'This needs a valid credential.',
        errorCode: 'UNEXPECTED_ERROR',
      }),
    };
  }

  return { refuse: refuseDigest, expireNonces: () => nonces.clear() };
}

function isProof(
  given: ReadonlyMap<string, string>,
  method: string,
  target: string,
  { publicKey, privateKey }: { readonly publicKey: string; readonly privateKey: string },
): boolean {
  const [nonce, nc, cnonce, qop] = ['nonce', 'nc', 'cnonce', 'qop'].map((name) => given.get(name) ?? '');
  const keyHash = md5(`${publicKey}:${realm}:${privateKey}`);
  const expected = md5(`${keyHash}:${nonce}:${nc}:${cnonce}:${qop}:${md5(`${method}:${target}`)}`);
  return (
    given.get('username') === publicKey &&
    given.get('realm') === realm &&
    given.get('uri') === target &&
    (given.get('algorithm') ?? 'MD5').toUpperCase() === 'MD5' &&
    qop === 'auth' &&
    cnonce !== '' &&
    /^[0-9a-f]{8}$/i.test(nc ?? '') &&
    given.get('response') === expected
  );
}

function parseDigest(header: string): ReadonlyMap<string, string> {
  const parameters = /^digest\s+(.*)$/is.exec(header)?.[1] ?? '';
  const pairs = parameters.matchAll(/([a-z]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))/gi);
  return new Map(
    Array.from(pairs, ([, name = '', quoted, token = '']) => [
      name.toLowerCase(),
      quoted?.replaceAll(/\\(.)/g, '$1') ?? token,
    ]),
  );
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
