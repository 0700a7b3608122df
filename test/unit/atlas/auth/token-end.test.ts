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

  test.each<[string, Step]>([
    ['refused', refused(500, 'UNEXPECTED_ERROR')],
    ['not answered', new AtlasError('network', 'gone')],
  ])('a revocation that is %s does not fail the end', async (_how, revocation) => {
    const { send, end, revoked } = serviceAccount({ revocations: [revocation] });
    await send();
    expect(await end(never)).toBeUndefined();
    expect(revoked()).toEqual(['t1']);
  });

  test('a revocation or a secret’s file that hangs is abandoned', async () => {
    const hangs = new Promise<never>(() => undefined);
    for (const script of [{ revocations: [() => hangs] }, { secrets: ['s', hangs] }]) {
      const { send, end } = serviceAccount(script);
      await send();
      const over = new AbortController();
      const ended = end(over.signal);
      over.abort(new Error('the time is over'));
      expect(await ended).toBeUndefined();
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
