/** The numbers that a user may want to change: each is recorded once, and the rules read the record. */
import { EXPORT, type Rule } from './promql.ts';

const DAY = 86_400;
const HOUR = 3600;

const thresholds: Readonly<Record<string, readonly [value: number, comment: string]>> = {
  no_success_min_seconds: [
    26 * HOUR,
    'NoSuccessListed: it fires after the maximum age of a success, but not earlier than after this time.',
  ],
  active_excuse_ratio: [
    2,
    'Overdue, NoSuccessListed: a running export delays them up to this multiple of the maximum age.',
  ],
  data_old_ratio: [2, 'DataOld: the oldest age of the exported data, as a multiple of the maximum age.'],
  not_started_seconds: [2 * HOUR, 'NotStarted: time since the snapshot was taken.'],
  not_started_page_ratio: [0.5, 'NotStarted: it pages when the age of the snapshot is this share of the maximum age.'],
  snapshots_late_seconds: [3 * HOUR, 'SnapshotsLate: time since Atlas should have taken the next snapshot.'],
  failing_repeatedly_count: [3, 'FailingRepeatedly: number of consecutive failures.'],
  queued_max_seconds: [4 * HOUR, 'QueuedTooLong: time since the creation of the export.'],
  running_max_seconds: [
    2 * DAY,
    'RunningTooLong: time since the creation of the export, for clusters without duration_max in the exporter’s config.',
  ],
  stalled_seconds: [DAY, 'Stalled: time since the export last finished a collection.'],
  slower_ratio: [2, 'SlowerThanUsual: multiple of the usual duration.'],
  slower_min_seconds: [HOUR / 2, 'SlowerThanUsual: the export must also take at least this much longer than usual.'],
  shrunk_ratio: [0.8, 'Shrunk: share of the collections of an earlier export.'],
  shrunk_seconds: [7 * DAY, 'Shrunk: greatest age of that earlier export.'],
  auto_export_off_seconds: [30 * DAY, 'AutoExportOff: it ends after this time.'],
  data_stale_intervals: [3, 'DataStale: number of poll intervals since the last successful poll.'],
  data_stale_min_seconds: [120, 'DataStale: least time since the last successful poll.'],
  outdated_seconds: [
    HOUR,
    'If two exporters watch one cluster, the rules ignore one whose data is older than that of the other by this time.',
  ],
  unreachable_ratio: [0.5, 'AtlasUnreachable: share of the last ten minutes, and share of the clusters.'],
  unreachable_min_targets: [
    3,
    'AtlasUnreachable: least number of clusters, unless the exporter itself reports that Atlas is unreachable.',
  ],
  down_ratio: [0.5, 'Down: an exporter that was up for a smaller share of the last ten minutes is down.'],
  retired_seconds: [30 * DAY, 'Down: an installation that is missing for this time counts as removed on purpose.'],
  removed_seconds: [600, 'A cluster that no running exporter names counts as removed on purpose after this time.'],
  fleet_shrunk_ratio: [0.5, 'FleetShrunk: it fires if less than this share of the clusters is left.'],
  fleet_shrunk_min_clusters: [5, 'FleetShrunk: least number of clusters before the loss.'],
  fleet_shrunk_seconds: [DAY, 'FleetShrunk: it ends this time after the loss.'],
  clock_skew_seconds: [120, 'ClockSkew: difference of the clocks.'],
  credential_expiring_seconds: [14 * DAY, 'CredentialExpiring: time before the expiry.'],
  web_certificate_expiring_seconds: [7 * DAY, 'WebCertificateExpiring: time before the expiry.'],
};

export const settings: readonly Rule[] = Object.entries(thresholds).map(([name, [value, comment]]) => ({
  record: `threshold:${EXPORT}${name}`,
  comment,
  expr: `vector(${value})`,
}));
