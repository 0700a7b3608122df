/** Synthetic snapshots in Atlas' wire shape. */
import type { JsonObject } from '../../src/atlas/http/answer.ts';
import type { TargetState } from '../../src/collectors/collector.ts';
import { startSnapshotFold } from '../../src/collectors/snapshots/snapshot.ts';
import { iso, NOW_SECONDS, objectId } from './jobs.ts';
import { unpolled, withRecord } from './states.ts';

/** A completed daily snapshot of a replica set; its id is that of the snapshot of a `job` with the same time and number. */
export function snapshot(atSeconds: number, fields: JsonObject = {}, number = 1): JsonObject {
  return {
    id: objectId(atSeconds, number),
    status: 'completed',
    type: 'replicaSet',
    snapshotType: 'scheduled',
    frequencyType: 'daily',
    policyItems: [],
    createdAt: iso(atSeconds),
    storageSizeBytes: 4096,
    ...fields,
  };
}

/** The same state after its snapshots were read. */
export function withSnapshots(state: TargetState, snapshots: readonly JsonObject[]): TargetState {
  const fold = startSnapshotFold(NOW_SECONDS);
  fold.add(snapshots, new Set());
  const last = { endedAtSeconds: NOW_SECONDS, durationSeconds: 0.25 };
  return withRecord(state, 'snapshots', { ...unpolled(), polls: 1, summary: fold.result(), last });
}
