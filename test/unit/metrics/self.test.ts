import { describe, expect, test } from '@jest/globals';
import type { AtlasCounter } from '../../../src/atlas/observer.ts';
import { createSelfMetrics, registerDiscoveries, type SelfSettings } from '../../../src/metrics/self.ts';
import { createFakeRuntime } from '../../support/fake-runtime.ts';
import { newState, withRecord } from '../../support/states.ts';
import { createScripted } from '../polling/scripted-collector.ts';

const runtime = createFakeRuntime();
type SelfMetrics = ReturnType<typeof createSelfMetrics>;

const lastReload = { successful: true, successAtSeconds: 1_700_000_000 };
const CREDENTIALS = [
  { name: 'account', kind: 'service_account' },
  { name: 'key', kind: 'api_key' },
];
const SETTINGS: SelfSettings = {
  build: { version: '1.2.3', revision: 'abc', nodeVersion: 'v20' },
  withProcessMetrics: false,
  collectors: [
    createScripted('exports', runtime, { limits: ['jobs', 'codes'] }).collector,
    createScripted('schedule', runtime).collector,
    createScripted('snapshots', runtime, { limits: ['snapshots'] }).collector,
  ],
  states: () => [],
  discoveries: () => [],
  listings: () => [],
  credentials: () => CREDENTIALS,
  budgets: () => [],
  lastReload: () => lastReload,
  isAtlasReachable: () => undefined,
  lastTickAtSeconds: () => undefined,
  webCertificateExpiresAtSeconds: () => undefined,
};
const REQUEST: Parameters<AtlasCounter['request']>[0] = {
  credential: 'key',
  operation: 'list_exports',
  code: 200,
  durationSeconds: 0.2,
};

