/**
 * One at a time, in the order of coming. Answers far larger than any that Atlas gives take turns, so that one of them is in
 * memory at a time, however many are being sent to us.
 */
export interface Turns {
  /**
   * Resolves to what ends the turn; may be called more than once. Who can't wait any longer gets a turn that is none: it
   * has no time left to do anything with it.
   */
  take(leave: AbortSignal): Promise<() => void>;
}

export function createTurns(): Turns {
  const waiting = new Set<() => void>();
  let taken = false;

  function begin(): () => void {
    let mine = true;
    taken = true;
    return () => {
      if (!mine) return;
      mine = taken = false;
      const [next] = waiting;
      next?.();
    };
  }

  function take(leave: AbortSignal): Promise<() => void> {
    if (leave.aborted) return Promise.resolve(() => undefined);
    if (!taken) return Promise.resolve(begin());
    return new Promise((resolve) => {
      function settle(end: () => void): void {
        waiting.delete(start);
        leave.removeEventListener('abort', giveUp);
        resolve(end);
      }
      const start = (): void => settle(begin());
      const giveUp = (): void => settle(() => undefined);
      waiting.add(start);
      leave.addEventListener('abort', giveUp, { once: true });
    });
  }

  return { take };
}
