/** What was known stays known, changes of a policy are no outage, and a cluster that is gone or new causes nothing. */
import { failing } from './polls.ts';
import {
  ACTIVE,
  BUCKET,
  DATA,
  during,
  firesAllTheTime,
  GROUP,
  HOUR,
  OTHER_BUCKET,
  old,
  onlyThese,
  query,
  SUCCESS,
  turns,
  type Values,
  type World,
} from './world.ts';

const overdue: Values = { [SUCCESS]: -30 * HOUR };
const UNREACHABLE = 'AtlasBackupExporterAtlasUnreachable';
const others = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name }));

const recorded = (name: string, cluster: string) =>
  `cluster:mongodbatlas_backup_export_${name}:max{group_id="${GROUP}",cluster_name="${cluster}"}`;

/** A schedule that exports nothing, shown until a minute. */
const scheduleUntil = (minute: number): Values => ({
  auto_export_has_policy_item: turns(0, minute, undefined),
  auto_export_enabled: turns(1, minute, undefined),
  success_max_age_seconds: turns(26 * HOUR, minute, undefined),
  [BUCKET]: turns(1, minute, undefined),
});

export const rememberedWorlds: readonly World[] = [
  {
    name: 'an outage with many restarts: a named cluster that is overdue stays so, and one that becomes overdue pages',
    minutes: 260,
    step: 4,
    exporters: [
      {
        metrics: { atlas_reachable: turns(1, 32, turns(0, 240, 1)) },
        down: (minute) => during(60, 230)(minute) && minute % 48 < 4,
      },
    ],
    clusters: [
      { name: 'orders', unread: during(60, 240), metrics: { ...overdue, ...failing('network', 32, 240) } },
      {
        name: 'soon',
        unread: during(60, 240),
        metrics: {
          success_max_age_seconds: 2 * HOUR,
          [SUCCESS]: turns(0, 240, old(0)),
          ...failing('network', 32, 240),
        },
      },
    ],
    checks: [
      firesAllTheTime('Overdue', 16, 260, 'cluster_name="orders"'),
      firesAllTheTime('Overdue', 140, 236, 'cluster_name="soon"'),
      firesAllTheTime(UNREACHABLE, 44, 240),
      query(248, 'ALERTS{alertname="AtlasBackupExportOverdue",cluster_name="soon"}'),
      onlyThese(260, ['Overdue', 2], UNREACHABLE),
    ],
  },
  {
    name: 'clusters: all, an outage, and the pod moves: nothing names the clusters, and the page stays',
    minutes: 120,
    step: 4,
    exporters: [
      {
        instance: 'a',
        metrics: { atlas_reachable: turns(1, 32, 0), [`discovery_up{group_id="${GROUP}"}`]: turns(1, 32, 0) },
        down: during(60),
      },
      {
        instance: 'b',
        metrics: {
          atlas_reachable: 0,
          [`discovery_up{group_id="${GROUP}"}`]: 0,
          [`discovery_failing{group_id="${GROUP}",credential="main",reason="network"}`]: 1,
        },
        down: during(0, 64),
      },
    ],
    clusters: [{ name: 'orders', metrics: { ...overdue, ...failing('network', 32) } }],
    checks: [
      firesAllTheTime('Overdue', 16, 120),
      firesAllTheTime(UNREACHABLE, 44, 120),
      onlyThese(120, 'Overdue', UNREACHABLE),
    ],
  },
  {
    name: 'projects: all, an outage, and the pod moves: nothing names the projects, and the page stays',
    minutes: 120,
    step: 4,
    exporters: [
      {
        instance: 'a',
        metrics: { atlas_reachable: turns(1, 32, 0), 'projects_discovery_up{credential="main"}': turns(1, 32, 0) },
        down: during(60),
      },
      {
        instance: 'b',
        metrics: { atlas_reachable: 0, 'projects_discovery_up{credential="main"}': turns(0, 100, 1) },
        down: during(0, 64),
      },
    ],
    clusters: [
      { name: 'orders', metrics: { ...overdue, ...failing('network', 32) } },
      // The projects are listed again before their clusters.
      { name: 'orders', instance: 'b', absent: during(0, 108), metrics: { ...overdue, ...failing('network', 0) } },
    ],
    checks: [
      firesAllTheTime('Overdue', 16, 120),
      firesAllTheTime(UNREACHABLE, 44, 120),
      onlyThese(120, 'Overdue', UNREACHABLE),
    ],
  },
  {
    name: 'access lost, then the pod moves: the page stays, and the credential stays one ticket',
    minutes: 160,
    step: 4,
    exporters: [{ down: during(100, 104) }],
    clusters: [
      { name: 'orders', unread: during(100), metrics: { ...overdue, ...failing('unauthorized', 32) } },
      { name: 'users', unread: during(100), metrics: { ...failing('unauthorized', 32) } },
    ],
    checks: [
      firesAllTheTime('Overdue', 16, 160, 'cluster_name="orders"'),
      firesAllTheTime('AccessDenied', 48, 160),
      onlyThese(160, 'Overdue', 'AccessDenied'),
    ],
  },
  {
    name: 'the exporter is killed while a cluster is overdue: Down, and the page stays',
    minutes: 120,
    step: 4,
    exporters: [{ down: during(60) }],
    clusters: [{ name: 'orders', metrics: overdue }, { name: 'fine' }],
    checks: [
      firesAllTheTime('Overdue', 16, 120),
      firesAllTheTime('AtlasBackupExporterDown', 76, 120),
      onlyThese(120, 'Overdue', 'AtlasBackupExporterDown'),
    ],
  },
  {
    name: 'an exporter that is up for one of six minutes is down, and does not end a page',
    minutes: 80,
    exporters: [{ down: (minute) => minute >= 20 && minute % 6 !== 0 }],
    clusters: [{ name: 'orders', metrics: overdue, unread: during(20) }],
    checks: [
      firesAllTheTime('Overdue', 16, 80),
      firesAllTheTime('AtlasBackupExporterDown', 35, 80),
      onlyThese(80, 'Overdue', 'AtlasBackupExporterDown'),
    ],
  },
  {
    name: 'facts of the schedule stay known after a restart until the schedule is read, and tickets on facts stay',
    minutes: 180,
    step: 4,
    exporters: [{ down: during(100, 104) }],
    clusters: [
      {
        name: 'orders',
        unread: during(100, 152),
        metrics: {
          ...failing('timeout', 100, 152),
          auto_export_has_policy_item: 0,
          destination_consecutive_failures: 3,
          destination_collections: turns(100, 4, 50),
          destination_collections_exported: turns(100, 4, 49),
        },
      },
      // The schedule cannot be read after the restart, or not yet.
      {
        name: 'refused',
        unread: during(100, 104),
        metrics: { schedule_up: turns(1, 104, 0), ...scheduleUntil(104) },
      },
      {
        name: 'young',
        unread: during(100, 104),
        metrics: {
          schedule_up: turns(1, 104, undefined),
          polls_total: turns(9, 104, turns(2, 140, 3)),
          ...scheduleUntil(104),
        },
      },
      ...others,
    ],
    checks: [
      firesAllTheTime('PolicyWithoutItem', 60, 180, 'cluster_name="orders"'),
      firesAllTheTime('PolicyWithoutItem', 60, 180, 'cluster_name="refused"'),
      firesAllTheTime('PolicyWithoutItem', 60, 148, 'cluster_name="young"'),
      query(156, 'ALERTS{cluster_name="young",alertname="AtlasBackupExportPolicyWithoutItem"}'),
      firesAllTheTime('FailingRepeatedly', 4, 180),
      firesAllTheTime('Incomplete', 12, 180),
      firesAllTheTime('Shrunk', 12, 180),
      onlyThese(180, 'FailingRepeatedly', ['PolicyWithoutItem', 3], 'Incomplete', 'Shrunk', 'TargetDown'),
    ],
  },
  {
    name: 'the last success that leaves the list of Atlas does not end the page',
    minutes: 140,
    step: 4,
    clusters: [
      {
        name: 'orders',
        metrics: { [SUCCESS]: turns(-30 * HOUR, 80, undefined), [DATA]: turns(-31 * HOUR, 80, undefined) },
      },
      {
        name: 'found',
        metrics: { ...failing('not_found', 0, 8), [SUCCESS]: turns(-30 * HOUR, 80, undefined), [DATA]: undefined },
      },
      // Not too late yet.
      { name: 'users', metrics: { [SUCCESS]: turns(4800 - 26 * HOUR, 80, undefined), [DATA]: undefined } },
    ],
    checks: [
      firesAllTheTime('Overdue', 20, 76, '', 2),
      firesAllTheTime('NoSuccessListed', 96, 140, '', 2),
      onlyThese(140, ['Overdue', 2], ['NoSuccessListed', 2]),
    ],
  },
  {
    name: 'records are read back after Prometheus itself was down, here for ten minutes before each evaluation',
    minutes: 200,
    step: 10,
    exporters: [{ down: during(60, 120) }],
    clusters: [
      { name: 'orders', metrics: overdue, unread: during(60) },
      { name: 'never', metrics: { [SUCCESS]: undefined, [DATA]: undefined } },
    ],
    checks: [90, 150, 200].flatMap((minute) => [
      query(minute, 'count by (cluster_name) (ALERTS{alertname=~".*Overdue",alertstate="firing"})', [
        '{cluster_name="orders"}',
        1,
      ]),
      query(minute, 'max(cluster:mongodbatlas_backup_export_no_success_since_timestamp_seconds:max)', ['{}', 0]),
    ]),
  },
  {
    name: 'a running export excuses a late success only while the one before has not failed, and up to twice the limit',
    minutes: 200,
    step: 4,
    records: {
      [recorded('no_success_since_timestamp_seconds', 'first')]: -50 * HOUR,
      [recorded('no_success_since_timestamp_seconds', 'asleep')]: -50 * HOUR,
      [recorded('no_success_since_timestamp_seconds', 'moved')]: -50 * HOUR,
      [recorded('policy_changed_timestamp_seconds', 'moved')]: -HOUR,
    },
    clusters: [
      { name: 'running', metrics: { [SUCCESS]: -50 * HOUR, [ACTIVE]: -24 * HOUR } },
      { name: 'asleep', metrics: { [SUCCESS]: undefined, [DATA]: undefined, cluster_paused: 1 } },
      { name: 'moved', metrics: { [SUCCESS]: undefined, [DATA]: undefined } },
      { name: 'first', metrics: { [SUCCESS]: undefined, [DATA]: undefined, [ACTIVE]: -24 * HOUR } },
      {
        name: 'blind',
        metrics: { [SUCCESS]: -30 * HOUR, [ACTIVE]: turns(-HOUR, 40, undefined), ...failing('timeout', 40) },
      },
      {
        name: 'retried',
        metrics: {
          [SUCCESS]: -40 * HOUR,
          destination_consecutive_failures: 1,
          [ACTIVE]: (minute) => minute * 60 - (minute % 60) * 60,
        },
      },
    ],
    checks: [
      firesAllTheTime('Overdue', 20, 200, 'cluster_name="retried"'),
      query(136, 'ALERTS{cluster_name=~"running|first",alertstate="firing"}'),
      firesAllTheTime('Overdue', 140, 200, 'cluster_name="running"'),
      firesAllTheTime('NoSuccessListed', 140, 200, 'cluster_name="first"'),
      onlyThese(200, ['Overdue', 2], 'NoSuccessListed', 'Failed', 'TargetDown'),
    ],
  },
  {
    name: 'a sharded cluster whose exports run for 150 of 180 minutes never pages',
    minutes: 560,
    step: 4,
    clusters: [
      {
        name: 'sharded',
        metrics: {
          success_max_age_seconds: 195 * 60,
          // Atlas gives no end: the success counts from the creation of the export.
          [SUCCESS]: (minute) => Math.floor((minute - 150) / 180) * 180 * 60,
          [DATA]: (minute) => Math.floor((minute - 150) / 180) * 180 * 60,
          [ACTIVE]: (minute) => (minute % 180 < 150 ? Math.floor(minute / 180) * 10_800 : undefined),
        },
      },
    ],
    checks: [
      query(540, 'count_over_time(cluster:mongodbatlas_backup_export_late_success_seconds:max[350m]) > bool 25', [
        '{cluster_name="sharded",group_id="5f1a00000000000000000001"}',
        1,
      ]),
      onlyThese(560),
    ],
  },
  {
    name: 'a first export that fails is a ticket, not a page',
    minutes: 60,
    step: 4,
    clusters: [
      {
        name: 'new',
        metrics: { [SUCCESS]: undefined, [DATA]: undefined, destination_consecutive_failures: turns(0, 12, 1) },
      },
    ],
    checks: [onlyThese(60, 'Failed')],
  },
  {
    name: 'a change is seen also if it happened while the exporter was blind',
    minutes: 200,
    step: 4,
    exporters: [{ down: during(60, 64) }],
    clusters: [
      {
        name: 'orders',
        unread: during(60, 160),
        metrics: {
          ...failing('timeout', 52, 160),
          [SUCCESS]: turns(0, 160, -72 * HOUR),
          [DATA]: turns(0, 160, -72 * HOUR),
          [BUCKET]: turns(1, 160, undefined),
          [OTHER_BUCKET]: turns(undefined, 160, 1),
        },
      },
      ...others,
    ],
    checks: [onlyThese(200, 'TargetDown')],
  },
  {
    name: 'automatic export switched off by mistake: the page keeps its limit, comes, and stays until it is on again',
    minutes: 260,
    step: 4,
    clusters: [
      {
        name: 'orders',
        metrics: {
          [SUCCESS]: turns(0, 220, old(60)),
          [DATA]: turns(0, 220, old(60)),
          success_max_age_seconds: turns(2 * HOUR, 60, turns(undefined, 220, 2 * HOUR)),
          auto_export_enabled: turns(1, 60, turns(0, 220, 1)),
          [BUCKET]: turns(1, 60, turns(undefined, 220, 1)),
        },
      },
    ],
    checks: [
      firesAllTheTime('AutoExportOff', 76, 216),
      firesAllTheTime('Overdue', 140, 216),
      query(232, 'ALERTS'),
      onlyThese(260, 'AutoExportOff', 'Overdue'),
    ],
  },
  {
    name: 'a paused cluster says nothing of late successes, also while its exporter is gone',
    minutes: 100,
    step: 4,
    exporters: [{ down: during(60) }],
    clusters: [{ name: 'paused', metrics: { ...overdue, cluster_paused: 1, success_max_age_seconds: 600 } }],
    checks: [onlyThese(100, 'AtlasBackupExporterDown')],
  },
  {
    name: 'a cluster that was removed says nothing after ten minutes, whatever is unknown of others',
    minutes: 60,
    exporters: [
      {
        metrics: {
          'discovery_up{group_id="other"}': 0,
          [`discovery_up{group_id="${GROUP}"}`]: 1,
          'projects_discovery_up{credential="main"}': 1,
        },
      },
      { job: 'gone', down: during(10) },
      { job: 'blind', metrics: { 'projects_discovery_up{credential="other"}': 0 } },
    ],
    clusters: [
      { name: 'removed', absent: during(40), metrics: overdue },
      { name: 'refused', credential: 'shop', absent: during(40), metrics: failing('forbidden', 5) },
      { name: 'granted', credential: 'shop', absent: during(40) },
      { name: 'orders' },
      { name: 'denied', credential: 'old', metrics: failing('forbidden', 5) },
    ],
    checks: [
      firesAllTheTime('Overdue', 16, 48),
      query(49, 'cluster:mongodbatlas_backup_export_target_info:max{cluster_name="removed"}'),
      query(49, 'ALERTS{cluster_name="removed"}'),
      query(49, 'cluster_credential:mongodbatlas_backup_export_access_denied:max{credential="shop"}'),
      query(49, 'credential:mongodbatlas_backup_export_works_elsewhere:group'),
    ],
  },
  {
    name: 'a cluster that is resumed, or whose export ends, is not taken for another cluster of its project',
    minutes: 200,
    step: 4,
    exporters: [
      { metrics: { shard_count: 2 } },
      { instance: 'b', metrics: { shard_count: 2, shard_index: 1 }, down: during(20) },
    ],
    clusters: [
      {
        name: 'resumed',
        metrics: { success_max_age_seconds: HOUR, [SUCCESS]: -2 * HOUR, cluster_paused: turns(1, 60, 0) },
      },
      {
        name: 'ended',
        metrics: {
          [ACTIVE]: turns(0, 60, undefined),
          'active_job_collections_exported{export_id="e"}': turns(4, 60, undefined),
        },
      },
      {
        name: 'running',
        instance: 'b',
        metrics: { [ACTIVE]: 0, 'active_job_collections_exported{export_id="r"}': 4 },
      },
    ],
    checks: [
      firesAllTheTime('Overdue', 140, 200),
      query(200, 'count by (export_id) (export:mongodbatlas_backup_export_active_job_collections_exported:max)', [
        '{export_id="r"}',
        1,
      ]),
    ],
  },
];
