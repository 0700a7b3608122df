/** Every field of the summary against its definition, written for clarity instead of speed. A new field has to be added here. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type BucketExports, EXPORT_STATES, type ExportState } from '../../../../src/collectors/exports/by-snapshot.ts';
import {
  ACTIVE_STATES,
  activeStateOf,
  componentIdsOf,
  decodeJob,
  durationSeconds,
  JOB_STATES,
  type Job,
  newestFirst,
} from '../../../../src/collectors/exports/job.ts';
import type { ExportSummary } from '../../../../src/collectors/exports/summary.ts';
import { DAY_ZERO_SECONDS, job, NOW_SECONDS, objectId } from '../../../support/jobs.ts';
import { summaryOf } from '../../../support/states.ts';

const MAX_ACTIVE_JOBS = 3;

type Definition<K extends keyof ExportSummary> = (jobs: readonly Job[]) => ExportSummary[K];

const sorted = (jobs: readonly Job[]) => jobs.toSorted(newestFirst);
const of = (jobs: readonly Job[], ...states: string[]) => sorted(jobs).filter(({ state }) => states.includes(state));
const active = (jobs: readonly Job[]) => sorted(jobs).filter((one) => activeStateOf(one) !== undefined);

function outcomes(jobs: readonly Job[]): ExportSummary['outcomes'] {
  const finished = of(jobs, 'failed', 'successful');
  const success = finished.findIndex(({ state }) => state === 'successful');
  const snapshots = of(jobs, 'successful').flatMap(({ snapshotAtSeconds }) => snapshotAtSeconds ?? []);
  const [lastSuccess] = of(jobs, 'successful');
  const [lastFailure] = of(jobs, 'failed');
  return {
    consecutiveFailures: success === -1 ? finished.length : success,
    ...(lastSuccess ? { lastSuccess } : {}),
    ...(lastFailure ? { lastFailure } : {}),
    ...(snapshots.length > 0 ? { dataAtSeconds: Math.max(...snapshots) } : {}),
  };
}

const exportStateOf = ({ state }: Job) => (state === 'unknown' ? 'in_progress' : state);

/** A field that is absent where the definition gives undefined. */
const DEFINITIONS: { readonly [K in keyof Required<ExportSummary>]: Definition<K> } = {
  counts: (jobs) =>
    Object.fromEntries(JOB_STATES.map((state) => [state, of(jobs, state).length])) as ExportSummary['counts'],
  failedByCode(jobs) {
    const codes = of(jobs, 'failed').map(({ errorCode = 'none' }) => errorCode);
    return new Map(codes.map((code) => [code, codes.filter((one) => one === code).length]));
  },
  lastFinished: (jobs) => of(jobs, 'successful', 'failed', 'cancelled')[0] as Job,
  outcomes,
  buckets(jobs) {
    const ids = new Set(jobs.map(({ exportBucketId }) => exportBucketId).filter((id) => id !== ''));
    const used = [...ids].map((id) => [id, jobs.filter(({ exportBucketId }) => exportBucketId === id)] as const);
    return new Map(
      used.filter(([, own]) => of(own, 'failed', 'successful').length > 0).map(([id, own]) => [id, outcomes(own)]),
    );
  },
  typicalDurationSeconds(jobs) {
    const seconds = of(jobs, 'successful').flatMap((one) => durationSeconds(one) ?? []);
    const ordered = seconds.slice(0, 20).toSorted((a, b) => a - b);
    const middle = (ordered.length - 1) / 2;
    const [low, high] = [ordered[Math.floor(middle)], ordered[Math.ceil(middle)]];
    return (low === undefined || high === undefined ? undefined : (low + high) / 2) as number;
  },
  active: (jobs) => active(jobs).toReversed().slice(0, MAX_ACTIVE_JOBS),
  activeCount: (jobs) => active(jobs).length,
  oldestActiveAtSeconds: (jobs) =>
    Object.fromEntries(
      ACTIVE_STATES.flatMap((state) => {
        const oldest = active(jobs).findLast((one) => activeStateOf(one) === state);
        return oldest?.createdAtSeconds === undefined ? [] : [[state, oldest.createdAtSeconds]];
      }),
    ),
  activeCollections(jobs) {
    const counts = active(jobs).flatMap(({ collections }) => collections ?? []);
    const sum = (values: readonly number[]) => values.reduce((all, one) => all + one, 0);
    const sums = { exported: sum(counts.map((one) => one.exported)), total: sum(counts.map((one) => one.total)) };
    return (counts.length === 0 ? undefined : sums) as typeof sums;
  },
  newest: (jobs) => sorted(jobs).slice(0, 30),
  bySnapshot(jobs) {
    const best = (own: readonly Job[]) =>
      EXPORT_STATES.find((state) => own.some((one) => exportStateOf(one) === state));
    const buckets = new Set(jobs.map(({ exportBucketId }) => exportBucketId).filter((id) => id !== ''));
    const entries = [...buckets].map((bucket): [string, BucketExports] => {
      const own = jobs.filter(({ exportBucketId }) => exportBucketId === bucket);
      const states = own.map(({ snapshotId }): [string, ExportState] => [
        snapshotId,
        best(own.filter((one) => one.snapshotId === snapshotId)) as ExportState,
      ]);
      const oldestJobAtSeconds = Math.min(...own.map(({ createdAtSeconds = 0 }) => createdAtSeconds));
      return [bucket, { states: new Map(states), oldestJobAtSeconds }];
    });
    return { buckets: new Map(entries) };
  },
};

/** Lists without the limits of error codes and buckets, which have tests of their own. */
const anyList = fc.array(
  fc.record({
    state: fc.constantFrom('Queued', 'InProgress', 'Successful', 'Failed', 'Cancelled', 'Paused'),
    hour: fc.integer({ min: 0, max: 6 }),
    durationSeconds: fc.option(fc.integer({ min: -10, max: 5000 }), { nil: null }),
    bucket: fc.constantFrom('a', 'b', ''),
    errorCode: fc.constantFrom('A', 'B', 'unusual code', null),
    exportStatus: fc.constantFrom(null, { exportedCollections: 3, totalCollections: 4 }),
    component: fc.nat(60),
  }),
  { maxLength: 60 },
);

test('every field of the summary is what its definition says', () => {
  const check = fc.property(anyList, (list) => {
    const atSeconds = (hour: number) => DAY_ZERO_SECONDS + hour * 3600;
    const items = list.map(({ state, hour, errorCode, exportStatus, component, ...options }, number) => {
      const other = list[component];
      const isParent = number % 5 === 0 && component % 5 !== 0 && other !== undefined;
      const components = isParent ? { components: [{ exportId: objectId(atSeconds(other.hour), component) }] } : {};
      const reason = state === 'Failed' ? { stateReason: { errorCode } } : {};
      const fields = { exportStatus, ...reason, ...components };
      return job(state, { ...options, number, createdAtSeconds: atSeconds(hour), fields });
    });
    const components = new Set(items.flatMap(componentIdsOf));
    const jobs = items.map((item) => decodeJob(item, NOW_SECONDS)).filter(({ id }) => !components.has(id));
    const defined = Object.entries(DEFINITIONS).map(([name, define]) => [name, define(jobs)]);
    const expected = Object.fromEntries(defined.filter(([, value]) => value !== undefined));
    expect(summaryOf(items, MAX_ACTIVE_JOBS)).toEqual(expected);
  });
  fc.assert(check, { numRuns: 150 });
});
