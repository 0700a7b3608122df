/**
 * What is polled now: the targets that the config names and those that discoveries have found, in the states and in the
 * scheduler alike. Each change is one synchronous step; a target that stays keeps its records and its poll schedule.
 * The daemon, `check` and `once` use it.
 */
import type { AtlasApi } from '../atlas/client.ts';
import type { Outage } from '../atlas/observer.ts';
import type {
  Collector,
  Collectors,
  Failure,
  Polled,
  PollingSettings,
  Target,
  TargetState,
} from '../collectors/collector.ts';
import type { ClusterSource, FoundCluster, ProjectSource } from '../collectors/project.ts';
import type { Log } from '../support/log.ts';
import type { Runtime } from '../support/runtime.ts';
import { createOutages, failureOf } from './failure-log.ts';
import { createOrganizations, type ListingStatus } from './organizations.ts';
import { createPoll, OUTAGE_INTERVAL_SECONDS } from './poll.ts';
import { createProjects, type DiscoveryStatus, type Projects } from './projects.ts';
import { createRuleLog, reportRules } from './rules.ts';
import { createScheduler, type Scheduler, type Task } from './scheduler.ts';
import { createStates, type States, type StatesListener } from './states.ts';
import { groupOf, keyOf, targetsOf, type Wanted } from './targets.ts';

export interface PollingParts {
  readonly wanted: Wanted;
  readonly collectors: Collectors;
  readonly clusterSource: ClusterSource;
  readonly projectSource: ProjectSource;
  /** Whether a project belongs to this shard. Absent: there are no shards. */
  readonly owns?: ((groupId: string) => boolean) | undefined;
  readProjectName(api: AtlasApi, groupId: string, signal: AbortSignal): Promise<string>;
  /** The current settings, called at each use. */
  settings(): PollingSettings;
  /** Maximum number of concurrent polls of one project. */
  concurrency(): number;
  apiFor(whose: { readonly credential: string }): AtlasApi;
  /** Defined while Atlas does not answer. */
  outage(): Outage | undefined;
  readonly onChange: StatesListener;
  readonly runtime: Runtime;
  readonly log: Log;
}

export interface Polling extends Pick<Scheduler, 'start' | 'stop' | 'lastTickAt' | 'progress' | 'allHaveRun'> {
  readonly states: Pick<States, 'all' | 'get'>;
  /** The discovery states: one for each project whose clusters are discovered. */
  discoveries(): readonly DiscoveryStatus[];
  /** The discovery states of projects: one for each credential with `projects: all`. */
  listings(): readonly ListingStatus[];
  /** What the entries of the config have found so far. */
  rules(): ReturnType<typeof reportRules>;
  /** What is watched now: `discovered` includes each project that an entry for many projects selects. */
  wanted(): Wanted;
  /** Unix time of the next poll; undefined while the poll runs, or if there is none. */
  nextPollAtSeconds(key: string, collector: string): number | undefined;
  /** The targets and projects that have not been polled yet, for readiness. */
  untried(): { readonly listings: number; readonly projects: number; readonly targets: number };
  /**
   * Applies other targets and settings. A target whose credential has changed is polled at once.
   * @param isOther true if the credential with this name now has another identity
   */
  change(wanted: Wanted, isOther: (credential: string) => boolean): void;
  /** Atlas has stopped answering: each target shows this within a minute. */
  outageBegan(outage: Outage): void;
  /** Atlas answers again: each target, and everything else that could not be read, is read within a minute. */
  outageEnded(outage: Outage): void;
}

/** After this time, collectors that wait for the first poll of a target start anyway. */
const MAX_WAIT_SECONDS = 600;

