/**
 * The content behind the simulated API: projects, clusters, and each cluster's export jobs and backup schedule. Reading
 * a world does not change it. Jobs are not checked, so that a test can put any value into a list.
 */
export type CredentialKind = 'service-account' | 'api-key' | 'access-token';

/** An error that answers in place of a resource. */
export interface Failure {
  readonly status: number;
  readonly errorCode?: string;
  readonly retryAfterSeconds?: number;
  /** Whether it is an HTML page, as a proxy in front of the API sends it, instead of JSON. */
  readonly html?: boolean;
}

export interface Cluster {
  readonly name: string;
  /** Default: replica-set. */
  readonly kind?: 'replica-set' | 'sharded' | 'flex';
  readonly paused?: boolean;
  /** Answers requests about this cluster, always or at certain moments. */
  readonly failing?: Failure | ((nowMs: number) => Failure | undefined);
}

export interface Project {
  /** 24 lower-case hexadecimal digits. */
  readonly id: string;
  readonly name: string;
  readonly orgId?: string;
  /** The kinds of credential that can read the project. Default: all. */
  readonly credentials?: readonly CredentialKind[];
  /** The error code of a 403 that answers every request about this project. */
  readonly forbidden?: string;
  readonly clusters: readonly Cluster[];
}

export interface World {
  projects(): readonly Project[];
  project(groupId: string): Project | undefined;
  cluster(groupId: string, clusterName: string): Cluster | undefined;
  /** Newest first. */
  exports(groupId: string, clusterName: string, nowMs: number): readonly unknown[];
  /** Newest first. */
  snapshots(groupId: string, clusterName: string, nowMs: number): readonly unknown[];
  /** `undefined`: a schedule that exports nothing. */
  schedule(groupId: string, clusterName: string, nowMs: number): unknown;
  /** Starts an export. Undefined if the cluster has no such snapshot or bucket. Absent: exports cannot be started. */
  startExport?(groupId: string, clusterName: string, wanted: WantedExport, nowMs: number): unknown;
}

export interface WantedExport {
  readonly snapshotId: string;
  readonly exportBucketId: string;
}

export interface FixedCluster extends Cluster {
  /** Jobs in the API's own form, in the order of the list. Default: none. */
  readonly exports?: readonly unknown[] | ((nowMs: number) => readonly unknown[]);
  /** Snapshots in the API's own form. Default: none. */
  readonly snapshots?: readonly unknown[];
  readonly schedule?: unknown;
}

export interface FixedProject extends Project {
  readonly clusters: readonly FixedCluster[];
}

/** A world given as data. */
export function createFixedWorld(projects: readonly FixedProject[]): World {
  function project(groupId: string): FixedProject | undefined {
    return projects.find(({ id }) => id === groupId);
  }

  function cluster(groupId: string, clusterName: string): FixedCluster | undefined {
    return project(groupId)?.clusters.find(({ name }) => name === clusterName);
  }

  return {
    projects: () => projects,
    project,
    cluster,
    exports: (groupId, clusterName, nowMs) => {
      const jobs = cluster(groupId, clusterName)?.exports ?? [];
      return typeof jobs === 'function' ? jobs(nowMs) : jobs;
    },
    snapshots: (groupId, clusterName) => cluster(groupId, clusterName)?.snapshots ?? [],
    schedule: (groupId, clusterName) => cluster(groupId, clusterName)?.schedule,
  };
}
