/** Each alert on the exporters themselves. */
import { failing } from './polls.ts';
import { type Check, during, firesAllTheTime, firesFor, onlyThese, query, quiet, turns, type World } from './world.ts';

const DOWN = 'AtlasBackupExporterDown';
const names = ['a', 'b', 'c', 'd', 'e', 'f'];
const fine = names.map((name) => ({ name }));
const labels = { job: 'j' };
const only = (minute: number, ...alerts: Parameters<typeof onlyThese>[1][]): Check => onlyThese(minute, ...alerts);

export const exporterWorlds: readonly World[] = [
  {
    name: 'Down fires eleven minutes after the exporter died, alone, as long as it is gone, and resolves when it is back',
    minutes: 200,
    exporters: [{ down: during(10, 180) }],
    clusters: [{ name: 'orders' }, { name: 'users' }],
    checks: [
      ...quiet(DOWN, 19),
      firesFor(DOWN, 21, {
        severity: 'critical',
        labels,
        summary: 'Backup exporter j: 1 exporter is down',
        description:
          '1 of 1 exporters of j did not run for most of the last ten minutes. Clusters that no exporter reads now: 2. Alerts on overdue exports of these clusters use the last known data. See why the exporter does not start, or why Prometheus cannot scrape it.',
      }),
      firesAllTheTime(DOWN, 21, 180),
      ...quiet(DOWN, 186),
      only(200, DOWN),
    ],
  },
  {
    name: 'a Prometheus that has never seen an exporter says so',
    minutes: 10,
    exporters: [{ down: during(0) }],
    clusters: [],
    checks: [
      ...quiet(DOWN, 4),
      firesFor(DOWN, 5, {
        severity: 'critical',
        summary: 'No backup exporter runs',
        description: 'Prometheus can scrape no exporter. No other alert will report on backup exports.',
      }),
      only(10, DOWN),
    ],
  },
  {
    name: 'one of two shards that is gone for longer than half a day is told of all the time',
    minutes: 780,
    step: 4,
    exporters: [
      { instance: 'a', metrics: { shard_count: 2 } },
      { instance: 'b', metrics: { shard_count: 2, shard_index: 1 }, down: during(12) },
    ],
    clusters: [{ name: 'orders' }, { name: 'users', instance: 'b', metrics: { success_max_age_seconds: 4 * 3600 } }],
    checks: [
      firesFor(DOWN, 40, {
        severity: 'critical',
        labels,
        summary: 'Backup exporter j: 1 exporter is down',
        description:
          '1 of 2 exporters of j did not run for most of the last ten minutes. Clusters that no exporter reads now: 1. Alerts on overdue exports of these clusters use the last known data. See why the exporter does not start, or why Prometheus cannot scrape it.',
      }),
      firesAllTheTime(DOWN, 40, 780),
      // The success of users was an hour old when its shard died.
      firesAllTheTime('Overdue', 212, 780, 'cluster_name="users"'),
      only(780, DOWN, 'Overdue'),
    ],
  },
  {
    name: 'an exporter that is up for one of six minutes is down',
    minutes: 120,
    exporters: [{ down: (minute) => minute >= 10 && minute % 6 !== 0 }],
    clusters: fine,
    checks: [firesAllTheTime(DOWN, 25, 120), only(120, DOWN)],
  },
  {
    name: 'a restart of three minutes, a new installation, fewer shards and a retired project are not Down',
    minutes: 200,
    exporters: [
      { job: 'restarted', down: during(20, 23) },
      { job: 'new', down: during(0, 50) },
      { job: 'fewer', instance: 'a', metrics: { shard_count: turns(2, 60, 1) } },
      { job: 'fewer', instance: 'b', metrics: { shard_count: 2, shard_index: 1 }, down: during(60) },
    ],
    clusters: [
      { name: 'a', job: 'restarted' },
      { name: 'retired', group: 'p2', job: 'restarted', absent: during(100) },
      { name: 'b', job: 'new' },
      { name: 'c', job: 'fewer' },
      { name: 'd', job: 'fewer', instance: 'b' },
      { name: 'd', job: 'fewer', instance: 'a', absent: during(0, 60) },
    ],
    checks: [only(200)],
  },
  {
    name: 'an installation that is gone is told of although another one lives, unless that one watches the same clusters',
    minutes: 60,
    exporters: [{ job: 'j' }, { job: 'gone', down: during(10) }, { job: 'twin', down: during(10) }],
    clusters: [
      { name: 'orders' },
      { name: 'orders', job: 'twin' },
      { name: 'lost', job: 'gone' },
      { name: 'orders', job: 'gone' },
    ],
    checks: [
      firesFor(DOWN, 60, {
        severity: 'critical',
        labels: { job: 'gone' },
        summary: 'Backup exporter gone: 1 exporter is down',
        description:
          '1 of 1 exporters of gone did not run for most of the last ten minutes. Clusters that no exporter reads now: 1. Alerts on overdue exports of these clusters use the last known data. See why the exporter does not start, or why Prometheus cannot scrape it.',
      }),
      only(60, DOWN),
    ],
  },
  {
    name: 'AtlasUnreachable fires alone when the exporter says so, and resolves after Atlas is back',
    minutes: 120,
    exporters: [
      {
        metrics: {
          atlas_reachable: turns(1, 10, turns(0, 70, 1)),
          'discovery_up{group_id="5f1a00000000000000000001"}': turns(1, 10, turns(0, 75, 1)),
        },
      },
    ],
    clusters: names.map((name) => ({ name, metrics: failing('network', 12, 73) })),
    checks: [
      ...quiet('AtlasBackupExporterAtlasUnreachable', 20),
      firesFor('AtlasBackupExporterAtlasUnreachable', 22, {
        severity: 'critical',
        labels,
        summary: 'Backup exporter j: it cannot reach Atlas',
        description:
          'For 100% of the last ten minutes the exporter j could not reach Atlas. It watches 6 clusters, whose newest exports are not known. Alerts on overdue exports use the last known data. Check the network of the exporter, then the status of Atlas.',
      }),
      firesAllTheTime('AtlasBackupExporterAtlasUnreachable', 22, 80),
      ...quiet('AtlasBackupExporterAtlasUnreachable', 90),
      only(120, 'AtlasBackupExporterAtlasUnreachable'),
    ],
  },
  {
    name: 'AtlasUnreachable fires when over half of the clusters get no answer, not at half of them, and not for two clusters',
    minutes: 60,
    exporters: [{ job: 'over' }, { job: 'half' }, { job: 'few' }],
    clusters: [
      ...names.map((name, index) => ({
        name,
        group: 'over',
        job: 'over',
        metrics: index < 4 ? failing('server_error', 5) : {},
      })),
      ...names.map((name, index) => ({
        name,
        group: 'half',
        job: 'half',
        metrics: index < 3 ? failing('timeout', 5) : {},
      })),
      ...['a', 'b'].map((name) => ({ name, group: 'few', job: 'few', metrics: failing('timeout', 5) })),
    ],
    checks: [
      query(60, 'ALERTS{alertname="AtlasBackupExporterAtlasUnreachable"}', [
        'ALERTS{alertname="AtlasBackupExporterAtlasUnreachable",alertstate="firing",job="over",severity="critical"}',
        1,
      ]),
      only(60, 'AtlasBackupExporterAtlasUnreachable', ['TargetDown', 5]),
    ],
  },
  {
    name: 'FleetShrunk fires when most clusters are lost at once, not if they are retired one by one, and resolves after a day',
    minutes: 1600,
    step: 4,
    exporters: [{ job: 'j' }, { job: 'slowly' }, { job: 'half' }, { job: 'small' }],
    clusters: [
      ...names.map((name, index) => ({ name, absent: index < 4 ? during(20) : () => false })),
      ...names.map((name, index) => ({
        name,
        group: 'slowly',
        job: 'slowly',
        absent: index < 4 ? during(20 + 32 * index) : () => false,
      })),
      ...names.map((name, index) => ({
        name,
        group: 'half',
        job: 'half',
        absent: index < 3 ? during(20) : () => false,
      })),
      ...['a', 'b', 'c', 'd'].map((name, index) => ({
        name,
        group: 'small',
        job: 'small',
        absent: index < 3 ? during(20) : () => false,
      })),
    ],
    checks: [
      ...quiet('AtlasBackupExporterFleetShrunk', 24),
      firesFor('AtlasBackupExporterFleetShrunk', 28, {
        severity: 'warning',
        labels,
        summary: 'Backup exporter j: it watches only 2 of 6 clusters',
        description:
          'The exporter j watched 6 clusters. Within minutes most of them were lost: 2 are left. If that was not on purpose, check the last change of its config, and which projects its credentials may read. This alert ends after a day.',
      }),
      firesAllTheTime('AtlasBackupExporterFleetShrunk', 28, 1464),
      ...quiet('AtlasBackupExporterFleetShrunk', 1472),
      only(1600, 'AtlasBackupExporterFleetShrunk'),
    ],
  },
  {
    name: 'ClockSkew fires when the clock of an exporter differs, and neither DataStale nor anything else does',
    minutes: 60,
    exporters: [
      {
        instance: 'a',
        metrics: {
          scheduler_last_tick_timestamp_seconds: (minute) => minute * 60 + (during(5, 40)(minute) ? 600 : 120),
        },
      },
      { instance: 'b', metrics: { scheduler_last_tick_timestamp_seconds: (minute) => minute * 60 - 600 } },
    ],
    clusters: [
      { name: 'ahead', metrics: { last_poll_success_timestamp_seconds: (minute) => minute * 60 + 540 } },
      {
        name: 'behind',
        instance: 'b',
        metrics: { last_poll_success_timestamp_seconds: (minute) => minute * 60 - 660, poll_interval_seconds: 60 },
      },
    ],
    checks: [
      query(14, 'count(ALERTS{alertname="AtlasBackupExporterClockSkew",alertstate="firing"})', ['{}', 1]),
      query(15, 'count(ALERTS{alertname="AtlasBackupExporterClockSkew",alertstate="firing"})', ['{}', 2]),
      query(50, 'count(ALERTS{alertname="AtlasBackupExporterClockSkew",alertstate="firing"})', ['{}', 1]),
      only(60, ['AtlasBackupExporterClockSkew', 2]),
    ],
  },
  {
    name: 'an exporter ten minutes ahead does not hide polls that hang',
    minutes: 60,
    exporters: [{ metrics: { scheduler_last_tick_timestamp_seconds: (minute) => minute * 60 + 600 } }],
    clusters: [{ name: 'orders', metrics: { last_poll_success_timestamp_seconds: 600 } }],
    checks: [query(30, 'count(ALERTS{alertname="AtlasBackupExportDataStale",alertstate="firing"})', ['{}', 1])],
  },
  {
    name: 'ClockSkew has its text',
    minutes: 40,
    exporters: [
      {
        metrics: { scheduler_last_tick_timestamp_seconds: (minute) => minute * 60 - (during(5, 30)(minute) ? 180 : 0) },
      },
    ],
    clusters: [],
    checks: [
      ...quiet('AtlasBackupExporterClockSkew', 14),
      firesFor('AtlasBackupExporterClockSkew', 15, {
        severity: 'warning',
        labels: { job: 'j', instance: 'a' },
        summary: 'Backup exporter a: its clock differs by 3m 0s',
        description:
          'The clocks of the exporter at a and of Prometheus differ by 3m 0s. The limit is 2m 0s. Ages on its pages are wrong by that, and its requests for tokens may fail. Check the time synchronization of both hosts.',
      }),
      ...quiet('AtlasBackupExporterClockSkew', 30),
    ],
  },
  {
    name: 'LabelsOverwritten fires when a scrape hides the labels of the exporter',
    minutes: 40,
    clusters: [
      {
        name: 'kubernetes',
        metrics: { 'target_info{exported_cluster_name="orders"}': turns(undefined, 5, turns(1, 20, undefined)) },
      },
      {
        name: 'kubernetes',
        metrics: { 'target_info{exported_group_id="p"}': turns(undefined, 5, turns(1, 20, undefined)), up: undefined },
        absent: during(20),
      },
    ],
    checks: [
      ...quiet('AtlasBackupExporterLabelsOverwritten', 9),
      firesFor('AtlasBackupExporterLabelsOverwritten', 10, {
        severity: 'critical',
        labels,
        summary: 'Backup exporter j: a label of its scrape job hides cluster_name or group_id',
        description:
          '2 clusters of the exporter j have the labels exported_cluster_name or exported_group_id, because the scrape job or the target sets a label of that name. No alert on a cluster is right. Set honor_labels: true in the scrape job.',
      }),
      ...quiet('AtlasBackupExporterLabelsOverwritten', 20),
    ],
  },
  {
    name: 'CredentialExpiring fires an hour after fewer than 14 days are left',
    minutes: 100,
    exporters: [
      {
        metrics: {
          'credential_expiry_timestamp_seconds{credential="main"}': turns(1_209_600 + 300, 90, 9e9),
          'credential_expiry_timestamp_seconds{credential="old"}': turns(1, 90, 9e9),
        },
      },
    ],
    clusters: fine,
    checks: [
      ...quiet('AtlasBackupExporterCredentialExpiring', 59),
      query(61, 'count(ALERTS{alertname="AtlasBackupExporterCredentialExpiring",alertstate="firing"})', ['{}', 1]),
      ...quiet('AtlasBackupExporterCredentialExpiring', 90),
      only(100, ['AtlasBackupExporterCredentialExpiring', 2]),
    ],
  },
  {
    name: 'CredentialExpiring has its text',
    minutes: 100,
    exporters: [
      { metrics: { 'credential_expiry_timestamp_seconds{credential="main"}': turns(1_209_600 + 300, 90, 9e9) } },
    ],
    clusters: fine,
    checks: [
      ...quiet('AtlasBackupExporterCredentialExpiring', 65),
      firesFor('AtlasBackupExporterCredentialExpiring', 66, {
        severity: 'warning',
        labels: { credential: 'main' },
        summary: 'The Atlas credential main expires in 13d 22h 59m 0s',
        description:
          'According to expires_at in the config, the credential main expires in 13d 22h 59m 0s. Then Atlas will deny access to all clusters that are polled with it. Create a new secret in Atlas and replace the old one.',
      }),
      ...quiet('AtlasBackupExporterCredentialExpiring', 90),
    ],
  },
  {
    name: 'WebCertificateExpiring fires an hour after fewer than seven days are left',
    minutes: 100,
    exporters: [{ metrics: { web_certificate_expiry_timestamp_seconds: turns(604_800 + 300, 90, 9e9) } }],
    clusters: fine,
    checks: [
      ...quiet('AtlasBackupExporterWebCertificateExpiring', 65),
      firesFor('AtlasBackupExporterWebCertificateExpiring', 66, {
        severity: 'warning',
        labels: { job: 'j', instance: 'a' },
        summary: 'Backup exporter a: its web certificate expires in 6d 22h 59m 0s',
        description:
          'The certificate that the exporter at a serves expires in 6d 22h 59m 0s. Without a valid one Prometheus cannot scrape the exporter. Renew it. The exporter reads the new files by itself.',
      }),
      ...quiet('AtlasBackupExporterWebCertificateExpiring', 90),
      only(100, 'AtlasBackupExporterWebCertificateExpiring'),
    ],
  },
  {
    name: 'SeriesDropped fires an hour after a limit was reached, and resolves ten minutes after the end',
    minutes: 100,
    exporters: [{ metrics: { 'series_dropped{limit="active_jobs"}': turns(0, 5, turns(3, 80, 0)) } }],
    clusters: fine,
    checks: [
      ...quiet('AtlasBackupExporterSeriesDropped', 64),
      firesFor('AtlasBackupExporterSeriesDropped', 65, {
        severity: 'info',
        labels: { limit: 'active_jobs' },
        summary: 'The backup exporter has no series for 3 active exports',
        description:
          '3 active exports have no series of their own, because polling.max_active_jobs is reached. Counts and ages are complete.',
      }),
      ...quiet('AtlasBackupExporterSeriesDropped', 90),
      only(100, 'AtlasBackupExporterSeriesDropped'),
    ],
  },
  {
    name: 'ConfigReloadFailed fires ten minutes after a failed reload, and resolves with a successful one',
    minutes: 40,
    exporters: [
      {
        metrics: {
          config_last_reload_successful: turns(1, 5, turns(0, 30, 1)),
          config_last_reload_success_timestamp_seconds: turns(0, 30, 1800),
        },
      },
    ],
    clusters: fine,
    checks: [
      ...quiet('AtlasBackupExporterConfigReloadFailed', 14),
      firesFor('AtlasBackupExporterConfigReloadFailed', 15, {
        severity: 'warning',
        labels: { job: 'j', instance: 'a' },
        summary: 'The backup exporter at a could not reload its config',
        description:
          'The exporter at a continues with the last valid config, which it read 15m 0s ago. After a restart it would not start. Its log and `check` name the mistake.',
      }),
      ...quiet('AtlasBackupExporterConfigReloadFailed', 30),
      only(40, 'AtlasBackupExporterConfigReloadFailed'),
    ],
  },
];
