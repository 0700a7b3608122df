/**
 * The composition root: builds the parts, wires them, starts them, stops them in reverse order. Only here are parts of
 * different folders put together.
 */
import type { Atlas } from './atlas/atlas.ts';
import { createAtlasFromConfig } from './atlas-from-config.ts';
import { clusterSource } from './collectors/clusters.ts';
import type { Failure, Target, TargetState } from './collectors/collector.ts';
import { type Collectors, createCollectors, familiesOf } from './collectors/index.ts';
import { readProjectName } from './collectors/project.ts';
import type { Config } from './config/config.ts';
import type { Shard } from './config/shard.ts';
import { showConfig } from './config/show.ts';
import type { Log } from './log.ts';
import { createExposition, type Exposition } from './metrics/exposition.ts';
import { createSelfMetrics } from './metrics/self.ts';
import { CONTENT_TYPES } from './metrics/text.ts';
import { pollingFamilies } from './polling/families.ts';
import { type Scheduler, startScheduler } from './polling/scheduler.ts';
import { shareOf } from './polling/shards.ts';
import { markStale } from './polling/staleness.ts';
import { createStates, type States } from './polling/states.ts';
import { createLaterTask, createPollTask } from './polling/tasks.ts';
import { createWatch, type Watch } from './polling/watch.ts';
import type { Runtime } from './runtime.ts';
import { createApp, type ListenAddress, startWeb, type Web } from './web/server.ts';

export interface Build {
  readonly version: string;
  readonly revision: string;
  readonly nodeVersion: string;
}

export interface DaemonSettings {
  readonly config: Config;
  /** Whose projects are watched here; all where it is left out. */
  readonly shard?: Shard;
  readonly web: {
    readonly listenAddresses: readonly ListenAddress[];
    readonly telemetryPath: string;
    readonly disableExporterMetrics: boolean;
  };
  readonly build: Build;
  readonly runtime: Runtime;
  readonly log: Log;
}

export interface Daemon {
  readonly urls: readonly string[];
  stop(): Promise<void>;
}

/** Ready at the latest after this, whatever Atlas does. */
const READY_AFTER_SECONDS = 60;
/** A scheduler that has missed this many of its one-second ticks is stuck. */
const STUCK_AFTER_SECONDS = 3;
/** Schedules hardly ever change. */
const SCHEDULE_SECONDS = { intervalSeconds: 3600, idleIntervalSeconds: 3600, retryIntervalSeconds: 300 };

export async function startDaemon(settings: DaemonSettings): Promise<Daemon> {
  const { runtime, log } = settings;
  const startedAtSeconds = runtime.monotonicSeconds();
  const parts = createParts(settings);
  const { states, exposition } = parts;
  let scheduler: Scheduler | undefined;
  let stopping = false;

  const app = createApp({
    telemetryPath: settings.web.telemetryPath,
    version: settings.build.version,
    contentTypes: CONTENT_TYPES,
    page: exposition.page,
    states: states.all,
    state: states.get,
    searches: parts.watch.discoveries,
    budgets: parts.budgets,
    readsSchedules: () => settings.config.polling.readSchedule,
    atlasUrl: () => settings.config.atlas.baseUrl,
    config: () => showConfig(settings.config),
    wallSeconds: runtime.wallSeconds,
    isHealthy: () =>
      scheduler !== undefined && runtime.monotonicSeconds() - scheduler.lastTickAt() < STUCK_AFTER_SECONDS,
    notReadyBecause() {
      if (stopping) return 'The exporter is stopping.';
      if (runtime.monotonicSeconds() - startedAtSeconds >= READY_AFTER_SECONDS) return undefined;
      return untried(parts);
    },
    onError: (error) => log.error({ error: error instanceof Error ? error.stack : String(error) }, 'a request failed'),
  });
  const web: Web = await startWeb(app, settings.web.listenAddresses);
  scheduler = startPolling(settings, parts);
  parts.watchTicks(scheduler);
  log.info({ urls: web.urls, ...factsOf(settings, parts) }, 'listening');

  async function stop(): Promise<void> {
    stopping = true;
    log.info({}, 'stopping');
    await scheduler?.stop();
    await web.close();
    parts.close();
    log.info({}, 'stopped');
  }

  return { urls: web.urls, stop };
}

