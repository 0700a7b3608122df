/** Synthetic export jobs in Atlas' wire shape. */
import type { JsonObject } from '../../src/atlas/http/answer.ts';

/** 2026-03-01T00:00:00Z */
export const DAY_ZERO_SECONDS = 1_772_323_200;

/** The moment at which tests read lists; later than all jobs. */
export const NOW_SECONDS = DAY_ZERO_SECONDS + 365 * 86_400;

/** A valid ObjectId from a time and a number. */
export function objectId(atSeconds: number, number = 0): string {
  return Math.floor(atSeconds).toString(16).padStart(8, '0') + number.toString(16).padStart(16, '0');
}

export function iso(atSeconds: number): string {
  return new Date(atSeconds * 1000).toISOString().replace('.000Z', 'Z');
}

export interface JobOptions {
  readonly createdAtSeconds?: number;
  readonly durationSeconds?: number | null;
  readonly number?: number;
  readonly bucket?: string;
  readonly fields?: JsonObject;
}

/** A job of a replica set. Default: successful, with a duration of thirteen minutes. */
export function job(state = 'Successful', options: JobOptions = {}): JsonObject {
  const { createdAtSeconds = DAY_ZERO_SECONDS, durationSeconds = 780, number = 1 } = options;
  const isFinished = ['successful', 'failed', 'cancelled'].includes(state.toLowerCase()) && durationSeconds !== null;
  return {
    id: objectId(createdAtSeconds, number),
    snapshotId: objectId(createdAtSeconds - 60, number),
    exportBucketId: options.bucket ?? '5f0000000000000000000001',
    state,
    createdAt: iso(createdAtSeconds),
    ...(isFinished ? { finishedAt: iso(createdAtSeconds + (durationSeconds ?? 0)) } : {}),
    exportStatus: { exportedCollections: 10, totalCollections: 10 },
    customData: [],
    prefix: 'exported_snapshots/synthetic',
    ...(state.toLowerCase() === 'failed' ? { stateReason: { errorCode: 'EXPORT_FAILED', message: 'synthetic' } } : {}),
    ...options.fields,
  };
}
