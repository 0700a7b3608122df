/**
 * The content behind the simulated API, and its form in the API. Reading a world does not change it. Jobs are not
 * checked, so that a test can put any value into a list. Fields that do not matter for backups are left out.
 */
import { createHash } from 'node:crypto';

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
  /** An error that answers requests about this cluster, always or at certain moments. */
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

const noOrganization = '0'.repeat(24);

export function groupJson(project: Project): unknown {
  return {
    id: project.id,
    name: project.name,
    orgId: project.orgId ?? noOrganization,
  };
}

export function clusterJson(project: Project, cluster: Cluster): unknown {
  return {
    backupEnabled: true,
    clusterType: cluster.kind === 'sharded' ? 'SHARDED' : 'REPLICASET',
    groupId: project.id,
    id: clusterId(project, cluster),
    name: cluster.name,
    paused: cluster.paused ?? false,
  };
}

/** A schedule that makes snapshots and no exports. */
export function plainScheduleJson(project: Project, cluster: Cluster): Readonly<Record<string, unknown>> {
  return {
    autoExportEnabled: false,
    clusterId: clusterId(project, cluster),
    clusterName: cluster.name,
    policies: [],
  };
}

/** The id is derived from the names, so it is always the same. */
export function clusterId(project: Project, cluster: Cluster): string {
  const name = createHash('sha256').update(`${project.id}/${cluster.name}`).digest('hex');
  return project.id.slice(0, 8) + name.slice(0, 16);
}
