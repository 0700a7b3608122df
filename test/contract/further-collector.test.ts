/**
 * A further collector is added only to the list of collectors, without another change of the program. It must appear
 * everywhere: metrics, pages, API, log, `check`, docs.
 */
import { afterEach, describe, expect, test } from '@jest/globals';
import { apiDocument } from '../../scripts/api-doc.ts';
import { metricsDocument } from '../../scripts/metrics-doc.ts';
import type { Collectors } from '../../src/collectors/collector.ts';
import { COLLECTORS } from '../../src/collectors/index.ts';
import { runCheck } from '../../src/commands/check.ts';
import { buildConfig } from '../../src/config/config.ts';
import { createConfigSchema } from '../../src/config/schema.ts';
import { defaultCredentials } from '../../src/simulator/simulator.ts';
import { atlas, project } from '../support/atlas.ts';
import { runCommand } from '../support/commands.ts';
import { CREDENTIALS, configFor, type RunningDaemon, runDaemon } from '../support/daemon.ts';
import { job } from '../support/jobs.ts';
import { textOf } from '../support/pages.ts';
import { GROUP_ID } from '../support/states.ts';
import { createToys } from '../support/toys.ts';

const WORKING: Collectors = [...COLLECTORS, createToys()];
const FAILING: Collectors = [...COLLECTORS, createToys('/backup/toys')];
const CLUSTERS = [{ name: 'orders', exports: [job('Successful')] }];
const TARGETS = [{ groupId: GROUP_ID, clusterName: 'orders', credential: 'token', successMaxAgeSeconds: 1e9 }];

let running: RunningDaemon | undefined;
afterEach(async () => {
  await running?.daemon.stop();
  running = undefined;
});

async function watch(collectors: Collectors, isRead: Record<string, boolean> = {}) {
  const simulator = await atlas([project(CLUSTERS)]);
  const config = configFor(simulator, { targets: TARGETS, credentials: [CREDENTIALS.token], polling: { isRead } });
  running = await runDaemon(config, { collectors });
  return { ...running, config, simulator };
}

async function text(url: string): Promise<string> {
  return (await fetch(url)).text();
}

