import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/simulator.ts';
import { createFixedWorld } from '../../src/simulator/world.ts';
import { bearer, call } from '../unit/simulator/call.ts';

const groupId = '5f00000000000000000000aa';
const root = `/api/atlas/v2/groups/${groupId}`;
const list = `${root}/clusters/orders/backup/exports`;

const jobs = Array.from({ length: 7 }, (_, index) => ({ id: `job-${7 - index}`, state: 'Successful' }));
const world = createFixedWorld([
  {
    id: groupId,
    name: 'Shop',
    clusters: [
      { name: 'orders', exports: jobs },
      { name: 'empty', schedule: { autoExportEnabled: true } },
      { name: 'big', exports: Array.from({ length: 700 }, (_, index) => Object.freeze({ id: `big-${index}` })) },
      { name: 'moving', exports: (nowMs) => [{ id: `at-${nowMs}` }] },
      { name: 'shards', kind: 'sharded', paused: true },
      { name: 'spread', multiCloud: true, exports: jobs },
      { name: 'tiny', kind: 'flex' },
      { name: 'odd', exports: [null, 'text', undefined] },
    ],
  },
  { id: '5f00000000000000000000bb', name: 'Other', credentials: ['api-key'], clusters: [] },
]);

let simulator: Simulator | undefined;

async function start(options: Partial<SimulatorOptions> = {}) {
  simulator = await startSimulator({ world, ...options });
  const { origin, credentials } = simulator;
  const get = (path: string, headers: Record<string, string> = {}) =>
    call(origin, path, { headers: { ...bearer(credentials.accessToken), ...headers } });
  return { simulator, origin, get };
}

afterEach(async () => {
  await simulator?.close();
  simulator = undefined;
});

describe('pages', () => {
  test('a list without parameters is the first hundred, with a self link and the total', async () => {
    const { origin, get } = await start();
    const { status, headers, json } = await get(list);
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('application/vnd.atlas.2023-01-01+json;charset=utf-8');
    expect(json).toEqual({
      links: [{ href: `${origin}${list}?includeCount=true&pageNum=1&itemsPerPage=100`, rel: 'self' }],
      results: jobs,
      totalCount: 7,
    });
  });

  test('a page in the middle links to both neighbours', async () => {
    const { origin, get } = await start();
    const { json } = await get(`${list}?itemsPerPage=3&pageNum=2`);
    expect(json.results.map((job: { id: string }) => job.id)).toEqual(['job-4', 'job-3', 'job-2']);
    expect(json.links).toEqual([
      { href: `${origin}${list}?includeCount=true&pageNum=2&itemsPerPage=3`, rel: 'self' },
      { href: `${origin}${list}?includeCount=true&itemsPerPage=3&pageNum=1`, rel: 'previous' },
      { href: `${origin}${list}?includeCount=true&itemsPerPage=3&pageNum=3`, rel: 'next' },
    ]);
  });

  test('following next visits every job once and ends', async () => {
    const { origin, get } = await start();
    const ids: string[] = [];
    let path: string | undefined = `${list}?itemsPerPage=2`;
    while (path !== undefined) {
      const { json } = await get(path);
      ids.push(...json.results.map((job: { id: string }) => job.id));
      const next = json.links.find((link: { rel: string }) => link.rel === 'next');
      path = next?.href.slice(origin.length);
    }
    expect(ids).toEqual(jobs.map(({ id }) => id));
  });

  test('a last page that is exactly full has no next', async () => {
    const { get } = await start();
    const { json } = await get(`${list}?itemsPerPage=7`);
    expect(json.links.map((link: { rel: string }) => link.rel)).toEqual(['self']);
  });

  test('a page beyond the last is empty and still knows the total', async () => {
    const { get } = await start();
    const { status, json } = await get(`${list}?pageNum=5`);
    expect(status).toBe(200);
    expect(json.results).toEqual([]);
    expect(json.totalCount).toBe(7);
  });

  test.each([
    'itemsPerPage=0',
    'itemsPerPage=501',
    'itemsPerPage=ten',
    'pageNum=0',
    'pageNum=-1',
    'pageNum=1.5',
    'pageNum=',
    'includeCount=maybe',
    'envelope=1',
  ])('a list refuses %s', async (query) => {
    const { get } = await start();
    const { status, headers, json } = await get(`${list}?${query}`);
    expect(status).toBe(400);
    expect(headers['content-type']).toBe('application/json');
    expect(headers['x-error-code']).toBe('INVALID_QUERY_PARAMETER');
    expect(json).toMatchObject({ error: 400, reason: 'Bad Request', parameters: [query.split('=')[0]] });
  });

  test('the largest page holds 500', async () => {
    const { get } = await start();
    const { json } = await get(`${root}/clusters/big/backup/exports?itemsPerPage=500`);
    expect(json.results).toHaveLength(500);
    expect(json.totalCount).toBe(700);
  });

  test('links can point to another address than the server has', async () => {
    const { get } = await start({ linkOrigin: 'https://atlas.example' });
    const { json } = await get(`${list}?itemsPerPage=3`);
    expect(json.links.every((link: { href: string }) => link.href.startsWith(`https://atlas.example${list}?`))).toBe(
      true,
    );
  });
});

