/** Alerts on the polls of clusters, and on the exporters themselves. */
import { CLUSTER_ID, links, number, ofCluster, PROJECT_NAME, RUNBOOKS, value } from './annotations.ts';
import { clusterAlert } from './export-alerts.ts';
import { DENIED, UNLISTED, UNLISTED_PROJECTS, UNREACHABLE, WORKS } from './judgements.ts';
import { CLUSTER, cluster, EXPORT, EXPORTER, limit, OWNER, owned, type Rule } from './promql.ts';
import { CLUSTERS, DOWN, DROP_FROM, LOST, MISSING, SHARD_COUNT, UNREAD_COUNT, WATCHED } from './watched.ts';

const LAST_POLL = value(
  `time() - ${cluster('last_poll_success_timestamp_seconds')}{group_id=%q,cluster_name=%q}`,
  ['group_id', 'cluster_name'],
  'humanizeDuration',
  'No successful poll is known',
  'The last successful poll was ',
).replace('{{ else }}', ' ago{{ else }}');
const RATE_LIMITED = `${EXPORT}poll_failing{reason="rate_limited"}`;
const DAYS_LEFT = '{{ if gt $value 0.0 }}expires in {{ $value | humanizeDuration }}{{ else }}has expired{{ end }}';

function sinceSuccess(discovery: string, label: string): string {
  const query = `time() - max(${EXPORT}last_${discovery}_success_timestamp_seconds{${label}=%q})`;
  return value(query, [label], 'humanizeDuration', ' before its last start, if ever', ' ').replace(
    '}}{{ else }}',
    '}} ago{{ else }}',
  );
}

