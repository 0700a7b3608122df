/** One cause for many clusters, and several exporters for one cluster. */
import { failing } from './polls.ts';
import { BUCKET, during, firesAllTheTime, HOUR, old, onlyThese, query, SUCCESS, turns, type World } from './world.ts';

const UNREACHABLE = 'AtlasBackupExporterAtlasUnreachable';
const ten = Array.from({ length: 10 }, (_, index) => ({ name: `c${index}`, group: `p${index % 3}` }));
const discovery = (value: (minute: number) => number) =>
  Object.fromEntries(['p0', 'p1', 'p2'].map((group) => [`discovery_up{group_id="${group}"}`, value]));

export const stormWorlds: readonly World[] = [
  {
    name: 'Atlas is unreachable for a fleet, and comes back slowly: one page and nothing else, the circuit breaker known or not',
    minutes: 120,
    step: 4,
    exporters: [
      {
        metrics: {
          atlas_reachable: (minute) => (during(8, 80)(minute) ? 0 : 1),
          ...discovery((minute) => (during(12, 88)(minute) ? 0 : 1)),
        },
      },
    ],
    clusters: ten.map(({ name, group }, index) => ({
      name,
      group,
      metrics: failing('timeout', 12 + 4 * (index % 2), 84 + 4 * (index % 2)),
    })),
    checks: [firesAllTheTime(UNREACHABLE, 24, 80), onlyThese(120, UNREACHABLE)],
  },
  {
    name: 'a reachable Atlas that answers most polls with errors is the same',
    minutes: 60,
    step: 4,
    exporters: [{ metrics: discovery((minute) => (minute < 12 ? 1 : 0)) }],
    clusters: ten.map(({ name, group }, index) => ({
      name,
      group,
      metrics: failing(index === 0 ? 'rate_limited' : 'server_error', 12 + 4 * (index % 2)),
    })),
    checks: [onlyThese(60, UNREACHABLE)],
  },
  {
    name: 'staging that cannot reach Atlas mutes nothing of production',
    minutes: 60,
    step: 4,
    exporters: [
      { job: 'staging', metrics: { atlas_reachable: 0, 'discovery_up{group_id="staging"}': 0 } },
      { job: 'production', metrics: { 'discovery_up{group_id="p9"}': 0 } },
    ],
    clusters: [
      ...ten.map(({ name }) => ({ name, group: 'staging', job: 'staging', metrics: failing('timeout', 8) })),
      ...ten.map(({ name, group }) => ({ name, group, job: 'production' })),
      { name: 'broken', group: 'p9', job: 'production', metrics: failing('timeout', 8) },
    ],
    checks: [onlyThese(60, UNREACHABLE, 'TargetDown', 'DiscoveryFailing')],
  },
  {
    name: 'an outage that comes and goes does not hide that a cluster is never read',
    minutes: 60,
    exporters: [{ metrics: { atlas_reachable: (minute) => (minute % 10 > 6 ? 0 : 1) } }],
    clusters: [...ten, { name: 'never', group: 'p0', metrics: failing('timeout', 0) }],
    checks: [firesAllTheTime('TargetDown', 20, 60, 'cluster_name="never"'), onlyThese(60, 'TargetDown')],
  },
  {
    name: 'two jobs that scrape one exporter, and copies of one exporter: each alert once',
    minutes: 48,
    step: 4,
    exporters: [{ job: 'a' }, { job: 'b' }, { job: 'b', instance: 'copy' }],
    clusters: [
      ...(['a', 'b'] as const).map((job) => ({
        name: 'orders',
        job,
        metrics: { [SUCCESS]: -30 * HOUR, destination_consecutive_failures: 1, ...failing('timeout', 8) },
      })),
      {
        name: 'orders',
        job: 'b',
        instance: 'copy',
        metrics: { [SUCCESS]: -30 * HOUR, destination_consecutive_failures: 1, ...failing('timeout', 8) },
      },
      ...ten,
      ...ten.map((one) => ({ ...one, job: 'a' })),
      ...ten.map((one) => ({ ...one, job: 'b' })),
    ],
    checks: [onlyThese(48, 'Overdue', 'Failed', 'TargetDown')],
  },
  {
    name: 'a second replica that lost access does not count with its old data, and of two limits the strictest counts',
    minutes: 120,
    step: 4,
    exporters: [{ instance: 'a' }, { instance: 'b' }],
    clusters: [
      { name: 'orders', instance: 'a', metrics: { destination_consecutive_failures: turns(1, 28, 0) } },
      {
        name: 'orders',
        instance: 'b',
        metrics: {
          ...failing('forbidden', 20),
          destination_consecutive_failures: 1,
          [SUCCESS]: 1200,
          destination_collections: 100,
          destination_collections_exported: 90,
          auto_export_enabled: 1,
        },
      },
      { name: 'strict', instance: 'a', metrics: { success_max_age_seconds: 26 * HOUR, [SUCCESS]: old(10 * HOUR) } },
      { name: 'strict', instance: 'b', metrics: { success_max_age_seconds: 9 * HOUR, [SUCCESS]: old(10 * HOUR) } },
    ],
    checks: [
      query(96, 'ALERTS{alertname=~"AtlasBackupExport(Failed|Incomplete)",cluster_name="orders"}'),
      query(120, 'ALERTS{cluster_name="orders"}'),
      firesAllTheTime('Overdue', 16, 120, 'cluster_name="strict"'),
      onlyThese(120, 'Overdue', 'Failed', 'Incomplete'),
    ],
  },
  {
    name: 'two projects with clusters of one name are told apart, and labels that change start no new alert',
    minutes: 100,
    step: 4,
    exporters: [{}, { instance: 'b' }],
    clusters: [
      { name: 'Cluster0', group: 'p1', project: '', absent: during(52), metrics: { [SUCCESS]: -30 * HOUR } },
      {
        name: 'Cluster0',
        group: 'p1',
        project: 'Renamed',
        credential: 'other',
        instance: 'b',
        absent: during(0, 52),
        metrics: { [SUCCESS]: -30 * HOUR },
      },
      { name: 'Cluster0', group: 'p2' },
    ],
    checks: [
      firesAllTheTime('Overdue', 16, 100, 'group_id="p1"'),
      onlyThese(100, 'Overdue'),
      query(100, 'count(project:mongodbatlas_backup_export_project_info:max)', ['{}', 2]),
    ],
  },
  {
    name: 'a rollout: for four minutes two pods, the new one without facts, and nothing fires or resolves',
    minutes: 100,
    step: 4,
    exporters: [
      { instance: 'a', down: during(60) },
      { instance: 'b', down: during(0, 56) },
    ],
    clusters: ['a', 'b'].flatMap((instance) => [
      {
        name: 'late',
        instance,
        unread: during(56, 68),
        metrics: { [SUCCESS]: -30 * HOUR, destination_consecutive_failures: 3 },
      },
      { name: 'fine', instance, unread: during(56, 68), metrics: { [BUCKET]: 1 } },
    ]),
    checks: [
      firesAllTheTime('Overdue', 16, 100, 'cluster_name="late"'),
      firesAllTheTime('FailingRepeatedly', 4, 100),
      onlyThese(100, 'Overdue', 'FailingRepeatedly'),
    ],
  },
];
