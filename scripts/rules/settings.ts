/** The numbers that a user may want to change: each is recorded once, and the rules read the record. */
import { EXPORT, type Rule } from './promql.ts';

const DAY = 86_400;
const HOUR = 3600;

const thresholds: Readonly<Record<string, readonly [value: number, comment: string]>> = {
  no_success_min_seconds: [
    26 * HOUR,
    'NoSuccessListed: fires after the maximum age of a success, but not before this.',
  ],
  active_excuse_ratio: [
    2,
    'Overdue, NoSuccessListed: a running export excuses up to this multiple of the maximum age.',
  ],
  data_old_ratio: [2, 'DataOld: the exported data may be this multiple of the maximum age old.'],
  not_started_seconds: [2 * HOUR, 'NotStarted: since the snapshot was taken …'],
  not_started_page_ratio: [0.5, '… and pages after this share of the maximum age.'],
  snapshots_late_seconds: [3 * HOUR, 'SnapshotsLate: since the time of the next snapshot.'],
  failing_repeatedly_count: [3, 'FailingRepeatedly: consecutive failures.'],
  queued_max_seconds: [4 * HOUR, 'QueuedTooLong: since the creation of the export.'],
  running_max_seconds: [2 * DAY, 'RunningTooLong: for clusters without duration_max in the exporter’s config.'],
  stalled_seconds: [DAY, 'Stalled: since the last finished collection.'],
  slower_ratio: [2, 'SlowerThanUsual: multiple of the usual duration …'],
  slower_min_seconds: [HOUR / 2, '… and at least so much longer.'],
  shrunk_ratio: [0.8, 'Shrunk: share of the collections of an earlier export …'],
  shrunk_seconds: [7 * DAY, '… that is at most so old.'],
  auto_export_off_seconds: [30 * DAY, 'AutoExportOff: ends after this time.'],
  data_stale_intervals: [3, 'DataStale: poll intervals since the last successful poll …'],
  data_stale_min_seconds: [120, '… and at least this time.'],
  outdated_seconds: [
    HOUR,
    'Of two exporters that watch one cluster, one whose data is so much older than that of the other does not count.',
  ],
  unreachable_ratio: [0.5, 'AtlasUnreachable: share of the last ten minutes, and share of the clusters …'],
  unreachable_min_targets: [
    3,
    '… and at least so many clusters, unless the exporter itself says that Atlas is unreachable.',
  ],
  down_ratio: [0.5, 'Down: an exporter that was up for a smaller share of the last ten minutes is down.'],
  retired_seconds: [30 * DAY, 'Down: an installation that is gone for this time counts as removed on purpose.'],
  removed_seconds: [600, 'A cluster that no running exporter names counts as removed on purpose after this time.'],
  fleet_shrunk_ratio: [0.5, 'FleetShrunk: share of the clusters that is left …'],
  fleet_shrunk_min_clusters: [5, '… of at least so many …'],
  fleet_shrunk_seconds: [DAY, '… for this time after the loss.'],
  clock_skew_seconds: [120, 'ClockSkew.'],
  credential_expiring_seconds: [14 * DAY, 'CredentialExpiring.'],
  web_certificate_expiring_seconds: [7 * DAY, 'WebCertificateExpiring.'],
};

export const settings: readonly Rule[] = Object.entries(thresholds).map(([name, [value, comment]]) => ({
  record: `threshold:${EXPORT}${name}`,
  comment,
  expr: `vector(${value})`,
}));
