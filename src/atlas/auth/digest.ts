/**
 * HTTP Digest (RFC 7616) for one API key: keeps the last challenge and counts its uses, so that usually one request is
 * enough, not two. No nonce count is used twice, not even by parallel requests. Requests are signed when they are sent:
 * a nonce may live for seconds, and a queue may be longer than that. Atlas sends one
 * challenge, with MD5 and qop="auth"; any other challenge is not answered.
 */
import { createHash } from 'node:crypto';
import { unlessAborted } from '../../support/abortable.ts';
import type { Runtime } from '../../support/runtime.ts';
import type { AtlasRequest, AtlasResponse, Transport } from '../http/transport.ts';
import { type Credential, readSecret } from './credentials.ts';

/** The first attempt has no challenge; the third is needed if another request has made the challenge stale. */
const MAX_ATTEMPTS = 3;

interface Key {
  readonly username: string;
  readonly password: string;
}

export function createDigestSession(credential: Credential, runtime: Runtime): (next: Transport) => Transport {
  let challenge: DigestChallenge | undefined;
  let key: Promise<Key> | undefined;
  /** How often the nonce of the challenge was used. */
  let uses = 0;

  function currentKey(): Promise<Key> {
    if (key) return key;
    const reading = readKey();
    key = reading;
    // After a failed read, the next request reads the key again.
    reading.catch(() => {
      if (key === reading) key = undefined;
    });
    return reading;
  }

  async function readKey(): Promise<Key> {
    return {
      username: await readSecret(credential, 'public_key', runtime),
      password: await readSecret(credential, 'private_key', runtime),
    };
  }

  async function sign({ method, target }: AtlasRequest, signal: AbortSignal): Promise<string | undefined> {
    const current = challenge;
    if (current === undefined) return undefined;
    uses += 1;
    const nonceCount = uses;
    const read = await unlessAborted(currentKey(), signal);
    const cnonce = runtime.randomHex(16);
    return digestAuthorization({ challenge: current, ...read, method, uri: target, nonceCount, cnonce });
  }

  /** Stores the challenge of a 401 for the next requests. */
  function learn(response: AtlasResponse): DigestChallenge | undefined {
    if (response.status !== 401) return undefined;
    const offered = parseDigestChallenge(response.headers['www-authenticate']);
    if (offered === undefined) return undefined;
    // The key is read again for each challenge, because it may have been rotated.
    key = undefined;
    if (offered.nonce !== challenge?.nonce) uses = 0;
    challenge = offered;
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

export interface DigestChallenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque?: string | undefined;
  /** The nonce was too old, but the key was right. */
  readonly stale: boolean;
}

export interface DigestInput {
  readonly challenge: DigestChallenge;
  readonly username: string;
  readonly password: string;
  readonly method: string;
  readonly uri: string;
  /** How often this nonce has been used, including this time. */
  readonly nonceCount: number;
  readonly cnonce: string;
}

/** The challenge in a WWW-Authenticate header; undefined if there is none, or one that this file does not answer. */
export function parseDigestChallenge(header: string | readonly string[] | undefined): DigestChallenge | undefined {
  const text = /^digest\s+(.*)$/is.exec(String(header))?.[1] ?? '';
  const pairs = text.matchAll(/\b(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g);
  const parameters = new Map(
    Array.from(pairs, ([, name = '', quotedValue, bareValue = '']) => [
      name.toLowerCase(),
      quotedValue?.replace(/\\(.)/g, '$1') ?? bareValue,
    ]),
  );
  const [realm, nonce, opaque] = ['realm', 'nonce', 'opaque'].map((name) => parameters.get(name));
  const [algorithm = 'md5', qop = '', stale] = ['algorithm', 'qop', 'stale'].map((name) =>
    parameters.get(name)?.toLowerCase(),
  );
  if (realm === undefined || nonce === undefined || algorithm !== 'md5' || !/\bauth\b(?!-)/.test(qop)) return undefined;
  return { realm, nonce, opaque, stale: stale === 'true' };
}

export function digestAuthorization(input: DigestInput): string {
  const { challenge, username, uri, cnonce } = input;
  const { realm, nonce, opaque } = challenge;
  const nc = input.nonceCount.toString(16).padStart(8, '0');
  const fields = [
    `username=${quoted(username)}`,
    `realm=${quoted(realm)}`,
    `nonce=${quoted(nonce)}`,
    `uri=${quoted(uri)}`,
    'algorithm=MD5',
    `response="${responseOf(input, nc)}"`,
    ...(opaque === undefined ? [] : [`opaque=${quoted(opaque)}`]),
    'qop=auth',
    `nc=${nc}`,
    `cnonce=${quoted(cnonce)}`,
  ];
  return `Digest ${fields.join(', ')}`;
}

/** RFC 7616, section 3.4. */
function responseOf({ challenge, username, password, method, uri, cnonce }: DigestInput, nc: string): string {
  const { realm, nonce } = challenge;
  const hash = (text: string): string => createHash('md5').update(text, 'utf8').digest('hex');
  const a1 = hash(`${username}:${realm}:${password}`);
  const a2 = hash(`${method}:${uri}`);
  return hash(`${a1}:${nonce}:${nc}:${cnonce}:auth:${a2}`);
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
