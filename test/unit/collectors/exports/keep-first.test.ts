import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createKeepFirst } from '../../../../src/collectors/exports/summary.ts';

test('the first few of many items are kept in order, in whatever order they come', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.integer({ min: 0, max: 10 }), (numbers, size) => {
      const first = createKeepFirst<number>(size, (a, b) => a - b);
      for (const number of numbers) first.add(number);
      const sorted = [...numbers].sort((a, b) => a - b);
      expect(first.list()).toEqual(sorted.slice(0, size));
      expect(first.dropped()).toBe(Math.max(0, numbers.length - size));
    }),
  );
});
