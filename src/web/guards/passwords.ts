/**
 * Whether a name and a password belong together, at the price of one bcrypt for a right password and one for each try of a wrong
 * one. What was right is remembered under a keyed hash, so that a scrape costs none; a changed user is not found there any more.
 * A name that nobody has costs what it costs the others.
 */
import { createHmac } from 'node:crypto';

export type Verdict = 'right' | 'wrong' | 'busy';

export interface PasswordSettings {
  /** bcrypt hashes by name, as they are now. */
  users(): ReadonlyMap<string, string>;
  /** bcrypt, somewhere else than on the event loop. */
  compare(password: string, hash: string): Promise<boolean>;
  /** Made anew by each process: what is remembered is of no use elsewhere. */
  readonly key: string;
}

export interface Passwords {
  verify(name: string, password: string): Promise<Verdict>;
}

/** bcrypt looks no further. */
const LONGEST_BYTES = 72;
const MOST_UNDER_WAY = 16;
const MOST_REMEMBERED = 256;

export function createPasswords({ users, compare, key }: PasswordSettings): Passwords {
  /** In the order of their last use. */
  const remembered = new Set<string>();
  /** The same question at the same time is asked once: a server that starts is scraped by several at once. */
  const underWay = new Map<string, Promise<boolean>>();

  const digestOf = (...parts: readonly string[]): Buffer =>
    createHmac('sha256', key).update(JSON.stringify(parts)).digest();

  /** Of some user, always the same one for a name: neither the time nor a second try tells that nobody has it. */
  function standIn(name: string): string {
    const hashes = [...users().values()];
    return hashes[digestOf(name).readUInt32BE() % hashes.length] ?? '';
  }

  function remember(digest: string): void {
    remembered.delete(digest);
    remembered.add(digest);
    const [oldest] = remembered;
    if (remembered.size > MOST_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
  }

  async function compareOnce(digest: string, password: string, hash: string): Promise<boolean> {
    const comparing = underWay.get(digest) ?? compare(password, hash);
    underWay.set(digest, comparing);
    try {
      return await comparing;
    } finally {
      underWay.delete(digest);
    }
  }

  return {
    async verify(name, password) {
      if (Buffer.byteLength(password) > LONGEST_BYTES) return 'wrong';
      const known = users().get(name);
      const hash = known ?? standIn(name);
      const digest = digestOf(name, hash, password).toString('base64');
      if (remembered.has(digest)) {
        remember(digest);
        return 'right';
      }
      if (!underWay.has(digest) && underWay.size >= MOST_UNDER_WAY) return 'busy';
      const same = await compareOnce(digest, password, hash);
      // Users may have changed meanwhile.
      if (!same || known === undefined || users().get(name) !== known) return 'wrong';
      remember(digest);
      return 'right';
    },
  };
}
