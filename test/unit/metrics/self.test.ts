import { describe, expect, test } from '@jest/globals';
import { createSelfMetrics, type Named, type SelfSettings } from '../../../src/metrics/self.ts';
import { polledState } from '../../support/states.ts';

const SETTINGS: SelfSettings = {
  build: { version: '1.2.3', revision: 'abc', nodeVersion: 'v20' },
  config: () => ({
    credentials: [{ name: 'account', expiresAtSeconds: 1_800_000_000 }, { name: 'key' }],
    lastReload: { successful: true, successAtSeconds: 1_700_000_000 },
  }),
  withProcessMetrics: false,
  states: () => [],
  discoveries: () => [],
  lastTickAtSeconds: () => undefined,
};

const NAMED: Named = {
  credentials: [
    { name: 'account', mintsTokens: true },
    { name: 'key', mintsTokens: false },
  ],
  groupIds: ['g'],
};

const emptyConfig: SelfSettings['config'] = () => ({
  credentials: [],
  lastReload: { successful: true, successAtSeconds: 0 },
});

async function linesOf(
  settings: Partial<SelfSettings>,
  act: (self: ReturnType<typeof createSelfMetrics>) => void = () => undefined,
) {
  const self = createSelfMetrics({ ...SETTINGS, ...settings });
  self.expect(NAMED);
  self.settle(NAMED);
  act(self);
  const text = await self.registry.metrics();
  return text
    .replaceAll('mongodbatlas_backup_exporter_', '')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
}

