import { expect, test } from '@jest/globals';
import { createChance } from '../../../src/simulator/chance.ts';

test('the same seed and key give the same number, another seed or key gives another one', () => {
  const [chance, same, other] = [createChance(1), createChance(1), createChance(2)];
  expect(same.of('orders', 3, 'queue')).toBe(chance.of('orders', 3, 'queue'));
  expect(other.of('orders', 3, 'queue')).not.toBe(chance.of('orders', 3, 'queue'));
  expect(chance.of('orders', 3, 'run')).not.toBe(chance.of('orders', 3, 'queue'));
  expect(chance.of('ab', 'c')).not.toBe(chance.of('a', 'bc'));
  expect(chance.hex(24, 'id')).toMatch(/^[0-9a-f]{24}$/);
});

test('numbers are evenly distributed, also for neighbouring and negative keys', () => {
  const chance = createChance(7);
  const tenths = Array.from({ length: 10 }, () => 0);
  for (let index = -5000; index < 5000; index += 1) {
    const number = chance.of('orders', index, 'run');
    tenths[Math.floor(number * 10)] = (tenths[Math.floor(number * 10)] ?? 0) + 1;
  }
  expect(Math.min(...tenths)).toBeGreaterThan(850);
  expect(Math.max(...tenths)).toBeLessThan(1150);
});
