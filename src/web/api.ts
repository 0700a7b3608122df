/** The JSON of /api/v1. The lists of fields make it and docs/api.md. Names and meanings are as stable as in metrics. */
import type { BudgetLevel } from '../atlas/admission/admission.ts';
import type { Outage } from '../atlas/observer.ts';
import type { Collectors, Field, Target } from '../collectors/collector.ts';
import { CONDITIONS } from '../collectors/conditions.ts';
import { failureObject, field, fieldsOfPart, objectOf, recordFields } from '../collectors/families.ts';
import type { Checked } from '../support/checked.ts';
import {
  createMatcher,
  type Filter,
  type Overview,
  type ProjectStatus,
  type ReadStatus,
  type TargetStatus,
} from './pages/status.ts';

/** The parameters that filter targets, and their meaning for the docs. Each may be given once. */
export const PARAMETERS: Readonly<Record<string, string>> = {
  condition: 'Targets with this condition among their findings.',
  group_id: 'Targets of the project with this ID.',
  owner: 'Targets with this owner.',
};

/** A parameter without a value does not filter. */
export function parseTargetQuery(query: URLSearchParams): Checked<Filter> {
  const names = [...query.keys()];
  if (names.some((name) => !Object.hasOwn(PARAMETERS, name))) {
    return { problem: `unknown parameter; allowed are ${Object.keys(PARAMETERS).join(', ')}` };
  }
  if (new Set(names).size < names.length) return { problem: 'a parameter is given twice' };
  const wanted = query.get('condition') || undefined;
  const condition = CONDITIONS.find((one) => one === wanted);
  if (wanted !== condition) return { problem: `unknown condition; the conditions are ${CONDITIONS.join(', ')}` };
  const [groupId, owner] = [query.get('group_id') || undefined, query.get('owner') || undefined];
  return { value: { text: '', condition, groupId, owner } };
}

export function targetsJson(
  { outage, targets, projects }: Overview,
  { version, nowSeconds, collectors }: { version: string; nowSeconds: number; collectors: Collectors },
  filter: Filter = { text: '' },
): string {
  const { condition, groupId, owner } = filter;
  const shown = targets.filter(createMatcher(filter));
  const isFiltered = condition !== undefined || owner !== undefined;
  const shownGroups = new Set(shown.map(({ state }) => state.target.groupId));
  // A project without clusters belongs to the answer unless a filter on clusters is given.
  const shownProjects = projects.filter((project) =>
    isFiltered ? shownGroups.has(project.groupId) : (groupId ?? project.groupId) === project.groupId,
  );
  return JSON.stringify({
    generated_timestamp_seconds: nowSeconds,
    exporter_version: version,
    outage: outage && objectOf(OUTAGE_FIELDS, outage),
    targets: shown.map((status) => targetObject(status, collectors)),
    projects: shownProjects.map((project) => objectOf(PROJECT_FIELDS, project)),
  });
}

export function targetObject(status: TargetStatus, collectors: Collectors): object {
  const ownFields = collectors.flatMap(({ fields = [] }) => fields);
  return {
    ...objectOf(TARGET_FIELDS, status),
    ...objectOf(ownFields, status.state),
    reads: Object.fromEntries(status.reads.map((read) => [read.collector.name, objectOf(READ_FIELDS, read)])),
  };
}

export const OUTAGE_FIELDS: readonly Field<Outage>[] = [
  field('since_timestamp_seconds', 'number', 'When the first request got no answer.', (outage) => outage.sinceSeconds),
  field('reason', 'string', '`network` or `timeout`.', ({ reason }) => reason),
  field('problem', 'string', 'The failure of the latest request, for people.', ({ problem }) => problem),
  field('advice', 'string', 'What to do, for people.', ({ advice }) => advice),
];

