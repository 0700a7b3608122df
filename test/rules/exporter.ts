/** Each alert on the exporters themselves. */
import { failing } from './polls.ts';
import { type Check, during, firesAllTheTime, firesFor, onlyThese, query, quiet, turns, type World } from './world.ts';

const DOWN = 'AtlasBackupExporterDown';
const names = ['a', 'b', 'c', 'd', 'e', 'f'];
const labels = { job: 'j' };
const only = (minute: number, ...alerts: Parameters<typeof onlyThese>[1][]): Check => onlyThese(minute, ...alerts);

export const exporterWorlds: readonly World[] = [
  {
    name: 'Down fires ten minutes after the exporter died, alone, as long as it is gone, and resolves when it is back',
    minutes: 60,
    exporters: [{ down: during(10, 40) }],
    clusters: [{ name: 'orders' }, { name: 'users' }],
    checks: [
      ...quiet(DOWN, 19),
      firesFor(DOWN, 20, {
        severity: 'critical',
        labels,
        summary: 'Backup exporter j: 1 exporter is down',
        description:
          '1 of 1 exporters of j did not run for most of the last ten minutes. Clusters that no exporter reads now: 2. Alerts on overdue exports of these clusters use the last known data. See why the exporter does not start, or why Prometheus cannot scrape it.',
      }),
      firesAllTheTime(DOWN, 20, 40),
      ...quiet(DOWN, 46),
      only(60, DOWN),
    ],
  },
  {
    name: 'a Prometheus that has never seen an exporter says so',
    minutes: 12,
    step: 4,
    exporters: [{ down: during(0) }],
    clusters: [],
    checks: [
      ...quiet(DOWN, 4),
      firesFor(DOWN, 8, {
        severity: 'critical',
        summary: 'No backup exporter runs',
        description: 'Prometheus can scrape no exporter. No other alert will report on backup exports.',
      }),
      only(12, DOWN),
    ],
  },
  {
    name: 'one of two shards that is gone is told of all the time',
    minutes: 300,
    step: 4,
    exporters: [
      { instance: 'a', metrics: { shard_count: 2 } },
      { instance: 'copy', metrics: { shard_count: 2 } },
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
      firesAllTheTime(DOWN, 40, 300),
      // The success of users was an hour old when its shard died.
      firesAllTheTime('Overdue', 212, 300, 'cluster_name="users"'),
      only(300, DOWN, 'Overdue'),
    ],
  },
  {
    name: 'a restart of four minutes, a new installation, fewer shards and a retired project are not Down',
    minutes: 100,
    step: 4,
    exporters: [
      { job: 'restarted', down: during(20, 24) },
      { job: 'new', down: during(0, 40) },
      { job: 'fewer', instance: 'a', metrics: { shard_count: turns(2, 40, 1) } },
      { job: 'fewer', instance: 'b', metrics: { shard_count: 2, shard_index: 1 }, down: during(40) },
    ],
    clusters: [
      { name: 'a', job: 'restarted' },
      { name: 'retired', group: 'p2', job: 'restarted', absent: during(60) },
      { name: 'b', job: 'new' },
      { name: 'c', job: 'fewer' },
      { name: 'd', job: 'fewer', instance: 'b' },
      { name: 'd', job: 'fewer', instance: 'a', absent: during(0, 40) },
    ],
    checks: [only(100)],
  },
  {
    name: 'a shard that was added is missing until it runs, also while another shard still has the old config',
    minutes: 24,
    step: 4,
    exporters: [
      { metrics: { shard_count: 3 } },
      { instance: 'b', metrics: { shard_count: turns(2, 16, 3), shard_index: 1 } },
      { instance: 'c', metrics: { shard_count: 3, shard_index: 2 }, down: during(0, 16) },
    ],
    clusters: [],
    checks: [firesAllTheTime(DOWN, 8, 16), ...quiet(DOWN, 20)],
  },
  {
    name: 'an installation that is gone is told of although another one lives, unless that one watches the same clusters',
    minutes: 60,
    step: 4,
    exporters: [{ job: 'j' }, { job: 'gone', down: during(12) }, { job: 'twin', down: during(12) }],
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
    minutes: 100,
    step: 4,
    exporters: [
      {
        metrics: {
          atlas_reachable: turns(1, 12, turns(0, 56, 1)),
          'discovery_up{group_id="5f1a00000000000000000001"}': turns(1, 12, turns(0, 64, 1)),
        },
      },
    ],
    clusters: names.map((name) => ({ name, metrics: failing('network', 16, 60) })),
    checks: [
      ...quiet('AtlasBackupExporterAtlasUnreachable', 24),
      firesFor('AtlasBackupExporterAtlasUnreachable', 28, {
        severity: 'critical',
        labels,
        summary: 'Backup exporter j: it cannot reach Atlas',
        description:
          'For 100% of the last ten minutes the exporter j could not reach Atlas. It watches 6 clusters, whose newest exports are not known. Alerts on overdue exports use the last known data. Check the network of the exporter, then the status of Atlas.',
      }),
      firesAllTheTime('AtlasBackupExporterAtlasUnreachable', 28, 72),
      ...quiet('AtlasBackupExporterAtlasUnreachable', 84),
      only(100, 'AtlasBackupExporterAtlasUnreachable'),
    ],
  },
  {
    name: 'AtlasUnreachable fires when over half of the clusters get no answer, not at half of them, and not for two clusters',
    minutes: 48,
    step: 4,
    exporters: [
      { job: 'over' },
      { job: 'three' },
      { job: 'half' },
      { job: 'few' },
      { job: 'few', instance: 'copy' },
      { job: 'blind' },
      { job: 'seeing' },
    ],
    clusters: [
      ...names.map((name, index) => ({
        name,
        group: 'over',
        job: 'over',
        metrics: index < 4 ? failing('server_error', 8) : {},
      })),
      ...names.slice(1).map((name, index) => ({
        name,
        group: 'three',
        job: 'three',
        metrics: index < 3 ? failing('network', 8) : {},
      })),
      ...names.map((name, index) => ({
        name,
        group: 'half',
        job: 'half',
        metrics: index < 3 ? failing('timeout', 8) : {},
      })),
      ...['a', 'copy'].flatMap((instance) =>
        ['a', 'b'].map((name) => ({ name, group: 'few', job: 'few', instance, metrics: failing('timeout', 8) })),
      ),
      // Another installation reads them.
      ...names.flatMap((name) => [
        { name, group: 'read', job: 'blind', metrics: failing('timeout', 8) },
        { name, group: 'read', job: 'seeing' },
      ]),
      { name: 'unread', group: 'read', job: 'seeing', metrics: failing('timeout', 8) },
    ],
    checks: [
      query(
        48,
        'group by (job) (ALERTS{alertname="AtlasBackupExporterAtlasUnreachable"})',
        ['{job="over"}', 1],
        ['{job="three"}', 1],
      ),
      only(48, ['AtlasBackupExporterAtlasUnreachable', 2], ['TargetDown', 6]),
    ],
  },
  {
    name: 'an exporter that cannot reach Atlas is no page while another installation reads all of its clusters',
    minutes: 40,
    step: 4,
    exporters: [{ job: 'blind', metrics: { atlas_reachable: 0 } }, { job: 'seeing' }],
    clusters: names.flatMap((name) => [
      { name, job: 'blind', metrics: failing('network', 8) },
      { name, job: 'seeing' },
    ]),
    checks: [only(40)],
  },
  {
    // Of five samples the first three say so: at least half of those in any range.
    name: 'an exporter that cannot reach Atlas half of the time is one page, and nothing that follows from it is told',
    minutes: 60,
    step: 2,
    exporters: [
      {
        metrics: {
          atlas_reachable: (minute) => (minute % 10 < 6 ? 0 : 1),
          'discovery_up{group_id="5f1a00000000000000000001"}': 0,
          'projects_discovery_up{credential="main"}': 0,
        },
      },
    ],
    clusters: names.map((name, index) => ({ name, metrics: index < 2 ? failing('network', 4) : {} })),
    checks: [only(60, 'AtlasBackupExporterAtlasUnreachable')],
  },
  {
    name: 'one of two shards that cannot reach Atlas is a page, and so is an exporter that has not found its clusters',
    minutes: 40,
    step: 4,
    exporters: [
      { metrics: { shard_count: 2 } },
      { instance: 'b', metrics: { shard_count: 2, shard_index: 1, atlas_reachable: 0 } },
      { job: 'new', metrics: { atlas_reachable: 0 } },
    ],
    clusters: [...names.map((name) => ({ name })), { name: 'orders', instance: 'b', metrics: failing('network', 4) }],
    checks: [only(40, ['AtlasBackupExporterAtlasUnreachable', 2])],
  },
  {
    name: 'an exporter without clusters that is gone is told of, and one of two shards, also if another installation watches the same',
    minutes: 40,
    step: 4,
    exporters: [
      {},
      { job: 'empty', down: during(12) },
      { job: 'two', metrics: { shard_count: 2 } },
      { job: 'two', instance: 'b', metrics: { shard_count: 2, shard_index: 1 }, down: during(12) },
    ],
    clusters: [{ name: 'a' }, { name: 'b' }, { name: 'a', job: 'two' }, { name: 'b', job: 'two', instance: 'b' }],
    checks: [only(40, [DOWN, 2])],
  },
  {
    name: 'FleetShrunk fires when all clusters are lost, not when half of them are lost and others later',
    minutes: 80,
    step: 4,
    exporters: [{ job: 'all' }, { job: 'half' }, { job: 'back' }],
    clusters: [
      ...['a', 'b', 'c', 'd', 'e'].map((name) => ({ name, group: 'all', job: 'all', absent: during(20) })),
      ...names.map((name, index) => ({
        name,
        group: 'half',
        job: 'half',
        absent: during([20, 20, 20, 52][index] ?? 99),
      })),
      ...names.map((name, index) => ({
        name,
        group: 'back',
        job: 'back',
        absent: index < 4 ? during(20, index < 3 ? 99 : 52) : () => false,
      })),
    ],
    checks: [
      firesFor('AtlasBackupExporterFleetShrunk', 80, {
        severity: 'warning',
        labels: { job: 'all' },
        summary: 'Backup exporter all: it watches only 0 of 5 clusters',
        description:
          'The exporter all watched 5 clusters. Within minutes most of them were lost: 0 are left. If that was not on purpose, check the last change of its config, and which projects its credentials may read. This alert ends after a day.',
      }),
      only(80, ['AtlasBackupExporterFleetShrunk', 2]),
    ],
  },
  {
    name: 'ClockSkew fires when the clock of an exporter differs, and neither DataStale nor anything else does',
    minutes: 60,
    step: 4,
    exporters: [
      {
        instance: 'a',
        metrics: {
          scheduler_last_tick_timestamp_seconds: (minute) => minute * 60 - (during(4, 28)(minute) ? 180 : 0),
        },
      },
      {
        instance: 'b',
        metrics: {
          scheduler_last_tick_timestamp_seconds: (minute) => minute * 60 + (during(20, 40)(minute) ? 600 : 120),
        },
      },
    ],
    clusters: [
      {
        name: 'behind',
        instance: 'a',
        metrics: {
          last_poll_success_timestamp_seconds: (minute) => minute * 60 - (during(4, 28)(minute) ? 240 : 60),
          poll_interval_seconds: 60,
        },
      },
      {
        name: 'ahead',
        instance: 'b',
        metrics: { last_poll_success_timestamp_seconds: (minute) => minute * 60 + 60 },
      },
    ],
    checks: [
      ...quiet('AtlasBackupExporterClockSkew', 12),
      firesFor('AtlasBackupExporterClockSkew', 16, {
        severity: 'warning',
        labels: { job: 'j', instance: 'a' },
        summary: 'Backup exporter a: its clock differs by 3m 0s',
        description:
          'The clocks of the exporter at a and of Prometheus differ by 3m 0s. The limit is 2m 0s. Ages on its pages are wrong by this difference, and its requests for tokens may fail. Check the time synchronization of both hosts.',
      }),
      query(32, 'ALERTS{alertstate="firing"}', [
        'ALERTS{alertname="AtlasBackupExporterClockSkew",alertstate="firing",instance="b",job="j",severity="warning"}',
        1,
      ]),
      ...quiet('AtlasBackupExporterClockSkew', 40),
      only(60, ['AtlasBackupExporterClockSkew', 2]),
    ],
  },
  {
    name: 'an exporter ten minutes ahead does not hide polls that hang',
    minutes: 32,
    step: 4,
    exporters: [{ metrics: { scheduler_last_tick_timestamp_seconds: (minute) => minute * 60 + 600 } }],
    clusters: [{ name: 'orders', metrics: { last_poll_success_timestamp_seconds: 600 } }],
    checks: [query(32, 'count(ALERTS{alertname="AtlasBackupExportDataStale",alertstate="firing"})', ['{}', 1])],
  },
  {
    name: 'LabelsOverwritten fires when a scrape hides the labels of the exporter',
    minutes: 24,
    step: 4,
    clusters: [
      {
        name: 'kubernetes',
        metrics: { 'target_info{exported_cluster_name="orders"}': turns(undefined, 4, turns(1, 20, undefined)) },
      },
      {
        name: 'kubernetes',
        metrics: { 'target_info{exported_group_id="p"}': turns(undefined, 4, turns(1, 20, undefined)), up: undefined },
        absent: during(20),
      },
    ],
    checks: [
      ...quiet('AtlasBackupExporterLabelsOverwritten', 8),
      firesFor('AtlasBackupExporterLabelsOverwritten', 12, {
        severity: 'critical',
        labels,
        summary: 'Backup exporter j: a label of its scrape job hides cluster_name or group_id',
        description:
          '2 clusters of the exporter j have the labels exported_cluster_name or exported_group_id, because the scrape job or the target sets a label of that name. So the alerts on clusters are wrong. Set honor_labels: true in the scrape job.',
      }),
      ...quiet('AtlasBackupExporterLabelsOverwritten', 20),
    ],
  },
  {
    name: 'CredentialExpiring fires an hour after fewer than 14 days are left',
    minutes: 100,
    step: 4,
    exporters: [
      {
        metrics: {
          'credential_expiry_timestamp_seconds{credential="main"}': turns(1_209_600 + 240, 76, 9e9),
          'credential_expiry_timestamp_seconds{credential="old"}': turns(9e9, 24, turns(600, 92, 9e9)),
        },
      },
      // Another config has no such time yet.
      { instance: 'b', metrics: { 'credential_expiry_timestamp_seconds{credential="main"}': 9e9 } },
    ],
    clusters: [],
    checks: [
      ...quiet('AtlasBackupExporterCredentialExpiring', 64),
      firesFor('AtlasBackupExporterCredentialExpiring', 68, {
        severity: 'warning',
        labels: { credential: 'main' },
        summary: 'The Atlas credential main expires in 13d 22h 56m 0s',
        description:
          'According to expires_at in the config, the credential main expires in 13d 22h 56m 0s. Then Atlas will deny access to all clusters that are polled with it. Create a new secret in Atlas and replace the old one.',
      }),
      firesFor('AtlasBackupExporterCredentialExpiring', 88, {
        severity: 'warning',
        labels: { credential: 'old' },
        summary: 'The Atlas credential old has expired',
        description:
          'According to expires_at in the config, the credential old expired 1h 18m 0s ago. Atlas denies access to all clusters that are polled with it. Create a new secret in Atlas and replace the old one.',
      }),
      ...quiet('AtlasBackupExporterCredentialExpiring', 92),
      only(100, ['AtlasBackupExporterCredentialExpiring', 2]),
    ],
  },
  {
    name: 'WebCertificateExpiring fires an hour after fewer than seven days are left',
    minutes: 88,
    step: 4,
    exporters: [{ metrics: { web_certificate_expiry_timestamp_seconds: turns(604_800 + 240, 80, 9e9) } }],
    clusters: [],
    checks: [
      ...quiet('AtlasBackupExporterWebCertificateExpiring', 64),
      firesFor('AtlasBackupExporterWebCertificateExpiring', 68, {
        severity: 'warning',
        labels: { job: 'j', instance: 'a' },
        summary: 'Backup exporter a: its web certificate expires in 6d 22h 56m 0s',
        description:
          'The certificate that the exporter at a serves expires in 6d 22h 56m 0s. Without a valid one Prometheus cannot scrape the exporter. Renew it. The exporter reads the new files automatically.',
      }),
      ...quiet('AtlasBackupExporterWebCertificateExpiring', 80),
      only(88, 'AtlasBackupExporterWebCertificateExpiring'),
    ],
  },
  {
    name: 'SeriesDropped fires an hour after a limit was reached, and resolves ten minutes after the end',
    minutes: 92,
    step: 4,
    exporters: [
      { metrics: { 'series_dropped{limit="active_jobs"}': turns(0, 4, turns(3, 72, 0)) } },
      // Another exporter of the same clusters: the larger number counts.
      { instance: 'b', metrics: { 'series_dropped{limit="active_jobs"}': turns(0, 4, turns(1, 72, 0)) } },
    ],
    clusters: [],
    checks: [
      ...quiet('AtlasBackupExporterSeriesDropped', 60),
      firesFor('AtlasBackupExporterSeriesDropped', 64, {
        severity: 'info',
        labels: { limit: 'active_jobs' },
        summary: 'The backup exporter has no series for 3 active exports',
        description:
          '3 active exports have no series of their own, because polling.max_active_jobs is reached. Counts and ages are complete.',
      }),
      firesAllTheTime('AtlasBackupExporterSeriesDropped', 64, 80),
      ...quiet('AtlasBackupExporterSeriesDropped', 84),
      only(92, 'AtlasBackupExporterSeriesDropped'),
    ],
  },
  {
    name: 'ConfigReloadFailed fires ten minutes after a failed reload, and resolves with a successful one',
    minutes: 36,
    step: 4,
    exporters: [
      {
        metrics: {
          config_last_reload_successful: turns(1, 4, turns(0, 28, 1)),
          config_last_reload_success_timestamp_seconds: turns(0, 28, 1680),
        },
      },
    ],
    clusters: [],
    checks: [
      ...quiet('AtlasBackupExporterConfigReloadFailed', 12),
      firesFor('AtlasBackupExporterConfigReloadFailed', 16, {
        severity: 'warning',
        labels: { job: 'j', instance: 'a' },
        summary: 'The backup exporter at a could not reload its config',
        description:
          'The exporter at a continues with the last valid config, which it read 16m 0s ago. After a restart it would not start. Its log and `check` list the errors.',
      }),
      ...quiet('AtlasBackupExporterConfigReloadFailed', 28),
      only(36, 'AtlasBackupExporterConfigReloadFailed'),
    ],
  },
];
