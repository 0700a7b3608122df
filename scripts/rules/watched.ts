/** The recorded series that say who watches which clusters. */
import {
  CLUSTER,
  cluster,
  EXPORT,
  EXPORTER,
  facts,
  HEARTBEAT,
  limit,
  OWNER,
  plain,
  previous,
  type Rule,
} from './promql.ts';

const SHARD = `installation_shard:${EXPORTER}shard_index:present`;
const SEEN = `installation:${EXPORTER}seen_timestamp_seconds:max`;
export const SHARD_COUNT = `installation:${EXPORTER}shard_count:max`;
export const MISSING = `installation:${EXPORTER}missing_shards:max`;
export const UNNAMED = `installation_cluster:${EXPORT}unnamed_timestamp_seconds:max`;
export const WATCHED = `installation_cluster:${EXPORT}watched_timestamp_seconds:max`;
export const LOST = `installation_cluster:${EXPORT}lost_timestamp_seconds:max`;
export const UNREAD_COUNT = `installation:${EXPORT}unread_clusters:count`;
export const CLUSTERS = `installation:${EXPORT}clusters:count`;
const CLUSTERS_BEFORE = `installation:${EXPORT}clusters_before:count`;
export const DROP_FROM = `installation:${EXPORT}clusters_before_drop:max`;
const DROP_AT = `installation:${EXPORT}clusters_dropped_timestamp_seconds:max`;
const PROJECT_NOW = `project:${EXPORT}project_now:max`;
const OWNER_NOW = `cluster:${EXPORT}owner_now:group`;
const PROJECT = `project:${EXPORT}project_info:max`;
export const KNOWN = cluster('target_info');
export const DOWN = cluster('down');
export const UNPOLLED = cluster('unpolled');

export function installationRecords(installation: string): readonly Rule[] {
  return [
    {
      record: SHARD,
      comment: `These labels distinguish installations: ${installation}. The exporters of one installation are shards of one config, or copies.`,
      expr: `count_values by (${installation}) ("shard_index", ${EXPORTER}shard_index)`,
    },
    {
      record: SEEN,
      expr: `
        group by (${installation}) (${EXPORTER}build_info) * time()
        or
        last_over_time(${SEEN}[2h]) > time() - ${limit('retired_seconds')}`,
    },
    {
      record: SHARD_COUNT,
      expr: `
        (
          max by (${installation}) (${EXPORTER}shard_count)
          or
          last_over_time(${SHARD_COUNT}[2h])
        )
        and on (${installation}) ${SEEN}`,
    },
    {
      record: MISSING,
      comment:
        'Number of shards that were not up for most of the last ten minutes. So an exporter that restarts again and again is missing, too. ' +
        'The rule compares with the number of evaluations, so a slow Prometheus causes no missing shard.',
      expr: `
        ${SHARD_COUNT}
        - (
          count by (${installation}) (
            count_over_time(${SHARD}[10m])
            > scalar(count_over_time(${HEARTBEAT}[10m])) * ${limit('down_ratio')}
          )
          or ${SHARD_COUNT} * 0
        )`,
    },
    {
      record: UNNAMED,
      comment: 'Clusters that an installation watched and that none of its running exporters names now.',
      expr: `${previous(WATCHED)} unless on (${installation}, group_id, cluster_name) ${EXPORT}target_info`,
    },
    {
      record: WATCHED,
      comment:
        'When an installation last named a cluster as watched. It counts as named while a shard is missing, and while the clusters of ' +
        'its project or the projects of a credential cannot be listed. So a series ends only when its cluster was removed on purpose.',
      expr: `
        group by (${installation}, group_id, cluster_name) (${EXPORT}target_info) * time()
        or
        (${UNNAMED} and on (${installation}) ${MISSING} > 0) * 0 + time()
        or
        (${UNNAMED} and on (${installation}, group_id) ${EXPORT}discovery_up == 0) * 0 + time()
        or
        (${UNNAMED} and on (${installation}) ${EXPORT}projects_discovery_up == 0) * 0 + time()
        or
        ${UNNAMED} > time() - ${limit('removed_seconds')}`,
    },
    { record: KNOWN, comment: 'The clusters that are watched.', expr: `group by ${CLUSTER} (${WATCHED})` },
    {
      record: LOST,
      comment: 'Clusters that no installation watches of which all shards run.',
      expr: `
        ${WATCHED}
        unless on ${CLUSTER} (${WATCHED} and on (${installation}) ${MISSING} <= 0)`,
    },
    {
      record: UNREAD_COUNT,
      comment: 'Number of these clusters that no running exporter names now.',
      expr: `count by (${installation}) (${LOST} and ${UNNAMED})`,
    },
    { record: CLUSTERS, expr: `count by (${installation}) (${WATCHED}) or ${SHARD_COUNT} * 0` },
    {
      record: DROP_AT,
      comment: 'When an installation lost most of its clusters at once, and how many it had.',
      expr: `
        (
          (${CLUSTERS_BEFORE} >= ${limit('fleet_shrunk_min_clusters')}) * ${limit('fleet_shrunk_ratio')} > ${CLUSTERS}
        ) * 0 + time()
        or
        last_over_time(${DROP_AT}[2h]) > time() - ${limit('fleet_shrunk_seconds')}`,
    },
    {
      record: DROP_FROM,
      expr: `
        (${CLUSTERS_BEFORE} and ${DROP_AT} == time())
        or
        (last_over_time(${DROP_FROM}[2h]) and ${DROP_AT})`,
    },
    { record: CLUSTERS_BEFORE, expr: CLUSTERS },
    { record: PROJECT_NOW, expr: `group by (group_id, project_name) (${EXPORT}target_info{project_name!=""})` },
    {
      record: PROJECT,
      comment: 'The name of a project. It is unknown for a while after each restart of an exporter.',
      expr: `
        ${PROJECT_NOW}
        or
        (${previous(PROJECT)} unless on (group_id) ${PROJECT_NOW})`,
    },
    { record: OWNER_NOW, expr: `group by (group_id, cluster_name, owner) (${facts('target_info{owner!=""}')})` },
    {
      record: OWNER,
      comment:
        'The owner of each watched cluster: always one series, without the label owner if the cluster has no owner. If two exporters name ' +
        'different owners, the owner that was known before stays.',
      expr: `
        group by (group_id, cluster_name, owner) (
          topk by ${CLUSTER} (1,
            (${OWNER_NOW} and ${OWNER}) + 1
            or
            ${OWNER_NOW}
            or
            (${previous(OWNER)} and on ${CLUSTER} ${KNOWN} unless on ${CLUSTER} ${EXPORT}target_info)
            or
            ${KNOWN} * 0
          )
        )`,
    },
    {
      record: `instance_cluster:${EXPORT}outdated:max`,
      comment: 'An exporter whose data about a cluster is older than that of another exporter.',
      expr: `
        ${EXPORT}last_poll_success_timestamp_seconds
        < on ${CLUSTER} group_left ()
        (${plain('last_poll_success_timestamp_seconds')} - ${limit('outdated_seconds')})`,
    },
    { record: DOWN, comment: 'Clusters whose polls fail.', expr: `${plain('up')} == 0` },
    {
      record: UNPOLLED,
      comment: 'Clusters of which the exporter has read nothing since its start.',
      expr: `${KNOWN} unless on ${CLUSTER} ${EXPORT}last_poll_success_timestamp_seconds`,
    },
  ];
}