/** The fields of a target that do not belong to a collector. The fields of the collectors come after them. */
export const TARGET_FIELDS: readonly Field<TargetStatus>[] = [
  ...fieldsOfPart<TargetStatus, Target>(
    [
      field('group_id', 'string', 'ID of the project.', ({ groupId }) => groupId),
      field('cluster_name', 'string', 'Name of the cluster.', ({ clusterName }) => clusterName),
      field('project_name', 'string', 'Name of the project; empty while unknown.', ({ projectName }) => projectName),
      field('credential', 'string', 'Name of the credential that reads it.', ({ credential }) => credential),
      field('owner', 'string', 'Who is told about it, from the config; absent if not set.', ({ owner }) => owner),
      field('discovered', 'boolean', 'True if a discovery found it.', ({ discovered }) => discovered),
      field('paused', 'boolean', 'True if it is paused; only for discovered clusters.', ({ paused }) => paused),
      field(
        'duration_max_seconds',
        'number',
        'Maximum duration of an export, from the config.',
        (target) => target.durationMaxSeconds,
      ),
    ],
    ({ state }) => state.target,
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
    'All its conditions, the most urgent first: objects with `condition`, and if there is a problem, with `problem` and `advice` for people, and with `alert`, the alert whose runbook helps.',
    ({ findings }) => findings,
  ),
  field(
    'success_max_age_seconds',
    'number',
    'Maximum age of the last success, from the config or else from the backup schedule.',
    ({ successMaxAgeSeconds }) => successMaxAgeSeconds,
  ),
  field(
    'next_poll_timestamp_seconds',
    'number',
    'When the next poll of the export jobs is due; absent while it runs.',
    ({ reads: [first] }) => first?.nextPollAtSeconds,
  ),
];

/** The record of the polls of one collector, in `reads`. */
export const READ_FIELDS: readonly Field<ReadStatus>[] = [
  ...fieldsOfPart(recordFields('failure'), ({ record }: ReadStatus) => record),
  field(
    'next_poll_timestamp_seconds',
    'number',
    'When it is due; absent while it runs.',
    (read) => read.nextPollAtSeconds,
  ),
];

export const BUDGET_FIELDS: readonly Field<BudgetLevel>[] = [
  field('budget', 'string', '`cloud_backups`, `clusters` or `projects`: each has a rate limit.', ({ name }) => name),
  field('capacity_requests', 'number', 'Requests that may be sent at once.', (budget) => budget.capacityRequests),
  field('remaining_requests', 'number', 'How many of them are left now.', (budget) => budget.remainingRequests),
  field('waiting_requests', 'number', 'Requests that wait.', (budget) => budget.waitingRequests),
  field('paused_seconds', 'number', 'Seconds until Atlas accepts requests again.', (budget) => budget.pausedForSeconds),
  field('rate_limit_requests', 'number', 'API quota of all clients of the project.', ({ atlas }) => atlas?.limit),
  field('rate_limit_remaining_requests', 'number', 'How much of it was left.', ({ atlas }) => atlas?.remaining),
];

export const PROJECT_FIELDS: readonly Field<ProjectStatus>[] = [
  field('group_id', 'string', 'ID of the project.', ({ groupId }) => groupId),
  field('project_name', 'string', 'Name of the project; empty while unknown.', ({ name }) => name),
  field('targets', 'number', 'Number of its monitored clusters.', ({ targets }) => targets),
  field(
    'discovery_up',
    'boolean',
    'True if the latest discovery of its clusters succeeded; absent before the first has ended, and without discovery.',
    ({ discovery }) => (discovery?.tried ? discovery.up : undefined),
  ),
  field('discovery_failure', 'object', 'Why it failed; the same fields as `poll_failure`.', ({ discovery }) =>
    failureObject(discovery?.failure),
  ),
  field(
    'last_discovery_success_timestamp_seconds',
    'number',
    'When its clusters were last discovered.',
    ({ discovery }) => discovery?.goodAtSeconds,
  ),
  field('budgets', 'array', 'The API budgets of the project; see below.', ({ budgets }) =>
    budgets.map((budget) => objectOf(BUDGET_FIELDS, budget)),
  ),
];
