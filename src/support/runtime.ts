/** The clock, sleep and randomness, injected everywhere, so that tests of waiting need no real time. */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

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

async function sleep(seconds: number, signal?: AbortSignal): Promise<void> {
  try {
    await delay(seconds * 1000, undefined, signal ? { signal } : {});
  } catch (error) {
    // Node rejects with its own AbortError, but callers need the reason of the abort.
    throw signal?.aborted ? signal.reason : error;
  }
}
