/** Which clusters are watched, with their settings in one piece: a pure function of what the config wants and what is known. */
import type { FoundCluster } from '../collectors/clusters.ts';
import type { Target } from '../collectors/collector.ts';
import { matchesGlob } from './glob.ts';

interface Settings {
  readonly groupId: string;
  readonly credential: string;
  readonly successMaxAgeSeconds?: number;
  readonly durationMaxSeconds?: number;
}

/** A group/cluster pair as the config names it. */
export interface NamedTarget extends Settings {
  readonly clusterName: string;
}

/** A project whose clusters are found by asking Atlas; its settings are theirs. */
export interface DiscoveredProject extends Settings {
  /** Globs of clusters' names. */
  readonly exclude: readonly string[];
  readonly discoveryIntervalSeconds: number;
}

export interface Wanted {
  readonly named: readonly NamedTarget[];
  readonly discovered: readonly DiscoveredProject[];
}

/** Found, or, where a project has not been searched yet, watched before under its name. */
export type KnownCluster = Pick<FoundCluster, 'name'> & Partial<FoundCluster>;

/** What has been learned so far; projects by their id, targets by their key. */
export interface Known {
  readonly found: ReadonlyMap<string, readonly KnownCluster[]>;
  readonly projectNames: ReadonlyMap<string, string>;
  /** Found ones that turned out to be none. */
  readonly dropped: ReadonlySet<string>;
}

/** A pair that is named wins over the same one that is found. */
export function targetsOf({ named, discovered }: Wanted, { found, projectNames, dropped }: Known): readonly Target[] {
  const targets = new Map<string, Target>();
  const projectName = ({ groupId }: Settings): string => projectNames.get(groupId) ?? '';
  for (const one of named) {
    const target = { ...targetOf(one), projectName: projectName(one) };
    targets.set(target.key, target);
  }
  for (const project of discovered) {
    const { exclude: _globs, discoveryIntervalSeconds: _interval, ...settings } = project;
    for (const { name: clusterName, paused } of wantedOf(found.get(project.groupId) ?? [], project).clusters) {
      const key = keyOf(project.groupId, clusterName);
      if (dropped.has(key)) continue;
      const own = { ...targetOf({ ...settings, clusterName }), discovered: true, projectName: projectName(project) };
      targets.set(key, { ...(targets.get(key) ?? own), ...(paused === undefined ? {} : { paused }) });
    }
  }
  return [...targets.values()];
}

/** Far beyond what Atlas lets a project have; more could not be polled within a project's budget. */
const MOST_CLUSTERS = 500;

/** Those of a project's clusters that are not excluded, in the order of their names, so that the cap keeps the same ones each time. */
export function wantedOf(clusters: readonly KnownCluster[], { exclude }: Pick<DiscoveredProject, 'exclude'>) {
  const wanted = clusters
    .filter(({ name }) => !exclude.some((glob) => matchesGlob(glob, name)))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return { clusters: wanted.slice(0, MOST_CLUSTERS), leftOut: Math.max(0, wanted.length - MOST_CLUSTERS) };
}

export function targetOf(named: NamedTarget): Target {
  // The project's name is learned, not configured: until then it is empty.
  return { ...named, key: keyOf(named.groupId, named.clusterName), projectName: '', discovered: false };
}

/** Of the project that a key is in. */
export function groupOf(key: string): string {
  return key.slice(0, key.indexOf('/'));
}

/** Unique, and the path by which people know a target. */
export function keyOf(groupId: string, clusterName: string): string {
  return `${groupId}/${clusterName}`;
}
