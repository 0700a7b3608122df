/** The conditions of a target, a closed set: the same words in the filter, on the pages and in the API. */

/** All conditions, the most urgent first. */
export const CONDITIONS = [
  'failed',
  'overdue',
  'stuck',
  'unreachable',
  'incomplete',
  'data_old',
  'no_policy_item',
  'unconfirmed',
  'unmeasured',
  'unread',
  'waiting',
  'running',
  'fine',
] as const;
export type Condition = (typeof CONDITIONS)[number];

/** `trouble` needs action now; `doubt` needs attention during working hours. */
export type Level = 'trouble' | 'doubt' | 'calm';

/** The label is shown in a badge; the meaning is for the documentation. */
export const WORDS: Readonly<Record<Condition, { level: Level; label: string; meaning: string }>> = {
  failed: {
    level: 'trouble',
    label: 'Failed',
    meaning: 'the newest finished export failed (cancelled exports don’t count)',
  },
  overdue: {
    level: 'trouble',
    label: 'Overdue',
    meaning: 'the newest success is older than the limit, or there is none although there is a limit',
  },
  stuck: {
    level: 'trouble',
    label: 'Stuck',
    meaning:
      'an export has been queued or running for longer than `duration_max`; if that is not set, queued for 4 hours or running for a day',
  },
  unreachable: { level: 'trouble', label: 'Cannot be read', meaning: 'the latest poll failed: the data may be old' },
  incomplete: {
    level: 'doubt',
    label: 'Incomplete',
    meaning: 'the newest success exported fewer collections than there were',
  },
  data_old: {
    level: 'doubt',
    label: 'Old data',
    meaning: 'exports succeed, but the newest exported snapshot is older than twice the limit',
  },
  no_policy_item: {
    level: 'doubt',
    label: 'Never exports',
    meaning: 'automatic export is on, but the backup policy has no item of the exported frequency',
  },
  unconfirmed: {
    level: 'doubt',
    label: 'Bucket without success',
    meaning: 'no success into the scheduled bucket is listed, but one into another bucket is in time',
  },
  unmeasured: {
    level: 'doubt',
    label: 'No limit known',
    meaning:
      'neither the config nor the backup schedule gives a maximum age of the last success, so it cannot be overdue',
  },
  unread: {
    level: 'doubt',
    label: 'Partly unread',
    meaning: 'the export jobs of the cluster can be read, but something else, such as its backup schedule, cannot',
  },
  waiting: { level: 'calm', label: 'Not read yet', meaning: 'no poll has ended yet' },
  running: { level: 'calm', label: 'Exporting', meaning: 'an export is queued or running' },
  fine: { level: 'calm', label: 'Fine', meaning: 'none of the other conditions' },
};

export function rankOf(condition: Condition): number {
  return CONDITIONS.indexOf(condition);
}
