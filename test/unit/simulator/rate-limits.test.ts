import { expect, test } from '@jest/globals';
import { createRateLimits } from '../../../src/simulator/rate-limits.ts';

function drain(limits: ReturnType<typeof createRateLimits>, owner = 'a'): number {
  let taken = 0;
  while (limits.take('cloud_backups', owner).retryAfterSeconds === undefined) {
    taken += 1;
  }
  return taken;
}

test('a bucket holds 1,200 requests and refills 500 a minute, up to its size', () => {
  let nowMs = 0;
  const limits = createRateLimits(() => nowMs);
  expect(drain(limits)).toBe(1200);
  nowMs = 60_000;
  expect(drain(limits)).toBe(500);
  nowMs = 3_600_000;
  expect(drain(limits)).toBe(1200);
});

test('asking an empty bucket costs nothing, and the wait it names is enough', () => {
  let nowMs = 0;
  const limits = createRateLimits(() => nowMs);
  drain(limits);
  for (let asked = 0; asked < 50; asked += 1) {
    expect(limits.take('cloud_backups', 'a').remaining).toBe(0);
  }
  nowMs += 1000 * (limits.take('cloud_backups', 'a').retryAfterSeconds ?? 0);
  expect(limits.take('cloud_backups', 'a').retryAfterSeconds).toBeUndefined();
});

test('owners and buckets do not share', () => {
  const limits = createRateLimits(() => 0);
  drain(limits);
  expect(limits.take('cloud_backups', 'b').remaining).toBe(1199);
  expect(limits.take('clusters', 'a').remaining).toBe(9999);
});

test('a clock that is set back neither fills nor empties a bucket', () => {
  let nowMs = 100_000;
  const limits = createRateLimits(() => nowMs);
  limits.take('cloud_backups', 'a');
  nowMs = 0;
  expect(limits.take('cloud_backups', 'a').remaining).toBe(1198);
});
