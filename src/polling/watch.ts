/**
 * What is watched at this moment: the targets that the config names and those that discoveries have found, in the states and
 * in the scheduler alike. Each change is one synchronous step; targets that stay keep what is known of them and their beats.
 */
import type { AtlasApi } from '../atlas/client.ts';
import type { ClusterSource, FoundCluster } from '../collectors/clusters.ts';
import type { Failure, Target } from '../collectors/collector.ts';
import type { Log } from '../log.ts';
import type { Runtime } from '../runtime.ts';
import { createDiscovery, type DiscoveryStatus } from './discovery.ts';
import type { GivenUp } from './poll.ts';
import { createProjectNameTask, type Project, type ProjectNameTools } from './project-name.ts';
import type { Scheduler, Task } from './scheduler.ts';
import type { States } from './states.ts';
import { targetsOf, type Wanted } from './targets.ts';

export interface WatchSettings {
  readonly wanted: Wanted;
  readonly states: States;
  readonly clusterSource: ClusterSource;
  readonly readProjectName: ProjectNameTools['readName'];
  readonly runtime: Runtime;
  readonly log: Log;
  apiFor(project: Project): AtlasApi;
  pollsOf(target: Target): readonly Task[];
}

export interface Watch {
  /** From now on tasks run. */
  start(scheduler: Pick<Scheduler, 'set'>): void;
  /** Drops a target that was found, not named, and can't have what is looked for; until it is found again. */
  giveUp(target: Target, failure: Failure): GivenUp;
  discoveries(): readonly DiscoveryStatus[];
}

export function createWatch(settings: WatchSettings): Watch {
  const { wanted, states } = settings;
  const found = new Map<string, readonly FoundCluster[]>();
  const projectNames = new Map<string, string>();
  const dropped = new Set<string>();
  const told = new Set<string>();
  let scheduler: Pick<Scheduler, 'set'> | undefined;

  const discoveries = wanted.discovered.map((project) =>
    createDiscovery(project, { ...settings, source: settings.clusterSource, onFound }),
  );
  const nameTasks = projectsOf(wanted).map((project) =>
    createProjectNameTask(project, { ...settings, readName: settings.readProjectName, onName }),
  );

  function apply(): void {
    states.replace(targetsOf(wanted, { found, projectNames, dropped }));
    // Discoveries come first: others may wait for what they find.
    const polls = [...states.all()].flatMap(({ target }) => settings.pollsOf(target));
    scheduler?.set([...discoveries.map(({ task }) => task), ...polls, ...nameTasks]);
  }

  function onFound(groupId: string, clusters: readonly FoundCluster[]): void {
    const keys = new Set(clusters.map(({ name }) => `${groupId}/${name}`));
    found.set(groupId, clusters);
    for (const key of dropped) if (key.startsWith(`${groupId}/`)) dropped.delete(key);
    for (const key of told) if (key.startsWith(`${groupId}/`) && !keys.has(key)) told.delete(key);
    apply();
  }

  function onName(groupId: string, name: string): void {
    projectNames.set(groupId, name);
    apply();
  }

  apply();
  return {
    start(running) {
      scheduler = running;
      apply();
    },
    giveUp({ key, discovered }, { reason }) {
      if (!discovered || reason !== 'unsupported') return 'no';
      const isNews = !told.has(key);
      told.add(key);
      dropped.add(key);
      apply();
      return isNews ? 'aloud' : 'silently';
    },
    discoveries: () => discoveries.map((discovery) => discovery.status()),
  };
}

/** Each once, with one of its credentials. */
function projectsOf({ named, discovered }: Wanted): readonly Project[] {
  const projects = new Map<string, Project>();
  for (const { groupId, credential } of [...discovered, ...named]) {
    if (!projects.has(groupId)) projects.set(groupId, { groupId, credential });
  }
  return [...projects.values()];
}
