/** Alerts on the exports of a cluster. */
import { ageOf, CLUSTER_ID, CLUSTER_NAME, clusterLinks, number, ofCluster, RUNBOOKS } from './annotations.ts';
import { ACTIVE, BUCKET, JOB_COLLECTIONS, JOB_PROGRESSED } from './facts.ts';
import { LATE, NEW_POLICY, NOT_STARTED } from './judgements.ts';
import { CLUSTER, cluster, EXPORT, limit, owned, type Rule } from './promql.ts';
import { DOWN } from './watched.ts';

const MAX_AGE = cluster('success_max_age_seconds');
const FAILURES = cluster('destination_consecutive_failures');
const LAST_SUCCESS = ageOf(
  cluster('destination_last_success_timestamp_seconds'),
  'at an unknown time, if there was one',
).replace(/(humanizeDuration }})/, '$1 ago');
const INTO_BUCKET =
  `{{ with printf "${BUCKET}{group_id=%q,cluster_name=%q}" $labels.group_id $labels.cluster_name | query }}` +
  ' into bucket {{ . | first | label "export_bucket_id" }}{{ end }}';

interface ClusterAlert extends Omit<Rule, 'alert' | 'labels' | 'annotations'> {
  readonly severity: 'critical' | 'warning' | 'info';
  /** Without the cluster, which stands before it. */
  readonly summary: string;
  readonly description: string;
}

/** An alert with the labels `group_id` and `cluster_name`. */
export function clusterAlert(name: string, { severity, summary, description, expr, ...rule }: ClusterAlert): Rule {
  const alert = `AtlasBackupExport${name}`;
  return {
    alert,
    ...rule,
    expr: owned(expr),
    labels: { severity },
    annotations: {
      summary: `${CLUSTER_NAME}: ${summary}`,
      description,
      ...clusterLinks,
      runbook_url: `${RUNBOOKS}/${alert}.md`,
    },
  };
}

const maxBy = (name: string) => `max by ${CLUSTER} (${EXPORT}${name})`;
const oldest = (state: string) => maxBy(`oldest_active_created_timestamp_seconds{state="${state}"}`);

function notStarted(severity: 'critical' | 'warning', expr: string): Rule {
  return clusterAlert('NotStarted', {
    severity,
    expr,
    for: '1h',
    summary: 'no export has started for the snapshot taken {{ $value | humanizeDuration }} ago',
    description:
      `A snapshot of cluster ${CLUSTER_ID} that the export policy covers was taken {{ $value | humanizeDuration }} ago, and Atlas ` +
      `lists no export of it${INTO_BUCKET}. The newest success ended ${LAST_SUCCESS}. Check in Atlas that automatic export is on, ` +
      'then export this snapshot by hand.',
  });
}

