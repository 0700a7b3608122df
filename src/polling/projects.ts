/**
 * The watched projects: their names, and their clusters if the config requests discovery. A project that stays when the
 * config changes keeps its state and its schedule.
 */
import type { AtlasApi } from '../atlas/client.ts';
import { isTransient } from '../atlas/error.ts';
import type { Target } from '../collectors/collector.ts';
import type { ClusterSource, FoundCluster } from '../collectors/project.ts';
import { createDiscovery, type Discovery, type DiscoveryState, type DiscoveryTools } from './discovery.ts';
import { failureOf } from './failure-log.ts';
import type { Task } from './scheduler.ts';
import { type DiscoveredProject, type KnownCluster, rulesByProject, selectClusters, type Wanted } from './targets.ts';

export interface DiscoveryStatus extends DiscoveryState {
  readonly groupId: string;
  readonly credential?: string;
}

export interface ProjectTools extends DiscoveryTools {
  readonly clusterSource: ClusterSource;
  readProjectName(api: AtlasApi, groupId: string, signal: AbortSignal): Promise<string>;
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
  /** By project. */
  let credentials: ReadonlyMap<string, string> = new Map();
  let rules: ReturnType<typeof rulesByProject> = new Map();
  const found = new Map<string, readonly KnownCluster[]>();
  const names = new Map<string, string>();
  const discoveries = new Map<string, Discovery>();

  function apiOf(groupId: string): AtlasApi {
    return tools.apiFor({ credential: credentials.get(groupId) ?? '' });
  }

  function addDiscovery(groupId: string): void {
    const own = (): readonly DiscoveredProject[] => rules.get(groupId) ?? [];
    const discovery = createDiscovery(
      {
        key: `discovery ${groupId}`,
        what: 'discovery',
        facts: { group_id: groupId },
        advice: tools.clusterSource.advice,
        wantedIntervalSeconds: () => Math.min(...own().map((rule) => rule.discoveryIntervalSeconds)),
        read: (signal) => tools.clusterSource.read(apiOf(groupId), groupId, signal),
        onFound({ clusters, notices }) {
          found.set(groupId, clusters);
          listener.onFound(groupId, clusters);
          const { selected, leftOut } = selectClusters(clusters, own());
          return {
            facts: { clusters: selected.length },
            notices: [...notices, ...leftOutNotice(selected.length, leftOut)],
          };
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
        try {
          const name = await tools.readProjectName(apiOf(groupId), groupId, signal);
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
    const before = credentials;
    credentials = credentialsOf(next);
    rules = rulesByProject(next.discoveries);
    for (const [groupId, { task }] of discoveries) {
      if (rules.has(groupId)) continue;
      scheduler.remove(task.key);
      discoveries.delete(groupId);
      found.delete(groupId);
    }
    for (const groupId of before.keys()) {
      if (credentials.has(groupId)) continue;
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
    for (const [groupId, credential] of credentials) {
      if (before.has(groupId) && (isOther(credential) || credential !== before.get(groupId))) {
        scheduler.restart(nameKey(groupId));
        scheduler.restart(discoveries.get(groupId)?.task.key ?? '');
      }
    }
  }

  function learnNames(listed: ReadonlyMap<string, string>): void {
    for (const groupId of credentials.keys()) {
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
        credential: credentials.get(groupId) ?? '',
        ...discovery.state(),
      })),
    change,
    learnNames,
  };
}

function nameKey(groupId: string): string {
  return `project name ${groupId}`;
}

/** Of several credentials of a project, the first one. */
function credentialsOf({ targets, discoveries }: Wanted): ReadonlyMap<string, string> {
  const latestFirst = [...discoveries, ...targets].toReversed();
  return new Map(latestFirst.map(({ groupId, credential }) => [groupId, credential]));
}

function clustersIn(groupId: string, targets: readonly Target[]): readonly KnownCluster[] {
  return targets.filter((target) => target.groupId === groupId).map(({ clusterName: name }) => ({ name }));
}

function leftOutNotice(watched: number, leftOut: number) {
  if (leftOut === 0) return [];
  const message = `only the first ${watched} clusters of the project are watched: exclude some, or name them`;
  return [{ message, facts: { left_out: String(leftOut) } }];
}
