/**
 * The simulator answers as Atlas does: pages, resources, errors, versions, rate limits. A test can change its answers.
 */
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/simulator.ts';
import type { World } from '../../src/simulator/world.ts';
import { basic, bearer, call } from '../support/call.ts';
import { createFixedWorld } from '../support/fixed-world.js';

const groupId = '5f00000000000000000000aa';
const foreignId = '5f00000000000000000000bb';
const forbiddenId = '5f00000000000000000000cc';
const unknownId = '5f00000000000000000000dd';
const root = `/api/atlas/v2/groups/${groupId}`;
const list = exportsOf(groupId);

const jobs = Array.from({ length: 7 }, (_, index) => ({ id: `job-${7 - index}`, state: 'Successful' }));
const world = createFixedWorld([
  {
    id: groupId,
    name: 'Shop',
    clusters: [
      { name: 'orders', exports: jobs },
      { name: 'empty', schedule: { autoExportEnabled: true } },
      { name: 'long', exports: Array.from({ length: 700 }, (_, index) => ({ id: `long-${index}` })) },
      { name: 'shards', kind: 'sharded', paused: true },
      { name: 'tiny', kind: 'flex' },
      { name: 'broken', failing: { status: 500, errorCode: 'UNEXPECTED_ERROR' } },
      { name: 'proxied', failing: { status: 503, html: true } },
      { name: 'limited', failing: { status: 429, errorCode: 'RATE_LIMITED', retryAfterSeconds: 7 } },
      { name: 'flaky', failing: (nowMs) => (nowMs < 1000 ? { status: 502 } : undefined) },
    ],
  },
  { id: foreignId, name: 'Foreign', credentials: ['service-account'], clusters: [{ name: 'orders' }] },
  { id: forbiddenId, name: 'Closed', forbidden: 'IP_ADDRESS_NOT_ON_ACCESS_LIST', clusters: [{ name: 'orders' }] },
]);

function exportsOf(group: string, cluster = 'orders'): string {
  return `/api/atlas/v2/groups/${group}/clusters/${cluster}/backup/exports`;
}

let simulator: Simulator | undefined;

async function start(options: Partial<SimulatorOptions> = {}) {
  simulator = await startSimulator({ world, ...options });
  const { origin, credentials } = simulator;
  const get = (path: string, headers: Record<string, string> = {}) =>
    call(origin, path, { headers: { ...bearer(credentials.accessToken), ...headers } });
  return { simulator, origin, credentials, get };
}

afterEach(async () => {
  await simulator?.close();
  simulator = undefined;
});

describe('pages', () => {
  test('the list of projects has those that the caller can see', async () => {
    const { get } = await start();
    const { json } = await get('/api/atlas/v2/groups?pageNum=1&itemsPerPage=1');
    expect(json).toMatchObject({ results: [{ id: groupId, name: 'Shop' }], totalCount: 2 });
    const second = (await get('/api/atlas/v2/groups?pageNum=2&itemsPerPage=1')).json;
    expect(second).toMatchObject({
      results: [{ id: forbiddenId, name: 'Closed' }],
      links: [{ rel: 'self' }, { rel: 'previous' }],
    });
  });

  test('a list without parameters is the first hundred, with a self link and the total', async () => {
    const { origin, get } = await start();
    const { status, headers, json } = await get(list);
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('application/vnd.atlas.2023-01-01+json;charset=utf-8');
    expect(json).toEqual({
      links: [{ href: `${origin}${list}?includeCount=true&itemsPerPage=100&pageNum=1`, rel: 'self' }],
      results: jobs,
      totalCount: 7,
    });
    expect((await get(exportsOf(groupId, 'long'))).json.results).toHaveLength(100);
  });

  test('a page in the middle has links to the previous and the next page', async () => {
    const { origin, get } = await start();
    const { json } = await get(`${list}?itemsPerPage=3&pageNum=2`);
    expect(json.results.map((job: { id: string }) => job.id)).toEqual(['job-4', 'job-3', 'job-2']);
    expect(json.links).toEqual([
      { href: `${origin}${list}?includeCount=true&itemsPerPage=3&pageNum=2`, rel: 'self' },
      { href: `${origin}${list}?includeCount=true&itemsPerPage=3&pageNum=1`, rel: 'previous' },
      { href: `${origin}${list}?includeCount=true&itemsPerPage=3&pageNum=3`, rel: 'next' },
    ]);
  });

  test.each(['pageNum=0', 'pageNum=x', 'itemsPerPage=0', 'itemsPerPage=501'])('%s is refused', async (query) => {
    const { get } = await start();
    const { status, json } = await get(`${list}?${query}`);
    expect(status).toBe(400);
    expect(json).toMatchObject({ errorCode: 'INVALID_QUERY_PARAMETER', parameters: [query.split('=')[0]] });
  });

  test('a long answer is compressed if the client accepts gzip', async () => {
    const { get } = await start();
    const plain = await get(exportsOf(groupId, 'long'));
    expect(plain.headers['content-encoding']).toBeUndefined();
    const zipped = await get(exportsOf(groupId, 'long'), { 'accept-encoding': 'gzip' });
    expect(zipped.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(zipped.bytes).equals(plain.bytes)).toBe(true);
  });
});

