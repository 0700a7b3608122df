/**
 * Projects, clusters and schedules in the form of the API. Only fields that matter for backups are here: Atlas sends many
 * more.
 */
import { createHash } from 'node:crypto';
import type { Cluster, Project } from './world.ts';

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
