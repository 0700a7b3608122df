/** Each alert on the exports of a cluster: quiet just below its limit, firing with its text, and resolved. */
import {
  BUCKET,
  bothFire,
  during,
  firesAllTheTime,
  firesForCluster,
  HOUR,
  old,
  onlyThese,
  query,
  quiet,
  turns,
  type Value,
  type Values,
  type World,
} from './world.ts';

const noSuccess: Values = {
  destination_last_success_timestamp_seconds: undefined,
  destination_data_timestamp_seconds: undefined,
};
/** A snapshot that is due for export, and whether Atlas lists no export of it. */
const dueSnapshot = (created: Value, isNone: Value = 1): Values => ({
  due_snapshot_timestamp_seconds: created,
  'due_snapshot_state{state="none"}': isNone,
  'due_snapshot_state{state="queued"}': (minute) => {
    const shown = typeof isNone === 'function' ? isNone(minute) : isNone;
    return shown === undefined ? undefined : 0;
  },
});
const notStartedText = {
  summary: 'no export has started for the snapshot taken 5h 4m 0s ago',
  description:
    'A snapshot of cluster orders (project 5f1a00000000000000000001) that the export policy covers was taken 5h 4m 0s ago, and Atlas lists no export of it into bucket b1. The newest success ended 6h 12m 0s ago. Check in Atlas that automatic export is on, then export this snapshot by hand.',
};
const orders = (metrics: Values) => [{ name: 'orders', metrics }];

