/**
 * What is learned of the projects that are watched: which clusters they have, where the config leaves that open, and what they
 * are called. What goes on being wanted keeps what it has learned when the config changes, and its beats.
 */
import type { AtlasApi } from '../atlas/client.ts';
import type { ClusterSource, FoundCluster } from '../collectors/clusters.ts';
import type { Target } from '../collectors/collector.ts';
import type { Log } from '../support/log.ts';
import type { Runtime } from '../support/runtime.ts';
import { createDiscovery, type Discovery } from './discovery.ts';
import { createProjectNameTask, type Project, type ProjectNameTools } from './project-name.ts';
import type { Task } from './scheduler.ts';
import type { KnownCluster, Wanted } from './targets.ts';

export interface ProjectTools {
  readonly clusterSource: ClusterSource;
  readonly readProjectName: ProjectNameTools['readName'];
  readonly runtime: Runtime;
  readonly log: Log;
  apiFor(project: Project): AtlasApi;
}

export interface ProjectListener {
  /** Everything there is, excluded ones too. */
  onFound(groupId: string, clusters: readonly FoundCluster[]): void;
  onName(): void;
}

/** What has to happen to tasks that stay. */
export interface Rescheduling {
  /** Keys of those that are due at once. */
  readonly renew: readonly string[];
  /** By key, the interval of those that have another. */
  readonly pace: ReadonlyMap<string, number>;
}

export interface Projects {
  readonly found: ReadonlyMap<string, readonly KnownCluster[]>;
  readonly names: ReadonlyMap<string, string>;
  discoveries(): readonly Discovery[];
  nameTasks(): readonly Task[];
  /**
   * @param watched what has been watched so far: a project that is searched from now on begins with its clusters
   * @param isOther whether this credential is another one now, though its name is the same
   */
  change(wanted: Wanted, watched: Iterable<Target>, isOther: (credential: string) => boolean): Rescheduling;
}

export function createProjects(first: Wanted, tools: ProjectTools, listener: ProjectListener): Projects {
  let projects = projectsOf(first);
  const found = new Map<string, readonly KnownCluster[]>();
  const names = new Map<string, string>();
  const discoveries = new Map<string, Discovery>();
  const nameTasks = new Map<string, Task>();

  function discover(project: Wanted['discovered'][number]): Discovery {
    return createDiscovery(project, {
      ...tools,
      source: tools.clusterSource,
      onFound(groupId, clusters) {
        found.set(groupId, clusters);
        listener.onFound(groupId, clusters);
      },
    });
  }

  function learnName(project: Project): Task {
    return createProjectNameTask(project, {
      ...tools,
      readName: tools.readProjectName,
      // As the config in force names its credential, not as the one did that the task was made for.
      apiFor: ({ groupId }) => tools.apiFor(projects.get(groupId) ?? project),
      onName(groupId, name) {
        names.set(groupId, name);
        listener.onName();
      },
    });
  }

  /** What is no longer wanted is forgotten, what is new is planned; the rest goes on. */
  function plan({ discovered }: Wanted): void {
    const searched = new Set(discovered.map(({ groupId }) => groupId));
    for (const known of [discoveries, found]) keepOnly(known, searched);
    for (const known of [nameTasks, names]) keepOnly(known, projects);
    for (const project of discovered) {
      if (!discoveries.has(project.groupId)) discoveries.set(project.groupId, discover(project));
    }
    for (const [groupId, project] of projects) {
      if (!nameTasks.has(groupId)) nameTasks.set(groupId, learnName(project));
    }
  }

  function change(wanted: Wanted, watched: Iterable<Target>, isOther: (credential: string) => boolean): Rescheduling {
    const renew: string[] = [];
    const pace = new Map<string, number>();
    const now = projectsOf(wanted);
    for (const [groupId, { credential }] of now) {
      const isAsked = projects.has(groupId);
      if (isAsked && (isOther(credential) || credential !== projects.get(groupId)?.credential)) {
        renew.push(...[nameTasks.get(groupId), discoveries.get(groupId)?.task].flatMap((task) => task?.key ?? []));
      }
    }
    for (const project of wanted.discovered) {
      const discovery = discoveries.get(project.groupId);
      const before = discovery?.intervalSeconds();
      discovery?.change(project);
      if (discovery && discovery.intervalSeconds() !== before)
        pace.set(discovery.task.key, discovery.intervalSeconds());
    }
    const begun = wanted.discovered.filter(({ groupId }) => !discoveries.has(groupId));
    projects = now;
    plan(wanted);
    for (const { groupId } of begun) found.set(groupId, clustersIn(groupId, watched));
    return { renew, pace };
  }

  plan(first);
  return {
    found,
    names,
    discoveries: () => [...discoveries.values()],
    nameTasks: () => [...nameTasks.values()],
    change,
  };
}

/** Each once, with one of its credentials. */
function projectsOf({ named, discovered }: Wanted): ReadonlyMap<string, Project> {
  const projects = new Map<string, Project>();
  for (const { groupId, credential } of [...discovered, ...named]) {
    if (!projects.has(groupId)) projects.set(groupId, { groupId, credential });
  }
  return projects;
}

function clustersIn(groupId: string, targets: Iterable<Target>): readonly KnownCluster[] {
  return [...targets].filter((target) => target.groupId === groupId).map(({ clusterName: name }) => ({ name }));
}

function keepOnly(known: Map<string, unknown>, keys: { has(key: string): boolean }): void {
  for (const key of known.keys()) if (!keys.has(key)) known.delete(key);
}