describe('a further collector', () => {
  test('has its metrics, its limits and its operation on /metrics', async () => {
    const { until, metrics } = await watch(WORKING);
    await until('export_toys_up', ({ orders }) => orders === 1);
    const page = await metrics();
    expect(page).toContain(
      '# HELP mongodbatlas_backup_export_toys_up 1 if the latest poll read the complete list of toys, else 0',
    );
    expect(page).toContain('# HELP mongodbatlas_backup_export_toys Toys of the cluster.\n');
    expect(page).toMatch(/^mongodbatlas_backup_export_toys\{.*cluster_name="orders"\} 7$/m);
    expect(page).toContain('series_dropped{limit="toys"} 2');
    expect(page).toMatch(/api_requests_total\{.*operation="list_toys",code="200"\} 1/);
  });

  test('has its finding, its record and its fields on the pages and in the API, at its own pace', async () => {
    const { url, until } = await watch(WORKING);
    await until('export_toys_up', ({ orders }) => orders === 1);
    const page = textOf(await text(`${url}/targets/${GROUP_ID}/orders`));
    expect(page).toContain('Toys are lying about.\nTidy up.');
    expect(page).toMatch(/Reading the list of toys[\s\S]*7 toys on 1 page/);
    const { targets } = JSON.parse(await text(`${url}/api/v1/targets`)) as { targets: Record<string, object>[] };
    expect(targets[0]).toMatchObject({ condition: 'incomplete', toy_count: 7 });
    expect(targets[0]?.['reads']).toMatchObject({ toys: { up: true, poll_interval_seconds: 600 } });
  });

  test('shows its failure in the log, on the page and in the API, and does not affect the exports', async () => {
    const { url, until, logLines } = await watch(FAILING);
    await until('export_toys_up', ({ orders }) => orders === 0);
    expect(await until('export_up', ({ orders }) => orders === 1)).toEqual({ orders: 1 });
    expect(logLines).toContainEqual(
      expect.objectContaining({ msg: 'polling fails', collector: 'toys', advice: 'ask the keeper of the toys' }),
    );
    const page = textOf(await text(`${url}/`));
    expect(page).toMatch(/The list of toys cannot be read: .*\nAsk the keeper of the toys\./);
    const { targets } = JSON.parse(await text(`${url}/api/v1/targets`)) as { targets: Record<string, object>[] };
    expect(targets[0]).toMatchObject({ condition: 'unread', up: true });
    expect(targets[0]?.['reads']).toMatchObject({ toys: { up: false, failure: { reason: 'not_found' } } });
  });

  test.each(['table', 'json'] as const)('makes check fail with its advice, as %s', async (format) => {
    const { origin } = await atlas([project(CLUSTERS)]);
    const env = { MONGODB_ATLAS_BASE_URL: origin, MONGODB_ATLAS_ACCESS_TOKEN: defaultCredentials.accessToken };
    const log = { level: 'error', format: 'json' } as const;
    const flags = { configFiles: [], targets: [`${GROUP_ID}/orders`], log, online: true, all: true, format };
    const { code, stdout } = await runCommand(runCheck, flags, { env, cwd: '.', collectors: FAILING });
    expect(code).toBe(1);
    if (format === 'table') {
      expect(stdout).toMatch(/^orders +Shop +default +toys: not_found, no limit known +1 /m);
      expect(stdout).toMatch(
        /the list of toys cannot be read: .* \(1\)\n {2}→ ask the keeper of the toys\n.*\/orders \(Shop\)\n/,
      );
      expect(stdout).toContain('1 failure. To look at: 1 cluster. Fine: 0 of 1 cluster.');
    } else {
      const failure = { what: 'toys', reason: 'not_found', status: 404, advice: 'ask the keeper of the toys' };
      expect(JSON.parse(stdout)).toMatchObject({
        ok: false,
        targets: [{ result: 'failed', jobs: 1, failure, failures: [failure] }],
      });
    }
  });

  test('is not read while it is switched off, and is read and forgotten with a reload', async () => {
    const { until, metrics, reload, config, simulator } = await watch(WORKING, { toys: false });
    await until('export_schedule_up', ({ orders }) => orders === 1);
    expect(await metrics()).not.toMatch(/toys_up|list_toys/);
    await reload({ ...config, polling: { ...config.polling, isRead: {} } });
    await until('export_toys_up', ({ orders }) => orders === 1);
    await reload(config);
    expect(await metrics()).not.toMatch(/^mongodbatlas_backup_export_toys/m);
    expect(new Set(simulator.requests.map(({ method }) => method))).toEqual(new Set(['GET']));
  });

  test('has its switch in the config', () => {
    const parsed = createConfigSchema(WORKING).parse({
      polling: { read_toys: false },
      targets: [{ group_id: GROUP_ID, clusters: 'all' }],
    });
    expect(parsed.polling).toMatchObject({ read_schedule: true, read_toys: false });
    const { polling } = buildConfig({ file: parsed, credentials: [], baseUrl: '' });
    expect(polling.isRead).toMatchObject({ schedule: true, toys: false });
  });

  test('has its section in the documents', () => {
    const metrics = metricsDocument(WORKING);
    expect(metrics).toContain('## Toys\n\nRead every ten minutes. The credential needs the role Project Toy Keeper.');
    expect(metrics).toContain('| `mongodbatlas_backup_export_toys` | gauge | T | Toys of the cluster. | volatile |');
    expect(metrics).toContain('| `mongodbatlas_backup_export_toys_up` |');
    expect(apiDocument(WORKING)).toContain(
      '### Toys\n\n| field | type | meaning |\n|---|---|---|\n| `toy_count` | number | Toys. |',
    );
  });
});
