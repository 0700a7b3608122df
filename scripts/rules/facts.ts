/** The recorded facts of backup schedules and exports. Most of them stay as they are while the exporter cannot know newer ones. */
import { CLUSTER, cluster, EXPORT, facts, limit, now, plain, previous, type Rule, remembered } from './promql.ts';
import { DOWN, KNOWN, UNNAMED, UNPOLLED } from './watched.ts';

export const BUCKET = `cluster_bucket:${EXPORT}auto_export_info:max`;
const JOB_NOW = `export:${EXPORT}active_job_collections_now:max`;
export const JOB_COLLECTIONS = `export:${EXPORT}active_job_collections_exported:max`;
export const JOB_PROGRESSED = `export:${EXPORT}active_job_progressed_timestamp_seconds:max`;
export const POLICY_SINCE = `cluster_bucket:${EXPORT}policy_seen_timestamp_seconds:min`;
export const UNEXPORTED = cluster('unexported_snapshot_timestamp_seconds');
const UNREAD = cluster('schedule_unread');
const NO_SCHEDULE = cluster('schedule_unknown');
const NO_DESTINATION = cluster('destination_unknown');
export const MAX_AGE = cluster('success_max_age_seconds');
export const SUCCESS = cluster('destination_last_success_timestamp_seconds');
export const FAILURES = cluster('destination_consecutive_failures');
const SWITCHED_OFF = cluster('auto_export_switched_off_timestamp_seconds');
const AUTO_OFF = cluster('auto_export_off');
export const PAUSED = cluster('cluster_paused');
export const CHANGED = cluster('policy_changed_timestamp_seconds');
const NONE = cluster('no_success_listed');
export const NO_SUCCESS_SINCE = cluster('no_success_since_timestamp_seconds');
export const ACTIVE = cluster('active_created_timestamp_seconds');
const COLLECTIONS = cluster('destination_collections');
const PEAK = cluster('peak_collections');
const PEAK_AT = cluster('peak_collections_timestamp_seconds');

