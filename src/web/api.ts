/**
 * The JSON of /api/v1: the same projection as the pages show, field by field. The list of fields makes the JSON and
 * docs/api.md, so neither can say what the other doesn't. Names, units and meanings are as stable as those of metrics.
 */

import { progressRatio } from '../collectors/exports/active-families.ts';
import { activeStateOf, durationSeconds, endedAtSeconds, type Job } from '../collectors/exports/job.ts';
import { CONDITIONS } from './pages/conditions.ts';
import type { Budget, ProjectStatus } from './pages/projects.ts';
import type { TargetStatus } from './pages/status.ts';
import type { Overview } from './pages/status-page.ts';

/** A field is left out where its value is undefined: never or unknown. */
export interface Field<T> {
  readonly name: string;
  readonly type: string;
  readonly meaning: string;
  value(of: T): unknown;
}

export interface ApiFacts {
  readonly version: string;
  readonly nowSeconds: number;
}

export function targetsJson({ targets, projects }: Overview, { version, nowSeconds }: ApiFacts): string {
  return JSON.stringify({
    generated_timestamp_seconds: nowSeconds,
    exporter_version: version,
    targets: targets.map((status) => objectOf(TARGET_FIELDS, status)),
    projects: projects.map((project) => objectOf(PROJECT_FIELDS, project)),
  });
}

function objectOf<T>(fields: readonly Field<T>[], of: T): Readonly<Record<string, unknown>> {
  return Object.fromEntries(fields.map(({ name, value }) => [name, value(of)]));
}

export const JOB_FIELDS: readonly Field<Job>[] = [
  field('export_id', 'string', 'As Atlas calls it; empty where it gives no usable id.', ({ id }) => id),
  field(
    'state',
    'string',
    '`queued`, `in_progress`, `successful`, `failed`, `cancelled` or `unknown`.',
    (job) => job.state,
  ),
  field('created_timestamp_seconds', 'number', 'When it was created.', (job) => job.createdAtSeconds),
  field('finished_timestamp_seconds', 'number', 'When it ended, where Atlas says so.', (job) => job.finishedAtSeconds),
  field('duration_seconds', 'number', 'From creation to end, queueing included.', durationSeconds),
  field('collections', 'number', 'Collections in it; absent for sharded clusters.', (job) => job.collections?.total),
  field('collections_exported', 'number', 'Those exported so far.', (job) => job.collections?.exported),
  field(
    'progress_ratio',
    'number',
    'The one by the other, 0 to 1; absent while there is nothing to divide by.',
    (job) => (activeStateOf(job) ? progressRatio(job) : undefined),
  ),
  field('shards', 'number', 'Shards in it; absent for replica sets.', ({ shards }) => shards || undefined),
  field(
    'error_code',
    'string',
    'Of a failed one: Atlas’ code; `none` where it gives none, `other` for an odd one.',
    (job) => job.errorCode,
  ),
  field('snapshot_id', 'string', 'What was exported.', ({ snapshotId }) => snapshotId),
  field('export_bucket_id', 'string', 'Where to.', ({ exportBucketId }) => exportBucketId),
];

const jobObject = (job: Job): unknown => objectOf(JOB_FIELDS, job);

