/** A counting semaphore: a limited number of places, given out in the order of asking. */
export interface Semaphore {
  /**
   * Resolves to the function that gives the place back; it must be called exactly once. Rejects with the signal's reason as
   * soon as the signal is aborted.
   */
  acquire(signal: AbortSignal): Promise<() => void>;
  /** Another number of places. Holders beyond it keep theirs until they release them. */
  resize(places: number): void;
}

export function createSemaphore(initialPlaces: number): Semaphore {
  let places = initialPlaces;
  let held = 0;
  const waiting = new Set<() => void>();

  function startWaiting(): void {
    for (const start of waiting) {
      if (held >= places) return;
      waiting.delete(start);
      held += 1;
      start();
    }
  }

  function release(): void {
    held -= 1;
    startWaiting();
  }

  return {
    acquire(signal) {
      return new Promise((resolve, reject) => {
        signal.throwIfAborted();
        function start(): void {
          signal.removeEventListener('abort', leave);
          resolve(release);
        }
        function leave(): void {
          waiting.delete(start);
          reject(signal.reason as Error);
        }
        signal.addEventListener('abort', leave, { once: true });
        waiting.add(start);
        startWaiting();
      });
    },
    resize(changed) {
      places = changed;
      startWaiting();
    },
  };
}
