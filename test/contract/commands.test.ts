/** `check`, `once` and `health` against a simulated Atlas, over real sockets, in this process. */

import { once as emitted } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { CheckFlags, OnceFlags } from '../../src/cli/parse.ts';
import { runCheck } from '../../src/commands/check.ts';
import { runHealth } from '../../src/commands/health.ts';
import { runOnce } from '../../src/commands/once.ts';
import { defaultCredentials, type Simulator } from '../../src/simulator/simulator.ts';
import { systemRuntime } from '../../src/support/runtime.ts';
import { atlas, closeLater, project } from '../support/atlas.ts';
import { createRecordingTerminal, runCommand, startCommand } from '../support/commands.ts';
import { startGatekeeper } from '../support/gatekeeper.ts';
import { job } from '../support/jobs.ts';
import { GROUP_ID } from '../support/states.ts';

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
const CHECK: CheckFlags = { configFiles: [], targets: [], log: LOG, online: true, all: false, format: 'table' };
const ONCE: OnceFlags = { configFiles: [], targets: [], log: LOG };
const named = (...names: string[]) => ({ targets: names.map((name) => `${GROUP_ID}/${name}`) });

const env = ({ origin }: Pick<Simulator, 'origin'>) => ({
  MONGODB_ATLAS_BASE_URL: origin,
  MONGODB_ATLAS_ACCESS_TOKEN: defaultCredentials.accessToken,
});

const check = (simulator: Pick<Simulator, 'origin'>, flags: Partial<CheckFlags>) =>
  runCommand(runCheck, { ...CHECK, ...flags }, { env: env(simulator), cwd: folder });

const once = (simulator: Simulator, flags: Partial<OnceFlags>) =>
  runCommand(runOnce, { ...ONCE, ...flags }, { env: env(simulator), cwd: folder });

function configFile(text: string): string {
  const path = join(folder, 'c.yml');
  writeFileSync(path, text);
  return path;
}

