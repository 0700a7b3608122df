/**
 * The program's own metrics: requests to Atlas, tokens, limits, config. It is an ordinary prom-client registry. Series
 * of a credential or project exist as long as it is in the config.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { AtlasCounter } from '../atlas/observer.ts';
import type { Collectors, TargetState } from '../collectors/collector.ts';
import { type Discoveries, registerCollected, registerDiscoveries } from './discovery.ts';

type Labels = Readonly<Record<string, string>>;

export interface SelfMetrics {
  readonly registry: Registry;
  readonly observer: AtlasCounter;
  /** From now on only these credentials and projects are counted; the series of others are removed. */
  keepOnly(named: Named): void;
}

/** The credentials and projects of the current config. */
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
  readonly successAtSeconds: number;
}

export interface SelfSettings extends Discoveries {
  readonly build: { readonly version: string; readonly revision: string; readonly nodeVersion: string };
  /** process_* and nodejs_*. */
  readonly withProcessMetrics: boolean;
  readonly collectors: Collectors;
  config(): ConfigFacts;
  states(): Iterable<TargetState>;
  /** The projects of the config that this exporter watches. Default: all, as the only shard. */
  readonly shard?: { readonly index: number; readonly count: number } | undefined;
  facts(): ProgramFacts;
}

export interface ProgramFacts {
  /** Undefined before the first answer of Atlas. */
  readonly isAtlasReachable?: boolean | undefined;
  /** Unix time of the scheduler's latest tick; undefined before the first. */
  readonly lastTickAtSeconds?: number | undefined;
  /** Unix time at which the certificate of the web server expires; undefined without TLS. */
  readonly webCertificateExpiresAtSeconds?: number | undefined;
}

const PREFIX = 'mongodbatlas_backup_exporter_';
const REQUEST_BUCKETS_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** Gauges that prom-client names like counters. Each is the sum of another family, so it can be dropped. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

export function createSelfMetrics(settings: SelfSettings): SelfMetrics {
  const registry = new Registry();
  registerDiscoveries(settings, registry);
  registerStateOfProgram(registry, settings);
  const counting = createCounting(registry);
  registerConfig(registry, settings.config);
  if (settings.withProcessMetrics) {
    collectDefaultMetrics({ register: registry });
    for (const name of MISNAMED) registry.removeSingleMetric(name);
  }
  return { registry, ...counting };
}

/** Registers metrics without labels; each is absent while its value is undefined. */
function singlesOf(registry: Registry) {
  return (name: string, help: string, value: () => number | undefined): void =>
    registerCollected(registry, PREFIX + name, help, [], () => [{ value: value() }]);
}

function registerStateOfProgram(registry: Registry, settings: SelfSettings): void {
  const { version, revision, nodeVersion: node_version } = settings.build;
  const { shard = { index: 0, count: 1 }, facts } = settings;
  registerCollected(
    registry,
    `${PREFIX}build_info`,
    'The running program; always 1.',
    ['version', 'revision', 'node_version'],
    () => [{ labels: { version, revision, node_version }, value: 1 }],
  );
  const single = singlesOf(registry);
  single('targets', 'Watched clusters.', () => [...settings.states()].length);
  single(
    'shard_count',
    'Number of exporters that share the projects of the config; 1 without shards.',
    () => shard.count,
  );
  single('shard_index', 'Which of these exporters this one is, from 0; 0 without shards.', () => shard.index);
  single(
    'atlas_reachable',
    '1 while Atlas answers, also with errors; 0 while it does not answer and requests fail at once, except for probes; absent before the first answer.',
    () => {
      const { isAtlasReachable } = facts();
      return isAtlasReachable === undefined ? undefined : Number(isAtlasReachable);
    },
  );
  registerCollected(
    registry,
    `${PREFIX}series_dropped`,
    'Series that were dropped because of a limit, over all targets: active jobs, error codes and export buckets beyond their limits.',
    ['limit'],
    () => Array.from(droppedOf(settings), ([limit, value]) => ({ labels: { limit }, value })),
  );
  single(
    'scheduler_last_tick_timestamp_seconds',
    'Unix time at which the scheduler last looked for due tasks; it does so every second.',
    () => facts().lastTickAtSeconds,
  );
  single(
    'web_certificate_expiry_timestamp_seconds',
    'Unix time at which the certificate of the web server expires. Absent without TLS.',
    () => facts().webCertificateExpiresAtSeconds,
  );
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
  const single = singlesOf(registry);
  single(
    'config_last_reload_successful',
    '1 if the config was valid when it was last read, else 0: then the previous config is still used. The start counts as a reload.',
    () => Number(config().lastReload.successful),
  );
  single(
    'config_last_reload_success_timestamp_seconds',
    'Unix time at which the current config was read.',
    () => config().lastReload.successAtSeconds,
  );
  registerCollected(
    registry,
    `${PREFIX}credential_expiry_timestamp_seconds`,
    'Unix time at which a credential expires, from expires_at in the config.',
    ['credential'],
    () =>
      Array.from(config().credentials, ({ name: credential, expiresAtSeconds: value }) => ({
        labels: { credential },
        value,
      })),
  );
}

