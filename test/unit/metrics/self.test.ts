import { describe, expect, test } from '@jest/globals';
import { createSelfMetrics, type SelfSettings } from '../../../src/metrics/self.ts';
import { GROUP_ID, polledState } from '../../support/states.ts';

const SETTINGS: SelfSettings = {
  build: { version: '1.2.3', revision: 'abc', nodeVersion: 'v20' },
  credentials: [
    { name: 'account', mintsTokens: true, expiresAtSeconds: 1_800_000_000 },
    { name: 'key', mintsTokens: false },
  ],
  withProcessMetrics: false,
  states: () => [],
  discoveries: () => [],
  lastTickAtSeconds: () => undefined,
};

async function linesOf(
  settings: Partial<SelfSettings>,
  act: (self: ReturnType<typeof createSelfMetrics>) => void = () => undefined,
) {
  const self = createSelfMetrics({ ...SETTINGS, ...settings });
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
      'credential_expiry_timestamp_seconds{credential="account"} 1800000000',
      'token_requests_total{credential="account"} 0',
      'token_request_failures_total{credential="account"} 0',
    ]);
  });

  test('count targets and what caps drop over all of them, and tell of the last tick', async () => {
    const state = polledState([]);
    const dropped = { pages: 1, jobs: 9, dropped: { active_jobs: 3, error_codes: 1, export_buckets: 2 } };
    const lines = await linesOf({
      states: () => [state, { ...state, exports: { ...state.exports, read: dropped } }],
      lastTickAtSeconds: () => 42,
    });
    expect(lines).toEqual(
      expect.arrayContaining([
        'targets 2',
        'series_dropped{limit="active_jobs"} 3',
        'series_dropped{limit="error_codes"} 1',
        'series_dropped{limit="export_buckets"} 2',
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

  test('of a project’s budgets begin with its first request and go with the project', async () => {
    const lane = { budget: 'cloud_backups', rateLimit: { limit: 9, remaining: 8 } } as const;
    const event = { credential: 'key', operation: 'list_exports', durationSeconds: 1, code: 200 } as const;
    let found = [{ groupId: 'found', up: true }];
    const states = () => [polledState([])];
    const self = createSelfMetrics({ ...SETTINGS, states, discoveries: () => found });
    const series = async () => (await self.registry.metrics()).match(/^\w+api_(throttled|rate)\w+{.*$/gm)?.map(short);
    const short = (line: string) => line.replace('mongodbatlas_backup_exporter_api_', '').replace(/,budget="\w+"/, '');
    for (const groupId of [GROUP_ID, 'found', 'unknown']) self.observer.request({ ...event, ...lane, groupId });
    self.observer.throttled({ ...lane, groupId: 'found', seconds: 2 });
    self.observer.throttled({ ...lane, groupId: 'found', seconds: 3 });
    self.observer.request({ ...event, ...lane, groupId: 'found', rateLimit: undefined });
    const ofNamed = (name: string, value: number) => `${name}{group_id="${GROUP_ID}"} ${value}`;
    expect(await series()).toEqual([
      ofNamed('throttled_seconds_total', 0),
      'throttled_seconds_total{group_id="found"} 5',
      ofNamed('rate_limit_requests', 9),
      'rate_limit_requests{group_id="found"} 9',
      ofNamed('rate_limit_remaining_requests', 8),
      'rate_limit_remaining_requests{group_id="found"} 8',
    ]);
    expect(await series()).toHaveLength(6);
    found = [];
    expect(await series()).toEqual([
      ofNamed('throttled_seconds_total', 0),
      ofNamed('rate_limit_requests', 9),
      ofNamed('rate_limit_remaining_requests', 8),
    ]);
  });

  test('of the process are Node’s, without those whose names promise counters', async () => {
    const names = new Set((await linesOf({ withProcessMetrics: true })).map((line) => /^\w+/.exec(line)?.[0] ?? ''));
    expect(names).toContain('process_resident_memory_bytes');
    expect(names).toContain('nodejs_active_resources');
    expect([...names].filter((name) => /^nodejs_active_\w+_total$/.test(name))).toEqual([]);
  });
});