export const pollAlerts: readonly Rule[] = [
  clusterAlert('TargetDown', {
    severity: 'warning',
    comment:
      'Does not fire if another alert gives the cause for the credential, the project or the whole installation.',
    expr: `
      ${DOWN}
      unless ${cluster('atlas_unreachable')}
      unless on ${CLUSTER} ${DENIED}
      unless on ${CLUSTER} ${RATE_LIMITED}`,
    for: '15m',
    keep_firing_for: '10m',
    summary: 'polls of its backup exports fail',
    description:
      `Polls of the exports of cluster ${CLUSTER_ID} fail{{ with printf "${EXPORT}poll_failing{group_id=%q,cluster_name=%q}" $labels.group_id $labels.cluster_name | query }}: ` +
      `{{ . | first | label "reason" }}{{ end }}. ${LAST_POLL}. The status page shows the error and the advice for it.`,
  }),
  clusterAlert('DataStale', {
    severity: 'warning',
    comment:
      'Polls neither succeed nor fail: if they fail, TargetDown or the alert for its cause fires. The exporter’s clock gives both ' +
      'times, so a wrong clock does not matter. The limit is at least two minutes, because Prometheus sees a poll only with the next ' +
      'scrape, which can be a minute later.',
    expr: `
      (
        (
          min by ${CLUSTER} (
            max by (job, instance) (${EXPORTER}scheduler_last_tick_timestamp_seconds)
            - on (job, instance) group_right ()
            ${EXPORT}last_poll_success_timestamp_seconds
          )
          or
          time() - ${cluster('last_poll_success_timestamp_seconds')}
        )
        > clamp_min(
          ${limit('data_stale_intervals')} * max by ${CLUSTER} (${EXPORT}poll_interval_seconds),
          ${limit('data_stale_min_seconds')}
        )
      )
      unless ${DOWN}`,
    for: '10m',
    summary: 'the data about its backup exports is {{ $value | humanizeDuration }} old',
    description:
      `The last successful poll of cluster ${CLUSTER_ID} was {{ $value | humanizeDuration }} ago. The poll interval is ` +
      `${ofCluster(`max by ${CLUSTER} (${EXPORT}poll_interval_seconds`).replace('cluster_name=%q}', 'cluster_name=%q})')}. Polls do not fail, but take too long or do not start. ` +
      'Until polls succeed again, alerts on running exports can’t fire. The alert for overdue exports uses the last known data.',
  }),
  {
    alert: 'AtlasBackupExportAccessDenied',
    comment:
      'One alert for the credential if it works for no cluster. Otherwise one alert for each project that it may not read, and for each ' +
      'owner of clusters in this project.',
    expr: `
      (count by (credential) (${DENIED}) unless ${WORKS})
      or
      count by (credential, group_id, owner) (${owned(`${DENIED} and on (credential) ${WORKS}`)}
      )`,
    for: '15m',
    keep_firing_for: '10m',
    labels: { severity: 'warning' },
    annotations: {
      summary: `Atlas denies the credential {{ $labels.credential }} access to {{ $value }} {{ if eq $value 1.0 }}cluster{{ else }}clusters{{ end }}{{ if $labels.group_id }} of project ${PROJECT_NAME}{{ end }}`,
      description:
        'Atlas refuses polls with the credential {{ $labels.credential }}' +
        '{{ if $labels.group_id }} in project {{ $labels.group_id }}. Elsewhere it works. Usually it lacks a role in this project{{ else }}' +
        '. It works for no cluster. Check that it was not revoked, has not expired and may be used from the exporter’s address{{ end }}. ' +
        'The status page shows the error and the advice for it. {{ $value }} {{ if eq $value 1.0 }}cluster is{{ else }}clusters are{{ end }} not read. Alerts on overdue exports use the last known data.',
      ...links,
      runbook_url: `${RUNBOOKS}/AtlasBackupExportAccessDenied.md`,
    },
  },
  {
    alert: 'AtlasBackupExportRateLimited',
    expr: `
      count by (group_id, owner) (${owned(`group by ${CLUSTER} (${RATE_LIMITED}) unless ${cluster('atlas_unreachable')}`)}
      )`,
    for: '15m',
    keep_firing_for: '10m',
    labels: { severity: 'warning' },
    annotations: {
      summary: `Project ${PROJECT_NAME}: its API quota is used up`,
      description:
        'Polls of {{ $value }} {{ if eq $value 1.0 }}cluster{{ else }}clusters{{ end }} of project {{ $labels.group_id }} fail because the API quota ' +
        `of the project is used up. All clients of the project share this quota${value(`max(project:${EXPORTER}api_budget_used:ratio{group_id=%q})`, ['group_id'], 'humanizePercentage', '', '. Used share at the latest report of Atlas: ')}. ` +
        'Find the client that sends most requests, or raise the exporter’s poll intervals.',
      ...links,
      runbook_url: `${RUNBOOKS}/AtlasBackupExportRateLimited.md`,
    },
  },
  {
    alert: 'AtlasBackupExportDiscoveryFailing',
    expr: `
      ${UNLISTED} * on (group_id) group_right () group by (group_id, owner) (${OWNER})
      or
      ${UNLISTED} unless on (group_id) ${OWNER}
      or
      ${UNLISTED_PROJECTS}`,
    for: '30m',
    keep_firing_for: '10m',
    labels: { severity: 'warning' },
    annotations: {
      summary: `{{ if $labels.group_id }}Project ${PROJECT_NAME}: its clusters{{ else }}Credential {{ $labels.credential }}: its projects{{ end }} cannot be listed`,
      description:
        'The exporter cannot list the {{ if $labels.group_id }}clusters of project {{ $labels.group_id }}{{ else }}projects that the credential {{ $labels.credential }} can see{{ end }}. ' +
        `It last succeeded{{ if $labels.group_id }}${sinceSuccess('discovery', 'group_id')}{{ else }}${sinceSuccess('projects_discovery', 'credential')}{{ end }}. ` +
        'Known clusters stay monitored. New ones are not monitored. The status page shows the error and the advice for it.',
      ...links,
      runbook_url: `${RUNBOOKS}/AtlasBackupExportDiscoveryFailing.md`,
    },
  },
];

/** @param installation the labels that distinguish installations, for example `job` */
export function exporterAlerts(installation: string): readonly Rule[] {
  const labels = installation.split(', ');
  const who = labels.map((label) => `{{ $labels.${label} }}`).join('/');
  const matchers = `{${labels.map((label) => `${label}=%q`).join(',')}}`;
  const ofInstallation = (query: string, format = '') => value(query.replace('{}', matchers), labels, format, '0');
  const alert = (
    name: string,
    rule: Omit<Rule, 'alert'> & { readonly annotations: Readonly<Record<string, string>> },
  ) => ({
    alert: `AtlasBackupExporter${name}`,
    ...rule,
    annotations: { ...rule.annotations, ...links, runbook_url: `${RUNBOOKS}/AtlasBackupExporter${name}.md` },
  });
  return [
    alert('Down', {
      comment:
        'Fires until the exporter is back. It does not fire if all exporters of an installation are gone and another installation watches ' +
        'all of its clusters. The last part is for a Prometheus that has never seen an exporter.',
      expr: `
        (
          ${MISSING} > 0
          unless (
            (${MISSING} == ${SHARD_COUNT})
            and ${CLUSTERS} > 0
            unless count by (${installation}) (${LOST})
          )
        )
        or
        (absent(${EXPORTER}build_info) unless on () ${MISSING})`,
      for: '5m',
      labels: { severity: 'critical' },
      annotations: {
        summary: `{{ if $labels.${labels.at(-1)} }}Backup exporter ${who}: {{ $value }} {{ if eq $value 1.0 }}exporter is{{ else }}exporters are{{ end }} down{{ else }}No backup exporter runs{{ end }}`,
        description:
          `{{ if $labels.${labels.at(-1)} }}{{ $value }} of ${ofInstallation(`${SHARD_COUNT}{}`)} exporters of ${who} ` +
          'did not run for most of the last ten minutes. ' +
          `Clusters that no exporter reads now: ${ofInstallation(`${UNREAD_COUNT}{}`)}. Alerts on overdue exports of these clusters use the ` +
          'last known data. See why the exporter does not start, or why Prometheus cannot scrape it.' +
          '{{ else }}Prometheus can scrape no exporter. No other alert will report on backup exports.{{ end }}',
      },
    }),
    alert('AtlasUnreachable', {
      expr: `${UNREACHABLE} >= ${limit('unreachable_ratio')}`,
      for: '5m',
      keep_firing_for: '10m',
      labels: { severity: 'critical' },
      annotations: {
        summary: `Backup exporter ${who}: it cannot reach Atlas`,
        description:
          `For {{ $value | humanizePercentage }} of the last ten minutes the exporter ${who} could not reach Atlas. It watches ` +
          `${ofInstallation(`count(${WATCHED}{})`)} clusters, whose newest exports are not known. Alerts on overdue exports use the ` +
          'last known data. Check the network of the exporter, then the status of Atlas.',
      },
    }),
    alert('FleetShrunk', {
      expr: `${DROP_FROM} and ${CLUSTERS} < ${limit('fleet_shrunk_ratio')} * ${DROP_FROM}`,
      labels: { severity: 'warning' },
      annotations: {
        summary: `Backup exporter ${who}: it watches only ${ofInstallation(`${CLUSTERS}{}`)} of {{ $value }} clusters`,
        description:
          `The exporter ${who} watched {{ $value }} clusters. Within minutes most of them were lost: ${ofInstallation(`${CLUSTERS}{}`)} are left. ` +
          'If that was not on purpose, check the last change of its config, and which projects its credentials may read. This alert ends after a day.',
      },
    }),
    alert('ClockSkew', {
      comment: 'The exporter notes the time every second. A scheduler that hangs looks the same.',
      expr: `
        max by (${installation}, instance) (
          abs(${EXPORTER}scheduler_last_tick_timestamp_seconds - timestamp(${EXPORTER}scheduler_last_tick_timestamp_seconds))
        ) > ${limit('clock_skew_seconds')}`,
      for: '10m',
      labels: { severity: 'warning' },
      annotations: {
        summary: 'Backup exporter {{ $labels.instance }}: its clock differs by {{ $value | humanizeDuration }}',
        description:
          'The clocks of the exporter at {{ $labels.instance }} and of Prometheus differ by {{ $value | humanizeDuration }}. The limit is ' +
          `${number('threshold:mongodbatlas_backup_export_clock_skew_seconds', 'humanizeDuration')}. Ages on its pages are wrong by this difference, ` +
          'and its requests for tokens may fail. Check the time synchronization of both hosts.',
      },
    }),
    alert('LabelsOverwritten', {
      comment:
        'A label of the scrape job or of its targets hides the label of the exporter, so the alerts mix up clusters.',
      expr: `
        count by (${installation}) (
          ${EXPORT}target_info{exported_cluster_name!=""}
          or
          ${EXPORT}target_info{exported_group_id!=""}
        )`,
      for: '5m',
      labels: { severity: 'critical' },
      annotations: {
        summary: `Backup exporter ${who}: a label of its scrape job hides cluster_name or group_id`,
        description:
          `{{ $value }} clusters of the exporter ${who} have the labels exported_cluster_name or exported_group_id, because the ` +
          'scrape job or the target sets a label of that name. So the alerts on clusters are wrong. Set honor_labels: true in the scrape job.',
      },
    }),
    alert('CredentialExpiring', {
      expr: `min by (credential) (${EXPORTER}credential_expiry_timestamp_seconds) - time() < ${limit('credential_expiring_seconds')}`,
      for: '1h',
      labels: { severity: 'warning' },
      annotations: {
        summary: `The Atlas credential {{ $labels.credential }} ${DAYS_LEFT}`,
        description:
          'According to expires_at in the config, the credential {{ $labels.credential }} {{ if gt $value 0.0 }}expires in ' +
          '{{ $value | humanizeDuration }}. Then{{ else }}expired' +
          `${value(`time() - min(${EXPORTER}credential_expiry_timestamp_seconds{credential=%q})`, ['credential'], 'humanizeDuration', '', ' ').replace('}}{{ end }}', '}} ago{{ end }}')}.{{ end }} ` +
          'Atlas {{ if gt $value 0.0 }}will deny{{ else }}denies{{ end }} access to all clusters that are polled with it. Create a new secret in Atlas and replace the old one.',
      },
    }),
    alert('WebCertificateExpiring', {
      expr: `min by (${installation}, instance) (${EXPORTER}web_certificate_expiry_timestamp_seconds) - time() < ${limit('web_certificate_expiring_seconds')}`,
      for: '1h',
      labels: { severity: 'warning' },
      annotations: {
        summary: `Backup exporter {{ $labels.instance }}: its web certificate ${DAYS_LEFT}`,
        description:
          `The certificate that the exporter at {{ $labels.instance }} serves ${DAYS_LEFT}. ` +
          'Without a valid one Prometheus cannot scrape the exporter. Renew it. The exporter reads the new files automatically.',
      },
    }),
    alert('SeriesDropped', {
      expr: `max by (limit) (${EXPORTER}series_dropped) > 0`,
      for: '1h',
      keep_firing_for: '10m',
      labels: { severity: 'info' },
      annotations: {
        summary:
          'The backup exporter has no series for {{ $value }} {{ if eq $labels.limit "active_jobs" }}active exports{{ else if eq $labels.limit "export_buckets" }}buckets{{ else }}error codes{{ end }}',
        description:
          '{{ $value }} {{ if eq $labels.limit "active_jobs" }}active exports have no series of their own, because polling.max_active_jobs is reached.' +
          '{{ else if eq $labels.limit "export_buckets" }}buckets have no series of their own. For each cluster the 20 buckets that were used last have one.' +
          '{{ else }}error codes have no series of their own. For each cluster the 20 most frequent codes have one.{{ end }} Counts and ages are complete.',
      },
    }),
    alert('ConfigReloadFailed', {
      expr: `min by (${installation}, instance) (${EXPORTER}config_last_reload_successful) == 0`,
      for: '10m',
      labels: { severity: 'warning' },
      annotations: {
        summary: 'The backup exporter at {{ $labels.instance }} could not reload its config',
        description:
          'The exporter at {{ $labels.instance }} continues with the last valid config, which it read' +
          `${value(`time() - ${EXPORTER}config_last_reload_success_timestamp_seconds{instance=%q}`, ['instance'], 'humanizeDuration', ' earlier', ' ').replace('}}{{ else }}', '}} ago{{ else }}')}. ` +
          'After a restart it would not start. Its log and `check` list the errors.',
      },
    }),
  ];
}
