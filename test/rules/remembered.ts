/** What was known stays known, changes of a policy are no outage, and a cluster that is gone or new causes nothing. */
import { failing } from './polls.ts';
import { BUCKET, during, firesAllTheTime, old, onlyThese, query, turns, type Values, type World } from './world.ts';

const HOUR = 3600;
const GROUP = '5f1a00000000000000000001';
const SUCCESS = 'destination_last_success_timestamp_seconds';
const DATA = 'destination_data_timestamp_seconds';
const ACTIVE = 'oldest_active_created_timestamp_seconds{state="in_progress"}';
const OTHER_BUCKET = 'auto_export_info{export_bucket_id="b2",frequency_type="daily"}';
const WEEKLY = 'auto_export_info{export_bucket_id="b1",frequency_type="weekly"}';
const overdue: Values = { [SUCCESS]: -30 * HOUR };
const UNREACHABLE = 'AtlasBackupExporterAtlasUnreachable';
const others = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name }));

export const rememberedWorlds: readonly World[] = [
  {
    name: 'an outage with many restarts: a named cluster that is overdue stays so, and one that becomes overdue pages',
    minutes: 400,
    exporters: [
      {
        metrics: { atlas_reachable: turns(1, 30, turns(0, 350, 1)) },
        down: (minute) => during(60, 340)(minute) && minute % 50 < 3,
      },
    ],
    clusters: [
      { name: 'orders', unread: during(60, 350), metrics: { ...overdue, ...failing('network', 30, 350) } },
      {
        name: 'soon',
        unread: during(60, 350),
        metrics: {
          success_max_age_seconds: 2 * HOUR,
          [SUCCESS]: turns(0, 350, old(0)),
          ...failing('network', 30, 350),
        },
      },
    ],
    checks: [
      firesAllTheTime('Overdue', 16, 400, 'cluster_name="orders"'),
      firesAllTheTime('Overdue', 136, 349, 'cluster_name="soon"'),
      firesAllTheTime(UNREACHABLE, 41, 350),
      query(360, 'ALERTS{alertname="AtlasBackupExportOverdue",cluster_name="soon"}'),
      onlyThese(400, ['Overdue', 2], UNREACHABLE),
    ],
  },
  {
    name: 'clusters: all, an outage, and the pod moves: nothing names the clusters, and the page stays',
    minutes: 200,
    exporters: [
      {
        instance: 'a',
        metrics: { atlas_reachable: turns(1, 30, 0), [`discovery_up{group_id="${GROUP}"}`]: turns(1, 30, 0) },
        down: during(60),
      },
      { instance: 'b', metrics: { atlas_reachable: 0, [`discovery_up{group_id="${GROUP}"}`]: 0 }, down: during(0, 62) },
    ],
    clusters: [{ name: 'orders', metrics: { ...overdue, ...failing('network', 30) } }],
    checks: [
      firesAllTheTime('Overdue', 16, 200),
      firesAllTheTime(UNREACHABLE, 41, 200),
      onlyThese(200, 'Overdue', UNREACHABLE),
    ],
  },
  {
    name: 'access lost, then the pod moves: the page stays, and the credential stays one ticket',
    minutes: 300,
    exporters: [{ down: during(100, 103) }],
    clusters: [
      { name: 'orders', unread: during(100), metrics: { ...overdue, ...failing('unauthorized', 30) } },
      { name: 'users', unread: during(100), metrics: { ...failing('unauthorized', 30) } },
    ],
    checks: [
      firesAllTheTime('Overdue', 16, 300, 'cluster_name="orders"'),
      firesAllTheTime('AccessDenied', 46, 300),
      onlyThese(300, 'Overdue', 'AccessDenied'),
    ],
  },
  {
    name: 'the exporter is killed while a cluster is overdue: Down, and the page stays',
    minutes: 140,
    exporters: [{ down: during(60) }],
    clusters: [{ name: 'orders', metrics: overdue }, { name: 'fine' }],
    checks: [
      firesAllTheTime('Overdue', 16, 140),
      firesAllTheTime('AtlasBackupExporterDown', 75, 140),
      onlyThese(140, 'Overdue', 'AtlasBackupExporterDown'),
    ],
  },
  {
    name: 'an exporter that crashes again and again does not end a page',
    minutes: 100,
    exporters: [{ down: (minute) => minute >= 30 && minute % 6 !== 0 }],
    clusters: [{ name: 'orders', metrics: overdue, unread: during(30) }],
    checks: [
      firesAllTheTime('Overdue', 16, 100),
      firesAllTheTime('AtlasBackupExporterDown', 50, 100),
      onlyThese(100, 'Overdue', 'AtlasBackupExporterDown'),
    ],
  },
  {
    name: 'facts of the schedule stay known after a restart until the schedule is read, and tickets on facts stay',
    minutes: 200,
    exporters: [{ down: during(100, 102) }],
    clusters: [
      {
        name: 'orders',
        unread: during(100, 150),
        metrics: {
          ...failing('timeout', 100, 150),
          auto_export_has_policy_item: 0,
          destination_consecutive_failures: 3,
          last_success_collections: turns(100, 5, 50),
          last_success_collections_exported: turns(100, 5, 49),
        },
      },
      ...others,
    ],
    checks: [
      firesAllTheTime('PolicyWithoutItem', 61, 200),
      firesAllTheTime('FailingRepeatedly', 2, 200),
      firesAllTheTime('Incomplete', 11, 200),
      firesAllTheTime('Shrunk', 11, 200),
      onlyThese(200, 'FailingRepeatedly', 'PolicyWithoutItem', 'Incomplete', 'Shrunk', 'TargetDown'),
    ],
  },
  {
    name: 'no success listed stays so in an outage, and the last success that leaves the list does not end the page',
    minutes: 1700,
    step: 4,
    exporters: [{ down: during(1640, 1644) }],
    clusters: [
      {
        name: 'never',
        unread: during(1640),
        metrics: { [SUCCESS]: undefined, [DATA]: undefined, ...failing('timeout', 1640) },
      },
      {
        name: 'left',
        metrics: { [SUCCESS]: turns(-30 * HOUR, 100, undefined), [DATA]: turns(-31 * HOUR, 100, undefined) },
      },
      ...others,
    ],
    checks: [
      firesAllTheTime('NoSuccessListed', 1580, 1700, 'cluster_name="never"'),
      firesAllTheTime('Overdue', 20, 96, 'cluster_name="left"'),
      firesAllTheTime('NoSuccessListed', 116, 1700, 'cluster_name="left"'),
      onlyThese(1700, 'Overdue', ['NoSuccessListed', 2], 'TargetDown'),
    ],
  },
  {
    name: 'records are read back after Prometheus itself was down, here for ten minutes before each evaluation',
    minutes: 1700,
    step: 10,
    exporters: [{ down: during(60, 120) }],
    clusters: [
      { name: 'orders', metrics: overdue, unread: during(60) },
      { name: 'never', metrics: { [SUCCESS]: undefined, [DATA]: undefined } },
    ],
    checks: [50, 90, 150, 1600, 1700].map((minute) =>
      query(
        minute,
        'count by (cluster_name) (ALERTS{alertname=~".*Overdue|.*NoSuccessListed",alertstate="firing"})',
        ['{cluster_name="orders"}', 1],
        ...(minute < 1590 ? [] : [['{cluster_name="never"}', 1] as [string, number]]),
      ),
    ),
  },
  {
    name: 'a running export excuses a late success only while the one before has not failed, and up to twice the limit',
    minutes: 900,
    step: 4,
    clusters: [
      { name: 'running', metrics: { [SUCCESS]: -40 * HOUR, [ACTIVE]: -14 * HOUR } },
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
      firesAllTheTime('Overdue', 20, 900, 'cluster_name="retried"'),
      query(736, 'ALERTS{cluster_name="running",alertstate="firing"}'),
      firesAllTheTime('Overdue', 740, 900, 'cluster_name="running"'),
      onlyThese(900, ['Overdue', 2], 'Failed'),
    ],
  },
  {
    name: 'a sharded cluster whose exports run for 150 of 180 minutes never pages',
    minutes: 752,
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
      query(600, 'count_over_time(cluster:mongodbatlas_backup_export_late_success_seconds:max[350m]) > bool 25', [
        '{cluster_name="sharded",group_id="5f1a00000000000000000001"}',
        1,
      ]),
      onlyThese(752),
    ],
  },
  {
    name: 'a first export that runs for 30 hours is no NoSuccessListed while it runs, but is if it fails',
    minutes: 1960,
    step: 4,
    clusters: [
      {
        name: 'runs',
        metrics: { [SUCCESS]: turns(undefined, 1800, old(60)), [DATA]: undefined, [ACTIVE]: turns(0, 1800, undefined) },
      },
      {
        name: 'fails',
        metrics: {
          [SUCCESS]: undefined,
          [DATA]: undefined,
          [ACTIVE]: turns(0, 1800, undefined),
          destination_consecutive_failures: turns(0, 1800, 1),
        },
      },
    ],
    checks: [
      query(1796, 'ALERTS{alertstate="firing"}'),
      firesAllTheTime('NoSuccessListed', 1816, 1960),
      onlyThese(1960, 'NoSuccessListed', 'Failed'),
    ],
  },
  {
    name: 'a first export that fails is a ticket, not a page',
    minutes: 60,
    clusters: [
      {
        name: 'new',
        metrics: { [SUCCESS]: undefined, [DATA]: undefined, destination_consecutive_failures: turns(0, 10, 1) },
      },
    ],
    checks: [onlyThese(60, 'Failed')],
  },
  {
    name: 'weekly becomes daily, another bucket, automatic export or a cluster switched on again: one whole new interval without a page',
    minutes: 1800,
    step: 4,
    clusters: [
      {
        name: 'daily',
        metrics: {
          [SUCCESS]: -72 * HOUR,
          [DATA]: -72 * HOUR,
          success_max_age_seconds: turns(8 * 86_400, 60, 26 * HOUR),
          [BUCKET]: turns(undefined, 60, 1),
          [WEEKLY]: turns(1, 60, undefined),
        },
      },
      {
        name: 'moved',
        metrics: {
          [SUCCESS]: turns(old(60), 60, undefined),
          [DATA]: turns(old(60), 60, undefined),
          [BUCKET]: turns(1, 60, undefined),
          [OTHER_BUCKET]: turns(undefined, 60, 1),
        },
      },
      {
        name: 'on',
        metrics: {
          [SUCCESS]: turns(undefined, 60, -72 * HOUR),
          [DATA]: undefined,
          success_max_age_seconds: turns(undefined, 60, 26 * HOUR),
          auto_export_enabled: turns(0, 60, 1),
          [BUCKET]: turns(undefined, 60, 1),
        },
      },
      { name: 'resumed', metrics: { [SUCCESS]: -72 * HOUR, [DATA]: -72 * HOUR, cluster_paused: turns(1, 60, 0) } },
      { name: 'always', metrics: { [SUCCESS]: -72 * HOUR, [DATA]: -72 * HOUR } },
    ],
    checks: [
      firesAllTheTime('Overdue', 20, 1800, 'cluster_name="always"'),
      query(1616, 'count by (cluster_name) (count_over_time(ALERTS{alertstate="firing"}[1616m]))', [
        '{cluster_name="always"}',
        1,
      ]),
      query(1648, 'count(ALERTS{alertname="AtlasBackupExportOverdue",alertstate="firing"})', ['{}', 4]),
      query(1648, 'ALERTS{alertname="AtlasBackupExportNoSuccessListed",alertstate="firing"}', [
        `ALERTS{alertname="AtlasBackupExportNoSuccessListed",alertstate="firing",cluster_name="moved",group_id="${GROUP}",severity="critical"}`,
        1,
      ]),
      onlyThese(1800, ['Overdue', 4], 'NoSuccessListed'),
    ],
  },
  {
    name: 'a change is seen also if it happened while the exporter was blind',
    minutes: 400,
    step: 4,
    exporters: [{ down: during(60, 64) }],
    clusters: [
      {
        name: 'orders',
        unread: during(60, 300),
        metrics: {
          ...failing('timeout', 50, 300),
          [SUCCESS]: turns(0, 300, -72 * HOUR),
          [DATA]: turns(0, 300, -72 * HOUR),
          [BUCKET]: turns(1, 300, undefined),
          [OTHER_BUCKET]: turns(undefined, 300, 1),
        },
      },
      ...others,
    ],
    checks: [onlyThese(400, 'TargetDown')],
  },
  {
    name: 'automatic export switched off by mistake: the page keeps its limit, comes, and stays until it is on again',
    minutes: 440,
    step: 4,
    clusters: [
      {
        name: 'orders',
        metrics: {
          [SUCCESS]: turns(0, 400, old(60)),
          [DATA]: turns(0, 400, old(60)),
          success_max_age_seconds: turns(2 * HOUR, 60, turns(undefined, 400, 2 * HOUR)),
          auto_export_enabled: turns(1, 60, turns(0, 400, 1)),
          [BUCKET]: turns(1, 60, turns(undefined, 400, 1)),
        },
      },
    ],
    checks: [
      firesAllTheTime('AutoExportOff', 76, 396),
      firesAllTheTime('Overdue', 140, 396),
      query(412, 'ALERTS'),
      onlyThese(440, 'AutoExportOff', 'Overdue'),
    ],
  },
  {
    name: 'nothing fires for a cluster that was removed, nor for one made anew under its old name',
    minutes: 1500,
    step: 4,
    exporters: [{ metrics: { [`discovery_up{group_id="${GROUP}"}`]: 1 } }],
    clusters: [
      {
        name: 'removed',
        absent: during(60),
        metrics: { ...overdue, destination_consecutive_failures: 3, auto_export_has_policy_item: 0 },
      },
      {
        name: 'anew',
        metrics: {
          ...failing('not_found', 60, 72),
          [SUCCESS]: turns(-30 * HOUR, 60, undefined),
          [DATA]: turns(-30 * HOUR, 60, undefined),
          last_success_collections: turns(100, 60, turns(undefined, 200, 10)),
        },
      },
      {
        name: 'young',
        metrics: { [SUCCESS]: turns(0, 60, undefined), [DATA]: turns(0, 60, undefined) },
      },
      ...others,
    ],
    checks: [
      query(76, 'ALERTS{cluster_name="removed"}'),
      query(1500, 'count_over_time(ALERTS{cluster_name="removed"}[1420m])'),
      query(1500, 'count_over_time(ALERTS{cluster_name=~"anew|young",alertstate="firing"}[1420m])'),
    ],
  },
  {
    name: 'a paused cluster says nothing of late successes, also while its exporter is gone',
    minutes: 100,
    exporters: [{ down: during(60) }],
    clusters: [{ name: 'paused', metrics: { ...overdue, cluster_paused: 1 } }],
    checks: [onlyThese(100, 'AtlasBackupExporterDown')],
  },
];
