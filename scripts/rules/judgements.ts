/** The recorded conditions of alerts, so that dashboards count what the alerts count, and series for people. */

import {
  ACTIVE,
  CHANGED,
  FAILURES,
  MAX_AGE,
  NO_SUCCESS_SINCE,
  PAUSED,
  POLICY_SINCE,
  SUCCESS,
  UNEXPORTED,
} from './facts.ts';
import { CLUSTER, cluster, EXPORT, EXPORTER, HEARTBEAT, limit, plain, previous, type Rule } from './promql.ts';
import { CLUSTERS, DOWN, KNOWN, UNNAMED } from './watched.ts';

const DOWN_COUNT = `installation:${EXPORT}down_clusters:count`;
const UNANSWERED_COUNT = `installation:${EXPORT}unanswered_clusters:count`;
const UNREACHABLE_NOW = `installation:${EXPORTER}atlas_unreachable:bool`;
export const UNREACHABLE = `installation:${EXPORTER}atlas_unreachable:ratio`;
export const DENIED = `cluster_credential:${EXPORT}access_denied:max`;
export const WORKS = `credential:${EXPORT}works_elsewhere:group`;
const DISCOVERY_DENIED = `${EXPORT}discovery_failing{reason=~"unauthorized|forbidden"}`;
export const UNLISTED = `project:${EXPORT}unlisted:max`;
export const UNLISTED_PROJECTS = `credential:${EXPORT}unlisted_projects:max`;
export const NOT_STARTED = cluster('not_started_seconds');
export const NEW_POLICY = cluster('new_policy');
const SUCCESS_AGE = cluster('success_age_seconds');
export const LATE = cluster('late_success_seconds');
const NO_SUCCESS_LATE = cluster('late_first_success_seconds');

/** The conditions of Overdue and NoSuccessListed as series, so that dashboards count what the alerts count. */
export function judgements(): readonly Rule[] {
  const judged = (late: string, maxAge: string) => `
        ${late}
        unless (${late} <= ${limit('active_excuse_ratio')} * ${maxAge} and ${ACTIVE} unless ${FAILURES})
        unless ${NEW_POLICY}`;
  const noSuccessMaxAge = `clamp_min(${MAX_AGE}, ${limit('no_success_min_seconds')})`;
  return [
    {
      record: NEW_POLICY,
      comment:
        'Clusters whose backup schedule changed less than one maximum age ago. Paused clusters, too: their schedule counts as changed now.',
      expr: `${CHANGED} > time() - ${MAX_AGE}`,
    },
    {
      record: NOT_STARTED,
      comment:
        'The age of a snapshot whose export should have started. Either the destination has an older success, or the rules saw the export ' +
        'policy before the snapshot was taken. The exports were read after the snapshot was taken.',
      expr: `
        (
          time() - (
            (${UNEXPORTED} > ${SUCCESS} or ${UNEXPORTED} > max by ${CLUSTER} (${POLICY_SINCE}))
            < ${cluster('last_poll_success_timestamp_seconds')}
          )
        ) > ${limit('not_started_seconds')}
        unless ${PAUSED}`,
    },
    { record: SUCCESS_AGE, comment: 'For people and dashboards.', expr: `time() - ${SUCCESS}` },
    { record: LATE, comment: 'The age of the last success where it is too old.', expr: `${SUCCESS_AGE} > ${MAX_AGE}` },
    {
      record: cluster('overdue_seconds'),
      comment:
        'The same, without clusters for which Overdue must wait. A running export delays it only up to active_excuse_ratio, and only if the ' +
        'export before it has not failed.',
      expr: judged(LATE, MAX_AGE),
    },
    {
      record: NO_SUCCESS_LATE,
      comment: 'For how long Atlas has listed no success, where that is too long.',
      expr: `(time() - ${NO_SUCCESS_SINCE}) > ${noSuccessMaxAge}`,
    },
    {
      record: cluster('no_success_seconds'),
      comment: 'The same, without clusters for which NoSuccessListed must wait.',
      expr: judged(NO_SUCCESS_LATE, noSuccessMaxAge),
    },
  ];
}

