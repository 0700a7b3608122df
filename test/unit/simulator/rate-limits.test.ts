import { expect, test } from '@jest/globals';
import { createRateLimits } from '../../../src/simulator/rate-limits.ts';

function takeAll(limits: ReturnType<typeof createRateLimits>): number {
  let taken = 0;
  while (limits.take('cloud_backups', 'a').retryAfterSeconds === undefined) {
    taken += 1;
  }
  return taken;
}

test('a bucket holds 1,200 requests and refills 500 a minute, up to its size', () => {
  let nowMs = 0;
  const limits = createRateLimits(() => nowMs);
  expect(takeAll(limits)).toBe(1200);
  nowMs = 60_000;
  expect(takeAll(limits)).toBe(500);
  nowMs = 3_600_000;
  expect(takeAll(limits)).toBe(1200);
});

test('after the seconds that an empty bucket names, the next request is allowed', () => {
  let nowMs = 0;
  const limits = createRateLimits(() => nowMs);
  takeAll(limits);
  nowMs += 1000 * (limits.take('cloud_backups', 'a').retryAfterSeconds ?? 0);
  expect(limits.take('cloud_backups', 'a').retryAfterSeconds).toBeUndefined();
});

test('owners and limits are independent', () => {
  const limits = createRateLimits(() => 0);
  takeAll(limits);
  expect(limits.take('cloud_backups', 'b').remaining).toBe(1199);
  expect(limits.take('clusters', 'a').remaining).toBe(9999);
});
