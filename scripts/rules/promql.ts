/** Short forms for the PromQL of the rules. Every name of a metric or record stands in full in the generated files. */

export interface Rule {
  readonly record?: string;
  readonly alert?: string;
  /** Printed above the rule. */
  readonly comment?: string;
  readonly expr: string;
  readonly for?: string;
  readonly keep_firing_for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export const EXPORT = 'mongodbatlas_backup_export_';
export const EXPORTER = 'mongodbatlas_backup_exporter_';
export const CLUSTER = '(group_id, cluster_name)';

/** A recorded series with one value for each cluster. */
export const cluster = (name: string) => `cluster:${EXPORT}${name}:max`;

/** A threshold of the settings group. */
export const limit = (name: string) => `scalar(threshold:${EXPORT}${name})`;

/** Of several exporters that watch one cluster, those with older data do not count. */
export const facts = (name: string) =>
  `${EXPORT}${name} unless on (group_id, cluster_name, job, instance) instance_cluster:${EXPORT}outdated:max`;

/** The owner of each watched cluster: exactly one series for each, so that no join fails and none loses a cluster. */
export const OWNER = `cluster:${EXPORT}owner:group`;

export const HEARTBEAT = 'global:mongodbatlas_backup_export_evaluated:bool';

/**
 * The value of a record at the previous evaluation. After a time without any evaluation, for example while Prometheus was
 * down, its last value within two hours.
 */
export const previous = (record: string) => `(${record} or last_over_time(${record}[2h]) unless on () ${HEARTBEAT})`;

/** What the exporters say now. */
export const now = (name: string, aggregate: 'max' | 'min' = 'max') => `${aggregate} by ${CLUSTER} (${facts(name)})`;
export const plain = (name: string) => `max by ${CLUSTER} (${EXPORT}${name})`;

/** What the exporters say now, or else the last value for clusters of which they cannot know it yet. */
export const remembered = (record: string, current: string, unknown: string, last = previous(record)) => `
      ${current}
      or
      (${last} and ${unknown})`;

/** The series of an alert on clusters, each with the label `owner` if its cluster has one. */
export const owned = (expr: string) => `
  (
    ${dedent(expr).replaceAll('\n', '\n    ')}
  )
  * on ${CLUSTER} group_left (owner)
  ${OWNER}`;

/** Removes the indentation that all lines share. */
export function dedent(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const indent = Math.min(...lines.map((line) => line.length - line.trimStart().length));
  return lines.map((line) => line.slice(indent).trimEnd()).join('\n');
}
