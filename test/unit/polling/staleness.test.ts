import { expect, test } from '@jest/globals';
import { isOverdue, markStale } from '../../../src/polling/staleness.ts';
import { polledState, unpolled, withSchedule } from '../../support/states.ts';

const goodAt = (seconds: number, intervalSeconds: number) => ({
  ...unpolled(),
  goodAtMonotonicSeconds: seconds,
  intervalSeconds,
});

test('a good poll is too old after max_stale, or after two intervals where those are longer', () => {
  expect(isOverdue(goodAt(100, 60), 900, 1000)).toBe(false);
  expect(isOverdue(goodAt(100, 60), 900, 1001)).toBe(true);
  expect(isOverdue(goodAt(100, 600), 900, 1300)).toBe(false);
  expect(isOverdue(goodAt(100, 600), 900, 1301)).toBe(true);
});

test('what has never been polled well is not stale: there is nothing to be silent about', () => {
  expect(isOverdue(unpolled(), 1, 1e9)).toBe(false);
});

test('a state is marked once, and otherwise stays the same object', () => {
  const fresh = polledState([]);
  expect(markStale(fresh, 900, 11)).toBe(fresh);
  const stale = markStale(fresh, 900, 5000);
  expect(stale.exports.stale).toBe(true);
  expect(markStale(stale, 900, 6000)).toBe(stale);
});

test('each slot is marked by itself', () => {
  const state = withSchedule(polledState([]), { autoExportEnabled: true });
  const read = { ...state, schedule: { ...state.schedule, goodAtMonotonicSeconds: 4000, intervalSeconds: 3600 } };
  const marked = markStale(read, 900, 5000);
  expect([marked.exports.stale, marked.schedule.stale]).toEqual([true, false]);
  expect(marked.schedule).toBe(read.schedule);
  const later = markStale(read, 900, 20_000);
  expect([later.exports.stale, later.schedule.stale]).toEqual([true, true]);
});
