/**
 * The PromQL of both dashboards. Alerts are counted from ALERTS, so a dashboard and the pager always agree. Series of a cluster are
 * aggregated over the exporters, so that a rollout or a second replica shows each cluster once.
 */

export const EXPORT = 'mongodbatlas_backup_export_';
export const EXPORTER = 'mongodbatlas_backup_exporter_';
export const CLUSTER = 'group_id, cluster_name';
/** The names of alerts on clusters and projects: a regular expression. */
export const OF_CLUSTERS = 'AtlasBackupExport[A-Z].*';
/** The legend of a query that `named` has given the name of the project. */
export const NAME = '{{project_name}} / {{cluster_name}}';

/** The dashboards' variables as matchers. What the rules record of clusters has no job, so projects stand for the job there. */
const CHOSEN = 'group_id=~"$project", cluster_name=~"$cluster"';

/** A metric of the chosen clusters. */
export function ofClusters(name: string, ...matchers: readonly string[]): string {
  return `${EXPORT}${name}{${['job=~"$job"', CHOSEN, ...matchers].join(', ')}}`;
}

/** One value for each cluster, and for each value of further labels. */
export function perCluster(name: string, { matchers = [], by = [] }: Narrowing = {}): string {
  return `max by (${[CLUSTER, ...by].join(', ')}) (${ofClusters(name, ...matchers)})`;
}

interface Narrowing {
  readonly matchers?: readonly string[];
  readonly by?: readonly string[];
}

/** What the rules recorded of each chosen cluster. */
export function recorded(name: string): string {
  return `cluster:${EXPORT}${name}:max{${CHOSEN}}`;
}

/** The same for facts, which are absent between a restart and the first successful poll. */
export function lastRecorded(name: string): string {
  return `last_over_time(${recorded(name)}[1d])`;
}

/** The firing alerts of the chosen clusters with these names, each once; the names are a regular expression. */
export function firing(alerts: string): string {
  return `max by (${CLUSTER}, alertname, severity) (ALERTS{alertname=~"${alerts}", alertstate="firing", ${CHOSEN}})`;
}

/**
 * The number of clusters with such an alert. It is 0 only if Prometheus scrapes the exporter and evaluates the rules. Otherwise there
 * is no answer.
 */
export function countFiring(alerts: string): string {
  const seen = `${recorded('target_info')} and on (${CLUSTER}) ${ofClusters('target_info')}`;
  return `count(group by (${CLUSTER}) (${firing(alerts)})) or 0 * count(${seen})`;
}

/** Adds the project's newest name as a label, or else the project's id. */
export function named(expr: string): string {
  const known = `last_over_time(${EXPORT}target_info{group_id=~"$project", project_name!=""}[1h] @ end())`;
  const names = `topk by (group_id) (1, max by (group_id, project_name) (${known}))`;
  return `(${expr}) * on (group_id) group_left (project_name) ${names}
or ignoring (project_name) label_replace(${expr}, "project_name", "$1", "group_id", "(.+)")`;
}

/** As many series as `count`, those that are greatest at the end of the time range. `topk` alone chooses others at each step. */
export function greatest(count: number, expr: string, labels = CLUSTER): string {
  return `(${expr}) and on (${labels}) topk(${count}, ${atTheEnd(expr)})`;
}

/** A series that ended less than an hour ago counts, too: a chart keeps its lines for some time after the exporter has stopped. */
function atTheEnd(expr: string): string {
  return expr.replace(/([\w:]+\{[^}]*\})(\[[^\]]*\])?/g, (_, selector: string, range?: string) =>
    range === undefined ? `last_over_time(${selector}[1h] @ end())` : `${selector}${range} @ end()`,
  );
}

export const successAge = recorded('success_age_seconds');
export const dataAge = `time() - ${lastRecorded('destination_data_timestamp_seconds')}
and on (${CLUSTER}) ${recorded('target_info')}`;
export const ageShare = `${successAge} / ${lastRecorded('success_max_age_seconds')}
unless on (${CLUSTER}) ${recorded('cluster_paused')} == 1`;

/**
 * The number of clusters whose polls have failed for as long as the alerts on polls wait. These alerts cannot be counted: one of them can
 * be for all clusters of a project.
 */
export const cannotBeRead = `count(max_over_time((${perCluster('up')})[15m:1m]) == 0 and on (${CLUSTER}) ${ofClusters('up')})
or 0 * count(${perCluster('up')})`;

/**
 * All firing alerts, those of an exporter or a credential included. The value is the age of the cluster's last success in seconds, or
 * else -1.
 */
export const attention = [
  named(`${firing(OF_CLUSTERS)} * on (${CLUSTER}) group_left () ${successAge} or -1 * ${firing(OF_CLUSTERS)}`),
  '-1 * max by (alertname, severity) (ALERTS{alertname=~"AtlasBackupExport.*", alertstate="firing", group_id="", job=~"$job|"})',
].join('\nor ');
