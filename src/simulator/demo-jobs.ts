/**
 * The clock of the demo, and the export jobs of a cluster, computed at any moment from a pattern. Minutes are demo time
 * from the start of the demo, negative before it.
 */
import type { Chance } from './chance.ts';

/** After the start, demo time runs `speed` times as fast as real time. All times are Unix milliseconds. */
export interface DemoClock {
  readonly startedAtMs: number;
  toDemoMs(realMs: number): number;
  toRealMs(demoMs: number): number;
}

export const minuteMs = 60_000;
export const dayMs = 24 * 60 * minuteMs;

export function createDemoClock(startedAtMs: number, speed: number): DemoClock {
  return {
    startedAtMs,
    toDemoMs: (realMs) => (realMs <= startedAtMs ? realMs : startedAtMs + (realMs - startedAtMs) * speed),
    toRealMs: (demoMs) => (demoMs <= startedAtMs ? demoMs : startedAtMs + (demoMs - startedAtMs) / speed),
  };
}

/** Formats a time as in the API. Rounded down: a rounded-up time could lie in the future. */
export function isoSeconds(realMs: number): string {
  return `${new Date(realMs).toISOString().slice(0, 19)}Z`;
}

export type EndState = 'Successful' | 'Failed' | 'Cancelled';
export type Range = readonly [min: number, max: number];

export interface JobPattern {
  readonly periodMinutes: number;
  /** When job 0 is created. Later jobs have higher numbers. */
  readonly firstMinute: number;
  readonly historyJobs: number;
  /** The number of the last job, if exports have stopped. */
  readonly lastIndex?: number;
  readonly queueMinutes: Range;
  readonly runMinutes: Range;
  readonly collections: Range;
  /** How many collections are missing in a successful export. */
  readonly missingCollections?: number;
  readonly buckets?: 1 | 2;
  /** True if the jobs go only into the second bucket, which is not the one of the export policy. */
  readonly isElsewhere?: boolean;
  readonly shards?: number;
  /** Minutes from a snapshot to its export. Default: 1 to 10. */
  readonly snapshotLagMinutes?: Range;
  /** The number of the last job that exports a new snapshot: later jobs export the same one again. */
  readonly lastSnapshotIndex?: number;
  readonly endOf?: (index: number) => EndState;
  /** Every `everyJobs`-th job is paused for `minutes` and then cancelled. */
  readonly pauses?: { readonly everyJobs: number; readonly minutes: number };
}

/** A cluster with everything that its jobs are computed from. */
export interface JobSource {
  readonly clusterName: string;
  readonly pattern: JobPattern;
  /** The first part of each job's prefix. */
  readonly folder: string;
  /** The middle five bytes of job ids and of snapshot ids. */
  readonly jobIdPart: string;
  readonly snapshotIdPart: string;
  readonly buckets: readonly string[];
  readonly chance: Chance;
  readonly clock: DemoClock;
}

/** When one job starts, stops and ends, and how it ends. */
export interface JobPlan {
  readonly index: number;
  readonly createdMinute: number;
  readonly startedMinute: number;
  /** The time at which progress stops: the end of the job, or the pause before it. */
  readonly stoppedMinute: number;
  readonly endedMinute: number;
  readonly end: EndState;
  readonly collections: number;
  /** The part of the work that is done when progress stops, 0 to 1. */
  readonly doneRatio: number;
  readonly bucket: number;
}

export interface ExportJson {
  readonly id: string;
  readonly snapshotId: string;
  readonly exportBucketId: string;
  readonly state: string;
  readonly createdAt: string;
  readonly finishedAt?: string;
  readonly exportStatus?: { readonly exportedCollections: number; readonly totalCollections: number };
  readonly components?: readonly { readonly exportId: string; readonly replicaSetName: string }[];
  readonly stateReason?: { readonly errorCode: string; readonly message: string };
  readonly customData: readonly { readonly key: string; readonly value: string }[];
  readonly prefix: string;
}

const reasons = [
  { errorCode: 'EXPORT_BUCKET_ACCESS_DENIED', message: 'Access to the bucket was denied.' },
  { errorCode: 'EXPORT_BUCKET_NOT_FOUND', message: 'The bucket does not exist.' },
  { errorCode: 'EXPORT_TIMED_OUT', message: 'The export took too long.' },
  { errorCode: 'INTERNAL_EXPORT_ERROR', message: 'The export failed for an internal reason.' },
] as const;

export function planJob({ pattern, clusterName, chance }: JobSource, index: number): JobPlan {
  const draw = (what: string, [min, max]: Range) => min + chance.of(clusterName, index, what) * (max - min);
  // Jobs start a little late, never early, as with real schedules.
  const lateMinutes = draw('late', [0, Math.min(2, pattern.periodMinutes / 20)]);
  const createdMinute = pattern.firstMinute + index * pattern.periodMinutes + lateMinutes;
  const startedMinute = createdMinute + draw('queue', pattern.queueMinutes);
  const { everyJobs = 0, minutes = 0 } = pattern.pauses ?? {};
  const isPaused = everyJobs > 0 && modulo(index, everyJobs) === 0;
  const end = isPaused ? 'Cancelled' : (pattern.endOf?.(index) ?? 'Successful');
  const doneRatio = end === 'Successful' ? 1 : draw('done', [0.2, 0.9]);
  const stoppedMinute = startedMinute + draw('run', pattern.runMinutes) * (end === 'Cancelled' ? doneRatio : 1);
  return {
    index,
    createdMinute,
    startedMinute,
    stoppedMinute,
    endedMinute: isPaused ? stoppedMinute + minutes : stoppedMinute,
    end,
    collections: Math.round(draw('collections', pattern.collections)),
    doneRatio,
    bucket: pattern.isElsewhere ? 1 : modulo(index, pattern.buckets ?? 1),
  };
}

