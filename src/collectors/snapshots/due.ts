/**
 * The due snapshot of a cluster: the newest one that the export policy covers, and what became of it in the scheduled bucket. An
 * export that never starts leaves no trace in the list of export jobs; the due snapshot shows it at once.
 */
import type { TargetState } from '../collector.ts';
import { EXPORT_STATES, type ExportState } from '../exports/by-snapshot.ts';
import { scheduledBucketId } from '../exports/destination.ts';
import { newestFirst } from '../exports/job.ts';
import { exportsOf } from '../exports/summary.ts';
import { scheduleOf } from '../schedule.ts';
import { type Snapshot, snapshotsOf } from './snapshot.ts';

/** `none`: no export of the snapshot into the bucket is listed. */
export const DUE_STATES = ['none', 'queued', 'in_progress', 'failed', 'cancelled', 'successful'] as const;
export type DueState = (typeof DUE_STATES)[number];

/** Undefined while automatic export is off, or if Atlas lists no completed snapshot that it covers. */
export function dueSnapshotOf(state: TargetState): Snapshot | undefined {
  const policy = scheduleOf(state).summary?.export;
  const newestBy = snapshotsOf(state).summary?.newestBy;
  if (policy === undefined || newestBy === undefined) return undefined;
  const keys = [policy.frequency.toLowerCase(), ...(policy.itemIds ?? [])];
  return keys.flatMap((key) => newestBy.get(key) ?? []).sort(newestFirst)[0];
}

/** Undefined where it is not known: for example, if the snapshot is older than the exports that are kept. */
export function dueStateOf(state: TargetState): DueState | undefined {
  const due = dueSnapshotOf(state);
  return due && exportStateOf(due, state);
}

/** The best export of a snapshot into the scheduled bucket. */
export function exportStateOf({ ids, createdAtSeconds = 0 }: Snapshot, state: TargetState): DueState | undefined {
  const exports = exportsOf(state).summary?.bySnapshot;
  const bucketId = scheduledBucketId(state);
  if (exports === undefined || bucketId === undefined) return undefined;
  const states = exports.buckets.get(bucketId)?.states ?? new Map<string, ExportState>();
  const best = EXPORT_STATES.find((one) => ids.some((id) => states.get(id) === one));
  const isKept = createdAtSeconds > (exports.completeAfterSeconds ?? 0);
  return best ?? (isKept ? 'none' : undefined);
}