export const exportWorlds: readonly World[] = [
  {
    name: 'Overdue fires 15 minutes after the success became too old, and resolves with the next success',
    minutes: 48,
    step: 4,
    clusters: orders({ destination_last_success_timestamp_seconds: turns(240 - 26 * HOUR, 36, old(60)) }),
    checks: [
      ...quiet('Overdue', 4, 20),
      firesForCluster('Overdue', 24, {
        severity: 'critical',
        summary: 'no successful backup export for 1d 2h 20m 0s',
        description:
          'The newest successful export of cluster orders (project 5f1a00000000000000000001) into bucket b1 ended 1d 2h 20m 0s ago. The limit is 1d 2h 0m 0s. The bucket has no newer copy. Check in Atlas that the backup policy still takes and exports snapshots.',
      }),
      ...quiet('Overdue', 36),
      onlyThese(48, 'Overdue'),
    ],
  },
  {
    name: 'Overdue names the failures that are to be solved first',
    minutes: 20,
    step: 4,
    clusters: orders({
      destination_last_success_timestamp_seconds: -30 * HOUR,
      destination_consecutive_failures: 2,
      [BUCKET]: undefined,
      auto_export_enabled: undefined,
    }),
    checks: [
      firesForCluster('Overdue', 20, {
        severity: 'critical',
        summary: 'no successful backup export for 1d 6h 20m 0s',
        description:
          'The newest successful export of cluster orders (project 5f1a00000000000000000001) ended 1d 6h 20m 0s ago. The limit is 1d 2h 0m 0s. The bucket has no newer copy. Exports start, but the last 2 failed: fix that first.',
      }),
      onlyThese(20, 'Overdue', 'Failed'),
    ],
  },
  {
    name: 'DataOld fires while exports succeed but their snapshot is twice too old, not for a cluster that is paused, overdue, or has a new policy',
    minutes: 48,
    step: 4,
    clusters: [
      ...orders({ destination_data_timestamp_seconds: turns(240 - 52 * HOUR, 36, old(HOUR)) }),
      { name: 'paused', metrics: { destination_data_timestamp_seconds: -60 * HOUR, cluster_paused: 1 } },
      {
        name: 'late',
        metrics: {
          destination_data_timestamp_seconds: -60 * HOUR,
          destination_last_success_timestamp_seconds: -30 * HOUR,
        },
      },
      {
        name: 'moved',
        metrics: {
          destination_data_timestamp_seconds: turns(old(HOUR), 8, -60 * HOUR),
          [BUCKET]: turns(1, 8, undefined),
          'auto_export_info{export_bucket_id="b2",frequency_type="daily"}': turns(undefined, 8, 1),
        },
      },
    ],
    checks: [
      ...quiet('DataOld', 4, 20),
      firesForCluster('DataOld', 24, {
        severity: 'warning',
        summary: 'the newest exported data is 2d 4h 20m 0s old',
        description:
          'Exports of cluster orders (project 5f1a00000000000000000001) succeed, but the newest exported snapshot was taken 2d 4h 20m 0s ago. Newer snapshots are missing, or are not exported. Find out which snapshot is exported, and by whom.',
      }),
      ...quiet('DataOld', 36),
      onlyThese(48, 'DataOld', 'Overdue'),
    ],
  },
  {
    name: 'NotStarted fires three hours after a snapshot without an export, pages after half of the maximum age, and resolves with the export',
    minutes: 216,
    step: 4,
    clusters: [
      {
        name: 'orders',
        metrics: {
          ...dueSnapshot(480 - 2 * HOUR, turns(1, 204, 0)),
          success_max_age_seconds: 8 * HOUR,
          destination_last_success_timestamp_seconds: -3 * HOUR,
        },
      },
      {
        name: 'exported',
        metrics: {
          ...dueSnapshot(600 - 2 * HOUR, turns(1, 60, 0)),
          destination_last_success_timestamp_seconds: -3 * HOUR,
        },
      },
      {
        name: 'paused',
        metrics: {
          ...dueSnapshot(600 - 2 * HOUR),
          destination_last_success_timestamp_seconds: -3 * HOUR,
          cluster_paused: 1,
        },
      },
    ],
    checks: [
      ...quiet('NotStarted', 68),
      firesForCluster('NotStarted', 72, {
        severity: 'warning',
        summary: 'no export has started for the snapshot taken 3h 4m 0s ago',
        description:
          'A snapshot of cluster orders (project 5f1a00000000000000000001) that the export policy covers was taken 3h 4m 0s ago, and Atlas lists no export of it into bucket b1. The newest success ended 4h 12m 0s ago. Check in Atlas that automatic export is on, then export this snapshot by hand.',
      }),
      query(188, 'count(ALERTS{alertname="AtlasBackupExportNotStarted",alertstate="firing",severity="critical"})'),
      bothFire(
        firesForCluster('NotStarted', 192, { ...notStartedText, severity: 'warning' }),
        firesForCluster('NotStarted', 192, { ...notStartedText, severity: 'critical' }),
      ),
      ...quiet('NotStarted', 204),
      onlyThese(216, ['NotStarted', 2]),
    ],
  },
  {
    name: 'NotStarted tells nothing of a bucket that is not known',
    minutes: 60,
    step: 4,
    clusters: orders({
      ...dueSnapshot(-60 - 2 * HOUR),
      [BUCKET]: undefined,
      destination_last_success_timestamp_seconds: -3 * HOUR,
    }),
    checks: [
      firesForCluster('NotStarted', 60, {
        severity: 'warning',
        summary: 'no export has started for the snapshot taken 3h 1m 0s ago',
        description:
          'A snapshot of cluster orders (project 5f1a00000000000000000001) that the export policy covers was taken 3h 1m 0s ago, and Atlas lists no export of it. The newest success ended 4h 0m 0s ago. Check in Atlas that automatic export is on, then export this snapshot by hand.',
      }),
    ],
  },
  {
    name: 'NotStarted says nothing of a policy that was switched on after the snapshot, and of exports that were not read after it',
    minutes: 212,
    step: 4,
    clusters: [
      { name: 'new', metrics: { ...dueSnapshot(-HOUR), ...noSuccess } },
      // Two exporters see another bucket.
      {
        name: 'both',
        metrics: {
          ...dueSnapshot(turns(undefined, 12, 480), turns(undefined, 12, 1)),
          ...noSuccess,
          'auto_export_info{export_bucket_id="b2",frequency_type="daily"}': turns(undefined, 12, 1),
        },
      },
      { name: 'now', metrics: { ...dueSnapshot(0), ...noSuccess } },
      { name: 'side', metrics: dueSnapshot(-HOUR) },
      { name: 'same', metrics: { ...dueSnapshot(-HOUR), destination_last_success_timestamp_seconds: -HOUR } },
      {
        name: 'unread',
        metrics: {
          ...dueSnapshot(600),
          destination_last_success_timestamp_seconds: -HOUR,
          last_poll_success_timestamp_seconds: 600,
          poll_interval_seconds: 24 * HOUR,
        },
      },
      {
        name: 'known',
        metrics: dueSnapshot(turns(undefined, 12, 700), turns(undefined, 12, 1)),
      },
    ],
    checks: [
      query(212, 'count by (cluster_name) (ALERTS{alertstate="firing"})', ['{cluster_name="known"}', 1]),
      onlyThese(212, 'NotStarted'),
    ],
  },
  {
    name: 'NotStarted says nothing of a snapshot taken while automatic export was off, nor after it was switched off unseen in an outage',
    minutes: 260,
    step: 4,
    exporters: [{}, { instance: 'b', down: during(80, 84) }],
    clusters: [
      {
        name: 'again',
        metrics: {
          ...dueSnapshot(turns(undefined, 24, 20 * 60), turns(undefined, 24, 1)),
          ...noSuccess,
          auto_export_enabled: (minute) => (during(16, 24)(minute) ? 0 : 1),
          [BUCKET]: (minute) => (during(16, 24)(minute) ? undefined : 1),
        },
      },
      {
        name: 'off',
        instance: 'b',
        unread: during(84, 100),
        metrics: {
          ...dueSnapshot(turns(-2 * HOUR, 84, undefined), turns(1, 84, undefined)),
          destination_last_success_timestamp_seconds: -3 * HOUR,
          auto_export_enabled: turns(1, 84, 0),
          [BUCKET]: turns(1, 84, undefined),
        },
      },
    ],
    checks: [
      query(96, 'count(ALERTS{alertname="AtlasBackupExportNotStarted",alertstate="firing"})', ['{}', 1]),
      ...quiet('NotStarted', 120, 260),
    ],
  },
  {
    name: 'NotStarted stays while the exporter cannot know more: in an outage, after a restart, while the snapshots cannot be read',
    minutes: 244,
    step: 4,
    exporters: [{ down: during(120, 128) }],
    clusters: [
      // After the restart the export is found, before all of the schedule is read.
      {
        name: 'exported',
        unread: during(128, 140),
        metrics: {
          ...dueSnapshot(600 - 2 * HOUR, turns(1, 128, 0)),
          destination_last_success_timestamp_seconds: -3 * HOUR,
          polls_total: turns(9, 128, 2),
        },
      },
      {
        name: 'orders',
        unread: during(128, 180),
        metrics: {
          ...dueSnapshot(
            (minute) => (during(128, 220)(minute) ? undefined : 600 - 2 * HOUR),
            (minute) => (during(80, 220)(minute) ? undefined : minute < 236 ? 1 : 0),
          ),
          destination_last_success_timestamp_seconds: -3 * HOUR,
          up: (minute) => (during(80, 180)(minute) ? 0 : 1),
          schedule_up: (minute) => (during(128, 180)(minute) ? 0 : 1),
          snapshots_up: (minute) => (during(180, 220)(minute) ? 0 : 1),
        },
      },
    ],
    checks: [
      firesAllTheTime('NotStarted', 72, 232, 'severity="warning",cluster_name="orders"'),
      firesAllTheTime('NotStarted', 72, 136, 'severity="warning",cluster_name="exported"'),
      query(140, 'ALERTS{alertname="AtlasBackupExportNotStarted",cluster_name="exported"}'),
      ...quiet('NotStarted', 240),
    ],
  },
  {
    name: 'SnapshotsLate fires when the next snapshot is three hours late, not for a paused or unread cluster, and resolves with it',
    minutes: 120,
    step: 4,
    clusters: [
      { name: 'orders', metrics: { next_snapshot_timestamp_seconds: turns(-7200, 100, 100_000) } },
      { name: 'paused', metrics: { next_snapshot_timestamp_seconds: -7140, cluster_paused: 1 } },
      { name: 'unread', metrics: { next_snapshot_timestamp_seconds: -7140, schedule_up: 0 } },
    ],
    checks: [
      ...quiet('SnapshotsLate', 76),
      firesForCluster('SnapshotsLate', 80, {
        severity: 'warning',
        summary: 'the next snapshot is 3h 20m 0s late',
        description:
          'According to its backup schedule, Atlas should have taken the next snapshot of cluster orders (project 5f1a00000000000000000001) 3h 20m 0s ago. Without new snapshots there are no new exports. Check in Atlas whether the cluster is paused, and look at its newest snapshots.',
      }),
      ...quiet('SnapshotsLate', 100),
      onlyThese(120, 'SnapshotsLate'),
    ],
  },
  {
    name: 'SnapshotsUnreadable fires after two hours, not for a cluster that cannot be read at all, and resolves',
    minutes: 152,
    step: 4,
    clusters: [...orders({ snapshots_up: turns(0, 140, 1) }), { name: 'down', metrics: { snapshots_up: 0, up: 0 } }],
    checks: [
      ...quiet('SnapshotsUnreadable', 116),
      firesForCluster('SnapshotsUnreadable', 120, {
        severity: 'warning',
        summary: 'the list of snapshots cannot be read',
        description:
          'The exports of cluster orders (project 5f1a00000000000000000001) can be read, but its list of snapshots cannot. So an export that never starts is noticed only when the last success is too old, which is after 1d 2h 0m 0s. The status page has the reason and advice.',
      }),
      ...quiet('SnapshotsUnreadable', 140),
      onlyThese(152, 'SnapshotsUnreadable', 'TargetDown'),
    ],
  },
  {
    name: 'PolicyWithoutItem fires after an hour without a policy item, and resolves with one or without automatic export',
    minutes: 80,
    step: 4,
    clusters: [
      { name: 'orders', metrics: { auto_export_has_policy_item: turns(0, 68, 1) } },
      { name: 'never', metrics: { auto_export_has_policy_item: 0, auto_export_enabled: 0, [BUCKET]: undefined } },
    ],
    checks: [
      ...quiet('PolicyWithoutItem', 56),
      firesForCluster('PolicyWithoutItem', 60, {
        severity: 'warning',
        summary: 'the backup schedule can never export',
        description:
          'Automatic export of cluster orders (project 5f1a00000000000000000001) is on, but no policy item of its backup schedule takes snapshots of the exported frequency. So nothing will ever be exported. Add such a policy item in Atlas, or choose another frequency.',
      }),
      ...quiet('PolicyWithoutItem', 68),
      onlyThese(80, 'PolicyWithoutItem'),
    ],
  },
  {
    name: 'Unwatched fires after two hours without a maximum age, unless automatic export is known to be off',
    minutes: 148,
    step: 4,
    clusters: [
      {
        name: 'orders',
        metrics: {
          success_max_age_seconds: turns(undefined, 140, 26 * HOUR),
          auto_export_enabled: undefined,
          [BUCKET]: undefined,
          schedule_up: 0,
        },
      },
      { name: 'odd', metrics: { success_max_age_seconds: turns(undefined, 100, 26 * HOUR) } },
      { name: 'off', metrics: { success_max_age_seconds: undefined, auto_export_enabled: 0, [BUCKET]: undefined } },
    ],
    checks: [
      ...quiet('Unwatched', 116),
      firesForCluster('Unwatched', 120, {
        severity: 'warning',
        summary: 'no alert would fire if backup exports stopped',
        description:
          'The maximum age of an export of cluster orders (project 5f1a00000000000000000001) is not known: the config has no success_max_age, and the backup schedule can’t be read or has an unknown frequency. So the cluster can never be overdue. Set success_max_age in the exporter’s config. The exporter read the exports of the cluster 1m 0s ago.',
      }),
      ...quiet('Unwatched', 140),
      onlyThese(148, 'Unwatched'),
    ],
  },
  {
    name: 'AutoExportOff fires when a schedule no longer exports, not where it never did, and resolves when it exports again',
    minutes: 48,
    step: 4,
    clusters: [
      {
        name: 'orders',
        metrics: {
          auto_export_enabled: turns(1, 12, turns(0, 40, 1)),
          [BUCKET]: turns(1, 12, turns(undefined, 40, 1)),
        },
      },
      { name: 'never', metrics: { auto_export_enabled: 0, [BUCKET]: undefined } },
    ],
    checks: [
      ...quiet('AutoExportOff', 24),
      firesForCluster('AutoExportOff', 28, {
        severity: 'warning',
        summary: 'the backup schedule no longer exports automatically',
        description:
          'Until 16m 0s ago the backup schedule of cluster orders (project 5f1a00000000000000000001) exported snapshots automatically. Now it does not. Switch it on again in Atlas. If it was switched off on purpose, the runbook says what to do.',
      }),
      ...quiet('AutoExportOff', 40),
      onlyThese(48, 'AutoExportOff'),
    ],
  },
  {
    name: 'Failed fires a minute after a failure, FailingRepeatedly after the third one, and both resolve with the next success',
    minutes: 44,
    step: 4,
    clusters: orders({
      destination_consecutive_failures: turns(0, 8, turns(1, 16, turns(2, 24, turns(3, 36, 0)))),
      last_failure_timestamp_seconds: turns(undefined, 8, 420),
    }),
    checks: [
      ...quiet('Failed', 8),
      firesForCluster('Failed', 12, {
        severity: 'warning',
        summary: 'the newest backup export has failed',
        description:
          'The newest finished export of cluster orders (project 5f1a00000000000000000001) into bucket b1 failed. Atlas does not retry it, and its partial data stays in the bucket. Check the bucket and the access of Atlas to it, then export the snapshot again. The newest failure of the cluster was 5m 0s ago. The newest success ended 1h 0m 0s ago.',
      }),
      ...quiet('Failed', 24),
      ...quiet('FailingRepeatedly', 24),
      firesForCluster('FailingRepeatedly', 28, {
        severity: 'warning',
        summary: '3 consecutive backup exports have failed',
        description:
          'The newest 3 exports of cluster orders (project 5f1a00000000000000000001) into bucket b1 have failed. Usually this does not end without a fix. Check the bucket and the access of Atlas to it, then export the snapshot again. The newest success ended 1h 0m 0s ago.',
      }),
      ...quiet('FailingRepeatedly', 36),
      onlyThese(44, 'Failed', 'FailingRepeatedly'),
    ],
  },
  {
    name: 'QueuedTooLong fires for an export that is queued for four hours, and resolves ten minutes after it starts',
    minutes: 52,
    step: 4,
    clusters: [
      ...orders({
        'oldest_active_created_timestamp_seconds{state="queued"}': turns(240 - 4 * HOUR, 32, undefined),
        'oldest_active_created_timestamp_seconds{state="in_progress"}': turns(undefined, 32, 240 - 4 * HOUR),
      }),
      { name: 'users' },
    ],
    checks: [
      ...quiet('QueuedTooLong', 16),
      firesForCluster('QueuedTooLong', 20, {
        severity: 'warning',
        summary: 'a backup export has been queued for 4h 16m 0s',
        description:
          'An export of cluster orders (project 5f1a00000000000000000001) was created 4h 16m 0s ago and is still queued. The limit is 4h 0m 0s. Atlas runs only a few exports at a time: check in Atlas which exports are running.',
      }),
      firesAllTheTime('QueuedTooLong', 20, 40),
      ...quiet('QueuedTooLong', 44),
      onlyThese(52, 'QueuedTooLong'),
    ],
  },
  {
    name: 'RunningTooLong fires after duration_max, or else after two days, and resolves ten minutes after the end',
    minutes: 76,
    step: 4,
    clusters: [
      {
        name: 'orders',
        metrics: {
          duration_max_seconds: HOUR,
          'oldest_active_created_timestamp_seconds{state="in_progress"}': turns(240 - HOUR, 28, undefined),
        },
      },
      {
        name: 'sharded',
        metrics: {
          'oldest_active_created_timestamp_seconds{state="in_progress"}': turns(1680 - 48 * HOUR, 60, undefined),
        },
      },
      { name: 'long', metrics: { 'oldest_active_created_timestamp_seconds{state="in_progress"}': -46 * HOUR } },
      {
        name: 'queued',
        metrics: { 'oldest_active_created_timestamp_seconds{state="queued"}': -2 * HOUR, duration_max_seconds: HOUR },
      },
    ],
    checks: [
      ...quiet('RunningTooLong', 16),
      firesForCluster('RunningTooLong', 20, {
        severity: 'warning',
        summary: 'a backup export has been running for 1h 16m 0s',
        description:
          'An export of cluster orders (project 5f1a00000000000000000001) was created 1h 16m 0s ago and is still running. Its duration_max is 1h 0m 0s. If it makes no progress, open a support case with MongoDB: neither the Atlas CLI nor the API can cancel an export.',
      }),
      firesForCluster('RunningTooLong', 44, {
        severity: 'warning',
        labels: { cluster_name: 'sharded' },
        summary: 'a backup export has been running for 2d 0h 16m 0s',
        description:
          'An export of cluster sharded (project 5f1a00000000000000000001) was created 2d 0h 16m 0s ago and is still running. The limit is 2d 0h 0m 0s; duration_max in the exporter’s config changes it. If it makes no progress, open a support case with MongoDB: neither the Atlas CLI nor the API can cancel an export.',
      }),
      firesAllTheTime('RunningTooLong', 20, 36, 'cluster_name="orders"'),
      ...quiet('RunningTooLong', 72),
      onlyThese(76, ['RunningTooLong', 2]),
    ],
  },
  {
    name: 'SlowerThanUsual fires at twice the usual duration, at least half an hour more, and resolves at the end',
    minutes: 60,
    step: 4,
    exporters: [{}, { instance: 'b' }],
    clusters: [
      // Two exporters have seen different durations: the longer one counts.
      ...[600, 3 * HOUR].map((seconds, index) => ({
        name: 'twice',
        instance: 'ab'.charAt(index),
        metrics: {
          typical_duration_seconds: seconds,
          'oldest_active_created_timestamp_seconds{state="in_progress"}': -3 * HOUR,
        },
      })),
      {
        name: 'orders',
        metrics: {
          typical_duration_seconds: HOUR,
          'oldest_active_created_timestamp_seconds{state="in_progress"}': turns(240 - 2 * HOUR, 40, undefined),
        },
      },
      {
        name: 'queued',
        metrics: {
          typical_duration_seconds: 600,
          'oldest_active_created_timestamp_seconds{state="queued"}': -2 * HOUR,
        },
      },
      {
        name: 'short',
        metrics: {
          typical_duration_seconds: 600,
          'oldest_active_created_timestamp_seconds{state="in_progress"}': turns(0, 40, undefined),
        },
      },
    ],
    checks: [
      ...quiet('SlowerThanUsual', 16),
      firesForCluster('SlowerThanUsual', 20, {
        severity: 'info',
        summary: 'a backup export takes longer than usual',
        description:
          'An export of cluster orders (project 5f1a00000000000000000001) was created 2h 16m 0s ago and is still running. Usually an export takes 1h 0m 0s.',
      }),
      firesAllTheTime('SlowerThanUsual', 20, 48),
      ...quiet('SlowerThanUsual', 52),
      onlyThese(60, 'SlowerThanUsual'),
    ],
  },
  {
    name: 'Incomplete fires for a success that left out collections, and resolves with a complete one',
    minutes: 40,
    step: 4,
    clusters: orders({
      destination_collections: 10,
      destination_collections_exported: turns(10, 8, turns(8, 28, 10)),
    }),
    checks: [
      ...quiet('Incomplete', 12),
      firesForCluster('Incomplete', 16, {
        severity: 'warning',
        summary: 'the newest successful backup export lacks 2 collections',
        description:
          'Atlas reports the newest export of cluster orders (project 5f1a00000000000000000001) as successful, but also that 2 of 10 collections were not exported. Check the exported data before you rely on it, or export the snapshot again.',
      }),
      ...quiet('Incomplete', 28),
      onlyThese(40, 'Incomplete'),
    ],
  },
  {
    name: 'Shrunk fires when a fifth of the collections is missing, and resolves when they are back',
    minutes: 60,
    step: 4,
    clusters: [
      { name: 'orders', metrics: { destination_collections: turns(100, 8, turns(79, 28, 100)) } },
      { name: 'almost', metrics: { destination_collections: turns(100, 8, 80) } },
      {
        name: 'slowly',
        metrics: { destination_collections: turns(100, 8, turns(90, 12, turns(81, 16, turns(70, 48, 100)))) },
      },
      { name: 'grown', metrics: { destination_collections: turns(10, 8, 100) } },
    ],
    checks: [
      ...quiet('Shrunk', 12),
      firesForCluster('Shrunk', 16, {
        severity: 'warning',
        summary: 'the newest backup export has only 79% of the collections of earlier ones',
        description:
          'The newest successful export of cluster orders (project 5f1a00000000000000000001) has 79 collections. An export within the last week had 100. Find out whether the collections were dropped on purpose. This alert ends one week after that export.',
      }),
      firesForCluster('Shrunk', 40, {
        severity: 'warning',
        labels: { cluster_name: 'slowly' },
        summary: 'the newest backup export has only 70% of the collections of earlier ones',
        description:
          'The newest successful export of cluster slowly (project 5f1a00000000000000000001) has 70 collections. An export within the last week had 100. Find out whether the collections were dropped on purpose. This alert ends one week after that export.',
      }),
      ...quiet('Shrunk', 48),
      onlyThese(60, ['Shrunk', 2]),
    ],
  },
  {
    name: 'UnknownState fires for exports in a state the exporter does not know, and resolves ten minutes after them',
    minutes: 52,
    step: 4,
    clusters: orders({ 'jobs{state="unknown"}': (minute) => (during(8, 32)(minute) ? 2 : 0) }),
    checks: [
      ...quiet('UnknownState', 20),
      firesForCluster('UnknownState', 24, {
        severity: 'warning',
        summary: '2 backup exports are in a state the exporter does not know',
        description:
          'Atlas lists 2 exports of cluster orders (project 5f1a00000000000000000001) in a state that this version of the exporter does not know. It may miss a success or a failure. Install a newer version if there is one.',
      }),
      firesAllTheTime('UnknownState', 24, 40),
      ...quiet('UnknownState', 44),
      onlyThese(52, 'UnknownState'),
    ],
  },
];
