/** The metric families of queued and running export jobs: the only jobs that have series of their own. */
import type { Family, TargetState } from '../collector.ts';
import { gauge, labelledGauge, oneOf, volatile } from '../families.ts';
import { ACTIVE_STATES, activeStateOf, type Job, progressRatio } from './job.ts';
import { exportsOf } from './summary.ts';

export const activeJobFamilies: readonly Family[] = volatile(exportsOf, [
  labelledGauge(
    'oldest_active_created_timestamp_seconds',
    'Unix time at which the oldest active export job in a state was created; absent when there is none.',
    ['state'],
    (state) =>
      ACTIVE_STATES.map((one) => ({
        labels: { state: one },
        value: exportsOf(state).summary?.oldestActiveAtSeconds[one],
      })),
  ),
  gauge(
    'active_collections',
    'Collections in the active export jobs that report counts.',
    (state) => exportsOf(state).summary?.activeCollections?.total,
  ),
  gauge(
    'active_collections_exported',
    'Collections exported by the active export jobs that report counts.',
    (state) => exportsOf(state).summary?.activeCollections?.exported,
  ),
  labelledGauge(
    'active_job_info',
    'An active export job, its snapshot and its bucket; always 1.',
    ['export_id', 'snapshot_id', 'export_bucket_id'],
    (state) =>
      shown(state).map(({ id, snapshotId, exportBucketId }) => ({
        labels: { export_id: id, snapshot_id: snapshotId, export_bucket_id: exportBucketId },
        value: 1,
      })),
  ),
  labelledGauge(
    'active_job_state',
    '1 for the state of an active export job, else 0.',
    ['export_id', 'state'],
    (state) => shown(state).flatMap((job) => oneOf(ACTIVE_STATES, activeStateOf(job) ?? '', { export_id: job.id })),
  ),
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
    'Exported collections divided by all collections of an active export job, 0 to 1; absent while their number is 0 or unknown.',
    progressRatio,
  ),
  ofEachJob('active_job_shards', 'Shards of an active export job; absent for replica sets.', ({ shards }) =>
    shards > 0 ? shards : undefined,
  ),
]);

/** A job without an id cannot have its own series, so it is counted only in the sums. */
function shown(state: TargetState): readonly Job[] {
  return (exportsOf(state).summary?.active ?? []).filter((job) => job.id !== '');
}

function ofEachJob(name: string, help: string, value: (job: Job) => number | undefined): Family {
  return labelledGauge(name, help, ['export_id'], (state) =>
    shown(state).map((job) => ({ labels: { export_id: job.id }, value: value(job) })),
  );
}
