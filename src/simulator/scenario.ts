/**
 * A world that lives: exports are queued, run, succeed, fail and are cancelled while one looks.
 * Every job is a function of the seed, its cluster, its number and the time; there is no timer, and what is kept of
 * finished jobs can be thrown away at any moment. History is bounded, so a demo may run for weeks.
 */

import { type Chance, createChance } from './chance.ts';
import { createStoryTime, minuteMs, type StoryTime } from './demo-clock.ts';
import { type Actor, type Troupe, troupes } from './demo-clusters.ts';
import { courseOf, type Habit } from './job-patterns.ts';
import { type Exporter, type ExportJson, jobAt } from './jobs.ts';
import { scheduleJson } from './schedules.ts';
import type { CredentialKind, World } from './world.ts';

export interface DemoOptions {
  /** Any whole number: another seed, other durations and outcomes. */
  readonly seed: number;
  readonly startedAtMs: number;
  /** How many times as fast as in life things go from the start on. */
  readonly speed: number;
}

export interface DemoTarget {
  readonly groupId: string;
  readonly projectName: string;
  readonly clusterName: string;
  readonly credential: CredentialKind;
}

export interface DemoWorld extends World {
  /** What the demo watches; some of it cannot be watched, which is worth seeing too. */
  readonly targets: readonly DemoTarget[];
  exports(groupId: string, clusterName: string, nowMs: number): readonly ExportJson[];
}

/** An hour a minute. */
export const DEFAULT_DEMO_SPEED = 60;

/** The newest jobs of a cluster; older ones are gone, as they are in Atlas some day. */
const maxJobs = 2000;

type List = (nowMs: number) => readonly ExportJson[];

export function createDemoWorld({ seed, startedAtMs, speed }: DemoOptions): DemoWorld {
  const chance = createChance(seed);
  const time = createStoryTime(startedAtMs, speed);
  const projects = new Map(troupes.map((troupe) => [troupe.id, troupe]));
  const lists = new Map<string, List>();
  for (const troupe of troupes) {
    for (const { name, habit } of troupe.clusters) {
      if (habit) {
        lists.set(`${troupe.id}/${name}`, createList(exporterOf(troupe, name, habit, chance, time)));
      }
    }
  }

  function cluster(groupId: string, clusterName: string): Actor | undefined {
    return projects.get(groupId)?.clusters.find(({ name }) => name === clusterName);
  }

  return {
    targets: troupes.flatMap(targetsOf),
    projects: () => troupes,
    project: (groupId) => projects.get(groupId),
    cluster,
    exports: (groupId, clusterName, nowMs) => lists.get(`${groupId}/${clusterName}`)?.(nowMs) ?? [],
    schedule: (groupId, clusterName, nowMs) => {
      const project = projects.get(groupId);
      const actor = cluster(groupId, clusterName);
      return project && actor && scheduleJson(project, actor, bucketId(chance, groupId, 0), nowMs);
    },
  };
}

function createList(exporter: Exporter): List {
  const { habit, clusterName, chance, time } = exporter;
  const finished = new Map<number, { readonly fromMinute: number; readonly job: ExportJson }>();

  function jobOf(index: number, minute: number): ExportJson | undefined {
    const kept = finished.get(index);
    if (kept && minute >= kept.fromMinute) {
      return kept.job;
    }
    const course = courseOf(habit, clusterName, index, chance);
    if (course.createdMinute > minute) {
      return undefined;
    }
    const job = jobAt(exporter, course, minute);
    if (minute >= course.endedMinute) {
      // Frozen: nothing in it will ever change, so its text may be kept too.
      finished.set(index, { fromMinute: course.endedMinute, job: Object.freeze(job) });
    }
    return job;
  }

  return (nowMs) => {
    const minute = (time.toStory(nowMs) - time.startedAtMs) / minuteMs;
    const newest = Math.floor((minute - habit.firstMinute) / habit.periodMinutes);
    const last = Math.min(newest, habit.lastIndex ?? newest);
    const jobs: ExportJson[] = [];
    for (let index = last; index >= -habit.historyJobs && jobs.length < maxJobs; index -= 1) {
      const job = jobOf(index, minute);
      if (job) {
        jobs.push(job);
      }
    }
    if (finished.size > 2 * maxJobs) {
      finished.clear();
    }
    return jobs;
  };
}

function exporterOf(troupe: Troupe, clusterName: string, habit: Habit, chance: Chance, time: StoryTime): Exporter {
  return {
    clusterName,
    folder: `exported_snapshots/${troupe.orgId}/${troupe.id}/${clusterName}`,
    jobMaker: chance.hex(10, troupe.id, clusterName, 'job'),
    snapshotMaker: chance.hex(10, troupe.id, clusterName, 'snapshot'),
    buckets: [bucketId(chance, troupe.id, 0), bucketId(chance, troupe.id, 1)],
    habit,
    chance,
    time,
  };
}

function bucketId(chance: Chance, groupId: string, number: number): string {
  return groupId.slice(0, 8) + chance.hex(16, groupId, 'bucket', number);
}

function targetsOf({ id, name, credentials, clusters, missing = [] }: Troupe): readonly DemoTarget[] {
  const credential = credentials?.[0] ?? 'service-account';
  const names = [...clusters.map((cluster) => cluster.name), ...missing];
  return names.map((clusterName) => ({ groupId: id, projectName: name, clusterName, credential }));
}
