import { describe, expect, test } from '@jest/globals';
import { AtlasError } from '../../../../src/atlas/error.ts';
import type { AtlasResponse } from '../../../../src/atlas/http/transport.ts';
import { answer, gate, outcomeOf, refusal, request } from '../support.ts';
import { mintRequest, serviceAccount } from './service-account.ts';

describe('a token request', () => {
  test('is a form with id and secret unencoded in Basic: neither `_` nor `%` nor `+` changes', async () => {
    const { send, tokenCalls } = serviceAccount({ clientId: 'mdb_sa_id_1', secrets: ['mdb_s%41+/ü'] });
    await send();
    const [asked = request()] = tokenCalls;
    expect(mintRequest(asked)).toEqual({
      method: 'POST',
      target: '/api/oauth/token',
      contentType: 'application/x-www-form-urlencoded',
      body: 'grant_type=client_credentials',
      basic: 'mdb_sa_id_1:mdb_s%41+/ü',
      budget: undefined,
    });
  });

  test('reads id and secret again each time', async () => {
    const { send, tokenCalls, runtime } = serviceAccount({ secrets: ['old', 'new'] });
    await send();
    await runtime.advance(3600);
    await send();
    expect(tokenCalls.map((call) => mintRequest(call).basic)).toEqual(['mdb_sa_id:old', 'mdb_sa_id:new']);
  });

  test('is made once for any number of waiting requests', async () => {
    const minting = gate<AtlasResponse>();
    const { send, tokenCalls, sentWith, runtime } = serviceAccount({ mints: [() => minting.promise] });
    const all = Array.from({ length: 50 }, () => send());
    await runtime.settle();
    minting.open(answer(200, { access_token: 't1', expires_in: 3600 }));
    await Promise.all(all);
    expect(tokenCalls).toHaveLength(1);
    expect(new Set(sentWith())).toEqual(new Set(['t1']));
  });

  test('continues for the others if one of them is aborted', async () => {
    const minting = gate<AtlasResponse>();
    const { send, tokenCalls, sentWith, runtime } = serviceAccount({ mints: [() => minting.promise] });
    const giveUp = new AbortController();
    const first = outcomeOf(send(giveUp.signal));
    const second = send();
    await runtime.settle();
    giveUp.abort(new Error('the target is gone'));
    expect(await first).toEqual(new Error('the target is gone'));
    minting.open(answer(200, { access_token: 't1', expires_in: 3600 }));
    expect(await second).toBe(200);
    expect([tokenCalls.length, sentWith()]).toEqual([1, ['t1']]);
  });

  test('is reported with the expiry of its token, or without if it failed', async () => {
    const { send, observer, runtime } = serviceAccount({ mints: [3600, refusal(500)] });
    const startSeconds = runtime.wallSeconds();
    await send();
    await runtime.advance(3600);
    await outcomeOf(send());
    expect(observer.tokens).toEqual([
      { credential: 'default', expiresAtSeconds: startSeconds + 3600 },
      { credential: 'default' },
    ]);
    // For the redactor.
    expect(observer.secrets).toEqual(['t1']);
  });
});

test('a token request that never ends is a timeout after 30 seconds, and counts as failed', async () => {
  const never = new Promise<AtlasResponse>(() => undefined);
  const { send, observer, runtime } = serviceAccount({ mints: [() => never] });
  const sent = outcomeOf(send());
  await runtime.advance(30);
  const message = 'no access token: no complete answer in time';
  expect(await sent).toMatchObject({ reason: 'timeout', message });
  expect(observer.tokens).toEqual([{ credential: 'default' }]);
});

/** The token is used for so many seconds from now on, and not longer. */
async function expectRenewalIn(seconds: number, { send, tokenCalls, runtime }: ReturnType<typeof serviceAccount>) {
  await runtime.advance(seconds - 1);
  await send();
  expect(tokenCalls).toHaveLength(1);
  await runtime.advance(1);
  await send();
  await runtime.settle();
  expect(tokenCalls).toHaveLength(2);
}