export const exportAlerts: readonly Rule[] = [
  clusterAlert('Overdue', {
    severity: 'critical',
    expr: cluster('overdue_seconds'),
    for: '15m',
    summary: 'no successful backup export for {{ $value | humanizeDuration }}',
    description:
      `The newest successful export of cluster ${CLUSTER_ID}${INTO_BUCKET} ended {{ $value | humanizeDuration }} ago. ` +
      `The limit is ${ofCluster(MAX_AGE)}. The bucket has no newer copy. ` +
      `{{ with printf "${FAILURES}{group_id=%q,cluster_name=%q}" $labels.group_id $labels.cluster_name | query }}` +
      'Exports start, but the last {{ . | first | value }} failed: fix that first.' +
      '{{ else }}Check in Atlas that the backup policy still takes and exports snapshots.{{ end }}',
  }),
  clusterAlert('NoSuccessListed', {
    severity: 'critical',
    comment: 'Fires after the maximum age of a success, but not earlier than after no_success_min_seconds.',
    expr: cluster('no_success_seconds'),
    for: '15m',
    summary: 'Atlas lists no successful backup export',
    description:
      `Atlas has listed no successful export of cluster ${CLUSTER_ID}${INTO_BUCKET} for at least ` +
      `{{ $value | humanizeDuration }}. One is expected every ${ofCluster(MAX_AGE)}. ` +
      'Check in Atlas that exports start, and how they end.',
  }),
  clusterAlert('DataOld', {
    severity: 'warning',
    comment:
      'Exports succeed, but always of an old snapshot: the data in the destination grows old although nothing is overdue.',
    expr: `
      (time() - ${cluster('destination_data_timestamp_seconds')} > ${limit('data_old_ratio')} * ${MAX_AGE})
      unless ${LATE}
      unless ${NEW_POLICY}`,
    for: '15m',
    summary: 'the newest exported data is {{ $value | humanizeDuration }} old',
    description:
      `Exports of cluster ${CLUSTER_ID} succeed, but the newest exported snapshot was taken {{ $value | humanizeDuration }} ago. ` +
      'Newer snapshots are missing, or are not exported. Find out which snapshot is exported, and by whom.',
  }),
  notStarted('warning', NOT_STARTED),
  notStarted('critical', `${NOT_STARTED} > ${limit('not_started_page_ratio')} * ${MAX_AGE}`),
  clusterAlert('SnapshotsLate', {
    severity: 'warning',
    expr: `
      (time() - ${maxBy('next_snapshot_timestamp_seconds')} > ${limit('snapshots_late_seconds')})
      and ${maxBy('schedule_up')} == 1
      unless ${cluster('cluster_paused')}`,
    for: '15m',
    summary: 'the next snapshot is {{ $value | humanizeDuration }} late',
    description:
      `According to its backup schedule, Atlas should have taken the next snapshot of cluster ${CLUSTER_ID} ` +
      '{{ $value | humanizeDuration }} ago. Without new snapshots there are no new exports. Check in Atlas whether the cluster is ' +
      'paused, and look at its newest snapshots.',
  }),
  clusterAlert('SnapshotsUnreadable', {
    severity: 'warning',
    expr: `${maxBy('snapshots_up')} == 0 unless ${DOWN}`,
    for: '2h',
    summary: 'the list of snapshots cannot be read',
    description:
      `The exports of cluster ${CLUSTER_ID} can be read, but its list of snapshots cannot. So an export that never starts is noticed only ` +
      `when the last success is too old, which is after ${ofCluster(MAX_AGE, 'humanizeDuration', 'an unknown time')}. The status page has ` +
      'the reason and advice.',
  }),
  clusterAlert('PolicyWithoutItem', {
    severity: 'warning',
    expr: `${cluster('policy_without_item')} unless ${cluster('auto_export_off')}`,
    for: '1h',
    summary: 'the backup schedule can never export',
    description:
      `Automatic export of cluster ${CLUSTER_ID} is on, but no policy item of its backup schedule takes snapshots of the exported ` +
      'frequency. So nothing will ever be exported. Add such a policy item in Atlas, or choose another frequency.',
  }),
  clusterAlert('Unwatched', {
    severity: 'warning',
    comment: 'A schedule that exports automatically, but with an unknown frequency, gives no maximum age either.',
    expr: `
      ${cluster('last_poll_success_timestamp_seconds')}
      unless ${MAX_AGE}
      unless ${cluster('auto_export_off')}`,
    for: '2h',
    summary: 'no alert would fire if backup exports stopped',
    description:
      `The maximum age of an export of cluster ${CLUSTER_ID} is not known: the config has no success_max_age, and the backup ` +
      'schedule can’t be read or has an unknown frequency. So the cluster can never be overdue. Set success_max_age in the ' +
      `exporter’s config. The exporter read the exports of the cluster ${ageOf(cluster('last_poll_success_timestamp_seconds'), 'an unknown time')} ago.`,
  }),
  clusterAlert('AutoExportOff', {
    severity: 'warning',
    expr: `
      time() - ${cluster('auto_export_switched_off_timestamp_seconds')} < ${limit('auto_export_off_seconds')}`,
    for: '15m',
    summary: 'the backup schedule no longer exports automatically',
    description:
      `Until {{ $value | humanizeDuration }} ago the backup schedule of cluster ${CLUSTER_ID} exported snapshots automatically. ` +
      'Now it does not. Switch it on again in Atlas. If it was switched off on purpose, the runbook says what to do.',
  }),
  clusterAlert('Failed', {
    severity: 'warning',
    comment: 'After several failures, FailingRepeatedly fires instead.',
    expr: `${FAILURES} < ${limit('failing_repeatedly_count')}`,
    for: '1m',
    summary: 'the newest backup export has failed',
    description:
      `The newest finished export of cluster ${CLUSTER_ID}${INTO_BUCKET} failed. Atlas does not retry it, and its partial data ` +
      'stays in the bucket. Check the bucket and the access of Atlas to it, then export the snapshot again. ' +
      `The newest failure of the cluster was${ageOf(
        `max by ${CLUSTER} (${EXPORT}last_failure_timestamp_seconds`,
        ' at an unknown time',
      )
        .replace('cluster_name=%q}', 'cluster_name=%q})')
        .replace('{{ . | first', ' {{ . | first')
        .replace(/(humanizeDuration }})/, '$1 ago')}. ` +
      `The newest success ended ${LAST_SUCCESS}.`,
  }),
  clusterAlert('FailingRepeatedly', {
    severity: 'warning',
    expr: `${FAILURES} >= ${limit('failing_repeatedly_count')}`,
    for: '1m',
    summary: '{{ $value }} consecutive backup exports have failed',
    description:
      `The newest {{ $value }} exports of cluster ${CLUSTER_ID}${INTO_BUCKET} have failed. Usually this does not end without a ` +
      'fix. Check the bucket and the access of Atlas to it, then export the snapshot again. ' +
      `The newest success ended ${LAST_SUCCESS}.`,
  }),
  clusterAlert('QueuedTooLong', {
    severity: 'warning',
    expr: `time() - ${oldest('queued')} > ${limit('queued_max_seconds')}`,
    for: '10m',
    keep_firing_for: '10m',
    summary: 'a backup export has been queued for {{ $value | humanizeDuration }}',
    description:
      `An export of cluster ${CLUSTER_ID} was created {{ $value | humanizeDuration }} ago and is still queued. The limit is ` +
      `${number('threshold:mongodbatlas_backup_export_queued_max_seconds', 'humanizeDuration')}. Atlas runs only a few exports ` +
      'at a time: check in Atlas which exports are running.',
  }),
  clusterAlert('RunningTooLong', {
    severity: 'warning',
    comment: 'Without duration_max in the exporter’s config, running_max_seconds is the limit.',
    expr: `
      time() - ${oldest('in_progress')}
      > (
        min by ${CLUSTER} (${EXPORT}duration_max_seconds)
        or
        ${ACTIVE} * 0 + ${limit('running_max_seconds')}
      )`,
    for: '10m',
    keep_firing_for: '10m',
    summary: 'a backup export has been running for {{ $value | humanizeDuration }}',
    description:
      `An export of cluster ${CLUSTER_ID} was created {{ $value | humanizeDuration }} ago and is still running. ` +
      `{{ with printf "min by ${CLUSTER} (${EXPORT}duration_max_seconds{group_id=%q,cluster_name=%q})" $labels.group_id $labels.cluster_name | query }}` +
      'Its duration_max is {{ . | first | value | humanizeDuration }}.{{ else }}The limit is ' +
      `${number('threshold:mongodbatlas_backup_export_running_max_seconds', 'humanizeDuration')}; duration_max in the exporter’s config changes it.{{ end }}` +
      ' If it makes no progress, open a support case with MongoDB: neither the Atlas CLI nor the API can cancel an export.',
  }),
  clusterAlert('SlowerThanUsual', {
    severity: 'info',
    expr: `
      time() - ${oldest('in_progress')}
      > ${maxBy('typical_duration_seconds')}
      + clamp_min((${limit('slower_ratio')} - 1) * ${maxBy('typical_duration_seconds')}, ${limit('slower_min_seconds')})`,
    for: '10m',
    keep_firing_for: '10m',
    summary: 'a backup export takes longer than usual',
    description:
      `An export of cluster ${CLUSTER_ID} was created {{ $value | humanizeDuration }} ago and is still running. Usually an export ` +
      `takes ${ofCluster(`${EXPORT}typical_duration_seconds`)}.`,
  }),
  clusterAlert('Stalled', {
    severity: 'warning',
    expr: `
      max by ${CLUSTER} (
        time() - ${JOB_PROGRESSED} > ${limit('stalled_seconds')}
        and on (group_id, cluster_name, export_id) ${EXPORT}active_job_collections_exported
      )`,
    for: '5m',
    keep_firing_for: '10m',
    summary: 'a running backup export has finished no collection for {{ $value | humanizeDuration }}',
    description:
      `A running export of cluster ${CLUSTER_ID} has finished no further collection for {{ $value | humanizeDuration }}. ` +
      `${ofCluster(`max by ${CLUSTER} (${JOB_COLLECTIONS}`, '', 'An unknown number').replace('cluster_name=%q}', 'cluster_name=%q})')} ` +
      'collections are finished. Check whether its data in the bucket still grows. If it does not, open a support case with MongoDB: ' +
      'neither the Atlas CLI nor the API can cancel an export.',
  }),
  clusterAlert('Incomplete', {
    severity: 'warning',
    expr: cluster('missing_collections'),
    for: '5m',
    summary:
      'the newest successful backup export lacks {{ $value }} {{ if eq $value 1.0 }}collection{{ else }}collections{{ end }}',
    description:
      `Atlas reports the newest export of cluster ${CLUSTER_ID} as successful, but also that {{ $value }} of ` +
      `${ofCluster(cluster('destination_collections'), '')} collections were not exported. Check the exported data before you ` +
      'rely on it, or export the snapshot again.',
  }),
  clusterAlert('Shrunk', {
    severity: 'warning',
    expr: `${cluster('destination_collections')} / ${cluster('peak_collections')} < ${limit('shrunk_ratio')}`,
    for: '5m',
    summary: 'the newest backup export has only {{ $value | humanizePercentage }} of the collections of earlier ones',
    description:
      `The newest successful export of cluster ${CLUSTER_ID} has ${ofCluster(cluster('destination_collections'), '')} ` +
      `collections. An export within the last week had ${ofCluster(cluster('peak_collections'), '')}. Find out whether the ` +
      'collections were dropped on purpose. This alert ends one week after that export.',
  }),
  clusterAlert('UnknownState', {
    severity: 'warning',
    expr: `${maxBy('jobs{state="unknown"}')} > 0`,
    for: '15m',
    keep_firing_for: '10m',
    summary:
      '{{ $value }} backup {{ if eq $value 1.0 }}export is{{ else }}exports are{{ end }} in a state the exporter does not know',
    description:
      `Atlas lists {{ $value }} {{ if eq $value 1.0 }}export{{ else }}exports{{ end }} of cluster ${CLUSTER_ID} in a state that ` +
      'this version of the exporter does not know. It may miss a success or a failure. Install a newer version if there is one.',
  }),
];
