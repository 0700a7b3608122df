/**
 * One export job as Atlas lists it, decoded. Lenient: every field may be absent, null or of another type; unknown fields are
 * ignored. Ids are foreign text and are checked here.
 * Shape: https://www.mongodb.com/docs/api/doc/atlas-admin-api-v2/operation/operation-listbackupexports
 */

import { checkedErrorCode } from '../../atlas/error.ts';
import { isObject, type JsonObject } from '../../atlas/http/answer.ts';

export const JOB_STATES = ['queued', 'in_progress', 'successful', 'failed', 'cancelled', 'unknown'] as const;
export type JobState = (typeof JOB_STATES)[number];

export const FINISHED_STATES = ['successful', 'failed', 'cancelled'] as const;
export type FinishedState = (typeof FINISHED_STATES)[number];

export const ACTIVE_STATES = ['queued', 'in_progress', 'unknown'] as const;
export type ActiveState = (typeof ACTIVE_STATES)[number];

export interface Job {
  /** Empty where Atlas gives none that can be a label; so are the other ids. */
  readonly id: string;
  readonly snapshotId: string;
  readonly exportBucketId: string;
  readonly state: JobState;
  /** Of an unknown state: its name in Atlas, or `?` for one that cannot be shown. */
  readonly foreignState?: string;
  /** Unix time, from Atlas or else from the job's id; absent if neither gives one. */
  readonly createdAtSeconds?: number;
  /** Absent until the job has ended, and on some jobs that have. */
  readonly finishedAtSeconds?: number;
  /** Absent for sharded clusters. */
  readonly collections?: Collections;
  /** Number of components of a sharded cluster's job; 0 for replica sets. The components are not kept: a job must stay small. */
  readonly shards: number;
  /** Of a failed job: the checked code, `other` for one that cannot be a label, `none` where there is none. */
  readonly errorCode?: string;
}

/** What decides which of two jobs is newer. */
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

export function decodeJob(json: JsonObject): Job {
  const id = checkedId(json['id']);
  const state = decodeState(json['state']);
  const collections = decodeCollections(json['exportStatus']);
  const createdAtSeconds = parseTime(json['createdAt']) ?? objectIdTimeSeconds(id);
  const finishedAtSeconds = parseTime(json['finishedAt']);
  return {
    id,
    snapshotId: checkedId(json['snapshotId']),
    exportBucketId: checkedId(json['exportBucketId']),
    state,
    shards: componentsOf(json).length,
    ...(createdAtSeconds === undefined ? {} : { createdAtSeconds }),
    ...(finishedAtSeconds === undefined ? {} : { finishedAtSeconds }),
    ...(collections === undefined ? {} : { collections }),
    ...(state === 'unknown' ? { foreignState: checkedState(json['state']) } : {}),
    ...(state === 'failed' ? { errorCode: decodeErrorCode(json['stateReason']) } : {}),
  };
}

/** The ids of the components of a sharded cluster's job. */
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

export function ageOf({ id, createdAtSeconds }: Job): Age {
  return createdAtSeconds === undefined ? { id } : { id, createdAtSeconds };
}

/** From creation to the end, queueing included; undefined where the end is not known. */
export function durationSeconds({ createdAtSeconds, finishedAtSeconds }: Job): number | undefined {
  if (createdAtSeconds === undefined || finishedAtSeconds === undefined) return undefined;
  return Math.max(0, finishedAtSeconds - createdAtSeconds);
}

/** When a finished job ended; its creation where Atlas gives no end. */
export function endedAtSeconds({ createdAtSeconds, finishedAtSeconds }: Job): number | undefined {
  return finishedAtSeconds ?? createdAtSeconds;
}

/** 0 to 1, also where Atlas says that more is exported than there is; undefined while the number of collections is 0 or unknown. */
export function progressRatio({ collections }: Job): number | undefined {
  if (collections === undefined || collections.total === 0) return undefined;
  return Math.min(1, collections.exported / collections.total);
}

/** The Unix time inside an ObjectId: its first four bytes. */
export function objectIdTimeSeconds(id: string): number | undefined {
  return /^[0-9a-f]{24}$/i.test(id) ? Number.parseInt(id.slice(0, 8), 16) : undefined;
}

function decodeState(value: unknown): JobState {
  // MongoDB's own CLI compares states without letter case.
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

function parseTime(value: unknown): number | undefined {
  // Date.parse alone accepts nearly anything: "1" is a year.
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(value))
    return undefined;
  const seconds = Date.parse(value) / 1000;
  return Number.isNaN(seconds) ? undefined : seconds;
}

/** An id that can be a label, or else the empty text. */
export function checkedId(value: unknown): string {
  return typeof value === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(value) ? value : '';
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

/** Shared by the many jobs without components. */
const NOTHING: readonly unknown[] = [];
