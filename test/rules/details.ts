/** Details of the records that no alert shows within minutes. */
import { failing } from './polls.ts';
import { ACTIVE, BUCKET, during, GROUP, HOUR, old, query, quiet, SUCCESS, turns, type World } from './world.ts';

const recorded = (name: string, cluster: string) =>
  `cluster:mongodbatlas_backup_export_${name}:max{group_id="${GROUP}",cluster_name="${cluster}"}`;
const WEEK = 7 * 24 * HOUR;
const names = (record: string) => `group by (cluster_name) (cluster:mongodbatlas_backup_export_${record}:max)`;

export const detailWorlds: readonly World[] = [
  {
    name: 'a cluster that nothing names yet stays for ten minutes after its exporter is back, or after its project can be listed again',
    minutes: 40,
    step: 2,
    exporters: [
      { down: during(8, 20) },
      { job: 'k', metrics: { 'discovery_up{group_id="p2"}': turns(1, 8, turns(0, 20, 1)) } },
    ],
    clusters: [
      { name: 'orders', absent: during(8) },
      { name: 'users', job: 'k', group: 'p2', absent: during(8) },
    ],
    checks: [
      query(26, names('target_info'), ['{cluster_name="orders"}', 1], ['{cluster_name="users"}', 1]),
      query(30, names('target_info'), ['{cluster_name="orders"}', 1]),
      query(36, names('target_info')),
    ],
  },
  {
    name: 'a cluster that was not found in between counts as new for the last success, within one hour',
    minutes: 120,
    step: 4,
    clusters: [
      { name: 'never', metrics: { ...failing('not_found', 20, 40), [SUCCESS]: undefined } },
      { name: 'replaced', metrics: { ...failing('not_found', 20, 40), [SUCCESS]: turns(-30 * HOUR, 40, undefined) } },
    ],
    checks: [
      ...[40, 60].map((minute) =>
        query(
          minute,
          'max by (cluster_name) (cluster:mongodbatlas_backup_export_no_success_since_timestamp_seconds:max)',
          ['{cluster_name="never"}', minute * 60],
          ['{cluster_name="replaced"}', minute * 60],
        ),
      ),
      query(
        120,
        `count(cluster:mongodbatlas_backup_export_no_success_since_timestamp_seconds:max > ${88 * 60} < ${100 * 60})`,
        ['{}', 2],
      ),
    ],
  },
  {
    name: 'a snapshot without an export stays known for 15 minutes after the schedule was read again',
    minutes: 60,
    step: 2,
    clusters: [
      {
        name: 'orders',
        unread: during(20, 24),
        metrics: {
          due_snapshot_timestamp_seconds: turns(-20 * HOUR, 20, undefined),
          'due_snapshot_state{state="none"}': turns(1, 20, undefined),
        },
      },
    ],
    checks: [
      query(36, names('unexported_snapshot_timestamp_seconds'), ['{cluster_name="orders"}', 1]),
      query(40, names('unexported_snapshot_timestamp_seconds')),
    ],
  },
  {
    name: 'an earlier number of collections is kept only while it is larger, and for less than a week',
    minutes: 24,
    step: 4,
    records: {
      [recorded('destination_collections', 'shrunk')]: 50,
      [recorded('peak_collections', 'shrunk')]: 100,
      [recorded('peak_collections_timestamp_seconds', 'shrunk')]: 8 * 60 - WEEK,
    },
    clusters: [
      { name: 'shrunk', metrics: { destination_collections: 50 } },
      { name: 'same', metrics: { destination_collections: 50 } },
      { name: 'restored', metrics: { destination_collections: turns(100, 4, turns(50, 12, 100)) } },
    ],
    checks: [
      query(4, names('peak_collections'), ['{cluster_name="restored"}', 1], ['{cluster_name="shrunk"}', 1]),
      query(8, names('peak_collections'), ['{cluster_name="restored"}', 1]),
      query(20, names('peak_collections')),
    ],
  },
  {
    name: 'a short export is slower than usual after half an hour more',
    minutes: 60,
    step: 2,
    clusters: [{ name: 'orders', metrics: { [ACTIVE]: 0, typical_duration_seconds: 600 } }],
    checks: [
      ...quiet('SlowerThanUsual', 50),
      query(54, 'count(ALERTS{alertname="AtlasBackupExportSlowerThanUsual",alertstate="firing"})', ['{}', 1]),
    ],
  },
  {
    name: 'a cluster that was removed on purpose does not come back when its exporter is gone later',
    minutes: 80,
    step: 2,
    exporters: [{ down: during(40) }],
    clusters: [{ name: 'kept' }, { name: 'removed', absent: during(8) }],
    checks: [query(70, names('target_info'), ['{cluster_name="kept"}', 1])],
  },
  {
    name: 'automatic export that is on counts at once after a restart, although the schedule was unread until then',
    minutes: 40,
    step: 2,
    clusters: [
      {
        name: 'orders',
        unread: during(20, 24),
        metrics: { auto_export_enabled: turns(0, 20, 1), [BUCKET]: turns(undefined, 20, 1) },
      },
    ],
    checks: [query(22, names('auto_export_off'), ['{cluster_name="orders"}', 1]), query(26, names('auto_export_off'))],
  },
  {
    name: 'of two exporters the later successful poll counts',
    minutes: 4,
    step: 4,
    exporters: [{ instance: 'a' }, { instance: 'b' }],
    clusters: [
      { name: 'orders', metrics: { last_poll_success_timestamp_seconds: old(3000) } },
      { name: 'orders', instance: 'b', metrics: { last_poll_success_timestamp_seconds: old(60) } },
    ],
    checks: [query(4, 'max(cluster:mongodbatlas_backup_export_last_poll_success_timestamp_seconds:max)', ['{}', 180])],
  },
  {
    name: 'of several exports the newest one counts as the active one',
    minutes: 4,
    step: 4,
    clusters: [
      {
        name: 'orders',
        metrics: { [ACTIVE]: -50 * HOUR, 'oldest_active_created_timestamp_seconds{state="queued"}': -60 },
      },
    ],
    checks: [query(4, 'max(cluster:mongodbatlas_backup_export_active_created_timestamp_seconds:max)', ['{}', -60])],
  },
  {
    name: 'a cluster that one exporter may not read and another one reads is not denied, although its neighbour cannot be read',
    minutes: 40,
    step: 4,
    exporters: [{ instance: 'a' }, { instance: 'b' }],
    clusters: [
      { name: 'orders', metrics: failing('forbidden', 8) },
      { name: 'orders', instance: 'b' },
      { name: 'users', metrics: failing('network', 8) },
      { name: 'denied', group: 'p2', credential: 'shop', metrics: failing('forbidden', 8) },
      { name: 'denied', group: 'p2', credential: 'shop', instance: 'b', metrics: failing('forbidden', 8) },
      { name: 'allowed', group: 'p2', credential: 'shop' },
    ],
    checks: [
      query(40, 'cluster_credential:mongodbatlas_backup_export_access_denied:max', [
        'cluster_credential:mongodbatlas_backup_export_access_denied:max{group_id="p2",cluster_name="denied",credential="shop"}',
        1,
      ]),
      query(40, 'credential:mongodbatlas_backup_export_works_elsewhere:group', [
        'credential:mongodbatlas_backup_export_works_elsewhere:group{credential="shop"}',
        1,
      ]),
      query(40, 'installation:mongodbatlas_backup_export_down_clusters:count', [
        'installation:mongodbatlas_backup_export_down_clusters:count{job="j"}',
        2,
      ]),
      query(40, 'installation:mongodbatlas_backup_export_clusters:count', [
        'installation:mongodbatlas_backup_export_clusters:count{job="j"}',
        4,
      ]),
    ],
  },
];