describe('forms', () => {
  test('without a count there is no totalCount, and the links keep asking for none', async () => {
    const { get } = await start();
    const { json } = await get(`${list}?includeCount=false&itemsPerPage=3`);
    expect(json).not.toHaveProperty('totalCount');
    expect(json.links.map((link: { href: string }) => link.href).join()).not.toContain('includeCount=true');
  });

  test('an enveloped list carries its status beside the results', async () => {
    const { get } = await start();
    const { json } = await get(`${list}?envelope=true&includeCount=false`);
    expect(json).toMatchObject({ status: 200, results: jobs });
  });

  test('an enveloped single resource is content and status', async () => {
    const { get } = await start();
    const { json } = await get(`${list}/job-3?envelope=true`);
    expect(json).toEqual({ status: 200, content: { id: 'job-3', state: 'Successful' } });
  });

  test('pretty changes the spaces and nothing else', async () => {
    const { get } = await start();
    const plain = await get(list);
    const pretty = await get(`${list}?pretty=true`);
    expect(pretty.text.split('\n').length).toBeGreaterThan(10);
    expect(pretty.json).toEqual(plain.json);
    expect((await get(`${list}/job-3?pretty=true`)).text).toContain('\n  "id": "job-3"');
  });

  test('a long answer is compressed for those who take it', async () => {
    const { get } = await start();
    const path = `${root}/clusters/big/backup/exports?itemsPerPage=500`;
    const plain = await get(path);
    const zipped = await get(path, { 'accept-encoding': 'br, gzip' });
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(zipped.headers['content-encoding']).toBe('gzip');
    expect(zipped.headers.vary).toBe('Accept-Encoding');
    expect(gunzipSync(zipped.bytes).equals(plain.bytes)).toBe(true);
    const again = await get(path, { 'accept-encoding': 'gzip' });
    expect(again.bytes.equals(zipped.bytes)).toBe(true);
  });

  test.each(['', 'identity', 'gzip;q=0', 'gzip; q=0.0', 'br'])(
    'a client that accepts %j gets it as it is',
    async (coding) => {
      const { get } = await start();
      const { headers } = await get(`${root}/clusters/big/backup/exports`, { 'accept-encoding': coding });
      expect(headers['content-encoding']).toBeUndefined();
    },
  );

  test('a short answer is not compressed', async () => {
    const { get } = await start();
    const { headers } = await get(list, { 'accept-encoding': 'gzip' });
    expect(headers['content-encoding']).toBeUndefined();
  });

  test('compressed answers are never those of another time', async () => {
    let nowMs = 1;
    const { get } = await start({ now: () => nowMs });
    for (let address = 0; address < 70; address += 1) {
      nowMs = address;
      const { bytes } = await get(`${root}/clusters/big/backup/exports?pageNum=${1 + (address % 7)}&n=${address}`, {
        'accept-encoding': 'gzip',
      });
      expect(JSON.parse(gunzipSync(bytes).toString()).results[0].id).toBe(`big-${100 * (address % 7)}`);
    }
    const { json } = await get(`${root}/clusters/moving/backup/exports`);
    expect(json.results).toEqual([{ id: 'at-69' }]);
  });

  test('a list can hold what is no object', async () => {
    const { get } = await start();
    const { json } = await get(`${root}/clusters/odd/backup/exports`);
    expect(json.results).toEqual([null, 'text', null]);
    expect((await get(`${root}/clusters/odd/backup/exports/x`)).status).toBe(404);
  });
});

