/** The metric families about the newest successful export: the signal that catches everything, whatever went wrong. */
import { type Family, PREFIX, type Sample, type TargetState } from '../collector.ts';
import { maybe } from '../samples.ts';
import { durationSeconds, endedAtSeconds, type Job, objectIdTimeSeconds } from './job.ts';

export const successFamilies: readonly Family[] = [
  ofLastSuccess(
    'last_success_timestamp_seconds',
    'Unix time at which the newest successful export job ended; its creation where Atlas gives no end, as on sharded clusters.',
    endedAtSeconds,
  ),
  ofLastSuccess(
    'last_success_created_timestamp_seconds',
    'Unix time at which the newest successful export job was created.',
    (job) => job.createdAtSeconds,
  ),
  ofLastSuccess(
    'last_success_snapshot_timestamp_seconds',
    'Unix time of the snapshot in the newest successful export job: how old the exported data is. Inferred from the time inside the snapshot id.',
    (job) => objectIdTimeSeconds(job.snapshotId),
  ),
  ofLastSuccess(
    'last_success_duration_seconds',
    'Duration of the newest successful export job since creation, queueing included; absent where Atlas gives no end.',
    durationSeconds,
  ),
  ofLastSuccess(
    'last_success_collections',
    'Collections in the newest successful export job; absent for sharded clusters.',
    (job) => job.collections?.total,
  ),
  ofLastSuccess(
    'last_success_collections_exported',
    'Collections that the newest successful export job says it has exported; absent for sharded clusters.',
    (job) => job.collections?.exported,
  ),
  {
    name: `${PREFIX}typical_duration_seconds`,
    help: 'Median duration of the newest 20 successful export jobs since creation, queueing included. Cached; refreshed every poll interval.',
    type: 'gauge',
    labels: [],
    samples: ({ exports: { summary } }) => maybe(summary?.typicalDurationSeconds),
  },
  {
    name: `${PREFIX}bucket_last_success_timestamp_seconds`,
    help: 'Unix time at which the newest successful export job to a bucket ended; of the 20 buckets used last. Cached; refreshed every poll interval.',
    type: 'gauge',
    labels: ['export_bucket_id'],
    samples: ({ exports: { summary } }) =>
      [...(summary?.successByBucket ?? [])].map(
        ([export_bucket_id, value]): Sample => ({ labels: { export_bucket_id }, value }),
      ),
  },
];

function ofLastSuccess(name: string, help: string, value: (job: Job) => number | undefined): Family {
  return {
    name: PREFIX + name,
    help: `${help} Cached; refreshed every poll interval.`,
    type: 'gauge',
    labels: [],
    samples: ({ exports: { summary } }: TargetState) => maybe(summary?.lastSuccess && value(summary.lastSuccess)),
  };
}
