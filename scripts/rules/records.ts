/**
 * The recorded series. Most of them remember: a value stays as it is while the exporter cannot know a newer one. The order
 * matters: a rule that reads a record above its definition reads the value of the previous evaluation. Where a series only
 * matters in one state, only that state is recorded: so there are few series while all is well.
 */
import { CLUSTER, cluster, EXPORT, EXPORTER, facts, HEARTBEAT, limit, OWNER, previous, type Rule } from './promql.ts';

export const SHARD = `installation_shard:${EXPORTER}shard_index:present`;
const SEEN = `installation:${EXPORTER}seen_timestamp_seconds:max`;
export const SHARD_COUNT = `installation:${EXPORTER}shard_count:max`;
export const MISSING = `installation:${EXPORTER}missing_shards:max`;
const UNNAMED = `installation_cluster:${EXPORT}unnamed_timestamp_seconds:max`;
export const WATCHED = `installation_cluster:${EXPORT}watched_timestamp_seconds:max`;
export const LOST = `installation_cluster:${EXPORT}lost_timestamp_seconds:max`;
export const UNREAD_COUNT = `installation:${EXPORT}unread_clusters:count`;
export const CLUSTERS = `installation:${EXPORT}clusters:count`;
const CLUSTERS_BEFORE = `installation:${EXPORT}clusters_before:count`;
export const DROP_FROM = `installation:${EXPORT}clusters_before_drop:max`;
export const DROP_AT = `installation:${EXPORT}clusters_dropped_timestamp_seconds:max`;
const DOWN_COUNT = `installation:${EXPORT}down_clusters:count`;
const UNANSWERED_COUNT = `installation:${EXPORT}unanswered_clusters:count`;
const UNREACHABLE_NOW = `installation:${EXPORTER}atlas_unreachable:bool`;
export const UNREACHABLE = `installation:${EXPORTER}atlas_unreachable:ratio`;
export const DENIED = `cluster_credential:${EXPORT}access_denied:max`;
export const WORKS = `credential:${EXPORT}works_elsewhere:group`;
export const BUCKET = `cluster_bucket:${EXPORT}auto_export_info:max`;
const PROJECT_NOW = `project:${EXPORT}project_now:max`;
const DISCOVERY_DENIED = `${EXPORT}discovery_failing{reason=~"unauthorized|forbidden"}`;
const OWNER_NOW = `cluster:${EXPORT}owner_now:group`;
export const UNLISTED = `project:${EXPORT}unlisted:max`;
export const UNLISTED_PROJECTS = `credential:${EXPORT}unlisted_projects:max`;
export const PROJECT = `project:${EXPORT}project_info:max`;
export const JOB_COLLECTIONS = `export:${EXPORT}active_job_collections_exported:max`;
export const JOB_PROGRESSED = `export:${EXPORT}active_job_progressed_timestamp_seconds:max`;

const KNOWN = cluster('target_info');
const POLICY_SINCE = `cluster_bucket:${EXPORT}policy_seen_timestamp_seconds:min`;
const UNEXPORTED = cluster('unexported_snapshot_timestamp_seconds');
export const NOT_STARTED = cluster('not_started_seconds');
export const DOWN = cluster('down');
export const UNPOLLED = cluster('unpolled');
const UNREAD = cluster('schedule_unread');
const NO_SCHEDULE = cluster('schedule_unknown');
const NO_DESTINATION = cluster('destination_unknown');
const MAX_AGE = cluster('success_max_age_seconds');
const SUCCESS = cluster('destination_last_success_timestamp_seconds');
const FAILURES = cluster('destination_consecutive_failures');
const SWITCHED_OFF = cluster('auto_export_switched_off_timestamp_seconds');
const AUTO_OFF = cluster('auto_export_off');
const PAUSED = cluster('cluster_paused');
const CHANGED = cluster('policy_changed_timestamp_seconds');
const NONE = cluster('no_success_listed');
const NO_SUCCESS_SINCE = cluster('no_success_since_timestamp_seconds');
export const NEW_POLICY = cluster('new_policy');
const SUCCESS_AGE = cluster('success_age_seconds');
export const LATE = cluster('late_success_seconds');
const NO_SUCCESS_LATE = cluster('late_first_success_seconds');
const ACTIVE = cluster('active_created_timestamp_seconds');
const COLLECTIONS = cluster('destination_collections');
const PEAK = cluster('peak_collections');
const PEAK_AT = cluster('peak_collections_timestamp_seconds');

