/**
 * The due snapshot of a cluster: the newest one that the export policy covers, and the state of its export into the scheduled bucket.
 * An export that never starts leaves no trace in the list of export jobs. The due snapshot shows that it is missing.
 */
import { span } from '../../support/words.ts';
import type { Finding, Moment, TargetState } from '../collector.ts';
import { EXPORT_STATES, type ExportState } from '../exports/by-snapshot.ts';
import { scheduledBucketId } from '../exports/destination.ts';
import { newestFirst } from '../exports/job.ts';
import { exportsOf } from '../exports/summary.ts';
import { scheduleOf, successMaxAgeSeconds } from '../schedule.ts';
import { type Snapshot, snapshotsOf } from './snapshot.ts';

/** `none`: no export of the snapshot into the bucket is listed. */
export const DUE_STATES = ['none', 'queued', 'in_progress', 'failed', 'cancelled', 'successful'] as const;
export type DueState = (typeof DUE_STATES)[number];

/** Undefined while automatic export is off, or if Atlas lists no completed snapshot that it covers. */
export function dueSnapshotOf(state: TargetState): Snapshot | undefined {
  const newestBy = snapshotsOf(state).summary?.newestBy;
  return coveredKeys(state)
    .flatMap((key) => newestBy?.get(key) ?? [])
    .sort(newestFirst)[0];
}

/** Of the newest snapshots, those that the export policy covers, the newest first. */
export function coveredSnapshots(state: TargetState): readonly Snapshot[] {
  const keys = coveredKeys(state);
  const newest = snapshotsOf(state).summary?.newest ?? [];
  return newest.filter(({ frequency, itemIds }) => [frequency, ...itemIds].some((key) => keys.includes(key)));
}

/** The frequency and the policy items that the export policy covers. */
function coveredKeys(state: TargetState): readonly string[] {
  const policy = scheduleOf(state).summary?.export;
  return policy === undefined ? [] : [policy.frequency.toLowerCase(), ...(policy.itemIds ?? [])];
}

/** Undefined if it is not known: for example, if the snapshot is older than the exports that are kept. */
export function dueStateOf(state: TargetState): DueState | undefined {
  const due = dueSnapshotOf(state);
  return due && exportStateOf(due, state);
}

export function exportStateOf({ ids, createdAtSeconds = 0 }: Snapshot, state: TargetState): DueState | undefined {
  const exports = exportsOf(state).summary?.bySnapshot;
  const bucketId = scheduledBucketId(state);
  if (exports === undefined || bucketId === undefined) return undefined;
  const states = exports.buckets.get(bucketId)?.states ?? new Map<string, ExportState>();
  const best = EXPORT_STATES.find((one) => ids.some((id) => states.get(id) === one));
  const isKept = createdAtSeconds > (exports.completeAfterSeconds ?? 0);
  return best ?? (isKept ? 'none' : undefined);
}

/** Our own limit: it is not documented how long Atlas may take to start an export. */
const MAX_LAG_SECONDS = 2 * 3600;
/** The alert pages when the snapshot is older than this share of the maximum age. */
const PAGE_SHARE = 0.5;

/** Only if the bucket has an export that is older than the snapshot: the policy may have been switched on after it. */
export function findNotStarted(state: TargetState, { nowSeconds }: Moment): Finding | undefined {
  const at = dueSnapshotOf(state)?.createdAtSeconds;
  const bucketId = scheduledBucketId(state);
  const exports = exportsOf(state);
  const oldestJobAt = exports.summary?.bySnapshot.buckets.get(bucketId ?? '')?.oldestJobAtSeconds;
  if (at === undefined || oldestJobAt === undefined || state.target.paused) return undefined;
  if (exports.stale || snapshotsOf(state).stale || dueStateOf(state) !== 'none') return undefined;
  const isRead = (exports.goodAtSeconds ?? 0) > at;
  if (!isRead || oldestJobAt >= at || nowSeconds - at <= MAX_LAG_SECONDS) return undefined;
  const isLate = nowSeconds - at > PAGE_SHARE * (successMaxAgeSeconds(state) ?? Number.POSITIVE_INFINITY);
  const clock = new Date(at * 1000).toISOString().slice(11, 16);
  return {
    condition: isLate ? 'missed' : 'not_started',
    problem: `the snapshot of ${clock} UTC, ${span(nowSeconds - at)} ago, has no export into the scheduled bucket`,
    advice: 'check in Atlas that automatic export is on, then export this snapshot by hand',
  };
}