describe('a token', () => {
  test.each(['1e400', '1e300', '86401'])(
    'with a lifetime of %s s is renewed after two thirds of a day',
    async (life) => {
      const text = `{"access_token":"t1","expires_in":${life}}`;
      const account = serviceAccount({ mints: [answer(200, text), 3600] });
      await account.send();
      expect(account.observer.tokens[0]?.expiresAtSeconds).toBe(account.runtime.wallSeconds() + 86_400);
      await expectRenewalIn(57_600, account);
    },
  );

  test('is chosen when a request is sent, so that none expires in the queue', async () => {
    const turns: (() => void)[] = [];
    const { send, sentWith, runtime, tokenCalls } = serviceAccount({
      mints: [60, 60],
      answers: [answer(200)],
      queue: () => new Promise<void>((resolve) => turns.push(resolve)),
    });
    const all = [send(), send(), send()];
    await runtime.settle();
    turns.shift()?.();
    await runtime.advance(50);
    turns.shift()?.();
    await runtime.settle();
    await runtime.advance(20);
    turns.shift()?.();
    expect(await Promise.all(all)).toEqual([200, 200, 200]);
    expect([sentWith(), tokenCalls.length]).toEqual([['t1', 't1', 't2'], 2]);
  });

  test('is used by every request until two thirds of its life, then renewed in the background', async () => {
    const renewal = gate<AtlasResponse>();
    const { send, sentWith, tokenCalls, runtime } = serviceAccount({ mints: [3600, () => renewal.promise] });
    await send();
    await runtime.advance(2399);
    await send();
    expect(tokenCalls).toHaveLength(1);
    await runtime.advance(1);
    await send();
    await send();
    expect(tokenCalls).toHaveLength(2);
    expect(sentWith()).toEqual(['t1', 't1', 't1', 't1']);
    renewal.open(answer(200, { access_token: 't2', expires_in: 3600 }));
    await runtime.settle();
    await send();
    expect(sentWith().at(-1)).toBe('t2');
  });

  test('is used until it expires if its renewal fails', async () => {
    const { send, sentWith, runtime } = serviceAccount({ mints: [3600, refusal(500)] });
    await send();
    await runtime.advance(2400);
    await send();
    await runtime.advance(1199);
    await send();
    expect(sentWith()).toEqual(['t1', 't1', 't1']);
    await runtime.advance(1);
    await expect(send()).rejects.toMatchObject({ reason: 'server_error' });
    expect(sentWith()).toHaveLength(3);
  });

  test('expires after its lifetime, counted from the request, so that a slow answer does not prolong it', async () => {
    const account = serviceAccount({ mints: [60, 60], mintTakesSeconds: 20 });
    const first = account.send();
    await account.runtime.advance(20);
    await first;
    await expectRenewalIn(20, account);
  });
});