describe('resources', () => {
  test('a schedule is the given one, or one without exports', async () => {
    const { get } = await start();
    expect((await get(`${root}/clusters/empty/backup/schedule`)).json).toEqual({ autoExportEnabled: true });
    const { json } = await get(`${root}/clusters/orders/backup/schedule`);
    expect(json).toMatchObject({ autoExportEnabled: false, clusterName: 'orders' });
    expect(json).not.toHaveProperty('export');
  });

  test('the clusters of a project are listed without flex clusters', async () => {
    const { get } = await start();
    const { json } = await get(`${root}/clusters`);
    const shown = json.results.map(({ name, clusterType, paused }: Record<string, unknown>) => [
      name,
      clusterType,
      paused,
    ]);
    expect(shown).toContainEqual(['orders', 'REPLICASET', false]);
    expect(shown).toContainEqual(['shards', 'SHARDED', true]);
    expect(JSON.stringify(shown)).not.toContain('tiny');
  });

  test('a project has its id and name', async () => {
    const { get } = await start();
    expect((await get(root)).json).toMatchObject({ id: groupId, name: 'Shop' });
  });
});

describe('errors', () => {
  test.each([
    [exportsOf(unknownId), 404, 'GROUP_NOT_FOUND'],
    [exportsOf(groupId, 'renamed'), 404, 'CLUSTER_NOT_FOUND'],
    ['/api/atlas/v2/nothing', 404, 'RESOURCE_NOT_FOUND'],
    [exportsOf('5F00000000000000000000AA'), 400, 'INVALID_GROUP_ID'],
    [exportsOf(groupId, '-orders'), 400, 'INVALID_CLUSTER_NAME'],
    [exportsOf(groupId, '%zz'), 400, 'INVALID_CLUSTER_NAME'],
    [exportsOf(groupId, 'tiny'), 400, 'CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API'],
    [exportsOf(groupId, 'broken'), 500, 'UNEXPECTED_ERROR'],
    [exportsOf(forbiddenId), 403, 'IP_ADDRESS_NOT_ON_ACCESS_LIST'],
    [exportsOf(foreignId), 401, 'NOT_IN_GROUP'],
    [`/api/atlas/v2/groups/${foreignId}/clusters`, 401, 'NOT_IN_GROUP'],
  ])('%s is refused with %i %s', async (path, status, errorCode) => {
    const { get } = await start();
    const answer = await get(path);
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toBe('application/json');
    expect(answer.headers['x-error-code']).toBe(errorCode);
    expect(answer.headers['www-authenticate']).toBeUndefined();
    expect(Object.keys(answer.json).sort()).toEqual(['detail', 'error', 'errorCode', 'parameters', 'reason']);
    expect(answer.json).toMatchObject({ error: status, errorCode });
  });

  test('a proxy’s error is an HTML page, and a 429 names the seconds to wait', async () => {
    const { get } = await start();
    const { status, headers, text } = await get(exportsOf(groupId, 'proxied'));
    expect([status, headers['content-type']]).toEqual([503, 'text/html']);
    expect(text).toContain('<html>');
    const limited = await get(exportsOf(groupId, 'limited'));
    expect([limited.status, limited.headers['retry-after']]).toEqual([429, '7']);
  });

  test('a cluster can fail for some time', async () => {
    let nowMs = 0;
    const { get } = await start({ now: () => nowMs });
    expect((await get(exportsOf(groupId, 'flaky'))).status).toBe(502);
    nowMs = 1000;
    expect((await get(exportsOf(groupId, 'flaky'))).status).toBe(200);
  });

  test.each([
    ['POST', list, 'GET'],
    ['DELETE', list, 'GET'],
    ['GET', '/api/oauth/token', 'POST'],
    ['GET', '/api/oauth/revoke', 'POST'],
  ])('%s %s is refused: only %s is allowed', async (method, path, allowed) => {
    const { origin, credentials } = await start();
    const answer = await call(origin, path, { method, headers: bearer(credentials.accessToken) });
    expect([answer.status, answer.headers.allow]).toEqual([405, allowed]);
  });
});

describe('API versions', () => {
  test.each([
    ['', 406],
    ['application/json', 406],
    ['application/vnd.atlas+json', 406],
    ['application/vnd.atlas.2022-12-31+json', 400],
    ['application/vnd.atlas.latest+json', 400],
    ['application/vnd.atlas.2023-01-01+json', 200],
    ['text/html, application/vnd.atlas.2025-03-12+json;q=0.9', 200],
  ])('Accept %j is answered with %i', async (accept, status) => {
    const { get } = await start();
    const answer = await get(list, { accept });
    expect([answer.status, answer.json.errorCode]).toEqual([
      status,
      { 406: 'NOT_ACCEPTABLE', 400: 'INVALID_VERSION_DATE' }[status],
    ]);
  });
});

