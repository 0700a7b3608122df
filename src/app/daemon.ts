/** The daemon: builds the parts and connects them, applies a changed config, and stops the parts in reverse order. */
import type { WebFlags } from '../cli/parse.ts';
import { familiesOf } from '../collectors/index.ts';
import { showConfig } from '../config/config.ts';
import { atlasPages } from '../config/network.ts';
import { createMetricsPage } from '../metrics/page.ts';
import { createSelfMetrics, type SelfSettings } from '../metrics/self.ts';
import { createApp } from '../web/server.ts';
import { createMonitor, type MonitorSettings } from './monitor.ts';
import { createReload, type ReloadSettings, stackOf } from './reload.ts';
import { createWebGuard, type WebConfigFile } from './web-guard.ts';

export interface DaemonSettings
  extends ReloadSettings,
    Pick<MonitorSettings, 'config' | 'shard' | 'collectors' | 'onToken'> {
  /** `config` absent: plain HTTP without authentication. */
  readonly web: Omit<WebFlags, 'configFile'> & { readonly config?: WebConfigFile };
  readonly build: SelfSettings['build'];
}

export type Daemon = Awaited<ReturnType<typeof startDaemon>>;

/** The exporter is ready after this time at the latest, even if Atlas does not answer. */
const READY_AFTER_SECONDS = 60;
/** A scheduler that has missed this many of its one-second ticks is stuck. */
const STUCK_AFTER_SECONDS = 3;

export async function startDaemon(settings: DaemonSettings) {
  const { build, shard, collectors, web, runtime, log } = settings;
  const { version } = build;
  const startedAtSeconds = runtime.monotonicSeconds();
  let isStopping = false;
  const guard = createWebGuard(web.config, runtime, log);
  const self = createSelfMetrics({
    build,
    withProcessMetrics: !web.disableExporterMetrics,
    collectors,
    states: () => monitor.states.all(),
    discoveries: () => monitor.polling.discoveries(),
    listings: () => monitor.polling.listings(),
    credentials: () => monitor.config().credentials,
    budgets: () => monitor.budgets(),
    shard,
    lastReload: () => reload.latest(),
    isAtlasReachable: () => monitor.atlas.isReachable(),
    lastTickAtSeconds() {
      const since = secondsSinceTick();
      return since === undefined ? undefined : runtime.wallSeconds() - since;
    },
    webCertificateExpiresAtSeconds: () => guard.settings.guards().tls?.expiresAtSeconds,
  });
  const page = createMetricsPage({
    families: familiesOf(collectors),
    own: self.registry,
    runtime,
    onError: (error) => log.error({ error: stackOf(error) }, 'the metrics of a cluster could not be written'),
  });
  const monitor = createMonitor({ ...settings, version, observer: self.observer, onChange: page.update });
  const reload = createReload(settings, monitor, page.update);

  function secondsSinceTick(): number | undefined {
    const lastTickAt = monitor.polling.lastTickAt();
    return lastTickAt === undefined ? undefined : runtime.monotonicSeconds() - lastTickAt;
  }

  function notReadyBecause(): string | undefined {
    if (isStopping) return 'The exporter is stopping.';
    if (runtime.monotonicSeconds() - startedAtSeconds >= READY_AFTER_SECONDS) return undefined;
    const { listings, projects, targets } = monitor.polling.untried();
    if (listings > 0) return `The projects that ${listings} credentials can see have not been listed yet.`;
    if (projects > 0) return `The clusters of ${projects} projects have not been discovered yet.`;
    return targets === 0 ? undefined : `${targets} targets have not been polled yet.`;
  }

  const app = createApp({
    ...web,
    ...guard.settings,
    ...monitor.polling,
    version,
    page: page.render,
    collectors,
    budgets: monitor.budgets,
    outage: monitor.atlas.outage,
    settings: () => monitor.config().polling,
    links: () => ({ ...monitor.config().webLinks, atlas: atlasPages(monitor.config().atlas.baseUrl) }),
    config: () => showConfig(monitor.config()),
    runtime,
    isHealthy: () => (secondsSinceTick() ?? STUCK_AFTER_SECONDS) < STUCK_AFTER_SECONDS,
    notReadyBecause,
    onError: (error) => log.error({ error: stackOf(error) }, 'a request failed'),
    ...(web.enableLifecycle ? { reload: () => reload.reload('POST /-/reload') } : {}),
  });
  const server = await guard.listen(app, web.listenAddresses);
  monitor.polling.start();
  await reload.watch();
  const facts = { targets: [...monitor.states.all()].length, discoveries: monitor.polling.discoveries().length };
  const shardFacts = { shard_index: shard?.index, shard_count: shard?.count };
  log.info({ urls: server.urls, ...facts, ...shardFacts, version }, 'listening');

  async function stop(): Promise<void> {
    isStopping = true;
    log.info({}, 'stopping');
    reload.close();
    // Both end within a fixed time. Scrapes need no access token.
    await Promise.all([monitor.stop(), server.close()]);
    log.info({}, 'stopped');
  }

  return { urls: server.urls, reload: reload.reload, stop };
}
