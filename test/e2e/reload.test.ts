/** Reloads of the config: simulated Atlas, real sockets, the whole daemon. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import type { Config, CredentialConfig } from '../../src/config/config.ts';
import type { NamedTarget } from '../../src/polling/targets.ts';
import { defaultCredentials, type Simulator } from '../../src/simulator/simulator.ts';
import { atlas, closeLater, project } from '../support/atlas.ts';
import {
  type ConfigParts,
  CREDENTIALS,
  configFor,
  type DaemonOptions,
  type RunningDaemon,
  runDaemon,
  secret,
  TIMES,
} from '../support/daemon.ts';
import { createFastRuntime } from '../support/fast-runtime.ts';
import { job } from '../support/jobs.ts';
import { seriesOf } from '../support/series.ts';
import { GROUP_ID } from '../support/states.ts';

const OTHER_GROUP_ID = '5e0000000000000000000002';
const MONTH_SECONDS = 30 * 86_400;
/** So long that every further poll must have another cause than the interval. */
const RARELY = {
  intervalSeconds: MONTH_SECONDS,
  idleIntervalSeconds: MONTH_SECONDS,
  maxStaleSeconds: 3 * MONTH_SECONDS,
};

const clusters = (...names: string[]) => names.map((name) => ({ name, exports: [job('Successful')] }));

async function watch(config: Config, options: DaemonOptions = {}): Promise<RunningDaemon> {
  const running = await runDaemon(config, options);
  closeLater({ close: running.daemon.stop });
  return running;
}

const named = (clusterName: string, settings: Partial<NamedTarget> = {}): NamedTarget => ({
  groupId: GROUP_ID,
  clusterName,
  credential: 'token',
  ...settings,
});
const polled = (count: number) => (polls: Record<string, number>) =>
  Object.values(polls).filter((value) => value > 0).length >= count;
const listings = ({ requests }: Simulator) => requests.filter(({ path }) => path.includes('/backup/exports'));
/** The same account as new objects, as after reading the config again. */
const accountAgain = (clientSecret = defaultCredentials.clientSecret): CredentialConfig => ({
  name: 'account',
  kind: 'service_account',
  secrets: {
    client_id: secret(defaultCredentials.clientId),
    client_secret: secret(clientSecret),
  },
});

const discovery = { groupId: GROUP_ID, credential: 'token', exclude: [], discoveryIntervalSeconds: MONTH_SECONDS };

