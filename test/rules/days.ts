/** What takes a day or more, in one world: evaluating the rules for a day is what costs time. */
import { failing } from './polls.ts';
import {
  ACTIVE,
  BUCKET,
  type Cluster,
  DATA,
  during,
  firesAllTheTime,
  firesFor,
  firesForCluster,
  HOUR,
  OTHER_BUCKET,
  old,
  query,
  quiet,
  SUCCESS,
  turns,
  type Values,
  type World,
} from './world.ts';

const WEEKLY = 'auto_export_info{export_bucket_id="b1",frequency_type="weekly"}';
const noSuccess: Values = { [SUCCESS]: undefined, [DATA]: undefined };
const longAgo: Values = { [SUCCESS]: -72 * HOUR, [DATA]: -72 * HOUR };

/** No success for 26 hours. */
const withoutSuccess: readonly Cluster[] = [
  {
    name: 'orders',
    metrics: { ...noSuccess, success_max_age_seconds: HOUR, [SUCCESS]: turns(undefined, 1612, old(60)) },
  },
  {
    name: 'unread',
    job: 'restarts',
    absent: during(0, 60),
    unread: during(1648),
    metrics: { ...noSuccess, ...failing('timeout', 1648) },
  },
  {
    name: 'running',
    metrics: { ...noSuccess, [SUCCESS]: turns(undefined, 1620, old(60)), [ACTIVE]: turns(0, 1620, undefined) },
  },
  {
    name: 'failing',
    metrics: {
      ...noSuccess,
      [ACTIVE]: 0,
      destination_consecutive_failures: turns(0, 1620, 1),
    },
  },
];

/** The backup schedule changes in minute 40. */
const changed: readonly Cluster[] = [
  {
    name: 'daily',
    metrics: {
      ...longAgo,
      success_max_age_seconds: turns(8 * 86_400, 40, 26 * HOUR),
      [BUCKET]: turns(undefined, 40, 1),
      [WEEKLY]: turns(1, 40, undefined),
    },
  },
  {
    name: 'moved',
    metrics: {
      [SUCCESS]: turns(old(60), 40, undefined),
      [DATA]: turns(old(60), 40, undefined),
      [BUCKET]: turns(1, 40, undefined),
      [OTHER_BUCKET]: turns(undefined, 40, 1),
    },
  },
  {
    name: 'on',
    metrics: {
      [SUCCESS]: turns(undefined, 40, -72 * HOUR),
      [DATA]: undefined,
      success_max_age_seconds: turns(undefined, 40, 26 * HOUR),
      auto_export_enabled: turns(0, 40, 1),
      [BUCKET]: turns(undefined, 40, 1),
    },
  },
  { name: 'resumed', metrics: { ...longAgo, cluster_paused: turns(1, 44, 0) } },
  { name: 'always', metrics: longAgo },
  { name: 'added', absent: during(0, 40), metrics: longAgo },
];

/** Clusters that leave in minute 60, and clusters made anew under their old name. */
const replaced: readonly Cluster[] = [
  {
    name: 'removed',
    absent: during(60),
    metrics: { [SUCCESS]: -30 * HOUR, destination_consecutive_failures: 3, auto_export_has_policy_item: 0 },
  },
  {
    name: 'anew',
    metrics: {
      ...failing('not_found', 60, 72),
      [SUCCESS]: turns(-30 * HOUR, 76, undefined),
      [DATA]: turns(-30 * HOUR, 76, undefined),
      destination_collections: turns(100, 60, turns(undefined, 200, 10)),
    },
  },
  { name: 'empty', metrics: { ...failing('not_found', 60, 72), ...noSuccess } },
  { name: 'young', metrics: { [SUCCESS]: turns(0, 60, undefined), [DATA]: turns(0, 60, undefined) } },
].map((cluster) => ({ ...cluster, group: 'replaced', job: 'replaced' }));

const exporting: readonly Cluster[] = [
  {
    name: 'stuck',
    metrics: {
      [ACTIVE]: -60,
      'active_job_collections_exported{export_id="e"}': turns(4, 12, turns(5, 1484, 6)),
      'active_job_collections_exported{export_id="h"}': turns(1, 16, turns(2, 1484, 3)),
      'active_job_state{export_id="e",state="queued"}': 0,
    },
  },
  {
    name: 'slow',
    metrics: {
      [ACTIVE]: -60,
      'active_job_collections_exported{export_id="f"}': (minute) => 4 + Math.floor(minute / 1080),
    },
  },
  // It is not known whether it still runs.
  {
    name: 'hidden',
    metrics: {
      ...failing('timeout', 60),
      [ACTIVE]: turns(-60, 60, undefined),
      'active_job_collections_exported{export_id="i"}': turns(4, 60, undefined),
    },
  },
  {
    name: 'waiting',
    metrics: {
      'active_job_collections_exported{export_id="g"}': 0,
      'active_job_state{export_id="g",state="queued"}': 1,
    },
  },
];

/** So many clusters, of which some leave: at once in minute 20, or with minutes between them. */
const fleet = (name: string, count: number, leaving: number, minutesBetween = 0): Cluster[] =>
  Array.from({ length: count }, (_, index) => ({
    name: String(index),
    group: name,
    job: name,
    absent: index < leaving ? during(20 + index * minutesBetween) : () => false,
    isOnlyNamed: true,
  }));

const fired = (alert: string, ...names: readonly string[]): [string, number][] =>
  names.map((name) => [`{alertname="AtlasBackupExport${alert}",cluster_name="${name}"}`, 1]);

