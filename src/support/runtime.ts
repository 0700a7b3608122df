/** The clock, sleep and randomness, injected everywhere, so that tests of waiting need no real time. */
import { randomBytes } from 'node:crypto';

export interface Runtime {
  /** Unix time in seconds, for what people and Prometheus read. It may jump. */
  wallSeconds(): number;
  /** Seconds since an arbitrary start, for ages and deadlines. It never jumps. */
  monotonicSeconds(): number;
  /** Resolves after the given seconds; rejects with the signal's reason as soon as it is aborted. */
  sleep(seconds: number, signal?: AbortSignal): Promise<void>;
  /** Calls the function after the given seconds, unless the returned function is called before. */
  after(seconds: number, act: () => void): () => void;
  /** A number in [0, 1), for jitter. */
  random(): number;
  /** The given number of unpredictable bytes as lower-case hex, for nonces. */
  randomHex(bytes: number): string;
}

export const systemRuntime: Runtime = {
  wallSeconds: () => Date.now() / 1000,
  monotonicSeconds: () => performance.now() / 1000,
  sleep,
  after,
  random: Math.random,
  randomHex: (bytes) => randomBytes(bytes).toString('hex'),
};

/** Not `setTimeout` of node:timers/promises: at each abort that makes an error with a stack trace. */
function sleep(seconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const leave = (): void => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = after(seconds, () => {
      signal?.removeEventListener('abort', leave);
      resolve();
    });
    signal?.addEventListener('abort', leave, { once: true });
  });
}

function after(seconds: number, act: () => void): () => void {
  const timer = setTimeout(act, seconds * 1000);
  return () => clearTimeout(timer);
}
