/** Another config while the program runs: simulated Atlas, real sockets, the whole daemon. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type DaemonSettings, startDaemon } from '../../src/app/daemon.ts';
import type { Config, CredentialConfig } from '../../src/config/config.ts';
import type { NamedTarget } from '../../src/polling/targets.ts';
import {
  defaultCredentials,
  type Simulator,
  type SimulatorOptions,
  startSimulator,
} from '../../src/simulator/simulator.ts';
import { createFixedWorld, type FixedProject } from '../../src/simulator/world.ts';
import { lookAt } from '../../src/support/file-watch.ts';
import { systemRuntime } from '../../src/support/runtime.ts';
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
import { createRecordingLog } from '../support/recording-log.ts';
import { GROUP_ID } from '../support/states.ts';

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

const OTHER_GROUP_ID = '5e0000000000000000000002';
const MONTH_SECONDS = 30 * 86_400;
/** No beat of the grid falls into a test: what is polled is so for another reason. */
const RARELY = {
  intervalSeconds: MONTH_SECONDS,
  idleIntervalSeconds: MONTH_SECONDS,
  maxStaleSeconds: 3 * MONTH_SECONDS,
};

function project(names: readonly string[], id = GROUP_ID): FixedProject {
  return { id, name: 'Shop', clusters: names.map((name) => ({ name, exports: [job('Successful')] })) };
}

async function atlas(projects: readonly FixedProject[], options: Partial<SimulatorOptions> = {}): Promise<Simulator> {
  const simulator = await startSimulator({ world: createFixedWorld(projects), ...options });
  open.push(simulator);
  return simulator;
}