describe('check', () => {
  test('sends no request without --online', async () => {
    const simulator = await atlas([project(CLUSTERS)]);
    const { code, stdout, stderr } = await check(simulator, { ...named('gone'), online: false });
    expect([code, stderr, simulator.requests]).toEqual([0, '', []]);
    expect(stdout).toContain('Watches 1 named cluster in 1 project.');
    expect(stdout).toContain('environment variable MONGODB_ATLAS_ACCESS_TOKEN');
  });

  test.each(['table', 'json'] as const)('shows every problem and sends no request, as %s', async (format) => {
    const simulator = await atlas([]);
    const path = configFile('targets:\n  - group_id: nope\n    clusters: []\n');
    const { code, stdout } = await check(simulator, { configFiles: [path], format });
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

  test('ends with 0 if every target can be polled', async () => {
    const simulator = await atlas([project(CLUSTERS)]);
    const { code, stdout, stderr, lines } = await check(simulator, named('orders', 'events'));
    expect([code, stderr, lines]).toEqual([0, '', []]);
    expect(stdout).toMatch(/^orders +Shop +default +no limit known +1 +1 +\d+ d.* ago$/m);
    expect(stdout).toMatch(/^events +Shop +default +no limit known +0 +1 +none$/m);
    expect(stdout).toMatch(/To look at: 2 clusters. Fine: 0 of 2 clusters.\n$/);
  });

  test('shows failures with advice, and discovers clusters', async () => {
    const simulator = await atlas([
      project([...CLUSTERS, { name: 'scratch', exports: [] }]),
      project([{ name: 'x' }], { id: OTHER, forbidden: 'IP_ADDRESS_NOT_ON_ACCESS_LIST' }),
    ]);
    const path = configFile(
      `targets:\n  - { group_id: "${GROUP_ID}", clusters: all, exclude: [scratch] }\n  - { group_id: "${GROUP_ID}", clusters: [gone] }\n  - { group_id: "${OTHER}", clusters: all }\n`,
    );
    const { code, stdout } = await check(simulator, { configFiles: [path] });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^orders +Shop +default +no limit known/m);
    expect(stdout).toMatch(/^gone +Shop +default +not_found/m);
    // A discovered cluster that cannot export is not watched.
    expect(stdout).not.toMatch(/flex|scratch/);
    expect(stdout).toContain(`add this host’s public address to the API access list`);
    expect(stdout).toContain(`    project ${OTHER}\n`);
    expect(stdout).toMatch(/2 failures. To look at: 3 clusters. Fine: 0 of 3 clusters.\n$/);
  });

  test('shows the proxy without its password', async () => {
    const HTTPS_PROXY = 'http://user:p4ssw0rd@proxy.example:3128';
    const options = { env: { HTTPS_PROXY, MONGODB_ATLAS_ACCESS_TOKEN: 'x' }, cwd: folder };
    const flags = { ...CHECK, online: false, ...named('orders') };
    const [table, json] = [
      await runCommand(runCheck, flags, options),
      await runCommand(runCheck, { ...flags, format: 'json' }, options),
    ];
    expect(table.stdout).toContain('\nRequests to Atlas go through the proxy proxy.example:3128.\n');
    expect(JSON.parse(json.stdout)).toMatchObject({ proxy: 'proxy.example:3128' });
    expect(table.stdout + json.stdout).not.toContain('p4ssw0rd');
  });

  test('has the same result in JSON', async () => {
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
    const { code, stdout } = await check(simulator, { configFiles: [path], format: 'json' });
    expect(code).toBe(1);
    const result = JSON.parse(stdout) as { targets: Record<string, unknown>[] };
    const target = { group_id: GROUP_ID, project_name: 'Shop', credential: 'default', owner: null };
    expect(result).toEqual({
      ok: false,
      config_file: path,
      config_files: [path],
      web_config_file: null,
      proxy: null,
      problems: [],
      warnings: [],
      listings: [],
      rules: [{ place: `${path}:1`, projects: 1, clusters: 2 }],
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
          condition: 'unmeasured',
          findings: [
            {
              condition: 'unmeasured',
              problem: 'automatic export is off in the backup schedule',
              advice: expect.any(String),
              alert: 'AtlasBackupExportUnwatched',
            },
          ],
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
          condition: 'unreachable',
          findings: [expect.objectContaining({ condition: 'unreachable' })],
          failure,
          failures: [failure],
        },
      ]),
    });
    expect(result.targets).toHaveLength(3);
  });

  test('has a description of each field of its JSON', async () => {
    const simulator = await atlas([project(CLUSTERS)]);
    const text = `targets: [ { group_id: "${GROUP_ID}", clusters: [gone, orders] }, { group_id: "${OTHER}", clusters: all }, { projects: all, clusters: all } ]\n`;
    const online = await check(simulator, { configFiles: [configFile(text)], format: 'json' });
    const bad = await check(simulator, { configFiles: [configFile('x: 1\n')], format: 'json' });
    const documented = readFileSync('docs/commands.md', 'utf8').matchAll(/^\| `([a-z_.[\]]+)` \|/gm);
    const found = [online, bad].flatMap(({ stdout }) => [...pathsIn(JSON.parse(stdout))]);
    expect(new Set([...documented].map(([, path]) => path))).toEqual(
      new Set(found.filter((path) => !path.includes('failures[]'))),
    );
  });

  test.each([true, false])('reads schedules if the config says so: %s', async (readSchedule) => {
    const simulator = await atlas([project(CLUSTERS)]);
    const front = await startGatekeeper(simulator, '/backup/schedule');
    closeLater(front);
    const path = configFile(
      `polling: { read_schedule: ${readSchedule} }\ntargets: [ { group_id: "${GROUP_ID}", clusters: [orders] } ]\n`,
    );
    const { code, stdout } = await check(front, { configFiles: [path] });
    expect(code).toBe(readSchedule ? 1 : 0);
    expect(stdout.includes('schedule: forbidden')).toBe(readSchedule);
    expect(stdout.includes('or set polling.read_schedule to false')).toBe(readSchedule);
  });

  test('checks only the projects of its shard', async () => {
    const simulator = await atlas([project(CLUSTERS), project([{ name: 'x', exports: [] }], { id: OTHER })]);
    const targets = [`${GROUP_ID}/orders`, `${OTHER}/x`];
    const shares = [0, 1].map((index) => check(simulator, { targets, shard: { index, count: 2 } }));
    const texts = (await Promise.all(shares)).map(({ stdout }) => stdout);
    const keys = texts.map((text) => [...text.matchAll(/^ {4}(\S+\/\S+) \(/gm)].map(([, key]) => key));
    expect(new Set(keys.flat())).toEqual(new Set(targets));
    expect(keys.map(({ length }) => length).reduce((sum, one) => sum + one)).toBe(2);
  });

  test('ends soon after an interruption', async () => {
    const simulator = await atlas([project(CLUSTERS)], { delayMs: 50_000 });
    const interrupt = new AbortController();
    const options = { env: env(simulator), cwd: folder, signal: interrupt.signal };
    const { ended, output } = startCommand(runCheck, { ...CHECK, ...named('orders') }, options);
    await requested(simulator);
    interrupt.abort(new Error('interrupted'));
    await expect(ended).rejects.toThrow('interrupted');
    expect(output.stdout).not.toContain('RESULT');
  });
});

