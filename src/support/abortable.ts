/** Waiting that ends: when a signal is aborted, or when a time is over. What is waited for may go on for others. */
import type { Runtime } from './runtime.ts';

/** What a promise comes to, or the signal's reason as soon as that is aborted. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    promise.catch(() => undefined);
    return Promise.reject(signal.reason as Error);
  }
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', leave, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}

/** A signal that is aborted after that many seconds with the error, or before with the reason of `signal`. */
export function startDeadline(runtime: Runtime, seconds: number, error: Error, signal?: AbortSignal) {
  const ending = new AbortController();
  const done = new AbortController();
  const leave = (): void => ending.abort(signal?.reason);
  signal?.addEventListener('abort', leave, { once: true });
  runtime.sleep(seconds, done.signal).then(
    () => ending.abort(error),
    () => undefined,
  );
  return {
    signal: ending.signal,
    end() {
      done.abort();
      signal?.removeEventListener('abort', leave);
    },
  };
}

export interface Deadline {
  readonly runtime: Runtime;
  readonly seconds: number;
  /** What the work is rejected with when it takes longer. */
  readonly late: Error;
  readonly signal?: AbortSignal;
}

/** What the work comes to within its time, also if it never settles. Its signal is aborted when the time is over. */
export async function withinDeadline<T>(
  { runtime, seconds, late, signal }: Deadline,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = startDeadline(runtime, seconds, late, signal);
  if (signal?.aborted) throw signal.reason;
  try {
    return await unlessAborted(work(deadline.signal), deadline.signal);
  } finally {
    deadline.end();
  }
}
