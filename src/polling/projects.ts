/**
 * The watched projects: their names, and their clusters if the config requests discovery. A project that stays when the
 * config changes keeps its state and its schedule.
 */
import type { AtlasApi } from '../atlas/client.ts';
import { isTransient } from '../atlas/error.ts';
import type { Target } from '../collectors/collector.ts';
import type { ClusterSource, FoundCluster } from '../collectors/project.ts';
import type { Log } from '../support/log.ts';
import type { Runtime } from '../support/runtime.ts';
import { createDiscovery, type Discovery, type DiscoveryState } from './discovery.ts';
import { failureOf, type Outages } from './failure-log.ts';
import type { Scheduler, Task } from './scheduler.ts';
import { type DiscoveredProject, type KnownCluster, rulesByProject, selectClusters, type Wanted } from './targets.ts';

export interface DiscoveryStatus extends DiscoveryState {
  readonly groupId: string;
  readonly credential?: string;
}

export interface Project {
  readonly groupId: string;
  readonly credential: string;
}

export interface ProjectTools {
  readonly clusterSource: ClusterSource;
  readProjectName(api: AtlasApi, groupId: string, signal: AbortSignal): Promise<string>;
  readonly scheduler: Scheduler;
  readonly runtime: Runtime;
  readonly log: Log;
  readonly outages: Outages;
  apiFor(whose: { readonly credential: string }): AtlasApi;
}

export interface ProjectListener {
  /** Called with all clusters of the project, excluded ones too. */
  onFound(groupId: string, clusters: readonly FoundCluster[]): void;
  onName(groupId: string, name: string): void;
}

export interface Projects {
  readonly found: ReadonlyMap<string, readonly KnownCluster[]>;
  readonly names: ReadonlyMap<string, string>;
  discoveries(): readonly DiscoveryStatus[];
  /**
   * @param watched the targets so far: a newly discovered project starts with the clusters that were watched before
   * @param isOther true if the credential with this name now has another identity
   */
  change(wanted: Wanted, watched: readonly Target[], isOther: (credential: string) => boolean): void;
  /**
   * Adds the tasks that read project names. Call it after the targets were added, so that their polls come first.
   * @param listed the names that are known from a list of projects
   */
  learnNames(listed: ReadonlyMap<string, string>): void;
}

/** A project's name rarely changes, and only pages and joins need it. */
const NAME_SECONDS = 24 * 3600;
const NAME_RETRY_SECONDS = { transient: 60, lasting: 3600 };

export function createProjects(wanted: Wanted, tools: ProjectTools, listener: ProjectListener): Projects {
  const { scheduler, log } = tools;
  let projects: ReadonlyMap<string, Project> = new Map();
  let rules: ReturnType<typeof rulesByProject> = new Map();
  const found = new Map<string, readonly KnownCluster[]>();
  const names = new Map<string, string>();
  const discoveries = new Map<string, Discovery>();

  function addDiscovery(groupId: string): void {
    const own = (): readonly DiscoveredProject[] => rules.get(groupId) ?? [];
    const discovery = createDiscovery(
      {
        key: `discovery ${groupId}`,
        what: 'discovery',
        facts: { group_id: groupId },
        advice: tools.clusterSource.advice,
        wantedIntervalSeconds: () => Math.min(...own().map((rule) => rule.discoveryIntervalSeconds)),
        read: (signal) =>
          tools.clusterSource.read(tools.apiFor({ credential: own()[0]?.credential ?? '' }), groupId, signal),
        onFound({ clusters, notices }) {
          found.set(groupId, clusters);
          listener.onFound(groupId, clusters);
          return { facts: { clusters: selectClusters(clusters, own()).length }, notices };
        },
      },
      tools,
    );
    discoveries.set(groupId, discovery);
    scheduler.add(discovery.task);
  }

  function nameTask(groupId: string): Task {
    return {
      key: nameKey(groupId),
      // One project at a time, because names are not urgent.
      group: 'project names',
      places: 1,
      async run(signal) {
        const project = projects.get(groupId);
        if (project === undefined) return NAME_SECONDS;
        try {
          const name = await tools.readProjectName(tools.apiFor(project), groupId, signal);
          if (signal.aborted) return NAME_SECONDS;
          names.set(groupId, name);
          listener.onName(groupId, name);
          return NAME_SECONDS;
        } catch (error) {
          const { reason, problem, advice } = failureOf(error);
          if (!signal.aborted)
            log.debug({ group_id: groupId, reason, problem, advice }, 'the name of a project is unknown');
          return isTransient(reason) ? NAME_RETRY_SECONDS.transient : NAME_RETRY_SECONDS.lasting;
        }
      },
    };
  }

  function change(next: Wanted, watched: readonly Target[], isOther: (credential: string) => boolean): void {
    const before = projects;
    projects = projectsOf(next);
    rules = rulesByProject(next.discovered);
    for (const [groupId, { task }] of discoveries) {
      if (rules.has(groupId)) continue;
      scheduler.remove(task.key);
      discoveries.delete(groupId);
      found.delete(groupId);
    }
    for (const groupId of before.keys()) {
      if (projects.has(groupId)) continue;
      scheduler.remove(nameKey(groupId));
      names.delete(groupId);
    }
    for (const groupId of rules.keys()) {
      const known = discoveries.get(groupId);
      if (known === undefined) {
        if (watched.length > 0) found.set(groupId, clustersIn(groupId, watched));
        addDiscovery(groupId);
        continue;
      }
      scheduler.setInterval(known.task.key, known.intervalSeconds());
    }
    for (const [groupId, { credential }] of projects) {
      const old = before.get(groupId);
      if (old && (isOther(credential) || credential !== old.credential)) {
        scheduler.restart(nameKey(groupId));
        scheduler.restart(discoveries.get(groupId)?.task.key ?? '');
      }
    }
  }

  function learnNames(listed: ReadonlyMap<string, string>): void {
    for (const groupId of projects.keys()) {
      const name = listed.get(groupId);
      if (name === undefined) {
        if (!scheduler.has(nameKey(groupId))) scheduler.add(nameTask(groupId));
        continue;
      }
      scheduler.remove(nameKey(groupId));
      names.set(groupId, name);
      listener.onName(groupId, name);
    }
  }

  change(wanted, [], () => false);
  return {
    found,
    names,
    discoveries: () =>
      Array.from(discoveries, ([groupId, discovery]) => ({
        groupId,
        credential: projects.get(groupId)?.credential ?? '',
        ...discovery.state(),
      })),
    change,
    learnNames,
  };
}

function nameKey(groupId: string): string {
  return `project name ${groupId}`;
}

/** Each project once, with one of its credentials. */
function projectsOf({ named, discovered }: Wanted): ReadonlyMap<string, Project> {
  const projects = new Map<string, Project>();
  for (const { groupId, credential } of [...discovered, ...named]) {
    if (!projects.has(groupId)) projects.set(groupId, { groupId, credential });
  }
  return projects;
}

function clustersIn(groupId: string, targets: readonly Target[]): readonly KnownCluster[] {
  return targets.filter((target) => target.groupId === groupId).map(({ clusterName: name }) => ({ name }));
}
