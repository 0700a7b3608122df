/** When a 401 replaces a token. */
import { describe, expect, test } from '@jest/globals';
import { createSigner } from '../../../../src/atlas/atlas.ts';
import type { AtlasResponse } from '../../../../src/atlas/http/transport.ts';
import { createFakeRuntime } from '../../../support/fake-runtime.ts';
import { answer, credential, gate, never, recordingObserver, request, type Step, scripted } from '../support.ts';
import { refused, serviceAccount } from './service-account.ts';

const ok = answer(200);

/** An answer of Atlas that refuses these tokens. */
const refusal =
  (...revoked: readonly string[]): Step =>
  ({ headers }) =>
    revoked.includes(headers['authorization']?.replace('Bearer ', '') ?? '') ? refused(401) : ok;

describe('a 401', () => {
  test.each([[undefined], ['UNAUTHORIZED'], ['INVALID_TOKEN']])(
    '(%s) causes one token request and one further attempt',
    async (errorCode) => {
      const { send, sentWith, tokenCalls } = serviceAccount({ answers: [refused(401, errorCode), ok] });
      expect(await send()).toBe(200);
      expect([sentWith(), tokenCalls.length]).toEqual([['t1', 't2'], 2]);
    },
  );

  test.each([['NOT_IN_GROUP'], ['USER_CANNOT_ACCESS_GROUP']])(
    'for a foreign project (%s) does not replace the token',
    async (errorCode) => {
      const { send, sentWith, tokenCalls } = serviceAccount({ answers: [refused(401, errorCode), ok] });
      expect([await send(), await send()]).toEqual([401, 200]);
      expect([sentWith(), tokenCalls.length]).toEqual([['t1', 't1'], 1]);
    },
  );

  test('does not replace a token with which another request succeeded meanwhile', async () => {
    const slow = gate<AtlasResponse>();
    const { send, sentWith, tokenCalls, runtime } = serviceAccount({ answers: [() => slow.promise, ok] });
    const first = send();
    await runtime.advance(1);
    await send();
    slow.open(refused(401));
    expect(await first).toBe(401);
    expect([sentWith(), tokenCalls.length]).toEqual([['t1', 't1'], 1]);
  });

  test('causes a token request at most every five minutes, for any number of wrong targets', async () => {
    const { send, tokenCalls, runtime } = serviceAccount({ answers: [refused(401)] });
    for (let second = 0; second < 1200; second += 1) {
      expect(await send()).toBe(401);
      await runtime.advance(1);
    }
    expect(tokenCalls).toHaveLength(1 + 4);
  });

  test('for many requests at once causes one token request, and each is sent again', async () => {
    const { send, tokenCalls, sentWith, runtime } = serviceAccount({ answers: [refusal('t1')] });
    const statuses = await Promise.all(Array.from({ length: 20 }, () => send()));
    await runtime.settle();
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(tokenCalls).toHaveLength(2);
    expect(sentWith()).toHaveLength(40);
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

  test('is read again after a 401, and a changed one is sent once', async () => {
    const { send, sentWith } = readyMade(['t1', 't2'], refusal('t1'));
    expect([await send(), await send()]).toEqual([200, 200]);
    expect(sentWith()).toEqual(['Bearer t1', 'Bearer t2', 'Bearer t2']);
  });

  test('is sent again at most once', async () => {
    const { send, sentWith } = readyMade(['t1', 't2', 't3'], refused(401));
    expect(await send()).toBe(401);
    expect(sentWith()).toEqual(['Bearer t1', 'Bearer t2']);
  });
});
