/**
 * Tells when files have changed, by looking at what is in them every few seconds. Nothing else counts, so it does not matter how
 * a file is replaced (written over, renamed over, behind a symbolic link that is switched, as Kubernetes does) nor on which
 * file system. A file that is gone is waited for. What has changed is looked at again until it rests, so that one that is
 * being written isn't taken for whole. It doesn't know what the files are for.
 */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { Runtime } from './runtime.ts';

/** What was in files at some moment, by their paths. Those that could not be read are not in it. */
export type Look = ReadonlyMap<string, string>;

export interface FileWatchSettings {
  look(): Promise<Look>;
  /** What is known already. Taken before the files are used: what changes in between is a change too. */
  readonly since: Look;
  readonly runtime: Runtime;
  /** Called once for whatever has changed together, right after the look that found it at rest. */
  onChange(): void;
}

export interface FileWatch {
  stop(): void;
}

const LOOK_SECONDS = 5;
const REST_SECONDS = 1;
/** What is larger is told apart by its size and times. */
const LARGEST_BYTES = 10_000_000;

export async function lookAt(paths: readonly string[]): Promise<Look> {
  const looks = await Promise.all(paths.map(async (path) => [path, await fingerprintOf(path)] as const));
  return new Map(looks.flatMap(([path, print]) => (print === undefined ? [] : [[path, print] as const])));
}

export function startFileWatch({ look: lookNow, since, runtime, onChange }: FileWatchSettings): FileWatch {
  const stopping = new AbortController();
  let known = since;

  async function watch(): Promise<void> {
    for (;;) {
      await runtime.sleep(LOOK_SECONDS, stopping.signal);
      let look = await lookNow();
      while (isNews(known, look)) {
        await runtime.sleep(REST_SECONDS, stopping.signal);
        const again = await lookNow();
        stopping.signal.throwIfAborted();
        if (isSame(look, again)) {
          known = new Map([...known, ...look]);
          onChange();
        }
        look = again;
      }
    }
  }

  watch().catch((error: unknown) => {
    // A watch that ended by itself would leave an old certificate in force, and nobody would know.
    if (!stopping.signal.aborted) throw error;
  });
  return { stop: () => stopping.abort(new Error('no longer watched')) };
}

function isNews(known: Look, look: Look): boolean {
  return [...look].some(([path, print]) => known.get(path) !== print);
}

function isSame(a: Look, b: Look): boolean {
  return a.size === b.size && !isNews(a, b);
}

async function fingerprintOf(path: string): Promise<string | undefined> {
  try {
    const stats = await stat(path);
    // Opening a pipe would wait for whoever writes into it.
    if (!stats.isFile()) return undefined;
    if (stats.size > LARGEST_BYTES) return `${stats.size} ${stats.mtimeMs} ${stats.ino}`;
    return createHash('sha256')
      .update(await readFile(path))
      .digest('base64');
  } catch {
    return undefined;
  }
}
