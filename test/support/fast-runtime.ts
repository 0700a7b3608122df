/**
 * A runtime whose clock runs faster than real time: for tests with real sockets, which a fake clock cannot wait for.
 */
import type { Runtime } from '../../src/support/runtime.ts';
import { systemRuntime } from '../../src/support/runtime.ts';

/** @param times how many times faster than real time it runs */
export function createFastRuntime(times: number): Runtime {
  const startedAtSeconds = systemRuntime.monotonicSeconds();
  const startedAtWallSeconds = systemRuntime.wallSeconds();
  const passedSeconds = (): number => (systemRuntime.monotonicSeconds() - startedAtSeconds) * times;
  return {
    ...systemRuntime,
    wallSeconds: () => startedAtWallSeconds + passedSeconds(),
    monotonicSeconds: passedSeconds,
    sleep: (seconds, signal) => systemRuntime.sleep(seconds / times, signal),
    after: (seconds, act) => systemRuntime.after(seconds / times, act),
  };
}