test('the first scrape after a reload shows all of the new config and nothing of the old one', async () => {
  const simulator = await atlas([project(clusters('a', 'shared')), project(clusters('b'), { id: OTHER_GROUP_ID })]);
  const config = (credential: string, durationMaxSeconds: number, names: readonly string[], groupId: string): Config =>
    configFor(simulator, {
      credentials: [{ ...CREDENTIALS.token, name: credential, expiresAtSeconds: 1_900_000_000 }],
      targets: names.map((name) => named(name, { credential, durationMaxSeconds })),
      discoveries: [{ ...discovery, groupId, credential }],
      polling: RARELY,
    });
  const { reload, until, metrics } = await watch(config('old', 100, ['a', 'shared'], GROUP_ID));
  await until('export_up', polled(2));
  await reload(config('new', 200, ['shared'], OTHER_GROUP_ID));
  const page = await metrics();
  const values = (name: string) => seriesOf(page, name);
  expect(values('export_duration_max_seconds')).toEqual({ shared: 200 });
  expect(values('export_up')).toEqual({ shared: 1 });
  expect(values('exporter_targets')).toEqual({ '': 1 });
  expect(Object.keys(values('exporter_credential_expiry_timestamp_seconds'))).toEqual(['new']);
  expect(page.match(/^mongodbatlas_backup_export_discovery_up\{.*$/gm)).toEqual([
    `mongodbatlas_backup_export_discovery_up{group_id="${OTHER_GROUP_ID}"} 0`,
  ]);
});

describe('a target that stays', () => {
  test('keeps its state and its token; new settings show without a poll', async () => {
    const simulator = await atlas([project(clusters('one'))]);
    const parts = (settings: Partial<NamedTarget>): ConfigParts => ({
      credentials: [accountAgain()],
      targets: [named('one', { credential: 'account', ...settings })],
      polling: RARELY,
    });
    const { reload, series, until } = await watch(configFor(simulator, parts({ successMaxAgeSeconds: 100 })));
    await until('export_up', polled(1));
    expect(await series('export_success_max_age_seconds')).toEqual({ one: 100 });
    const expiry = await series('exporter_token_expiry_timestamp_seconds');
    const outcome = await reload(configFor(simulator, parts({ successMaxAgeSeconds: 200 })));
    expect(outcome.text).toBe('The config is reloaded. Targets: 0 added, 0 removed, 1 kept.');
    await until('export_success_max_age_seconds', ({ one }) => one === 200);
    expect(await series('export_polls_total')).toEqual({ one: 1 });
    expect(await series('export_last_success_duration_seconds')).toEqual({ one: 780 });
    expect(await series('exporter_token_requests_total')).toEqual({ account: 1 });
    expect(await series('exporter_token_expiry_timestamp_seconds')).toEqual(expiry);
    expect(listings(simulator)).toHaveLength(1);
  });

  test('is polled at once, with a new token, if its credential changed', async () => {
    const simulator = await atlas([project(clusters('one'))]);
    const config = (clientSecret: string): Config =>
      configFor(simulator, {
        credentials: [accountAgain(clientSecret)],
        targets: [named('one', { credential: 'account' })],
        polling: RARELY,
      });
    const { reload, until, series } = await watch(config('mdb_sa_sk_wrong'));
    await until('export_up', ({ one }) => one === 0);
    expect((await reload(config(defaultCredentials.clientSecret))).status).toBe(200);
    await until('export_up', ({ one }) => one === 1);
    expect(await series('export_polls_total')).toEqual({ one: 2 });
    expect(await series('exporter_token_requests_total')).toEqual({ account: 2 });
  });

  test('is polled at the new interval', async () => {
    const simulator = await atlas([project(clusters('one'))]);
    const target = { targets: [named('one')] };
    const { reload, until, series } = await watch(configFor(simulator, { ...target, polling: RARELY }));
    await until('export_up', polled(1));
    expect(await series('export_poll_interval_seconds')).toEqual({ one: MONTH_SECONDS });
    await reload(configFor(simulator, target));
    await until('export_poll_interval_seconds', ({ one }) => one === 1);
    await until('export_polls_total', ({ one = 0 }) => one >= 3);
  });

  test('is read with the new page size and from the new URL', async () => {
    const [before, after] = [await atlas([project(clusters('one'))]), await atlas([project(clusters('one'))])];
    const parts = () => ({
      credentials: [accountAgain()],
      targets: [named('one', { credential: 'account' })],
      polling: RARELY,
    });
    const { reload, until, series } = await watch(configFor(before, parts()));
    await until('export_up', polled(1));
    await reload(configFor(after, { ...parts(), atlas: { pageSize: 7 } }));
    await until('export_polls_total', ({ one }) => one === 2);
    expect(listings(before)).toHaveLength(1);
    // The token of the old URL is never sent to the new one: Atlas would refuse it.
    expect(Object.keys(await series('exporter_api_requests_total')).filter((labels) => /40[0-9]/.test(labels))).toEqual(
      [],
    );
    expect(await series('exporter_token_requests_total')).toEqual({ account: 2 });
    expect(listings(after).map(({ path }) => /itemsPerPage=\d+/.exec(path)?.[0])).toEqual(['itemsPerPage=7']);
  });

  test('uses no more of the budget of its project because of reloads', async () => {
    const simulator = await atlas([project(clusters(...Array.from({ length: 40 }, (_, index) => `c${index}`)))]);
    // The budget allows ten requests at once, then one every two seconds.
    const config = (from: number): Config =>
      configFor(simulator, {
        atlas: { requestsPerMinute: 30 },
        targets: Array.from({ length: 20 }, (_, index) => named(`c${from + index}`)),
        polling: RARELY,
      });
    const runtime = createFastRuntime(TIMES);
    const { reload, until } = await watch(config(0), { runtime });
    const startedAtSeconds = runtime.monotonicSeconds();
    await until('export_up', polled(10));
    for (const from of [20, 0, 20]) await reload(config(from));
    await until('export_up', polled(2));
    const sent = listings(simulator).length;
    expect(sent).toBeLessThanOrEqual(10 + (runtime.monotonicSeconds() - startedAtSeconds) / 2 + 1);
  });
});

describe('after a reload', () => {
  test('a removed target disappears and its running poll is aborted; a new target is polled at once', async () => {
    const cutOff: string[] = [];
    const simulator = await atlas([project(clusters('stays', 'comes'))]);
    const server = createServer((request, response) => {
      const url = request.url ?? '';
      response.on('close', () => cutOff.push(url));
      if (url.includes('/goes/')) return;
      const { authorization = '', accept = '' } = request.headers;
      fetch(`${simulator.origin}${url}`, { headers: { authorization, accept } })
        .then(async (answer) => {
          response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
        })
        .catch(() => response.destroy());
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    closeLater(server);
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { reload, until, series } = await watch(
      configFor({ origin }, { targets: [named('stays'), named('goes')], polling: RARELY }),
    );
    await until('export_up', polled(1));
    const next = configFor({ origin }, { targets: [named('stays'), named('comes')], polling: RARELY });
    expect((await reload(next)).text).toBe('The config is reloaded. Targets: 1 added, 1 removed, 1 kept.');
    await until('export_up', polled(2));
    expect(await series('export_polls_total')).toEqual({ stays: 1, comes: 1 });
    expect(cutOff.filter((url) => url.includes('/goes/'))).toHaveLength(1);
  });

  test('the series of removed credentials, projects and discoveries disappear', async () => {
    const simulator = await atlas([project(clusters('one')), project(clusters('two'), { id: OTHER_GROUP_ID })], {
      enforceRateLimit: true,
    });
    const discovery = {
      groupId: OTHER_GROUP_ID,
      credential: 'account',
      exclude: [],
      discoveryIntervalSeconds: MONTH_SECONDS,
    };
    const { reload, until, metrics } = await watch(
      configFor(simulator, {
        credentials: [CREDENTIALS.token, { ...accountAgain(), expiresAtSeconds: 1_900_000_000 }],
        targets: [named('one')],
        discoveries: [discovery],
        polling: RARELY,
      }),
    );
    await until('export_up', polled(2));
    const gone = new RegExp(`^\\w+{.*("account"|"${OTHER_GROUP_ID}")`, 'gm');
    const names = new Set([...(await metrics()).matchAll(gone)].map(([line]) => /^\w+/.exec(line)?.[0]));
    for (const name of ['api_requests_total', 'token_requests_total', 'credential_expiry_timestamp_seconds']) {
      expect(names).toContain(`mongodbatlas_backup_exporter_${name}`);
    }
    expect(names).toContain('mongodbatlas_backup_export_discovery_up');
    await reload(configFor(simulator, { targets: [named('one')], polling: RARELY }));
    await until('exporter_targets', (targets) => targets[''] === 1);
    expect([...(await metrics()).matchAll(gone)].map(([line]) => line)).toEqual([]);
    expect(await metrics()).toMatch(/api_requests_total\{credential="token"/);
  });
});

describe('a removed service account', () => {
  test('has its token revoked, and so has one whose source changed', async () => {
    const simulator = await atlas([project(clusters('one'))]);
    const config = (...credentials: CredentialConfig[]): Config =>
      configFor(simulator, {
        credentials: [CREDENTIALS.token, ...credentials],
        targets: [named('one', credentials.length > 0 ? { credential: 'account' } : {})],
        polling: RARELY,
      });
    const revocations = () => simulator.requests.filter(({ path }) => path.includes('revoke')).length;
    const { reload, until, daemon, metrics } = await watch(config(accountAgain()));
    await until('export_up', polled(1));
    const moved = { ...secret(defaultCredentials.clientId), identity: 'another place' };
    await reload(config({ ...accountAgain(), secrets: { ...accountAgain().secrets, client_id: moved } }));
    await until('export_polls_total', ({ one }) => one === 2);
    await until('exporter_targets', () => revocations() === 1);
    await reload(config());
    await until('exporter_targets', () => revocations() === 2);
    await until('export_polls_total', ({ one }) => one === 3);
    expect(await metrics()).not.toContain('"account"');
    await daemon.stop();
    expect(revocations()).toBe(2);
  });
});

describe('a project', () => {
  test('keeps its discovered clusters and its name; a new exclude applies without a request', async () => {
    const simulator = await atlas([project(clusters('a', 'b', 'c'))]);
    const config = (exclude: string[]): Config =>
      configFor(simulator, { discoveries: [{ ...discovery, exclude }], polling: RARELY });
    const { reload, until, series } = await watch(config(['c']));
    await until('export_up', polled(2));
    await until('export_target_info', (info) => Object.keys(info).every((labels) => labels.includes('Shop')));
    await reload(config(['a']));
    await until('export_up', (up) => 'c' in up);
    expect(await series('export_polls_total')).toEqual({ b: 1, c: 1 });
    expect(Object.keys(await series('export_target_info'))).toEqual(['b,token,Shop,b,', 'c,token,Shop,c,']);
    const others = simulator.requests.filter(({ path }) => !path.includes('/backup/'));
    expect(others).toHaveLength(2);
  });

  test('has no series of schedules while they are not read', async () => {
    const clusters = [{ name: 'one', exports: [], schedule: { autoExportEnabled: false } }];
    const simulator = await atlas([{ id: GROUP_ID, name: 'Shop', clusters }]);
    const config = (readSchedule: boolean): Config =>
      configFor(simulator, { targets: [named('one')], polling: { isRead: { schedule: readSchedule } } });
    const { reload, until } = await watch(config(true));
    await until('export_auto_export_enabled', ({ one }) => one === 0);
    await reload(config(false));
    await until('export_auto_export_enabled', ({ one }) => one === undefined);
    await until('export_schedule_up', ({ one }) => one === undefined);
    await reload(config(true));
    await until('export_schedule_up', ({ one }) => one === 1);
  });
});

describe('an invalid config', () => {
  test('changes nothing, and a metric shows it until a valid one is read', async () => {
    const simulator = await atlas([project(clusters('one'))]);
    const config = configFor(simulator, { targets: [named('one')], polling: RARELY });
    const { reload, until, series, logLines } = await watch(config);
    await until('export_up', polled(1));
    expect(await series('exporter_config_last_reload_successful')).toEqual({ '': 1 });
    const { '': at } = await series('exporter_config_last_reload_success_timestamp_seconds');
    const problems = [
      { file: 'x.yml', line: 3, column: 7, message: 'is wrong' },
      { file: 'x.yml', line: 5, column: 1, message: 'is worse' },
    ];
    expect(await reload({ problems })).toEqual({
      status: 400,
      text: 'x.yml:3:7: is wrong\nx.yml:5:1: is worse',
    });
    await until('exporter_config_last_reload_successful', (one) => one[''] === 0);
    expect(await series('exporter_config_last_reload_success_timestamp_seconds')).toEqual({ '': at });
    expect(await series('export_up')).toEqual({ one: 1 });
    expect(logLines.at(-1)).toMatchObject({ level: 'error', problems: ['x.yml:3:7: is wrong', 'x.yml:5:1: is worse'] });
    await reload({ config, warnings: ['mind this'], configFiles: ['/x.yml'] });
    await until('exporter_config_last_reload_successful', (one) => one[''] === 1);
    const { '': later = 0 } = await series('exporter_config_last_reload_success_timestamp_seconds');
    expect(later).toBeGreaterThan(at ?? Number.POSITIVE_INFINITY);
    expect(logLines.slice(-2)).toEqual([
      expect.objectContaining({ level: 'warn', msg: 'mind this' }),
      expect.objectContaining({
        msg: 'config reloaded',
        cause: 'SIGHUP',
        config_file: '/x.yml',
        added: 0,
        removed: 0,
        kept: 1,
      }),
    ]);
  });
});

describe('POST /-/reload', () => {
  test('reloads, and answers an invalid config with all its problems', async () => {
    const simulator = await atlas([project(clusters('one'))]);
    const config = configFor(simulator, { targets: [named('one')] });
    const { url, reload } = await watch(config, { enableLifecycle: true });
    const ask = async (init: RequestInit): Promise<string> => {
      const response = await fetch(`${url}/-/reload`, init);
      return `${response.status} ${await response.text()}`;
    };
    expect(await ask({ method: 'POST' })).toBe('200 The config is reloaded. Targets: 0 added, 0 removed, 1 kept.\n');
    await reload({ problems: [{ file: 'x.yml', line: 3, column: 7, message: 'is wrong' }, { message: 'is missing' }] });
    expect(await ask({ method: 'POST' })).toBe('400 x.yml:3:7: is wrong\nis missing\n');
  });
});