function createCounting(registry: Registry): Omit<SelfMetrics, 'registry'> {
  const metrics = createMetricsOfRequests(registry);
  const { requests, durations, retries, throttled, limit, remaining, expiry, mints, mintFailures } = metrics;
  const series = createSeries();
  let known = { credentials: new Set<string>(), groupIds: new Set<string>() };

  /** Whether the credential or project was removed from the config; one of its requests may still run. */
  function isGone({ credential, group_id }: Labels): boolean {
    if (credential !== undefined && !known.credentials.has(credential)) return true;
    return group_id !== undefined && !known.groupIds.has(group_id);
  }

  function count(counter: Counter, labels: Labels, by = 1): void {
    if (!isGone(labels)) series.of(counter, labels).inc(labels, by);
  }

  function set(gauge: Gauge, labels: Labels, value: number): void {
    if (!isGone(labels)) series.of(gauge, labels).set(labels, value);
  }

  return {
    observer: {
      request({ credential, operation, code, durationSeconds, groupId: group_id, budget, rateLimit }) {
        durations.observe({ operation }, durationSeconds);
        count(requests, { credential, operation, code: String(code) });
        if (group_id === undefined || budget === undefined) return;
        // The counter exists from the first request on, so that its first increase is seen.
        count(throttled, { group_id, budget }, 0);
        if (rateLimit === undefined) return;
        set(limit, { group_id, budget }, rateLimit.limit);
        set(remaining, { group_id, budget }, rateLimit.remaining);
      },
      retry: ({ operation, reason }) => retries.inc({ operation, reason }),
      throttled: ({ groupId: group_id, budget, seconds }) => count(throttled, { group_id, budget }, seconds),
      token({ credential, expiresAtSeconds }) {
        count(mints, { credential });
        if (expiresAtSeconds === undefined) count(mintFailures, { credential });
        else set(expiry, { credential }, expiresAtSeconds);
      },
    },
    keepOnly({ credentials, groupIds }) {
      known = { credentials: new Set(credentials.map(({ name }) => name)), groupIds: new Set(groupIds) };
      series.forget(isGone);
      for (const { name: credential } of credentials.filter(({ mintsTokens }) => mintsTokens)) {
        for (const counter of [mints, mintFailures]) count(counter, { credential }, 0);
      }
    },
  };
}

function createMetricsOfRequests(registry: Registry) {
  const registers = [registry];
  const counter = (name: string, help: string, labelNames: string[]) =>
    new Counter({ name: PREFIX + name, help, labelNames, registers });
  const gauge = (name: string, help: string, labelNames: string[]) =>
    new Gauge({ name: PREFIX + name, help, labelNames, registers });
  const requests = counter(
    'api_requests_total',
    'Requests to Atlas by HTTP status; error if there was no answer. The first request of a digest authentication counts as 401.',
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
  const limit = gauge('api_rate_limit_requests', 'Request limit of the project, from the latest answer of Atlas.', [
    'group_id',
    'budget',
  ]);
  const remaining = gauge(
    'api_rate_limit_remaining_requests',
    'Requests that the project has left, from the latest answer of Atlas.',
    ['group_id', 'budget'],
  );
  const expiry = gauge('token_expiry_timestamp_seconds', 'Unix time at which the access token in use expires.', [
    'credential',
  ]);
  const mints = counter('token_requests_total', 'Requests for access tokens.', ['credential']);
  const mintFailures = counter('token_request_failures_total', 'Failed requests for access tokens.', ['credential']);
  return { requests, durations, retries, throttled, limit, remaining, expiry, mints, mintFailures };
}

/** The series that were written, by metric: prom-client lists them only asynchronously, and they must be removed at once. */
function createSeries() {
  const written = new Map<Counter | Gauge, Map<string, Labels>>();
  return {
    /** Returns the metric and remembers that its series with these labels exists. */
    of<M extends Counter | Gauge>(metric: M, labels: Labels): M {
      const known = written.get(metric) ?? new Map<string, Labels>();
      written.set(metric, known.set(JSON.stringify(labels), labels));
      return metric;
    },
    forget(isGone: (labels: Labels) => boolean): void {
      for (const [metric, known] of written) {
        for (const [key, labels] of known) {
          if (!isGone(labels)) continue;
          known.delete(key);
          metric.remove(labels);
        }
      }
    },
  };
}
