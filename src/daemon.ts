/**
 * The composition root: builds the parts, wires them, starts them, stops them in reverse order. Only here are parts of
 * different folders put together.
 */
import { createConnections } from './atlas/agents.ts';
import { createBudget } from './atlas/budget.ts';
import { type AtlasApi, createClient } from './atlas/client.ts';
import { type CredentialSettings, createAuthorize } from './atlas/credentials.ts';
import type { AtlasObserver } from './atlas/observer.ts';
import { createExchange, type Transport } from './atlas/transport.ts';
import type { Target, TargetState } from './collectors/collector.ts';
import { type Collectors, createCollectors } from './collectors/index.ts';
import type { Config, CredentialConfig } from './config/config.ts';
import type { Log } from './log.ts';
import { createExposition, type Exposition } from './metrics/exposition.ts';
import { createSelfMetrics } from './metrics/self.ts';
import { CONTENT_TYPES } from './metrics/text.ts';
import { pollingFamilies } from './polling/families.ts';
import { createPoll } from './polling/poll.ts';
import { type Scheduler, startScheduler } from './polling/scheduler.ts';
import { markStale } from './polling/staleness.ts';
import { createStates, type States } from './polling/states.ts';
import { targetOf } from './polling/targets.ts';
import type { Runtime } from './runtime.ts';
import { createApp, type ListenAddress, startWeb, type Web } from './web/server.ts';

export interface Build {
  readonly version: string;
  readonly revision: string;
  readonly nodeVersion: string;
}

export interface DaemonSettings {
  readonly config: Config;
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

export async function startDaemon(settings: DaemonSettings): Promise<Daemon> {
  const { config, runtime, log } = settings;
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
    wallSeconds: runtime.wallSeconds,
    isHealthy: () =>
      scheduler !== undefined && runtime.monotonicSeconds() - scheduler.lastTickAt() < STUCK_AFTER_SECONDS,
    notReadyBecause() {
      if (stopping) return 'The exporter is stopping.';
      if (runtime.monotonicSeconds() - startedAtSeconds >= READY_AFTER_SECONDS) return undefined;
      const untried = [...states.all()].filter(({ exports }) => exports.polls === 0).length;
      return untried === 0 ? undefined : `${untried} targets have not been tried yet.`;
    },
    onError: (error) => log.error({ error: error instanceof Error ? error.stack : String(error) }, 'a request failed'),
  });
  states.replace(config.targets.map(targetOf));
  const web: Web = await startWeb(app, settings.web.listenAddresses);
  scheduler = startPolling(settings, parts);
  parts.watch(scheduler);
  log.info({ urls: web.urls, targets: config.targets.length, version: settings.build.version }, 'listening');

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
  readonly collectors: Collectors;
  apiFor(target: Target): AtlasApi;
  /** Whose ticks the metrics tell of. */
  watch(scheduler: Scheduler): void;
  close(): void;
}

function createParts({ config, web, build, runtime, log }: DaemonSettings): Parts {
  let scheduler: Scheduler | undefined;
  const collectors = createCollectors({ maxActiveJobs: config.polling.maxActiveJobs });
  const states: States = createStates(config.polling.intervalSeconds, onChange);
  const self = createSelfMetrics({
    build,
    credentials: config.credentials.map((credential) => ({
      ...credential,
      mintsTokens: credential.kind === 'service_account',
    })),
    withProcessMetrics: !web.disableExporterMetrics,
    states: states.all,
    lastTickAtSeconds: () => scheduler && runtime.wallSeconds() - (runtime.monotonicSeconds() - scheduler.lastTickAt()),
  });
  const families = [...pollingFamilies, ...collectors.exports.families];
  const exposition = createExposition({ families, own: self.registry, runtime });
  const atlas = createAtlas(config, build.version, runtime, self.observer);

  function onChange(put: readonly TargetState[], remove: readonly string[]): void {
    exposition.apply(put, remove).catch((error: unknown) => {
      log.error({ error: error instanceof Error ? error.stack : String(error) }, 'metrics could not be rendered');
    });
  }

  return {
    states,
    exposition,
    collectors,
    apiFor: atlas.apiFor,
    watch(running) {
      scheduler = running;
    },
    close: atlas.close,
  };
}

function createAtlas(config: Config, version: string, runtime: Runtime, observer: AtlasObserver) {
  const { baseUrl, requestTimeoutSeconds, requestsPerMinute, concurrency, pageSize, maxPages } = config.atlas;
  const connections = createConnections(baseUrl);
  const exchange = createExchange({
    baseUrl,
    userAgent: `mongodbatlas-backup-exporter/${version}`,
    requestTimeoutSeconds,
    agents: connections.agents,
    runtime,
    observer,
  });
  const budgeted = createBudget({ requestsPerMinute, concurrency, runtime, observer })(exchange);
  const transports = new Map<string, Transport>(
    config.credentials.map((credential) => {
      const authorize = createAuthorize(credentialSettings(credential), { runtime, observer, exchange });
      return [credential.name, authorize(budgeted)];
    }),
  );
  return {
    apiFor({ credential }: Target): AtlasApi {
      const transport = transports.get(credential);
      if (transport === undefined) throw new Error(`no credential ${credential}: the config should have been refused`);
      return createClient({ transport, credential, pageSize, maxPages, runtime, observer });
    },
    close: connections.close,
  };
}

function credentialSettings(credential: CredentialConfig): CredentialSettings {
  const { name } = credential;
  switch (credential.kind) {
    case 'service_account':
      return {
        name,
        kind: credential.kind,
        clientId: credential.clientId.read,
        clientSecret: credential.clientSecret.read,
      };
    case 'api_key':
      return {
        name,
        kind: credential.kind,
        publicKey: credential.publicKey.read,
        privateKey: credential.privateKey.read,
      };
    case 'access_token':
      return { name, kind: credential.kind, accessToken: credential.accessToken.read };
  }
}

function startPolling({ config, runtime, log }: DaemonSettings, { states, collectors, apiFor }: Parts): Scheduler {
  const { intervalSeconds, idleIntervalSeconds, maxStaleSeconds } = config.polling;
  const scheduler = startScheduler({
    lanePlaces: config.atlas.concurrency,
    runtime,
    onTick() {
      const now = runtime.monotonicSeconds();
      for (const { target } of states.all()) {
        states.update(target.key, (state) => markStale(state, maxStaleSeconds, now));
      }
    },
  });
  const tools = {
    collector: collectors.exports,
    states,
    settings: { intervalSeconds, idleIntervalSeconds },
    runtime,
    log,
    apiFor,
  };
  scheduler.set(
    [...states.all()].map(({ target: { key, groupId } }) => ({ key, lane: groupId, run: createPoll(key, tools) })),
  );
  return scheduler;
}