export const TARGET_FIELDS: readonly Field<TargetStatus>[] = [
  field('group_id', 'string', 'The project.', ({ state }) => state.target.groupId),
  field('cluster_name', 'string', 'The cluster.', ({ state }) => state.target.clusterName),
  field('project_name', 'string', 'Empty while unknown.', ({ state }) => state.target.projectName),
  field('credential', 'string', 'The name of the credential it is read with.', ({ state }) => state.target.credential),
  field(
    'discovered',
    'boolean',
    'Whether it was found, and not named in the config.',
    ({ state }) => state.target.discovered,
  ),
  field(
    'paused',
    'boolean',
    'Whether Atlas says that the cluster is paused; absent where clusters are not discovered.',
    ({ state }) => state.target.paused,
  ),
  field(
    'condition',
    'string',
    `What presses most: ${CONDITIONS.map((one) => `\`${one}\``).join(', ')}, in this order; see below.`,
    ({ condition }) => condition,
  ),
  field(
    'findings',
    'array',
    'All that is true of it, what presses most first: objects of `condition`, and where there is something to say `problem` and `advice`, for people.',
    ({ findings }) => findings,
  ),
  field(
    'last_success_timestamp_seconds',
    'number',
    'When the newest successful export ended; its creation where Atlas gives no end.',
    ({ lastSuccessAtSeconds }) => lastSuccessAtSeconds,
  ),
  field(
    'success_max_age_seconds',
    'number',
    'How old it may be, by the config or else by the backup schedule.',
    ({ successMaxAgeSeconds }) => successMaxAgeSeconds,
  ),
  field(
    'duration_max_seconds',
    'number',
    'How long an export may take, by the config.',
    ({ state }) => state.target.durationMaxSeconds,
  ),
  field(
    'typical_duration_seconds',
    'number',
    'Median duration of the newest 20 successes.',
    ({ state }) => state.exports.summary?.typicalDurationSeconds,
  ),
  field(
    'consecutive_failures',
    'number',
    'Failed exports since the newest success.',
    ({ state }) => state.exports.summary?.consecutiveFailures,
  ),
  field(
    'last_failure_timestamp_seconds',
    'number',
    'When the newest failed export ended; its creation where Atlas gives no end.',
    ({ state }) => lastFailureAtSeconds(state),
  ),
  field('jobs', 'object', 'Listed exports by state.', ({ state }) => state.exports.summary?.counts),
  field(
    'failed_jobs',
    'object',
    'Listed failed exports by error code.',
    ({ state: { exports } }) => exports.summary && Object.fromEntries(exports.summary.failedByCode),
  ),
  field(
    'active_jobs',
    'array',
    'Exports that are queued or running, the oldest first, at most `polling.max_active_jobs`; see below. Empty while the list is too old to tell.',
    ({ active }) => active.map(jobObject),
  ),
  field(
    'newest_jobs',
    'array',
    'The newest 30 exports as of the last good poll, the newest first; see below.',
    ({ state }) => (state.exports.summary?.newest ?? []).map(jobObject),
  ),
  field(
    'auto_export_enabled',
    'boolean',
    'Whether the backup schedule exports by itself; absent until it has been read.',
    ({ state }) => state.schedule.summary?.autoExportEnabled,
  ),
  field(
    'auto_export_frequency_type',
    'string',
    'How often, as Atlas writes it.',
    ({ state }) => state.schedule.summary?.export?.frequency,
  ),
  field('auto_export_bucket_id', 'string', 'Where to.', ({ state }) => state.schedule.summary?.export?.bucketId),
  field(
    'up',
    'boolean',
    'Whether the latest poll worked; absent before the first has ended.',
    ({ state: { exports } }) => exports.last && exports.last.failure === undefined,
  ),
  field(
    'poll_failure',
    'object',
    'Why the latest poll failed: `reason`, `problem`, `advice`, and where Atlas answered `status` and `error_code`.',
    ({ state }) => failureObject(state),
  ),
  field(
    'stale',
    'boolean',
    'Whether the last good poll is too long ago to speak of what is queued or running.',
    ({ state }) => state.exports.stale,
  ),
  field(
    'last_poll_timestamp_seconds',
    'number',
    'When the latest poll ended.',
    ({ state }) => state.exports.last?.endedAtSeconds,
  ),
  field(
    'last_poll_success_timestamp_seconds',
    'number',
    'When the latest good poll ended.',
    ({ state }) => state.exports.goodAtSeconds,
  ),
  field(
    'next_poll_timestamp_seconds',
    'number',
    'When the next one is due.',
    ({ state }) => state.exports.nextAtSeconds,
  ),
  field('poll_interval_seconds', 'number', 'The interval in force.', ({ state }) => state.exports.intervalSeconds),
];

export const BUDGET_FIELDS: readonly Field<Budget>[] = [
  field(
    'budget',
    'string',
    '`cloud_backups`, `clusters` or `projects`: Atlas limits them separately.',
    ({ name }) => name,
  ),
  field(
    'capacity_requests',
    'number',
    'What this exporter lets itself have at once.',
    (budget) => budget.capacityRequests,
  ),
  field(
    'remaining_requests',
    'number',
    'How much of that is left now; it fills up by and by.',
    (budget) => budget.remainingRequests,
  ),
  field('waiting_requests', 'number', 'Requests that wait for it.', (budget) => budget.waitingRequests),
  field('paused_seconds', 'number', 'For how long Atlas still wants no request.', (budget) => budget.pausedForSeconds),
  field(
    'rate_limit_requests',
    'number',
    'What Atlas grants all tools of the project together, as it last said.',
    ({ atlas }) => atlas?.limit,
  ),
  field('rate_limit_remaining_requests', 'number', 'What it said was left of that.', ({ atlas }) => atlas?.remaining),
];

export const PROJECT_FIELDS: readonly Field<ProjectStatus>[] = [
  field('group_id', 'string', 'The project.', ({ groupId }) => groupId),
  field('project_name', 'string', 'Empty while unknown.', ({ name }) => name),
  field('targets', 'number', 'Its clusters that are watched.', ({ targets }) => targets),
  field(
    'discovery_up',
    'boolean',
    'Whether the latest search for its clusters worked; absent where none has ended or clusters are named.',
    ({ search }) => (search?.tried ? search.failure === undefined : undefined),
  ),
  field('discovery_failure', 'object', 'Why it failed; as `poll_failure`.', ({ search }) => failureOf(search?.failure)),
  field(
    'last_discovery_success_timestamp_seconds',
    'number',
    'When its clusters were last found.',
    ({ search }) => search?.goodAtSeconds,
  ),
  field('budgets', 'array', 'What is left of its share of Atlas’ API; see below.', ({ budgets }) =>
    budgets.map((budget) => objectOf(BUDGET_FIELDS, budget)),
  ),
];

function field<T>(name: string, type: string, meaning: string, value: (of: T) => unknown): Field<T> {
  return { name, type, meaning, value };
}

function lastFailureAtSeconds({ exports: { summary } }: TargetStatus['state']): number | undefined {
  return summary?.lastFailure && endedAtSeconds(summary.lastFailure);
}

function failureObject({ exports }: TargetStatus['state']): unknown {
  return failureOf(exports.last?.failure);
}

type Failure = NonNullable<NonNullable<ProjectStatus['search']>['failure']>;

function failureOf(failure: Failure | undefined): unknown {
  if (failure === undefined) return undefined;
  const { reason, problem, advice, status, errorCode } = failure;
  return { reason, problem, advice, status, error_code: errorCode };
}
