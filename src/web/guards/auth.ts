/**
 * HTTP Basic authentication (RFC 7617). A correct password needs one bcrypt comparison, then its keyed hash is
 * remembered. A wrong one and an unknown name need one each time, so response times do not reveal which users exist.
 */
import { createHmac } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';
import { sendText } from './answer.ts';
import { isProbe } from './management.ts';
import type { GuardSettings } from './settings.ts';

export interface AuthSettings {
  /** Read at each request: users can change. */
  guards(): Pick<GuardSettings, 'users'>;
  /** Compares with bcrypt outside the event loop. */
  comparePassword(password: string, hash: string): Promise<boolean>;
  /** A random key, created at the start. The remembered digests are useless without it. */
  readonly passwordKey: string;
}

const CHALLENGE = 'Basic realm="mongodbatlas-backup-exporter", charset="UTF-8"';

export function authenticate(settings: AuthSettings) {
  const verify = createPasswordCheck(settings);
  return async ({ path, headers, socket }: Request, response: Response, next: NextFunction): Promise<void> => {
    if (settings.guards().users.size === 0 || isProbe(path)) {
      next();
      return;
    }
    const given = decodeBasic(headers.authorization);
    const address = socket.remoteAddress ?? '';
    const verdict = given === undefined ? 'wrong' : await verify(given.name, given.password, address);
    if (verdict === 'right') next();
    else if (verdict === 'wrong') {
      response.setHeader('WWW-Authenticate', CHALLENGE);
      sendText(response, 401, 'Unauthorized.');
    } else {
      response.setHeader('Retry-After', '1');
      sendText(response, 503, 'Too many passwords are being checked, try again later.');
    }
  };
}

export function decodeBasic(header = ''): { readonly name: string; readonly password: string } | undefined {
  const [, encoded = ''] = /^Basic +([\w+/=-]+) *$/i.exec(header) ?? [];
  const [, name, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
  return name === undefined || password === undefined ? undefined : { name, password };
}

/** busy: too many comparisons wait. */
export type Verdict = 'right' | 'wrong' | 'busy';

/** bcrypt ignores all bytes after these. */
const MAX_PASSWORD_BYTES = 72;
/**
 * So many comparisons of one address may wait, about a second: a client with wrong passwords delays others by no more.
 */
export const MOST_PER_ADDRESS = 16;

export function createPasswordCheck({ guards, comparePassword, passwordKey }: AuthSettings) {
  /** Digests of correct passwords, so not many. A changed hash gives another digest. */
  const remembered = new Set<string>();
  /** Comparisons in progress, by digest: for several scrapers with one password, there is one. */
  const comparisons = new Map<string, Promise<boolean>>();
  /** The number of comparisons in progress, by address. */
  const waiting = new Map<string, number>();

  function digestOf(...parts: readonly string[]): string {
    return createHmac('sha256', passwordKey).update(JSON.stringify(parts)).digest('base64');
  }

  async function compareOnce(digest: string, address: string, compare: () => Promise<boolean>) {
    const running = comparisons.get(digest);
    if (running !== undefined) return await running;
    const network = networkOf(address);
    const others = waiting.get(network) ?? 0;
    if (others >= MOST_PER_ADDRESS) return 'busy';
    waiting.set(network, others + 1);
    const comparison = compare();
    comparisons.set(digest, comparison);
    try {
      return await comparison;
    } finally {
      comparisons.delete(digest);
      const left = (waiting.get(network) ?? 1) - 1;
      if (left > 0) waiting.set(network, left);
      else waiting.delete(network);
    }
  }

  return async (name: string, password: string, address: string): Promise<Verdict> => {
    if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES) return 'wrong';
    const { users } = guards();
    const known = users.get(name);
    // For an unknown name, the hash of the first user is compared.
    const [hash = ''] = known === undefined ? users.values() : [known];
    const digest = digestOf(name, hash, password);
    if (remembered.has(digest)) return 'right';
    const isSame = await compareOnce(digest, address, () => comparePassword(password, hash));
    if (isSame === 'busy') return 'busy';
    // The user may have changed during the comparison.
    if (!isSame || known === undefined || guards().users.get(name) !== known) return 'wrong';
    remembered.add(digest);
    return 'right';
  };
}

/** An IPv4 address itself, the first half of an IPv6 address: one client has as many of the other halves as it likes. */
export function networkOf(address: string): string {
  if (address.includes('.') || !address.includes(':')) return address;
  const [head = ''] = address.split('::');
  return [...head.split(':'), '0', '0', '0'].slice(0, 4).join(':');
}
