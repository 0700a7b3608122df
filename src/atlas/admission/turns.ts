/**
 * So many at a time, in the order of coming: so that of what is large, answers or lists, few are in memory, however many there
 * are.
 */
export interface Turns {
  /**
   * Resolves to what ends the turn; may be called more than once. Who can't wait any longer gets a turn that is none: it
   * has no time left to do anything with it.
   */
  take(leave: AbortSignal): Promise<() => void>;
}

export function createTurns(places = 1): Turns {
  const waiting = new Set<() => void>();
  let taken = 0;

  function begin(): () => void {
    let mine = true;
    taken += 1;
    return () => {
      if (!mine) return;
      mine = false;
      taken -= 1;
      const [next] = waiting;
      next?.();
    };
  }

  function take(leave: AbortSignal): Promise<() => void> {
    if (leave.aborted) return Promise.resolve(() => undefined);
    if (taken < places) return Promise.resolve(begin());
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
