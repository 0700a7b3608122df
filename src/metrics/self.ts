/**
 * The program's own metrics: discoveries, requests to Atlas, tokens, limits, config. It is an ordinary prom-client registry.
 * Series of a credential or project exist as long as it is in the config.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { BudgetLevel } from '../atlas/admission/admission.ts';
import type { AtlasCounter } from '../atlas/observer.ts';
import { type Collectors, PREFIX, type TargetState } from '../collectors/collector.ts';
import type { Polling } from '../polling/polling.ts';

type Discoveries = Pick<Polling, 'discoveries' | 'listings'>;

export interface SelfSettings extends Discoveries {
  readonly build: { readonly version: string; readonly revision: string; readonly nodeVersion: string };
  /** process_* and nodejs_*. */
  readonly withProcessMetrics: boolean;
  readonly collectors: Collectors;
  states(): Iterable<TargetState>;
  credentials(): readonly { readonly name: string; readonly kind: string; readonly expiresAtSeconds?: number }[];
  /** The request budgets of the projects that are watched now. */
  budgets(): readonly Pick<BudgetLevel, 'groupId' | 'name' | 'throttledSeconds' | 'atlas'>[];
  /** The projects of the config that this exporter watches. Default: all, as the only shard. */
  readonly shard?: { readonly index: number; readonly count: number } | undefined;
  /** The start counts as a reload. */
  lastReload(): { readonly successful: boolean; readonly successAtSeconds: number };
  /** Undefined before the first answer of Atlas. */
  isAtlasReachable(): boolean | undefined;
  /** Unix time of the scheduler's latest tick; undefined before the first. */
  lastTickAtSeconds(): number | undefined;
  /** Unix time at which the certificate of the web server expires; undefined without TLS. */
  webCertificateExpiresAtSeconds(): number | undefined;
}

const EXPORTER_PREFIX = 'mongodbatlas_backup_exporter_';
const REQUEST_BUCKETS_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** Gauges that prom-client names like counters. Each is the sum of another family, so it can be dropped. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

export function createSelfMetrics(settings: SelfSettings): { registry: Registry; observer: AtlasCounter } {
  const registry = registerDiscoveries(settings);
  registerProgram(registry, settings);
  const observer = registerRequests(registry, settings);
  if (settings.withProcessMetrics) {
    collectDefaultMetrics({ register: registry });
    for (const name of MISNAMED) registry.removeSingleMetric(name);
  }
  return { registry, observer };
}

/** A sample: its value, then the values of the labels. Undefined means that there is no such sample. */
type Row = readonly [value: number | boolean | undefined, ...labels: string[]];

/** Registers metrics whose samples are computed when the page is rendered. */
function collectedIn(registry: Registry, prefix: string) {
  return (name: string, help: string, labelNames: string[], rows: () => Iterable<Row>): void => {
    const Metric = name.endsWith('_total') ? Counter : Gauge;
    new Metric({
      name: prefix + name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        // prom-client resets a gauge without labels to 0, not to nothing.
        if (labelNames.length === 0) this.remove();
        else this.reset();
        for (const [value, ...labels] of rows()) if (value !== undefined) this.labels(...labels).inc(Number(value));
      },
    });
  };
}

/** The metrics of discovering clusters and projects. They have no label cluster_name, so they are not families of targets. */
export function registerDiscoveries({ discoveries, listings }: Discoveries): Registry {
  const registry = new Registry();
  const collected = collectedIn(registry, PREFIX);
  collected(
    'discovery_up',
    '1 if the latest discovery of the clusters of a project succeeded, else 0, also before the first success; the last known clusters stay watched.',
    ['group_id'],
    () => discoveries().map(({ groupId, up }) => [up, groupId]),
  );
  collected(
    'discovery_failing',
    '1, with the reason, if the latest discovery of the clusters of a project failed; absent if it succeeded.',
    ['group_id', 'credential', 'reason'],
    () =>
      discoveries().flatMap(({ groupId, credential = '', failure }): Row[] =>
        failure ? [[1, groupId, credential, failure.reason]] : [],
      ),
  );
  collected(
    'last_discovery_success_timestamp_seconds',
    'Unix time at which the clusters of a project were last discovered.',
    ['group_id'],
    () => discoveries().map(({ groupId, goodAtSeconds }) => [goodAtSeconds, groupId]),
  );
  collected(
    'projects_discovery_up',
    '1 if the latest discovery of the projects that a credential can see succeeded, else 0, also before the first success; the last known projects stay watched.',
    ['credential'],
    () => listings().map(({ credential, up }) => [up, credential]),
  );
  collected(
    'last_projects_discovery_success_timestamp_seconds',
    'Unix time at which the projects that a credential can see were last discovered.',
    ['credential'],
    () => listings().map(({ credential, goodAtSeconds }) => [goodAtSeconds, credential]),
  );
  return registry;
}

