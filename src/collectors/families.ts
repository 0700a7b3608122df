/** Shapes that metric families and their samples often have. */
import { type Family, type Polled, PREFIX, type Sample, type TargetState } from './collector.ts';

/** @param name without the prefix */
export function gauge(name: string, help: string, value: (state: TargetState) => number | undefined): Family {
  return { name: PREFIX + name, help, type: 'gauge', labels: [], samples: (state) => maybe(value(state)) };
}

/** A gauge with labels of its own. @param name without the prefix */
export function labelledGauge(
  name: string,
  help: string,
  labels: readonly string[],
  samples: (state: TargetState) => Iterable<Sample>,
): Family {
  return { name: PREFIX + name, help, type: 'gauge', labels, samples };
}

/** The families show nothing while this record is stale. */
export function volatile(of: (state: TargetState) => Polled<unknown>, families: readonly Family[]): readonly Family[] {
  return families.map((family) => ({ ...family, volatile: (state) => [of(state)] }));
}

/** One sample, or none where there is no value: an absent series means "never" or "unknown". */
export function maybe(value: number | undefined): readonly Sample[] {
  return value === undefined ? [] : [{ value }];
}

/** A closed set of states, complete: 1 for the current state, 0 for the others. */
export function oneOf(
  states: readonly string[],
  current: string,
  labels: Readonly<Record<string, string>> = {},
): readonly Sample[] {
  return states.map((state) => ({ labels: { ...labels, state }, value: state === current ? 1 : 0 }));
}
