/** The daemon: builds the parts and connects them, applies a changed config, and stops the parts in reverse order. */
import type { Collectors } from '../collectors/collector.ts';
import { COLLECTORS, familiesOf } from '../collectors/index.ts';
import { type Config, showConfig } from '../config/config.ts';
import type { Loaded } from '../config/load.ts';
import { atlasPages } from '../config/network.ts';
import { createMetricsPage } from '../metrics/page.ts';
import { createSelfMetrics, type LastReload } from '../metrics/self.ts';
import type { Polling } from '../polling/polling.ts';
import { type FileWatch, type Look, lookAt, startFileWatch } from '../support/file-watch.ts';
import type { Runtime } from '../support/runtime.ts';
import type { ReloadAnswer } from '../web/guards/limits.ts';
import type { ListenAddress } from '../web/guards/listen.ts';
import { createApp } from '../web/server.ts';
import { createMonitor, type MonitorSettings } from './monitor.ts';
import { type Cause, type Counts, createReload } from './reload.ts';
import { createWebGuard, type WebConfigFile } from './web-guard.ts';

export interface Build {
  readonly version: string;
  readonly revision: string;
  readonly nodeVersion: string;
}

export interface DaemonSettings extends Pick<MonitorSettings, 'config' | 'shard' | 'onToken' | 'runtime' | 'log'> {
  /** Reads the config again. Absent if the config cannot be reloaded. */
  readonly readConfig?: () => Promise<Loaded>;
  /** The config is reloaded when its files or `atlas.ca_file` change. */
  readonly autoReload?: { look(): Promise<Look>; readonly since: Look };
  /** The collectors that read each target. Default: all. */
  readonly collectors?: Collectors;
  readonly web: {
    readonly listenAddresses: readonly ListenAddress[];
    readonly telemetryPath: string;
    readonly maxRequests: number;
    /** Accepted names in the Host header. Empty: all. */
    readonly allowedHosts?: readonly string[];
    readonly disableExporterMetrics: boolean;
    /** Whether POST /-/reload is allowed. */
    readonly enableLifecycle?: boolean;
    /** Absent: plain HTTP without authentication. */
    readonly config?: WebConfigFile | undefined;
  };
  readonly build: Build;
}

export interface Daemon {
  readonly urls: readonly string[];
  reload(cause: Cause): Promise<ReloadAnswer>;
  stop(): Promise<void>;
}

/** The exporter is ready after this time at the latest, even if Atlas does not answer. */
const READY_AFTER_SECONDS = 60;
/** A scheduler that has missed this many of its one-second ticks is stuck. */
const STUCK_AFTER_SECONDS = 3;

