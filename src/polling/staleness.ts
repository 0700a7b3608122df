/** When a slot's last good poll is too long ago for volatile metrics to speak of it. */
import { type Polled, SLOTS, type TargetState } from '../collectors/collector.ts';

/** Whether the last good poll is older than max(`maxStaleSeconds`, twice the interval in force). */
export function isOverdue(polled: Polled<unknown>, maxStaleSeconds: number, monotonicSeconds: number): boolean {
  if (polled.goodAtMonotonicSeconds === undefined) return false;
  const ageSeconds = monotonicSeconds - polled.goodAtMonotonicSeconds;
  return ageSeconds > Math.max(maxStaleSeconds, 2 * polled.intervalSeconds);
}

/** The state with its slots marked, each by itself; the same state where nothing has changed. A good poll clears a mark, not time. */
export function markStale(state: TargetState, maxStaleSeconds: number, monotonicSeconds: number): TargetState {
  let marked = state;
  for (const slot of SLOTS) {
    const polled = state[slot];
    if (polled.stale || !isOverdue(polled, maxStaleSeconds, monotonicSeconds)) continue;
    marked = { ...marked, [slot]: { ...polled, stale: true } };
  }
  return marked;
}
