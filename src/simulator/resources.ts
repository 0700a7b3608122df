/**
 * Projects, clusters and schedules in the API's own form, made from the little that a world says of them.
 * Only the fields that a reader of backups could want are here: Atlas sends many more.
 */
import { createHash } from 'node:crypto';
import type { Cluster, Project } from './world.ts';

const noOrganization = '0'.repeat(24);

export function groupJson(project: Project, base: string): unknown {
  return {
    clusterCount: project.clusters.length,
    created: timeOfId(project.id),
    id: project.id,
    links: [{ href: `${base}/groups/${project.id}`, rel: 'self' }],
    name: project.name,
    orgId: project.orgId ?? noOrganization,
    tags: [],
    withDefaultAlertsSettings: true,
  };
}

export function clusterJson(project: Project, cluster: Cluster, base: string): unknown {
  return {
    backupEnabled: true,
    clusterType: cluster.kind === 'sharded' ? 'SHARDED' : 'REPLICASET',
    createDate: timeOfId(project.id),
    groupId: project.id,
    id: clusterId(project, cluster),
    links: [{ href: `${base}/groups/${project.id}/clusters/${cluster.name}`, rel: 'self' }],
    mongoDBMajorVersion: '8.0',
    name: cluster.name,
    paused: cluster.paused ?? false,
    stateName: 'IDLE',
  };
}

/** The schedule of a cluster that makes snapshots and exports none of them. */
export function plainScheduleJson(project: Project, cluster: Cluster): Readonly<Record<string, unknown>> {
  return {
    autoExportEnabled: false,
    clusterId: clusterId(project, cluster),
    clusterName: cluster.name,
    copySettings: [],
    policies: [],
    referenceHourOfDay: 3,
    referenceMinuteOfHour: 30,
    restoreWindowDays: 7,
  };
}

/** Clusters are as old as their project here. */
export function clusterId(project: Project, cluster: Cluster): string {
  const name = createHash('sha256').update(`${project.id}/${cluster.name}`).digest('hex');
  return project.id.slice(0, 8) + name.slice(0, 16);
}

/** The first four bytes of an ObjectId are its creation time. */
function timeOfId(id: string): string {
  return new Date(Number.parseInt(id.slice(0, 8), 16) * 1000).toISOString().replace('.000', '');
}