describe('rate limits', () => {
  test('answers about backups have the project’s limit and what remains of it', async () => {
    const { get } = await start({ now: () => 0 });
    const shown = [];
    for (const path of [list, exportsOf(groupId, 'renamed'), exportsOf(forbiddenId), `${root}/clusters`]) {
      const { headers } = await get(path);
      shown.push([headers['ratelimit-limit'], headers['ratelimit-remaining']]);
    }
    expect(shown).toEqual([
      ['1200', '1199'],
      ['1200', '1198'],
      ['1200', '1199'],
      ['10000', '9999'],
    ]);
  });

  test('an exceeded limit is answered with 429 if limits are enforced: of tokens', async () => {
    let nowMs = 0;
    const { get, origin, credentials } = await start({ now: () => nowMs, enforceRateLimit: true });
    const mint = () =>
      call(origin, '/api/oauth/token', {
        method: 'POST',
        headers: {
          authorization: basic(credentials.clientId, credentials.clientSecret),
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: 'grant_type=client_credentials',
      });
    for (let minted = 0; minted < 10; minted += 1) {
      expect((await mint()).status).toBe(200);
    }
    const { status, headers, json } = await mint();
    expect([status, headers['retry-after'], json.error]).toEqual([429, '6', 'too_many_requests']);
    // Lists have a limit of their own, and tokens are minted again later.
    expect((await get(list)).headers['ratelimit-remaining']).toBe('1199');
    nowMs += 6000;
    expect((await mint()).status).toBe(200);
  });
});

describe('the server', () => {
  test('requests are recorded in order, with query and status', async () => {
    const seen: unknown[] = [];
    const { simulator: running, origin, get } = await start({ onRequest: (request) => seen.push(request) });
    await get(`${list}?pageNum=0`);
    await call(origin, list);
    expect(running.requests).toEqual([
      { method: 'GET', path: `${list}?pageNum=0`, status: 400 },
      { method: 'GET', path: list, status: 401 },
    ]);
    expect(seen).toEqual(running.requests);
  });

  test('closing does not wait for delayed answers', async () => {
    const { simulator: running, get } = await start({ delayMs: 60_000 });
    const answer = get(list).catch(({ code }: NodeJS.ErrnoException) => code);
    while (running.requests.length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await running.close();
    expect(await answer).toBe('ECONNRESET');
  });

  test('a test can replace an answer, change a list, change an answer, and send it', async () => {
    const { get, origin } = await start({
      intercept({ operation, clusterName }) {
        if (operation === 'get_group') return { answer: { status: 418, headers: {}, body: '' } };
        if (clusterName === 'empty') return { changeList: (full) => ({ ...full, items: [1, 2] }) };
        if (clusterName === 'tiny') return { changeAnswer: (answer) => ({ ...answer, status: 203 }) };
        return { send: async (response) => void response.writeHead(299).end() };
      },
    });
    expect((await get(root)).status).toBe(418);
    // Authentication comes first.
    expect((await call(origin, root)).status).toBe(401);
    expect((await get(exportsOf(groupId, 'empty'))).json).toMatchObject({ results: [1, 2], totalCount: 2 });
    expect((await get(exportsOf(groupId, 'tiny'))).status).toBe(203);
    expect((await get(list)).status).toBe(299);
  });
});

describe('an export by hand', () => {
  const due = { snapshotId: 's', exportBucketId: 'b' };
  const accepting: World = {
    ...world,
    startExport: (_group, _cluster, wanted) => (wanted.snapshotId === 's' ? { ...wanted, state: 'Queued' } : undefined),
  };

  test.each([
    ['the right body', JSON.stringify(due), 200, due],
    ['an unknown snapshot', JSON.stringify({ ...due, snapshotId: 'x' }), 404, { errorCode: 'RESOURCE_NOT_FOUND' }],
    ['no bucket', JSON.stringify({ snapshotId: 's' }), 400, { errorCode: 'MISSING_ATTRIBUTE' }],
    ['a body that is not JSON', 'snapshotId=s', 400, { errorCode: 'MISSING_ATTRIBUTE' }],
    ['an empty body', 'null', 400, { errorCode: 'MISSING_ATTRIBUTE' }],
  ])('with %s', async (_what, body, status, answer) => {
    const { origin, credentials } = await start({ world: accepting });
    const headers = bearer(credentials.accessToken);
    expect(await call(origin, list, { method: 'POST', headers, body })).toMatchObject({ status, json: answer });
    expect(await call(origin, list, { method: 'POST', body })).toMatchObject({ status: 401 });
    const foreign = await call(origin, exportsOf(foreignId), { method: 'POST', headers, body });
    expect(foreign).toMatchObject({ status: 401, json: { errorCode: 'NOT_IN_GROUP' } });
  });
});