function registerProgram(registry: Registry, settings: SelfSettings): void {
  const { version, revision, nodeVersion } = settings.build;
  const { shard = { index: 0, count: 1 }, states, credentials } = settings;
  const collected = collectedIn(registry, EXPORTER_PREFIX);
  collected('build_info', 'The running program; always 1.', ['version', 'revision', 'node_version'], () => [
    [1, version, revision, nodeVersion],
  ]);
  const single = (name: string, help: string, value: () => Row[0]) => collected(name, help, [], () => [[value()]]);
  single('targets', 'Watched clusters.', () => [...states()].length);
  single(
    'shard_count',
    'Number of exporters that share the projects of the config; 1 without shards.',
    () => shard.count,
  );
  single('shard_index', 'Which of these exporters this one is, from 0; 0 without shards.', () => shard.index);
  single(
    'atlas_reachable',
    '1 while Atlas answers, also with errors; 0 while it does not answer and requests fail at once, except for probes; absent before the first answer.',
    settings.isAtlasReachable,
  );
  collected(
    'series_dropped',
    'Series that were dropped because of a limit, over all targets: active jobs, error codes and export buckets beyond their limits.',
    ['limit'],
    () => droppedRows(settings),
  );
  single(
    'scheduler_last_tick_timestamp_seconds',
    'Unix time at which the scheduler last looked for due tasks; it does so every second.',
    settings.lastTickAtSeconds,
  );
  single(
    'web_certificate_expiry_timestamp_seconds',
    'Unix time at which the certificate of the web server expires. Absent without TLS.',
    settings.webCertificateExpiresAtSeconds,
  );
  single(
    'config_last_reload_successful',
    '1 if the config was valid when it was last read, else 0: then the previous config is still used. The start counts as a reload.',
    () => settings.lastReload().successful,
  );
  single(
    'config_last_reload_success_timestamp_seconds',
    'Unix time at which the current config was read.',
    () => settings.lastReload().successAtSeconds,
  );
  collected(
    'credential_expiry_timestamp_seconds',
    'Unix time at which a credential expires, from expires_at in the config.',
    ['credential'],
    () => credentials().map(({ name, expiresAtSeconds }) => [expiresAtSeconds, name]),
  );
}

/** By limit, 0 where nothing was dropped. */
function droppedRows({ collectors, states }: SelfSettings): readonly Row[] {
  const all = [...states()];
  return collectors.flatMap(({ name, limits = [] }) =>
    limits.map((limit): Row => {
      return [all.reduce((sum, { polled }) => sum + (polled[name]?.read?.dropped[limit] ?? 0), 0), limit];
    }),
  );
}

function registerRequests(registry: Registry, { credentials, budgets }: SelfSettings): AtlasCounter {
  const collected = collectedIn(registry, EXPORTER_PREFIX);
  const requests = createTally(credentials);
  const expiries = createTally(credentials);
  const mints = createTally(credentials, 'service_account');
  const mintFailures = createTally(credentials, 'service_account');
  collected(
    'api_requests_total',
    'Requests to Atlas by HTTP status; error if there was no answer. The first request of a digest authentication counts as 401.',
    ['credential', 'operation', 'code'],
    requests.rows,
  );
  const durations = new Histogram({
    name: `${EXPORTER_PREFIX}api_request_duration_seconds`,
    help: 'Duration of requests to Atlas, including the body, without the wait for the budget.',
    labelNames: ['operation'],
    buckets: REQUEST_BUCKETS_SECONDS,
    registers: [registry],
  });
  const retries = new Counter({
    name: `${EXPORTER_PREFIX}api_retries_total`,
    help: 'Requests to Atlas that were retried within a poll, by the reason of the failure.',
    labelNames: ['operation', 'reason'],
    registers: [registry],
  });
  collected(
    'api_throttled_seconds_total',
    'Time that requests waited for the budget of their project or for the limit of concurrent requests.',
    ['group_id', 'budget'],
    () => budgets().map(({ groupId, name, throttledSeconds }) => [throttledSeconds, groupId, name]),
  );
  collected(
    'api_rate_limit_requests',
    'Request limit of the project, from the latest answer of Atlas.',
    ['group_id', 'budget'],
    () => budgets().map(({ groupId, name, atlas }) => [atlas?.limit, groupId, name]),
  );
  collected(
    'api_rate_limit_remaining_requests',
    'Requests that the project has left, from the latest answer of Atlas.',
    ['group_id', 'budget'],
    () => budgets().map(({ groupId, name, atlas }) => [atlas?.remaining, groupId, name]),
  );
  collected(
    'token_expiry_timestamp_seconds',
    'Unix time at which the access token in use expires.',
    ['credential'],
    expiries.rows,
  );
  collected('token_requests_total', 'Requests for access tokens.', ['credential'], mints.rows);
  collected('token_request_failures_total', 'Failed requests for access tokens.', ['credential'], mintFailures.rows);
  return {
    request({ credential, operation, code, durationSeconds }) {
      durations.observe({ operation }, durationSeconds);
      requests.add(1, credential, operation, String(code));
    },
    retry: ({ operation, reason }) => retries.inc({ operation, reason }),
    token({ credential, expiresAtSeconds }) {
      mints.add(1, credential);
      if (expiresAtSeconds === undefined) mintFailures.add(1, credential);
      else expiries.set(expiresAtSeconds, credential);
    },
  };
}

/**
 * Numbers by credential and further labels. They are dropped when the credential is no longer in the config.
 * @param kindFromStart each credential of this kind has its number from the start
 */
function createTally(credentials: SelfSettings['credentials'], kindFromStart?: string) {
  const numbers = new Map<string, readonly [number, ...string[]]>();
  function set(value: number, ...labels: string[]): void {
    numbers.set(JSON.stringify(labels), [value, ...labels]);
  }
  function add(by: number, ...labels: string[]): void {
    set((numbers.get(JSON.stringify(labels))?.[0] ?? 0) + by, ...labels);
  }
  function rows(): Iterable<Row> {
    const kinds = new Map(credentials().map(({ name, kind }) => [name, kind]));
    for (const [key, [, credential = '']] of numbers) if (!kinds.has(credential)) numbers.delete(key);
    for (const [credential, kind] of kinds) if (kind === kindFromStart) add(0, credential);
    return numbers.values();
  }
  return { set, add, rows };
}
