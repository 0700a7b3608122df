/**
 * The program's own metrics: its requests to Atlas, its tokens, its limits, its config. An ordinary prom-client registry. Series of
 * credentials and projects exist while the config has these.
 */
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { AtlasCounter } from '../atlas/observer.ts';
import type { Collectors, TargetState } from '../collectors/collector.ts';
import { type DiscoveryFacts, registerDiscoveries } from './discovery.ts';
import { createCounterSeries, createGaugeSeries, type Labels } from './series.ts';

export interface SelfMetrics {
  readonly registry: Registry;
  readonly observer: AtlasCounter;
  /** Only these are counted from now on; the series of others are removed. */
  keepOnly(named: Named): void;
}

/** The credentials and projects of the config in force. */
export interface Named {
  readonly credentials: readonly { readonly name: string; readonly mintsTokens: boolean }[];
  readonly groupIds: readonly string[];
}

export interface ConfigFacts {
  readonly credentials: Iterable<{ readonly name: string; readonly expiresAtSeconds?: number }>;
  readonly lastReload: LastReload;
}

export interface LastReload {
  /** The start counts as a reload. */
  readonly successful: boolean;
  /** Unix time of the last good one. */
  readonly successAtSeconds: number;
}

export interface SelfSettings {
  readonly build: { readonly version: string; readonly revision: string; readonly nodeVersion: string };
  /** process_* and nodejs_*. */
  readonly withProcessMetrics: boolean;
  readonly collectors: Collectors;
  config(): ConfigFacts;
  states(): Iterable<TargetState>;
  /** Of the projects whose clusters are discovered. */
  discoveries(): Iterable<DiscoveryFacts>;
  /** Unix time of the scheduler's latest tick; undefined before the first. */
  lastTickAtSeconds(): number | undefined;
}

const PREFIX = 'mongodbatlas_backup_exporter_';
const REQUEST_BUCKETS_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** Gauges that prom-client names like counters, against Prometheus' convention; each is the sum of a family that stays. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

export function createSelfMetrics(settings: SelfSettings): SelfMetrics {
  const registry = new Registry();
  registerDiscoveries(registry, settings.discoveries);
  registerStateOfProgram(registry, settings);
  const counting = createCounting(registry);
  registerConfig(registry, settings.config);
  if (settings.withProcessMetrics) {
    collectDefaultMetrics({ register: registry });
    for (const name of MISNAMED) registry.removeSingleMetric(name);
  }
  return { registry, ...counting };
}

function registerStateOfProgram(registry: Registry, settings: SelfSettings): void {
  const registers = [registry];
  const { build } = settings;
  new Gauge({
    name: `${PREFIX}build_info`,
    help: 'The running program; always 1.',
    labelNames: ['version', 'revision', 'node_version'],
    registers,
  }).set({ version: build.version, revision: build.revision, node_version: build.nodeVersion }, 1);
  new Gauge({
    name: `${PREFIX}targets`,
    help: 'Watched clusters.',
    registers,
    collect() {
      this.set([...settings.states()].length);
    },
  });
  new Gauge({
    name: `${PREFIX}series_dropped`,
    help: 'What limits keep out of the series, over all targets: active jobs, error codes and export buckets beyond their limits.',
    labelNames: ['limit'],
    registers,
    collect() {
      for (const [limit, count] of droppedOf(settings)) this.set({ limit }, count);
    },
  });
  new Gauge({
    name: `${PREFIX}scheduler_last_tick_timestamp_seconds`,
    help: 'Unix time at which the scheduler last looked for due tasks; it does so every second.',
    registers,
    collect() {
      const at = settings.lastTickAtSeconds();
      if (at === undefined) this.remove();
      else this.set(at);
    },
  });
}

/** By limit, 0 where nothing was dropped. */
function droppedOf({ collectors, states }: SelfSettings): ReadonlyMap<string, number> {
  const dropped = new Map<string, number>(
    collectors.flatMap(({ limits = [] }) => limits.map((limit) => [limit, 0] as const)),
  );
  for (const { polled } of states()) {
    for (const { read } of Object.values(polled)) {
      for (const [limit, count] of Object.entries(read?.dropped ?? {})) {
        dropped.set(limit, (dropped.get(limit) ?? 0) + count);
      }
    }
  }
  return dropped;
}

function registerConfig(registry: Registry, config: () => ConfigFacts): void {
  const registers = [registry];
  new Gauge({
    name: `${PREFIX}config_last_reload_successful`,
    help: '1 if the config was valid when it was last read, else 0: then an older config is still in force. The start counts.',
    registers,
    collect() {
      this.set(Number(config().lastReload.successful));
    },
  });
  new Gauge({
    name: `${PREFIX}config_last_reload_success_timestamp_seconds`,
    help: 'Unix time at which the config in force was read.',
    registers,
    collect() {
      this.set(config().lastReload.successAtSeconds);
    },
  });
  new Gauge({
    name: `${PREFIX}credential_expiry_timestamp_seconds`,
    help: 'Unix time at which a credential expires, from expires_at in the config.',
    labelNames: ['credential'],
    registers,
    collect() {
      this.reset();
      for (const { name, expiresAtSeconds } of config().credentials) {
        if (expiresAtSeconds !== undefined) this.set({ credential: name }, expiresAtSeconds);
      }
    },
  });
}

