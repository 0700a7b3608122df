/** The simulator authenticates as Atlas does: service accounts, access tokens and API keys. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/simulator.ts';
import { basic, bearer, call, digestHeader, nonceOf, type Sent, version } from '../support/call.ts';
import { createFixedWorld } from '../support/fixed-world.js';

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

async function statusWith({ origin }: Simulator, token: string): Promise<number> {
  return (await call(origin, list, { headers: bearer(token) })).status;
}

describe('service accounts', () => {
  function post({ origin, credentials }: Simulator, { headers, ...sent }: Sent = {}, action = 'token') {
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

  test('client id and secret mint a token, and the token reads the list', async () => {
    const simulator = await start();
    const { status, json } = await post(simulator);
    expect(status).toBe(200);
    expect(json).toEqual({ access_token: expect.any(String), expires_in: 3600, token_type: 'Bearer' });
    expect(await statusWith(simulator, json.access_token)).toBe(200);
  });

  test.each([
    ['a wrong secret', basic('mdb_sa_id_5f0000000000000000000001', 'wrong')],
    [
      'form-encoded credentials',
      basic('mdb%5Fsa%5Fid%5F5f0000000000000000000001', 'mdb%5Fsa%5Fsk%5Fsimulated%5Fnot-a-secret'),
    ],
    ['another scheme', 'Bearer simulated-access-token'],
  ])('%s is an invalid client', async (_, authorization) => {
    const { status, json } = await post(await start(), { headers: { authorization } });
    expect(status).toBe(401);
    expect(json).toEqual({ error: 'invalid_client', error_description: expect.any(String) });
  });

  test.each([
    ['a JSON body', { headers: { 'content-type': 'application/json' } }, 'invalid_request'],
    ['another grant type', { body: 'grant_type=password' }, 'unsupported_grant_type'],
  ])('%s is refused', async (_, sent, error) => {
    const { status, json } = await post(await start(), sent);
    expect([status, json.error]).toEqual([400, error]);
  });

  test('an expired token gets 401 without error code or challenge', async () => {
    let nowMs = 0;
    const simulator = await start({ now: () => nowMs, tokenLifetimeSeconds: 60 });
    const { json } = await post(simulator);
    nowMs = 59_999;
    expect(await statusWith(simulator, json.access_token)).toBe(200);
    nowMs = 60_000;
    const refused = await call(simulator.origin, list, { headers: bearer(json.access_token) });
    expect(refused.status).toBe(401);
    expect(refused.json).not.toHaveProperty('errorCode');
    expect(refused.headers['www-authenticate']).toBeUndefined();
  });

  test('a revoked token is refused, and revoking it again succeeds', async () => {
    const simulator = await start();
    const { json } = await post(simulator);
    const body = `token=${json.access_token}&token_type_hint=access_token`;
    expect((await post(simulator, { body }, 'revoke')).status).toBe(200);
    expect(await statusWith(simulator, json.access_token)).toBe(401);
    expect((await post(simulator, { body }, 'revoke')).status).toBe(200);
    const stranger = { headers: { authorization: basic('someone', 'else') }, body };
    expect((await post(simulator, stranger, 'revoke')).json.error).toBe('invalid_client');
  });

  test('an account has at most 100 live tokens', async () => {
    const simulator = await start();
    const answers = await Promise.all(Array.from({ length: 100 }, () => post(simulator)));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    const refused = await post(simulator);
    expect([refused.status, refused.json.error]).toEqual([403, 'access_denied']);
    await post(simulator, { body: `token=${answers[0]?.json.access_token}` }, 'revoke');
    expect((await post(simulator)).status).toBe(200);
  });

  test('after a rotation the old secret mints no token, and old tokens stay valid', async () => {
    const simulator = await start({ credentials: { clientSecret: 'first' } });
    const before = await post(simulator);
    simulator.rotateCredentials({ clientSecret: 'second' });
    const old = { headers: { authorization: basic(simulator.credentials.clientId, 'first') } };
    expect((await post(simulator, old)).status).toBe(401);
    expect((await post(simulator)).status).toBe(200);
    expect(await statusWith(simulator, before.json.access_token)).toBe(200);
  });
});

test('a fixed access token works until it is rotated, also when minted tokens expire', async () => {
  const simulator = await start({ credentials: { accessToken: 'given' } });
  simulator.expireTokens();
  expect(await statusWith(simulator, 'given')).toBe(200);
  simulator.rotateCredentials({ accessToken: 'another' });
  expect(await statusWith(simulator, 'given')).toBe(401);
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

  test('a request without credential gets a challenge in Atlas’ form', async () => {
    const { origin } = await start();
    const { status, headers, json } = await call(origin, list);
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toMatch(
      /^Digest realm="MMS Public API", domain="", nonce="[\w+/]{32}", algorithm=MD5, qop="auth", stale=false$/,
    );
    expect(headers['x-error-code']).toBeUndefined();
    expect(json).toEqual({
      error: 401,
      reason: 'Unauthorized',
      detail: expect.any(String),
      errorCode: 'UNEXPECTED_ERROR',
    });
  });

  test('a nonce is valid for many requests in any order, each count once', async () => {
    const simulator = await start();
    const nonce = await challenge(simulator);
    for (const nc of ['00000001', '00000003', '00000002', '0000000a']) {
      expect((await signed(simulator, nonce, { nc })).status).toBe(200);
    }
    const again = await signed(simulator, nonce, { nc: '00000003' });
    expect(again.status).toBe(401);
    expect(again.headers['www-authenticate']).toContain('stale=true');
  });

  test('a correct answer to an unknown or expired nonce is stale, and the new nonce works', async () => {
    let nowMs = 0;
    const simulator = await start({ now: () => nowMs });
    const expired = await challenge(simulator);
    nowMs = 300_000;
    const forgotten = await challenge(simulator);
    simulator.expireNonces();
    for (const nonce of ['made-up', expired, forgotten]) {
      const stale = await signed(simulator, nonce);
      expect(stale.headers['www-authenticate']).toContain('stale=true');
      expect((await signed(simulator, nonceOf(stale.headers['www-authenticate']))).status).toBe(200);
    }
  });

  test.each([
    ['a wrong private key', { password: 'wrong' }],
    ['an unknown public key', { username: 'nobody' }],
    ['a signature for another method', { method: 'POST' }],
    ['an invalid count', { nc: 'one' }],
    ['a signature for another path', { uri: '/api/atlas/v2/groups' }],
  ])('%s gets a new challenge that is not stale', async (_, change) => {
    const simulator = await start();
    const nonce = await challenge(simulator);
    const { status, headers } = await signed(simulator, nonce, change);
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toContain('stale=false');
    expect(nonceOf(headers['www-authenticate'])).not.toBe(nonce);
    // The refused request has not used the count.
    expect((await signed(simulator, nonce)).status).toBe(200);
  });
});
