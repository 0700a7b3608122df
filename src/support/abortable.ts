/** Stop waiting for a promise when a signal is aborted or time has passed. The work may continue for other callers. */
import type { Runtime } from './runtime.ts';

/** Settles like the promise, or rejects with the signal's reason as soon as the signal is aborted. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(signal.reason as Error);
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}

interface Deadline {
  readonly runtime: Pick<Runtime, 'after'>;
  readonly seconds: number;
  /** Makes the error of a timeout. */
  readonly late: () => Error;
  readonly signal?: AbortSignal;
}

/** Settles in time even if the work never settles. Its signal is aborted at the timeout, or when `signal` is aborted. */
export async function withinDeadline<T>(deadline: Deadline, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { runtime, seconds, late, signal } = deadline;
  const ending = new AbortController();
  const leave = (): void => ending.abort(signal?.reason);
  if (signal?.aborted) leave();
  signal?.addEventListener('abort', leave, { once: true });
  const cancel = runtime.after(seconds, () => ending.abort(late()));
  try {
    return await unlessAborted(work(ending.signal), ending.signal);
  } finally {
    cancel();
    signal?.removeEventListener('abort', leave);
  }
}
