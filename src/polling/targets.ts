/** Which clusters are watched, with their settings in one piece: a pure function of what the config wants and what is known. */
import type { FoundCluster } from '../collectors/clusters.ts';
import type { Target } from '../collectors/collector.ts';

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

/** What has been learned so far; projects by their id, targets by their key. */
export interface Known {
  readonly found: ReadonlyMap<string, readonly FoundCluster[]>;
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
    for (const { name: clusterName, paused } of found.get(project.groupId) ?? []) {
      const key = keyOf(project.groupId, clusterName);
      if (dropped.has(key)) continue;
      const own = { ...targetOf({ ...settings, clusterName }), discovered: true, projectName: projectName(project) };
      targets.set(key, { ...(targets.get(key) ?? own), paused });
    }
  }
  return [...targets.values()];
}

export function targetOf(named: NamedTarget): Target {
  // The project's name is learned, not configured: until then it is empty.
  return { ...named, key: keyOf(named.groupId, named.clusterName), projectName: '', discovered: false };
}

/** Unique, and the path by which people know a target. */
export function keyOf(groupId: string, clusterName: string): string {
  return `${groupId}/${clusterName}`;
}
