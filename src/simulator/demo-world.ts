/**
 * The world of the demo: export jobs are queued, run, succeed, fail and are cancelled while the demo runs. Every job is a
 * function of the seed, its cluster, its number and the time. There is no timer, and the only state is a cache of finished
 * jobs. Lists are bounded, so a demo can run for weeks.
 */
import { type Chance, createChance } from './chance.ts';
import { type DemoCluster, type DemoProject, demoProjects } from './demo-clusters.ts';
import {
  createDemoClock,
  type DemoClock,
  dayMs,
  type ExportJson,
  isoSeconds,
  type JobPattern,
  type JobSource,
  jobAt,
  minuteMs,
  planJob,
} from './demo-jobs.ts';
import { clusterId, plainScheduleJson } from './resources.ts';
import type { CredentialKind, World } from './world.ts';

export interface DemoOptions {
  /** Any whole number. Another seed gives other durations and outcomes. */
  readonly seed: number;
  readonly startedAtMs: number;
  /** How many times faster than real time the demo runs. */
  readonly speed: number;
}

export interface DemoTarget {
  readonly groupId: string;
  readonly projectName: string;
  readonly clusterName: string;
  readonly credential: CredentialKind;
}

export interface DemoWorld extends World {
  /** The clusters that the demo's exporter is configured to watch. Some of them cannot be read, on purpose. */
  readonly targets: readonly DemoTarget[];
  exports(groupId: string, clusterName: string, nowMs: number): readonly ExportJson[];
}

/** One demo hour a minute. */
export const DEFAULT_DEMO_SPEED = 60;

/** Older jobs are no longer listed. */
const maxJobs = 2000;

type ListJobs = (nowMs: number) => readonly ExportJson[];

export function createDemoWorld({ seed, startedAtMs, speed }: DemoOptions): DemoWorld {
  const chance = createChance(seed);
  const clock = createDemoClock(startedAtMs, speed);
  const lists = new Map<string, ListJobs>();
  for (const project of demoProjects) {
    for (const { name, pattern } of project.clusters) {
      if (pattern) {
        lists.set(`${project.id}/${name}`, createList(jobSource(project, name, pattern, chance, clock)));
      }
    }
  }

  function project(groupId: string): DemoProject | undefined {
    return demoProjects.find(({ id }) => id === groupId);
  }

  function cluster(groupId: string, clusterName: string): DemoCluster | undefined {
    return project(groupId)?.clusters.find(({ name }) => name === clusterName);
  }

  function schedule(groupId: string, clusterName: string, nowMs: number): unknown {
    const [inProject, found] = [project(groupId), cluster(groupId, clusterName)];
    return inProject && found && scheduleJson(inProject, found, bucketId(chance, groupId, 0), nowMs);
  }

  return {
    targets: demoProjects.flatMap(targetsOf),
    project,
    cluster,
    exports: (groupId, clusterName, nowMs) => lists.get(`${groupId}/${clusterName}`)?.(nowMs) ?? [],
    schedule,
  };
}

function createList(source: JobSource): ListJobs {
  const { pattern, clock } = source;
  const finished = new Map<number, { readonly endedMinute: number; readonly job: ExportJson }>();

  function jobOf(index: number, minute: number): ExportJson | undefined {
    const cached = finished.get(index);
    if (cached && minute >= cached.endedMinute) return cached.job;
    const plan = planJob(source, index);
    if (plan.createdMinute > minute) return undefined;
    const job = jobAt(source, plan, minute);
    if (minute >= plan.endedMinute) finished.set(index, { endedMinute: plan.endedMinute, job });
    return job;
  }

  return (nowMs) => {
    const minute = (clock.toDemoMs(nowMs) - clock.startedAtMs) / minuteMs;
    const newest = Math.floor((minute - pattern.firstMinute) / pattern.periodMinutes);
    const last = Math.min(newest, pattern.lastIndex ?? newest);
    const jobs: ExportJson[] = [];
    for (let index = last; index >= -pattern.historyJobs && jobs.length < maxJobs; index -= 1) {
      const job = jobOf(index, minute);
      if (job) jobs.push(job);
    }
    if (finished.size > 2 * maxJobs) finished.clear();
    return jobs;
  };
}

function jobSource(
  { id, orgId }: DemoProject,
  clusterName: string,
  pattern: JobPattern,
  chance: Chance,
  clock: DemoClock,
): JobSource {
  return {
    clusterName,
    pattern,
    folder: `exported_snapshots/${orgId}/${id}/${clusterName}`,
    jobIdPart: chance.hex(10, id, clusterName, 'job'),
    snapshotIdPart: chance.hex(10, id, clusterName, 'snapshot'),
    buckets: [bucketId(chance, id, 0), bucketId(chance, id, 1)],
    chance,
    clock,
  };
}

/** One daily snapshot, and an export policy if the cluster has one. */
function scheduleJson(project: DemoProject, cluster: DemoCluster, exportBucketId: string, nowMs: number): unknown {
  const { exportFrequency: frequencyType } = cluster;
  const item = {
    frequencyInterval: 1,
    frequencyType: frequencyType ?? 'daily',
    retentionUnit: 'days',
    retentionValue: 7,
  };
  return {
    ...plainScheduleJson(project, cluster),
    autoExportEnabled: frequencyType !== undefined,
    ...(frequencyType ? { export: { exportBucketId, frequencyType } } : {}),
    nextSnapshot: isoSeconds((Math.floor(nowMs / dayMs) + 1) * dayMs),
    policies: [{ id: clusterId(project, cluster), policyItems: [item] }],
  };
}

function bucketId(chance: Chance, groupId: string, number: number): string {
  return groupId.slice(0, 8) + chance.hex(16, groupId, 'bucket', number);
}

function targetsOf({ id, name, credentials, clusters, missing = [] }: DemoProject): readonly DemoTarget[] {
  const credential = credentials?.[0] ?? 'service-account';
  const names = [...clusters.map((cluster) => cluster.name), ...missing];
  return names.map((clusterName) => ({ groupId: id, projectName: name, clusterName, credential }));
}
