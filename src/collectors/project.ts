/**
 * Reads projects from Atlas: the projects that a credential can see, the name of a project, and its clusters whose snapshots can be
 * exported (dedicated clusters with backup). This is not a collector: it finds the clusters that collectors read. Names from Atlas are
 * checked here.
 * Source: GET /groups, GET /groups/{groupId} and GET /groups/{groupId}/clusters, API version 2025-03-12.
 */

import type { AtlasApi } from '../atlas/client.ts';
import { AtlasError } from '../atlas/error.ts';
import { isObject, type JsonObject } from '../atlas/http/answer.ts';
import { type Fold, readList } from '../atlas/list.ts';
import type { Advice, ClusterKind, Notice } from './collector.ts';

export interface FoundCluster {
  readonly name: string;
  readonly paused: boolean;
  readonly kind?: ClusterKind;
}

export interface FoundClusters {
  readonly clusters: readonly FoundCluster[];
  readonly notices: readonly Notice[];
}

export interface ClusterSource {
  readonly advice: Advice;
  /** Reads the complete list. Throws AtlasError. */
  read(api: AtlasApi, groupId: string, signal: AbortSignal): Promise<FoundClusters>;
}

export const clusterSource: ClusterSource = {
  advice: {
    forbidden: 'give the credential the role Project Read Only in this project too, or list its clusters by name',
    not_found: 'check group_id in the config: there is no such project, or this credential has no access to it',
  },
  async read(api, groupId, signal) {
    const path = `/groups/${groupId}/clusters`;
    const resource = { operation: 'list_clusters', budget: 'clusters', groupId, path } as const;
    const { result, items, reportedItems = 0 } = await readList(api, resource, signal, startFold);
    // If only the total is wrong, a failed discovery does less harm than no longer monitoring any cluster of the project.
    if (items === 0 && reportedItems > 0) {
      throw new AtlasError('invalid_response', `the list is empty, but its total is ${reportedItems} clusters`);
    }
    return result;
  },
};

export interface FoundProject {
  readonly groupId: string;
  /** Empty if Atlas gives none. */
  readonly name: string;
}

export interface ProjectSource {
  readonly advice: Advice;
  /** Reads the complete list of the projects that the credential can see, at least one. Throws AtlasError. */
  read(
    api: AtlasApi,
    signal: AbortSignal,
  ): Promise<{ readonly projects: readonly FoundProject[]; readonly notices: readonly Notice[] }>;
}

export const projectSource: ProjectSource = {
  advice: {
    not_found: 'give the service account or API key a role in the projects, such as Project Read Only',
  },
  async read(api, signal) {
    const resource = { operation: 'list_groups', budget: 'projects', groupId: '', path: '/groups' } as const;
    const { result } = await readList(api, resource, signal, startProjectFold);
    // A credential that has just lost all its projects looks the same: then the last known projects stay watched.
    if (result.projects.length === 0) throw new AtlasError('not_found', 'the credential can see no project');
    return result;
  },
};

const GROUP_ID = /^[a-f0-9]{24}$/;

function startProjectFold(): Fold<Awaited<ReturnType<ProjectSource['read']>>> {
  const projects = new Map<string, FoundProject>();
  let nameless = 0;
  return {
    wantsSecondReading: false,
    add(items) {
      for (const { id, name } of items) {
        if (typeof id !== 'string' || !GROUP_ID.test(id)) nameless += 1;
        else projects.set(id, { groupId: id, name: typeof name === 'string' ? cleanName(name) : '' });
      }
    },
    result() {
      const message = 'some projects are ignored because this version does not support their ids';
      const notices = nameless > 0 ? [{ message, facts: { projects: String(nameless) } }] : [];
      // The order of Atlas may change from one page to the next.
      return { projects: [...projects.values()].toSorted((a, b) => (a.groupId < b.groupId ? -1 : 1)), notices };
    },
  };
}

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9-]{0,63}$/;
/** The providers of free, shared and flex clusters, whose snapshots cannot be exported. */
const SHARED_PROVIDERS: readonly unknown[] = ['TENANT', 'FLEX'];

function startFold(): Fold<FoundClusters> {
  const clusters = new Map<string, FoundCluster>();
  let nameless = 0;
  return {
    wantsSecondReading: false,
    add(items) {
      for (const item of items) {
        if (item['backupEnabled'] !== true || isShared(item)) continue;
        const { name, paused } = item as Record<string, unknown>;
        const cluster = { paused: paused === true, ...kindOf(item) };
        if (typeof name === 'string' && NAME.test(name)) clusters.set(name, { name, ...cluster });
        else nameless += 1;
      }
    },
    result() {
      const message = 'some clusters are ignored because this version does not support their names';
      const notices = nameless > 0 ? [{ message, facts: { clusters: String(nameless) } }] : [];
      return { clusters: [...clusters.values()], notices };
    },
  };
}

function kindOf({ clusterType }: JsonObject): Pick<FoundCluster, 'kind'> {
  if (clusterType === 'REPLICASET') return { kind: 'replica_set' };
  return clusterType === 'SHARDED' || clusterType === 'GEOSHARDED' ? { kind: 'sharded' } : {};
}

function isShared({ replicationSpecs }: JsonObject): boolean {
  const regions = objectsIn(replicationSpecs).flatMap((spec) => objectsIn(spec['regionConfigs']));
  return regions.some(({ providerName }) => SHARED_PROVIDERS.includes(providerName));
}

function objectsIn(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

const MAX_NAME_LENGTH = 64;

/** The project's name; empty if Atlas gives none. Throws AtlasError. */
export async function readProjectName(api: AtlasApi, groupId: string, signal: AbortSignal): Promise<string> {
  const path = `/groups/${groupId}`;
  const { name } = await api.get({ operation: 'get_group', budget: 'projects', groupId, path }, signal);
  return typeof name === 'string' ? cleanName(name) : '';
}

function cleanName(name: string): string {
  // Control and formatting characters, line separators and lone surrogates.
  const clean = name.slice(0, 2 * MAX_NAME_LENGTH).replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '\uFFFD');
  return Array.from(clean).slice(0, MAX_NAME_LENGTH).join('');
}
