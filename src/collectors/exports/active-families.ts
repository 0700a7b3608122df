/** The metric families of export jobs that are queued or running: the only jobs that have series of their own. */
import { type Family, PREFIX, type Sample, type TargetState } from '../collector.ts';
import { maybe, oneOf } from '../samples.ts';
import { ACTIVE_STATES, activeStateOf, type Job } from './job.ts';

export const activeJobFamilies: readonly Family[] = [
  {
    ...volatileGauge(
      'oldest_active_created_timestamp_seconds',
      'Unix time at which the oldest active export job in a state was created; absent when there is none.',
    ),
    labels: ['state'],
    samples: ({ exports: { summary } }) =>
      ACTIVE_STATES.flatMap((state): Sample[] => {
        const value = summary?.oldestActiveAtSeconds[state];
        return value === undefined ? [] : [{ labels: { state }, value }];
      }),
  },
  {
    ...volatileGauge('active_collections', 'Collections in the active export jobs that report counts.'),
    samples: ({ exports: { summary } }) => maybe(summary?.activeCollections?.total),
  },
  {
    ...volatileGauge(
      'active_collections_exported',
      'Collections exported by the active export jobs that report counts.',
    ),
    samples: ({ exports: { summary } }) => maybe(summary?.activeCollections?.exported),
  },
  {
    ...volatileGauge('active_job_info', 'An active export job, its snapshot and its bucket; always 1.'),
    labels: ['export_id', 'snapshot_id', 'export_bucket_id'],
    samples: (state) =>
      shown(state).map(({ id, snapshotId, exportBucketId }) => ({
        labels: { export_id: id, snapshot_id: snapshotId, export_bucket_id: exportBucketId },
        value: 1,
      })),
  },
  {
    ...volatileGauge('active_job_state', '1 for the state of an active export job, else 0.'),
    labels: ['export_id', 'state'],
    samples: (state) =>
      shown(state).flatMap((job) => oneOf(ACTIVE_STATES, activeStateOf(job) ?? '', { export_id: job.id })),
  },
  ofEachJob(
    'active_job_created_timestamp_seconds',
    'Unix time at which an active export job was created.',
    (job) => job.createdAtSeconds,
  ),
  ofEachJob(
    'active_job_collections',
    'Collections in an active export job; absent for sharded clusters.',
    (job) => job.collections?.total,
  ),
  ofEachJob(
    'active_job_collections_exported',
    'Collections that an active export job has exported; absent for sharded clusters.',
    (job) => job.collections?.exported,
  ),
  ofEachJob(
    'active_job_progress_ratio',
    'Exported collections of an active export job by all of them, 0 to 1; absent while their number is 0 or unknown.',
    progressRatio,
  ),
  ofEachJob('active_job_shards', 'Shards of an active export job; absent for replica sets.', ({ shards }) =>
    shards > 0 ? shards : undefined,
  ),
];

/** 0 to 1, also where Atlas says that more is exported than there is; undefined while there is nothing to divide by. */
export function progressRatio({ collections }: Job): number | undefined {
  if (collections === undefined || collections.total === 0) return undefined;
  return Math.min(1, collections.exported / collections.total);
}

/** Those that can be told apart: a job without an id is in the sums only. */
function shown({ exports: { summary } }: TargetState): readonly Job[] {
  return (summary?.active ?? []).filter((job) => job.id !== '');
}

function ofEachJob(name: string, help: string, value: (job: Job) => number | undefined): Family {
  return {
    ...volatileGauge(name, help),
    labels: ['export_id'],
    samples: (state) =>
      shown(state).flatMap((job): Sample[] => {
        const number = value(job);
        return number === undefined ? [] : [{ labels: { export_id: job.id }, value: number }];
      }),
  };
}

function volatileGauge(name: string, help: string) {
  return {
    name: PREFIX + name,
    help: `${help} Cached; refreshed every poll interval.`,
    type: 'gauge',
    labels: [] as readonly string[],
    volatile: 'exports',
  } as const;
}
