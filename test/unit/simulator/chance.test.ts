import { expect, test } from '@jest/globals';
import { createChance } from '../../../src/simulator/chance.ts';

test('the same question has the same answer, another seed or word another one', () => {
  const [chance, same, other] = [createChance(1), createChance(1), createChance(2)];
  expect(same.of('orders', 3, 'queue')).toBe(chance.of('orders', 3, 'queue'));
  expect(other.of('orders', 3, 'queue')).not.toBe(chance.of('orders', 3, 'queue'));
  expect(chance.of('orders', 3, 'run')).not.toBe(chance.of('orders', 3, 'queue'));
  expect(chance.of('ab', 'c')).not.toBe(chance.of('a', 'bc'));
});

test('numbers are spread evenly, also for neighbouring and negative questions', () => {
  const chance = createChance(7);
  const tenths = Array.from({ length: 10 }, () => 0);
  for (let index = -5000; index < 5000; index += 1) {
    const number = chance.of('orders', index, 'run');
    tenths[Math.floor(number * 10)] = (tenths[Math.floor(number * 10)] ?? 0) + 1;
  }
  expect(tenths).toHaveLength(10);
  expect(Math.min(...tenths)).toBeGreaterThan(850);
  expect(Math.max(...tenths)).toBeLessThan(1150);
});

test('hexadecimal digits are as many as asked for', () => {
  const chance = createChance(7);
  for (const digits of [1, 8, 10, 24]) {
    expect(chance.hex(digits, 'id')).toMatch(new RegExp(`^[0-9a-f]{${digits}}$`));
  }
});