async function watch(config: Config, options: DaemonOptions = {}): Promise<RunningDaemon> {
  const running = await runDaemon(config, options);
  open.push({ close: running.daemon.stop });
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
/** The same account, read anew: other objects, nothing else. */
const accountAgain = (clientSecret = defaultCredentials.clientSecret): CredentialConfig => ({
  name: 'account',
  kind: 'service_account',
  secrets: {
    client_id: secret(defaultCredentials.clientId),
    client_secret: secret(clientSecret),
  },
});

/** What a page says of which targets there are, in four ways, and of what else is the config's. */
function pageFacts(text: string) {
  const all = (pattern: RegExp): readonly string[] => [...text.matchAll(pattern)].map(([, one = '']) => one).sort();
  return {
    count: Number(/^mongodbatlas_backup_exporter_targets (\d+)$/m.exec(text)?.[1]),
    configured: all(/^mongodbatlas_backup_export_target_info\{.*cluster_name="([\w-]+)"/gm),
    counted: all(/^mongodbatlas_backup_export_polls_total\{.*cluster_name="([\w-]+)"/gm),
    up: all(/^mongodbatlas_backup_export_up\{.*cluster_name="([\w-]+)"/gm),
    limits: all(/^mongodbatlas_backup_export_duration_max_seconds\{.* (\d+)$/gm),
    expiries: all(/^mongodbatlas_backup_exporter_credential_expiry_timestamp_seconds\{credential="([\w-]+)"/gm),
    searched: all(/^mongodbatlas_backup_export_discovery_up\{group_id="(\w+)"/gm),
  };
}

/** Scrapes as fast as it can, in all formats in turn, until told to stop. */
function scrapeInATightLoop(url: string) {
  const pages: ReturnType<typeof pageFacts>[] = [];
  let going = true;
  const loops = ['text/plain', 'application/openmetrics-text'].flatMap((accept) =>
    ['identity', 'gzip'].map(async (encoding) => {
      while (going) {
        const response = await fetch(`${url}/metrics`, { headers: { accept, 'accept-encoding': encoding } });
        pages.push(pageFacts(await response.text()));
      }
    }),
  );
  async function more(count: number): Promise<void> {
    const enough = pages.length + count;
    while (pages.length < enough && going) await setTimeout(1);
  }

  async function stop(): Promise<typeof pages> {
    going = false;
    await Promise.all(loops);
    return pages;
  }
  open.push({ close: stop });

  return { more, stop };
}

describe('no scrape sees a half state', () => {
  async function swapWhileScraped(a: Config, b: Config, swaps: number) {
    const { url, reload, until } = await watch(a);
    await until('export_up', ({ shared }) => shared === 1);
    const scrapes = scrapeInATightLoop(url);
    for (let swap = 0; swap < swaps; swap += 1) {
      expect((await reload(swap % 2 === 0 ? b : a)).result).toBe('reloaded');
      // Sometimes the next one follows at once, sometimes after polls of the new ones have ended.
      if (swap % 3 !== 0) await scrapes.more(4);
    }
    return scrapes.stop();
  }

  const configs = ['a', 'b'].map((name, index) => {
    const own = Array.from({ length: 12 }, (_, number) => `${name}-${number}`);
    // One has more, so that the numbers tell them apart too.
    return { own: index === 0 ? own : [...own, `${name}-more`], limit: `${(index + 1) * 100}` };
  });
  const world = [project([...configs.flatMap(({ own }) => own), 'shared'])];

  function check(pages: readonly ReturnType<typeof pageFacts>[], searched: readonly (readonly string[])[]): void {
    const seen = pages.map((page) => {
      const index = page.limits[0] === '100' ? 0 : 1;
      const expected = [...(configs[index]?.own ?? []), 'shared'].sort();
      expect(page).toEqual({
        count: expected.length,
        configured: expected,
        counted: expected,
        up: page.up,
        limits: expected.map(() => configs[index]?.limit),
        expiries: [index === 0 ? 'old' : 'new'],
        searched: searched[index],
      });
      expect(page.up.filter((name) => !expected.includes(name))).toEqual([]);
      // What stays has its samples on every page.
      expect(page.up).toContain('shared');
      return index;
    });
    expect(seen.filter((index) => index === 0).length).toBeGreaterThan(5);
    expect(seen.filter((index) => index === 1).length).toBeGreaterThan(5);
  }

  test('of named targets', async () => {
    const simulator = await atlas(world);
    const [a, b] = configs.map(({ own, limit }, index) =>
      configFor(simulator, {
        credentials: [{ ...CREDENTIALS.token, name: index === 0 ? 'old' : 'new', expiresAtSeconds: 1_900_000_000 }],
        targets: [...own, 'shared'].map((name) =>
          named(name, { credential: index === 0 ? 'old' : 'new', durationMaxSeconds: Number(limit) }),
        ),
        polling: RARELY,
      }),
    ) as [Config, Config];
    check(await swapWhileScraped(a, b, 10), [[], []]);
  });

  test('of discovered ones', async () => {
    const simulator = await atlas(world);
    const [a, b] = configs.map(({ limit }, index) =>
      configFor(simulator, {
        credentials: [{ ...CREDENTIALS.token, name: index === 0 ? 'old' : 'new', expiresAtSeconds: 1_900_000_000 }],
        targets: [],
        discoveries: [
          {
            groupId: GROUP_ID,
            credential: index === 0 ? 'old' : 'new',
            exclude: index === 0 ? ['b-*'] : ['a-*'],
            discoveryIntervalSeconds: MONTH_SECONDS,
            durationMaxSeconds: Number(limit),
          },
        ],
        polling: RARELY,
      }),
    ) as [Config, Config];
    check(await swapWhileScraped(a, b, 10), [[GROUP_ID], [GROUP_ID]]);
  });
});

describe('a target that stays', () => {
  test('keeps what is known of it and its token; new settings show at once, without a poll', async () => {
    const simulator = await atlas([project(['one'])]);
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

  test('is polled at once, with another token, where its credential is another one', async () => {
    const simulator = await atlas([project(['one'])]);
    const config = (clientSecret: string): Config =>
      configFor(simulator, {
        credentials: [accountAgain(clientSecret)],
        targets: [named('one', { credential: 'account' })],
        polling: RARELY,
      });
    const { reload, until, series } = await watch(config('mdb_sa_sk_wrong'));
    await until('export_up', ({ one }) => one === 0);
    expect((await reload(config(defaultCredentials.clientSecret))).result).toBe('reloaded');
    await until('export_up', ({ one }) => one === 1);
    expect(await series('export_polls_total')).toEqual({ one: 2 });
    expect(await series('exporter_token_requests_total')).toEqual({ account: 2 });
  });

  test('is polled by another interval from the reload on', async () => {
    const simulator = await atlas([project(['one'])]);
    const target = { targets: [named('one')] };
    const { reload, until, series } = await watch(configFor(simulator, { ...target, polling: RARELY }));
    await until('export_up', polled(1));
    expect(await series('export_poll_interval_seconds')).toEqual({ one: MONTH_SECONDS });
    await reload(configFor(simulator, target));
    await until('export_poll_interval_seconds', ({ one }) => one === 1);
    await until('export_polls_total', ({ one = 0 }) => one >= 3);
  });

  test('is asked for in pages of another size, and elsewhere, from the reload on', async () => {
    const [before, after] = [await atlas([project(['one'])]), await atlas([project(['one'])])];
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
    // What was minted at one place is never shown at another: that would be refused.
    expect(Object.keys(await series('exporter_api_requests_total')).filter((labels) => /40[0-9]/.test(labels))).toEqual(
      [],
    );
    expect(await series('exporter_token_requests_total')).toEqual({ account: 2 });
    expect(listings(after).map(({ path }) => /itemsPerPage=\d+/.exec(path)?.[0])).toEqual(['itemsPerPage=7']);
  });

  test('spends no more of its project’s budget for being reloaded', async () => {
    const simulator = await atlas([project(Array.from({ length: 40 }, (_, index) => `c${index}`))]);
    // Room for ten at once, then one every two seconds.
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
    await setTimeout(300);
    const sent = listings(simulator).length;
    expect(sent).toBeLessThanOrEqual(10 + (runtime.monotonicSeconds() - startedAtSeconds) / 2 + 1);
  });
});

describe('what is gone', () => {
  test('vanishes at once, its poll in flight cut off; what is new is polled at once', async () => {
    const cutOff: string[] = [];
    const simulator = await atlas([project(['stays', 'comes'])]);
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
    open.push({ close: async () => server.close() });
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

  test('takes the series of its credential, its project and its discovery along', async () => {
    const simulator = await atlas([project(['one']), project(['two'], OTHER_GROUP_ID)], { enforceRateLimit: true });
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

describe('a service account that is gone', () => {
  test('gives its token back, and one that is another now too', async () => {
    const simulator = await atlas([project(['one'])]);
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
  const discovery = {
    groupId: GROUP_ID,
    credential: 'token',
    exclude: [] as string[],
    discoveryIntervalSeconds: MONTH_SECONDS,
  };

  test('keeps what was found in it and its name; another exclude holds at once, without asking', async () => {
    const simulator = await atlas([project(['a', 'b', 'c'])]);
    const config = (exclude: string[]): Config =>
      configFor(simulator, { discoveries: [{ ...discovery, exclude }], polling: RARELY });
    const { reload, until, series } = await watch(config(['c']));
    await until('export_up', polled(2));
    await until('export_target_info', (info) => Object.keys(info).every((labels) => labels.includes('Shop')));
    await reload(config(['a']));
    await until('export_up', (up) => 'c' in up);
    expect(await series('export_polls_total')).toEqual({ b: 1, c: 1 });
    expect(Object.keys(await series('export_target_info'))).toEqual(['b,token,Shop,b', 'c,token,Shop,c']);
    const others = simulator.requests.filter(({ path }) => !path.includes('/backup/'));
    expect(others).toHaveLength(2);
  });

  test('whose clusters are found from now on begins with those that were named', async () => {
    const simulator = await atlas([project(['named', 'found'])], { delayMs: 30 });
    const { reload, until, metrics } = await watch(
      configFor(simulator, { targets: [named('named')], polling: RARELY }),
    );
    await until('export_up', polled(1));
    await reload(configFor(simulator, { discoveries: [discovery], polling: RARELY }));
    const counts = new Set<string>();
    for (;;) {
      const page = pageFacts(await metrics());
      counts.add(page.configured.join());
      if (page.up.length === 2) break;
    }
    expect([...counts].at(-1)).toBe('found,named');
    expect([...counts].every((names) => names.includes('named'))).toBe(true);
  });

  test('says no more of schedules once they are not read', async () => {
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

describe('a bad config', () => {
  test('changes nothing, and says so until a good one is read', async () => {
    const simulator = await atlas([project(['one'])]);
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
      result: 'refused',
      text: 'x.yml:3:7: is wrong\nx.yml:5:1: is worse',
    });
    await until('exporter_config_last_reload_successful', (one) => one[''] === 0);
    expect(await series('exporter_config_last_reload_success_timestamp_seconds')).toEqual({ '': at });
    expect(await series('export_up')).toEqual({ one: 1 });
    expect(logLines.at(-1)).toMatchObject({ level: 'error', problems: ['x.yml:3:7: is wrong', 'x.yml:5:1: is worse'] });
    await reload({ config, warnings: ['mind this'], file: '/x.yml' });
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

describe('a daemon', () => {
  async function start(settings: Partial<DaemonSettings>) {
    const simulator = await atlas([project(['one', 'two'])]);
    const { log, lines } = createRecordingLog();
    const config = configFor(simulator, { targets: [named('one')] });
    const daemon = await startDaemon({
      config,
      web: {
        listenAddresses: [{ host: '127.0.0.1', port: 0 }],
        telemetryPath: '/metrics',
        maxRequests: 40,
        disableExporterMetrics: true,
      },
      build: { version: '0.0.0-test', revision: 'test', nodeVersion: process.version },
      // Looks at files fifty times as often.
      runtime: { ...systemRuntime, sleep: (seconds, signal) => systemRuntime.sleep(seconds / 50, signal) },
      log,
      onToken: () => undefined,
      ...settings,
    });
    open.push({ close: daemon.stop });
    return { daemon, lines, config };
  }

  test('whose config comes from nowhere keeps what it has', async () => {
    const { daemon } = await start({});
    expect((await daemon.reload('SIGHUP')).text).toBe('The config is reloaded. Targets: 0 added, 0 removed, 1 kept.');
    await daemon.stop();
    expect((await daemon.reload('SIGHUP')).result).toBe('stopping');
  });

  test('reads it again when its file changes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'reload-'));
    open.push({ close: async () => rmSync(folder, { recursive: true }) });
    const file = join(folder, 'a.yml');
    writeFileSync(file, 'before');
    let config: Config | undefined;
    const started = await start({
      autoReload: { file, since: await lookAt([file]) },
      readConfig: async () => (config ? { config, warnings: [], file } : { problems: [] }),
    });
    config = { ...started.config, targets: [named('one'), named('two')] };
    writeFileSync(file, 'after');
    while (!started.lines.some(({ msg }) => msg === 'config reloaded')) await setTimeout(10);
    expect(started.lines.find(({ msg }) => msg === 'config reloaded')).toMatchObject({
      cause: 'the file has changed',
      config_file: file,
      added: 1,
    });
  });
});

describe('POST /-/reload', () => {
  async function setUp(enableLifecycle: boolean) {
    const simulator = await atlas([project(['one'])]);
    const running = await watch(configFor(simulator, { targets: [named('one')] }), { enableLifecycle });
    const ask = async (init: RequestInit): Promise<string> => {
      const response = await fetch(`${running.url}/-/reload`, init);
      return `${response.status} ${await response.text()}`;
    };
    return { ...running, ask };
  }

  test('is refused unless it is switched on', async () => {
    const { ask, logLines } = await setUp(false);
    expect(await ask({ method: 'POST' })).toMatch(/^403 .*--web\.enable-lifecycle/);
    expect(logLines.some(({ msg }) => msg === 'config reloaded')).toBe(false);
  });

  test('reloads, and answers a bad config with all that is wrong', async () => {
    const { ask, reload } = await setUp(true);
    expect(await ask({ method: 'POST' })).toBe('200 The config is reloaded. Targets: 0 added, 0 removed, 1 kept.\n');
    await reload({ problems: [{ file: 'x.yml', line: 3, column: 7, message: 'is wrong' }, { message: 'is missing' }] });
    expect(await ask({ method: 'POST' })).toBe('400 x.yml:3:7: is wrong\nis missing\n');
  });

  test('is nothing but a POST', async () => {
    const { ask, url } = await setUp(true);
    expect(await ask({})).toMatch(/^405 /);
    expect((await fetch(`${url}/-/reload`)).headers.get('allow')).toBe('POST');
    expect(await ask({ method: 'PUT' })).toMatch(/^405 /);
  });

  test.each([
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-origin', origin: 'http://HOST' },
    { 'sec-fetch-site': 'none' },
  ])('is not taken from a browser: %j', async (headers) => {
    const { url, logLines } = await setUp(true);
    const { host, port, hostname } = new URL(url);
    const named = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, value.replace('HOST', host)]),
    );
    const sent = request({ hostname, port, path: '/-/reload', method: 'POST', headers: named }).end();
    const [response] = (await once(sent, 'response')) as [{ statusCode: number; resume(): void }];
    response.resume();
    expect(response.statusCode).toBe(403);
    expect(logLines.some(({ msg }) => msg === 'config reloaded')).toBe(false);
  });
});
