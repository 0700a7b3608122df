/** What a 401 does to a token: rarely anything. */
import { describe, expect, test } from '@jest/globals';
import { createSigner } from '../../../../src/atlas/auth/signer.ts';
import type { AtlasResponse } from '../../../../src/atlas/http/transport.ts';
import { createFakeRuntime } from '../../../support/fake-runtime.ts';
import { answer, credential, gate, never, recordingObserver, request, type Step, scripted } from '../support.ts';
import { refused, serviceAccount } from './service-account.ts';

const ok = answer(200);

/** Atlas as it is after these tokens were revoked. */
const refusing =
  (...revoked: readonly string[]): Step =>
  ({ headers }) =>
    revoked.includes(headers['authorization']?.replace('Bearer ', '') ?? '') ? refused(401) : ok;

describe('a 401', () => {
  test.each([[undefined], ['UNAUTHORIZED'], ['INVALID_TOKEN']])(
    '(%s) makes for one new token and one re-send',
    async (errorCode) => {
      const { send, sentWith, tokenCalls } = serviceAccount({ answers: [refused(401, errorCode), ok] });
      expect(await send()).toBe(200);
      expect([sentWith(), tokenCalls.length]).toEqual([['t1', 't2'], 2]);
    },
  );

  test('is handed back when the new token is refused as well', async () => {
    const { send, sentWith, tokenCalls } = serviceAccount({ answers: [refused(401)] });
    expect(await send()).toBe(401);
    expect([sentWith(), tokenCalls.length]).toEqual([['t1', 't2'], 2]);
  });

  test.each([['NOT_IN_GROUP'], ['USER_CANNOT_ACCESS_GROUP']])(
    'of another project (%s) leaves the token alone',
    async (errorCode) => {
      const { send, sentWith, tokenCalls } = serviceAccount({ answers: [refused(401, errorCode), ok] });
      expect([await send(), await send()]).toEqual([401, 200]);
      expect([sentWith(), tokenCalls.length]).toEqual([['t1', 't1'], 1]);
    },
  );

  test('after which another request succeeded with the same token leaves it alone', async () => {
    const slow = gate<AtlasResponse>();
    const { send, sentWith, tokenCalls, runtime } = serviceAccount({ answers: [() => slow.promise, ok] });
    const first = send();
    await runtime.advance(1);
    await send();
    slow.open(refused(401));
    expect(await first).toBe(401);
    expect([sentWith(), tokenCalls.length]).toEqual([['t1', 't1'], 1]);
  });

  test('long after the last success with the token drops it', async () => {
    const { send, sentWith, runtime } = serviceAccount({ answers: [ok, refused(401), ok] });
    await send();
    await runtime.advance(600);
    expect(await send()).toBe(200);
    expect(sentWith()).toEqual(['t1', 't1', 't2']);
  });

  test('makes for a new token at most once in five minutes, however many targets are wrong', async () => {
    const { send, tokenCalls, runtime } = serviceAccount({ answers: [refused(401)] });
    for (let second = 0; second < 1200; second += 1) {
      expect(await send()).toBe(401);
      await runtime.advance(1);
    }
    expect(tokenCalls).toHaveLength(1 + 4);
  });

  test('met by many at once makes for one new token, with which each is sent again', async () => {
    const { send, tokenCalls, sentWith, runtime } = serviceAccount({ answers: [refusing('t1')] });
    const statuses = await Promise.all(Array.from({ length: 20 }, () => send()));
    await runtime.settle();
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(tokenCalls).toHaveLength(2);
    expect(sentWith()).toHaveLength(40);
  });

  test('on a token that was renewed meanwhile is sent again with the new one, which stays', async () => {
    const slow = gate<AtlasResponse>();
    const { send, sentWith, tokenCalls, runtime } = serviceAccount({ answers: [() => slow.promise, ok] });
    const first = send();
    await runtime.advance(3600);
    await send();
    slow.open(refused(401));
    expect(await first).toBe(200);
    expect([sentWith(), tokenCalls.length]).toEqual([['t1', 't2', 't2'], 2]);
  });

  test('ends in the mint’s error when no new token can be had', async () => {
    const { send, sentWith } = serviceAccount({ mints: [3600, refused(403)], answers: [refused(401)] });
    await expect(send()).rejects.toMatchObject({ reason: 'forbidden' });
    expect(sentWith()).toEqual(['t1']);
  });
});

describe('a ready-made token', () => {
  function readyMade(tokens: readonly string[], ...script: readonly Step[]) {
    const atlas = scripted(...script);
    let reads = 0;
    const read = async () => tokens[Math.min(reads++, tokens.length - 1)] ?? '';
    const tools = { runtime: createFakeRuntime(), observer: recordingObserver(), exchange: atlas.transport };
    const transport = createSigner(credential('access_token', { access_token: read }), tools).authorize(
      atlas.transport,
    );
    return {
      send: async () => (await transport(request(), never)).status,
      sentWith: () => atlas.authorizations(),
      reads: () => reads,
    };
  }

  test('is read once and sent with every request', async () => {
    const { send, sentWith, reads } = readyMade(['t1', 't2'], ok);
    expect([await send(), await send()]).toEqual([200, 200]);
    expect([sentWith(), reads()]).toEqual([['Bearer t1', 'Bearer t1'], 1]);
  });

  test('is read again on a 401, and the new one is sent once', async () => {
    const { send, sentWith } = readyMade(['t1', 't2'], refusing('t1'));
    expect([await send(), await send()]).toEqual([200, 200]);
    expect(sentWith()).toEqual(['Bearer t1', 'Bearer t2', 'Bearer t2']);
  });

  test('is not sent again when it is still the same', async () => {
    const { send, sentWith } = readyMade(['t1'], refused(401));
    expect(await send()).toBe(401);
    expect(sentWith()).toEqual(['Bearer t1']);
  });

  test('is sent again at most once', async () => {
    const { send, sentWith } = readyMade(['t1', 't2', 't3'], refused(401));
    expect(await send()).toBe(401);
    expect(sentWith()).toEqual(['Bearer t1', 'Bearer t2']);
  });

  test('is not read again on a 401 of another project', async () => {
    const { send, reads } = readyMade(['t1', 't2'], refused(401, 'NOT_IN_GROUP'));
    expect(await send()).toBe(401);
    expect(reads()).toBe(1);
  });
});
