import { describe, expect, test } from '@jest/globals';
import { createLane, type Lane } from '../../../../src/atlas/admission/token-bucket.ts';

/** 2 a second, 10 at once. */
const lane = (): Lane => createLane(2, 10, 0);

/** How many can be taken, and sent, at that moment. */
function takeAll(from: Lane, atSeconds: number): number {
  let taken = 0;
  for (; from.take(atSeconds); taken += 1) from.sent(atSeconds);
  return taken;
}

describe('a lane', () => {
  test('has its capacity at once, then its rate', () => {
    const one = lane();
    expect(takeAll(one, 0)).toBe(10);
    expect(one.readyInSeconds(0)).toBe(0.5);
    expect([takeAll(one, 0.4), takeAll(one, 0.5), takeAll(one, 2.5)]).toEqual([0, 1, 4]);
  });

  test('is fresh again when it is full, and not before', () => {
    const one = lane();
    expect(one.isFresh(0)).toBe(true);
    one.take(0);
    one.sent(0);
    expect([one.isFresh(0.4), one.isFresh(0.5)]).toEqual([false, true]);
  });

  test('saves nothing up for what has been taken and was not sent', () => {
    const one = lane();
    for (let taken = 0; taken < 8; taken += 1) one.take(0);
    one.take(100);
    // Nine leave late: with them there are ten, as at any moment, and then the rate.
    for (let left = 0; left < 9; left += 1) one.sent(200);
    expect([takeAll(one, 200), takeAll(one, 201)]).toEqual([1, 2]);
  });
});

describe('a pause', () => {
  test('lets nothing through, and then one request and the rate instead of what was saved up', () => {
    const one = lane();
    one.pauseUntil(5, 0);
    expect([takeAll(one, 0), takeAll(one, 4.9), one.readyInSeconds(1), one.pausedForSeconds(2)]).toEqual([0, 0, 4, 3]);
    expect([takeAll(one, 5), takeAll(one, 5.5), takeAll(one, 7.5)]).toEqual([1, 1, 4]);
  });

  test('of a lane that is spent ends with one request all the same', () => {
    const one = lane();
    takeAll(one, 0);
    one.pauseUntil(3, 0);
    expect(takeAll(one, 3)).toBe(1);
  });

  test('gives no more than the rate would have, however short it is', () => {
    const one = lane();
    takeAll(one, 0);
    one.pauseUntil(0.1, 0);
    expect([takeAll(one, 0.1), one.readyInSeconds(0.1)]).toEqual([0, expect.closeTo(0.4)]);
  });

  test('is never ended by a shorter one, and made longer by a longer one', () => {
    const one = lane();
    one.pauseUntil(10, 0);
    one.pauseUntil(3, 1);
    expect(one.pausedForSeconds(1)).toBe(9);
    one.pauseUntil(20, 2);
    expect([one.pausedForSeconds(2), takeAll(one, 19), takeAll(one, 20)]).toEqual([18, 0, 1]);
  });

  test('in the past pauses nothing and takes nothing away', () => {
    const one = lane();
    one.pauseUntil(1, 2);
    expect([one.pausedForSeconds(2), takeAll(one, 2)]).toEqual([0, 10]);
  });

  test('is remembered: the lane is not fresh', () => {
    const one = lane();
    one.pauseUntil(100, 0);
    expect([one.isFresh(99), one.isFresh(100), one.isFresh(105)]).toEqual([false, false, true]);
  });
});

describe('what Atlas says is left', () => {
  test.each([
    [{ limit: 1200, remaining: 1200 }, 10],
    [{ limit: 1200, remaining: 300 }, 10],
    [{ limit: 1200, remaining: 150 }, 5],
    [{ limit: 1200, remaining: 0 }, 1],
    [{ limit: 0, remaining: 0 }, 10],
  ])('(%j) leaves %d at once', (rateLimit, expected) => {
    const one = lane();
    one.heed(rateLimit, 0);
    expect(takeAll(one, 0)).toBe(expected);
  });

  test('below a quarter slows down in the same measure, to a tenth at most', () => {
    const half = lane();
    takeAll(half, 0);
    half.heed({ limit: 1200, remaining: 150 }, 0);
    expect([half.readyInSeconds(0), takeAll(half, 3)]).toEqual([1, 3]);
    const least = lane();
    takeAll(least, 0);
    least.heed({ limit: 1200, remaining: 0 }, 0);
    expect([least.readyInSeconds(0), takeAll(least, 5)]).toEqual([5, 1]);
  });

  test('is heeded until it says otherwise', () => {
    const one = lane();
    takeAll(one, 0);
    one.heed({ limit: 1200, remaining: 0 }, 0);
    one.heed({ limit: 1200, remaining: 1000 }, 5);
    expect([takeAll(one, 5), takeAll(one, 6)]).toEqual([1, 2]);
  });

  test('is old after a minute: then the lane is as fast as ever, from that moment on', () => {
    const one = lane();
    takeAll(one, 0);
    one.heed({ limit: 1200, remaining: 0 }, 0);
    // A tenth of 2 a second for a minute fills up to its one request; the rest comes after the minute.
    expect(takeAll(one, 62)).toBe(1 + 2 * 2);
  });

  test('never keeps anyone waiting for longer than it holds', () => {
    const slow = createLane(1 / 60, 1, 0);
    takeAll(slow, 0);
    slow.heed({ limit: 1200, remaining: 0 }, 0);
    expect(slow.readyInSeconds(0)).toBe(60);
  });

  test('is remembered: the lane is not fresh', () => {
    const slow = createLane(1 / 60, 1, 0);
    slow.heed({ limit: 1200, remaining: 0 }, 0);
    expect([slow.isFresh(59), slow.isFresh(60)]).toEqual([false, true]);
  });
});
