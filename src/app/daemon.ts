/**
 * The composition root: builds the parts, wires them, starts them, puts another config in force, stops them in reverse order.
 * Everything built here lives as long as the program. What belongs to one config is in in-force.ts and read anew at each use.
 */

import type { Atlas } from '../atlas/atlas.ts';
import { createCollectors, familiesOf } from '../collectors/index.ts';
import type { Config } from '../config/config.ts';
import type { Loaded } from '../config/load.ts';
import type { Shard } from '../config/shard.ts';
import { showConfig } from '../config/show.ts';
import { CONTENT_TYPES } from '../metrics/text.ts';
import { pollingFamilies } from '../polling/families.ts';
import type { Scheduler } from '../polling/scheduler.ts';
import { type FileWatch, type Look, lookAt, startFileWatch } from '../support/file-watch.ts';
import type { Log } from '../support/log.ts';
import type { Runtime } from '../support/runtime.ts';
import type { ListenAddress, Web } from '../web/guards/listen.ts';
import { createApp, type WebSettings } from '../web/server.ts';
import { createAtlasFromConfig } from './atlas-from-config.ts';
import { createInForce, type InForce } from './in-force.ts';
import { createPolling, type Polling, wantedOf } from './polling-from-config.ts';
import { createPublication, factsOf, type Publication } from './publication.ts';
import { type Cause, type Counts, createReload, type Outcome, type Reload } from './reload.ts';
import { createWebGuard, type WebConfigFile, type WebGuard } from './web-guard.ts';

export interface Build {
  readonly version: string;
  readonly revision: string;
  readonly nodeVersion: string;
}

export interface DaemonSettings {
  readonly config: Config;
  /** Reads the config again. Left out: it stays as it is. */
  readonly readConfig?: () => Promise<Loaded>;
  /** Reloads when the file changes. */
  readonly autoReload?: { readonly file: string; readonly since: Look };
  /** Whose projects are watched here; all where it is left out. */
  readonly shard?: Shard;
  readonly web: {
    readonly listenAddresses: readonly ListenAddress[];
    readonly telemetryPath: string;
    readonly maxRequests: number;
    readonly disableExporterMetrics: boolean;
    /** POST /-/reload. */
    readonly enableLifecycle?: boolean;
    /** Left out: plain HTTP, open to all. */
    readonly config?: WebConfigFile | undefined;
  };
  readonly build: Build;
  readonly runtime: Runtime;
  readonly log: Log;
  /** Told each access token that Atlas gives out. */
  readonly onToken?: (token: string) => void;
}

export interface Daemon {
  readonly urls: readonly string[];
  reload(cause: Cause): Promise<Outcome>;
  stop(): Promise<void>;
}

/** Ready at the latest after this, whatever Atlas does. */
const READY_AFTER_SECONDS = 60;
/** A scheduler that has missed this many of its one-second ticks is stuck. */
const STUCK_AFTER_SECONDS = 3;
/** What is aborted ends at once, unless it reads a secret from a disk that hangs. */
const POLLS_END_SECONDS = 1;

export async function startDaemon(settings: DaemonSettings): Promise<Daemon> {
  const { log, autoReload, runtime } = settings;
  const parts = createParts(settings);
  const reload = createReloadOf(settings, parts);
  const life = { startedAtSeconds: runtime.monotonicSeconds(), stopping: false };
  const guard = createWebGuard({ file: settings.web.config, runtime, log });
  const app = createApp({ ...guard.settings, ...webSettings(settings, parts, reload, life) });
  const web: Web = await guard.listen(app, settings.web.listenAddresses);
  const scheduler = parts.polling.start();
  parts.watchTicks(scheduler);
  const fileWatch: FileWatch | undefined =
    autoReload &&
    startFileWatch({
      look: () => lookAt([autoReload.file]),
      since: autoReload.since,
      runtime,
      onChange: () => void reload.reload('the file has changed'),
    });
  log.info({ urls: web.urls, ...factsToLog(settings, parts) }, 'listening');

  async function stop(): Promise<void> {
    life.stopping = true;
    log.info({}, 'stopping');
    fileWatch?.stop();
    reload.close();
    const ended = new AbortController();
    await Promise.race([scheduler.stop(), runtime.sleep(POLLS_END_SECONDS, ended.signal)]);
    ended.abort();
    // Each of the two is bounded; scrapes in flight need no token.
    await Promise.all([parts.atlas.close(), web.close()]);
    log.info({}, 'stopped');
  }

  return { urls: web.urls, reload: reload.reload, stop };
}

interface Parts {
  readonly inForce: InForce;
  readonly atlas: Atlas;
  readonly polling: Polling;
  readonly publication: Publication;
  /** Whose ticks health and metrics go by. */
  watchTicks(scheduler: Scheduler): void;
  /** Monotonic; undefined before the first. */
  lastTickAt(): number | undefined;
}

