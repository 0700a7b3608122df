/**
 * The world of the demo. Every job is a function of the seed, its cluster, its number and the time: there is no timer,
 * and the only state is a cache of finished jobs. Lists are bounded, so a demo can run for weeks.
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
  type JobPlan,
  type JobSource,
  jobAt,
  minuteMs,
  planJob,
  snapshotOf,
} from './demo-jobs.ts';
import { type CredentialKind, clusterId, plainScheduleJson, type WantedExport, type World } from './world.ts';

export interface DemoOptions {
  /** Any whole number. Another seed gives other durations and outcomes. */
  readonly seed: number;
  readonly startedAtMs: number;
  readonly speed: number;
}

export interface DemoTarget {
  readonly groupId: string;
  readonly projectName: string;
  readonly clusterName: string;
  readonly credential: CredentialKind;
}

export interface DemoWorld extends World {
  /** The clusters that the demo's exporter monitors. Some of them cannot be read, on purpose. */
  readonly targets: readonly DemoTarget[];
  exports(groupId: string, clusterName: string, nowMs: number): readonly ExportJson[];
  snapshots(groupId: string, clusterName: string, nowMs: number): readonly SnapshotJson[];
  /** Its newest snapshot, and the bucket of its export policy. Undefined for a cluster without snapshots. */
  dueExport(groupId: string, clusterName: string, nowMs: number): WantedExport | undefined;
  startExport(groupId: string, clusterName: string, wanted: WantedExport, nowMs: number): ExportJson | undefined;
}

interface SnapshotJson {
  readonly id: string;
  readonly createdAt: string;
}

/** One demo hour a minute. */
export const DEFAULT_DEMO_SPEED = 60;

/** Older jobs are no longer listed. */
const maxJobs = 2000;
const maxSnapshots = 60;
/** Exports by hand of one cluster. Older ones are no longer listed. */
const maxOwnExports = 100;
/** Their numbers begin here, far from those of the pattern. */
const firstOwnIndex = 1_000_000;

interface JobList {
  at(nowMs: number): readonly ExportJson[];
  start(wanted: WantedExport, nowMs: number): ExportJson;
}

