/**
 * An export job as the API shows it at one moment of its course. Pure; the fields and their absence are Atlas'.
 */
import type { Chance } from './chance.ts';
import { isoSeconds, minuteMs, type StoryTime } from './demo-clock.ts';
import { type Course, type Habit, modulo } from './job-patterns.ts';

export interface Exporter {
  readonly clusterName: string;
  /** What the prefixes of all its jobs begin with. */
  readonly folder: string;
  /** Five bytes that all ids of one kind share, as the ids of one process do. */
  readonly jobMaker: string;
  readonly snapshotMaker: string;
  readonly buckets: readonly string[];
  readonly habit: Habit;
  readonly chance: Chance;
  readonly time: StoryTime;
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
  { errorCode: 'EXPORT_BUCKET_ACCESS_DENIED', message: 'Writing to the bucket was denied.' },
  { errorCode: 'EXPORT_BUCKET_NOT_FOUND', message: 'The bucket does not exist any more.' },
  { errorCode: 'EXPORT_TIMED_OUT', message: 'The export took too long and was given up.' },
  { errorCode: 'INTERNAL_EXPORT_ERROR', message: 'The export stopped for an internal reason.' },
] as const;

/** At `storyMinute` (from the start of the demo), which must not lie before the job's creation. */
export function jobAt(exporter: Exporter, course: Course, storyMinute: number): ExportJson {
  const { clusterName, habit, chance } = exporter;
  const state = stateAt(course, storyMinute);
  const createdMs = wallMs(exporter, course.createdMinute);
  const createdAt = isoSeconds(createdMs);
  const createdSeconds = Math.floor(createdMs / 1000);
  const snapshotMs = wallMs(exporter, course.createdMinute - 1 - 9 * chance.of(clusterName, course.index, 'snapshot'));
  const hasEnd = state === course.end && !(habit.shards && state === 'Successful');
  return {
    createdAt,
    customData: course.index % 2 === 0 ? [] : [{ key: 'requestedBy', value: 'nightly-archive' }],
    exportBucketId: exporter.buckets[course.bucket] ?? '',
    ...(habit.shards
      ? { components: components(exporter, course, createdMs, habit.shards) }
      : { exportStatus: progressAt(course, storyMinute, habit.missingCollections ?? 0) }),
    ...(hasEnd ? { finishedAt: isoSeconds(wallMs(exporter, course.endedMinute)) } : {}),
    id: objectId(createdMs, exporter.jobMaker, course.index),
    prefix: `${exporter.folder}/${createdAt.slice(0, 16).replace(':', '')}/${createdSeconds}`,
    snapshotId: objectId(snapshotMs, exporter.snapshotMaker, course.index),
    state,
    ...(state === 'Failed' ? { stateReason: reasonOf(exporter, course) } : {}),
  };
}

export function wallMs({ time }: Exporter, storyMinute: number): number {
  return time.toWall(time.startedAtMs + storyMinute * minuteMs);
}

function stateAt(course: Course, storyMinute: number): string {
  if (storyMinute >= course.endedMinute) {
    return course.end;
  }
  if (storyMinute >= course.haltedMinute) {
    return 'Paused';
  }
  return storyMinute >= course.startedMinute ? 'InProgress' : 'Queued';
}

/** Nothing is counted while a job waits, and the last collection is done only when the job is. */
function progressAt(course: Course, storyMinute: number, missing: number) {
  if (storyMinute < course.startedMinute) {
    return { exportedCollections: 0, totalCollections: 0 };
  }
  const totalCollections = course.collections;
  if (storyMinute >= course.endedMinute && course.end === 'Successful') {
    return { exportedCollections: Math.max(0, totalCollections - missing), totalCollections };
  }
  const passed = (storyMinute - course.startedMinute) / (course.haltedMinute - course.startedMinute);
  const done = Math.floor(Math.min(1, passed) * course.doneRatio * Math.max(0, totalCollections - missing));
  return { exportedCollections: Math.max(0, Math.min(done, totalCollections - missing - 1)), totalCollections };
}

function reasonOf({ clusterName, chance }: Exporter, { index }: Course): (typeof reasons)[number] {
  return reasons[Math.floor(chance.of(clusterName, index, 'reason') * reasons.length)] ?? reasons[0];
}

function components({ clusterName, chance }: Exporter, { index }: Course, createdMs: number, shards: number) {
  return Array.from({ length: shards }, (_, shard) => ({
    exportId: objectId(createdMs, chance.hex(10, clusterName, 'shard', shard), index),
    replicaSetName: `${clusterName}-shard-${shard}`,
  }));
}

/** Time, then five bytes of its maker, then a counter: as drivers make them. */
function objectId(atMs: number, maker: string, index: number): string {
  const seconds = Math.floor(atMs / 1000)
    .toString(16)
    .padStart(8, '0');
  return seconds + maker + modulo(index, 0x1000000).toString(16).padStart(6, '0');
}
