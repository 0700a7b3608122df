/** Helpers for common forms of metric families and samples. */
import { type Family, type Polled, PREFIX, type Sample, type TargetState } from './collector.ts';

/** @param name without the prefix */
export function gauge(name: string, help: string, value: (state: TargetState) => number | undefined): Family {
  return { name: PREFIX + name, help, type: 'gauge', labels: [], samples: (state) => [{ value: value(state) }] };
}

/** A gauge with additional labels. @param name without the prefix */
export function labelledGauge(
  name: string,
  help: string,
  labels: readonly string[],
  samples: (state: TargetState) => Iterable<Sample>,
): Family {
  return { name: PREFIX + name, help, type: 'gauge', labels, samples };
}

/** Marks families as volatile: they have no samples while this record is stale. */
export function volatile(of: (state: TargetState) => Polled<unknown>, families: readonly Family[]): readonly Family[] {
  return families.map((family) => ({ ...family, volatile: (state) => [of(state)] }));
}

/** One sample for each state of a closed set: 1 for the current state, 0 for the others. */
export function oneOf(
  states: readonly string[],
  current: string,
  labels: Readonly<Record<string, string>> = {},
): readonly Sample[] {
  return states.map((state) => ({ labels: { ...labels, state }, value: state === current ? 1 : 0 }));
}
