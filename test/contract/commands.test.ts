/** `check`, `once` and `health` against a simulated Atlas, over real sockets, in this process. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { CheckFlags, OnceFlags, WatchFlags } from '../../src/cli/parse.ts';
import { runCheck } from '../../src/commands/check.ts';
import type { CommandSettings } from '../../src/commands/command.ts';
import { runHealth } from '../../src/commands/health.ts';
import { runOnce } from '../../src/commands/once.ts';
import { defaultCredentials, type Simulator } from '../../src/simulator/simulator.ts';
import { systemRuntime } from '../../src/support/runtime.ts';
import { atlas, closeLater, project } from '../support/atlas.ts';
import { files } from '../support/files.ts';
import { startGatekeeper } from '../support/gatekeeper.ts';
import { job } from '../support/jobs.ts';
import { createRecordingLog } from '../support/recording-log.ts';
import { GROUP_ID } from '../support/states.ts';
import { createRecordingTerminal } from '../support/terminal.ts';

const OTHER = '5e0000000000000000000002';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'commands-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const CLUSTERS = [
  { name: 'orders', exports: [job('Successful')] },
  { name: 'events', exports: [] },
  { name: 'flex', kind: 'flex' },
] as const;

const LOG = { level: 'error', format: 'json' } as const;
const CHECK: CheckFlags = { targets: [], log: LOG, online: true, format: 'table' };
const ONCE: OnceFlags = { targets: [], log: LOG };
const named = (...names: string[]) => ({ targets: names.map((name) => `${GROUP_ID}/${name}`) });

function run<Flags extends WatchFlags>(
  command: (settings: CommandSettings<Flags>) => Promise<number>,
  { origin }: Pick<Simulator, 'origin'>,
  flags: Flags,
  signal = new AbortController().signal,
) {
  const { terminal, output } = createRecordingTerminal();
  const { log, lines } = createRecordingLog();
  const env = { MONGODB_ATLAS_BASE_URL: origin, MONGODB_ATLAS_ACCESS_TOKEN: defaultCredentials.accessToken };
  const source = { file: flags.configFile, targets: flags.targets, env, cwd: folder, files };
  const common = { version: '0', runtime: systemRuntime, log, onToken: () => undefined, signal };
  const ended = command({ ...common, flags, source, terminal });
  return { ended, output, lines };
}

async function ran<Flags extends WatchFlags>(...args: Parameters<typeof run<Flags>>) {
  const { ended, output, lines } = run(...args);
  return { code: await ended, ...output, lines };
}

function configFile(text: string): string {
  const path = join(folder, 'c.yml');
  writeFileSync(path, text);
  return path;
}

describe('check', () => {
  test('asks nothing of Atlas unless it is told to', async () => {
    const simulator = await atlas([project(CLUSTERS)]);
    const { code, stdout, stderr } = await ran(runCheck, simulator, { ...CHECK, ...named('gone'), online: false });
    expect([code, stderr, simulator.requests]).toEqual([0, '', []]);
    expect(stdout).toContain('Watches 1 cluster by name in 1 project.');
    expect(stdout).toContain('environment variable MONGODB_ATLAS_ACCESS_TOKEN');
  });

  test.each(['table', 'json'] as const)('tells of every problem and asks nothing, as %s', async (format) => {
    const simulator = await atlas([]);
    const path = configFile('targets:\n  - group_id: nope\n    clusters: []\n');
    const { code, stdout } = await ran(runCheck, simulator, { ...CHECK, configFile: path, format });
    expect([code, simulator.requests]).toEqual([2, []]);
    if (format === 'table') {
      expect(stdout).toMatch(/^\S+c\.yml:2:15: targets\[0\]\.group_id: .*\n\S+c\.yml:3:15: .*\n\n2 problems\n$/);
    } else {
      const { ok, problems, targets } = JSON.parse(stdout) as Record<string, unknown>;
      expect({ ok, targets }).toEqual({ ok: false, targets: null });
      expect(problems).toMatchObject([
        { file: path, line: 2, column: 15 },
        { file: path, line: 3, column: 15 },
      ]);
    }
  });

  test('ends well where each target can be polled', async () => {
    const simulator = await atlas([project(CLUSTERS)]);
    const { code, stdout, stderr, lines } = await ran(runCheck, simulator, { ...CHECK, ...named('orders', 'events') });
    expect([code, stderr, lines]).toEqual([0, '', []]);
    expect(stdout).toMatch(/\/orders +default +ok +1 +1 +\d+ d ago\n/);
    expect(stdout).toMatch(/\/events +default +ok +0 +1 +none\n/);
    expect(stdout).toMatch(/All is well: 2 clusters polled.\n$/);
  });

  test('tells what fails and what to do about it, and finds the clusters that are to be found', async () => {
    const simulator = await atlas([
      project([...CLUSTERS, { name: 'scratch', exports: [] }]),
      project([{ name: 'x' }], { id: OTHER, forbidden: 'IP_ADDRESS_NOT_ON_ACCESS_LIST' }),
    ]);
    const path = configFile(
      `targets:\n  - { group_id: "${GROUP_ID}", clusters: all, exclude: [scratch] }\n  - { group_id: "${GROUP_ID}", clusters: [gone] }\n  - { group_id: "${OTHER}", clusters: all }\n`,
    );
    const { code, stdout } = await ran(runCheck, simulator, { ...CHECK, configFile: path });
    expect(code).toBe(1);
    expect(stdout).toMatch(/\/orders +default +ok/);
    expect(stdout).toMatch(/\/gone +default +not_found/);
    // A cluster that was found and can't export is none of ours.
    expect(stdout).not.toMatch(/flex|scratch/);
    expect(stdout).toContain(`add this host’s public address to the API access list`);
    expect(stdout).toContain(`    project ${OTHER}\n`);
    expect(stdout).toMatch(/2 failures. Fine: 2 of 3 clusters.\n$/);
  });

  test('says in JSON, for scripts, what it says to people', async () => {
    const failure = {
      what: 'exports',
      reason: 'not_found',
      status: 404,
      error_code: 'CLUSTER_NOT_FOUND',
      problem: 'Atlas answered 404 CLUSTER_NOT_FOUND',
      advice: expect.stringContaining('check group_id'),
    };
    const simulator = await atlas([project(CLUSTERS)]);
    const path = configFile(
      `targets: [ { group_id: "${GROUP_ID}", clusters: [gone] }, { group_id: "${GROUP_ID}", clusters: all } ]\n`,
    );
    const { code, stdout } = await ran(runCheck, simulator, { ...CHECK, configFile: path, format: 'json' });
    expect(code).toBe(1);
    const result = JSON.parse(stdout) as { targets: Record<string, unknown>[] };
    const target = { group_id: GROUP_ID, project_name: 'Shop', credential: 'default' };
    expect(result).toEqual({
      ok: false,
      config_file: path,
      web_config_file: null,
      problems: [],
      warnings: [],
      credentials: [
        {
          name: 'default',
          kind: 'access_token',
          expires_at: null,
          secrets: { access_token: 'environment variable MONGODB_ATLAS_ACCESS_TOKEN' },
        },
      ],
      projects: [{ group_id: GROUP_ID, credential: 'default', result: 'ok', clusters: 2, failure: null, failures: [] }],
      targets: expect.arrayContaining([
        {
          ...target,
          cluster_name: 'orders',
          discovered: true,
          result: 'ok',
          jobs: 1,
          pages: 1,
          newest_success_at: '2026-03-01T00:13:00.000Z',
          failure: null,
          failures: [],
        },
        {
          ...target,
          cluster_name: 'gone',
          discovered: false,
          result: 'failed',
          jobs: null,
          pages: null,
          newest_success_at: null,
          failure,
          failures: [failure],
        },
      ]),
    });
    expect(result.targets).toHaveLength(3);
  });

  test('has each field of its JSON described', async () => {
    const simulator = await atlas([project(CLUSTERS)]);
    const text = `targets: [ { group_id: "${GROUP_ID}", clusters: [gone, orders] }, { group_id: "${OTHER}", clusters: all } ]\n`;
    const online = await ran(runCheck, simulator, { ...CHECK, configFile: configFile(text), format: 'json' });
    const bad = await ran(runCheck, simulator, { ...CHECK, configFile: configFile('x: 1\n'), format: 'json' });
    const documented = readFileSync('docs/commands.md', 'utf8').matchAll(/^\| `([a-z_.[\]]+)` \|/gm);
    const found = [online, bad].flatMap(({ stdout }) => [...pathsIn(JSON.parse(stdout))]);
    expect(new Set([...documented].map(([, path]) => path))).toEqual(
      new Set(found.filter((path) => !path.includes('failures[]'))),
    );
  });

  test.each([true, false])('looks at schedules where they are to be read: %s', async (readSchedule) => {
    const simulator = await atlas([project(CLUSTERS)]);
    const front = await startGatekeeper(simulator, '/backup/schedule');
    closeLater(front);
    const path = configFile(
      `polling: { read_schedule: ${readSchedule} }\ntargets: [ { group_id: "${GROUP_ID}", clusters: [orders] } ]\n`,
    );
    const { code, stdout } = await ran(runCheck, front, { ...CHECK, configFile: path });
    expect(code).toBe(readSchedule ? 1 : 0);
    expect(stdout.includes('schedule: forbidden')).toBe(readSchedule);
    expect(stdout.includes('or set polling.read_schedule to false')).toBe(readSchedule);
  });

  test('looks at the share of its shard alone', async () => {
    const simulator = await atlas([project(CLUSTERS), project([{ name: 'x', exports: [] }], { id: OTHER })]);
    const targets = [`${GROUP_ID}/orders`, `${OTHER}/x`];
    const shares = [0, 1].map((index) => ran(runCheck, simulator, { ...CHECK, targets, shard: { index, count: 2 } }));
    const texts = (await Promise.all(shares)).map(({ stdout }) => stdout);
    const keys = texts.map((text) => [...text.matchAll(/^(\S+\/\S+) +default/gm)].map(([, key]) => key));
    expect(new Set(keys.flat())).toEqual(new Set(targets));
    expect(keys.map(({ length }) => length).reduce((sum, one) => sum + one)).toBe(2);
  });

  test('polls many clusters with no more requests under way than the daemon may have', async () => {
    let underWay = 0;
    let most = 0;
    const clusters = Array.from({ length: 100 }, (_, index) => ({ name: `c${index}`, exports: [job('Successful')] }));
    const simulator = await atlas([project(clusters)]);
    const server = createServer((request, response) => {
      most = Math.max(most, ++underWay);
      const { authorization = '', accept = '' } = request.headers;
      fetch(simulator.origin + request.url, { headers: { authorization, accept } })
        .then(async (answer) => {
          const text = await answer.text();
          underWay -= 1;
          response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' }).end(text);
        })
        .catch(() => response.destroy());
    }).listen(0, '127.0.0.1');
    closeLater(server);
    await new Promise((resolve) => server.once('listening', resolve));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const path = configFile(
      `atlas: { requests_per_minute: 1000000, concurrency: 4 }\npolling: { read_schedule: false }\ntargets: [ { group_id: "${GROUP_ID}", clusters: all } ]\n`,
    );
    const { code, stdout } = await ran(runCheck, { origin }, { ...CHECK, configFile: path });
    expect(stdout).toMatch(/All is well: 100 clusters polled.\n$/);
    expect([code, most]).toEqual([0, 4]);
  });

  test('that is called off ends soon, and says so', async () => {
    const simulator = await atlas([project(CLUSTERS)], { delayMs: 50_000 });
    const calledOff = new AbortController();
    const { ended, output } = run(runCheck, simulator, { ...CHECK, ...named('orders') }, calledOff.signal);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const calledOffAt = Date.now();
    calledOff.abort(new Error('interrupted'));
    expect(await ended).toBe(130);
    expect(Date.now() - calledOffAt).toBeLessThan(20_000);
    expect(output.stderr).toBe('interrupted before every cluster was polled\n');
    expect(output.stdout).not.toContain('RESULT');
  });
});

function pathsIn(value: unknown, path = ''): Set<string> {
  if (Array.isArray(value)) return new Set(value.flatMap((one) => [...pathsIn(one, `${path}[]`)]));
  if (typeof value !== 'object' || value === null) return new Set();
  // What a credential has for secrets is named by their places in the config.
  if (path === 'credentials[].secrets') return new Set();
  return new Set(
    Object.entries(value).flatMap(([key, one]) => {
      const own = path === '' ? key : `${path}.${key}`;
      return [own, ...pathsIn(one, own)];
    }),
  );
}

describe('once', () => {
  const series = (text: string) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

  test('writes the metrics of jobs and polls, and none of the process', async () => {
    const simulator = await atlas([project(CLUSTERS)]);
    const { code, stdout, stderr } = await ran(runOnce, simulator, { ...ONCE, ...named('orders', 'gone') });
    expect([code, stderr]).toEqual([1, '']);
    const labels = (name: string) => `{group_id="${GROUP_ID}",cluster_name="${name}"`;
    expect(series(stdout)).toEqual(
      expect.arrayContaining([
        `mongodbatlas_backup_export_up${labels('orders')}} 1`,
        `mongodbatlas_backup_export_up${labels('gone')}} 0`,
        `mongodbatlas_backup_export_poll_failing${labels('gone')},reason="not_found"} 1`,
        `mongodbatlas_backup_export_last_success_duration_seconds${labels('orders')}} 780`,
        `mongodbatlas_backup_export_target_info${labels('orders')},credential="default",project_name="Shop",cl_name="orders"} 1`,
      ]),
    );
    expect(stdout).not.toMatch(/\b(process|nodejs)_|exporter_|_total\b|poll_interval/);
  });

  test('leaves out what is true of a daemon alone, and nothing else', async () => {
    const simulator = await atlas([project(CLUSTERS)]);
    const { stdout } = await ran(runOnce, simulator, { ...ONCE, ...named('orders', 'gone') });
    expect(stdout).toContain('# TYPE mongodbatlas_backup_export_last_poll_duration_seconds gauge');
    expect(stdout).not.toMatch(/poll_interval_seconds|_total\b/);
  });

  test('tells of discoveries, also of one that failed', async () => {
    const simulator = await atlas([project(CLUSTERS)]);
    const text = `targets: [ { group_id: "${GROUP_ID}", clusters: all }, { group_id: "${OTHER}", clusters: all } ]\n`;
    const { code, stdout } = await ran(runOnce, simulator, { ...ONCE, configFile: configFile(text) });
    expect(code).toBe(1);
    expect(series(stdout)).toContain(`mongodbatlas_backup_export_discovery_up{group_id="${GROUP_ID}"} 1`);
    expect(series(stdout)).toContain(`mongodbatlas_backup_export_discovery_up{group_id="${OTHER}"} 0`);
    expect(series(stdout).filter((line) => line.includes('_export_up{'))).toHaveLength(2);
  });

  test('replaces its file as a whole, and ends well where all is well', async () => {
    const simulator = await atlas([project(CLUSTERS)]);
    const output = join(folder, 'x.prom');
    writeFileSync(output, 'old\n', { mode: 0o600 });
    const { code, stdout } = await ran(runOnce, simulator, { ...ONCE, ...named('orders'), output });
    expect([code, stdout]).toEqual([0, '']);
    expect(readFileSync(output, 'utf8')).toContain(`_up{group_id="${GROUP_ID}",cluster_name="orders"} 1\n`);
    expect(statSync(output).mode & 0o777).toBe(0o644);
    expect(readdirSync(folder)).toEqual(['x.prom']);
  });

  test('leaves its file alone where it is called off', async () => {
    const simulator = await atlas([project(CLUSTERS)], { delayMs: 50_000 });
    const output = join(folder, 'x.prom');
    writeFileSync(output, 'old\n');
    const calledOff = new AbortController();
    const { ended } = run(runOnce, simulator, { ...ONCE, ...named('orders'), output }, calledOff.signal);
    setTimeout(() => calledOff.abort(new Error('interrupted')), 300);
    expect(await ended).toBe(130);
    expect(readFileSync(output, 'utf8')).toBe('old\n');
    expect(readdirSync(folder)).toEqual(['x.prom']);
  });

  test('asks nothing of Atlas where the config is bad or the file could not be written', async () => {
    const simulator = await atlas([project(CLUSTERS)]);
    const output = join(folder, 'nowhere', 'x.prom');
    expect(await ran(runOnce, simulator, { ...ONCE, ...named('orders'), output })).toMatchObject({
      code: 2,
      stderr: `--output ${output}: its folder does not exist\n`,
    });
    expect(await ran(runOnce, simulator, { ...ONCE, targets: ['x'] })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^--target "x": /),
    });
    expect(simulator.requests).toEqual([]);
  });
});

describe('health', () => {
  async function answering(status: number, text: string): Promise<string> {
    const server = createServer((request, response) => {
      response.writeHead(request.url === '/-/healthy' ? status : 404).end(text);
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    closeLater(server);
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/-/healthy`;
  }

  async function health(url: string, runtime = systemRuntime) {
    const { terminal, output } = createRecordingTerminal();
    const code = await runHealth({ url, terminal, runtime });
    return { code, ...output };
  }

  test('is one line and exit code 0 where the exporter is well', async () => {
    const url = await answering(200, 'The exporter is healthy.\n');
    expect(await health(url)).toEqual({ code: 0, stdout: `healthy: ${url}\n`, stderr: '' });
  });

  test.each([
    ['The scheduler is stuck.\nand more', ': The scheduler is stuck.'],
    ['', ''],
    [`\u001B[31m${'x'.repeat(10_000)}`, `: [31m${'x'.repeat(195)}`],
  ])('is one line and exit code 1 where it is not: %j', async (text, shown) => {
    const url = await answering(503, text);
    expect(await health(url)).toEqual({ code: 1, stdout: '', stderr: `not healthy: ${url} answers 503${shown}\n` });
  });

  test('is exit code 1 where nobody listens', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const { code, stderr } = await health(`http://127.0.0.1:${port}/-/healthy`);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^not healthy: http:\S+: connect ECONNREFUSED 127\.0\.0\.1:\d+\n$/);
  });

  test('waits for five seconds and no longer', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    closeLater({
      close() {
        silent.closeAllConnections();
        silent.close();
      },
    });
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/-/healthy`;
    const slept: number[] = [];
    const sleep = (seconds: number, signal?: AbortSignal) => {
      slept.push(seconds);
      return systemRuntime.sleep(0.1, signal);
    };
    expect(await health(url, { ...systemRuntime, sleep })).toEqual({
      code: 1,
      stdout: '',
      stderr: `not healthy: ${url}: no answer within 5 s\n`,
    });
    expect(slept).toEqual([5]);
  });
});
