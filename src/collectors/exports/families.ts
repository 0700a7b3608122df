/**
 * The metric families of a cluster's list of export jobs: the state of its polls, the number of jobs, the newest
 * success, the active jobs.
 */
import { REASONS } from '../../atlas/error.ts';
import { type Family, PREFIX, type TargetState } from '../collector.ts';
import { gauge, labelledGauge, oneOf, volatile } from '../families.ts';
import { destinationOf } from './destination.ts';
import {
  ACTIVE_STATES,
  activeStateOf,
  durationSeconds,
  endedAtSeconds,
  FINISHED_STATES,
  JOB_STATES,
  type Job,
  progressRatio,
} from './job.ts';
import { exportsOf, type Outcomes } from './summary.ts';

const DESTINATION =
  'The destination is the bucket of the backup schedule while it exports automatically, or else all buckets together. Absent until the exporter knows whether there is such a schedule.';

/** Whether polling works, and how old the data is. */
export const recordFamilies: readonly Family[] = [
  labelledGauge(
    'poll_failing',
    '1, with the reason, if the latest poll failed; absent if it succeeded.',
    ['reason'],
    (state) => {
      const failure = exportsOf(state).last?.failure;
      return failure ? [{ labels: { reason: failure.reason }, value: 1 }] : [];
    },
  ),
  gauge(
    'poll_interval_seconds',
    'Current poll interval: the shorter one while an export job is active.',
    (state) => exportsOf(state).intervalSeconds,
  ),
  gauge(
    'last_poll_timestamp_seconds',
    'Unix time at which the latest poll ended.',
    (state) => exportsOf(state).last?.endedAtSeconds,
  ),
  gauge(
    'last_poll_success_timestamp_seconds',
    'Unix time at which the latest successful poll ended.',
    (state) => exportsOf(state).goodAtSeconds,
  ),
  gauge(
    'last_poll_duration_seconds',
    'Duration of the latest poll, including the wait for the API budget.',
    (state) => exportsOf(state).last?.durationSeconds,
  ),
  gauge('last_poll_pages', 'Pages read by the latest successful poll.', (state) => exportsOf(state).read?.pages),
  gauge(
    'last_poll_jobs',
    'Distinct export jobs read by the latest successful poll.',
    (state) => exportsOf(state).read?.items,
  ),
  gauge(
    'last_poll_reported_jobs',
    'Total of export jobs that Atlas gave in the latest successful poll; Atlas calls it an estimate.',
    (state) => exportsOf(state).read?.reportedItems,
  ),
  {
    name: `${PREFIX}polls_total`,
    help: 'Polls that have ended.',
    type: 'counter',
    labels: [],
    samples: (state) => [{ value: exportsOf(state).polls }],
  },
  {
    name: `${PREFIX}poll_failures_total`,
    help: 'Polls that have failed, by reason.',
    type: 'counter',
    labels: ['reason'],
    samples: (state) => REASONS.map((reason) => ({ labels: { reason }, value: exportsOf(state).failures[reason] })),
  },
];

/** The number of jobs in the list, and how the newest jobs ended. */
export const listFamilies: readonly Family[] = [
  ...volatile(exportsOf, [
    labelledGauge('jobs', 'Export jobs that Atlas lists now, by state.', ['state'], (state) => {
      const { summary } = exportsOf(state);
      return summary ? JOB_STATES.map((one) => ({ labels: { state: one }, value: summary.counts[one] })) : [];
    }),
    labelledGauge(
      'failed_jobs',
      'Failed export jobs that Atlas lists now, by the error code that Atlas gives; the 20 most frequent codes, the rest as other.',
      ['error_code'],
      (state) =>
        Array.from(exportsOf(state).summary?.failedByCode ?? [], ([error_code, value]) => ({
          labels: { error_code },
          value,
        })),
    ),
  ]),
  gauge(
    'consecutive_failures',
    'Consecutive failed export jobs, counted back from the newest finished one; cancelled jobs are ignored.',
    (state) => exportsOf(state).summary?.outcomes.consecutiveFailures,
  ),
  labelledGauge(
    'last_finished_state',
    '1 for the outcome of the newest finished export job, else 0; absent if none has finished.',
    ['state'],
    (state) => {
      const finished = exportsOf(state).summary?.lastFinished;
      return finished ? oneOf(FINISHED_STATES, finished.state) : [];
    },
  ),
  gauge(
    'last_failure_timestamp_seconds',
    'Unix time at which the newest failed export job ended; its creation where Atlas gives no end.',
    (state) => endedAtSeconds(exportsOf(state).summary?.outcomes.lastFailure),
  ),
];