function setUp(settings: Partial<SelfSettings> = {}): SelfMetrics {
  return createSelfMetrics({ ...SETTINGS, ...settings });
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
    const self = setUp({ states: () => states, lastTickAtSeconds: () => 42 });
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
    const self = setUp({ shard: { index: 2, count: 3 }, isAtlasReachable: () => isAtlasReachable });
    expect(await samplesOf(self)).toEqual(
      expect.arrayContaining(['shard_count 3', 'shard_index 2', 'atlas_reachable 0']),
    );
    isAtlasReachable = true;
    expect(await samplesOf(self)).toContain('atlas_reachable 1');
  });

  test('count requests, retries and tokens', async () => {
    const self = setUp();
    const { observer } = self;
    observer.request({ ...REQUEST, code: 401 });
    observer.request(REQUEST);
    observer.request({ ...REQUEST, code: 'error' });
    observer.retry({ operation: 'list_exports', reason: 'timeout' });
    observer.token({ credential: 'account', expiresAtSeconds: 99 });
    observer.token({ credential: 'account' });
    expect(await samplesOf(self)).toEqual(
      expect.arrayContaining([
        'api_requests_total{credential="key",operation="list_exports",code="401"} 1',
        'api_requests_total{credential="key",operation="list_exports",code="200"} 1',
        'api_requests_total{credential="key",operation="list_exports",code="error"} 1',
        'api_request_duration_seconds_count{operation="list_exports"} 3',
        'api_retries_total{operation="list_exports",reason="timeout"} 1',
        'token_expiry_timestamp_seconds{credential="account"} 99',
        'token_requests_total{credential="account"} 2',
        'token_request_failures_total{credential="account"} 1',
      ]),
    );
  });

  test('show the budgets of the projects that are watched at the moment, also before Atlas tells its limit', async () => {
    const budget = { groupId: 'g', name: 'cloud_backups', throttledSeconds: 1.5 } as const;
    const atlas = { limit: 1200, remaining: 1100, ageSeconds: 3 };
    let budgets: ReturnType<SelfSettings['budgets']> = [
      { ...budget, atlas },
      { ...budget, groupId: 'h', throttledSeconds: 0 },
    ];
    const self = setUp({ budgets: () => budgets });
    const ofBudgets = async () => (await samplesOf(self)).filter((line) => line.includes('group_id'));
    expect(await ofBudgets()).toEqual([
      'api_throttled_seconds_total{group_id="g",budget="cloud_backups"} 1.5',
      'api_throttled_seconds_total{group_id="h",budget="cloud_backups"} 0',
      'api_rate_limit_requests{group_id="g",budget="cloud_backups"} 1200',
      'api_rate_limit_remaining_requests{group_id="g",budget="cloud_backups"} 1100',
    ]);
    budgets = [];
    expect(await ofBudgets()).toEqual([]);
  });

  test('show whether the last reload was successful, and when credentials expire, as the config says at the moment', async () => {
    let reload = { successful: false, successAtSeconds: 5 };
    let credentials: ReturnType<SelfSettings['credentials']> = [
      { name: 'account', kind: 'service_account', expiresAtSeconds: 7 },
      { name: 'key', kind: 'api_key' },
    ];
    const self = setUp({ credentials: () => credentials, lastReload: () => reload });
    const expiries = async () => (await samplesOf(self)).filter((line) => line.startsWith('credential_expiry'));
    expect(await samplesOf(self)).toEqual(
      expect.arrayContaining(['config_last_reload_successful 0', 'config_last_reload_success_timestamp_seconds 5']),
    );
    expect(await expiries()).toEqual(['credential_expiry_timestamp_seconds{credential="account"} 7']);
    reload = { successful: true, successAtSeconds: 6 };
    credentials = [{ name: 'key', kind: 'api_key' }];
    expect(await samplesOf(self)).toContain('config_last_reload_successful 1');
    expect(await expiries()).toEqual([]);
  });

  test('have the discoveries of projects too', async () => {
    const text = await setUp({ discoveries: () => [{ groupId: 'g', tried: true, up: false }] }).registry.metrics();
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

describe('the series of credentials that left the config', () => {
  const ONLY_KEY = CREDENTIALS.filter(({ name }) => name === 'key');

  function setUpChanging() {
    let credentials = CREDENTIALS;
    const self = setUp({ credentials: () => credentials });
    /** Reports every event that names a credential: once for the one that is removed and once for the one that stays. */
    function report(): void {
      for (const credential of ['account', 'key']) {
        self.observer.request({ ...REQUEST, credential });
        self.observer.token({ credential, expiresAtSeconds: 7 });
        self.observer.token({ credential });
      }
    }
    function keepOnly(kept: typeof CREDENTIALS): void {
      credentials = kept;
    }
    const gone = async () => (await samplesOf(self)).filter((line) => line.includes('"account"'));
    return { self, report, keepOnly, gone };
  }

  test('are removed with them, and the others stay', async () => {
    const { self, report, keepOnly, gone } = setUpChanging();
    report();
    expect(await gone()).toHaveLength(4);
    keepOnly(ONLY_KEY);
    expect(await gone()).toEqual([]);
    report();
    expect(await samplesOf(self)).toContain(
      'api_requests_total{credential="key",operation="list_exports",code="200"} 2',
    );
  });

  test('do not return when a request ends later', async () => {
    const { self, report, keepOnly, gone } = setUpChanging();
    report();
    keepOnly(ONLY_KEY);
    report();
    expect(await gone()).toEqual([]);
    // The request itself took place: its duration counts.
    expect(await samplesOf(self)).toContain('api_request_duration_seconds_count{operation="list_exports"} 4');
  });

  test('begin at zero again if they return to the config after a scrape', async () => {
    const { self, report, keepOnly, gone } = setUpChanging();
    report();
    keepOnly(ONLY_KEY);
    expect(await gone()).toEqual([]);
    keepOnly(CREDENTIALS);
    expect(await gone()).toEqual([
      'token_requests_total{credential="account"} 0',
      'token_request_failures_total{credential="account"} 0',
    ]);
    report();
    expect(await samplesOf(self)).toContain('token_requests_total{credential="account"} 2');
  });
});

test('a project and a credential have their own series of its discovery, from the start to its end', async () => {
  let facts: ReturnType<SelfSettings['discoveries']> = [{ groupId: 'a', credential: 'c', tried: true, up: false }];
  let listings: ReturnType<SelfSettings['listings']> = [];
  const registry = registerDiscoveries({ discoveries: () => facts, listings: () => listings });
  const lines = async () => (await registry.metrics()).split('\n').filter((line) => /^\w/.test(line));
  expect(await lines()).toEqual(['mongodbatlas_backup_export_discovery_up{group_id="a"} 0']);
  facts = [
    { groupId: 'a', credential: 'c', tried: true, up: true, goodAtSeconds: 7 },
    {
      groupId: 'b',
      credential: 'c',
      tried: true,
      up: false,
      failure: { reason: 'forbidden', problem: '', advice: '' },
      goodAtSeconds: 5,
    },
  ];
  expect(await lines()).toEqual([
    'mongodbatlas_backup_export_discovery_up{group_id="a"} 1',
    'mongodbatlas_backup_export_discovery_up{group_id="b"} 0',
    'mongodbatlas_backup_export_discovery_failing{group_id="b",credential="c",reason="forbidden"} 1',
    'mongodbatlas_backup_export_last_discovery_success_timestamp_seconds{group_id="a"} 7',
    'mongodbatlas_backup_export_last_discovery_success_timestamp_seconds{group_id="b"} 5',
  ]);
  facts = [];
  listings = [{ credential: 'main', tried: true, projects: 1, up: true, goodAtSeconds: 9 }];
  expect(await lines()).toEqual([
    'mongodbatlas_backup_export_projects_discovery_up{credential="main"} 1',
    'mongodbatlas_backup_export_last_projects_discovery_success_timestamp_seconds{credential="main"} 9',
  ]);
  listings = [];
  expect(await lines()).toEqual([]);
});
