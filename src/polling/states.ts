/** The state of every target, each replaced whole by an update; whoever listens is told what has changed. */
import { REASONS, type Reason } from '../atlas/error.ts';
import type { Polled, Slot, Target, TargetState } from '../collectors/collector.ts';

export interface States {
  all(): Iterable<TargetState>;
  get(key: string): TargetState | undefined;
  /** Nothing happens for a key that is gone, or where the change gives the same state back. */
  update(key: string, change: (now: TargetState) => TargetState): void;
  /**
   * The targets from now on, in one synchronous step: those that stay keep what is known of them.
   * @param revise how the state of each changes in the same step
   */
  replace(targets: readonly Target[], revise?: (state: TargetState) => TargetState): void;
}

export type StatesListener = (put: readonly TargetState[], remove: readonly string[]) => void;

/** @param intervalSeconds in force before the first poll; read anew for each target that comes */
export function createStates(intervalSeconds: Readonly<Record<Slot, number>>, onChange: StatesListener): States {
  let states = new Map<string, TargetState>();

  function update(key: string, change: (now: TargetState) => TargetState): void {
    const now = states.get(key);
    const next = now && change(now);
    if (next === undefined || next === now) return;
    states.set(key, next);
    onChange([next], []);
  }

  function replace(targets: readonly Target[], revise = (state: TargetState): TargetState => state): void {
    const before = states;
    states = new Map(targets.map((target) => [target.key, revise(stateFor(target))]));
    const changed = [...states].filter(([key, state]) => state !== before.get(key)).map(([, state]) => state);
    const removed = [...before.keys()].filter((key) => !states.has(key));
    if (changed.length + removed.length > 0) onChange(changed, removed);
  }

  function stateFor(target: Target): TargetState {
    const known = states.get(target.key);
    if (known) return isSame(known.target, target) ? known : { ...known, target };
    const { exports, schedule } = intervalSeconds;
    return { target, exports: notYetPolled(exports), schedule: notYetPolled(schedule) };
  }

  return { all: () => states.values(), get: (key) => states.get(key), update, replace };
}

function isSame(a: Target, b: Target): boolean {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof Target>;
  return [...keys].every((key) => a[key] === b[key]);
}

/** What is known of a target before its first poll. */
export function notYetPolled<S>(intervalSeconds: number): Polled<S> {
  const failures = Object.fromEntries(REASONS.map((reason) => [reason, 0])) as Record<Reason, number>;
  return { stale: false, polls: 0, failures, intervalSeconds };
}