/** The job at `minute`, which must not be before its creation. */
export function jobAt(source: JobSource, plan: JobPlan, minute: number): ExportJson {
  const { clusterName, pattern, chance, clock } = source;
  const toRealMs = (at: number) => clock.toRealMs(clock.startedAtMs + at * minuteMs);
  const state = stateAt(plan, minute);
  const createdMs = toRealMs(plan.createdMinute);
  const createdAt = isoSeconds(createdMs);
  // Atlas gives no finishedAt for a successful export of a sharded cluster.
  const hasEnd = state === plan.end && !(pattern.shards && state === 'Successful');
  const reason = Math.floor(chance.of(clusterName, plan.index, 'reason') * reasons.length);
  return {
    createdAt,
    customData: plan.index % 2 === 0 ? [] : [{ key: 'requestedBy', value: 'nightly-archive' }],
    exportBucketId: source.buckets[plan.bucket] ?? '',
    ...(pattern.shards
      ? { components: components(source, plan, createdMs, pattern.shards) }
      : { exportStatus: progressAt(plan, minute, pattern.missingCollections ?? 0) }),
    ...(hasEnd ? { finishedAt: isoSeconds(toRealMs(plan.endedMinute)) } : {}),
    id: objectId(createdMs, source.jobIdPart, plan.index),
    prefix: `${source.folder}/${createdAt.slice(0, 16).replace(':', '')}/${Math.floor(createdMs / 1000)}`,
    snapshotId: exportedSnapshotOf(source, plan).id,
    state,
    ...(state === 'Failed' ? { stateReason: reasons[reason] ?? reasons[0] } : {}),
  };
}

function exportedSnapshotOf(source: JobSource, plan: JobPlan) {
  const { lastSnapshotIndex = plan.index } = source.pattern;
  return snapshotOf(source, plan.index > lastSnapshotIndex ? planJob(source, lastSnapshotIndex) : plan);
}

/** The snapshot that is taken for a job. It is complete some minutes before the job is created. */
export function snapshotOf({ clusterName, pattern, chance, clock, snapshotIdPart }: JobSource, plan: JobPlan) {
  const [min, max] = pattern.snapshotLagMinutes ?? [1, 10];
  const minute = plan.createdMinute - min - (max - min) * chance.of(clusterName, plan.index, 'snapshot');
  const atMs = clock.toRealMs(clock.startedAtMs + minute * minuteMs);
  return { minute, createdAt: isoSeconds(atMs), id: objectId(atMs, snapshotIdPart, plan.index) };
}

/** End states by job number, repeated: `F` failed, `C` cancelled, any other letter successful. */
export function repeating(letters: string): (index: number) => EndState {
  return (index) => {
    const letter = letters[modulo(index, letters.length)];
    return letter === 'F' ? 'Failed' : letter === 'C' ? 'Cancelled' : 'Successful';
  };
}

function stateAt(plan: JobPlan, minute: number): string {
  if (minute >= plan.endedMinute) return plan.end;
  if (minute >= plan.stoppedMinute) return 'Paused';
  return minute >= plan.startedMinute ? 'InProgress' : 'Queued';
}

/** Atlas shows 0 of 0 for a queued job. The last collection is done only when the job succeeds. */
function progressAt(plan: JobPlan, minute: number, missing: number): NonNullable<ExportJson['exportStatus']> {
  if (minute < plan.startedMinute) return { exportedCollections: 0, totalCollections: 0 };
  const totalCollections = plan.collections;
  const most = Math.max(0, totalCollections - missing);
  if (minute >= plan.endedMinute && plan.end === 'Successful') return { exportedCollections: most, totalCollections };
  const ranRatio = Math.min(1, (minute - plan.startedMinute) / (plan.stoppedMinute - plan.startedMinute));
  const done = Math.floor(ranRatio * plan.doneRatio * most);
  return { exportedCollections: Math.max(0, Math.min(done, most - 1)), totalCollections };
}

function components({ clusterName, chance }: JobSource, { index }: JobPlan, createdMs: number, shards: number) {
  return Array.from({ length: shards }, (_, shard) => ({
    exportId: objectId(createdMs, chance.hex(10, clusterName, 'shard', shard), index),
    replicaSetName: `${clusterName}-shard-${shard}`,
  }));
}

/** Seconds, five bytes of the process that made it, a counter: the parts of a BSON ObjectId. */
function objectId(atMs: number, processPart: string, counter: number): string {
  const seconds = Math.floor(atMs / 1000)
    .toString(16)
    .padStart(8, '0');
  return seconds + processPart + modulo(counter, 0x1000000).toString(16).padStart(6, '0');
}

/** Unlike `%` never negative: jobs before the start have negative numbers. */
function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}
