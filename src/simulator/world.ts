/**
 * What exists behind the simulated API: projects, their clusters, and the export jobs and schedule of each cluster.
 * A world answers questions and never changes by being asked. It knows nothing of HTTP, and it does not check the jobs
 * that it hands out: a test may put anything into a list, as a server may.
 */
import type { Fault } from './faults.ts';

export type CredentialKind = 'service-account' | 'api-key' | 'access-token';

export interface Cluster {
  readonly name: string;
  /** Default: replica-set. */
  readonly kind?: 'replica-set' | 'sharded' | 'flex';
  readonly paused?: boolean;
  /** Such clusters are missing in the list of a project's clusters, yet can be asked for by name. */
  readonly multiCloud?: boolean;
  /** What is wrong with its own addresses. */
  readonly failing?: Fault | ((nowMs: number) => Fault | undefined);
}

export interface Project {
  /** 24 lower-case hexadecimal digits. */
  readonly id: string;
  readonly name: string;
  readonly orgId?: string;
  /** The kinds of credential that belong to the project's organization. Default: all. */
  readonly credentials?: readonly CredentialKind[];
  /** The error code of a 403 that answers everything about this project. */
  readonly forbidden?: string;
  readonly clusters: readonly Cluster[];
}

export interface World {
  projects(): readonly Project[];
  project(groupId: string): Project | undefined;
  cluster(groupId: string, clusterName: string): Cluster | undefined;
  /** Newest first. A frozen job is promised never to change, so its text may be kept. */
  exports(groupId: string, clusterName: string, nowMs: number): readonly unknown[];
  /** `undefined` stands for a schedule that exports nothing. */
  schedule(groupId: string, clusterName: string, nowMs: number): unknown;
}

export interface FixedCluster extends Cluster {
  /** Jobs in the API's own form and in the order in which they shall be listed. Default: none. */
  readonly exports?: readonly unknown[] | ((nowMs: number) => readonly unknown[]);
  readonly schedule?: unknown;
}

export interface FixedProject extends Project {
  readonly clusters: readonly FixedCluster[];
}

/** A world given as data. */
export function createFixedWorld(projects: readonly FixedProject[]): World {
  const byId = new Map(projects.map((project) => [project.id, project]));
  const clusters = new Map(
    projects.flatMap((project) => project.clusters.map((cluster) => [`${project.id}/${cluster.name}`, cluster])),
  );
  return {
    projects: () => projects,
    project: (groupId) => byId.get(groupId),
    cluster: (groupId, clusterName) => clusters.get(`${groupId}/${clusterName}`),
    exports: (groupId, clusterName, nowMs) => {
      const jobs = clusters.get(`${groupId}/${clusterName}`)?.exports ?? [];
      return typeof jobs === 'function' ? jobs(nowMs) : jobs;
    },
    schedule: (groupId, clusterName) => clusters.get(`${groupId}/${clusterName}`)?.schedule,
  };
}
