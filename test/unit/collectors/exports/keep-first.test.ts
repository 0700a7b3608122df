import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createTop } from '../../../../src/collectors/exports/keep-first.ts';

test('the first few of many items are kept in order, whatever the order they come in', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.integer({ min: 0, max: 10 }), (numbers, size) => {
      const top = createTop<number>(size, (a, b) => a - b);
      for (const number of numbers) top.add(number);
      const sorted = [...numbers].sort((a, b) => a - b);
      expect(top.list()).toEqual(sorted.slice(0, size));
      expect(top.dropped()).toBe(Math.max(0, numbers.length - size));
    }),
  );
});
