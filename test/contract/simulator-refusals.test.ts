import { afterEach, describe, expect, test } from '@jest/globals';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/simulator.ts';
import { createFixedWorld } from '../../src/simulator/world.ts';
import { basic, bearer, call } from '../unit/simulator/call.ts';

const groupId = '5f00000000000000000000aa';
const foreignId = '5f00000000000000000000bb';
const forbiddenId = '5f00000000000000000000cc';
const unknownId = '5f00000000000000000000dd';

const world = createFixedWorld([
  {
    id: groupId,
    name: 'Shop',
    clusters: [
      { name: 'orders' },
      { name: 'tiny', kind: 'flex' },
      { name: 'broken', failing: { status: 500, errorCode: 'UNEXPECTED_ERROR' } },
      { name: 'gone', failing: { status: 503, html: true } },
      { name: 'bare', failing: { status: 504 } },
      { name: 'busy', failing: { status: 429, errorCode: 'RATE_LIMITED', retryAfterSeconds: 7 } },
      { name: 'moody', failing: (nowMs) => (nowMs < 1000 ? { status: 502 } : undefined) },
    ],
  },
  { id: foreignId, name: 'Foreign', credentials: ['service-account'], clusters: [{ name: 'orders' }] },
  { id: forbiddenId, name: 'Shut', forbidden: 'IP_ADDRESS_NOT_ON_ACCESS_LIST', clusters: [{ name: 'orders' }] },
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
  return { origin, credentials, get };
}

afterEach(async () => {
  await simulator?.close();
  simulator = undefined;
});

describe('what is not there', () => {
  test.each([
    [exportsOf(unknownId), 404, 'GROUP_NOT_FOUND'],
    [exportsOf(groupId, 'renamed'), 404, 'CLUSTER_NOT_FOUND'],
    [`${exportsOf(groupId)}/5f00000000000000000000ff`, 404, 'RESOURCE_NOT_FOUND'],
    ['/api/atlas/v2/nothing', 404, 'RESOURCE_NOT_FOUND'],
    ['/api/atlas/v2/groups/', 404, 'RESOURCE_NOT_FOUND'],
    ['/other', 404, 'RESOURCE_NOT_FOUND'],
    [exportsOf('5F00000000000000000000AA'), 400, 'INVALID_GROUP_ID'],
    [exportsOf('abc'), 400, 'INVALID_GROUP_ID'],
    [exportsOf(groupId, '-orders'), 400, 'INVALID_CLUSTER_NAME'],
    [exportsOf(groupId, 'a%20b'), 400, 'INVALID_CLUSTER_NAME'],
    [exportsOf(groupId, '%zz'), 400, 'INVALID_CLUSTER_NAME'],
    [exportsOf(groupId, 'tiny'), 400, 'CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API'],
    [exportsOf(forbiddenId), 403, 'IP_ADDRESS_NOT_ON_ACCESS_LIST'],
    [`/api/atlas/v2/groups/${forbiddenId}`, 403, 'IP_ADDRESS_NOT_ON_ACCESS_LIST'],
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

  test('the parameters of an error name what was asked for', async () => {
    const { get } = await start();
    const { json } = await get(exportsOf(groupId, 'renamed'));
    expect(json.parameters).toEqual(['renamed', groupId]);
    expect(json.reason).toBe('Not Found');
  });

  test('a name is understood when it is percent-encoded', async () => {
    const { get } = await start();
    expect((await get(exportsOf(groupId, '%6Frders'))).status).toBe(200);
  });

  test.each(['POST', 'DELETE', 'PATCH', 'HEAD'])('%s is not allowed on a list', async (method) => {
    const { origin, credentials } = await start();
    const answer = await call(origin, exportsOf(groupId), { method, headers: bearer(credentials.accessToken) });
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe('GET');
  });

  test.each(['token', 'revoke'])('GET is not allowed on /api/oauth/%s', async (action) => {
    const { origin } = await start();
    const answer = await call(origin, `/api/oauth/${action}`);
    expect([answer.status, answer.headers.allow]).toEqual([405, 'POST']);
  });
});

describe('versions', () => {
  test.each(['', '*/*', 'application/json', 'application/vnd.atlas+json', 'application/vnd.atlas.2025-03-12+csv'])(
    'Accept %j is not acceptable',
    async (accept) => {
      const { get } = await start();
      expect((await get(exportsOf(groupId), { accept })).status).toBe(406);
    },
  );

  test.each(['2025-02-30', '2022-12-31', '2025-13-01', '2025', 'latest'])('%s is no version', async (date) => {
    const { get } = await start();
    const { status, json } = await get(exportsOf(groupId), { accept: `application/vnd.atlas.${date}+json` });
    expect(status).toBe(400);
    expect(json.errorCode).toBe('INVALID_VERSION_DATE');
  });

  test.each(['application/vnd.atlas.2023-01-01+json', 'text/html, application/vnd.atlas.2025-03-12+json;q=0.9'])(
    'Accept %j is answered',
    async (accept) => {
      const { get } = await start();
      expect((await get(exportsOf(groupId), { accept })).status).toBe(200);
    },
  );

  test('who is not known does not learn that a version is missing', async () => {
    const { origin } = await start();
    expect((await call(origin, exportsOf(groupId))).status).toBe(401);
  });
});

describe('clusters that fail', () => {
  test('one answers with the status and code it was given', async () => {
    const { get } = await start();
    const { status, json } = await get(exportsOf(groupId, 'broken'));
    expect(status).toBe(500);
    expect(json.errorCode).toBe('UNEXPECTED_ERROR');
  });

  test('one answers with a page for people', async () => {
    const { get } = await start();
    const { status, headers, text } = await get(exportsOf(groupId, 'gone'));
    expect([status, headers['content-type']]).toEqual([503, 'text/html']);
    expect(text).toContain('<html>');
  });

  test('one gives no code', async () => {
    const { get } = await start();
    const { status, headers, json } = await get(`/api/atlas/v2/groups/${groupId}/clusters/bare/backup/schedule`);
    expect([status, headers['x-error-code']]).toEqual([504, undefined]);
    expect(json).not.toHaveProperty('errorCode');
  });

  test('one asks for patience', async () => {
    const { get } = await start();
    const { status, headers } = await get(exportsOf(groupId, 'busy'));
    expect([status, headers['retry-after']]).toEqual([429, '7']);
  });

  test('one recovers with time', async () => {
    let nowMs = 0;
    const { get } = await start({ now: () => nowMs });
    expect((await get(exportsOf(groupId, 'moody'))).status).toBe(502);
    nowMs = 1000;
    expect((await get(exportsOf(groupId, 'moody'))).status).toBe(200);
  });
});

describe('budgets', () => {
  test('every answer about backups tells what is left for the project', async () => {
    const { get } = await start({ now: () => 0 });
    const first = await get(exportsOf(groupId));
    const second = await get(exportsOf(groupId, 'renamed'));
    const other = await get(exportsOf(forbiddenId));
    const shown = [first, second, other].map(({ headers }) => [
      headers['ratelimit-limit'],
      headers['ratelimit-remaining'],
    ]);
    expect(shown).toEqual([
      ['1200', '1199'],
      ['1200', '1198'],
      ['1200', '1199'],
    ]);
  });

  test('a spent budget refuses only when that is wished', async () => {
    let nowMs = 0;
    const { get } = await start({ now: () => nowMs, enforceRateLimit: true });
    const statuses = new Set<number>();
    for (let sent = 0; sent < 1200; sent += 100) {
      const batch = await Promise.all(Array.from({ length: 100 }, () => get('/api/atlas/v2/groups')));
      for (const { status } of batch) {
        statuses.add(status);
      }
    }
    expect([...statuses]).toEqual([200]);
    const refused = await get('/api/atlas/v2/groups');
    expect(refused.status).toBe(429);
    expect(refused.json.errorCode).toBe('RATE_LIMITED_TOKEN_BUCKET');
    expect(refused.headers['retry-after']).toBe('1');
    expect(refused.headers['ratelimit-remaining']).toBe('0');
    expect((await get(exportsOf(groupId))).status).toBe(200);
    nowMs += 1000;
    expect((await get('/api/atlas/v2/groups')).status).toBe(200);
  });

  test('tokens have a budget of their own', async () => {
    const { origin, credentials } = await start({ now: () => 0, enforceRateLimit: true });
    const statuses: number[] = [];
    let last: Awaited<ReturnType<typeof call>> | undefined;
    for (let minted = 0; minted < 11; minted += 1) {
      last = await call(origin, '/api/oauth/token', {
        method: 'POST',
        headers: {
          authorization: basic(credentials.clientId, credentials.clientSecret),
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: 'grant_type=client_credentials',
      });
      statuses.push(last.status);
    }
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 200), 429]);
    expect(last?.headers['retry-after']).toBe('6');
    expect(last?.json.error).toBe('too_many_requests');
  });
});
