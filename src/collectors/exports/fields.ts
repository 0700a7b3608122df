/** The fields of export jobs in the JSON API. Names, units and meanings are as stable as those of the metrics. */
import type { Field, TargetState } from '../collector.ts';
import { field, fieldsFrom, fieldsOfPart, objectOf, recordFields } from '../families.ts';
import { type Destination, destinationOf } from './destination.ts';
import { activeStateOf, durationSeconds, endedAtSeconds, type Job, progressRatio } from './job.ts';
import { exportsOf } from './summary.ts';

const ofSummary = fieldsFrom(exportsOf);

export const JOB_FIELDS: readonly Field<Job>[] = [
  field('export_id', 'string', 'The id in Atlas; empty if Atlas gives no valid id.', ({ id }) => id),
  field(
    'state',
    'string',
    '`queued`, `in_progress`, `successful`, `failed`, `cancelled` or `unknown`.',
    (job) => job.state,
  ),
  field('created_timestamp_seconds', 'number', 'When it was created.', (job) => job.createdAtSeconds),
  field(
    'finished_timestamp_seconds',
    'number',
    'When it ended; absent if Atlas gives no end.',
    (job) => job.finishedAtSeconds,
  ),
  field('duration_seconds', 'number', 'From creation to end, queueing included.', durationSeconds),
  field('collections', 'number', 'Collections in it; absent for sharded clusters.', (job) => job.collections?.total),
  field('collections_exported', 'number', 'Collections exported so far.', (job) => job.collections?.exported),
  field(
    'progress_ratio',
    'number',
    'Exported collections divided by all, 0 to 1; absent while their number is 0 or unknown.',
    (job) => (activeStateOf(job) ? progressRatio(job) : undefined),
  ),
  field('shards', 'number', 'Shards in it; absent for replica sets.', ({ shards }) => shards || undefined),
  field(
    'error_code',
    'string',
    'Of a failed job: the code that Atlas gives; `none` if there is no code, `other` if the code is not valid as a label.',
    (job) => job.errorCode,
  ),
  field('snapshot_id', 'string', 'The exported snapshot.', ({ snapshotId }) => snapshotId),
  field('export_bucket_id', 'string', 'The bucket that it is exported into.', ({ exportBucketId }) => exportBucketId),
];

export const exportFields: readonly Field<TargetState>[] = [
  ofSummary(
    'last_success_timestamp_seconds',
    'number',
    'When the newest successful export ended; its creation where Atlas gives no end.',
    ({ outcomes: { lastSuccess } }) => endedAtSeconds(lastSuccess),
  ),
  ofSummary(
    'typical_duration_seconds',
    'number',
    'Median duration of the newest 20 successes.',
    ({ typicalDurationSeconds }) => typicalDurationSeconds,
  ),
  ofSummary(
    'consecutive_failures',
    'number',
    'Failed exports since the newest success.',
    ({ outcomes }) => outcomes.consecutiveFailures,
  ),
  ofSummary(
    'last_failure_timestamp_seconds',
    'number',
    'When the newest failed export ended; its creation where Atlas gives no end.',
    ({ outcomes: { lastFailure } }) => endedAtSeconds(lastFailure),
  ),
  ofDestination(
    'destination_last_success_timestamp_seconds',
    'When the newest successful export into the destination ended: the bucket of the backup schedule while it exports automatically, or else all buckets.',
    ({ lastSuccess }) => endedAtSeconds(lastSuccess),
  ),
  ofDestination(
    'destination_data_timestamp_seconds',
    'When the newest snapshot that was exported into the destination was taken.',
    ({ dataAtSeconds }) => dataAtSeconds,
  ),
  ofDestination(
    'destination_consecutive_failures',
    'Failed exports into the destination since its newest success.',
    ({ consecutiveFailures }) => consecutiveFailures,
  ),
  ofSummary('jobs', 'object', 'Listed exports by state.', ({ counts }) => counts),
  ofSummary('failed_jobs', 'object', 'Listed failed exports by error code.', ({ failedByCode }) =>
    Object.fromEntries(failedByCode),
  ),
  field(
    'active_jobs',
    'array',
    'Queued and running exports, the oldest first, at most `polling.max_active_jobs`; see below. Empty while the last successful poll is too old.',
    (state) => {
      const { summary, stale } = exportsOf(state);
      return (stale ? [] : (summary?.active ?? [])).map((job) => objectOf(JOB_FIELDS, job));
    },
  ),
  field(
    'newest_jobs',
    'array',
    'The newest 30 exports of the last successful poll, the newest first; see below.',
    (state) => (exportsOf(state).summary?.newest ?? []).map((job) => objectOf(JOB_FIELDS, job)),
  ),
  ...fieldsOfPart(recordFields('poll_failure'), exportsOf),
];

function ofDestination(
  name: string,
  meaning: string,
  value: (destination: Destination) => number | undefined,
): Field<TargetState> {
  return field(name, 'number', meaning, (state) => {
    const destination = destinationOf(state);
    return destination && value(destination);
  });
}