describe('a failed token request', () => {
  test('fails all requests for a pause that doubles from 10 to 300 seconds', async () => {
    const { send, tokenCalls, runtime } = serviceAccount({ mints: [refusal(503)] });
    for (const pause of [10, 20, 40, 80, 160, 300, 300]) {
      const before = tokenCalls.length;
      const first = await outcomeOf(send());
      await runtime.advance(pause - 0.1);
      expect(await outcomeOf(send())).toBe(first);
      expect(tokenCalls).toHaveLength(before + 1);
      await runtime.advance(0.1);
    }
  });

  test('without an answer is repeated after 30 seconds at most', async () => {
    const { send, tokenCalls, runtime } = serviceAccount({ mints: [new AtlasError('network', 'gone')] });
    for (const pause of [10, 20, 30, 30]) {
      const before = tokenCalls.length;
      await outcomeOf(send());
      expect(tokenCalls).toHaveLength(before + 1);
      await runtime.advance(pause - 0.1);
      await outcomeOf(send());
      expect(tokenCalls).toHaveLength(before + 1);
      await runtime.advance(0.1);
    }
  });

  test.each([
    ['120', 120],
    ['3', 10],
    ['86400', 600],
  ])('with Retry-After %s is repeated after %d seconds', async (retryAfter, seconds) => {
    const { send, tokenCalls, runtime } = serviceAccount({
      mints: [refusal(429, undefined, { 'retry-after': retryAfter })],
    });
    await expect(send()).rejects.toMatchObject({ reason: 'rate_limited', retryAfterSeconds: Number(retryAfter) });
    await runtime.advance(seconds - 0.1);
    await outcomeOf(send());
    expect(tokenCalls).toHaveLength(1);
    await runtime.advance(0.1);
    await outcomeOf(send());
    expect(tokenCalls).toHaveLength(2);
  });

  test.each<[string, AtlasResponse | Error, object]>([
    [
      'an OAuth error',
      answer(401, { error: 'invalid_client', error_description: 'secret-' }),
      {
        reason: 'unauthorized',
        status: 401,
        errorCode: 'invalid_client',
        advice: expect.stringMatching(/client_id and client_secret/),
      },
    ],
    [
      'an OAuth error that is a 400',
      answer(400, { error: 'invalid_client' }),
      { reason: 'unauthorized', status: 400, errorCode: 'invalid_client' },
    ],
    [
      'an OAuth error of another world',
      answer(400, { error: 'secret-word' }),
      { reason: 'client_error', status: 400, errorCode: undefined },
    ],
    [
      'an OAuth error for too many tokens',
      answer(403, { error: 'access_denied' }),
      {
        reason: 'forbidden',
        status: 403,
        errorCode: 'access_denied',
        advice: expect.stringMatching(/limit of 100 access tokens/),
      },
    ],
    [
      'an Atlas error',
      refusal(403, 'IP_ADDRESS_NOT_ON_ACCESS_LIST'),
      { reason: 'forbidden', errorCode: 'IP_ADDRESS_NOT_ON_ACCESS_LIST' },
    ],
    ['HTML', answer(502, '<html>'), { reason: 'server_error', status: 502 }],
    ['a redirect', answer(302, ''), { reason: 'invalid_response', status: 302 }],
    ['a page that isn’t JSON', answer(200, 'welcome'), { reason: 'invalid_response' }],
    ['no access_token', answer(200, { expires_in: 3600 }), { reason: 'invalid_response' }],
    [
      'an access_token that isn’t text',
      answer(200, { access_token: 7, expires_in: 3600 }),
      { reason: 'invalid_response' },
    ],
    [
      'an access_token unfit for a header',
      answer(200, { access_token: 'a\r\nb', expires_in: 9 }),
      { reason: 'invalid_response' },
    ],
    [
      'a token that fits into no header',
      answer(200, { access_token: 'secret-token'.repeat(1000), expires_in: 3600 }),
      { reason: 'invalid_response', message: 'no access token: the access token has more than 8192 characters' },
    ],
    ['no expires_in', answer(200, { access_token: 'secret-token' }), { reason: 'invalid_response' }],
    [
      'an expires_in of 0',
      answer(200, { access_token: 'secret-token', expires_in: 0 }),
      { reason: 'invalid_response' },
    ],
    ...[-1, 9.9].map((life): [string, AtlasResponse, object] => [
      `an expires_in of ${life}`,
      answer(200, { access_token: 'secret-token', expires_in: life }),
      { reason: 'invalid_response', message: 'no access token: the lifetime of the access token is less than 10 s' },
    ]),
    [
      'an expires_in as text',
      answer(200, { access_token: 'secret-token', expires_in: '9' }),
      { reason: 'invalid_response' },
    ],
    ['no answer', new AtlasError('network', 'the connection failed'), { reason: 'network' }],
  ])('for %s says why, and never what was sent or received', async (_what, mint, expected) => {
    const { send, sentWith } = serviceAccount({ secrets: ['secret-secret'], mints: [mint] });
    const error = await outcomeOf(send());
    expect(error).toBeInstanceOf(AtlasError);
    expect(error).toMatchObject({ ...expected, message: expect.stringMatching(/^no access token: /), isFinal: true });
    expect(JSON.stringify([error, String(error), (error as Error).stack])).not.toContain('secret-');
    expect(sentWith()).toEqual([]);
  });
});
