/** A runtime whose clock really runs, only faster: for real sockets, where faked time would stand still. */
import type { Runtime } from '../../src/support/runtime.ts';
import { systemRuntime } from '../../src/support/runtime.ts';

/** @param times how many of its seconds go by in one */
export function createFastRuntime(times: number): Runtime {
  const startedAtSeconds = systemRuntime.monotonicSeconds();
  const startedAtWallSeconds = systemRuntime.wallSeconds();
  const passedSeconds = (): number => (systemRuntime.monotonicSeconds() - startedAtSeconds) * times;
  return {
    ...systemRuntime,
    wallSeconds: () => startedAtWallSeconds + passedSeconds(),
    monotonicSeconds: passedSeconds,
    sleep: (seconds, signal) => systemRuntime.sleep(seconds / times, signal),
  };
}