function createParts(settings: DaemonSettings): Parts {
  const { config, shard, web, build, runtime, log, onToken } = settings;
  const inForce = createInForce(config);
  const collectors = createCollectors(inForce.collecting);
  let scheduler: Scheduler | undefined;
  let polling: Polling | undefined;
  const publication = createPublication({
    build,
    withProcessMetrics: !web.disableExporterMetrics,
    families: [...pollingFamilies, ...familiesOf(collectors)],
    facts: factsOf(config, wantedOf(config, shard), { successful: true, successAtSeconds: runtime.wallSeconds() }),
    discoveries: () => polling?.discoveries() ?? [],
    lastTickAtSeconds: () => scheduler && runtime.wallSeconds() - (runtime.monotonicSeconds() - scheduler.lastTickAt()),
    runtime,
    log,
  });
  const { observer, publish } = publication;
  const atlas = createAtlasFromConfig(config, {
    version: build.version,
    runtime,
    log,
    observer,
    onToken,
    onReach: () => polling?.hurry(),
  });
  const { apiFor, isCircuitOpen: isLost } = atlas;
  polling = createPolling({ apiFor, isLost, inForce, shard, collectors, onChange: publish, runtime, log });
  // The targets are told of already; the projects to be searched are known only now.
  publish([], []);
  return {
    inForce,
    atlas,
    polling,
    publication,
    watchTicks(running) {
      scheduler = running;
    },
    lastTickAt: () => scheduler?.lastTickAt(),
  };
}

function createReloadOf({ readConfig, config, shard, runtime, log }: DaemonSettings, parts: Parts): Reload {
  const { inForce, atlas, polling, publication } = parts;

  function prepare(next: Config): Promise<() => Counts> {
    return Promise.resolve(function putInForce() {
      const before = keysOf(polling);
      const lastReload = { successful: true, successAtSeconds: runtime.wallSeconds() };
      inForce.replace(next);
      publication.change(factsOf(next, wantedOf(next, shard), lastReload));
      polling.change(atlas.change(next.atlas, next.credentials).isOther);
      // Also where no target has changed.
      publication.publish([], []);
      return countsOf(before, keysOf(polling));
    });
  }

  function onFailure(): void {
    const { facts } = publication;
    publication.change({ ...facts, lastReload: { ...facts.lastReload, successful: false } });
    publication.publish([], []);
  }

  const unchanged: Loaded = { config, warnings: [] };
  return createReload({ read: readConfig ?? (() => Promise.resolve(unchanged)), prepare, onFailure, log });
}

function keysOf({ states }: Polling): ReadonlySet<string> {
  return new Set(Array.from(states.all(), ({ target }) => target.key));
}

function countsOf(before: ReadonlySet<string>, now: ReadonlySet<string>): Counts {
  const kept = [...now].filter((key) => before.has(key)).length;
  return { added: now.size - kept, removed: before.size - kept, kept };
}

interface Life {
  readonly startedAtSeconds: number;
  stopping: boolean;
}

function webSettings({ web, build, runtime, log }: DaemonSettings, parts: Parts, { reload }: Reload, life: Life) {
  const settings: Omit<WebSettings, keyof WebGuard['settings']> = {
    telemetryPath: web.telemetryPath,
    maxRequests: web.maxRequests,
    version: build.version,
    contentTypes: CONTENT_TYPES,
    page: parts.publication.page,
    states: parts.polling.states.all,
    state: parts.polling.states.get,
    searches: () => parts.polling.discoveries().map((discovery) => discovery.status()),
    budgets: parts.atlas.budgets,
    readsSchedules: () => parts.inForce.config.polling.readSchedule,
    atlasUrl: () => parts.inForce.config.atlas.baseUrl,
    config: () => showConfig(parts.inForce.config),
    wallSeconds: runtime.wallSeconds,
    sleep: runtime.sleep,
    isHealthy() {
      const lastTickAt = parts.lastTickAt();
      return lastTickAt !== undefined && runtime.monotonicSeconds() - lastTickAt < STUCK_AFTER_SECONDS;
    },
    notReadyBecause() {
      if (life.stopping) return 'The exporter is stopping.';
      if (runtime.monotonicSeconds() - life.startedAtSeconds >= READY_AFTER_SECONDS) return undefined;
      return untried(parts.polling);
    },
    onError: (error) => log.error({ error: error instanceof Error ? error.stack : String(error) }, 'a request failed'),
  };
  return web.enableLifecycle ? { ...settings, reload: () => reload('POST /-/reload') } : settings;
}

function untried({ states, discoveries }: Polling): string | undefined {
  const projects = discoveries().filter((discovery) => !discovery.status().tried).length;
  if (projects > 0) return `${projects} projects have not been searched for clusters yet.`;
  const targets = [...states.all()].filter(({ exports }) => exports.polls === 0).length;
  return targets === 0 ? undefined : `${targets} targets have not been tried yet.`;
}

function factsToLog({ build, shard }: DaemonSettings, { polling }: Parts) {
  return {
    targets: keysOf(polling).size,
    discoveries: polling.discoveries().length,
    shard_index: shard?.index,
    shard_count: shard?.count,
    version: build.version,
  };
}
