/**
 * Which clusters are watched, with all their settings: a pure function of the config and of the discovered clusters.
 */
import { createHash } from 'node:crypto';
import type { Target } from '../collectors/collector.ts';
import type { FoundCluster } from '../collectors/project.ts';
import { matchesGlob, overrideFor } from '../support/globs.ts';

export interface TargetSettings {
  readonly groupId: string;
  readonly credential: string;
  readonly successMaxAgeSeconds?: number;
  readonly durationMaxSeconds?: number;
  readonly owner?: string;
}

export interface NamedTarget extends TargetSettings {
  readonly clusterName: string;
}

export interface Override extends Omit<TargetSettings, 'groupId' | 'credential'> {
  readonly match: string;
}

/** How an entry of the config selects clusters by patterns for their names. */
export interface ClusterRule {
  /** Where the config has the entry, such as `config.yml:12`. */
  readonly place?: string;
  /** Absent: every cluster. */
  readonly include?: readonly string[];
  readonly exclude: readonly string[];
  /** The first one that matches counts. */
  readonly overrides?: readonly Override[];
  readonly discoveryIntervalSeconds: number;
}

/** A project whose clusters are discovered, with the settings of one entry of the config. A project may have several entries. */
export interface DiscoveredProject extends TargetSettings, ClusterRule {}

/** An entry of the config for the projects that its credential can see. */
export interface ProjectsRule extends Omit<TargetSettings, 'groupId'>, ClusterRule {
  /** Patterns for the names of projects. Absent: every project. */
  readonly includeProjects?: readonly string[];
  readonly excludeProjects?: readonly string[];
}

/** The entries of the config. */
export interface Wanted {
  readonly targets: readonly NamedTarget[];
  readonly discoveries: readonly DiscoveredProject[];
  /** The entries for many projects; absent if there are none. */
  readonly organizations?: readonly ProjectsRule[];
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
export function targetsOf(wanted: Wanted, { found, projectNames, dropped }: Known): readonly Target[] {
  const targets = new Map<string, Target>();
  const projectName = ({ groupId }: TargetSettings): string => projectNames.get(groupId) ?? '';
  for (const one of wanted.targets) {
    const target = { ...targetOf(one), projectName: projectName(one) };
    targets.set(target.key, target);
  }
  for (const [groupId, rules] of rulesByProject(wanted.discoveries)) {
    for (const { cluster, rule } of selectClusters(found.get(groupId) ?? [], rules).selected) {
      const { name, paused, kind } = cluster;
      const key = keyOf(groupId, name);
      if (dropped.has(key)) continue;
      const own = { ...targetOf(settingsOf(rule, name)), discovered: true, projectName: projectName(rule) };
      targets.set(key, {
        ...(targets.get(key) ?? own),
        ...(paused === undefined ? {} : { paused }),
        ...(kind && { kind }),
      });
    }
  }
  return [...targets.values()];
}

/** Far more than Atlas allows in a project, and more than the exporter can poll with the API budget of a project. */
const MAX_CLUSTERS = 500;

/** The entries of each project, in the order of the config. */
export function rulesByProject(discoveries: readonly DiscoveredProject[]) {
  const rules = new Map<string, readonly DiscoveredProject[]>();
  for (const rule of discoveries) rules.set(rule.groupId, [...(rules.get(rule.groupId) ?? []), rule]);
  return rules;
}

/**
 * The clusters of a project that are wanted, each with the first rule that selects it. They are ordered by name, so that the limit
 * keeps the same ones each time.
 */
export function selectClusters<Rule extends ClusterRule>(clusters: readonly KnownCluster[], rules: readonly Rule[]) {
  const wanted = clusters
    .flatMap((cluster) => {
      const rule = rules.find((one) => selects(one, cluster.name));
      return rule === undefined ? [] : [{ cluster, rule }];
    })
    .toSorted((a, b) => (a.cluster.name < b.cluster.name ? -1 : 1));
  return { selected: wanted.slice(0, MAX_CLUSTERS), leftOut: Math.max(0, wanted.length - MAX_CLUSTERS) };
}

export function selects({ include = ['*'], exclude }: ClusterRule, name: string): boolean {
  const isMatch = (glob: string): boolean => matchesGlob(glob, name);
  return include.some(isMatch) && !exclude.some(isMatch);
}

/** Whether an entry for many projects selects the project with this name. */
export function selectsProject({ includeProjects = ['*'], excludeProjects = [] }: ProjectsRule, name: string): boolean {
  const isMatch = (glob: string): boolean => matchesGlob(glob, name);
  return includeProjects.some(isMatch) && !excludeProjects.some(isMatch);
}

function settingsOf(rule: DiscoveredProject, clusterName: string): NamedTarget {
  const { place: _place, include: _include, exclude: _exclude, overrides = [], ...rest } = rule;
  const { discoveryIntervalSeconds: _interval, ...entry } = rest;
  return { ...entry, ...overrideFor(overrides, clusterName), clusterName };
}

export function targetOf(named: NamedTarget): Target {
  // The project's name comes from Atlas; until it is known it is empty.
  return { ...named, key: keyOf(named.groupId, named.clusterName), projectName: '', discovered: false };
}

export function groupOf(key: string): string {
  return key.slice(0, key.indexOf('/'));
}

/** The target's unique key, also its path on the page. */
export function keyOf(groupId: string, clusterName: string): string {
  return `${groupId}/${clusterName}`;
}

/** One of several exporters that share a config. Shards split by project because Atlas' API budget is per project. */
export interface Shard {
  /** From 0. */
  readonly index: number;
  readonly count: number;
}

/** Only the targets and discoveries of one shard. */
export function ownShare<W extends Wanted>(wanted: W, shard: Shard | undefined): W {
  if (shard === undefined) return wanted;
  const owns = createOwns(shard);
  const isOwn = ({ groupId }: { readonly groupId: string }): boolean => owns(groupId);
  return { ...wanted, targets: wanted.targets.filter(isOwn), discoveries: wanted.discoveries.filter(isOwn) };
}

/** Returns a function that checks whether a project belongs to the shard. */
export function createOwns({ index, count }: Shard): (groupId: string) => boolean {
  const shardByGroup = new Map<string, number>();
  return (groupId) => {
    const own = shardByGroup.get(groupId) ?? shardOf(groupId, count);
    shardByGroup.set(groupId, own);
    return own === index;
  };
}

/**
 * Rendezvous hashing: each shard has a number for the project, and the project belongs to the shard with the greatest
 * number. An additional shard takes projects from all other shards and moves no project between them.
 */
export function shardOf(groupId: string, shards: number): number {
  let best = { shard: 0, number: -1 };
  for (let shard = 0; shard < shards; shard += 1) {
    const number = createHash('sha256').update(`${shard}/${groupId}`).digest().readUIntBE(0, 6);
    if (number > best.number) best = { shard, number };
  }
  return best.shard;
}
