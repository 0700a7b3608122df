/** The server side of HTTP Digest (RFC 7616) as Atlas does it: MD5, qop "auth", no opaque, counts in any order. */
import { createHash, randomBytes } from 'node:crypto';
import type { Answer } from './answers.ts';

export type DigestAuth = ReturnType<typeof createDigestAuth>;

interface Nonce {
  readonly issuedAtMs: number;
  readonly used: Set<string>;
}

const realm = 'MMS Public API';
const nonceLifetimeSeconds = 300;
// A demo can run for weeks.
const maxNonces = 1000;
const maxUses = 1024;

/** @param key called at each request, because keys are rotated */
export function createDigestAuth(
  now: () => number,
  key: () => { readonly publicKey: string; readonly privateKey: string },
) {
  const nonces = new Map<string, Nonce>();

  /** `undefined` if the header proves the private key for this method and target. */
  function refuse(method: string, target: string, header: string | undefined): Answer | undefined {
    const given = parseDigest(header ?? '');
    if (!isProof(given, method, target, key())) return challenge(false);
    // stale=true tells the client that its key is right and that it can answer the new challenge (RFC 7616, section 3.3).
    return spend(given.get('nonce') ?? '', given.get('nc') ?? '') ? undefined : challenge(true);
  }

  function spend(nonce: string, count: string): boolean {
    const known = nonces.get(nonce);
    if (known === undefined || now() - known.issuedAtMs >= nonceLifetimeSeconds * 1000) return false;
    // Parallel requests can arrive in another order, so a count must be new but need not be the greatest.
    if (known.used.has(count) || known.used.size >= maxUses) return false;
    known.used.add(count);
    return true;
  }

  function challenge(stale: boolean): Answer {
    const nonce = randomBytes(24).toString('base64');
    nonces.set(nonce, { issuedAtMs: now(), used: new Set() });
    const [oldest] = nonces.keys();
    if (nonces.size > maxNonces && oldest !== undefined) nonces.delete(oldest);
    // Unlike other errors of Atlas this one has no parameters and no X-Error-Code.
    return {
      status: 401,
      headers: {
        'Content-Type': 'application/json',
        'WWW-Authenticate': `Digest realm="${realm}", domain="", nonce="${nonce}", algorithm=MD5, qop="auth", stale=${stale}`,
      },
      body: JSON.stringify({
        error: 401,
        reason: 'Unauthorized',
        detail: 'A valid credential is required.',
        errorCode: 'UNEXPECTED_ERROR',
      }),
    };
  }

  return { refuse, expireNonces: (): void => nonces.clear() };
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
