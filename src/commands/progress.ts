/**
 * Says on standard error how far a round of polls has come: in one line that changes where someone watches it, else in a
 * line now and then, so that a script's log shows that it is alive. What ends soon says nothing.
 */
import type { Progress } from '../polling/round.ts';
import type { Runtime } from '../support/runtime.ts';
import type { Terminal } from './terminal.ts';

const EVERY_SECONDS = { watched: 1, unwatched: 10 };
const CLEAR_LINE = '\u001B[2K';

/** @returns what ends it */
export function tellProgress({ tell, isWatched }: Terminal, runtime: Runtime, progress: () => Progress): () => void {
  const startedAtSeconds = runtime.monotonicSeconds();
  const everySeconds = isWatched ? EVERY_SECONDS.watched : EVERY_SECONDS.unwatched;
  const ending = new AbortController();
  let isShown = false;

  async function telling(): Promise<void> {
    for (;;) {
      await runtime.sleep(everySeconds, ending.signal);
      const { ended, total } = progress();
      const seconds = Math.round(runtime.monotonicSeconds() - startedAtSeconds);
      const text = `asking Atlas: ${ended} of ${total} done after ${seconds} s`;
      // The cursor stays in front, so that whatever comes next replaces the line.
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