/** The age of the newest success reveals every kind of failure, also an export that never started. */
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
    ({ snapshotAtSeconds }) => snapshotAtSeconds,
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
  ofEachBucket(
    'bucket_last_success_timestamp_seconds',
    'Unix time at which the newest successful export job into a bucket ended; for the 20 most recently used buckets.',
    ({ lastSuccess }) => endedAtSeconds(lastSuccess),
  ),
  ofEachBucket(
    'bucket_consecutive_failures',
    'Consecutive failed export jobs into a bucket, counted back from the newest finished one; cancelled jobs are left out.',
    ({ consecutiveFailures }) => consecutiveFailures,
  ),
  ofEachBucket(
    'bucket_data_timestamp_seconds',
    'Unix time of the newest snapshot among the successful export jobs into a bucket: how old the data there is. Inferred from the time inside the snapshot id.',
    ({ dataAtSeconds }) => dataAtSeconds,
  ),
  gauge(
    'destination_last_success_timestamp_seconds',
    `Unix time at which the newest successful export job into the destination ended. ${DESTINATION}`,
    (state) => endedAtSeconds(destinationOf(state)?.lastSuccess),
  ),
  gauge(
    'destination_data_timestamp_seconds',
    `Unix time of the newest snapshot among the successful export jobs into the destination. ${DESTINATION}`,
    (state) => destinationOf(state)?.dataAtSeconds,
  ),
  gauge(
    'destination_consecutive_failures',
    `Consecutive failed export jobs into the destination. ${DESTINATION}`,
    (state) => destinationOf(state)?.consecutiveFailures,
  ),
  gauge(
    'destination_collections',
    `Collections in the newest successful export job into the destination; absent for sharded clusters. ${DESTINATION}`,
    (state) => destinationOf(state)?.lastSuccess?.collections?.total,
  ),
  gauge(
    'destination_collections_exported',
    `Collections that the newest successful export job into the destination exported, as Atlas says; absent for sharded clusters. ${DESTINATION}`,
    (state) => destinationOf(state)?.lastSuccess?.collections?.exported,
  ),
];

/** The metric families of queued and running export jobs: the only jobs that have series of their own. */
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

function ofEachBucket(name: string, help: string, value: (outcomes: Outcomes) => number | undefined): Family {
  return labelledGauge(name, help, ['export_bucket_id'], (state) =>
    Array.from(exportsOf(state).summary?.buckets ?? [], ([export_bucket_id, outcomes]) => ({
      labels: { export_bucket_id },
      value: value(outcomes),
    })),
  );
}

function ofLastSuccess(name: string, help: string, value: (job: Job) => number | undefined): Family {
  return gauge(name, help, (state) => {
    const success = exportsOf(state).summary?.outcomes.lastSuccess;
    return success && value(success);
  });
}

/** A job without an id cannot have its own series, so it is counted only in the sums. */
function shown(state: TargetState): readonly Job[] {
  return (exportsOf(state).summary?.active ?? []).filter((job) => job.id !== '');
}

function ofEachJob(name: string, help: string, value: (job: Job) => number | undefined): Family {
  return labelledGauge(name, help, ['export_id'], (state) =>
    shown(state).map((job) => ({ labels: { export_id: job.id }, value: value(job) })),
  );
}
