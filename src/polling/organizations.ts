/**
 * The projects that entries with `projects: all` select. Each credential of such an entry lists, at intervals, the projects that it can
 * see. If the list cannot be read or is empty, the last known projects stay.
 */
import type { FoundProject, ProjectSource } from '../collectors/project.ts';
import { createDiscovery, type Discovery, type DiscoveryState, type DiscoveryTools } from './discovery.ts';
import { type DiscoveredProject, type ProjectsRule, selectsProject, type Wanted } from './targets.ts';

export interface ListingStatus extends DiscoveryState {
  readonly credential: string;
  readonly projects: number;
}

export interface OrganizationTools extends DiscoveryTools {
  readonly projectSource: ProjectSource;
  owns(groupId: string): boolean;
}

export interface Organizations {
  readonly seen: ReadonlyMap<string, readonly FoundProject[]>;
  /** The same targets, with an entry for each project that the entries for many projects select. */
  expand(wanted: Wanted): Wanted;
  names(): ReadonlyMap<string, string>;
  listings(): readonly ListingStatus[];
  /** @param isOther true if the credential with this name now has another identity */
  change(wanted: Wanted, isOther: (credential: string) => boolean): void;
}

/** @param onFound called after each list that differs from the one before */
export function createOrganizations(tools: OrganizationTools, onFound: () => void): Organizations {
  const { scheduler, projectSource, apiFor, owns, log } = tools;
  let rules: readonly ProjectsRule[] = [];
  const seen = new Map<string, readonly FoundProject[]>();
  const discoveries = new Map<string, Discovery>();

  function addDiscovery(credential: string): void {
    const discovery = createDiscovery(
      {
        key: `projects ${credential}`,
        what: 'discovery of projects',
        facts: { credential },
        advice: projectSource.advice,
        wantedIntervalSeconds: () =>
          Math.min(
            ...rules.filter((rule) => rule.credential === credential).map((rule) => rule.discoveryIntervalSeconds),
          ),
        read: (signal) => projectSource.read(apiFor({ credential }), signal),
        onFound({ projects, notices }) {
          const before = seen.get(credential) ?? [];
          seen.set(credential, projects);
          const gone = without(before, projects);
          const added = without(projects, before);
          if (gone.length > 0 || (before.length > 0 && added.length > 0)) {
            log.info({ credential, added: named(added), removed: named(gone) }, 'the list of projects has changed');
          }
          if (JSON.stringify(before) !== JSON.stringify(projects)) onFound();
          return { facts: { projects: projects.length }, notices };
        },
      },
      tools,
    );
    discoveries.set(credential, discovery);
    scheduler.add(discovery.task);
  }

  function change({ organizations = [] }: Wanted, isOther: (credential: string) => boolean): void {
    rules = organizations;
    const credentials = new Set(rules.map(({ credential }) => credential));
    for (const [credential, { task }] of discoveries) {
      if (credentials.has(credential)) continue;
      scheduler.remove(task.key);
      discoveries.delete(credential);
      seen.delete(credential);
    }
    for (const credential of credentials) {
      const known = discoveries.get(credential);
      if (known === undefined) addDiscovery(credential);
      else if (isOther(credential)) scheduler.restart(known.task.key);
      else scheduler.setInterval(known.task.key, known.intervalSeconds());
    }
  }

  function expand({ targets, discoveries, organizations = [] }: Wanted): Wanted {
    const listed = new Set(discoveries.map(({ groupId }) => groupId));
    const found = organizations.flatMap((rule) =>
      (seen.get(rule.credential) ?? [])
        .filter(({ groupId, name }) => owns(groupId) && !listed.has(groupId) && selectsProject(rule, name))
        .map(({ groupId }) => inProject(rule, groupId)),
    );
    return { targets, discoveries: [...discoveries, ...found], organizations };
  }

  return {
    seen,
    expand,
    names: () => new Map([...seen.values()].flat().map(({ groupId, name }) => [groupId, name])),
    listings: () =>
      Array.from(discoveries, ([credential, discovery]) => ({
        credential,
        projects: seen.get(credential)?.length ?? 0,
        ...discovery.state(),
      })),
    change,
  };
}

function inProject(rule: ProjectsRule, groupId: string): DiscoveredProject {
  const { includeProjects: _include, excludeProjects: _exclude, ...rest } = rule;
  return { groupId, ...rest };
}

function without(projects: readonly FoundProject[], others: readonly FoundProject[]): readonly FoundProject[] {
  const ids = new Set(others.map(({ groupId }) => groupId));
  return projects.filter(({ groupId }) => !ids.has(groupId));
}

/** A log line names only some of many projects. */
const MOST_NAMED = 20;

function named(projects: readonly FoundProject[]): readonly string[] {
  return projects.slice(0, MOST_NAMED).map(({ name, groupId }) => name || groupId);
}
