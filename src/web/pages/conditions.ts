/** What can be true of a target, as a closed set: the same words in the filter, on the pages and in the API. */

/** In the order of how much each presses. */
export const CONDITIONS = [
  'failed',
  'overdue',
  'stuck',
  'unreachable',
  'incomplete',
  'unmeasured',
  'waiting',
  'running',
  'fine',
] as const;
export type Condition = (typeof CONDITIONS)[number];

/** Trouble is what one is woken for, doubt what one looks at by day. */
export type Level = 'trouble' | 'doubt' | 'calm';

interface Words {
  readonly level: Level;
  /** As a badge says it. */
  readonly label: string;
  /** For the documentation. */
  readonly meaning: string;
}

export const WORDS: Readonly<Record<Condition, Words>> = {
  failed: {
    level: 'trouble',
    label: 'Failed',
    meaning: 'the newest export that has finished failed (cancelled ones don’t count)',
  },
  overdue: {
    level: 'trouble',
    label: 'Overdue',
    meaning: 'the newest success is older than expected, or there is none although one is expected',
  },
  stuck: {
    level: 'trouble',
    label: 'Stuck',
    meaning:
      'an export is queued or running for longer than `duration_max`; where that is not set, queued for 4 hours or running for a day',
  },
  unreachable: { level: 'trouble', label: 'Unreachable', meaning: 'the latest poll failed: what is shown may be old' },
  incomplete: {
    level: 'doubt',
    label: 'Incomplete',
    meaning: 'the newest success exported fewer collections than there were',
  },
  unmeasured: {
    level: 'doubt',
    label: 'No expected age',
    meaning: 'neither the config nor the backup schedule says how old a success may be, so it can’t be overdue',
  },
  waiting: { level: 'calm', label: 'Not read yet', meaning: 'no poll has ended yet' },
  running: { level: 'calm', label: 'Exporting', meaning: 'an export is queued or running' },
  fine: { level: 'calm', label: 'Fine', meaning: 'nothing else is true of it' },
};

export function rankOf(condition: Condition): number {
  return RANKS[condition];
}

const RANKS = Object.fromEntries(CONDITIONS.map((condition, rank) => [condition, rank])) as Record<Condition, number>;
