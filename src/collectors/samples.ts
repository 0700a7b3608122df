/** Shapes that samples often have. */
import type { Sample } from './collector.ts';

/** One sample, or none where there is no value: an absent series says "never" or "unknown". */
export function maybe(value: number | undefined): readonly Sample[] {
  return value === undefined ? [] : [{ value }];
}

/** A closed set of states, complete: 1 for the one that is, 0 for the others. */
export function oneOf(
  states: readonly string[],
  current: string,
  labels: Readonly<Record<string, string>> = {},
): readonly Sample[] {
  return states.map((state) => ({ labels: { ...labels, state }, value: state === current ? 1 : 0 }));
}
