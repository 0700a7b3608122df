/** The best state among the exports of each snapshot, by bucket. A pure function of the list of export jobs. */
import type { Job, JobState } from './job.ts';

/** Best first. An export in an unknown state counts as in progress. */
export const EXPORT_STATES = ['successful', 'in_progress', 'queued', 'failed', 'cancelled'] as const;
export type ExportState = (typeof EXPORT_STATES)[number];

export interface SnapshotExports {
  readonly buckets: ReadonlyMap<string, BucketExports>;
  /** If entries were dropped: Unix time of the oldest snapshot that was kept. */
  readonly completeAfterSeconds?: number | undefined;
}

export interface BucketExports {
  /** By the id of the snapshot. */
  readonly states: ReadonlyMap<string, ExportState>;
  /** Unix time at which the oldest listed job into the bucket was created. */
  readonly oldestJobAtSeconds?: number | undefined;
}

/** Pairs of a snapshot and a bucket that are kept of one cluster, the newest ones: a month with three exports a day. */
export const MAX_EXPORTED_SNAPSHOTS = 100;

interface Entry {
  readonly snapshotId: string;
  readonly bucketId: string;
  readonly atSeconds: number;
  state: ExportState;
}

/** @param scheduledBucketId this bucket is in the result even if all its entries were dropped */
export function createSnapshotExports(scheduledBucketId?: string) {
  const entries = new Map<string, Entry>();
  const oldestJobs = new Map<string, number>();
  /** Unix time of the oldest entry that was kept when others were dropped. Older entries are not added again. */
  let cutAtSeconds: number | undefined;

  function dropOldest(): void {
    if (entries.size <= MAX_EXPORTED_SNAPSHOTS) return;
    const all = [...entries].sort(([keyA, a], [keyB, b]) => b.atSeconds - a.atSeconds || (keyA < keyB ? 1 : -1));
    cutAtSeconds = all[MAX_EXPORTED_SNAPSHOTS - 1]?.[1].atSeconds;
    for (const [key] of all.slice(MAX_EXPORTED_SNAPSHOTS)) entries.delete(key);
  }

  function add({
    snapshotId,
    exportBucketId: bucketId,
    state: jobState,
    snapshotAtSeconds,
    createdAtSeconds,
  }: Job): void {
    if (bucketId === '') return;
    const oldest = oldestJobs.get(bucketId);
    if (createdAtSeconds !== undefined && (oldest === undefined || createdAtSeconds < oldest))
      oldestJobs.set(bucketId, createdAtSeconds);
    const atSeconds = snapshotAtSeconds ?? 0;
    if (snapshotId === '' || (cutAtSeconds !== undefined && atSeconds < cutAtSeconds)) return;
    const key = `${snapshotId} ${bucketId}`;
    const state = exportStateOf(jobState);
    const known = entries.get(key);
    if (known === undefined) entries.set(key, { snapshotId, bucketId, atSeconds, state });
    else if (rankOf(state) < rankOf(known.state)) known.state = state;
    if (entries.size >= 2 * MAX_EXPORTED_SNAPSHOTS) dropOldest();
  }

  function result(): SnapshotExports {
    dropOldest();
    const bucketOf = (id: string) => ({
      states: new Map<string, ExportState>(),
      oldestJobAtSeconds: oldestJobs.get(id),
    });
    const buckets = new Map<string, ReturnType<typeof bucketOf>>();
    if (scheduledBucketId !== undefined) buckets.set(scheduledBucketId, bucketOf(scheduledBucketId));
    for (const { bucketId, snapshotId, state } of entries.values()) {
      const bucket = buckets.get(bucketId) ?? bucketOf(bucketId);
      bucket.states.set(snapshotId, state);
      buckets.set(bucketId, bucket);
    }
    return { buckets, completeAfterSeconds: cutAtSeconds };
  }

  return { add, result };
}

function exportStateOf(state: JobState): ExportState {
  return state === 'unknown' ? 'in_progress' : state;
}

function rankOf(state: ExportState): number {
  return EXPORT_STATES.indexOf(state);
}
