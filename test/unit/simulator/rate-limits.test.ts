import { expect, test } from '@jest/globals';
import { createRateLimits } from '../../../src/simulator/rate-limits.ts';

test('a bucket of an owner is empty after as many requests as its limit, and fills again with time', () => {
  let nowMs = 0;
  const { take } = createRateLimits(() => nowMs);
  const taken = Array.from({ length: 1200 }, () => take('projects', 'a'));
  expect(taken.map(({ remaining }) => remaining)).toEqual(Array.from({ length: 1200 }, (_, index) => 1199 - index));
  expect(take('projects', 'a')).toEqual({ limit: 1200, remaining: 0, retryAfterSeconds: 1 });
  expect(take('projects', 'b')).toMatchObject({ remaining: 1199 });
  nowMs += 1000;
  expect(take('projects', 'a')).toEqual({ limit: 1200, remaining: 7 });
});
