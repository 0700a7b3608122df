/**
 * The progress of polling everything once, on standard error: one line that changes in a terminal, else a line every ten seconds,
 * so that a script's log shows that the program is alive. A command that ends soon writes nothing.
 */
import type { Progress } from '../polling/scheduler.ts';
import type { Runtime } from '../support/runtime.ts';
import type { Terminal } from './terminal.ts';

const EVERY_SECONDS = { watched: 1, unwatched: 10 };
const CLEAR_LINE = '\u001B[2K';

/** Requests show that something happens also while a few long lists are read. */
export interface PollProgress extends Progress {
  /** Requests to Atlas that have ended. */
  readonly answers: number;
}

/** @returns a function that ends it */
export function startProgress(
  { tell, isWatched }: Terminal,
  runtime: Runtime,
  progress: () => PollProgress,
): () => void {
  const startedAtSeconds = runtime.monotonicSeconds();
  const everySeconds = isWatched ? EVERY_SECONDS.watched : EVERY_SECONDS.unwatched;
  const ending = new AbortController();
  let isShown = false;

  async function telling(): Promise<void> {
    for (;;) {
      await runtime.sleep(everySeconds, ending.signal);
      const { ended, total, answers } = progress();
      const seconds = Math.round(runtime.monotonicSeconds() - startedAtSeconds);
      const text = `asking Atlas: ${ended} of ${total} reads done, ${answers} requests in ${seconds} s`;
      // The cursor stays at the start of the line, so that the next output replaces it.
      tell(isWatched ? `${CLEAR_LINE}${text}\r` : `${text}\n`);
      isShown = isWatched;
    }
  }

  telling().catch(() => undefined);
  return () => {
    ending.abort(new Error('it has ended'));
    if (isShown) tell(CLEAR_LINE);
  };
}