/** What the exporters say now. */
const now = (name: string, aggregate: 'max' | 'min' = 'max') => `${aggregate} by ${CLUSTER} (${facts(name)})`;
const plain = (name: string) => `max by ${CLUSTER} (${EXPORT}${name})`;

/** What the exporters say now, or else the last value for clusters of which they cannot know it yet. */
const remembered = (record: string, current: string, unknown: string, last = previous(record)) => `
      ${current}
      or
      (${last} and ${unknown})`;

/** @param installation the labels that tell installations apart, for example `job` */
export function records(installation: string): readonly Rule[] {
  return [
    ...installationRecords(installation),
    ...scheduleRecords(),
    ...exportRecords(),
    ...jobRecords(),
    ...judgements(),
    ...reachability(installation),
    ...forPeople(),
  ];
}

function installationRecords(installation: string): readonly Rule[] {
  return [
    {
      record: SHARD,
      comment: `Installations are told apart by: ${installation}. The exporters of one installation are shards of one config, or copies.`,
      expr: `count_values by (${installation}) ("shard_index", ${EXPORTER}shard_index)`,
    },
    {
      record: SEEN,
      expr: `
        count by (${installation}) (${EXPORTER}build_info) * 0 + time()
        or
        ${previous(SEEN)} > time() - ${limit('retired_seconds')}`,
    },
    {
      record: SHARD_COUNT,
      expr: `
        (
          max by (${installation}) (${EXPORTER}shard_count)
          or
          ${previous(SHARD_COUNT)}
        )
        and on (${installation}) ${SEEN}`,
    },
    {
      record: MISSING,
      comment:
        'Shards that were not up at most of the evaluations of the last ten minutes: so an exporter that restarts again and again is ' +
        'missing, too. A slow Prometheus, which leaves out evaluations, makes none missing.',
      expr: `
        ${SHARD_COUNT}
        - (
          count by (${installation}) (
            count_over_time(${SHARD}[10m])
            >= (scalar(count_over_time(${HEARTBEAT}[10m])) + 1) * ${limit('down_ratio')}
          )
          or ${SHARD_COUNT} * 0
        )`,
    },
    {
      record: UNNAMED,
      comment: 'Clusters that an installation watched and that none of its running exporters names now.',
      expr: `
        (${previous(WATCHED)} unless max by (${installation}, group_id, cluster_name) (${EXPORT}target_info))
        and on (${installation}) ${SEEN}`,
    },
    {
      record: WATCHED,
      comment:
        'When an installation last named a cluster as watched. It counts as named while a shard is missing, and while the clusters of ' +
        'its project or the projects of a credential cannot be listed. So a cluster ends here only when it was removed on purpose.',
      expr: `
        max by (${installation}, group_id, cluster_name) (${EXPORT}target_info) * 0 + time()
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
      comment: 'Clusters of an installation with a missing shard, if no other installation watches them.',
      expr: `
        (${WATCHED} and on (${installation}) ${MISSING} > 0)
        unless on ${CLUSTER} (${WATCHED} and on (${installation}) ${MISSING} <= 0)`,
    },
    {
      record: UNREAD_COUNT,
      comment: 'How many of them no running exporter names now.',
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
        ${previous(DROP_AT)} > time() - ${limit('fleet_shrunk_seconds')}`,
    },
    {
      record: DROP_FROM,
      expr: `
        (${CLUSTERS_BEFORE} and ${DROP_AT} == time())
        or
        (${previous(DROP_FROM)} and ${DROP_AT})`,
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
        'The owner of each watched cluster, always one series: without the label owner if nobody owns the cluster. If two exporters ' +
        'disagree, the owner that was known stays.',
      expr: `
        group by (group_id, cluster_name, owner) (
          topk by ${CLUSTER} (1,
            (${OWNER_NOW} and ${OWNER}) + 2
            or
            ${OWNER_NOW} + 1
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
      expr: `${KNOWN} unless ${plain('last_poll_success_timestamp_seconds')}`,
    },
  ];
}

function scheduleRecords(): readonly Rule[] {
  const bucketNow = `max by (group_id, cluster_name, export_bucket_id, frequency_type) (${facts('auto_export_info')})`;
  return [
    {
      record: UNREAD,
      comment:
        'Clusters whose backup schedule may not have been read since the exporter’s start, or was not read at the last attempt.',
      expr: `
        ${UNPOLLED}
        or
        ${plain('schedule_up')} == 0
        or
        ${plain('polls_total')} < 3`,
    },
    { record: NO_SCHEDULE, expr: `last_over_time(${UNREAD}[15m]) and ${KNOWN} unless ${plain('auto_export_enabled')}` },
    {
      record: CHANGED,
      comment:
        'When the backup schedule was seen to change: another bucket or frequency, automatic export switched on, or the cluster ' +
        'resumed. Then a success has one whole maximum age of time. Without an earlier state there is no change.',
      expr: `
        (
          group by ${CLUSTER} (${bucketNow} unless ${BUCKET} and on ${CLUSTER} (${AUTO_OFF} or ${BUCKET}))
          or
          (${PAUSED} and on ${CLUSTER} ${EXPORT}cluster_paused == 0)
        ) * 0 + time()
        or
        (${previous(CHANGED)} and ${KNOWN})`,
    },
    {
      record: AUTO_OFF,
      expr: remembered(AUTO_OFF, `${now('auto_export_enabled')} == 0`, NO_SCHEDULE),
    },
    {
      record: SWITCHED_OFF,
      comment: 'When automatic export was seen to be switched off.',
      expr: `
        (${AUTO_OFF} and on ${CLUSTER} ${BUCKET}) * 0 + time()
        or
        (${previous(SWITCHED_OFF)} and ${AUTO_OFF})`,
    },
    {
      record: MAX_AGE,
      comment:
        'If exporters disagree, the strictest counts. It stays when automatic export is switched off: that must not end a page.',
      expr: `
        ${now('success_max_age_seconds', 'min')}
        or
        (${previous(MAX_AGE)} and (${NO_SCHEDULE} or ${SWITCHED_OFF}))`,
    },
    {
      record: cluster('policy_without_item'),
      expr: remembered(cluster('policy_without_item'), `${now('auto_export_has_policy_item')} == 0`, NO_SCHEDULE),
    },
    { record: BUCKET, expr: remembered(BUCKET, bucketNow, `on ${CLUSTER} ${NO_SCHEDULE}`, BUCKET) },
    {
      record: POLICY_SINCE,
      comment:
        'Since when the rules see this bucket and this frequency: a snapshot before that may not be meant for it.',
      expr: `
        (${previous(POLICY_SINCE)} and ${BUCKET})
        or
        ${BUCKET} * 0 + time()`,
    },
    {
      record: PAUSED,
      expr: remembered(PAUSED, `${now('cluster_paused')} == 1`, `on ${CLUSTER} ${UNNAMED}`),
    },
  ];
}

function exportRecords(): readonly Rule[] {
  const collectionsNow = now('destination_collections');
  return [
    {
      record: NO_DESTINATION,
      comment:
        'The destination is the bucket of the backup schedule while it exports automatically, or else all buckets together. A ' +
        'success into another bucket must not hide that the destination gets nothing. Here it is not known yet.',
      expr: `${KNOWN} unless ${plain('destination_consecutive_failures')}`,
    },
    {
      record: NONE,
      comment: 'Clusters for which Atlas lists no success into the destination.',
      expr: `${now('destination_consecutive_failures')} unless ${now('destination_last_success_timestamp_seconds')}`,
    },
    {
      record: cluster('not_found'),
      expr: `max by ${CLUSTER} (${EXPORT}poll_failing{reason="not_found"})`,
    },
    {
      record: NO_SUCCESS_SINCE,
      comment:
        'Since when Atlas lists no success. If the last listed success was too old already, since that. If the cluster was not ' +
        'found in between, it is a new cluster.',
      expr: `
        (${previous(NO_SUCCESS_SINCE)} and ${NONE} unless last_over_time(${cluster('not_found')}[1h]))
        or
        ((${SUCCESS} and ${NONE}) < time() - ${MAX_AGE} unless last_over_time(${cluster('not_found')}[1h]))
        or
        ${NONE} * 0 + time()
        or
        (${previous(NO_SUCCESS_SINCE)} and ${NO_DESTINATION} unless ${SUCCESS})`,
    },
    {
      record: SUCCESS,
      expr: remembered(SUCCESS, now('destination_last_success_timestamp_seconds'), NO_DESTINATION),
    },
    {
      record: cluster('destination_data_timestamp_seconds'),
      expr: remembered(
        cluster('destination_data_timestamp_seconds'),
        now('destination_data_timestamp_seconds'),
        NO_DESTINATION,
        cluster('destination_data_timestamp_seconds'),
      ),
    },
    {
      record: FAILURES,
      comment: 'Only where the newest export has failed.',
      expr: remembered(FAILURES, `${now('destination_consecutive_failures')} > 0`, NO_DESTINATION),
    },
    {
      record: cluster('last_poll_success_timestamp_seconds'),
      expr: remembered(
        cluster('last_poll_success_timestamp_seconds'),
        plain('last_poll_success_timestamp_seconds'),
        UNPOLLED,
      ),
    },
    {
      record: UNEXPORTED,
      comment:
        'When the snapshot was taken that is due for export, where Atlas lists no export of it. Known until something newer is read.',
      expr: remembered(
        UNEXPORTED,
        `(${now('due_snapshot_timestamp_seconds')} and ${now('due_snapshot_state{state="none"}', 'min')} == 1)`,
        `(${DOWN} or last_over_time(${UNREAD}[15m]) or ${plain('snapshots_up')} == 0) unless ${plain('due_snapshot_state')}`,
      ),
    },
    {
      record: cluster('missing_collections'),
      comment: 'Collections that the newest success left out.',
      expr: remembered(
        cluster('missing_collections'),
        `${collectionsNow} - ${now('destination_collections_exported')} > 0`,
        NO_DESTINATION,
      ),
    },
    {
      record: PEAK_AT,
      comment: 'When the number of collections became smaller, and how many there were. For a week.',
      expr: `
        (${previous(PEAK_AT)} > time() - ${limit('shrunk_seconds')} and ${PEAK} > ${COLLECTIONS})
        or
        (${COLLECTIONS} > ${collectionsNow}) * 0 + time()`,
    },
    {
      record: PEAK,
      expr: `
        (${COLLECTIONS} and ${PEAK_AT} == time())
        or
        (${previous(PEAK)} and ${PEAK_AT})`,
    },
    { record: COLLECTIONS, expr: remembered(COLLECTIONS, collectionsNow, NO_DESTINATION, COLLECTIONS) },
    {
      record: ACTIVE,
      comment:
        'When the active export was created; of several the youngest, so that a stuck one does not hide it. Without a successful ' +
        'poll the last known one.',
      expr: remembered(ACTIVE, plain('oldest_active_created_timestamp_seconds'), `(${DOWN} or ${UNPOLLED})`),
    },
  ];
}

function jobRecords(): readonly Rule[] {
  const job = '(group_id, cluster_name, export_id)';
  const queued = `${EXPORT}active_job_state{state="queued"} == 1`;
  const collections = `(max by ${job} (${EXPORT}active_job_collections_exported) unless max by ${job} (${queued}))`;
  const unknown = `and on ${CLUSTER} ${ACTIVE} unless on ${CLUSTER} ${EXPORT}active_job_collections_exported`;
  return [
    {
      record: JOB_PROGRESSED,
      comment: 'When a running export last finished a collection. Queued exports are left out.',
      expr: `
        (${collections} > ${JOB_COLLECTIONS}) * 0 + time()
        or
        (${previous(JOB_PROGRESSED)} and ${collections})
        or
        ${collections} * 0 + time()
        or
        (${previous(JOB_PROGRESSED)} ${unknown})`,
    },
    {
      record: JOB_COLLECTIONS,
      expr: `
        ${collections}
        or
        (${previous(JOB_COLLECTIONS)} ${unknown})`,
    },
  ];
}

/** The conditions of Overdue and NoSuccessListed as series, so that dashboards count what the alerts count. */
function judgements(): readonly Rule[] {
  const judged = (late: string, maxAge: string) => `
        ${late}
        unless (${late} <= ${limit('active_excuse_ratio')} * ${maxAge} and ${ACTIVE} unless ${FAILURES})
        unless ${PAUSED}
        unless ${NEW_POLICY}`;
  const noSuccessMaxAge = `clamp_min(${MAX_AGE}, ${limit('no_success_min_seconds')})`;
  return [
    {
      record: NEW_POLICY,
      comment: 'Clusters whose backup schedule changed less than one maximum age ago.',
      expr: `${CHANGED} > time() - ${MAX_AGE}`,
    },
    {
      record: NOT_STARTED,
      comment:
        'The age of such a snapshot, where its export should have started: the destination has an older success, or this policy was ' +
        'seen before the snapshot; and the exports were read after it.',
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
        'The same where nothing excuses it: a running export does only for a while, and only if the export before it has not failed.',
      expr: judged(LATE, MAX_AGE),
    },
    {
      record: NO_SUCCESS_LATE,
      comment: 'For how long Atlas has listed no success, where that is too long.',
      expr: `(time() - ${NO_SUCCESS_SINCE}) > ${noSuccessMaxAge}`,
    },
    {
      record: cluster('no_success_seconds'),
      comment: 'The same where nothing excuses it.',
      expr: judged(NO_SUCCESS_LATE, noSuccessMaxAge),
    },
  ];
}

function reachability(installation: string): readonly Rule[] {
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
        '1 if an installation cannot reach Atlas: the exporter says so and not all of its clusters are read by another one, or most ' +
        'of its clusters get no answer.',
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
      comment: 'Their clusters that are not read. One alert for the installation is enough.',
      expr: `group by ${CLUSTER} (${EXPORT}poll_failing and on (${installation}) ${UNREACHABLE} >= ${limit('unreachable_ratio')})`,
    },
    {
      record: DENIED,
      comment:
        'Clusters that no exporter may read. After a restart also those that it may not list, so that it does not name them.',
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
        'Credentials that are denied some clusters and read others. This stays known while their exporter is down.',
      expr: `
        group by (credential) (
          ${EXPORT}target_info and on (credential) ${DENIED} unless on (group_id, cluster_name, credential) ${DENIED}
        )
        or
        (${previous(WORKS)} and on (credential) ${DENIED} unless on (credential) ${EXPORT}target_info)`,
    },
    {
      record: UNLISTED,
      comment: 'Projects whose clusters cannot be listed, if no other alert tells the cause.',
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
      comment: 'Credentials whose projects cannot be listed, if no other alert tells the cause.',
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

function forPeople(): readonly Rule[] {
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
        'The last rule. While it has no value at the previous evaluation, the rules above read their older values.',
      expr: 'vector(1)',
    },
  ];
}
