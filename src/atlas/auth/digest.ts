/**
 * HTTP Digest access authentication as RFC 7616 has it: reads a challenge, computes the answer. Pure; it keeps nothing.
 * Atlas sends MD5 with qop="auth"; SHA-256, the -sess variants and a missing qop (RFC 2069) are understood as well.
 * Not offered: qop="auth-int" and userhash, which Atlas doesn't ask for.
 */
import { createHash } from 'node:crypto';

export type DigestAlgorithm = 'MD5' | 'MD5-sess' | 'SHA-256' | 'SHA-256-sess';

export interface DigestChallenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque?: string;
  readonly algorithm: DigestAlgorithm;
  /** Whether qop=auth is offered; without it the old form of RFC 2069 is used. */
  readonly qopAuth: boolean;
  /** The nonce was too old, but what signed it was right. */
  readonly stale: boolean;
}

export interface DigestInput {
  readonly challenge: DigestChallenge;
  readonly username: string;
  readonly password: string;
  readonly method: string;
  /** Path and query of the request line. */
  readonly uri: string;
  /** How often this nonce has been used, this time included; from 1. */
  readonly nonceCount: number;
  readonly cnonce: string;
}

/** The strongest challenge in a WWW-Authenticate header that we can answer, or undefined. */
export function parseDigestChallenge(header: string | readonly string[] | undefined): DigestChallenge | undefined {
  const text = typeof header === 'string' ? header : (header ?? []).join(', ');
  const challenges = challengesIn(text).flatMap((parameters) => challengeOf(parameters) ?? []);
  return challenges.find((challenge) => challenge.algorithm.startsWith('SHA-256')) ?? challenges[0];
}

/** The value of the Authorization header. */
export function digestAuthorization(input: DigestInput): string {
  const { challenge, username, uri, cnonce } = input;
  const nc = input.nonceCount.toString(16).padStart(8, '0');
  const fields = [
    `username=${quoted(username)}`,
    `realm=${quoted(challenge.realm)}`,
    `nonce=${quoted(challenge.nonce)}`,
    `uri=${quoted(uri)}`,
    `algorithm=${challenge.algorithm}`,
    `response="${responseOf(input, nc)}"`,
  ];
  if (challenge.opaque !== undefined) fields.push(`opaque=${quoted(challenge.opaque)}`);
  if (challenge.qopAuth) fields.push('qop=auth', `nc=${nc}`);
  if (challenge.qopAuth || challenge.algorithm.endsWith('-sess')) fields.push(`cnonce=${quoted(cnonce)}`);
  return `Digest ${fields.join(', ')}`;
}

/** RFC 7616, section 3.4. */
function responseOf(input: DigestInput, nc: string): string {
  const { challenge, username, password, cnonce } = input;
  const hash = (text: string): string =>
    createHash(challenge.algorithm.startsWith('MD5') ? 'md5' : 'sha256')
      .update(text, 'utf8')
      .digest('hex');
  const secret = hash(`${username}:${challenge.realm}:${password}`);
  const a1 = challenge.algorithm.endsWith('-sess') ? hash(`${secret}:${challenge.nonce}:${cnonce}`) : secret;
  const a2 = hash(`${input.method}:${input.uri}`);
  const middle = challenge.qopAuth ? `${challenge.nonce}:${nc}:${cnonce}:auth` : challenge.nonce;
  return hash(`${a1}:${middle}:${a2}`);
}

/** The parameters of every Digest challenge in the header; a header may hold challenges of several schemes. */
function challengesIn(header: string): ReadonlyMap<string, string>[] {
  const found: Map<string, string>[] = [];
  let current: Map<string, string> | undefined;
  // A scheme is a token followed by a blank and a parameter; a parameter is token=token or token="quoted string".
  const piece = /([\w!#$%&'*+.^`|~-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?/g;
  for (const [, name = '', quotedValue, bareValue] of header.matchAll(piece)) {
    const value = quotedValue?.replace(/\\(.)/g, '$1') ?? bareValue;
    if (value !== undefined) {
      current?.set(name.toLowerCase(), value);
      continue;
    }
    current = name.toLowerCase() === 'digest' ? new Map() : undefined;
    if (current) found.push(current);
  }
  return found;
}

function challengeOf(parameters: ReadonlyMap<string, string>): DigestChallenge | undefined {
  const realm = parameters.get('realm');
  const nonce = parameters.get('nonce');
  const algorithm = algorithmOf(parameters.get('algorithm') ?? 'MD5');
  const qops = parameters
    .get('qop')
    ?.toLowerCase()
    .split(/\s*,\s*/);
  if (realm === undefined || nonce === undefined || algorithm === undefined) return undefined;
  if (qops !== undefined && !qops.includes('auth')) return undefined;
  const opaque = parameters.get('opaque');
  return {
    realm,
    nonce,
    ...(opaque === undefined ? {} : { opaque }),
    algorithm,
    qopAuth: qops !== undefined,
    stale: parameters.get('stale')?.toLowerCase() === 'true',
  };
}

function algorithmOf(name: string): DigestAlgorithm | undefined {
  const known: readonly DigestAlgorithm[] = ['MD5', 'MD5-sess', 'SHA-256', 'SHA-256-sess'];
  return known.find((algorithm) => algorithm.toLowerCase() === name.toLowerCase());
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
