/**
 * HTTP Basic authentication (RFC 7617). A correct password needs one bcrypt comparison, then its keyed hash is
 * remembered. A wrong one and an unknown name need one each time, so response times do not reveal which users exist.
 */
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { RequestHandler } from 'express';
import { type GuardSettings, sendText } from './answer.ts';

export interface AuthSettings {
  /** Read at each request: users can change. */
  guards(): Pick<GuardSettings, 'users'>;
  /** Compares with bcrypt outside the event loop. */
  comparePassword(password: string, hash: string): Promise<boolean>;
  /** A random key, created at the start. The remembered digests are useless without it. */
  readonly passwordKey: string;
}

const CHALLENGE = 'Basic realm="mongodbatlas-backup-exporter", charset="UTF-8"';

export function authenticate(settings: AuthSettings): RequestHandler {
  const verify = createPasswordCheck(settings);
  return async ({ headers, socket }, response, next) => {
    if (settings.guards().users.size === 0) return next();
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

/** bcrypt ignores all bytes after these. */
const MAX_PASSWORD_BYTES = 72;
/** So many comparisons of one address may wait, about a second: its wrong passwords delay others by no more. */
export const MOST_PER_ADDRESS = 16;

export function createPasswordCheck({ guards, comparePassword, passwordKey }: AuthSettings) {
  /** Digests of correct passwords, so not many. A changed hash gives another digest. */
  const remembered = new Set<string>();
  /** Comparisons in progress, by digest: for several scrapers with one password, there is one. */
  const comparisons = new Map<string, { readonly network: string; readonly isSame: Promise<boolean> }>();

  /** @returns `busy` if too many comparisons wait */
  return async (name: string, password: string, address: string): Promise<'right' | 'wrong' | 'busy'> => {
    if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES) return 'wrong';
    const { users } = guards();
    const known = users.get(name);
    // For an unknown name, the hash of the first user is compared.
    const [hash = ''] = known === undefined ? users.values() : [known];
    const digest = createHmac('sha256', passwordKey)
      .update(JSON.stringify([name, hash, password]))
      .digest('base64');
    if (remembered.has(digest)) return 'right';
    let comparison = comparisons.get(digest);
    if (comparison === undefined) {
      const network = networkOf(address);
      const others = [...comparisons.values()].filter((one) => one.network === network);
      if (others.length >= MOST_PER_ADDRESS) return 'busy';
      comparison = { network, isSame: comparePassword(password, hash).finally(() => comparisons.delete(digest)) };
      comparisons.set(digest, comparison);
    }
    const isSame = await comparison.isSame;
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

/**
 * bcrypt in a worker thread, one comparison at a time: a comparison is slow by design and must not delay scrapes and polls.
 * The thread starts at the first comparison. If it dies, the comparison rejects and the next one starts a new thread.
 */
export function createBcrypt() {
  let latest: Promise<unknown> = Promise.resolve();
  let thread: { readonly worker: Worker; readonly ended: AbortSignal } | undefined;

  async function compareNow(password: string, hash: string): Promise<boolean> {
    if (thread === undefined) {
      const worker = new Worker(new URL('./bcrypt-worker.js', import.meta.url));
      const ended = new AbortController();
      worker.once('exit', () => ended.abort());
      // The thread alone does not keep the program running.
      worker.unref();
      thread = { worker, ended: ended.signal };
    }
    thread.worker.postMessage({ password, hash });
    try {
      const [isSame] = (await once(thread.worker, 'message', { signal: thread.ended })) as [boolean];
      return isSame;
    } catch (error) {
      thread = undefined;
      throw error;
    }
  }

  return {
    compare(password: string, hash: string): Promise<boolean> {
      const result = latest.then(() => compareNow(password, hash));
      latest = result.catch(() => undefined);
      return result;
    },
    close: async () => thread?.worker.terminate(),
  };
}
