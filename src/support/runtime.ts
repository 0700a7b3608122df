/** The clock, sleep and randomness, injected everywhere, so that tests of waiting need no real time. */
import { randomBytes } from 'node:crypto';

export interface Runtime {
  /** Unix time in seconds, for what people and Prometheus read. It may jump. */
  wallSeconds(): number;
  /** Seconds since an arbitrary start, for ages and deadlines. It never jumps. */
  monotonicSeconds(): number;
  /** Resolves after the given seconds; rejects with the signal's reason as soon as it is aborted. */
  sleep(seconds: number, signal?: AbortSignal): Promise<void>;
  /** A number in [0, 1), for jitter. */
  random(): number;
  /** The given number of unpredictable bytes as lower-case hex, for nonces. */
  randomHex(bytes: number): string;
}

export const systemRuntime: Runtime = {
  wallSeconds: () => Date.now() / 1000,
  monotonicSeconds: () => performance.now() / 1000,
  sleep,
  random: Math.random,
  randomHex: (bytes) => randomBytes(bytes).toString('hex'),
};

/** Not `setTimeout` of node:timers/promises: at each abort that makes an error with a stack trace, and most deadlines are aborted. */
function sleep(seconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const leave = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', leave);
      resolve();
    }, seconds * 1000);
    signal?.addEventListener('abort', leave, { once: true });
  });
}
