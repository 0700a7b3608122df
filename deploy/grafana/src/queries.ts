/**
 * The PromQL of both dashboards. Series of a cluster are aggregated over the exporters, so that a rollout or a second replica shows
 * each cluster once.
 */

export const EXPORT = 'mongodbatlas_backup_export_';
export const EXPORTER = 'mongodbatlas_backup_exporter_';

/** The dashboards' variables as matchers. */
const HERE = 'group_id=~"$project", cluster_name=~"$cluster"';
const CLUSTER = 'group_id, cluster_name';

/** A metric of the chosen clusters. */
export function ofClusters(name: string, matchers = ''): string {
  return `${EXPORT}${name}{${[HERE, matchers].filter((text) => text !== '').join(', ')}}`;
}

/** One value for each cluster, and for each value of further labels. */
export function perCluster(name: string, { matchers = '', by = '' } = {}): string {
  return `max by (${[CLUSTER, by].filter((text) => text !== '').join(', ')}) (${ofClusters(name, matchers)})`;
}

/** The same for facts, which are absent between a restart and the first successful poll. */
export function lastKnown(name: string): string {
  return `max by (${CLUSTER}) (last_over_time(${ofClusters(name)}[1d]))`;
}

/** Only clusters that are still monitored: `lastKnown` contains a removed cluster for one more day. */
export function stillWatched(expr: string): string {
  return `(${expr}) and on (${CLUSTER}) ${ofClusters('target_info')}`;
}

/** Adds the project's name as a label. */
export function withProjectName(expr: string): string {
  const name = `topk by (${CLUSTER}) (1, max by (${CLUSTER}, project_name) (${ofClusters('target_info')}))`;
  return `(${expr}) * on (${CLUSTER}) group_left (project_name) ${name}`;
}

export function count(expr: string): string {
  return `count(${expr}) or vector(0)`;
}

export const successAge = `time() - ${lastKnown('destination_last_success_timestamp_seconds')}`;
export const overdue = stillWatched(`${successAge} > ${lastKnown('success_max_age_seconds')}`);
export const ageShare = stillWatched(`(${successAge}) / ${lastKnown('success_max_age_seconds')}`);
export const newestFailed = `${perCluster('destination_consecutive_failures')} >= 1`;
export const dataAge = `time() - ${lastKnown('destination_data_timestamp_seconds')}`;
const oldData = stillWatched(
  `(${dataAge} > 2 * ${lastKnown('success_max_age_seconds')}) unless (${successAge} > ${lastKnown('success_max_age_seconds')})`,
);
const neverExports = `${perCluster('auto_export_has_policy_item')} == 0`;
export const unreadable = `${perCluster('up')} == 0`;
export const neverSucceeded = `${perCluster('destination_consecutive_failures')} unless on (${CLUSTER}) ${ofClusters('destination_last_success_timestamp_seconds')}`;
export const unwatched = `${perCluster('target_info')} unless on (${CLUSTER}) ${lastKnown('success_max_age_seconds')}`;
export const queuedSince = `time() - ${perCluster('oldest_active_created_timestamp_seconds', { matchers: 'state="queued"' })}`;

/**
 * The problems that need attention, one row for each cluster and problem. The value is the age of the last success in seconds, or -1
 * if there is none.
 */
export const attention = withProjectName(
  [
    problem('overdue', overdue),
    problem('newest export failed', newestFailed),
    problem('cannot be read', unreadable),
    problem('no successful export', neverSucceeded),
    problem('old data', oldData),
    problem('never exports', neverExports),
    problem('no limit known', unwatched),
    problem('queued for over 2 h', `${queuedSince} > 2 * 3600`),
  ].join('\nor '),
);

function problem(text: string, expr: string): string {
  const age = `((${successAge}) and on (${CLUSTER}) (${expr})) or ((${expr}) * 0 - 1)`;
  return `label_replace(${age}, "problem", "${text}", "", "")`;
}