export function reachability(installation: string): readonly Rule[] {
  const failing = (selector: string) => `
        count by (${installation}) (
          group by (${installation}, group_id, cluster_name) (${EXPORT}poll_failing${selector} and on ${CLUSTER} ${DOWN})
        )`;
  return [
    {
      record: DOWN_COUNT,
      expr: failing(''),
    },
    {
      record: UNANSWERED_COUNT,
      expr: failing('{reason=~"server_error|timeout|network"}'),
    },
    {
      record: UNREACHABLE_NOW,
      comment:
        '1 if an installation cannot reach Atlas. Either the exporter reports this and another installation does not read all of its ' +
        'clusters, or most of its clusters get no answer.',
      expr: `
        (
          min by (${installation}) (${EXPORTER}atlas_reachable) == 0
          unless (${CLUSTERS} > 0 unless (${DOWN_COUNT} or count by (${installation}) (${UNNAMED})))
          or
          (${UNANSWERED_COUNT} >= ${limit('unreachable_min_targets')} and ${UNANSWERED_COUNT} / ${CLUSTERS} > ${limit('unreachable_ratio')})
        ) * 0 + 1
        or
        count by (${installation}) (${EXPORTER}build_info) * 0`,
    },
    { record: UNREACHABLE, expr: `avg_over_time(${UNREACHABLE_NOW}[10m])` },
    {
      record: cluster('atlas_unreachable'),
      comment:
        'Clusters that are not read because their installation cannot reach Atlas. One alert for the installation is enough.',
      expr: `group by ${CLUSTER} (${EXPORT}poll_failing and on (${installation}) ${UNREACHABLE} >= ${limit('unreachable_ratio')})`,
    },
    {
      record: DENIED,
      comment:
        'Clusters that no exporter may read. After a restart these include clusters that the exporter may not list and therefore does not name.',
      expr: `
        (
          group by (group_id, cluster_name, credential) (
            ${EXPORT}target_info and on ${CLUSTER} ${EXPORT}poll_failing{reason=~"unauthorized|forbidden"}
          )
          and on ${CLUSTER} ${DOWN}
        )
        or
        (${previous(DENIED)} and on ${CLUSTER} ${KNOWN} unless on ${CLUSTER} ${EXPORT}up)
        or
        (
          group by ${CLUSTER} (${UNNAMED})
          * on (group_id) group_left (credential)
          topk by (group_id) (1, ${DISCOVERY_DENIED})
        ) unless on ${CLUSTER} ${EXPORT}up`,
    },
    {
      record: WORKS,
      comment:
        'Credentials that may not read some clusters but can read others. The record stays while their exporter is down.',
      expr: `
        group by (credential) (
          ${EXPORT}target_info and on (credential) ${DENIED} unless on (group_id, cluster_name, credential) ${DENIED}
        )
        or
        (${previous(WORKS)} and on (credential) ${DENIED} unless on (credential) ${EXPORT}target_info)`,
    },
    {
      record: UNLISTED,
      comment: 'Projects whose clusters cannot be listed, if no other alert gives the cause.',
      expr: `
        max by (group_id) (${EXPORT}discovery_up) == 0
        and on (group_id) (
          ${EXPORT}discovery_up == 0
          unless on (${installation}) ${UNREACHABLE} >= ${limit('unreachable_ratio')}
        )
        unless on (group_id) ${DENIED}
        unless on (group_id) ${EXPORT}poll_failing{reason="rate_limited"}
        unless on (group_id) (${DISCOVERY_DENIED} and on (credential) ${DENIED} unless on (credential) ${WORKS})`,
    },
    {
      record: UNLISTED_PROJECTS,
      comment: 'Credentials whose projects cannot be listed, if no other alert gives the cause.',
      expr: `
        max by (credential) (${EXPORT}projects_discovery_up) == 0
        and on (credential) (
          ${EXPORT}projects_discovery_up == 0
          unless on (${installation}) ${UNREACHABLE} >= ${limit('unreachable_ratio')}
        )
        unless on (credential) ${DENIED}`,
    },
  ];
}

export function forPeople(): readonly Rule[] {
  const job = '(group_id, cluster_name, export_id)';
  return [
    {
      record: `cluster:${EXPORT}active_progress:ratio`,
      comment: 'For people and dashboards.',
      expr: `
        clamp_max(
          ${plain('active_collections_exported')}
          /
          (${plain('active_collections')} > 0),
          1
        )`,
    },
    {
      record: `export:${EXPORT}active_job_progress_ratio:max`,
      expr: `max by ${job} (${EXPORT}active_job_progress_ratio)`,
    },
    {
      record: `export:${EXPORT}active_job_eta_timestamp_seconds:max`,
      comment:
        'When the export should end: its creation plus the usual duration. In the past if the export takes longer than usual.',
      expr: `
        max by ${job} (${EXPORT}active_job_created_timestamp_seconds)
        + on ${CLUSTER} group_left ()
        ${plain('typical_duration_seconds')}`,
    },
    {
      record: `project:${EXPORTER}api_budget_used:ratio`,
      comment: 'The used share of the project’s API quota, by all of its clients.',
      expr: `
        1 -
        min by (group_id, budget) (${EXPORTER}api_rate_limit_remaining_requests)
        /
        (max by (group_id, budget) (${EXPORTER}api_rate_limit_requests) > 0)`,
    },
    {
      record: HEARTBEAT,
      comment:
        'The last rule. If it has no value at the previous evaluation, there was a pause, and the rules above read their older values.',
      expr: 'vector(1)',
    },
  ];
}