export function createDemoWorld({ seed, startedAtMs, speed }: DemoOptions): DemoWorld {
  const chance = createChance(seed);
  const clock = createDemoClock(startedAtMs, speed);
  const sources = new Map<string, JobSource>();
  const lists = new Map<string, JobList>();
  for (const project of demoProjects) {
    for (const { name, pattern } of project.clusters) {
      if (pattern) {
        const source = jobSource(project, name, pattern, chance, clock);
        sources.set(`${project.id}/${name}`, source);
        lists.set(`${project.id}/${name}`, createList(source));
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
    if (inProject === undefined || found === undefined) return undefined;
    const source = sources.get(`${groupId}/${clusterName}`);
    const midnight = isoSeconds((Math.floor(nowMs / dayMs) + 1) * dayMs);
    const nextSnapshot = source ? nextSnapshotOf(source, nowMs) : midnight;
    return scheduleJson(inProject, found, bucketId(chance, groupId, 0), nextSnapshot);
  }

  function snapshots(groupId: string, clusterName: string, nowMs: number): readonly SnapshotJson[] {
    const [inProject, found] = [project(groupId), cluster(groupId, clusterName)];
    const source = sources.get(`${groupId}/${clusterName}`);
    return source && inProject && found ? listSnapshots(source, inProject, found, nowMs) : [];
  }

  function dueExport(groupId: string, clusterName: string, nowMs: number): WantedExport | undefined {
    const [newest] = snapshots(groupId, clusterName, nowMs);
    return newest && { snapshotId: newest.id, exportBucketId: bucketId(chance, groupId, 0) };
  }

  function startExport(groupId: string, clusterName: string, wanted: WantedExport, nowMs: number) {
    const key = `${groupId}/${clusterName}`;
    const isSnapshot = snapshots(groupId, clusterName, nowMs).some(({ id }) => id === wanted.snapshotId);
    const isBucket = sources.get(key)?.buckets.includes(wanted.exportBucketId);
    return isSnapshot && isBucket ? lists.get(key)?.start(wanted, nowMs) : undefined;
  }

  return {
    targets: demoProjects.flatMap(targetsOf),
    projects: () => demoProjects,
    project,
    cluster,
    exports: (groupId, clusterName, nowMs) => lists.get(`${groupId}/${clusterName}`)?.at(nowMs) ?? [],
    snapshots,
    schedule,
    dueExport,
    startExport,
  };
}

function createList(source: JobSource): JobList {
  const { pattern, clock } = source;
  let own: readonly (JobPlan & WantedExport)[] = [];
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

  function ownJob({ snapshotId, exportBucketId, ...plan }: JobPlan & WantedExport, minute: number): ExportJson {
    return { ...jobAt(source, plan, minute), snapshotId, exportBucketId };
  }

  function start(wanted: WantedExport, nowMs: number): ExportJson {
    const minute = demoMinuteAt(clock, nowMs);
    const usual = planJob(source, (own[0]?.index ?? firstOwnIndex) + 1);
    const startedMinute = minute + usual.startedMinute - usual.createdMinute;
    const endedMinute = minute + usual.stoppedMinute - usual.createdMinute;
    const times = { createdMinute: minute, startedMinute, stoppedMinute: endedMinute, endedMinute };
    const plan = { ...usual, ...times, end: 'Successful', doneRatio: 1, ...wanted } as const;
    own = [plan, ...own].slice(0, maxOwnExports);
    return ownJob(plan, minute);
  }

  function at(nowMs: number): readonly ExportJson[] {
    const minute = demoMinuteAt(clock, nowMs);
    const newest = newestIndex(pattern, minute);
    const last = Math.min(newest, pattern.lastIndex ?? newest);
    const jobs: ExportJson[] = [];
    for (let index = last; index >= -pattern.historyJobs && jobs.length < maxJobs; index -= 1) {
      const job = jobOf(index, minute);
      if (job) jobs.push(job);
    }
    if (finished.size > 2 * maxJobs) finished.clear();
    if (own.length === 0) return jobs;
    const ownJobs = own.map((plan) => ownJob(plan, minute));
    return [...ownJobs, ...jobs].sort((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt)).slice(0, maxJobs);
  }

  return { at, start };
}

function demoMinuteAt(clock: DemoClock, nowMs: number): number {
  return (clock.toDemoMs(nowMs) - clock.startedAtMs) / minuteMs;
}

function newestIndex({ firstMinute, periodMinutes }: JobPattern, minute: number): number {
  return Math.floor((minute - firstMinute) / periodMinutes);
}

/** One snapshot for each job, also for those that would come after exports have stopped. */
function listSnapshots(
  source: JobSource,
  project: DemoProject,
  cluster: DemoCluster,
  nowMs: number,
): readonly SnapshotJson[] {
  const { pattern, clock, chance, clusterName } = source;
  const minute = demoMinuteAt(clock, nowMs);
  const newest = newestIndex(pattern, minute) + 1;
  const plans = Array.from({ length: maxSnapshots }, (_, back) => planJob(source, newest - back));
  return plans
    .filter(({ index }) => index >= -pattern.historyJobs)
    .map((plan) => snapshotOf(source, plan))
    .filter((snapshot) => snapshot.minute <= minute)
    .map(({ id, createdAt }) => ({
      id,
      createdAt,
      status: 'completed',
      snapshotType: 'scheduled',
      frequencyType: cluster.exportFrequency ?? 'daily',
      policyItems: [policyItemId(project, cluster)],
      ...(cluster.kind === 'sharded'
        ? { type: 'shardedCluster', snapshotIds: [id], members: [] }
        : { type: 'replicaSet', replicaSetName: cluster.name }),
      storageSizeBytes: Math.round(2e9 * (1 + chance.of(clusterName, id, 'size'))),
    }));
}

function nextSnapshotOf(source: JobSource, nowMs: number): string {
  const minute = demoMinuteAt(source.clock, nowMs);
  const newest = newestIndex(source.pattern, minute);
  const next = [newest, newest + 1, newest + 2].map((index) => snapshotOf(source, planJob(source, index)));
  return next.find((snapshot) => snapshot.minute > minute)?.createdAt ?? '';
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

function scheduleJson(
  project: DemoProject,
  cluster: DemoCluster,
  exportBucketId: string,
  nextSnapshot: string,
): unknown {
  const { exportFrequency: frequencyType } = cluster;
  const item = {
    id: policyItemId(project, cluster),
    frequencyInterval: 1,
    frequencyType: frequencyType ?? 'daily',
    retentionUnit: 'days',
    retentionValue: 7,
  };
  return {
    ...plainScheduleJson(project, cluster),
    autoExportEnabled: frequencyType !== undefined,
    ...(frequencyType ? { export: { exportBucketId, frequencyType } } : {}),
    nextSnapshot,
    policies: [{ id: clusterId(project, cluster), policyItems: [item] }],
  };
}

function policyItemId(project: DemoProject, cluster: DemoCluster): string {
  return clusterId(project, { name: `${cluster.name} policy item` });
}

function bucketId(chance: Chance, groupId: string, number: number): string {
  return groupId.slice(0, 8) + chance.hex(16, groupId, 'bucket', number);
}

function targetsOf({ id, name, credentials, clusters, missing = [] }: DemoProject): readonly DemoTarget[] {
  const credential = credentials?.[0] ?? 'service-account';
  const names = [...clusters.map((cluster) => cluster.name), ...missing];
  return names.map((clusterName) => ({ groupId: id, projectName: name, clusterName, credential }));
}
