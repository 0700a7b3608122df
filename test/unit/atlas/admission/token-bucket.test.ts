import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createTokenBucket, type TokenBucket } from '../../../../src/atlas/admission/token-bucket.ts';

/** 2 tokens a second, 10 at once. */
const bucket = (): TokenBucket => createTokenBucket(2, 10, 0);

/** How many tokens can be taken at that moment. */
function takeAll(from: TokenBucket, atSeconds: number): number {
  let taken = 0;
  while (from.take(atSeconds)) taken += 1;
  return taken;
}

test('a bucket gives out its capacity at once, then its rate', () => {
  const one = bucket();
  expect(takeAll(one, 0)).toBe(10);
  expect(one.readyInSeconds(0)).toBe(0.5);
  expect([takeAll(one, 0.4), takeAll(one, 0.5), takeAll(one, 2.5)]).toEqual([0, 1, 4]);
});

test('a bucket has a token at the announced time, even if it is slow, paused or changed', () => {
  const step = fc.record({
    action: fc.constantFrom('take', 'pause', 'follow', 'change'),
    seconds: fc.double({ min: 0, max: 90, noNaN: true }),
    share: fc.integer({ min: 0, max: 100 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const one = bucket();
      let now = 0;
      for (const { action, seconds, share } of steps) {
        now += seconds;
        if (action === 'take') takeAll(one, now);
        if (action === 'pause') one.pauseUntil(now + seconds, now);
        if (action === 'follow') one.follow({ limit: 100, remaining: share }, now);
        if (action === 'change') one.change(0.01 + share / 50, 1 + share, now);
      }
      const ready = now + one.readyInSeconds(now);
      expect(one.take(ready)).toBe(true);
    }),
  );
});

describe('a pause', () => {
  test('gives no token, then one token and the rate instead of a burst', () => {
    const one = bucket();
    one.pauseUntil(5, 0);
    expect([takeAll(one, 0), takeAll(one, 4.9), one.readyInSeconds(1), one.pausedForSeconds(2)]).toEqual([0, 0, 4, 3]);
    expect([takeAll(one, 5), takeAll(one, 5.5), takeAll(one, 7.5)]).toEqual([1, 1, 4]);
  });
});

describe('the RateLimit headers', () => {
  test('with less than a quarter left slow the bucket down in proportion, to a tenth at most', () => {
    const half = bucket();
    takeAll(half, 0);
    half.follow({ limit: 1200, remaining: 150 }, 0);
    expect([half.readyInSeconds(0), takeAll(half, 3)]).toEqual([1, 3]);
    const slowest = bucket();
    takeAll(slowest, 0);
    slowest.follow({ limit: 1200, remaining: 0 }, 0);
    expect([slowest.readyInSeconds(0), takeAll(slowest, 5)]).toEqual([5, 1]);
  });

  test('count until the next headers, or for a minute', () => {
    const one = bucket();
    takeAll(one, 0);
    one.follow({ limit: 1200, remaining: 0 }, 0);
    one.follow({ limit: 1200, remaining: 1000 }, 5);
    expect(takeAll(one, 6)).toBeGreaterThanOrEqual(2);
    one.follow({ limit: 1200, remaining: 0 }, 6);
    takeAll(one, 65);
    expect(takeAll(one, 68)).toBeGreaterThanOrEqual(4);
  });
});

test('another rate and capacity leave taken tokens taken', () => {
  const one = bucket();
  takeAll(one, 0);
  one.change(10, 50, 0);
  expect([takeAll(one, 0), takeAll(one, 1)]).toEqual([0, 10]);
  const large = createTokenBucket(1, 100, 0);
  large.change(1, 3, 0);
  expect(takeAll(large, 0)).toBe(3);
});