describe('the program’s own metrics', () => {
  test('tell at the start what is built, watched and granted, and nothing that has not happened', async () => {
    expect(await linesOf({})).toEqual([
      'build_info{version="1.2.3",revision="abc",node_version="v20"} 1',
      'targets 0',
      'series_dropped{limit="active_jobs"} 0',
      'series_dropped{limit="error_codes"} 0',
      'series_dropped{limit="export_buckets"} 0',
      'token_requests_total{credential="account"} 0',
      'token_request_failures_total{credential="account"} 0',
      'config_last_reload_successful 1',
      'config_last_reload_success_timestamp_seconds 1700000000',
      'credential_expiry_timestamp_seconds{credential="account"} 1800000000',
    ]);
  });

  test('count targets and what caps drop over all of them, and tell of the last tick', async () => {
    const state = polledState([]);
    const dropped = { pages: 1, jobs: 9, dropped: { active_jobs: 3, error_codes: 1 } };
    const lines = await linesOf({
      states: () => [state, { ...state, exports: { ...state.exports, read: dropped } }],
      lastTickAtSeconds: () => 42,
    });
    expect(lines).toEqual(
      expect.arrayContaining([
        'targets 2',
        'series_dropped{limit="active_jobs"} 3',
        'series_dropped{limit="error_codes"} 1',
        'scheduler_last_tick_timestamp_seconds 42',
      ]),
    );
  });

  test('count requests, retries, waiting and tokens', async () => {
    const discoveries = () => [{ groupId: 'g', up: false }];
    const lines = await linesOf({ discoveries }, ({ observer }) => {
      const request = {
        credential: 'key',
        operation: 'list_exports',
        durationSeconds: 0.2,
        groupId: 'g',
        budget: 'cloud_backups',
      } as const;
      observer.request({ ...request, code: 401 });
      observer.request({ ...request, code: 200, rateLimit: { limit: 1200, remaining: 1100 } });
      observer.request({ ...request, code: 'error' });
      observer.retry({ operation: 'list_exports', reason: 'timeout' });
      observer.throttled({ groupId: 'g', budget: 'cloud_backups', seconds: 1.5 });
      observer.token({ credential: 'account', expiresAtSeconds: 99 });
      observer.token({ credential: 'account' });
    });
    expect(lines).toEqual(
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

  test('say whether the config in force is the one that was read last', async () => {
    const lastReload = { successful: false, successAtSeconds: 5 };
    const lines = await linesOf({ config: () => ({ credentials: [], lastReload }) });
    expect(lines).toContain('config_last_reload_successful 0');
    expect(lines).toContain('config_last_reload_success_timestamp_seconds 5');
  });

  test('leave out credentials and projects that are gone, also where something is still heard of them', async () => {
    const events = ({ observer }: ReturnType<typeof createSelfMetrics>): void => {
      for (const [credential, groupId] of [
        ['account', 'g'],
        ['key', 'h'],
      ] as const) {
        const common = { credential, groupId, budget: 'cloud_backups' } as const;
        const rateLimit = { limit: 9, remaining: 8 };
        observer.request({ ...common, operation: 'list_exports', code: 200, durationSeconds: 1, rateLimit });
        observer.throttled({ ...common, seconds: 1 });
        observer.token({ credential, expiresAtSeconds: 7 });
      }
    };
    const both: Named = { ...NAMED, groupIds: ['g', 'h'] };
    const one: Named = { credentials: [{ name: 'key', mintsTokens: false }], groupIds: ['h'] };
    const gone = /account|"g"/;
    const before = await linesOf({ config: emptyConfig }, (self) => {
      self.expect(both);
      self.settle(both);
      events(self);
    });
    expect(before.filter((line) => gone.test(line))).toHaveLength(7);
    const after = await linesOf({ config: emptyConfig }, (self) => {
      self.expect(both);
      self.settle(both);
      events(self);
      self.expect(one);
      self.settle(one);
      events(self);
    });
    expect(after.filter((line) => gone.test(line))).toEqual([]);
    expect(after).toContain('api_requests_total{credential="key",operation="list_exports",code="200"} 2');
    expect(after).toContain('api_throttled_seconds_total{group_id="h",budget="cloud_backups"} 2');
  });

  test('count whoever is expected, and keep who was told of until that is settled', async () => {
    const token = (credential: string) => ({ credential, expiresAtSeconds: 7 });
    const next: Named = { credentials: [{ name: 'new', mintsTokens: true }], groupIds: [] };
    const last: Named = { credentials: [{ name: 'newest', mintsTokens: true }], groupIds: [] };
    const lines = await linesOf({ config: emptyConfig }, ({ observer, expect: isExpected, settle }) => {
      isExpected(next);
      observer.token(token('new'));
      observer.token(token('account'));
      isExpected(last);
      observer.token(token('newest'));
      // Overtaken: what is expected since is not lost.
      settle(next);
      observer.token(token('newest'));
    });
    expect(lines).toEqual(
      expect.arrayContaining(
        ['new', 'account', 'newest'].map(
          (name, index) => `token_requests_total{credential="${name}"} ${[1, 1, 2][index]}`,
        ),
      ),
    );
  });

  test('of a project’s budgets begin with its first request and go with the project', async () => {
    const lane = { budget: 'cloud_backups', rateLimit: { limit: 9, remaining: 8 } } as const;
    const event = { credential: 'key', operation: 'list_exports', durationSeconds: 1, code: 200 } as const;
    const self = createSelfMetrics(SETTINGS);
    const short = (line: string) => line.replace('mongodbatlas_backup_exporter_api_', '').replace(/,budget="\w+"/, '');
    const series = async () => (await self.registry.metrics()).match(/^\w+api_(throttled|rate)\w+{.*$/gm)?.map(short);
    const both: Named = { ...NAMED, groupIds: ['g', 'h'] };
    self.expect(both);
    self.settle(both);
    for (const groupId of ['g', 'h', 'unknown']) self.observer.request({ ...event, ...lane, groupId });
    self.observer.throttled({ ...lane, groupId: 'h', seconds: 2 });
    self.observer.throttled({ ...lane, groupId: 'h', seconds: 3 });
    self.observer.request({ ...event, ...lane, groupId: 'h', rateLimit: undefined });
    const ofG = ['throttled_seconds_total', 'rate_limit_requests', 'rate_limit_remaining_requests'].map(
      (name, index) => `${name}{group_id="g"} ${[0, 9, 8][index]}`,
    );
    expect(await series()).toEqual([
      ofG[0],
      'throttled_seconds_total{group_id="h"} 5',
      ofG[1],
      'rate_limit_requests{group_id="h"} 9',
      ofG[2],
      'rate_limit_remaining_requests{group_id="h"} 8',
    ]);
    const one: Named = { ...NAMED, groupIds: ['g'] };
    self.expect(one);
    self.settle(one);
    expect(await series()).toEqual(ofG);
  });

  test('of the process are Node’s, without those whose names promise counters', async () => {
    const names = new Set((await linesOf({ withProcessMetrics: true })).map((line) => /^\w+/.exec(line)?.[0] ?? ''));
    expect(names).toContain('process_resident_memory_bytes');
    expect(names).toContain('nodejs_active_resources');
    expect([...names].filter((name) => /^nodejs_active_\w+_total$/.test(name))).toEqual([]);
  });
});
