/** The pages and the JSON of a daemon that polls a simulated Atlas. */
import { afterEach, describe, expect, test } from '@jest/globals';
import type { SecretSource } from '../../src/atlas/auth/credentials.ts';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import { startWeb } from '../../src/web/guards/listen.ts';
import { createApp } from '../../src/web/server.ts';
import { type ConfigParts, CREDENTIALS, configFor, type RunningDaemon, runDaemon } from '../support/daemon.ts';
import { createFixedWorld, type FixedProject } from '../support/fixed-world.js';
import { job } from '../support/jobs.ts';
import { statesOf, textOf } from '../support/pages.ts';
import { GROUP_ID, polledState } from '../support/states.ts';
import { QUIET_WEB } from '../support/web.ts';

const CLOSED = '5e0000000000000000000002';
const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

const PROJECTS: readonly FixedProject[] = [
  {
    id: GROUP_ID,
    name: 'Shop <b>',
    clusters: [
      { name: 'good', exports: [job('Successful')], schedule: { autoExportEnabled: false } },
      { name: 'bad', exports: [job('Failed', { fields: { stateReason: { errorCode: '<b>', message: '<b>' } } })] },
    ],
  },
  { id: CLOSED, name: 'Closed', forbidden: 'IP_ADDRESS_NOT_ON_ACCESS_LIST', clusters: [{ name: 'hidden' }] },
];

async function watch(parts: ConfigParts): Promise<RunningDaemon & { simulator: Simulator }> {
  const simulator = await startSimulator({ world: createFixedWorld(PROJECTS) });
  open.push(simulator);
  const running = await runDaemon(configFor(simulator, parts));
  open.push({ close: running.daemon.stop });
  return { ...running, simulator };
}

const targets = ['good', 'bad', 'gone'].map((clusterName) => ({ groupId: GROUP_ID, clusterName, credential: 'token' }));
const CLOSED_PROJECT = { groupId: CLOSED, credential: 'token', exclude: [], discoveryIntervalSeconds: 60 };
const thrice = (up: Record<string, number>): boolean => Object.keys(up).length === 3;

async function text(url: string): Promise<string> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  return response.text();
}

