/**
 * One export job as Atlas lists it, decoded. Decoding is lenient: every field may be absent, null or of another type;
 * unknown fields are ignored. Ids are checked here, because they become labels. Shape:
 * https://www.mongodb.com/docs/api/doc/atlas-admin-api-v2/operation/operation-listbackupexports
 */

import { checkedErrorCode } from '../../atlas/error.ts';
import { isObject, type JsonObject } from '../../atlas/http/answer.ts';
import { checkedId, isCount, objectIdTimeSeconds, parseTime } from '../decoding.ts';

export const JOB_STATES = ['queued', 'in_progress', 'successful', 'failed', 'cancelled', 'unknown'] as const;
export type JobState = (typeof JOB_STATES)[number];

export const FINISHED_STATES = ['successful', 'failed', 'cancelled'] as const;

export const ACTIVE_STATES = ['queued', 'in_progress', 'unknown'] as const;
export type ActiveState = (typeof ACTIVE_STATES)[number];

export interface Job {
  /** Empty if Atlas gives no id that is valid as a label. The same holds for the other ids. */
  readonly id: string;
  readonly snapshotId: string;
  readonly exportBucketId: string;
  readonly state: JobState;
  /** If the state is unknown: its name in Atlas, or `?` if the name cannot be shown. */
  readonly foreignState?: string | undefined;
  /** Unix time of the snapshot, from its id; absent if the id has none. */
  readonly snapshotAtSeconds?: number | undefined;
  /** Unix time, from Atlas or else from the job's id; absent if neither gives one. */
  readonly createdAtSeconds?: number | undefined;
  /** Absent until the job has ended; also absent for some jobs that have ended. */
  readonly finishedAtSeconds?: number | undefined;
  /** Whether one of its times is ignored; absent for nearly all jobs. */
  readonly hasOddTime?: boolean | undefined;
  /** Absent for sharded clusters. */
  readonly collections?: Collections | undefined;
  /** Number of components of a sharded cluster's job; 0 for replica sets. The components are not kept: a job must stay small. */
  readonly shards: number;
  /** The error code of a failed job: `other` if it is not valid as a label, `none` if there is none. */
  readonly errorCode?: string | undefined;
}

/** The fields that decide which of two jobs is newer. */
export type Age = Pick<Job, 'id' | 'createdAtSeconds'>;

export interface Collections {
  readonly exported: number;
  readonly total: number;
}

const STATES: ReadonlyMap<string, JobState> = new Map([
  ['queued', 'queued'],
  ['inprogress', 'in_progress'],
  ['successful', 'successful'],
  ['failed', 'failed'],
  ['cancelled', 'cancelled'],
]);

export function decodeJob(json: JsonObject, nowSeconds: number): Job {
  const id = checkedId(json['id']);
  const snapshotId = checkedId(json['snapshotId']);
  const state = decodeState(json['state']);
  const created = parseTime(json['createdAt'], nowSeconds);
  const finished = parseTime(json['finishedAt'], nowSeconds);
  // Lists are long. A literal with all fields allocates a quarter less than an object to which fields are added.
  return {
    id,
    snapshotId,
    exportBucketId: checkedId(json['exportBucketId']),
    state,
    foreignState: state === 'unknown' ? checkedState(json['state']) : undefined,
    snapshotAtSeconds: objectIdTimeSeconds(snapshotId, nowSeconds),
    createdAtSeconds: created.seconds ?? objectIdTimeSeconds(id, nowSeconds),
    finishedAtSeconds: finished.seconds,
    hasOddTime: created.isOdd || finished.isOdd,
    collections: decodeCollections(json['exportStatus']),
    shards: componentsOf(json).length,
    errorCode: state === 'failed' ? decodeErrorCode(json['stateReason']) : undefined,
  };
}

export function componentIdsOf(json: JsonObject): readonly string[] {
  const ids = componentsOf(json).map((component) => (isObject(component) ? checkedId(component['exportId']) : ''));
  return ids.filter((id) => id !== '');
}

/** Queued, running, or in an unknown state without an end. */
export function activeStateOf({ state, finishedAtSeconds }: Job): ActiveState | undefined {
  if (state === 'unknown') return finishedAtSeconds === undefined ? 'unknown' : undefined;
  return state === 'queued' || state === 'in_progress' ? state : undefined;
}

/** The order "newest first": greatest createdAt, then greatest id. */
export function newestFirst(a: Age, b: Age): number {
  const later = (b.createdAtSeconds ?? 0) - (a.createdAtSeconds ?? 0);
  if (later !== 0) return later;
  return a.id === b.id ? 0 : a.id < b.id ? 1 : -1;
}

/** From creation to the end, queueing included; undefined if the end is not known. */
export function durationSeconds({ createdAtSeconds, finishedAtSeconds }: Job): number | undefined {
  if (createdAtSeconds === undefined || finishedAtSeconds === undefined) return undefined;
  return Math.max(0, finishedAtSeconds - createdAtSeconds);
}

/** Unix time at which a finished job ended, or of its creation if Atlas gives no end. */
export function endedAtSeconds(job: Job | undefined): number | undefined {
  return job?.finishedAtSeconds ?? job?.createdAtSeconds;
}

/** From 0 to 1. Undefined while the number of collections is 0 or unknown. */
export function progressRatio({ collections }: Job): number | undefined {
  if (collections === undefined || collections.total === 0) return undefined;
  return Math.min(1, collections.exported / collections.total);
}

function decodeState(value: unknown): JobState {
  // MongoDB's own CLI ignores the case of states, so this decoder does too.
  return (typeof value === 'string' ? STATES.get(value.toLowerCase()) : undefined) ?? 'unknown';
}

function checkedState(value: unknown): string {
  return typeof value === 'string' && /^[A-Za-z_]{1,32}$/.test(value) ? value : '?';
}

function decodeCollections(value: unknown): Collections | undefined {
  if (!isObject(value)) return undefined;
  const { exportedCollections: exported, totalCollections: total } = value as Record<string, unknown>;
  return isCount(exported) && isCount(total) ? { exported, total } : undefined;
}

function componentsOf({ components }: JsonObject): readonly unknown[] {
  return Array.isArray(components) ? components : NOTHING;
}

function decodeErrorCode(stateReason: unknown): string {
  const errorCode = isObject(stateReason) ? stateReason['errorCode'] : undefined;
  if (errorCode === undefined || errorCode === null || errorCode === '') return 'none';
  return checkedErrorCode(errorCode) ?? 'other';
}

/** One shared empty list, because most jobs have no components. */
const NOTHING: readonly unknown[] = [];
