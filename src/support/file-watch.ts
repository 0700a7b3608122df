/**
 * Watches files by hashing their contents every five seconds: that works on every file system, and however a file is
 * replaced. A file that disappears or returns has changed, too. After a change the files are read again each second
 * until they stop changing, because one may still be written.
 */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { Runtime } from './runtime.ts';

interface FileWatchSettings {
  /** The fingerprint of all that is watched. */
  look(): Promise<string>;
  /** Taken before the files were used, so that a change in between is noticed. */
  readonly since: string;
  readonly runtime: Runtime;
  /** Called once for all files that changed together, when they have stopped changing. */
  onChange(): void;
}

const LOOK_SECONDS = 5;
const REST_SECONDS = 1;

export type FileWatch = ReturnType<typeof startFileWatch>;

export function startFileWatch({ look: lookNow, since, runtime, onChange }: FileWatchSettings) {
  const stopping = new AbortController();
  let known: string | undefined = since;

  async function watch(): Promise<void> {
    for (;;) {
      await runtime.sleep(LOOK_SECONDS, stopping.signal);
      let look = await lookNow();
      while (look !== known) {
        await runtime.sleep(REST_SECONDS, stopping.signal);
        const again = await lookNow();
        stopping.signal.throwIfAborted();
        if (again === look) {
          known = look;
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
    /** From now on the files count as changed. */
    forget(): void {
      known = undefined;
    },
    stop: () => stopping.abort(new Error('no longer watched')),
  };
}

/** Changes with the content of each file, and when one appears or disappears. */
export async function fingerprintOf(paths: readonly string[]): Promise<string> {
  return JSON.stringify(await Promise.all(paths.map(async (path) => [path, await hashOf(path)])));
}

async function hashOf(path: string): Promise<string | undefined> {
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
