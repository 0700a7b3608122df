/**
 * Watches files by hashing their contents every five seconds: that works on every file system, and however a file is
 * replaced. A missing file counts as unchanged, and as changed when it returns. A changed file is read again each
 * second until it stops changing, because it may still be written.
 */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { Runtime } from './runtime.ts';

/** The fingerprints of files by path, at one moment. Files that could not be read are absent. */
export type Look = ReadonlyMap<string, string>;

export interface FileWatchSettings {
  look(): Promise<Look>;
  /** Taken before the files were used, so that a change in between is noticed. */
  readonly since: Look;
  readonly runtime: Runtime;
  /** Called once for all files that changed together, when they have stopped changing. */
  onChange(): void;
}

const LOOK_SECONDS = 5;
const REST_SECONDS = 1;

export type FileWatch = ReturnType<typeof startFileWatch>;

export async function lookAt(paths: readonly string[]): Promise<Look> {
  const looks = await Promise.all(paths.map(async (path) => [path, await fingerprintOf(path)] as const));
  return new Map(looks.flatMap(([path, print]) => (print === undefined ? [] : [[path, print] as const])));
}

export function startFileWatch({ look: lookNow, since, runtime, onChange }: FileWatchSettings) {
  const stopping = new AbortController();
  let known = since;

  async function watch(): Promise<void> {
    for (;;) {
      await runtime.sleep(LOOK_SECONDS, stopping.signal);
      let look = await lookNow();
      known = new Map([...known].filter(([path]) => look.has(path)));
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
    // An error must not end the watch, because an old certificate would then stay in use.
    if (!stopping.signal.aborted) throw error;
  });
  return {
    /** From now on every file counts as changed. */
    forget(): void {
      known = new Map();
    },
    stop: () => stopping.abort(new Error('no longer watched')),
  };
}

function isNews(known: Look, look: Look): boolean {
  return [...look].some(([path, print]) => known.get(path) !== print);
}

function isSame(a: Look, b: Look): boolean {
  return a.size === b.size && !isNews(a, b);
}

async function fingerprintOf(path: string): Promise<string | undefined> {
  try {
    // Opening a pipe would wait for a writer.
    if (!(await stat(path)).isFile()) return undefined;
    return createHash('sha256')
      .update(await readFile(path))
      .digest('base64');
  } catch {
    return undefined;
  }
}
