/** All facts that the rules remember, at once: when they are known, when they are not, and whose word counts. */
import { failing } from './polls.ts';
import {
  ACTIVE,
  BUCKET,
  type Check,
  type Cluster,
  DATA,
  during,
  HOUR,
  OTHER_BUCKET,
  old,
  query,
  SUCCESS,
  turns,
  type Value,
  type Values,
  type World,
} from './world.ts';

/** The facts of a cluster with every trouble at once, until they end. */
function troubled(end = Infinity): Values {
  const until = (value: Value, then: Value | undefined): Value => turns(value, end, then);
  return {
    [SUCCESS]: until(-30 * HOUR, old(HOUR)),
    [DATA]: until(-31 * HOUR, old(HOUR)),
    destination_consecutive_failures: until(3, 0),
    auto_export_has_policy_item: until(0, 1),
    destination_collections: until(turns(100, 10, 50), undefined),
    destination_collections_exported: until(turns(100, 10, 40), undefined),
    due_snapshot_timestamp_seconds: -20 * HOUR,
    'due_snapshot_state{state="none"}': until(1, 0),
  };
}

const broken: Cluster = { name: 'broken', metrics: troubled() };
const running: Cluster = { name: 'running', metrics: { [SUCCESS]: -30 * HOUR, [ACTIVE]: -HOUR } };
const denied: Cluster = { name: 'denied', credential: 'shop', group: 'p2', metrics: failing('unauthorized', 10) };
/** Known as soon as the clusters are listed. */
const paused: Cluster = {
  name: 'paused',
  metrics: { [SUCCESS]: -30 * HOUR, [DATA]: -60 * HOUR, cluster_paused: 1 },
};

/** Clusters of which one fact each matters. */
const others: readonly Cluster[] = [
  { name: 'off', metrics: { auto_export_enabled: turns(1, 20, 0), [BUCKET]: turns(1, 20, undefined) } },
  { name: 'stale', metrics: { [DATA]: -60 * HOUR } },
  running,
  {
    name: 'moved',
    metrics: {
      [SUCCESS]: turns(old(HOUR), 20, -30 * HOUR),
      [BUCKET]: turns(1, 20, undefined),
      [OTHER_BUCKET]: turns(undefined, 20, 1),
    },
  },
  denied,
  {
    name: 'exporting',
    metrics: { [ACTIVE]: -60, 'active_job_collections_exported{export_id="e"}': turns(4, 20, 5) },
  },
];

const ALL_TROUBLES = [
  'Overdue',
  'FailingRepeatedly',
  'PolicyWithoutItem',
  'Incomplete',
  'Shrunk',
  'NotStarted',
] as const;

/** Exactly these alerts fire, apart from those that say that the exporter is blind. */
function firing(minute: number, expected: Readonly<Record<string, readonly string[]>>): Check {
  return query(
    minute,
    'group by (alertname, cluster_name) (ALERTS{alertstate="firing",alertname!~".*(DataStale|TargetDown|Exporter.*)"})',
    ...Object.entries(expected).flatMap(([name, alerts]) =>
      alerts.map((alert): [string, number] => [
        `{alertname="AtlasBackupExport${alert}"${name === '' ? '' : `,cluster_name="${name}"`}}`,
        1,
      ]),
    ),
  );
}

const known = { broken: ALL_TROUBLES, off: ['AutoExportOff'], stale: ['DataOld'], '': ['AccessDenied'] };

const DAY = 86_400;
const orders = '{group_id="g",cluster_name="orders"}';
const recorded = (name: string) => `cluster:mongodbatlas_backup_export_${name}:max${orders}`;
const ofGone = (name: string) => `installation:mongodbatlas_backup_exporter_${name}:max{job="gone"}`;

