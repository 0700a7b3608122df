/** Helpers for metric families and for fields of the JSON API, and the fields about the polls of a target by one collector. */
import {
  type Failure,
  type Family,
  type Field,
  type Polled,
  PREFIX,
  type Sample,
  type TargetState,
} from './collector.ts';

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

export function field<T>(name: string, type: string, meaning: string, value: (of: T) => unknown): Field<T> {
  return { name, type, meaning, value };
}

/** Makes fields from the summary of a collector; they are absent before its first successful poll. */
export function fieldsFrom<S>(of: (state: TargetState) => Polled<S>) {
  return (name: string, type: string, meaning: string, value: (summary: S) => unknown): Field<TargetState> =>
    field(name, type, meaning, (state) => {
      const { summary } = of(state);
      return summary && value(summary);
    });
}

export function objectOf<T>(fields: readonly Field<T>[], of: T): Readonly<Record<string, unknown>> {
  return Object.fromEntries(fields.map(({ name, value }) => [name, value(of)]));
}

export function failureObject(failure: Failure | undefined): unknown {
  if (failure === undefined) return undefined;
  const { reason, problem, advice, status, errorCode } = failure;
  return { reason, problem, advice, status, error_code: errorCode };
}

/** The same fields, of a value from which `get` takes the right part. */
export function fieldsOfPart<T, Part>(fields: readonly Field<Part>[], get: (of: T) => Part): readonly Field<T>[] {
  return fields.map((one) => ({ ...one, value: (of: T) => one.value(get(of)) }));
}

/** @param failureName the name of the field that says why the latest poll failed */
export function recordFields(failureName: string): readonly Field<Polled<unknown>>[] {
  return [
    field(
      'up',
      'boolean',
      'True if the latest poll succeeded; absent before the first poll has ended.',
      ({ last }) => last && last.failure === undefined,
    ),
    field(
      failureName,
      'object',
      'Why the latest poll failed: `reason`, `problem`, `advice`, and, if Atlas answered, `status` and `error_code`.',
      ({ last }) => failureObject(last?.failure),
    ),
    field('stale', 'boolean', 'True if the last successful poll is too old.', ({ stale }) => stale),
    field('last_poll_timestamp_seconds', 'number', 'When the latest poll ended.', ({ last }) => last?.endedAtSeconds),
    field(
      'last_poll_success_timestamp_seconds',
      'number',
      'When the latest successful poll ended.',
      ({ goodAtSeconds }) => goodAtSeconds,
    ),
    field('poll_interval_seconds', 'number', 'The current poll interval.', ({ intervalSeconds }) => intervalSeconds),
  ];
}
