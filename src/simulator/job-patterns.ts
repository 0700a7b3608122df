/**
 * What each cluster of the demo usually does with its exports, as data in story minutes, and the course of one job that
 * follows from it. Times are counted from the start of the demo, negative before it. No wire form, no clock.
 */
import type { Chance } from './chance.ts';

export type End = 'Successful' | 'Failed' | 'Cancelled';

export interface Habit {
  /** A new job each so many minutes; job 0 comes at `firstMinute`, later ones have higher numbers. */
  readonly periodMinutes: number;
  readonly firstMinute: number;
  /** How many jobs lie before job 0. */
  readonly historyJobs: number;
  /** The highest number, where exports have stopped. */
  readonly lastIndex?: number;
  readonly queueMinutes: Range;
  readonly runMinutes: Range;
  readonly collections: Range;
  /** How many collections a success leaves out. */
  readonly missingCollections?: number;
  readonly buckets?: 1 | 2;
  readonly shards?: number;
  readonly ends?: (index: number) => End;
  /** A job that stops in a state of its own, and for how long, before it is cancelled. */
  readonly pauses?: { readonly everyJobs: number; readonly minutes: number };
}

export type Range = readonly [least: number, most: number];

/** One job's whole course, known from its number alone. */
export interface Course {
  readonly index: number;
  readonly createdMinute: number;
  readonly startedMinute: number;
  /** From here on it makes no progress any more. Equal to `endedMinute` unless it pauses. */
  readonly haltedMinute: number;
  readonly endedMinute: number;
  readonly end: End;
  readonly collections: number;
  /** How much of the work is done when it halts. */
  readonly doneRatio: number;
  readonly bucket: number;
}

export function courseOf(habit: Habit, clusterName: string, index: number, chance: Chance): Course {
  const draw = (what: string, [least, most]: Range) => least + chance.of(clusterName, index, what) * (most - least);
  // Real schedules are late by a little, never early.
  const lateMinutes = draw('late', [0, Math.min(2, habit.periodMinutes / 20)]);
  const createdMinute = habit.firstMinute + index * habit.periodMinutes + lateMinutes;
  const startedMinute = createdMinute + draw('queue', habit.queueMinutes);
  const { everyJobs = 0, minutes = 0 } = habit.pauses ?? {};
  const pauses = everyJobs > 0 && modulo(index, everyJobs) === 0;
  const end = pauses ? 'Cancelled' : (habit.ends?.(index) ?? 'Successful');
  const doneRatio = end === 'Successful' ? 1 : draw('done', [0.2, 0.9]);
  const haltedMinute = startedMinute + draw('run', habit.runMinutes) * (end === 'Cancelled' ? doneRatio : 1);
  return {
    index,
    createdMinute,
    startedMinute,
    haltedMinute,
    endedMinute: pauses ? haltedMinute + minutes : haltedMinute,
    end,
    collections: Math.round(draw('collections', habit.collections)),
    doneRatio,
    bucket: modulo(index, habit.buckets ?? 1),
  };
}

/** Ends by the job's number, going round: `F` failed, `C` cancelled, anything else successful. */
export function inTurn(pattern: string): (index: number) => End {
  return (index) => {
    const letter = pattern[modulo(index, pattern.length)];
    return letter === 'F' ? 'Failed' : letter === 'C' ? 'Cancelled' : 'Successful';
  };
}

/** Unlike `%`, right for the numbers below zero of jobs before the start. */
export function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}
