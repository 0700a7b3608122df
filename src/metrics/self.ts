/**
 * The program's own metrics: what it asks of Atlas, its tokens, its limits. An ordinary prom-client registry. They follow the
 * config: what is said of a credential or a project is said while the config has it.
 */
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { AtlasCounter } from '../atlas/observer.ts';
import type { TargetState } from '../collectors/collector.ts';
import { type ConfigFacts, registerConfig } from './config.ts';
import { type DiscoveryFacts, registerDiscoveries } from './discovery.ts';
import { createCounterSeries, createGaugeSeries, type Labels } from './series.ts';

export interface SelfMetrics {
  readonly registry: Registry;
  readonly observer: AtlasCounter;
  /** From now on these are counted too. */
  expect(named: Named): void;
  /** From now on nothing but these is, as long as they are what was last expected; the series of others go. */
  settle(named: Named): void;
}

/** Whom series are about. */
export interface Named {
  readonly credentials: readonly { readonly name: string; readonly mintsTokens: boolean }[];
  readonly groupIds: readonly string[];
}

export interface SelfSettings {
  readonly build: { readonly version: string; readonly revision: string; readonly nodeVersion: string };
  /** process_* and nodejs_*. */
  readonly withProcessMetrics: boolean;
  config(): ConfigFacts;
  states(): Iterable<TargetState>;
  /** Of the projects whose clusters are discovered. */
  discoveries(): Iterable<DiscoveryFacts>;
  /** Unix time of the scheduler's last tick; undefined before the first. */
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
  registerConfig(registry, PREFIX, settings.config);
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
    help: 'Clusters that are watched.',
    registers,
    collect() {
      this.set([...settings.states()].length);
    },
  });
  new Gauge({
    name: `${PREFIX}series_dropped`,
    help: 'What caps keep out of the series: active jobs, error codes and export buckets beyond their limits, over all targets.',
    labelNames: ['limit'],
    registers,
    collect() {
      const dropped: Record<string, number> = { active_jobs: 0, error_codes: 0, export_buckets: 0 };
      for (const { exports } of settings.states()) {
        for (const [limit, count] of Object.entries(exports.read?.dropped ?? {}))
          dropped[limit] = (dropped[limit] ?? 0) + count;
      }
      for (const [limit, count] of Object.entries(dropped)) this.set({ limit }, count);
    },
  });
  new Gauge({
    name: `${PREFIX}scheduler_last_tick_timestamp_seconds`,
    help: 'Unix time at which the scheduler last looked for what is due; it does so every second.',
    registers,
    collect() {
      const at = settings.lastTickAtSeconds();
      if (at === undefined) this.remove();
      else this.set(at);
    },
  });
}

function createCounting(registry: Registry): Omit<SelfMetrics, 'registry'> {
  const metrics = createMetricsOfRequests(registry);
  let expected: Named = { credentials: [], groupIds: [] };
  let counted = { credentials: new Set<string>(), groupIds: new Set<string>() };

  function namesOf({ credentials, groupIds }: Named): typeof counted {
    return { credentials: new Set(credentials.map(({ name }) => name)), groupIds: new Set(groupIds) };
  }

  function isGone({ credential, group_id }: Labels): boolean {
    if (credential !== undefined && !counted.credentials.has(credential)) return true;
    return group_id !== undefined && !counted.groupIds.has(group_id);
  }

  return {
    observer: observerOf(metrics, isGone),
    expect(named) {
      expected = named;
      const { credentials, groupIds } = namesOf(named);
      counted = {
        credentials: new Set([...counted.credentials, ...credentials]),
        groupIds: new Set([...counted.groupIds, ...groupIds]),
      };
    },
    settle(named) {
      if (named !== expected) return;
      counted = namesOf(named);
      for (const series of Object.values(metrics)) if ('forget' in series) series.forget(isGone);
      for (const { name: credential } of named.credentials.filter(({ mintsTokens }) => mintsTokens)) {
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
    'Requests to Atlas by HTTP status, error where there was no answer; the first leg of a digest counts as 401.',
    ['credential', 'operation', 'code'],
  );
  const durations = new Histogram({
    name: `${PREFIX}api_request_duration_seconds`,
    help: 'Duration of requests to Atlas, body included, waiting for the budget not.',
    labelNames: ['operation'],
    buckets: REQUEST_BUCKETS_SECONDS,
    registers,
  });
  const retries = counter('api_retries_total', 'Requests to Atlas that were made again within a poll, by why.', [
    'operation',
    'reason',
  ]);
  const throttled = counter(
    'api_throttled_seconds_total',
    'Time that requests have waited for the budget of their project or for a place among those under way.',
    ['group_id', 'budget'],
  );
  const limit = gauge('api_rate_limit_requests', 'Requests that Atlas grants the project, as it last said.', [
    'group_id',
    'budget',
  ]);
  const remaining = gauge('api_rate_limit_remaining_requests', 'Requests that Atlas said were left to the project.', [
    'group_id',
    'budget',
  ]);
  const expiry = gauge('token_expiry_timestamp_seconds', 'Unix time at which the access token in use ends.', [
    'credential',
  ]);
  const mints = counter('token_requests_total', 'Access tokens asked for.', ['credential']);
  const mintFailures = counter('token_request_failures_total', 'Access tokens asked for in vain.', ['credential']);
  return { requests, durations, retries, throttled, limit, remaining, expiry, mints, mintFailures };
}

/** @param isGone what may still be heard of, such as a token that is given back, and is no longer told of */
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
      // From the first request on, so that an increase is seen from nothing.
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
