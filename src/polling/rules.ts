/**
 * What each entry of the config that discovers clusters has found, and which of its patterns match nothing: a pure function of the
 * entries and of the discoveries.
 */
import type { FoundProject } from '../collectors/project.ts';
import { matchesGlob } from '../support/globs.ts';
import type { Log } from '../support/log.ts';
import { type ClusterRule, type DiscoveredProject, type KnownCluster, keyOf, selects, type Wanted } from './targets.ts';

export interface RuleReport {
  readonly place: string;
  readonly projects: number;
  /** Number of clusters that this entry selects and that no earlier entry selects. */
  readonly clusters: number;
}

/** A probable mistake in the entries. */
export interface RuleNotice {
  readonly message: string;
  readonly facts: Readonly<Record<string, string>>;
}

export interface RuleFacts {
  /** With an entry for each project that an entry for many projects selects. */
  readonly wanted: Wanted;
  /** The projects that each credential can see; absent where they are not known. */
  readonly seen: ReadonlyMap<string, readonly FoundProject[]>;
  readonly found: ReadonlyMap<string, readonly KnownCluster[]>;
  isDiscovered(groupId: string): boolean;
  /** Other exporters watch some of the projects. */
  readonly isSharded: boolean;
}

interface Tally {
  projects: number;
  clusters: number;
  /** False while a pattern may still match clusters that are not known. */
  isComplete: boolean;
}

type Names = readonly string[];

interface Pattern {
  /** `include "prod-*"` */
  readonly label: string;
  readonly places: Set<string>;
  /** Whether it is for names of projects or of clusters. */
  readonly what: 'project' | 'cluster';
  matches: boolean;
}

export function reportRules(facts: RuleFacts): { reports: readonly RuleReport[]; notices: readonly RuleNotice[] } {
  const { wanted, seen, found, isDiscovered, isSharded } = facts;
  const { discoveries, organizations = [] } = wanted;
  const tallies = new Map<string, Tally>();
  const patterns = new Map<string, Pattern>();
  const firstPlaces = new Map<string, string>();
  const overlaps = new Map<string, RuleNotice>();

  function tally({ place = '' }: ClusterRule): Tally {
    const known = tallies.get(place) ?? { projects: 0, clusters: 0, isComplete: true };
    tallies.set(place, known);
    return known;
  }

  /** The same exclude may come from the defaults, so it needs to match only for one of the entries. */
  function note(
    what: Pattern['what'],
    place: string,
    lists: Readonly<Record<string, readonly string[]>>,
    names: Names,
  ) {
    for (const [key, glob] of Object.entries(lists).flatMap(([name, globs]) =>
      globs.map((one) => [name, one] as const),
    )) {
      const label = `${key} ${JSON.stringify(glob)}`;
      const id = key === 'exclude' ? label : `${label} ${place}`;
      const pattern = patterns.get(id) ?? { label, places: new Set(), what, matches: false };
      patterns.set(id, pattern);
      pattern.places.add(place);
      pattern.matches ||= names.some((name) => matchesGlob(glob, name));
    }
  }

  function take(rule: DiscoveredProject): void {
    const { groupId, place = '' } = rule;
    const own = tally(rule);
    own.projects += 1;
    own.isComplete &&= isDiscovered(groupId);
    const names = (found.get(groupId) ?? []).map(({ name }) => name);
    note('cluster', place, clusterPatterns(rule), names);
    for (const name of names.filter((one) => selects(rule, one))) {
      const key = keyOf(groupId, name);
      const first = firstPlaces.get(key);
      firstPlaces.set(key, first ?? place);
      if (first === undefined) own.clusters += 1;
      else {
        const message = 'two entries of the config select the same cluster: the first one counts';
        overlaps.set(`${first} ${place}`, { message, facts: { place, first_place: first } });
      }
    }
  }

  for (const rule of organizations) {
    const { place = '', includeProjects: include_projects = [], excludeProjects: exclude_projects = [] } = rule;
    const own = tally(rule);
    const names = seen.get(rule.credential)?.map(({ name }) => name);
    own.isComplete &&= names !== undefined && !isSharded;
    if (names !== undefined) note('project', place, { include_projects, exclude_projects }, names);
    note('cluster', place, clusterPatterns(rule), []);
  }
  for (const rule of discoveries) take(rule);
  const isIdle = ({ label, what, matches, places }: Pattern): boolean => {
    if (matches || what === 'project') return !matches;
    // Other shards have the other targets of the config, to which the exclude of the defaults belongs too.
    if (isSharded && label.startsWith('exclude ')) return false;
    return [...places].every((place) => tallies.get(place)?.isComplete);
  };
  const reports = Array.from(tallies, ([place, { projects, clusters }]) => ({ place, projects, clusters }));
  return {
    reports: reports.toSorted((a, b) => a.place.localeCompare(b.place, 'en', { numeric: true })),
    notices: [
      ...[...patterns.values()].filter(isIdle).map(({ label, what, places }) => ({
        message: `a pattern of the config matches no ${what}`,
        facts: { place: [...places].join(', '), pattern: label },
      })),
      ...overlaps.values(),
    ],
  };
}

function clusterPatterns({ include = [], exclude, overrides = [] }: ClusterRule) {
  return { include, exclude, match: overrides.map(({ match }) => match) };
}

/** Writes each notice to the log once. */
export function createRuleLog(notices: () => readonly RuleNotice[], log: Log) {
  const written = new Set<string>();
  let isChanged = true;
  return {
    /** Call it when the entries or the discovered clusters have changed. */
    changed(): void {
      isChanged = true;
    },
    /** Call it when everything was discovered. */
    write(): void {
      if (!isChanged) return;
      isChanged = false;
      for (const { message, facts } of notices()) {
        const id = JSON.stringify([message, facts]);
        if (!written.has(id)) log.warn(facts, message);
        written.add(id);
      }
    },
  };
}
