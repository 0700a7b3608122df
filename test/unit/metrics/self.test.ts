import { describe, expect, test } from '@jest/globals';
import type { AtlasCounter } from '../../../src/atlas/observer.ts';
import { createSelfMetrics, type Named, type SelfMetrics, type SelfSettings } from '../../../src/metrics/self.ts';
import { createFakeRuntime } from '../../support/fake-runtime.ts';
import { newState, withRecord } from '../../support/states.ts';
import { createScripted } from '../polling/scripted-collector.ts';

const runtime = createFakeRuntime();
const SETTINGS: SelfSettings = {
  build: { version: '1.2.3', revision: 'abc', nodeVersion: 'v20' },
  config: () => ({ credentials: [], lastReload: { successful: true, successAtSeconds: 1_700_000_000 } }),
  withProcessMetrics: false,
  collectors: [
    createScripted('exports', runtime, { limits: ['jobs', 'codes'] }).collector,
    createScripted('schedule', runtime).collector,
    createScripted('snapshots', runtime, { limits: ['snapshots'] }).collector,
  ],
  states: () => [],
  discoveries: () => [],
  listings: () => [],
  facts: () => ({}),
};
const NAMED: Named = {
  credentials: [
    { name: 'account', mintsTokens: true },
    { name: 'key', mintsTokens: false },
  ],
  groupIds: ['g', 'h'],
};
const REQUEST: Parameters<AtlasCounter['request']>[0] = {
  credential: 'key',
  operation: 'list_exports',
  code: 200,
  durationSeconds: 0.2,
  groupId: 'g',
  budget: 'cloud_backups',
};

function setUp(settings: Partial<SelfSettings> = {}, named = NAMED): SelfMetrics {
  const self = createSelfMetrics({ ...SETTINGS, ...settings });
  self.keepOnly(named);
  return self;
}

/** The samples without the prefix of their names. */
async function samplesOf({ registry }: SelfMetrics): Promise<readonly string[]> {
  const lines = (await registry.metrics()).replaceAll('mongodbatlas_backup_exporter_', '').split('\n');
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}

describe('the program’s own metrics', () => {
  test('show the build, the config and zero counters from the start, and no series of events that have not happened', async () => {
    expect((await samplesOf(setUp())).toSorted()).toEqual(
      [
        'build_info{version="1.2.3",revision="abc",node_version="v20"} 1',
        'targets 0',
        'shard_count 1',
        'shard_index 0',
        'series_dropped{limit="jobs"} 0',
        'series_dropped{limit="codes"} 0',
        'series_dropped{limit="snapshots"} 0',
        'token_requests_total{credential="account"} 0',
        'token_request_failures_total{credential="account"} 0',
        'config_last_reload_successful 1',
        'config_last_reload_success_timestamp_seconds 1700000000',
      ].toSorted(),
    );
  });

  test('count the targets and the series that each limit drops, over all targets', async () => {
    const read = (dropped: Readonly<Record<string, number>>) => ({ read: { pages: 1, items: 9, dropped } });
    const one = withRecord(newState('a'), 'exports', read({ jobs: 3, codes: 1 }));
    let states = [
      one,
      withRecord(withRecord(newState('b'), 'exports', read({ jobs: 2 })), 'snapshots', read({ snapshots: 7 })),
    ];
    const self = setUp({ states: () => states, facts: () => ({ lastTickAtSeconds: 42 }) });
    expect(await samplesOf(self)).toEqual(
      expect.arrayContaining([
        'targets 2',
        'series_dropped{limit="jobs"} 5',
        'series_dropped{limit="codes"} 1',
        'series_dropped{limit="snapshots"} 7',
        'scheduler_last_tick_timestamp_seconds 42',
      ]),
    );
    states = [one];
    expect(await samplesOf(self)).toEqual(
      expect.arrayContaining(['targets 1', 'series_dropped{limit="jobs"} 3', 'series_dropped{limit="snapshots"} 0']),
    );
  });

  test('show which shard the exporter is, and whether Atlas answers', async () => {
    let isAtlasReachable = false;
    const self = setUp({ shard: { index: 2, count: 3 }, facts: () => ({ isAtlasReachable }) });
    expect(await samplesOf(self)).toEqual(
      expect.arrayContaining(['shard_count 3', 'shard_index 2', 'atlas_reachable 0']),
    );
    isAtlasReachable = true;
    expect(await samplesOf(self)).toContain('atlas_reachable 1');
  });

  test('count requests, retries, waits and tokens', async () => {
    const self = setUp();
    const { observer } = self;
    observer.request({ ...REQUEST, code: 401 });
    observer.request({ ...REQUEST, rateLimit: { limit: 1200, remaining: 1100 } });
    observer.request({ ...REQUEST, code: 'error' });
    observer.retry({ operation: 'list_exports', reason: 'timeout' });
    observer.throttled({ groupId: 'g', budget: 'cloud_backups', seconds: 1.5 });
    observer.token({ credential: 'account', expiresAtSeconds: 99 });
    observer.token({ credential: 'account' });
    expect(await samplesOf(self)).toEqual(
      expect.arrayContaining([
        'api_requests_total{credential="key",operation="list_exports",code="401"} 1',
        'api_requests_total{credential="key",operation="list_exports",code="200"} 1',
        'api_requests_total{credential="key",operation="list_exports",code="error"} 1',
        'api_request_duration_seconds_count{operation="list_exports"} 3',
        'api_retries_total{operation="list_exports",reason="timeout"} 1',
        'api_throttled_seconds_total{group_id="g",budget="cloud_backups"} 1.5',
        'api_rate_limit_requests{group_id="g",budget="cloud_backups"} 1200',
        'api_rate_limit_remaining_requests{group_id="g",budget="cloud_backups"} 1100',
        'token_expiry_timestamp_seconds{credential="account"} 99',
        'token_requests_total{credential="account"} 2',
        'token_request_failures_total{credential="account"} 1',
      ]),
    );
  });

  test('have the waiting time of a project from its first request on, starting at zero', async () => {
    const self = setUp();
    self.observer.request(REQUEST);
    expect(await samplesOf(self)).toContain('api_throttled_seconds_total{group_id="g",budget="cloud_backups"} 0');
  });

  test('show whether the last reload was successful, and when credentials expire, as the config says at the moment', async () => {
    let lastReload = { successful: false, successAtSeconds: 5 };
    let credentials: { name: string; expiresAtSeconds?: number }[] = [
      { name: 'account', expiresAtSeconds: 7 },
      { name: 'key' },
    ];
    const self = setUp({ config: () => ({ credentials, lastReload }) });
    const expiries = async () => (await samplesOf(self)).filter((line) => line.startsWith('credential_expiry'));
    expect(await samplesOf(self)).toEqual(
      expect.arrayContaining(['config_last_reload_successful 0', 'config_last_reload_success_timestamp_seconds 5']),
    );
    expect(await expiries()).toEqual(['credential_expiry_timestamp_seconds{credential="account"} 7']);
    lastReload = { successful: true, successAtSeconds: 6 };
    credentials = [{ name: 'key' }];
    expect(await samplesOf(self)).toContain('config_last_reload_successful 1');
    expect(await expiries()).toEqual([]);
  });

  test('have the discoveries of projects too', async () => {
    const text = await setUp({ discoveries: () => [{ groupId: 'g', up: false }] }).registry.metrics();
    expect(text).toContain('mongodbatlas_backup_export_discovery_up{group_id="g"} 0\n');
  });

  test('of the process are those of Node.js, without the gauges whose names look like counters', async () => {
    const { registry } = setUp({ withProcessMetrics: true });
    const types = new Map((await registry.getMetricsAsJSON()).map(({ name, type }) => [name, String(type)]));
    expect([...types.keys()]).toEqual(
      expect.arrayContaining(['process_resident_memory_bytes', 'nodejs_active_resources']),
    );
    const misnamed = [...types].filter(([name, type]) => name.endsWith('_total') && type !== 'counter');
    expect(misnamed).toEqual([]);
  });
});

