/**
 * The JSON of /api/v1: what the pages show, field by field. The lists of fields make the JSON and docs/api.md, so they cannot
 * differ. Names, units and meanings are as stable as those of the metrics.
 */
import type { Collectors, Field, Polled, TargetState } from '../collectors/collector.ts';
import { CONDITIONS } from '../collectors/conditions.ts';
import { failureObject, objectOf } from '../collectors/exports/fields.ts';
import type { Budget, ProjectStatus } from './pages/projects.ts';
import type { TargetStatus } from './pages/status.ts';
import type { Overview } from './pages/status-page.ts';

export interface ApiFacts {
  readonly version: string;
  readonly nowSeconds: number;
  readonly collectors: Collectors;
}

export function targetsJson({ targets, projects }: Overview, { version, nowSeconds, collectors }: ApiFacts): string {
  const fields = collectors.flatMap(({ fields: own = [] }) => own);
  return JSON.stringify({
    generated_timestamp_seconds: nowSeconds,
    exporter_version: version,
    targets: targets.map((status) => ({
      ...objectOf(TARGET_FIELDS, status),
      ...objectOf(fields, status.state),
      reads: Object.fromEntries(collectors.flatMap(({ name }) => readObject(status, name))),
    })),
    projects: projects.map((project) => objectOf(PROJECT_FIELDS, project)),
  });
}

function readObject({ state, nextPollAtSeconds }: TargetStatus, name: string): readonly (readonly [string, unknown])[] {
  const record = state.polled[name];
  if (record === undefined) return [];
  return [[name, objectOf(READ_FIELDS, { record, nextPollAtSeconds: nextPollAtSeconds(name) })]];
}

/** The fields of a target that belong to no collector; those of the collectors follow. */
export const TARGET_FIELDS: readonly Field<TargetStatus>[] = [
  ofTarget('group_id', 'string', 'The project.', ({ groupId }) => groupId),
  ofTarget('cluster_name', 'string', 'The cluster.', ({ clusterName }) => clusterName),
  ofTarget('project_name', 'string', 'Empty while unknown.', ({ projectName }) => projectName),
  ofTarget('credential', 'string', 'The name of the credential it is read with.', ({ credential }) => credential),
  ofTarget(
    'discovered',
    'boolean',
    'True if a discovery found it, false if the config names it.',
    ({ discovered }) => discovered,
  ),
  ofTarget(
    'paused',
    'boolean',
    'True if Atlas says that the cluster is paused; absent where clusters are not discovered.',
    ({ paused }) => paused,
  ),
  field(
    'condition',
    'string',
    `The most urgent condition: ${CONDITIONS.map((one) => `\`${one}\``).join(', ')}, in this order; see below.`,
    ({ condition }) => condition,
  ),
  field(
    'findings',
    'array',
    'All its conditions, the most urgent first: objects of `condition`, and for people `problem` and `advice` where there is something to say.',
    ({ findings }) => findings,
  ),
  field(
    'success_max_age_seconds',
    'number',
    'Maximum age of the last success, from the config or else from the backup schedule.',
    ({ successMaxAgeSeconds }) => successMaxAgeSeconds,
  ),
  ofTarget(
    'duration_max_seconds',
    'number',
    'Maximum duration of an export, from the config.',
    ({ durationMaxSeconds }) => durationMaxSeconds,
  ),
  field('next_poll_timestamp_seconds', 'number', 'When the next poll of the export jobs is due.', (status) =>
    status.nextPollAtSeconds('exports'),
  ),
];

interface ReadRecord {
  readonly record: Polled<unknown>;
  readonly nextPollAtSeconds: number | undefined;
}

/** The record of one collector's polls, below `reads`. */
export const READ_FIELDS: readonly Field<ReadRecord>[] = [
  field(
    'up',
    'boolean',
    'True if the latest poll succeeded; absent before the first poll has ended.',
    ({ record: { last } }) => last && last.failure === undefined,
  ),
  field('failure', 'object', 'Why the latest poll failed; as `poll_failure`.', ({ record }) =>
    failureObject(record.last?.failure),
  ),
  field('stale', 'boolean', 'True if the last good poll is too old.', ({ record }) => record.stale),
  field(
    'last_poll_timestamp_seconds',
    'number',
    'When the latest poll ended.',
    ({ record }) => record.last?.endedAtSeconds,
  ),
  field(
    'last_poll_success_timestamp_seconds',
    'number',
    'When the latest good poll ended.',
    ({ record }) => record.goodAtSeconds,
  ),
  field(
    'next_poll_timestamp_seconds',
    'number',
    'When the next poll is due; absent while it runs.',
    ({ nextPollAtSeconds }) => nextPollAtSeconds,
  ),
  field('poll_interval_seconds', 'number', 'The interval in force.', ({ record }) => record.intervalSeconds),
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
    'Requests that this exporter allows itself at once.',
    (budget) => budget.capacityRequests,
  ),
  field(
    'remaining_requests',
    'number',
    'How many of them are left now; the number grows again with time.',
    (budget) => budget.remainingRequests,
  ),
  field('waiting_requests', 'number', 'Requests that wait.', (budget) => budget.waitingRequests),
  field('paused_seconds', 'number', 'Seconds until Atlas accepts requests again.', (budget) => budget.pausedForSeconds),
  field(
    'rate_limit_requests',
    'number',
    'Requests that Atlas grants all tools of the project together, as Atlas last said.',
    ({ atlas }) => atlas?.limit,
  ),
  field(
    'rate_limit_remaining_requests',
    'number',
    'Requests of them that are left, as Atlas last said.',
    ({ atlas }) => atlas?.remaining,
  ),
];

export const PROJECT_FIELDS: readonly Field<ProjectStatus>[] = [
  field('group_id', 'string', 'The project.', ({ groupId }) => groupId),
  field('project_name', 'string', 'Empty while unknown.', ({ name }) => name),
  field('targets', 'number', 'Watched clusters of the project.', ({ targets }) => targets),
  field(
    'discovery_up',
    'boolean',
    'True if the latest discovery of its clusters succeeded; absent before the first has ended, or if the config names the clusters.',
    ({ search }) => (search?.tried ? search.failure === undefined : undefined),
  ),
  field('discovery_failure', 'object', 'Why it failed; as `poll_failure`.', ({ search }) =>
    failureObject(search?.failure),
  ),
  field(
    'last_discovery_success_timestamp_seconds',
    'number',
    'When its clusters were last discovered.',
    ({ search }) => search?.goodAtSeconds,
  ),
  field('budgets', 'array', 'What is left of the project’s API budget; see below.', ({ budgets }) =>
    budgets.map((budget) => objectOf(BUDGET_FIELDS, budget)),
  ),
];

function ofTarget(
  name: string,
  type: string,
  meaning: string,
  value: (target: TargetState['target']) => unknown,
): Field<TargetStatus> {
  return field(name, type, meaning, ({ state }) => value(state.target));
}

function field<T>(name: string, type: string, meaning: string, value: (of: T) => unknown): Field<T> {
  return { name, type, meaning, value };
}