async function requested(simulator: Simulator): Promise<void> {
  while (simulator.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
}

function pathsIn(value: unknown, path = ''): Set<string> {
  if (Array.isArray(value)) return new Set(value.flatMap((one) => [...pathsIn(one, `${path}[]`)]));
  if (typeof value !== 'object' || value === null) return new Set();
  // The secrets of a credential are named by their keys in the config.
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

  test('writes the metrics of jobs and polls, without those of a daemon', async () => {
    const simulator = await atlas([project(CLUSTERS)]);
    const { code, stdout, stderr } = await once(simulator, { ...named('orders', 'gone') });
    expect([code, stderr]).toEqual([1, '']);
    const labels = (name: string) => `{group_id="${GROUP_ID}",cluster_name="${name}"`;
    expect(series(stdout)).toEqual(
      expect.arrayContaining([
        `mongodbatlas_backup_export_up${labels('orders')}} 1`,
        `mongodbatlas_backup_export_up${labels('gone')}} 0`,
        `mongodbatlas_backup_export_poll_failing${labels('gone')},reason="not_found"} 1`,
        `mongodbatlas_backup_export_last_success_duration_seconds${labels('orders')}} 780`,
        `mongodbatlas_backup_export_target_info${labels('orders')},credential="default",project_name="Shop",cl_name="orders",owner=""} 1`,
      ]),
    );
    expect(stdout).not.toMatch(/\b(process|nodejs)_|exporter_|_total\b|poll_interval/);
  });

  test('writes the metrics of discoveries, also of one that failed', async () => {
    const simulator = await atlas([project(CLUSTERS)]);
    const text = `targets: [ { group_id: "${GROUP_ID}", clusters: all }, { group_id: "${OTHER}", clusters: all } ]\n`;
    const { code, stdout } = await once(simulator, { configFiles: [configFile(text)] });
    expect(code).toBe(1);
    expect(series(stdout)).toContain(`mongodbatlas_backup_export_discovery_up{group_id="${GROUP_ID}"} 1`);
    expect(series(stdout)).toContain(`mongodbatlas_backup_export_discovery_up{group_id="${OTHER}"} 0`);
    expect(series(stdout).filter((line) => line.includes('_export_up{'))).toHaveLength(2);
  });

  test('replaces its file in one step and ends with 0', async () => {
    const simulator = await atlas([project(CLUSTERS)]);
    const output = join(folder, 'x.prom');
    writeFileSync(output, 'old\n', { mode: 0o600 });
    const { code, stdout } = await once(simulator, { ...named('orders'), output });
    expect([code, stdout]).toEqual([0, '']);
    expect(readFileSync(output, 'utf8')).toContain(`_up{group_id="${GROUP_ID}",cluster_name="orders"} 1\n`);
    expect(statSync(output).mode & 0o777).toBe(0o644);
    expect(readdirSync(folder)).toEqual(['x.prom']);
  });

  test('keeps the old file after an interruption', async () => {
    const simulator = await atlas([project(CLUSTERS)], { delayMs: 50_000 });
    const output = join(folder, 'x.prom');
    writeFileSync(output, 'old\n');
    const interrupt = new AbortController();
    const options = { env: env(simulator), cwd: folder, signal: interrupt.signal };
    const { ended } = startCommand(runOnce, { ...ONCE, ...named('orders'), output }, options);
    await requested(simulator);
    interrupt.abort(new Error('interrupted'));
    await expect(ended).rejects.toThrow('interrupted');
    expect(readFileSync(output, 'utf8')).toBe('old\n');
    expect(readdirSync(folder)).toEqual(['x.prom']);
  });

  test.each([
    ['nowhere/x.prom', 'its folder does not exist'],
    ['.', 'it exists and is no ordinary file'],
  ])('sends no request if the output %s cannot be written', async (name, problem) => {
    const simulator = await atlas([project(CLUSTERS)]);
    const output = join(folder, name);
    const ended = await once(simulator, { ...named('orders'), output });
    expect([ended.code, ended.stderr]).toEqual([2, `--output ${output}: ${problem}\n`]);
    expect(simulator.requests).toEqual([]);
  });

  test('sends no request if the config is invalid', async () => {
    const simulator = await atlas([project(CLUSTERS)]);
    expect(await once(simulator, { targets: ['x'] })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^--target "x": /),
    });
    expect(simulator.requests).toEqual([]);
  });
});

