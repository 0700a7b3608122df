/**
 * The destination: the bucket into which the backup schedule exports automatically, or else all buckets together. A success into
 * another bucket, for example by a script, must not hide that the scheduled bucket gets nothing.
 */
import type { TargetState } from '../collector.ts';
import { scheduleOf } from '../schedule.ts';
import { exportsOf, type Outcomes } from './summary.ts';

export interface Destination extends Outcomes {
  /** Absent if all buckets count. */
  readonly bucketId?: string;
}

/** After such a failure the schedule stays unknown, so all buckets count. After other failures the destination is not known yet. */
const LASTING: readonly string[] = ['forbidden', 'unauthorized', 'not_found', 'unsupported'];

/** Undefined while the list of exports or the backup schedule has not been read yet. */
export function destinationOf(state: TargetState): Destination | undefined {
  const { summary } = exportsOf(state);
  if (summary === undefined || !isScheduleSettled(state)) return undefined;
  const bucketId = scheduledBucketId(state);
  if (bucketId === undefined) return summary.outcomes;
  return { bucketId, ...(summary.buckets.get(bucketId) ?? { consecutiveFailures: 0 }) };
}

/** The bucket of the backup schedule while it exports automatically; undefined if there is none or it is not known. */
export function scheduledBucketId(state: TargetState): string | undefined {
  return scheduleOf(state).summary?.export?.bucketId || undefined;
}

function isScheduleSettled(state: TargetState): boolean {
  const record = state.polled['schedule'];
  if (record === undefined || record.summary !== undefined) return true;
  return LASTING.includes(record.last?.failure?.reason ?? '');
}
