/** All facts that the rules remember, at once: when they are known, when they are not, and whose word counts. */
import { failing } from './polls.ts';
import {
  ACTIVE,
  BUCKET,
  type Check,
  type Cluster,
  DATA,
  during,
  GROUP,
  HOUR,
  OTHER_BUCKET,
  old,
  onlyThese,
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
/** One export ends and the next one starts. */
const exportsInTurn: Values = {
  [ACTIVE]: turns(0, 16, 1000),
  'active_job_collections_exported{export_id="e"}': turns(4, 16, undefined),
  'active_job_collections_exported{export_id="f"}': turns(undefined, 16, 4),
};
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
  { name: 'never', metrics: { [SUCCESS]: undefined } },
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

/** What the rules remember of clusters, projects and credentials. */
const REMEMBERED =
  '__name__=~"[^i].+:mongodbatlas.+(_timestamp_seconds|max_age_seconds|auto_export_off|auto_export_info|without_item|paused|failures|collections.*|denied|elsewhere|owner|project_info):.+"';

/** All that is remembered of these clusters is the same as so many minutes before. */
function knowsTheSame(minute: number, minutesBefore: number, clusters: string): Check {
  const facts = `{${REMEMBERED},${clusters}}`;
  const [now, before] = [facts, `${facts} offset ${minutesBefore}m`].map((them) => `sum by (__name__) (${them})`);
  return query(minute, `${before} unless on (__name__) (${now} == on (__name__) ${before})`);
}

/** An export is shown, then another one for some time. */
const exportsAside = (until: number): Values => ({
  [ACTIVE]: 0,
  'active_job_collections_exported{export_id="e"}': (minute) => (during(8, until)(minute) ? undefined : 4),
  'active_job_collections_exported{export_id="g"}': (minute) => (during(8, until)(minute) ? 4 : undefined),
});
const replicas = [{ instance: 'a' }, { instance: 'b' }];
/** A cluster of which two replicas say something else. */
const replicated = (name: string, first: Values, second: Values): readonly [Cluster, Cluster] => [
  { name, instance: 'a', metrics: first },
  { name, instance: 'b', metrics: second },
];
const QUEUED = 'oldest_active_created_timestamp_seconds{state="queued"}';
const quota = (budget: string, requests: number, remaining: number): Values => ({
  [`api_rate_limit_requests{group_id="p",budget="${budget}"}`]: requests,
  [`api_rate_limit_remaining_requests{group_id="p",budget="${budget}"}`]: remaining,
});
const untilMinute = (minute: number): Values => ({
  due_snapshot_timestamp_seconds: turns(-20 * HOUR, minute, undefined),
  'due_snapshot_state{state="none"}': turns(1, minute, undefined),
});
const dueNow: Values = { [SUCCESS]: -21 * HOUR, 'due_snapshot_state{state="none"}': 1 };

/** Nothing of the names is remembered of the clusters; each with a regular expression for names. */
function forgot(minute: number, facts: Readonly<Record<string, string>>): Check {
  const queries = Object.entries(facts).map(
    ([cluster, names]) => `{__name__=~"c.+:mongodbatlas.+_(${names})_?.*:.+",cluster_name="${cluster}"}`,
  );
  return query(minute, queries.join(' or '));
}

const known = { broken: ALL_TROUBLES, off: ['AutoExportOff'], stale: ['DataOld'], '': ['AccessDenied'] };

const DAY = 86_400;
const recorded = (name: string, cluster: string) =>
  `cluster:mongodbatlas_backup_export_${name}:max{group_id="${GROUP}",cluster_name="${cluster}"}`;
const ofJob = (name: string, job: string) => `installation:mongodbatlas_backup_${name}:max{job="${job}"}`;

export const factWorlds: readonly World[] = [
  {
    name: 'what happened long ago is forgotten: no success before the last one, automatic export off after 30 days, fewer collections after 7, an installation after 30',
    minutes: 60,
    step: 4,
    records: {
      [recorded('auto_export_off', 'orders')]: 0,
      [recorded('auto_export_switched_off_timestamp_seconds', 'orders')]: 2400 - 30 * DAY,
      [recorded('destination_collections', 'orders')]: 50,
      [recorded('peak_collections', 'orders')]: 100,
      [recorded('peak_collections_timestamp_seconds', 'orders')]: 2400 - 7 * DAY,
      [recorded('no_success_since_timestamp_seconds', 'listed')]: -50 * HOUR,
      [recorded('destination_last_success_timestamp_seconds', 'listed')]: 0,
      [ofJob('exporter_seen_timestamp_seconds', 'gone')]: 2400 - 30 * DAY,
      [ofJob('exporter_shard_count', 'gone')]: 1,
    },
    clusters: [
      {
        name: 'orders',
        metrics: { auto_export_enabled: 0, [BUCKET]: undefined, destination_collections: 50 },
      },
      { name: 'listed', unread: during(0) },
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
      query(40, 'cluster:mongodbatlas_backup_export_no_success_since_timestamp_seconds:max'),
    ],
  },
  {
    name: 'all facts stay known after a restart without a poll, although another exporter still reads a cluster of the same project',
    minutes: 160,
    step: 4,
    exporters: [{ down: during(100, 104) }, { instance: 'b' }],
    clusters: [
      paused,
      ...[broken, ...others].map((one) => ({ ...one, unread: during(100) })),
      {
        name: 'switched',
        instance: 'b',
        metrics: { auto_export_enabled: turns(1, 120, 0), [BUCKET]: turns(1, 120, undefined) },
      },
      { name: 'read', instance: 'b', metrics: { [ACTIVE]: -60, 'active_job_collections_exported{export_id="f"}': 4 } },
    ],
    checks: [
      firing(96, known),
      firing(160, { ...known, switched: ['AutoExportOff'], off: ['AutoExportOff'] }),
      knowsTheSame(160, 64, 'cluster_name!~"read|paused|switched"'),
      query(160, 'cluster_bucket:mongodbatlas_backup_export_auto_export_info:max{cluster_name="switched"}'),
    ],
  },
  {
    name: 'what pages is read back after Prometheus itself was down, here for eight minutes before each evaluation, but nothing that ended before',
    minutes: 264,
    step: 8,
    records: {
      [recorded('auto_export_off', 'off')]: 0,
      [recorded('auto_export_switched_off_timestamp_seconds', 'off')]: -HOUR,
      [recorded('policy_changed_timestamp_seconds', 'running')]: -40 * HOUR,
      [ofJob('export_clusters_dropped_timestamp_seconds', 'shrunk')]: -HOUR,
      [ofJob('export_clusters_before_drop', 'shrunk')]: 6,
    },
    exporters: [{ down: during(96, 104) }, { instance: 'b' }, { job: 'gone', down: during(96) }, { job: 'shrunk' }],
    clusters: [
      ...[broken, ...others.filter(({ name }) => !['moved', 'stale'].includes(name))].map((one) => ({
        ...one,
        unread: during(96),
      })),
      paused,
      { name: 'once', instance: 'b', metrics: troubled(72), unread: during(208) },
      ...[
        { name: 'lost', metrics: { [SUCCESS]: -30 * HOUR } },
        { name: 'asleep', metrics: { cluster_paused: 1 } },
        { name: 'refused', group: 'p3', credential: 'far', metrics: failing('forbidden', 8) },
        { name: 'granted', group: 'p4', credential: 'far' },
      ].map((one) => ({ ...one, job: 'gone' })),
    ],
    checks: [
      ...[88, 152, 264].map((minute) =>
        firing(minute, {
          broken: ALL_TROUBLES.filter((one) => one !== 'Shrunk'),
          lost: ['Overdue'],
          off: ['AutoExportOff'],
          '': ['AccessDenied'],
        }),
      ),
      query(88, 'min(cluster_bucket:mongodbatlas_backup_export_policy_seen_timestamp_seconds:min)', ['{}', 0]),
      ...[120, 264].map((minute) =>
        query(minute, 'count(ALERTS{alertname="AtlasBackupExporterDown",alertstate="firing"})', ['{}', 1]),
      ),
      knowsTheSame(
        264,
        176,
        'cluster_name!~"paused|asleep|once",__name__!~".+(_data_|_info|_seen_|_destination_collections).+"',
      ),
      query(
        264,
        'max(cluster:mongodbatlas_backup_export_policy_changed_timestamp_seconds:max{cluster_name="running"})',
        ['{}', -40 * HOUR],
      ),
      query(264, 'installation:mongodbatlas_backup_export_clusters_before_drop:max', [
        'installation:mongodbatlas_backup_export_clusters_before_drop:max{job="shrunk"}',
        6,
      ]),
      query(264, 'group by (project_name) (project:mongodbatlas_backup_export_project_info:max{group_id="p2"})', [
        '{project_name="Shop"}',
        1,
      ]),
    ],
  },
  {
    name: 'what ended hours before Prometheus was down is not read back',
    minutes: 264,
    step: 8,
    exporters: [{}, { job: 'gone', down: during(208) }],
    clusters: [
      { name: 'next', metrics: exportsInTurn, unread: during(208) },
      { name: 'resumed', job: 'gone', metrics: { cluster_paused: turns(1, 16, 0) } },
      { name: 'twice', metrics: { [SUCCESS]: turns(undefined, 16, turns(old(HOUR), 208, undefined)) } },
      { name: 'again', metrics: exportsAside(200) },
      { name: 'handed', job: 'gone', owner: 'payments', absent: during(16) },
      { name: 'handed', job: 'gone', owner: 'finance', absent: during(0, 16) },
      { name: 'first', job: 'gone', group: 'p7', credential: 'old', metrics: failing('forbidden', 0) },
      { name: 'second', job: 'gone', group: 'p8', credential: 'old', metrics: failing('forbidden', 16) },
    ],
    checks: [
      query(264, 'group by (owner) (cluster:mongodbatlas_backup_export_owner:group{cluster_name="handed"})', [
        '{owner="finance"}',
        1,
      ]),
      query(264, 'credential:mongodbatlas_backup_export_works_elsewhere:group'),
      query(264, 'cluster:mongodbatlas_backup_export_cluster_paused:max'),
      query(264, 'max(cluster:mongodbatlas_backup_export_no_success_since_timestamp_seconds:max)', ['{}', 208 * 60]),
      query(
        264,
        'group by (export_id) (export:mongodbatlas_backup_export_active_job_collections_exported:max{cluster_name="next"})',
        ['{export_id="f"}', 1],
      ),
      query(
        264,
        'max(export:mongodbatlas_backup_export_active_job_progressed_timestamp_seconds:max{cluster_name="again",export_id="e"})',
        ['{}', 200 * 60],
      ),
    ],
  },
  {
    name: 'no fact that ended before a restart comes back after it',
    minutes: 160,
    step: 4,
    exporters: [{ down: during(40, 44) }, { job: 'gone', down: during(40) }],
    clusters: [
      { name: 'once', metrics: troubled(20) },
      { name: 'granted', group: 'p2', credential: 'shop', metrics: failing('unauthorized', 4, 20) },
      {
        name: 'permitted',
        group: 'p6',
        credential: 'permitted',
        metrics: { ...failing('unauthorized', 4, 20), up: turns(turns(1, 4, 0), 20, turns(1, 40, undefined)) },
      },
      { name: 'on', metrics: { auto_export_enabled: turns(0, 20, 1), [BUCKET]: turns(undefined, 20, 1) } },
      { name: 'listed', metrics: { [SUCCESS]: turns(undefined, 20, old(HOUR)) } },
      { name: 'unlisted', metrics: { [SUCCESS]: turns(old(HOUR), 20, undefined) } },
      { name: 'limitless', metrics: { success_max_age_seconds: turns(HOUR, 20, undefined) } },
      { name: 'ended', metrics: { [ACTIVE]: turns(0, 20, undefined) } },
      {
        name: 'back',
        absent: during(12, 44),
        metrics: { [SUCCESS]: undefined, [BUCKET]: turns(1, 8, undefined), [OTHER_BUCKET]: turns(undefined, 8, 1) },
      },
      { name: 'resumed', job: 'gone', metrics: { cluster_paused: turns(1, 20, 0) } },
      { name: 'refused', job: 'gone', group: 'p3', credential: 'far', metrics: failing('forbidden', 4) },
      { name: 'far', job: 'gone', group: 'p4', credential: 'far', metrics: failing('forbidden', 20) },
      { name: 'next', metrics: exportsInTurn },
      { name: 'renamed', group: 'p5', project: 'Old', absent: during(20) },
      { name: 'renamed', group: 'p5', project: 'New', absent: during(0, 20) },
      { name: 'handed', job: 'gone', owner: 'payments', absent: during(20) },
      { name: 'handed', job: 'gone', owner: 'finance', absent: during(0, 20) },
      { name: 'twice', metrics: { [SUCCESS]: turns(undefined, 20, turns(old(HOUR), 32, undefined)) } },
      {
        name: 'anew',
        absent: during(12, 36),
        metrics: { auto_export_enabled: turns(1, 8, 0), [BUCKET]: turns(1, 8, undefined) },
      },
      { name: 'again', metrics: exportsAside(24) },
    ].map((one) => ({ ...one, unread: during(40) })),
    checks: [
      query(80, 'cluster_credential:mongodbatlas_backup_export_access_denied:max{cluster_name="permitted"}'),
      firing(160, { '': ['AccessDenied'], limitless: ['Unwatched'] }),
      forgot(160, {
        once: 'failures|item|unexported|missing|peak',
        granted: 'denied',
        on: 'off',
        listed: 'no_success_since',
        unlisted: 'last_success',
        limitless: 'max_age',
        ended: 'active',
        back: 'changed|success|max_age',
        resumed: 'paused',
        anew: 'auto_export_switched_off',
      }),
      query(
        160,
        'max(cluster:mongodbatlas_backup_export_no_success_since_timestamp_seconds:max{cluster_name="twice"})',
        ['{}', 32 * 60],
      ),
      query(
        160,
        'max(export:mongodbatlas_backup_export_active_job_progressed_timestamp_seconds:max{cluster_name="again",export_id="e"})',
        ['{}', 24 * 60],
      ),
      query(
        160,
        'group by (export_id) (export:mongodbatlas_backup_export_active_job_collections_exported:max{cluster_name="next"})',
        ['{export_id="f"}', 1],
      ),
      query(160, 'group by (project_name) (project:mongodbatlas_backup_export_project_info:max{group_id="p5"})', [
        '{project_name="New"}',
        1,
      ]),
      query(160, 'group by (owner) (cluster:mongodbatlas_backup_export_owner:group{cluster_name="handed"})', [
        '{owner="finance"}',
        1,
      ]),
      query(160, 'credential:mongodbatlas_backup_export_works_elsewhere:group'),
    ],
  },
  {
    name: 'after three hours without Prometheus only what the exporters say counts',
    minutes: 600,
    step: 150,
    records: {
      [ofJob('export_clusters_dropped_timestamp_seconds', 'j')]: -HOUR,
      [recorded('policy_changed_timestamp_seconds', 'moved')]: -HOUR,
      [recorded('auto_export_switched_off_timestamp_seconds', 'off')]: -HOUR,
    },
    exporters: [{ metrics: { 'discovery_up{group_id="p6"}': turns(1, 300, 0) } }, { job: 'gone', down: during(300) }],
    clusters: [
      ...[broken, ...others].map((one) => ({ ...one, unread: during(300) })),
      { name: 'undiscovered', group: 'p6', absent: during(300) },
      {
        name: 'refused',
        unread: during(300),
        metrics: { ...failing('forbidden', 0, 300), up: turns(0, 300, undefined) },
      },
      { name: 'lost', job: 'gone' },
    ],
    checks: [
      query(150, 'min(cluster_bucket:mongodbatlas_backup_export_policy_seen_timestamp_seconds:min)', ['{}', 150 * 60]),
      query(150, 'cluster:mongodbatlas_backup_export_auto_export_switched_off_timestamp_seconds:max'),
      ...[300, 600].flatMap((minute) => [
        query(minute, `group by (__name__) ({${REMEMBERED},cluster_name!="denied"})`, [
          '{__name__="cluster:mongodbatlas_backup_export_owner:group"}',
          1,
        ]),
        query(
          minute,
          'group by (cluster_name) (cluster:mongodbatlas_backup_export_target_info:max{cluster_name=~"lost|und.*"})',
        ),
        query(minute, '{__name__=~".+(_seen_|_shard_count|_dropped_).+",job="gone"}'),
        query(minute, '{__name__=~".+_dropped_.+"}'),
      ]),
    ],
  },
  {
    name: 'a replica whose data is an hour older does not count, whatever it says',
    minutes: 160,
    step: 4,
    exporters: replicas,
    clusters: [
      replicated('broken', troubled(), {
        destination_collections: 50,
        destination_collections_exported: 50,
        'due_snapshot_state{state="none"}': 0,
      }),
      replicated(
        'healthy',
        { destination_collections: 100, destination_collections_exported: 100 },
        { ...troubled(), success_max_age_seconds: 60 },
      ),
      replicated('off', { auto_export_enabled: turns(1, 120, 0), [BUCKET]: turns(1, 120, undefined) }, {}),
      replicated('moved', { [BUCKET]: turns(1, 120, undefined), [OTHER_BUCKET]: turns(undefined, 120, 1) }, {}),
      replicated('stale', { [DATA]: -60 * HOUR }, {}),
      replicated(
        'resumed',
        { cluster_paused: turns(1, 100, 0), success_max_age_seconds: 1200, [SUCCESS]: -30 * HOUR },
        { cluster_paused: 1, [SUCCESS]: -30 * HOUR },
      ),
      replicated('smaller', { destination_collections: turns(100, 120, 50) }, { destination_collections: 100 }),
      replicated(
        'asleep',
        { cluster_paused: 1, success_max_age_seconds: 1200, [SUCCESS]: -30 * HOUR },
        { cluster_paused: 1, success_max_age_seconds: 1200, [SUCCESS]: -30 * HOUR },
      ),
      replicated(
        'fewer',
        { destination_collections: 85, destination_collections_exported: 85 },
        { destination_collections: 100, destination_collections_exported: 100 },
      ),
      replicated('unlisted', { [SUCCESS]: turns(old(HOUR), 120, undefined) }, {}),
    ]
      .flatMap(([one, other]) => [one, { ...other, metrics: { ...other.metrics, ...failing('forbidden', 20) } }])
      .concat([
        { name: 'handed', owner: 'payments', absent: during(120) },
        { name: 'handed', owner: 'finance', absent: during(0, 120) },
        { name: 'handed', owner: 'payments', instance: 'b', metrics: failing('forbidden', 20) },
      ]),
    checks: [
      firing(160, {
        broken: ALL_TROUBLES,
        off: ['AutoExportOff'],
        stale: ['DataOld'],
        resumed: ['Overdue'],
        smaller: ['Shrunk'],
      }),
      query(80, 'instance_cluster:mongodbatlas_backup_export_outdated:max'),
      query(160, 'max(cluster:mongodbatlas_backup_export_no_success_since_timestamp_seconds:max)', ['{}', 120 * 60]),
      query(
        160,
        'group by (export_bucket_id) (cluster_bucket:mongodbatlas_backup_export_auto_export_info:max{cluster_name="moved"})',
        ['{export_bucket_id="b2"}', 1],
      ),
      query(160, 'max(cluster:mongodbatlas_backup_export_policy_changed_timestamp_seconds:max{cluster_name="moved"})', [
        '{}',
        120 * 60,
      ]),
      query(160, 'group by (owner) (cluster:mongodbatlas_backup_export_owner:group{cluster_name="handed"})', [
        '{owner="finance"}',
        1,
      ]),
    ],
  },
  {
    name: 'of two replicas the later time and the larger number count, and trouble of the schedule only if both see it',
    minutes: 140,
    step: 4,
    exporters: replicas,
    clusters: [
      replicated(
        'orders',
        { ...troubled(), [DATA]: -60 * HOUR },
        {
          auto_export_has_policy_item: 1,
          destination_collections: 100,
          destination_collections_exported: 100,
          due_snapshot_timestamp_seconds: -20 * HOUR,
          'due_snapshot_state{state="none"}': 0,
        },
      ),
      replicated(
        'snapshot',
        { ...dueNow, due_snapshot_timestamp_seconds: -20 * HOUR },
        { ...dueNow, due_snapshot_timestamp_seconds: 2400 },
      ),
      replicated('off', { auto_export_enabled: turns(1, 20, 0), [BUCKET]: turns(1, 20, undefined) }, {}),
      replicated('asleep', { [SUCCESS]: -30 * HOUR, cluster_paused: 1 }, { [SUCCESS]: -30 * HOUR, cluster_paused: 0 }),
      replicated('smaller', { destination_collections: turns(100, 20, 50) }, { destination_collections: 100 }),
      replicated(
        'grown',
        { destination_collections: 100, destination_collections_exported: 90 },
        { destination_collections: 50, destination_collections_exported: 50 },
      ),
      replicated(
        'planned',
        { next_snapshot_timestamp_seconds: -4 * HOUR },
        { next_snapshot_timestamp_seconds: 4 * HOUR },
      ),
      replicated(
        'late',
        { next_snapshot_timestamp_seconds: -4 * HOUR },
        { next_snapshot_timestamp_seconds: -4 * HOUR, schedule_up: 0 },
      ),
      replicated(
        'finished',
        { [ACTIVE]: -50 * HOUR, [QUEUED]: -50 * HOUR, typical_duration_seconds: 600 },
        { [ACTIVE]: old(60), [QUEUED]: old(60), typical_duration_seconds: 600 },
      ),
      replicated(
        'running',
        { [ACTIVE]: -2 * HOUR, duration_max_seconds: HOUR },
        { [ACTIVE]: -2 * HOUR, duration_max_seconds: 9 * HOUR },
      ),
      replicated(
        'exporting',
        {
          [ACTIVE]: 0,
          'active_job_collections_exported{export_id="e"}': 4,
          'active_job_state{export_id="e",state="in_progress"}': 1,
        },
        { [ACTIVE]: 0, 'active_job_collections_exported{export_id="e"}': turns(4, 60, 5) },
      ),
      replicated('unreadable', { snapshots_up: 0 }, { snapshots_up: 1 }),
      replicated(
        'slow',
        { poll_interval_seconds: 60, last_poll_success_timestamp_seconds: old(600) },
        { poll_interval_seconds: 300, last_poll_success_timestamp_seconds: old(600) },
      ),
      replicated('unknown', { 'jobs{state="unknown"}': 1 }, {}),
      replicated('down', { up: 0 }, {}),
      replicated(
        'switched',
        { ...dueNow, ...untilMinute(40), schedule_up: turns(1, 40, 0), snapshots_up: 0, polls_total: 2 },
        {
          ...dueNow,
          ...untilMinute(40),
          snapshots_up: 1,
          auto_export_enabled: turns(1, 40, 0),
          [BUCKET]: turns(1, 40, undefined),
        },
      ),
      replicated('unread', {}, {}).map((one, index) => (index === 0 ? { ...one, unread: during(40) } : one)),
    ].flat(),
    checks: [
      onlyThese(140, 'FailingRepeatedly', 'Incomplete', 'RunningTooLong', 'SnapshotsLate', 'UnknownState'),
      query(
        140,
        'group by (cluster_name) (cluster:mongodbatlas_backup_export_unexported_snapshot_timestamp_seconds:max)',
        ['{cluster_name="snapshot"}', 1],
      ),
      query(140, 'cluster:mongodbatlas_backup_export_peak_collections:max'),
      query(140, 'count(export:mongodbatlas_backup_export_active_job_collections_now:max{cluster_name="exporting"})', [
        '{}',
        1,
      ]),
      query(140, 'count(project:mongodbatlas_backup_export_project_info:max)', ['{}', 1]),
      query(140, 'max(export:mongodbatlas_backup_export_active_job_progressed_timestamp_seconds:max)', ['{}', 60 * 60]),
    ],
  },
  {
    name: 'series for people: the progress and the expected end of an export, and the used quota of a project',
    minutes: 4,
    step: 4,
    exporters: [
      { metrics: { ...quota('backups', 100, 40), ...quota('unlimited', 0, 0) } },
      { instance: 'b', metrics: quota('backups', 90, 20) },
    ],
    clusters: [
      replicated(
        'exporting',
        {
          active_collections: 10,
          active_collections_exported: 4,
          'active_job_progress_ratio{export_id="e"}': 0.4,
          'active_job_created_timestamp_seconds{export_id="e"}': 60,
          typical_duration_seconds: 600,
        },
        {
          active_collections: 9,
          active_collections_exported: 5,
          'active_job_progress_ratio{export_id="e"}': 0.5,
          'active_job_created_timestamp_seconds{export_id="e"}': 120,
          typical_duration_seconds: 900,
        },
      ),
      [
        {
          name: 'more',
          metrics: { active_collections: 10, active_collections_exported: 12, typical_duration_seconds: 60 },
        },
      ],
      [{ name: 'unknown', metrics: { active_collections: 0, active_collections_exported: 0 } }],
    ].flat(),
    checks: [
      query(
        4,
        'sum by (cluster_name) (cluster:mongodbatlas_backup_export_active_progress:ratio)',
        ['{cluster_name="exporting"}', 0.5],
        ['{cluster_name="more"}', 1],
      ),
      query(4, 'sum by (export_id) (export:mongodbatlas_backup_export_active_job_progress_ratio:max)', [
        '{export_id="e"}',
        0.5,
      ]),
      query(4, 'sum by (export_id) (export:mongodbatlas_backup_export_active_job_eta_timestamp_seconds:max)', [
        '{export_id="e"}',
        1020,
      ]),
      query(4, 'project:mongodbatlas_backup_exporter_api_budget_used:ratio', [
        'project:mongodbatlas_backup_exporter_api_budget_used:ratio{group_id="p",budget="backups"}',
        0.8,
      ]),
    ],
  },
];
