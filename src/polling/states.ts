/**
 * The states of all targets. An update replaces the state of a target as a whole. The listener is called with every
 * change, in the same step.
 */
import { isTransient } from '../atlas/error.ts';
import {
  type Collector,
  type Collectors,
  notYetPolled,
  type Polled,
  type PollingSettings,
  type Target,
  type TargetState,
} from '../collectors/collector.ts';

export interface States {
  all(): Iterable<TargetState>;
  get(key: string): TargetState | undefined;
  /** Nothing happens if there is no such target, or if the change returns the same state. */
  update(key: string, change: (now: TargetState) => TargetState): void;
  /** Replaces the list of targets. A target that stays keeps its records, adjusted to the current settings. */
  replace(targets: readonly Target[]): void;
  /** Marks records as stale whose last successful poll is too old. */
  markStale(monotonicSeconds: number): void;
}

export interface StatesSettings {
  readonly collectors: Collectors;
  settings(): PollingSettings;
  monotonicSeconds(): number;
  onChange: StatesListener;
}

export type StatesListener = (put: readonly TargetState[], removed: readonly string[]) => void;

export function createStates({ collectors, settings, monotonicSeconds, onChange }: StatesSettings): States {
  let states = new Map<string, TargetState>();

  function update(key: string, change: (now: TargetState) => TargetState): void {
    const now = states.get(key);
    const next = now && change(now);
    if (next === undefined || next === now) return;
    const revised = withWanted(next, collectors, settings());
    states.set(key, revised);
    onChange([revised], []);
  }

  function replace(targets: readonly Target[]): void {
    const before = states;
    states = new Map(targets.map((target) => [target.key, stateFor(target)]));
    const changed = [...states].filter(([key, state]) => state !== before.get(key)).map(([, state]) => state);
    const removed = [...before.keys()].filter((key) => !states.has(key));
    if (changed.length + removed.length > 0) onChange(changed, removed);
  }

  function stateFor(target: Target): TargetState {
    const known = states.get(target.key) ?? { target, polled: {} };
    const state = isSame(known.target, target) ? known : { ...known, target };
    return withSettings(withWanted(state, collectors, settings()), collectors, settings(), monotonicSeconds());
  }

  function markStale(now: number): void {
    const { maxStaleSeconds } = settings();
    for (const [key, { polled }] of states) {
      const stale = Object.entries(polled).filter(
        ([, record]) => !record.stale && isTooOld(record, maxStaleSeconds, now),
      );
      if (stale.length === 0) continue;
      const marked = Object.fromEntries(stale.map(([name, record]) => [name, { ...record, stale: true }]));
      update(key, (state) => ({ ...state, polled: { ...state.polled, ...marked } }));
    }
  }

  return { all: () => states.values(), get: (key) => states.get(key), update, replace, markStale };
}

/** The interval until the next poll, which depends on the state and on the failure. */
export function intervalOf(
  collector: Collector<unknown>,
  { summary, last }: Pick<Polled<unknown>, 'summary' | 'last'>,
  settings: PollingSettings,
): number {
  const { seconds, retrySeconds, failedSeconds } = collector.pace(summary, settings);
  const afterFailure = last?.failure && isTransient(last.failure.reason) ? retrySeconds : failedSeconds;
  return last?.failure === undefined ? seconds : afterFailure;
}

/** True if the last successful poll is older than max(`maxStaleSeconds`, twice the current interval). */
export function isTooOld(record: Polled<unknown>, maxStaleSeconds: number, monotonicSeconds: number): boolean {
  if (record.goodAtMonotonicSeconds === undefined) return false;
  return monotonicSeconds - record.goodAtMonotonicSeconds > Math.max(maxStaleSeconds, 2 * record.intervalSeconds);
}

/** The state with records only for the collectors that read the target. */
function withWanted(state: TargetState, collectors: Collectors, settings: PollingSettings): TargetState {
  const wanted = collectors.filter(
    (collector) => settings.isRead[collector.name] !== false && (collector.isWanted?.(state) ?? true),
  );
  const isRight =
    wanted.length === Object.keys(state.polled).length && wanted.every(({ name }) => state.polled[name] !== undefined);
  if (isRight) return state;
  const records = wanted.map((collector): [string, Polled<unknown>] => [
    collector.name,
    state.polled[collector.name] ?? notYetPolled(intervalOf(collector, {}, settings)),
  ]);
  return { ...state, polled: Object.fromEntries(records) };
}

/** The state adjusted to these settings, as if the program had been started with them. */
function withSettings(
  state: TargetState,
  collectors: Collectors,
  settings: PollingSettings,
  monotonicSeconds: number,
): TargetState {
  const changed = collectors.flatMap((collector): [string, Polled<unknown>][] => {
    const record = state.polled[collector.name];
    if (record === undefined) return [];
    const intervalSeconds = intervalOf(collector, record, settings);
    const revised = { ...record, intervalSeconds };
    // Missing marks are set at the next tick.
    const stale = record.stale && isTooOld(revised, settings.maxStaleSeconds, monotonicSeconds);
    if (intervalSeconds === record.intervalSeconds && stale === record.stale) return [];
    return [[collector.name, { ...revised, stale }]];
  });
  return changed.length === 0 ? state : { ...state, polled: { ...state.polled, ...Object.fromEntries(changed) } };
}

function isSame(a: Target, b: Target): boolean {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof Target>;
  return [...keys].every((key) => a[key] === b[key]);
}