export function scheduleRecords(): readonly Rule[] {
  const bucketNow = `group by (group_id, cluster_name, export_bucket_id, frequency_type) (${facts('auto_export_info')})`;
  return [
    {
      record: UNREAD,
      comment:
        'Clusters whose backup schedule was possibly not read since the exporter’s start, or could not be read at the last attempt.',
      expr: `
        ${UNPOLLED}
        or
        ${plain('schedule_up')} == 0
        or
        ${plain('polls_total')} < 3`,
    },
    {
      record: NO_SCHEDULE,
      expr: `last_over_time(${UNREAD}[15m]) unless on ${CLUSTER} ${EXPORT}auto_export_enabled`,
    },
    {
      record: PAUSED,
      expr: remembered(PAUSED, `${now('cluster_paused')} == 1`, `on ${CLUSTER} ${UNNAMED}`),
    },
    {
      record: CHANGED,
      comment:
        'When the backup schedule was seen to change: another bucket or frequency, automatic export switched on, or the cluster ' +
        'resumed. Then the next success has one whole maximum age of time. If there is no earlier state, this is no change.',
      expr: `
        (
          group by ${CLUSTER} (${bucketNow} unless ${BUCKET} and on ${CLUSTER} (${AUTO_OFF} or ${BUCKET}))
          or
          ${PAUSED}
        ) * time()
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
        'If the limits of two exporters differ, the lowest counts. The limit stays when automatic export is switched off, because switching it ' +
        'off must not end a page.',
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
        'Since when the rules see this bucket and this frequency. An earlier snapshot is possibly not meant for this bucket.',
      expr: `
        (${previous(POLICY_SINCE)} and ${BUCKET})
        or
        ${BUCKET} * time()`,
    },
  ];
}

export function exportRecords(): readonly Rule[] {
  const collectionsNow = now('destination_collections');
  return [
    {
      record: NO_DESTINATION,
      comment:
        'The destination is the bucket of the backup schedule while it exports automatically, or else all buckets together. A ' +
        'success into another bucket must not hide that the destination gets nothing. For these clusters the destination is not known yet.',
      expr: `${KNOWN} unless on ${CLUSTER} ${EXPORT}destination_consecutive_failures`,
    },
    {
      record: NONE,
      comment: 'Clusters for which Atlas lists no success into the destination.',
      expr: `
        group by ${CLUSTER} (${EXPORT}destination_consecutive_failures)
        unless
        group by ${CLUSTER} (${facts('destination_last_success_timestamp_seconds')})`,
    },
    {
      record: cluster('not_found'),
      expr: `group by ${CLUSTER} (${EXPORT}poll_failing{reason="not_found"})`,
    },
    {
      record: NO_SUCCESS_SINCE,
      comment:
        'Since when Atlas lists no success. If the last listed success was already too old, the time of that success. If the cluster was ' +
        'not found in between, it counts as a new cluster.',
      expr: `
        (${previous(NO_SUCCESS_SINCE)} and ${NONE} unless last_over_time(${cluster('not_found')}[1h]))
        or
        ((${SUCCESS} and ${NONE}) < time() - ${MAX_AGE} unless last_over_time(${cluster('not_found')}[1h]))
        or
        ${NONE} * time()
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
        'When the snapshot that is due for export was taken, for clusters where Atlas lists no export of it. The value stays until the ' +
        'exporter reads newer data.',
      expr: remembered(
        UNEXPORTED,
        `(${plain('due_snapshot_timestamp_seconds')} and ${now('due_snapshot_state{state="none"}', 'min')} == 1)`,
        `(${DOWN} or last_over_time(${UNREAD}[15m]) or ${plain('snapshots_up')} == 0) unless on ${CLUSTER} ${EXPORT}due_snapshot_state`,
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
      comment:
        'When the number of collections became smaller, and how many there were before. Both are kept for a week.',
      expr: `
        (${PEAK_AT} > time() - ${limit('shrunk_seconds')} and ${PEAK} > ${COLLECTIONS})
        or
        (${COLLECTIONS} > ${collectionsNow}) * 0 + time()`,
    },
    {
      record: PEAK,
      expr: `
        (${COLLECTIONS} and ${PEAK_AT} == time())
        or
        (${PEAK} and ${PEAK_AT})`,
    },
    { record: COLLECTIONS, expr: remembered(COLLECTIONS, collectionsNow, NO_DESTINATION, COLLECTIONS) },
    {
      record: ACTIVE,
      comment:
        'When the active export was created. If there are several, the newest one counts, so that a stuck export does not hide it. Without ' +
        'a successful poll the last known value stays.',
      expr: remembered(ACTIVE, plain('oldest_active_created_timestamp_seconds'), `(${DOWN} or ${UNPOLLED})`),
    },
  ];
}

export function jobRecords(): readonly Rule[] {
  const job = '(group_id, cluster_name, export_id)';
  const queued = `${EXPORT}active_job_state{state="queued"} == 1`;
  return [
    {
      record: JOB_NOW,
      comment: 'The finished collections of running exports. Queued exports are left out.',
      expr: `
        (max by ${job} (${EXPORT}active_job_collections_exported) unless on ${job} ${queued})
        or
        (${previous(JOB_COLLECTIONS)} and on ${CLUSTER} ${ACTIVE} unless on ${CLUSTER} ${EXPORT}active_job_collections_exported)`,
    },
    {
      record: JOB_PROGRESSED,
      comment: 'When a running export last finished a collection.',
      expr: `
        (${JOB_NOW} > ${JOB_COLLECTIONS}) * 0 + time()
        or
        (${previous(JOB_PROGRESSED)} and ${JOB_NOW})
        or
        ${JOB_NOW} * 0 + time()`,
    },
    { record: JOB_COLLECTIONS, expr: JOB_NOW },
  ];
}