describe('health', () => {
  async function listening(handler: RequestListener): Promise<string> {
    const server = createServer(handler).listen(0, '127.0.0.1');
    await emitted(server, 'listening');
    closeLater({
      close() {
        server.closeAllConnections();
        server.close();
      },
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/-/healthy`;
  }

  const answering = (status: number, text: string) =>
    listening((request, response) => {
      response.writeHead(request.url === '/-/healthy' ? status : 404).end(text);
    });

  async function health(url: string, runtime = systemRuntime) {
    const { terminal, output } = createRecordingTerminal();
    const code = await runHealth({ url, terminal, runtime });
    return { code, ...output };
  }

  test('prints one line and ends with 0 if the exporter is healthy', async () => {
    const url = await answering(200, 'The exporter is healthy.\n');
    expect(await health(url)).toEqual({ code: 0, stdout: `healthy: ${url}\n`, stderr: '' });
  });

  test.each([
    ['The scheduler is stuck.\nand more', ': The scheduler is stuck.'],
    ['', ''],
    [`\u001B[31m${'x'.repeat(10_000)}`, `: [31m${'x'.repeat(195)}`],
  ])('prints one line and ends with 1 if it is not: %j', async (text, shown) => {
    const url = await answering(503, text);
    expect(await health(url)).toEqual({ code: 1, stdout: '', stderr: `not healthy: ${url} answers 503${shown}\n` });
  });

  test('ends with 1 if there is no answer within five seconds', async () => {
    const url = await listening(() => undefined);
    const waited: number[] = [];
    const after = (seconds: number, act: () => void) => {
      waited.push(seconds);
      return systemRuntime.after(0.1, act);
    };
    expect(await health(url, { ...systemRuntime, after })).toEqual({
      code: 1,
      stdout: '',
      stderr: `not healthy: ${url}: no answer within 5 s\n`,
    });
    expect(waited).toEqual([5]);
  });
});
