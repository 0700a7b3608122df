/**
 * Which clusters are watched, with all their settings: a pure function of the config and of the discovered clusters.
 */

import type { Target } from '../collectors/collector.ts';
import type { FoundCluster } from '../collectors/project.ts';

export interface TargetSettings {
  readonly groupId: string;
  /** The name of the credential. */
  readonly credential: string;
  readonly successMaxAgeSeconds?: number;
  readonly durationMaxSeconds?: number;
  readonly owner?: string;
}

/** A group/cluster pair as the config names it. */
export interface NamedTarget extends TargetSettings {
  readonly clusterName: string;
}

/** A project whose clusters are discovered; its settings hold for each of them. */
export interface DiscoveredProject extends TargetSettings {
  /** Globs on cluster names. */
  readonly exclude: readonly string[];
  readonly discoveryIntervalSeconds: number;
}

export interface Wanted {
  readonly named: readonly NamedTarget[];
  readonly discovered: readonly DiscoveredProject[];
}

/** A discovered cluster; before the first discovery of the project, a cluster that was watched by name. */
export type KnownCluster = Pick<FoundCluster, 'name'> & Partial<FoundCluster>;

/** What is known from Atlas so far. Keys: the id of a project, the key of a target. */
export interface Known {
  readonly found: ReadonlyMap<string, readonly KnownCluster[]>;
  readonly projectNames: ReadonlyMap<string, string>;
  /** Discovered clusters that cannot have exports. */
  readonly dropped: ReadonlySet<string>;
}

/** If the config names a pair and a discovery finds the same pair, the pair of the config is used. */
export function targetsOf({ named, discovered }: Wanted, { found, projectNames, dropped }: Known): readonly Target[] {
  const targets = new Map<string, Target>();
  const projectName = ({ groupId }: TargetSettings): string => projectNames.get(groupId) ?? '';
  for (const one of named) {
    const target = { ...targetOf(one), projectName: projectName(one) };
    targets.set(target.key, target);
  }
  for (const project of discovered) {
    const { exclude: _globs, discoveryIntervalSeconds: _interval, ...settings } = project;
    for (const { name: clusterName, paused, kind } of selectClusters(found.get(project.groupId) ?? [], project)
      .clusters) {
      const key = keyOf(project.groupId, clusterName);
      if (dropped.has(key)) continue;
      const own = { ...targetOf({ ...settings, clusterName }), discovered: true, projectName: projectName(project) };
      targets.set(key, {
        ...(targets.get(key) ?? own),
        ...(paused === undefined ? {} : { paused }),
        ...(kind && { kind }),
      });
    }
  }
  return [...targets.values()];
}

/** Far more than Atlas allows in a project, and more than a project's API budget can poll. */
const MAX_CLUSTERS = 500;

/** The clusters of a project that are not excluded, ordered by name, so that the limit keeps the same ones each time. */
export function selectClusters(clusters: readonly KnownCluster[], { exclude }: Pick<DiscoveredProject, 'exclude'>) {
  const wanted = clusters
    .filter(({ name }) => !exclude.some((glob) => matchesGlob(glob, name)))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return { clusters: wanted.slice(0, MAX_CLUSTERS), leftOut: Math.max(0, wanted.length - MAX_CLUSTERS) };
}

export function targetOf(named: NamedTarget): Target {
  // The project's name comes from Atlas; until it is known it is empty.
  return { ...named, key: keyOf(named.groupId, named.clusterName), projectName: '', discovered: false };
}

/** The project's id in a target's key. */
export function groupOf(key: string): string {
  return key.slice(0, key.indexOf('/'));
}

/** The target's unique key, also its path on the page. */
export function keyOf(groupId: string, clusterName: string): string {
  return `${groupId}/${clusterName}`;
}

/** Whether a name matches a pattern: `*` stands for any characters, `?` for one. */
export function matchesGlob(glob: string, name: string): boolean {
  const pattern = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${pattern}$`, 's').test(name);
}
