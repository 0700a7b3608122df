/** A runtime whose time moves only when a test says so, and whose randomness is a fixed sequence. */
import type { Runtime } from '../../src/support/runtime.ts';

interface Sleeper {
  readonly at: number;
  wake(): void;
}

export interface FakeRuntime extends Runtime {
  /** Moves the time forward. Each sleep within this time ends in order, at its own time. */
  advance(seconds: number): Promise<void>;
  /** Runs everything that waits only for promises. */
  settle(): Promise<void>;
  /** The seconds of every sleep that has begun. */
  readonly slept: readonly number[];
  /** How many sleeps have not ended. */
  sleepers(): number;
}

export function createFakeRuntime(
  startWallSeconds = 1_790_000_000,
  randomNumbers: readonly number[] = [0.5],
): FakeRuntime {
  let now = 0;
  let draws = 0;
  const sleepers = new Set<Sleeper>();
  const slept: number[] = [];

  async function settle(turns = 4): Promise<void> {
    // A macrotask ends after every microtask that is due; a few of them let chains of awaits run out.
    for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  async function nextSleeper(end: number, turns?: number): Promise<Sleeper | undefined> {
    await settle(turns);
    const [next] = [...sleepers].sort((a, b) => a.at - b.at);
    return next && next.at <= end ? next : undefined;
  }

  function after(seconds: number, act: () => void): () => void {
    slept.push(seconds);
    const sleeper: Sleeper = { at: now + seconds, wake: act };
    sleepers.add(sleeper);
    return () => sleepers.delete(sleeper);
  }

  function sleep(seconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const cancel = after(seconds, resolve);
      signal?.addEventListener('abort', () => {
        cancel();
        reject(signal.reason as Error);
      });
    });
  }

  async function advance(seconds: number): Promise<void> {
    const end = now + seconds;
    for (;;) {
      // Thousands of ticks may pass; before the end, the work has more time to begin another sleep.
      const next = (await nextSleeper(end, 1)) ?? (await nextSleeper(end));
      if (next === undefined) break;
      sleepers.delete(next);
      now = Math.max(now, next.at);
      next.wake();
    }
    now = end;
    await settle();
  }

  return {
    wallSeconds: () => startWallSeconds + now,
    monotonicSeconds: () => now,
    sleep,
    after,
    random: () => randomNumbers[draws++ % randomNumbers.length] ?? 0.5,
    randomHex: (bytes) => (draws++).toString(16).padStart(bytes * 2, '0'),
    advance,
    settle: () => settle(),
    slept,
    sleepers: () => sleepers.size,
  };
}
