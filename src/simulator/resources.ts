/**
 * Projects, clusters and schedules in the form of the API. Only fields that matter for backups are here: Atlas sends many
 * more.
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

/** A schedule that makes snapshots and no exports. */
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

/** Derived from the names, so that it is always the same. */
export function clusterId(project: Project, cluster: Cluster): string {
  const name = createHash('sha256').update(`${project.id}/${cluster.name}`).digest('hex');
  return project.id.slice(0, 8) + name.slice(0, 16);
}

/** The first four bytes of an ObjectId are its creation time. */
function timeOfId(id: string): string {
  return new Date(Number.parseInt(id.slice(0, 8), 16) * 1000).toISOString().replace('.000', '');
}