export const dayWorld: World = {
  name: 'one day: exports without a success, changes of the schedule, clusters made anew, exports that hang, and a fleet that shrinks',
  minutes: 1680,
  step: 4,
  exporters: [
    {},
    { job: 'restarts', down: during(1648, 1652) },
    { job: 'replaced', metrics: { 'discovery_up{group_id="replaced"}': 1 } },
    ...['lost', 'slowly', 'half', 'small'].map((job) => ({ job })),
  ],
  clusters: [
    ...withoutSuccess,
    ...changed,
    ...replaced,
    ...exporting,
    ...fleet('lost', 6, 4),
    ...fleet('slowly', 6, 4, 32),
    ...fleet('half', 6, 3),
    ...fleet('small', 4, 3),
  ],
  checks: [
    // NoSuccessListed fires after 26 hours, stays in an outage, and resolves with the first success.
    ...quiet('NoSuccessListed', 1576),
    firesForCluster('NoSuccessListed', 1580, {
      severity: 'critical',
      summary: 'Atlas lists no successful backup export',
      description:
        'Atlas has listed no successful export of cluster orders (project 5f1a00000000000000000001) into bucket b1 for at least 1d 2h 20m 0s. One is expected every 1h 0m 0s. Check in Atlas that exports start, and how they end.',
    }),
    ...quiet('NoSuccessListed', 1612),
    query(1612, 'ALERTS{cluster_name="orders"}'),
    firesAllTheTime('NoSuccessListed', 1640, 1680, 'cluster_name="unread"'),
    // A first export excuses it while it runs, but not if it fails.
    firesAllTheTime('NoSuccessListed', 1636, 1680, 'cluster_name="failing"'),
    query(1632, 'ALERTS{cluster_name="failing",alertname="AtlasBackupExportNoSuccessListed",alertstate="firing"}'),
    // After a change of the schedule there is one whole new interval without a page.
    firesAllTheTime('Overdue', 20, 1680, 'cluster_name="always"'),
    firesAllTheTime('Overdue', 56, 1680, 'cluster_name="added"'),
    query(1612, 'count_over_time(ALERTS{cluster_name=~"daily|moved|on|resumed",alertstate="firing"}[1612m])'),
    query(
      1616,
      'ALERTS{cluster_name=~"daily|moved|on|resumed",alertstate="firing"} * 0',
      ...['daily', 'on', 'resumed'].map((name): [string, number] => [firingPage('Overdue', name), 0]),
    ),
    query(1620, 'ALERTS{cluster_name="moved",alertstate="firing"} * 0', [firingPage('NoSuccessListed', 'moved'), 0]),
    // Nothing fires for a cluster that was removed, nor on the first day of a new one.
    query(76, 'ALERTS{cluster_name="removed"}'),
    query(1600, 'count_over_time(ALERTS{cluster_name="removed"}[1520m])'),
    query(1600, 'cluster:mongodbatlas_backup_export_owner:group{cluster_name="removed"}'),
    query(1600, 'count_over_time(ALERTS{cluster_name=~"anew|young",alertstate="firing"}[1520m])'),
    query(1672, 'count_over_time(ALERTS{cluster_name="empty",alertstate="firing"}[1600m])'),
    // Stalled fires after a day without a further collection, although one collection may take 18 hours.
    ...quiet('Stalled', 1460),
    firesForCluster('Stalled', 1464, {
      severity: 'warning',
      labels: { cluster_name: 'stuck' },
      summary: 'a running backup export has finished no collection for 1d 0h 12m 0s',
      description:
        'A running export of cluster stuck (project 5f1a00000000000000000001) has finished no further collection for 1d 0h 12m 0s. 5 collections are finished. Check whether its data in the bucket still grows. If it does not, open a support case with MongoDB: neither the Atlas CLI nor the API can cancel an export.',
    }),
    firesAllTheTime('Stalled', 1464, 1492),
    ...quiet('Stalled', 1496),
    // FleetShrunk fires when most clusters are lost at once, not if they are retired one by one, and resolves after a day.
    ...quiet('AtlasBackupExporterFleetShrunk', 24),
    firesFor('AtlasBackupExporterFleetShrunk', 28, {
      severity: 'warning',
      labels: { job: 'lost' },
      summary: 'Backup exporter lost: it watches only 2 of 6 clusters',
      description:
        'The exporter lost watched 6 clusters. Within minutes most of them were lost: 2 are left. If that was not on purpose, check the last change of its config, and which projects its credentials may read. This alert ends after a day.',
    }),
    firesAllTheTime('AtlasBackupExporterFleetShrunk', 28, 1464),
    ...quiet('AtlasBackupExporterFleetShrunk', 1468),
    query(
      1680,
      'group by (alertname, cluster_name) (count_over_time(ALERTS{alertstate="firing"}[1680m]))',
      ...fired('NoSuccessListed', 'orders', 'unread', 'failing', 'moved', 'young'),
      ...fired('Overdue', 'always', 'added', 'daily', 'on', 'resumed', 'removed', 'anew'),
      ...fired('Failed', 'failing'),
      ...fired('FailingRepeatedly', 'removed'),
      ...fired('PolicyWithoutItem', 'removed'),
      ...fired('TargetDown', 'unread', 'hidden'),
      ...fired('Stalled', 'stuck'),
      ['{alertname="AtlasBackupExporterFleetShrunk"}', 1],
    ),
  ],
};

function firingPage(alert: string, name: string): string {
  return `{alertname="AtlasBackupExport${alert}",alertstate="firing",cluster_name="${name}",group_id="5f1a00000000000000000001",severity="critical"}`;
}