interface Parts {
  readonly states: States;
  readonly exposition: Exposition;
  readonly watch: Watch;
  readonly budgets: Atlas['budgets'];
  /** Whose ticks the metrics tell of. */
  watchTicks(scheduler: Scheduler): void;
  close(): void;
}

function factsOf({ build, shard }: DaemonSettings, { states, watch }: Parts) {
  return {
    targets: [...states.all()].length,
    discoveries: watch.discoveries().length,
    shard_index: shard?.index,
    shard_count: shard?.count,
    version: build.version,
  };
}

function untried({ states, watch }: Parts): string | undefined {
  const projects = watch.discoveries().filter(({ tried }) => !tried).length;
  if (projects > 0) return `${projects} projects have not been searched for clusters yet.`;
  const targets = [...states.all()].filter(({ exports }) => exports.polls === 0).length;
  return targets === 0 ? undefined : `${targets} targets have not been tried yet.`;
}

function createParts(settings: DaemonSettings): Parts {
  const { config, web, build, runtime, log } = settings;
  let scheduler: Scheduler | undefined;
  let watch: Watch | undefined;
  const collectors = createCollectors({ maxActiveJobs: config.polling.maxActiveJobs });
  const states: States = createStates(
    { exports: config.polling.intervalSeconds, schedule: SCHEDULE_SECONDS.intervalSeconds },
    onChange,
  );
  const self = createSelfMetrics({
    build,
    credentials: config.credentials.map((credential) => ({
      ...credential,
      mintsTokens: credential.kind === 'service_account',
    })),
    withProcessMetrics: !web.disableExporterMetrics,
    states: states.all,
    discoveries: () => watch?.discoveries() ?? [],
    lastTickAtSeconds: () => scheduler && runtime.wallSeconds() - (runtime.monotonicSeconds() - scheduler.lastTickAt()),
  });
  const families = [...pollingFamilies, ...familiesOf(collectors)];
  const exposition = createExposition({ families, own: self.registry, runtime });
  const atlas = createAtlasFromConfig(config, { version: build.version, runtime, log, observer: self.observer });
  watch = createWatching(settings, { states, collectors, apiFor: atlas.apiFor });

  function onChange(put: readonly TargetState[], remove: readonly string[]): void {
    exposition.apply(put, remove).catch((error: unknown) => {
      log.error({ error: error instanceof Error ? error.stack : String(error) }, 'metrics could not be rendered');
    });
  }

  return {
    states,
    exposition,
    watch,
    budgets: atlas.budgets,
    watchTicks(running) {
      scheduler = running;
    },
    close: atlas.close,
  };
}

interface PollingParts {
  readonly states: States;
  readonly collectors: Collectors;
  readonly apiFor: Atlas['apiFor'];
}

function createWatching(
  { config, shard, runtime, log }: DaemonSettings,
  { states, collectors, apiFor }: PollingParts,
): Watch {
  const { intervalSeconds, idleIntervalSeconds, readSchedule } = config.polling;
  const common = { states, runtime, log, apiFor };
  const exportTools = {
    ...common,
    collector: collectors.exports,
    settings: { intervalSeconds, idleIntervalSeconds },
    giveUp: (target: Target, failure: Failure) => watch.giveUp(target, failure),
  };
  const scheduleTools = { ...common, collector: collectors.schedule, settings: SCHEDULE_SECONDS };
  const everything = { named: config.targets, discovered: config.discoveries };
  const watch = createWatch({
    ...common,
    wanted: shard ? shareOf(everything, shard.index, shard.count) : everything,
    clusterSource,
    readProjectName,
    pollsOf: (target) => [
      createPollTask(target, exportTools),
      ...(readSchedule ? [createLaterTask(target, 'exports', scheduleTools)] : []),
    ],
  });
  return watch;
}

function startPolling({ config, runtime }: DaemonSettings, { states, watch }: Parts): Scheduler {
  const scheduler = startScheduler({
    lanePlaces: config.atlas.concurrency,
    runtime,
    onTick() {
      const now = runtime.monotonicSeconds();
      for (const { target } of states.all()) {
        states.update(target.key, (state) => markStale(state, config.polling.maxStaleSeconds, now));
      }
    },
  });
  watch.start(scheduler);
  return scheduler;
}