/** Pages may be a second old. */
async function eventually(url: string, is: (html: string) => boolean): Promise<string> {
  const deadline = Date.now() + 50_000;
  for (;;) {
    const page = await text(url);
    if (is(page)) return page;
    if (Date.now() > deadline) throw new Error(`the page did not become right: ${page}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

describe('the pages of the daemon', () => {
  test('show what is wrong, the cause and the advice', async () => {
    const { url, until } = await watch({
      targets,
      discoveries: [CLOSED_PROJECT],
      polling: { isRead: { schedule: true } },
    });
    await until('export_up', thrice);
    await until('export_schedule_up', thrice);
    const isWhole = (html: string) =>
      html.includes('data-s="unmeasured"') && textOf(html).includes('bad\nauto export off\nShop <b>');
    const page = textOf(await eventually(`${url}/`, isWhole));
    expect(page).toContain('3 of 3 clusters have warnings');
    expect(page).toMatch(
      /bad\nauto export off\nShop <b>[\s\S]*The latest export failed .* ago with an unusual error code\./,
    );
    expect(page).toMatch(/gone[\s\S]*Atlas answered 404 CLUSTER_NOT_FOUND; there is no data yet\.\nCheck group_id/);
    expect(page).toMatch(/Could not list the clusters of 5e0+2\.\nAtlas answered 403 IP_ADDRESS_NOT_ON_ACCESS_LIST/);
    expect(page).toMatch(/good[\s\S]*Automatic export is off in the backup schedule/);
    expect(page).toMatch(/backups\n\d+ of \d+, \d+ s ago\n\d+ of 20000/);
  });

  test('filter on the server', async () => {
    const { url, until } = await watch({ targets });
    await until('export_up', thrice);
    expect(textOf(await text(`${url}/?state=failed`))).toContain('Showing 1 of 3.');
    expect(textOf(await text(`${url}/?q=go`))).toContain('Showing 2 of 3.');
  });

  test('show one target in full, and 404 for a target that is not monitored', async () => {
    const { url, until } = await watch({ targets });
    await until('export_up', thrice);
    const response = await fetch(`${url}/targets/${GROUP_ID}/good`);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(textOf(await response.text())).toContain('Listed exports\n1 successful');
    expect((await fetch(`${url}/targets/${GROUP_ID}/nobody`)).status).toBe(404);
    const slashed = await fetch(`${url}/targets/${GROUP_ID}/good/`);
    expect([slashed.status, slashed.redirected, slashed.url]).toEqual([200, true, `${url}/targets/${GROUP_ID}/good`]);
    expect(await (await fetch(`${url}/targets/${GROUP_ID}/good`, { method: 'HEAD' })).text()).toBe('');
  });

  test('are compressed for clients that accept gzip', async () => {
    const { url, until } = await watch({ targets });
    await until('export_up', thrice);
    const ask = (encoding: string) => fetch(`${url}/`, { headers: { 'accept-encoding': encoding } });
    const [zipped, plain] = [await ask('gzip'), await ask('identity')];
    expect([zipped.headers.get('content-encoding'), plain.headers.get('content-encoding')]).toEqual(['gzip', null]);
    expect(zipped.headers.get('vary')).toBe('Accept-Encoding');
    expect(Number(zipped.headers.get('content-length'))).toBeLessThan(Number(plain.headers.get('content-length')) / 2);
    expect(await zipped.text()).toContain('</html>');
  });

  test('have the same content as JSON', async () => {
    const { url, until } = await watch({ targets });
    await until('export_up', thrice);
    const response = await fetch(`${url}/api/v1/targets`);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await response.json()).toMatchObject({
      exporter_version: '0.0.0-test',
      targets: [
        { cluster_name: 'bad', condition: 'failed', up: true },
        { cluster_name: 'gone', condition: 'unreachable', up: false, poll_failure: { status: 404 } },
        { cluster_name: 'good', condition: 'unmeasured', jobs: { successful: 1 } },
      ],
      projects: [{ group_id: GROUP_ID, targets: 3, budgets: [{ capacity_requests: 20_000 }, {}] }],
    });
  });

  test('have the same content as JSON for one target, one condition, one project or one owner', async () => {
    const owned = targets.map((one) => (one.clusterName === 'bad' ? one : { ...one, owner: 'payments' }));
    const { url, until } = await watch({ targets: owned, discoveries: [CLOSED_PROJECT] });
    await until('export_up', thrice);
    await until('export_discovery_up', (up) => Object.values(up).includes(0));
    const ask = async (path: string) => {
      const response = await fetch(`${url}/api/v1/targets${path}`);
      expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    };
    const namesFor = async (query: string) => {
      const { status, body } = await ask(query);
      const [of, projects] = [body['targets'], body['projects']] as Record<string, unknown>[][];
      return [status, of?.map((one) => one['cluster_name']), projects?.map((one) => one['group_id'])];
    };
    expect(await namesFor('?condition=unmeasured')).toEqual([200, ['bad', 'gone', 'good'], [GROUP_ID]]);
    expect(await namesFor('?owner=payments&condition=unmeasured&group_id=')).toEqual([
      200,
      ['gone', 'good'],
      [GROUP_ID],
    ]);
    expect(await namesFor('?owner=search')).toEqual([200, [], []]);
    expect(await namesFor(`?group_id=${CLOSED}`)).toEqual([200, [], [CLOSED]]);
    for (const query of ['?state=failed', '?condition=nonsense', '?owner=a&owner=b'])
      expect(await ask(query)).toEqual({ status: 400, body: { error: expect.any(String) } });
    const { status, body } = await ask(`/${GROUP_ID}/good`);
    expect([status, body['cluster_name'], body['owner'], body['up']]).toEqual([200, 'good', 'payments', true]);
    expect(await ask(`/${GROUP_ID}/nobody`)).toEqual({ status: 404, body: { error: expect.any(String) } });
  });

  test('show the current config without secrets', async () => {
    const file = '/run/secrets/atlas/token';
    const inFile = { ...CREDENTIALS.token.secrets['access_token'], description: `file ${file}`, file } as SecretSource;
    const credentials = [CREDENTIALS.key, { ...CREDENTIALS.token, secrets: { access_token: inFile } }];
    const { url, simulator } = await watch({ targets, credentials });
    const config = await text(`${url}/config`);
    // Everybody can read it, because no password is required.
    expect(config).toContain('access_token: <file token>');
    expect(config).toContain(`base_url: ${simulator.origin}`);
    expect(config).toContain('private_key: <inline>');
    expect(config).toContain('clusters:\n      - good\n      - bad\n      - gone\n');
  });
});

test('a page that many clients request within a second is rendered once', async () => {
  let asked = 0;
  let nowSeconds = 100;
  const states = () => {
    asked += 1;
    return [polledState([job()])];
  };
  const app = createApp({
    ...QUIET_WEB,
    states: statesOf(states),
    runtime: { ...QUIET_WEB.runtime, wallSeconds: () => nowSeconds },
  });
  const web = await startWeb(app, [{ host: '127.0.0.1', port: 0 }]);
  open.push(web);
  const ask = (path: string) => text(`${web.urls[0]}${path}`);
  for (const path of ['/', '/', '/?q=', '/?state=fine', '/?state=fine', '/api/v1/targets']) await ask(path);
  expect(asked).toBe(4);
  nowSeconds += 1;
  await ask('/');
  expect(asked).toBe(5);
  // The number of kept pages is bounded.
  for (let number = 0; number < 100; number += 1) await ask(`/?q=${number}`);
  await ask('/');
  expect(asked).toBe(106);
});
