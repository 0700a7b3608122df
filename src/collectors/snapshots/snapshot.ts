/**
 * One snapshot as Atlas lists it, and the list reduced to a summary. Decoding is lenient, as for export jobs. The summary is a pure
 * function of the list and keeps few snapshots. Shape:
 * https://www.mongodb.com/docs/api/doc/atlas-admin-api-v2/operation/operation-listgroupclusterbackupsnapshots
 */
import { isObject, type JsonObject } from '../../atlas/http/answer.ts';
import type { Fold } from '../../atlas/list.ts';
import { type ClusterKind, recordOf } from '../collector.ts';
import { checkedId, isCount, objectIdTimeSeconds, parseTime } from '../decoding.ts';
import { newestFirst } from '../exports/job.ts';
import { createKeepFirst, zeros } from '../folding.ts';

export const SNAPSHOT_STATUSES = ['queued', 'in_progress', 'completed', 'failed', 'unknown'] as const;
export type SnapshotStatus = (typeof SNAPSHOT_STATUSES)[number];

export interface Snapshot {
  /** Empty if Atlas gives no valid id. */
  readonly id: string;
  /**
   * Its id and the ids of its members. Atlas lists the members of a sharded cluster's snapshot. It is not documented which of these ids
   * an export names.
   */
  readonly ids: readonly string[];
  readonly status: SnapshotStatus;
  /** Unix time at which it was taken, from Atlas or else from its id. */
  readonly createdAtSeconds?: number | undefined;
  readonly sizeBytes?: number | undefined;
  /** The frequency in lower case; empty if Atlas gives none. */
  readonly frequency: string;
  /** The policy items that it was taken for. */
  readonly itemIds: readonly string[];
  /** Whether automatic exports can cover it. Snapshots on demand and fallback snapshots are never exported automatically. */
  readonly isScheduled: boolean;
}

export interface SnapshotSummary {
  /** The kind of the list that had snapshots; absent while it is not known, for example if both lists are empty. */
  readonly kind?: ClusterKind | undefined;
  readonly counts: Readonly<Record<SnapshotStatus, number>>;
  /** A status that this version does not know, as Atlas gives it. */
  readonly foreignStatus?: string | undefined;
  readonly lastCompleted?: Snapshot | undefined;
  /** The newest completed scheduled snapshot of each frequency and of each policy item. */
  readonly newestBy: ReadonlyMap<string, Snapshot>;
  /** The newest completed scheduled snapshots, for the page. */
  readonly newest: readonly Snapshot[];
}

export const NAME = 'snapshots';
export const snapshotsOf = recordOf<SnapshotSummary>(NAME);

/** Atlas has five frequencies, and far fewer policy items. */
export const MAX_FREQUENCIES_AND_ITEMS = 100;
const MAX_MEMBERS = 200;
const MAX_ITEMS = 50;
const NEWEST_SNAPSHOTS = 30;

const STATUSES: ReadonlyMap<string, SnapshotStatus> = new Map([
  ['queued', 'queued'],
  ['inprogress', 'in_progress'],
  ['completed', 'completed'],
  ['failed', 'failed'],
]);
const NOT_SCHEDULED: readonly string[] = ['ondemand', 'fallback'];

export function decodeSnapshot(json: JsonObject, nowSeconds: number): Snapshot {
  const id = checkedId(json['id']);
  const members = listOf(json['members']).map((member) => (isObject(member) ? member['id'] : undefined));
  const others = [...listOf(json['snapshotIds']), ...members].slice(0, MAX_MEMBERS).map(checkedId);
  const frequency = wordOf(json['frequencyType']);
  const size = json['storageSizeBytes'];
  return {
    id,
    ids: [...new Set([id, ...others])].filter((one) => one !== ''),
    status: STATUSES.get(wordOf(json['status'])) ?? 'unknown',
    createdAtSeconds: parseTime(json['createdAt'], nowSeconds).seconds ?? objectIdTimeSeconds(id, nowSeconds),
    sizeBytes: isCount(size) ? size : undefined,
    frequency,
    itemIds: listOf(json['policyItems']).slice(0, MAX_ITEMS).map(checkedId),
    isScheduled: !NOT_SCHEDULED.includes(frequency) && !NOT_SCHEDULED.includes(wordOf(json['snapshotType'])),
  };
}

export function startSnapshotFold(nowSeconds: number): Fold<SnapshotSummary> {
  const counts = zeros(SNAPSHOT_STATUSES);
  const completed = createKeepFirst<Snapshot>(1, newestFirst);
  const newest = createKeepFirst<Snapshot>(NEWEST_SNAPSHOTS, newestFirst);
  let newestBy = new Map<string, Snapshot>();
  let foreignStatus: string | undefined;

  function add(snapshot: Snapshot): void {
    counts[snapshot.status] += 1;
    if (snapshot.status !== 'completed' || snapshot.createdAtSeconds === undefined) return;
    completed.add(snapshot);
    if (!snapshot.isScheduled) return;
    newest.add(snapshot);
    for (const key of [snapshot.frequency, ...snapshot.itemIds]) {
      const known = newestBy.get(key);
      if (key !== '' && (known === undefined || newestFirst(snapshot, known) < 0)) newestBy.set(key, snapshot);
    }
    if (newestBy.size > 2 * MAX_FREQUENCIES_AND_ITEMS) newestBy = newestKeys();
  }

  function newestKeys(): Map<string, Snapshot> {
    const sorted = [...newestBy].sort(([keyA, a], [keyB, b]) => newestFirst(a, b) || (keyA < keyB ? -1 : 1));
    return new Map(sorted.slice(0, MAX_FREQUENCIES_AND_ITEMS));
  }

  return {
    wantsSecondReading: false,
    add: (items) => {
      for (const item of items) {
        const snapshot = decodeSnapshot(item, nowSeconds);
        if (snapshot.status === 'unknown') foreignStatus ??= wordOf(item['status']);
        add(snapshot);
      }
    },
    result: () => ({
      counts,
      foreignStatus,
      lastCompleted: completed.list()[0],
      newestBy: newestKeys(),
      newest: newest.list(),
    }),
  };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A short word in lower case; else an empty text. */
function wordOf(value: unknown): string {
  return typeof value === 'string' && value.length <= 32 ? value.toLowerCase() : '';
}