export function createPolling(parts: PollingParts): Polling {
  const { collectors, settings, runtime, log } = parts;
  let configured = parts.wanted;
  /** Discovered clusters that cannot have exports: their keys, until a discovery finds them again. */
  const dropped = new Set<string>();
  /** The excluded clusters that were logged already; a cluster is removed when it no longer exists. */
  const dropLogged = new Set<string>();
  /** By `COLLECTOR GROUP_ID`, for each collector that others wait for: the keys of the targets that it has not polled. */
  const unpolled = new Map<string, Set<string>>();

  const states = createStates({ collectors, settings, monotonicSeconds: runtime.monotonicSeconds, onChange });
  const scheduler = createScheduler({ places: parts.concurrency, runtime, onTick, onError });
  const outages = createOutages(parts.outage, { log, wallSeconds: runtime.wallSeconds });
  const pollTools = { ...parts, states, outages, dropTarget };
  const tools = { ...parts, outages, scheduler, owns: parts.owns ?? (() => true) };
  const organizations = createOrganizations(tools, () => applyWanted(() => false));
  organizations.change(configured, () => false);
  let wanted = organizations.expand(configured);
  const projects: Projects = createProjects(wanted, tools, { onFound, onName });
  applyTargets();
  projects.learnNames(organizations.names());

  const ruleLog = createRuleLog(() => rules().notices, log);

  function rules(): ReturnType<typeof reportRules> {
    const up = new Set(projects.discoveries().flatMap(({ groupId, up: isUp }) => (isUp ? [groupId] : [])));
    const isSharded = parts.owns !== undefined;
    const { seen } = organizations;
    return reportRules({ wanted, seen, found: projects.found, isDiscovered: (id) => up.has(id), isSharded });
  }

  function onTick(): void {
    const { listings, projects: undiscovered } = untried();
    if (listings + undiscovered === 0) ruleLog.write();
    states.markStale(runtime.monotonicSeconds());
  }

  function onError(error: unknown, task: string): void {
    log.error(
      { task, problem: failureOf(error).problem },
      'a task ended with an internal error: it runs again after a minute',
    );
  }

  function applyTargets(): void {
    states.replace(targetsOf(wanted, { found: projects.found, projectNames: projects.names, dropped }));
  }

  function onChange(put: readonly TargetState[], removed: readonly string[]): void {
    parts.onChange(put, removed);
    for (const { after } of collectors) {
      if (after === undefined) continue;
      // New ones first, so that the project is not complete in between.
      for (const { target, polled } of put) if (polled[after]?.polls === 0) addUnpolled(after, target.key);
      for (const { target, polled } of put) if (polled[after]?.polls !== 0) removeUnpolled(after, target.key);
      for (const key of removed) removeUnpolled(after, key);
    }
    for (const state of put) scheduleTarget(state);
    for (const key of removed) for (const { name } of collectors) scheduler.remove(taskKey(key, name));
  }

  function addUnpolled(collector: string, key: string): void {
    const project = `${collector} ${groupOf(key)}`;
    unpolled.set(project, (unpolled.get(project) ?? new Set()).add(key));
  }

  /** After the last target of a project, the collectors that wait for this one start. */
  function removeUnpolled(collector: string, key: string): void {
    const project = `${collector} ${groupOf(key)}`;
    const keys = unpolled.get(project);
    if (!keys?.delete(key) || keys.size > 0) return;
    unpolled.delete(project);
    for (const { name, after } of collectors) if (after === collector) scheduler.startDue(`${name} ${groupOf(key)}`);
  }

  /** A task for each collector that has a record of the target. */
  function scheduleTarget(state: TargetState): void {
    const { target, polled } = state;
    for (const collector of collectors) {
      const key = taskKey(target.key, collector.name);
      if (polled[collector.name] === undefined) scheduler.remove(key);
      else if (!scheduler.has(key)) scheduler.add(pollTask(target, collector));
      const alsoAt = collector.alsoAtSeconds?.(state);
      if (alsoAt === undefined) continue;
      scheduler.runAlsoAt(key, runtime.monotonicSeconds() + alsoAt - runtime.wallSeconds());
    }
  }

  function pollTask({ key, groupId }: Target, collector: Collector<unknown>): Task {
    const { name, after } = collector;
    const task = { key: taskKey(key, name), group: groupId, run: createPoll(key, collector, pollTools) };
    if (after === undefined) return task;
    const startsAtSeconds = runtime.monotonicSeconds() + MAX_WAIT_SECONDS;
    const isReady = (): boolean =>
      !unpolled.has(`${after} ${groupId}`) || runtime.monotonicSeconds() >= startsAtSeconds;
    // One task per project at a time, so that it uses very little of the project's budget, which more urgent polls
    // need.
    return { ...task, group: `${name} ${groupId}`, places: 1, isReady };
  }

  function onFound(groupId: string, clusters: readonly FoundCluster[]): void {
    const keys = new Set(clusters.map(({ name }) => keyOf(groupId, name)));
    for (const key of dropped) if (groupOf(key) === groupId) dropped.delete(key);
    for (const key of dropLogged) if (groupOf(key) === groupId && !keys.has(key)) dropLogged.delete(key);
    ruleLog.changed();
    applyTargets();
  }

  function onName(groupId: string, projectName: string): void {
    for (const { target } of states.all()) {
      if (target.groupId !== groupId || target.projectName === projectName) continue;
      states.update(target.key, (state) => ({ ...state, target: { ...state.target, projectName } }));
    }
  }

  function dropTarget({ key, groupId, clusterName, discovered }: Target, failure: Failure): boolean {
    const { reason, status, errorCode: error_code, problem } = failure;
    if (!discovered || reason !== 'unsupported') return false;
    if (!dropLogged.has(key)) {
      const facts = { group_id: groupId, cluster_name: clusterName, reason, status, error_code, problem };
      log.info(facts, 'a discovered cluster cannot have exports, so it is not watched');
    }
    dropLogged.add(key);
    dropped.add(key);
    applyTargets();
    return true;
  }

  function change(next: Wanted, isOther: (credential: string) => boolean): void {
    configured = next;
    organizations.change(next, isOther);
    applyWanted(isOther);
  }

  function applyWanted(isOther: (credential: string) => boolean): void {
    const next = organizations.expand(configured);
    const before = [...states.all()];
    projects.change(
      next,
      before.map(({ target }) => target),
      isOther,
    );
    wanted = next;
    ruleLog.changed();
    for (const keys of [dropped, dropLogged]) {
      for (const key of keys) if (!projects.found.has(groupOf(key))) keys.delete(key);
    }
    applyTargets();
    projects.learnNames(organizations.names());
    for (const { target, polled } of before) {
      const now = states.get(target.key);
      if (now === undefined) continue;
      const isRestarted = isOther(now.target.credential) || now.target.credential !== target.credential;
      for (const [name, { intervalSeconds }] of Object.entries(now.polled)) {
        const key = taskKey(target.key, name);
        if (isRestarted) scheduler.restart(key);
        else if (intervalSeconds !== polled[name]?.intervalSeconds) scheduler.setInterval(key, intervalSeconds);
      }
    }
  }

  function untried(): ReturnType<Polling['untried']> {
    const first = collectors.filter(({ after }) => after === undefined);
    const targets = [...states.all()].filter(({ polled }) => first.some(({ name }) => polled[name]?.polls === 0));
    return {
      listings: organizations.listings().filter(({ tried }) => !tried).length,
      projects: projects.discoveries().filter(({ tried }) => !tried).length,
      targets: targets.length,
    };
  }

  function pollSooner(isNeeded: (collector: Collector<unknown>, record: Polled<unknown> | undefined) => boolean): void {
    for (const { target, polled } of states.all()) {
      for (const collector of collectors) {
        if (!isNeeded(collector, polled[collector.name])) continue;
        scheduler.runSooner(taskKey(target.key, collector.name), OUTAGE_INTERVAL_SECONDS);
      }
    }
  }

  function outageBegan(outage: Outage): void {
    outages.began(outage);
    pollSooner(({ after }) => after === undefined);
  }

  function outageEnded(outage: Outage): void {
    outages.ended(outage);
    pollSooner(({ after }, record) => after === undefined || record?.last?.failure !== undefined);
  }

  function nextPollAtSeconds(key: string, collector: string): number | undefined {
    const dueAt = scheduler.dueAt(taskKey(key, collector));
    return dueAt === undefined ? undefined : runtime.wallSeconds() + dueAt - runtime.monotonicSeconds();
  }

  return {
    ...scheduler,
    states,
    discoveries: projects.discoveries,
    listings: organizations.listings,
    rules,
    wanted: () => wanted,
    nextPollAtSeconds,
    untried,
    change,
    outageBegan,
    outageEnded,
  };
}

function taskKey(key: string, collector: string): string {
  return `${collector} ${key}`;
}
