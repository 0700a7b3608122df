import { afterEach, describe, expect, test } from '@jest/globals';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/simulator.ts';
import { createFixedWorld } from '../../src/simulator/world.ts';
import { basic, bearer, call, digestHeader, nonceOf, type Sent, version } from '../unit/simulator/call.ts';

const groupId = '5f00000000000000000000aa';
const list = `/api/atlas/v2/groups/${groupId}/clusters/orders/backup/exports?itemsPerPage=500&pageNum=1`;
const world = createFixedWorld([{ id: groupId, name: 'Shop', clusters: [{ name: 'orders' }] }]);

let running: Simulator | undefined;

async function start(options: Partial<SimulatorOptions> = {}): Promise<Simulator> {
  running = await startSimulator({ world, ...options });
  return running;
}

afterEach(async () => {
  await running?.close();
  running = undefined;
});

describe('service accounts', () => {
  function ask({ origin, credentials }: Simulator, { headers, ...sent }: Sent = {}, action = 'token') {
    return call(origin, `/api/oauth/${action}`, {
      method: 'POST',
      body: 'grant_type=client_credentials',
      ...sent,
      headers: {
        authorization: basic(credentials.clientId, credentials.clientSecret),
        'content-type': 'application/x-www-form-urlencoded',
        ...headers,
      },
    });
  }

  async function statusWith({ origin }: Simulator, token: string): Promise<number> {
    return (await call(origin, list, { headers: bearer(token) })).status;
  }

  test('the secret buys a token, and the token opens the list', async () => {
    const simulator = await start();
    const { status, json } = await ask(simulator);
    expect(status).toBe(200);
    expect(json).toEqual({ access_token: expect.any(String), expires_in: 3600, token_type: 'Bearer' });
    expect(await statusWith(simulator, json.access_token)).toBe(200);
    expect(simulator.requests.map(({ authScheme }) => authScheme)).toEqual(['basic', 'bearer']);
  });

  test('every token is another one', async () => {
    const simulator = await start();
    const tokens = [await ask(simulator), await ask(simulator)].map(({ json }) => json.access_token);
    expect(new Set(tokens).size).toBe(2);
  });

  test.each([
    ['a wrong secret', basic('mdb_sa_id_5f0000000000000000000001', 'wrong')],
    [
      'form-encoded credentials',
      basic('mdb%5Fsa%5Fid%5F5f0000000000000000000001', 'mdb%5Fsa%5Fsk%5Fsimulated%5Fnot-a-secret'),
    ],
    ['another scheme', 'Bearer simulated-access-token'],
  ])('%s is an invalid client', async (_, authorization) => {
    const { status, json } = await ask(await start(), { headers: { authorization } });
    expect(status).toBe(401);
    expect(json).toEqual({ error: 'invalid_client', error_description: expect.any(String) });
  });

  test.each([
    ['a body of another type', { headers: { 'content-type': 'application/json' } }, 'invalid_request'],
    ['another grant', { body: 'grant_type=password' }, 'unsupported_grant_type'],
    ['no grant', { body: '' }, 'unsupported_grant_type'],
  ])('%s is refused', async (_, sent, error) => {
    const { status, json } = await ask(await start(), sent);
    expect([status, json.error]).toEqual([400, error]);
  });

  test('a token ends when its time is over', async () => {
    let nowMs = 0;
    const simulator = await start({ now: () => nowMs, tokenLifetimeSeconds: 60 });
    const { json } = await ask(simulator);
    expect(json.expires_in).toBe(60);
    nowMs = 59_999;
    expect(await statusWith(simulator, json.access_token)).toBe(200);
    nowMs = 60_000;
    const refused = await call(simulator.origin, list, { headers: bearer(json.access_token) });
    expect(refused.status).toBe(401);
    expect(refused.json).not.toHaveProperty('errorCode');
    expect(refused.headers['www-authenticate']).toBeUndefined();
  });

  test('tokens can be made to end, but not the fixed one', async () => {
    const simulator = await start();
    const { json } = await ask(simulator);
    simulator.expireTokens();
    expect(await statusWith(simulator, json.access_token)).toBe(401);
    expect(await statusWith(simulator, simulator.credentials.accessToken)).toBe(200);
  });

  test('a revoked token opens nothing, and revoking it again is fine', async () => {
    const simulator = await start();
    const { json } = await ask(simulator);
    const body = `token=${json.access_token}&token_type_hint=access_token`;
    expect((await ask(simulator, { body }, 'revoke')).status).toBe(200);
    expect(await statusWith(simulator, json.access_token)).toBe(401);
    expect((await ask(simulator, { body }, 'revoke')).status).toBe(200);
  });

  test('revoking needs the secret and a token', async () => {
    const simulator = await start();
    const stranger = { headers: { authorization: basic('someone', 'else') }, body: 'token=x' };
    expect((await ask(simulator, stranger, 'revoke')).json.error).toBe('invalid_client');
    expect((await ask(simulator, { body: '' }, 'revoke')).json.error).toBe('invalid_request');
  });

  test('an account has a hundred live tokens and no more, until some end', async () => {
    let nowMs = 0;
    const simulator = await start({ now: () => nowMs });
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask(simulator)));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    const refused = await ask(simulator);
    expect([refused.status, refused.json.error]).toEqual([403, 'access_denied']);
    await ask(simulator, { body: `token=${answers[0]?.json.access_token}` }, 'revoke');
    expect((await ask(simulator)).status).toBe(200);
    expect((await ask(simulator)).status).toBe(403);
    nowMs = 3_600_000;
    expect((await ask(simulator)).status).toBe(200);
  });

  test('after a rotation only the new secret buys tokens, while old tokens live on', async () => {
    const simulator = await start({ credentials: { clientSecret: 'first' } });
    const before = await ask(simulator);
    simulator.rotateCredentials({ clientSecret: 'second' });
    const old = { headers: { authorization: basic(simulator.credentials.clientId, 'first') } };
    expect((await ask(simulator, old)).status).toBe(401);
    expect((await ask(simulator)).status).toBe(200);
    expect(await statusWith(simulator, before.json.access_token)).toBe(200);
  });
});

