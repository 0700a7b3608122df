import { getEventListeners } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { createTurns } from '../../../../src/atlas/admission/turns.ts';
import { never } from '../support.ts';

/** Whether a promise has settled once all that can go on has gone on. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const open = Symbol('open');
  await new Promise((resolve) => setImmediate(resolve));
  return (await Promise.race([promise, Promise.resolve(open)])) !== open;
}

describe('turns', () => {
  test('are taken one at a time, in the order of coming', async () => {
    const turns = createTurns();
    const endFirst = await turns.take(never);
    const second = turns.take(never);
    const third = turns.take(never);
    expect([await isSettled(second), await isSettled(third)]).toEqual([false, false]);
    endFirst();
    const endSecond = await second;
    expect(await isSettled(third)).toBe(false);
    endSecond();
    await third;
  });

  test('end once: ending one twice ends nobody else’s', async () => {
    const turns = createTurns();
    const endFirst = await turns.take(never);
    endFirst();
    await turns.take(never);
    endFirst();
    expect(await isSettled(turns.take(never))).toBe(false);
  });

  test('are not waited for any longer than wanted, and who has left holds up nobody', async () => {
    const turns = createTurns();
    const endFirst = await turns.take(never);
    const leave = new AbortController();
    const leaving = turns.take(leave.signal);
    const last = turns.take(never);
    leave.abort();
    (await leaving)();
    expect(await isSettled(last)).toBe(false);
    endFirst();
    await last;
  });

  test('leave nothing behind at the signal of who had one', async () => {
    const turns = createTurns();
    const endFirst = await turns.take(never);
    const { signal } = new AbortController();
    const second = turns.take(signal);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    endFirst();
    (await second)();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('are not taken by who comes too late', async () => {
    const turns = createTurns();
    await turns.take(AbortSignal.abort());
    expect(await isSettled(turns.take(never))).toBe(true);
  });
});