function createCounting(registry: Registry): Omit<SelfMetrics, 'registry'> {
  const metrics = createMetricsOfRequests(registry);
  let known = { credentials: new Set<string>(), groupIds: new Set<string>() };

  function isGone({ credential, group_id }: Labels): boolean {
    if (credential !== undefined && !known.credentials.has(credential)) return true;
    return group_id !== undefined && !known.groupIds.has(group_id);
  }

  return {
    observer: observerOf(metrics, isGone),
    keepOnly({ credentials, groupIds }) {
      known = { credentials: new Set(credentials.map(({ name }) => name)), groupIds: new Set(groupIds) };
      for (const series of Object.values(metrics)) if ('forget' in series) series.forget(isGone);
      for (const { name: credential } of credentials.filter(({ mintsTokens }) => mintsTokens)) {
        metrics.mints.inc({ credential }, 0);
        metrics.mintFailures.inc({ credential }, 0);
      }
    },
  };
}

function createMetricsOfRequests(registry: Registry) {
  const registers = [registry];
  const counter = (name: string, help: string, labelNames: string[]) =>
    createCounterSeries({ name: PREFIX + name, help, labelNames, registers });
  const gauge = (name: string, help: string, labelNames: string[]) =>
    createGaugeSeries({ name: PREFIX + name, help, labelNames, registers });
  const requests = counter(
    'api_requests_total',
    'Requests to Atlas by HTTP status; error where there was no answer. The first request of a digest authentication counts as 401.',
    ['credential', 'operation', 'code'],
  );
  const durations = new Histogram({
    name: `${PREFIX}api_request_duration_seconds`,
    help: 'Duration of requests to Atlas, including the body, without the wait for the budget.',
    labelNames: ['operation'],
    buckets: REQUEST_BUCKETS_SECONDS,
    registers,
  });
  const retries = counter(
    'api_retries_total',
    'Requests to Atlas that were retried within a poll, by the reason of the failure.',
    ['operation', 'reason'],
  );
  const throttled = counter(
    'api_throttled_seconds_total',
    'Time that requests waited for the budget of their project or for the limit of concurrent requests.',
    ['group_id', 'budget'],
  );
  const limit = gauge('api_rate_limit_requests', 'Requests that Atlas grants the project, as Atlas last said.', [
    'group_id',
    'budget',
  ]);
  const remaining = gauge(
    'api_rate_limit_remaining_requests',
    'Requests that the project has left, as Atlas last said.',
    ['group_id', 'budget'],
  );
  const expiry = gauge('token_expiry_timestamp_seconds', 'Unix time at which the access token in use expires.', [
    'credential',
  ]);
  const mints = counter('token_requests_total', 'Requests for access tokens.', ['credential']);
  const mintFailures = counter('token_request_failures_total', 'Failed requests for access tokens.', ['credential']);
  return { requests, durations, retries, throttled, limit, remaining, expiry, mints, mintFailures };
}

/** @param isGone true for credentials and projects that have left the config while a request of theirs still runs */
function observerOf(
  metrics: ReturnType<typeof createMetricsOfRequests>,
  isGone: (labels: Labels) => boolean,
): SelfMetrics['observer'] {
  const { requests, durations, retries, throttled, limit, remaining, expiry, mints, mintFailures } = metrics;
  return {
    request({ credential, operation, code, durationSeconds, groupId, budget, rateLimit }) {
      durations.observe({ operation }, durationSeconds);
      if (!isGone({ credential })) requests.inc({ credential, operation, code: String(code) });
      if (groupId === undefined || budget === undefined || isGone({ group_id: groupId })) return;
      const labels = { group_id: groupId, budget };
      // The counter exists from the first request on, so that its first increase is seen.
      throttled.inc(labels, 0);
      if (rateLimit === undefined) return;
      limit.set(labels, rateLimit.limit);
      remaining.set(labels, rateLimit.remaining);
    },
    retry: ({ operation, reason }) => retries.inc({ operation, reason }),
    throttled({ groupId, budget, seconds }) {
      const labels = { group_id: groupId, budget };
      if (!isGone(labels)) throttled.inc(labels, seconds);
    },
    token({ credential, expiresAtSeconds }) {
      if (isGone({ credential })) return;
      mints.inc({ credential });
      if (expiresAtSeconds === undefined) mintFailures.inc({ credential });
      else expiry.set({ credential }, expiresAtSeconds);
    },
  };
}