describe('access tokens', () => {
  test('a fixed token works until it is rotated', async () => {
    const simulator = await start({ credentials: { accessToken: 'given' } });
    const get = () => call(simulator.origin, list, { headers: bearer('given') });
    expect((await get()).status).toBe(200);
    simulator.rotateCredentials({ accessToken: 'another' });
    expect((await get()).status).toBe(401);
  });
});

describe('API keys', () => {
  async function challenge({ origin }: Simulator): Promise<string> {
    const { headers } = await call(origin, list);
    return nonceOf(headers['www-authenticate']);
  }

  function signed({ origin, credentials }: Simulator, nonce: string, change: Record<string, string> = {}, path = list) {
    const { publicKey: username, privateKey: password } = credentials;
    const authorization = digestHeader({ username, password, nonce, uri: list, ...change });
    return call(origin, path, { headers: { authorization, accept: version } });
  }

  test('without a credential there is a challenge in the form that Atlas sends', async () => {
    const { origin } = await start({ random: (bytes) => Buffer.alloc(bytes, 1) });
    const { status, headers, json } = await call(origin, list);
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toBe(
      'Digest realm="MMS Public API", domain="", nonce="AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB", algorithm=MD5, qop="auth", stale=false',
    );
    expect(headers['x-error-code']).toBeUndefined();
    expect(json).toEqual({
      error: 401,
      reason: 'Unauthorized',
      detail: expect.any(String),
      errorCode: 'UNEXPECTED_ERROR',
    });
  });

  test('the answered challenge opens the list', async () => {
    const simulator = await start();
    const { status } = await signed(simulator, await challenge(simulator));
    expect(status).toBe(200);
    expect(simulator.requests.map(({ authScheme }) => authScheme)).toEqual(['none', 'digest']);
  });

  test('a nonce serves many requests, in any order, each count once', async () => {
    const simulator = await start();
    const nonce = await challenge(simulator);
    for (const nc of ['00000001', '00000003', '00000002', '0000000a']) {
      expect((await signed(simulator, nonce, { nc })).status).toBe(200);
    }
    const again = await signed(simulator, nonce, { nc: '00000003' });
    expect(again.status).toBe(401);
    expect(again.headers['www-authenticate']).toContain('stale=true');
  });

  test('a right answer to an unknown nonce is stale, and the new nonce works', async () => {
    const simulator = await start();
    const stale = await signed(simulator, 'made-up');
    expect(stale.headers['www-authenticate']).toContain('stale=true');
    expect((await signed(simulator, nonceOf(stale.headers['www-authenticate']))).status).toBe(200);
  });

  test('nonces end, with time or when told so', async () => {
    let nowMs = 0;
    const simulator = await start({ now: () => nowMs, nonceLifetimeSeconds: 10 });
    const first = await challenge(simulator);
    nowMs = 10_000;
    expect((await signed(simulator, first)).headers['www-authenticate']).toContain('stale=true');
    const second = await challenge(simulator);
    simulator.expireNonces();
    expect((await signed(simulator, second)).headers['www-authenticate']).toContain('stale=true');
  });

  test('a nonce is used up after 1024 requests', async () => {
    const simulator = await start();
    const nonce = await challenge(simulator);
    let served = 0;
    for (let batch = 0; batch < 32; batch += 1) {
      const counts = Array.from({ length: 32 }, (_, at) => (batch * 32 + at + 1).toString(16).padStart(8, '0'));
      const answers = await Promise.all(counts.map((nc) => signed(simulator, nonce, { nc })));
      served += answers.filter(({ status }) => status === 200).length;
    }
    expect(served).toBe(1024);
    const over = await signed(simulator, nonce, { nc: '00000401' });
    expect(over.headers['www-authenticate']).toContain('stale=true');
  });

  test.each([
    ['a wrong key', { password: 'wrong' }],
    ['an unknown user', { username: 'nobody' }],
    ['another method', { method: 'POST' }],
    ['a count that is none', { nc: 'one' }],
    ['another target', { uri: '/api/atlas/v2/groups' }],
  ])('%s gets a fresh challenge that is not stale', async (_, change) => {
    const simulator = await start();
    const nonce = await challenge(simulator);
    const { status, headers } = await signed(simulator, nonce, change);
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toContain('stale=false');
    expect(nonceOf(headers['www-authenticate'])).not.toBe(nonce);
  });

  test('the query is part of what is signed', async () => {
    const simulator = await start();
    const [path] = list.split('?');
    const { status } = await signed(simulator, await challenge(simulator), {}, path);
    expect(status).toBe(401);
  });

  test('a failed proof does not use the count up', async () => {
    const simulator = await start();
    const nonce = await challenge(simulator);
    expect((await signed(simulator, nonce, { password: 'wrong' })).status).toBe(401);
    expect((await signed(simulator, nonce)).status).toBe(200);
  });

  test('Basic is no way in', async () => {
    const { origin, credentials } = await start();
    const authorization = basic(credentials.publicKey, credentials.privateKey);
    const { status, headers } = await call(origin, list, { headers: { authorization, accept: version } });
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toMatch(/^Digest /);
  });
});
