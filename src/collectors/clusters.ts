/**
 * Which clusters a project has, as far as their snapshots can be exported: dedicated ones with backup. Not one per cluster as
 * collectors are, but where clusters to collect from are found. Names are foreign text until they have been checked here.
 * Source: GET /groups/{groupId}/clusters, API version 2025-03-12; it lists no multi-cloud clusters.
 */

import type { AtlasApi } from '../atlas/client.ts';
import { AtlasError } from '../atlas/error.ts';
import { isObject, type JsonObject } from '../atlas/http/answer.ts';
import { type Fold, readList } from '../atlas/list.ts';
import type { Advice, Notice } from './collector.ts';

export interface FoundCluster {
  readonly name: string;
  readonly paused: boolean;
}

export interface FoundClusters {
  /** Each name once. */
  readonly clusters: readonly FoundCluster[];
  readonly notices: readonly Notice[];
}

export interface ClusterSource {
  readonly advice: Advice;
  /** Reads the whole list; throws AtlasError. */
  read(api: AtlasApi, groupId: string, signal: AbortSignal): Promise<FoundClusters>;
}

export const clusterSource: ClusterSource = {
  advice: {
    forbidden: 'give the credential the role Project Read Only in this project too, or list its clusters by name',
    not_found: 'check group_id in the config: no such project, or this credential can’t see it',
  },
  async read(api, groupId, signal) {
    const path = `/groups/${groupId}/clusters`;
    const resource = { operation: 'list_clusters', budget: 'clusters', groupId, path } as const;
    const { result, items, reportedItems = 0 } = await readList(api, resource, signal, startFold);
    // However wrong a total may be: to lose all clusters of a project for it would be worse.
    if (items === 0 && reportedItems > 0) {
      throw new AtlasError('invalid_response', `the list is empty, and says that it has ${reportedItems} clusters`);
    }
    return result;
  },
};

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9-]{0,63}$/;
/** Kinds whose snapshots can't be exported. */
const SHARED_PROVIDERS: readonly unknown[] = ['TENANT', 'FLEX'];
const SHARED_SIZES: readonly unknown[] = ['M0', 'M2', 'M5', 'FLEX'];
const SPECS = ['electableSpecs', 'readOnlySpecs', 'analyticsSpecs'] as const;

function startFold(): Fold<FoundClusters> {
  const clusters = new Map<string, FoundCluster>();
  let nameless = 0;
  return {
    wantsSecondReading: false,
    add(items) {
      for (const item of items) {
        if (item['backupEnabled'] !== true || isShared(item)) continue;
        const { name, paused } = item as Record<string, unknown>;
        if (typeof name === 'string' && NAME.test(name)) clusters.set(name, { name, paused: paused === true });
        else nameless += 1;
      }
    },
    result: () => ({ clusters: [...clusters.values()], notices: nameless > 0 ? [tellOf(nameless)] : [] }),
  };
}

function tellOf(clusters: number): Notice {
  return {
    message: 'clusters are left out whose names this version does not understand',
    facts: { clusters: String(clusters) },
  };
}

/** Looks where today's and older versions of the API say which hardware a cluster is on. */
function isShared(cluster: JsonObject): boolean {
  const regions = objectsIn(cluster['replicationSpecs']).flatMap((spec) => objectsIn(spec['regionConfigs']));
  const places = [cluster, ...objectsIn([cluster['providerSettings']]), ...regions];
  return places.some((place) => SHARED_PROVIDERS.includes(place['providerName']) || sizesIn(place).some(isSharedSize));
}

function sizesIn(place: JsonObject): readonly unknown[] {
  const specs = objectsIn(SPECS.map((name) => place[name]));
  return [place, ...specs].flatMap((one) => [one['instanceSize'], one['instanceSizeName']]);
}

function isSharedSize(size: unknown): boolean {
  return SHARED_SIZES.includes(size);
}

function objectsIn(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