export async function startDaemon(settings: DaemonSettings): Promise<Daemon> {
  const { build, shard, collectors = COLLECTORS, web, autoReload, runtime, log } = settings;
  let fileWatch: FileWatch | undefined;
  let lastReload: LastReload = { successful: true, successAtSeconds: runtime.wallSeconds() };
  const self = createSelfMetrics({
    build,
    withProcessMetrics: !web.disableExporterMetrics,
    collectors,
    states: () => monitor.polling.states.all(),
    discoveries: () => monitor.polling.discoveries(),
    listings: () => monitor.polling.listings(),
    credentials: () => monitor.config().credentials,
    budgets: () => monitor.budgets(),
    shard,
    facts: () => ({
      lastReload,
      isAtlasReachable: monitor.atlas.isReachable(),
      lastTickAtSeconds: wallSecondsOf(monitor.polling.lastTickAt(), runtime),
      webCertificateExpiresAtSeconds: guard.settings.guards().tls?.expiresAtSeconds,
    }),
  });
  const page = createMetricsPage({
    families: familiesOf(collectors),
    own: self.registry,
    runtime,
    onError: (error) => log.error({ error: stackOf(error) }, 'the metrics of a cluster could not be written'),
  });
  const monitor = createMonitor({
    ...settings,
    collectors,
    version: build.version,
    observer: self.observer,
    onChange: page.update,
  });
  const reload = createReload({ read: settings.readConfig ?? sameConfig, apply, onFailure: onReloadFailure, log });

  function sameConfig(): Promise<Loaded> {
    return Promise.resolve({ config: settings.config, warnings: [] });
  }

  function apply(next: Config): Counts {
    const before = keysOf(monitor.polling);
    monitor.change(next);
    lastReload = { successful: true, successAtSeconds: runtime.wallSeconds() };
    page.invalidate();
    return countsOf(before, keysOf(monitor.polling));
  }

  function onReloadFailure(cause: Cause): void {
    lastReload = { ...lastReload, successful: false };
    // The file may have been missing for a moment only, between two looks of the watch.
    if (cause !== 'the file has changed') fileWatch?.forget();
    page.invalidate();
  }

  const life = { startedAtSeconds: runtime.monotonicSeconds(), stopping: false };

  function notReadyBecause(): string | undefined {
    if (life.stopping) return 'The exporter is stopping.';
    if (runtime.monotonicSeconds() - life.startedAtSeconds >= READY_AFTER_SECONDS) return undefined;
    const { listings, projects, targets } = monitor.polling.untried();
    if (listings > 0) return `The projects that ${listings} credentials can see have not been listed yet.`;
    if (projects > 0) return `The clusters of ${projects} projects have not been discovered yet.`;
    return targets === 0 ? undefined : `${targets} targets have not been polled yet.`;
  }

  const guard = createWebGuard(web.config, runtime, log);
  const app = createApp({
    ...guard.settings,
    telemetryPath: web.telemetryPath,
    maxRequests: web.maxRequests,
    allowedHosts: web.allowedHosts ?? [],
    version: build.version,
    page: page.render,
    collectors,
    ...monitor.polling,
    budgets: monitor.budgets,
    outage: monitor.atlas.outage,
    settings: () => monitor.config().polling,
    links: () => ({ ...monitor.config().webLinks, atlas: atlasPages(monitor.config().atlas.baseUrl) }),
    config: () => showConfig(monitor.config()),
    runtime,
    isHealthy() {
      const lastTickAt = monitor.polling.lastTickAt();
      return lastTickAt !== undefined && runtime.monotonicSeconds() - lastTickAt < STUCK_AFTER_SECONDS;
    },
    notReadyBecause,
    onError: (error) => log.error({ error: stackOf(error) }, 'a request failed'),
    ...(web.enableLifecycle ? { reload: () => reload.reload('POST /-/reload') } : {}),
  });
  const server = await guard.listen(app, web.listenAddresses);
  monitor.polling.start();
  fileWatch =
    autoReload &&
    startFileWatch({
      look: async () =>
        new Map([...(await autoReload.look()), ...(await lookAt([monitor.config().atlas.ca?.file ?? []].flat()))]),
      since: autoReload.since,
      runtime,
      onChange: () => void reload.reload('the file has changed'),
    });
  const facts = { targets: keysOf(monitor.polling).size, discoveries: monitor.polling.discoveries().length };
  const shardFacts = { shard_index: shard?.index, shard_count: shard?.count };
  log.info({ urls: server.urls, ...facts, ...shardFacts, version: build.version }, 'listening');

  async function stop(): Promise<void> {
    life.stopping = true;
    log.info({}, 'stopping');
    fileWatch?.stop();
    reload.close();
    // Both end within a fixed time. Scrapes need no access token.
    await Promise.all([monitor.stop(), server.close()]);
    log.info({}, 'stopped');
  }

  return { urls: server.urls, reload: reload.reload, stop };
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : String(error);
}

function wallSecondsOf(monotonicSeconds: number | undefined, runtime: Runtime): number | undefined {
  return monotonicSeconds && runtime.wallSeconds() - (runtime.monotonicSeconds() - monotonicSeconds);
}

function keysOf({ states }: Polling): ReadonlySet<string> {
  return new Set(Array.from(states.all(), ({ target }) => target.key));
}

function countsOf(before: ReadonlySet<string>, now: ReadonlySet<string>): Counts {
  const kept = [...now].filter((key) => before.has(key)).length;
  return { added: now.size - kept, removed: before.size - kept, kept };
}
