/** The metric families of the newest successful export: its age shows every kind of failure, an export that never started too. */
import type { Family, Sample } from '../collector.ts';
import { gauge, labelledGauge } from '../families.ts';
import { durationSeconds, endedAtSeconds, type Job, objectIdTimeSeconds } from './job.ts';
import { exportsOf } from './summary.ts';

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
    'Collections that the newest successful export job exported, as Atlas says; absent for sharded clusters.',
    (job) => job.collections?.exported,
  ),
  gauge(
    'typical_duration_seconds',
    'Median duration of the newest 20 successful export jobs since creation, queueing included.',
    (state) => exportsOf(state).summary?.typicalDurationSeconds,
  ),
  labelledGauge(
    'bucket_last_success_timestamp_seconds',
    'Unix time at which the newest successful export job into a bucket ended; of the 20 buckets used last.',
    ['export_bucket_id'],
    (state) =>
      [...(exportsOf(state).summary?.successByBucket ?? [])].map(
        ([export_bucket_id, value]): Sample => ({ labels: { export_bucket_id }, value }),
      ),
  ),
];

function ofLastSuccess(name: string, help: string, value: (job: Job) => number | undefined): Family {
  return gauge(name, help, (state) => {
    const success = exportsOf(state).summary?.lastSuccess;
    return success && value(success);
  });
}