describe('resources', () => {
  test('a job is found by its id', async () => {
    const { get } = await start();
    expect((await get(`${list}/job-3`)).json).toEqual({ id: 'job-3', state: 'Successful' });
  });

  test('a schedule is the one given, or one that exports nothing', async () => {
    const { get } = await start();
    expect((await get(`${root}/clusters/empty/backup/schedule`)).json).toEqual({ autoExportEnabled: true });
    const { json } = await get(`${root}/clusters/orders/backup/schedule`);
    expect(json).toMatchObject({ autoExportEnabled: false, clusterName: 'orders' });
    expect(json).not.toHaveProperty('export');
  });

  test('the clusters of a project are listed without flex and multi-cloud ones', async () => {
    const { get } = await start();
    const { json, headers } = await get(`${root}/clusters`);
    const shown = json.results.map(({ name, clusterType, paused }: Record<string, unknown>) => [
      name,
      clusterType,
      paused,
    ]);
    expect(shown).toEqual([
      ['orders', 'REPLICASET', false],
      ['empty', 'REPLICASET', false],
      ['big', 'REPLICASET', false],
      ['moving', 'REPLICASET', false],
      ['shards', 'SHARDED', true],
      ['odd', 'REPLICASET', false],
    ]);
    expect(headers['ratelimit-limit']).toBe('10000');
    expect((await get(`${root}/clusters/spread/backup/exports`)).json.totalCount).toBe(7);
  });

  test('a project tells its name', async () => {
    const { get } = await start();
    const { json } = await get(root);
    expect(json).toMatchObject({ id: groupId, name: 'Shop', clusterCount: 8, created: '2020-07-04T04:05:20Z' });
  });

  test('the list of projects shows those of the credential', async () => {
    const { get } = await start();
    const { json } = await get('/api/atlas/v2/groups');
    expect(json.results.map(({ name }: { name: string }) => name)).toEqual(['Shop']);
  });
});

describe('the server', () => {
  test('what was asked is remembered in order, with query, status and scheme', async () => {
    const seen: unknown[] = [];
    const { simulator, origin, get } = await start({ onRequest: (request) => seen.push(request) });
    await get(`${list}?pageNum=0`);
    await call(origin, list);
    await call(origin, list, { headers: { authorization: 'Negotiate x' } });
    expect(simulator.requests).toEqual([
      { method: 'GET', path: `${list}?pageNum=0`, status: 400, authScheme: 'bearer' },
      { method: 'GET', path: list, status: 401, authScheme: 'none' },
      { method: 'GET', path: list, status: 401, authScheme: 'other' },
    ]);
    expect(seen).toEqual(simulator.requests);
  });

  test('answers can be slow', async () => {
    const { get } = await start({ delayMs: 60 });
    const startedMs = performance.now();
    await get(list);
    expect(performance.now() - startedMs).toBeGreaterThan(50);
  });

  test('closing does not wait for slow answers', async () => {
    const { simulator, get } = await start({ delayMs: 60_000 });
    const answer = get(list).catch(({ code }: NodeJS.ErrnoException) => code);
    while (simulator.requests.length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await simulator.close();
    expect(await answer).toBe('ECONNRESET');
  });

  test('two servers can not have one port', async () => {
    const { origin } = await start();
    await expect(startSimulator({ world, port: Number(new URL(origin).port) })).rejects.toThrow('EADDRINUSE');
  });

  test('a body without end is cut off', async () => {
    const { origin } = await start();
    await expect(call(origin, '/api/oauth/token', { method: 'POST', body: 'x'.repeat(100_000) })).rejects.toThrow();
  });
});