export const factWorlds: readonly World[] = [
  {
    name: 'what happened long ago is forgotten: automatic export off after 30 days, fewer collections after 7, an installation after 30',
    minutes: 60,
    step: 4,
    records: {
      [recorded('auto_export_off')]: 0,
      [recorded('auto_export_switched_off_timestamp_seconds')]: 2400 - 30 * DAY,
      [recorded('destination_collections')]: 50,
      [recorded('peak_collections')]: 100,
      [recorded('peak_collections_timestamp_seconds')]: 2400 - 7 * DAY,
      [ofGone('seen_timestamp_seconds')]: 2400 - 30 * DAY,
      [ofGone('shard_count')]: 1,
    },
    clusters: [
      {
        name: 'orders',
        group: 'g',
        metrics: { auto_export_enabled: 0, [BUCKET]: undefined, destination_collections: 50 },
      },
    ],
    checks: [
      query(
        36,
        'count by (alertname) (ALERTS{alertstate="firing"})',
        ['{alertname="AtlasBackupExportAutoExportOff"}', 1],
        ['{alertname="AtlasBackupExportShrunk"}', 1],
        ['{alertname="AtlasBackupExporterDown"}', 1],
      ),
      query(40, 'ALERTS{alertstate="firing"}'),
    ],
  },
  {
    name: 'all facts stay known after a restart without a poll',
    minutes: 160,
    step: 4,
    exporters: [{ down: during(100, 104) }],
    clusters: [paused, ...[broken, ...others].map((one) => ({ ...one, unread: during(100) }))],
    checks: [
      firing(96, known),
      firing(160, known),
      query(160, 'max(export:mongodbatlas_backup_export_active_job_progressed_timestamp_seconds:max)', ['{}', 20 * 60]),
      query(160, 'count(project:mongodbatlas_backup_export_project_info:max{project_name="Shop"})', ['{}', 2]),
    ],
  },
  {
    name: 'what pages is read back after Prometheus itself was down, here for eight minutes before each evaluation, but nothing that ended before',
    minutes: 264,
    step: 8,
    exporters: [{ down: during(96, 104) }, { instance: 'b' }, { job: 'gone', down: during(96) }],
    clusters: [
      ...[broken, running, denied].map((one) => ({ ...one, unread: during(96) })),
      paused,
      { name: 'once', instance: 'b', metrics: troubled(72), unread: during(208) },
      { name: 'lost', job: 'gone', metrics: { [SUCCESS]: -30 * HOUR } },
    ],
    checks: [
      ...[88, 152, 264].map((minute) =>
        firing(minute, {
          broken: ALL_TROUBLES.filter((one) => one !== 'Shrunk'),
          lost: ['Overdue'],
          '': ['AccessDenied'],
        }),
      ),
      ...[120, 264].map((minute) =>
        query(minute, 'count(ALERTS{alertname="AtlasBackupExporterDown",alertstate="firing"})', ['{}', 1]),
      ),
    ],
  },
  {
    name: 'no fact that ended before a restart comes back after it',
    minutes: 160,
    step: 4,
    exporters: [{ down: during(40, 44) }],
    clusters: [
      { name: 'once', metrics: troubled(20), unread: during(40) },
      { name: 'granted', credential: 'shop', group: 'p2', metrics: failing('unauthorized', 4, 20), unread: during(40) },
      { name: 'on', metrics: { auto_export_enabled: turns(0, 20, 1), [BUCKET]: turns(undefined, 20, 1) } },
    ],
    checks: [firing(160, {})],
  },
  {
    name: 'a replica whose data is an hour older does not count, whatever it says',
    minutes: 160,
    step: 4,
    exporters: [{ instance: 'a' }, { instance: 'b' }],
    clusters: ['a', 'b'].flatMap((instance): Cluster[] => {
      const lost = instance === 'a' ? {} : failing('forbidden', 20);
      return [
        { name: 'broken', instance, metrics: { ...(instance === 'a' ? troubled() : {}), ...lost } },
        { name: 'healthy', instance, metrics: { ...(instance === 'b' ? troubled() : {}), ...lost } },
      ];
    }),
    checks: [firing(160, { broken: ALL_TROUBLES })],
  },
  {
    name: 'of two replicas the later success and the larger number of failures count, and trouble of the schedule only if both see it',
    minutes: 100,
    step: 4,
    exporters: [{ instance: 'a' }, { instance: 'b' }],
    clusters: [
      { name: 'orders', instance: 'a', metrics: troubled() },
      {
        name: 'orders',
        instance: 'b',
        metrics: {
          auto_export_has_policy_item: 1,
          destination_collections: 100,
          destination_collections_exported: 100,
          due_snapshot_timestamp_seconds: -20 * HOUR,
          'due_snapshot_state{state="none"}': 0,
        },
      },
    ],
    checks: [firing(100, { orders: ['FailingRepeatedly'] })],
  },
];
