import { expect, test } from '@jest/globals';
import { createWork } from '../../../src/atlas/time-budget.ts';

test('work is what was given less what was spent, and may be overdrawn by the last spender', () => {
  const work = createWork(60);
  expect(work.remainingSeconds()).toBe(60);
  work.spend(12.5);
  work.spend(40);
  expect(work.remainingSeconds()).toBe(7.5);
  work.spend(10);
  expect(work.remainingSeconds()).toBe(-2.5);
});

test('work of one poll is not that of another', () => {
  const [mine, other] = [createWork(60), createWork(60)];
  mine.spend(60);
  expect([mine.remainingSeconds(), other.remainingSeconds()]).toEqual([0, 60]);
});
