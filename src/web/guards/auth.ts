/**
 * HTTP Basic authentication (RFC 7617). A correct password needs one bcrypt comparison; then its keyed hash is
 * remembered, so later scrapes need none. A wrong password or an unknown name needs one comparison each time, so
 * response times do not reveal which users exist. Comparisons wait in a queue that is fair to addresses, so that a
 * client with wrong passwords cannot lock out a scraper that has not been compared yet.
 */
import { createHmac } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';
import { sendText } from './answer.ts';
import { createFairQueue } from './fair-queue.ts';
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
  const { verify } = createPasswords(settings);
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
const MAX_REMEMBERED = 256;

export function createPasswords({ guards, comparePassword, passwordKey }: AuthSettings) {
  /** Digests of correct passwords, the most recently used last. A changed hash gives another digest. */
  const remembered = new Set<string>();
  /**
   * Comparisons in progress, by digest. If several scrapers start together with the same password, it is compared once.
   */
  const comparisons = new Map<string, Promise<boolean | 'busy'>>();
  const queue = createFairQueue();

  function digestOf(...parts: readonly string[]): Buffer {
    return createHmac('sha256', passwordKey).update(JSON.stringify(parts)).digest();
  }

  /**
   * The hash to compare for an unknown name: the hash of one user. It is always the same one, so that a second attempt
   * takes as long as the first.
   */
  function substituteHash(name: string): string {
    const hashes = [...guards().users.values()];
    return hashes[digestOf(name).readUInt32BE() % hashes.length] ?? '';
  }

  function remember(digest: string): void {
    remembered.delete(digest);
    remembered.add(digest);
    const [oldest] = remembered;
    if (remembered.size > MAX_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
  }

  function compareOnce(digest: string, address: string, compare: () => Promise<boolean>): Promise<boolean | 'busy'> {
    const running = comparisons.get(digest);
    if (running !== undefined) return running;
    const comparison = queue.run(address, compare).finally(() => comparisons.delete(digest));
    comparisons.set(digest, comparison);
    return comparison;
  }

  return {
    async verify(name: string, password: string, address: string): Promise<Verdict> {
      if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES) return 'wrong';
      const known = guards().users.get(name);
      const hash = known ?? substituteHash(name);
      const digest = digestOf(name, hash, password).toString('base64');
      if (remembered.has(digest)) {
        remember(digest);
        return 'right';
      }
      const isSame = await compareOnce(digest, address, () => comparePassword(password, hash));
      if (isSame === 'busy') return 'busy';
      // The user may have changed during the comparison.
      if (!isSame || known === undefined || guards().users.get(name) !== known) return 'wrong';
      remember(digest);
      return 'right';
    },
  };
}