describe('the series of credentials and projects that left the config', () => {
  const ONLY_KEY: Named = { credentials: [{ name: 'key', mintsTokens: false }], groupIds: ['h'] };
  const isGone = (line: string) => /"account"|"g"/.test(line);

  /**
   * Reports every event that names a credential or a project: once for those that are removed and once for those that
   * stay.
   */
  function report({ observer }: SelfMetrics): void {
    for (const [credential, groupId] of [
      ['account', 'g'],
      ['key', 'h'],
    ] as const) {
      observer.request({ ...REQUEST, credential, groupId, rateLimit: { limit: 9, remaining: 8 } });
      observer.throttled({ groupId, budget: 'cloud_backups', seconds: 1 });
      observer.token({ credential, expiresAtSeconds: 7 });
      observer.token({ credential });
    }
  }

  test('are removed with them, and the others stay', async () => {
    const self = setUp();
    report(self);
    expect((await samplesOf(self)).filter(isGone)).toHaveLength(7);
    self.keepOnly(ONLY_KEY);
    expect((await samplesOf(self)).filter(isGone)).toEqual([]);
    report(self);
    expect(await samplesOf(self)).toEqual(
      expect.arrayContaining([
        'api_requests_total{credential="key",operation="list_exports",code="200"} 2',
        'api_throttled_seconds_total{group_id="h",budget="cloud_backups"} 2',
      ]),
    );
  });

  test('do not return when a request ends later', async () => {
    const self = setUp();
    report(self);
    self.keepOnly(ONLY_KEY);
    report(self);
    expect((await samplesOf(self)).filter(isGone)).toEqual([]);
    // The request itself took place: its duration counts.
    expect(await samplesOf(self)).toContain('api_request_duration_seconds_count{operation="list_exports"} 4');
  });

  test('begin at zero again if they return to the config', async () => {
    const self = setUp();
    report(self);
    self.keepOnly(ONLY_KEY);
    self.keepOnly(NAMED);
    expect((await samplesOf(self)).filter(isGone)).toEqual([
      'token_requests_total{credential="account"} 0',
      'token_request_failures_total{credential="account"} 0',
    ]);
    report(self);
    expect(await samplesOf(self)).toContain('token_requests_total{credential="account"} 2');
  });
});
