/** The state of every target, each replaced whole by an update; whoever listens is told what has changed. */
import { REASONS, type Reason } from '../atlas/error.ts';
import type { Polled, Target, TargetState } from '../collectors/collector.ts';

export interface States {
  all(): Iterable<TargetState>;
  get(key: string): TargetState | undefined;
  /** Nothing happens for a key that is gone, or where the change gives the same state back. */
  update(key: string, change: (now: TargetState) => TargetState): void;
  /** The targets from now on, in one synchronous step: those that stay keep what is known of them. */
  replace(targets: readonly Target[]): void;
}

export type StatesListener = (put: readonly TargetState[], remove: readonly string[]) => void;

export function createStates(initialIntervalSeconds: number, onChange: StatesListener): States {
  let states = new Map<string, TargetState>();

  function update(key: string, change: (now: TargetState) => TargetState): void {
    const now = states.get(key);
    const next = now && change(now);
    if (next === undefined || next === now) return;
    states.set(key, next);
    onChange([next], []);
  }

  function replace(targets: readonly Target[]): void {
    const next = new Map(targets.map((target) => [target.key, stateFor(target)]));
    const removed = [...states.keys()].filter((key) => !next.has(key));
    states = next;
    onChange([...next.values()], removed);
  }

  function stateFor(target: Target): TargetState {
    const known = states.get(target.key);
    return known ? { ...known, target } : { target, exports: notYetPolled(initialIntervalSeconds) };
  }

  return { all: () => states.values(), get: (key) => states.get(key), update, replace };
}

/** What is known of a target before its first poll. */
function notYetPolled<S>(intervalSeconds: number): Polled<S> {
  const failures = Object.fromEntries(REASONS.map((reason) => [reason, 0])) as Record<Reason, number>;
  return { stale: false, polls: 0, failures, intervalSeconds };
}
