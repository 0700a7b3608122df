/** Revocation of tokens at the end, and what a replacement does. */
import { describe, expect, test } from '@jest/globals';
import { AtlasError } from '../../../../src/atlas/error.ts';
import type { AtlasResponse } from '../../../../src/atlas/http/transport.ts';
import { answer, gate, never, outcomeOf, request, type Step } from '../support.ts';
import { mintRequest, refused, serviceAccount } from './service-account.ts';

describe('at the end', () => {
  test('the token is revoked: a form, with id and secret unencoded in Basic and read again', async () => {
    const { send, end, revocations } = serviceAccount({ clientId: 'mdb_sa_id_1', secrets: ['old', 'new_%+'] });
    await send();
    await end(never);
    const [asked = request()] = revocations;
    expect(mintRequest(asked)).toEqual({
      method: 'POST',
      target: '/api/oauth/revoke',
      contentType: 'application/x-www-form-urlencoded',
      body: 'token=t1&token_type_hint=access_token',
      basic: 'mdb_sa_id_1:new_%+',
      budget: undefined,
    });
    expect([asked.operation, revocations.length]).toEqual(['revoke', 1]);
  });

  test('a replaced token is revoked as well, an expired one is not', async () => {
    const { send, end, revoked, runtime } = serviceAccount({ mints: [60, 60, 60] });
    for (const seconds of [41, 41, 0]) {
      await send();
      await runtime.advance(seconds);
    }
    await end(never);
    expect(revoked()).toEqual(['t2', 't3']);
  });

  test('a token that is being requested is revoked once it arrives', async () => {
    const minting = gate<AtlasResponse>();
    const { send, end, revoked, runtime } = serviceAccount({ mints: [() => minting.promise] });
    const giveUp = new AbortController();
    const waiting = outcomeOf(send(giveUp.signal));
    await runtime.settle();
    giveUp.abort(new Error('stop'));
    await waiting;
    const ended = end(never);
    minting.open(answer(200, { access_token: 'late', expires_in: 3600 }));
    await ended;
    expect(revoked()).toEqual(['late']);
  });

  test.each<[Step, object]>([
    [refused(500, 'UNEXPECTED_ERROR'), { reason: 'server_error', status: 500, errorCode: 'UNEXPECTED_ERROR' }],
    [refused(401), { reason: 'unauthorized', status: 401, problem: 'Atlas answered 401' }],
    [new AtlasError('network', 'gone'), { reason: 'network', problem: 'gone' }],
    [new Error('a bug'), { reason: 'internal', problem: 'the request could not be made' }],
  ])('a failed revocation is reported, and does not fail the end', async (revocation, told) => {
    const { send, end, observer, runtime } = serviceAccount({ revocations: [revocation] });
    await send();
    const expiresAtSeconds = runtime.wallSeconds() + 3600;
    await runtime.advance(5);
    expect(await end(never)).toBeUndefined();
    expect(observer.unrevoked).toEqual([
      {
        credential: 'default',
        errorCode: undefined,
        status: undefined,
        problem: expect.any(String),
        expiresAtSeconds,
        ...told,
      },
    ]);
  });

  test('a revocation or a secret’s file that hangs is reported and abandoned', async () => {
    const hangs = new Promise<never>(() => undefined);
    const revoking = serviceAccount({ revocations: [() => hangs] });
    const reading = serviceAccount({ secrets: ['s', hangs] });
    for (const { send, end, observer } of [revoking, reading]) {
      await send();
      const over = new AbortController();
      const ended = end(over.signal);
      over.abort(new Error('the time is over'));
      await ended;
      expect(observer.unrevoked).toMatchObject([{ reason: 'timeout', problem: 'no answer before the end' }]);
    }
  });
});

describe('a replaced token', () => {
  test('causes no failed request: each is sent again with the new one', async () => {
    const slow = gate<AtlasResponse>();
    const { send, sentWith, runtime, tokenCalls } = serviceAccount({
      answers: [() => slow.promise, refused(401), answer(200)],
    });
    const first = send();
    await runtime.settle();
    expect(await send()).toBe(200);
    slow.open(refused(401));
    expect(await first).toBe(200);
    expect([sentWith(), tokenCalls.length]).toEqual([['t1', 't1', 't2', 't2'], 2]);
  });
});
