/** The conditions of a target, a closed set: the same words in the filter, on the pages and in the API. */

/** All conditions, the most urgent first. */
export const CONDITIONS = [
  'overdue',
  'missed',
  'failed',
  'stuck',
  'unreachable',
  'late',
  'not_started',
  'incomplete',
  'data_old',
  'no_policy_item',
  'snapshots_late',
  'unconfirmed',
  'unknown_state',
  'unmeasured',
  'unread',
  'waiting',
  'running',
  'fine',
] as const;
export type Condition = (typeof CONDITIONS)[number];

/** The severities of the alert rules: `trouble` pages somebody (`critical`), `doubt` is a ticket or less. */
export type Level = 'trouble' | 'doubt' | 'calm';

interface ConditionWords {
  readonly level: Level;
  readonly label: string;
  readonly meaning: string;
  /** The usual alert for the condition; its runbook has the same name. Absent for a calm condition. */
  readonly alert?: string;
}

export const WORDS: Readonly<Record<Condition, ConditionWords>> = {
  overdue: {
    level: 'trouble',
    label: 'Overdue',
    meaning:
      'the newest success is older than the limit; or none is listed, although the exporter has watched, or Atlas has listed exports, for longer than the limit',
    alert: 'AtlasBackupExportOverdue',
  },
  missed: {
    level: 'trouble',
    label: 'Export missed',
    meaning: 'as `not_started`, and the snapshot is older than half of the limit',
    alert: 'AtlasBackupExportNotStarted',
  },
  failed: {
    level: 'doubt',
    label: 'Failed',
    meaning: 'the newest finished export failed (cancelled exports don’t count)',
    alert: 'AtlasBackupExportFailed',
  },
  stuck: {
    level: 'doubt',
    label: 'Stuck',
    meaning:
      'an export has been queued or running for longer than `duration_max`; if that is not set, queued for 4 hours or running for 2 days',
    alert: 'AtlasBackupExportRunningTooLong',
  },
  unreachable: {
    level: 'doubt',
    label: 'Cannot be read',
    meaning: 'the latest poll failed: the data may be old',
    alert: 'AtlasBackupExportTargetDown',
  },
  late: {
    level: 'doubt',
    label: 'Late',
    meaning:
      'the newest success is older than the limit, but nobody is paged: the cluster is paused, or an export is running, the export before it did not fail, and the success is not older than twice the limit',
    alert: 'AtlasBackupExportOverdue',
  },
  not_started: {
    level: 'doubt',
    label: 'Not started',
    meaning:
      'the newest snapshot that the export policy covers was taken more than two hours ago, and no export of it into the scheduled bucket is listed, although an older export is',
    alert: 'AtlasBackupExportNotStarted',
  },
  incomplete: {
    level: 'doubt',
    label: 'Incomplete',
    meaning: 'the newest success exported fewer collections than there were',
    alert: 'AtlasBackupExportIncomplete',
  },
  data_old: {
    level: 'doubt',
    label: 'Old data',
    meaning: 'exports succeed, but the newest exported snapshot is older than twice the limit',
    alert: 'AtlasBackupExportDataOld',
  },
  no_policy_item: {
    level: 'doubt',
    label: 'Never exports',
    meaning: 'automatic export is on, but the backup policy has no item of the exported frequency',
    alert: 'AtlasBackupExportPolicyWithoutItem',
  },
  snapshots_late: {
    level: 'doubt',
    label: 'No snapshot',
    meaning: 'the next snapshot of the backup schedule is more than three hours late',
    alert: 'AtlasBackupExportSnapshotsLate',
  },
  unconfirmed: {
    level: 'doubt',
    label: 'No success yet',
    meaning:
      'no success is listed, or none into the scheduled bucket, but there is a limit and it is not certain that one is overdue',
    alert: 'AtlasBackupExportNoSuccessListed',
  },
  unknown_state: {
    level: 'doubt',
    label: 'Unknown state',
    meaning: 'an export is in a state that this version does not know',
    alert: 'AtlasBackupExportUnknownState',
  },
  unmeasured: {
    level: 'doubt',
    label: 'No limit known',
    meaning:
      'neither the config nor the backup schedule gives a maximum age of the last success, so it cannot be overdue',
    alert: 'AtlasBackupExportUnwatched',
  },
  unread: {
    level: 'doubt',
    label: 'Partly unread',
    meaning: 'the export jobs of the cluster can be read, but something else, such as its backup schedule, cannot',
    alert: 'AtlasBackupExportUnwatched',
  },
  waiting: { level: 'calm', label: 'Not read yet', meaning: 'no poll has ended yet' },
  running: { level: 'calm', label: 'Exporting', meaning: 'an export is queued or running' },
  fine: { level: 'calm', label: 'Fine', meaning: 'none of the other conditions' },
};

export function rankOf(condition: Condition): number {
  return CONDITIONS.indexOf(condition);
}
