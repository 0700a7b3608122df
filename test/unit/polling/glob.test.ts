import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { matchesGlob } from '../../../src/polling/glob.ts';
import { growthOf } from '../../support/growth.ts';

test.each([
  ['scratch', 'scratch', true],
  ['scratch', 'scratch-2', false],
  ['scratch', 'my-scratch', false],
  ['ci-*', 'ci-', true],
  ['ci-*', 'ci-123', true],
  ['ci-*', 'CI-123', false],
  ['*', 'anything', true],
  ['*-ci-*', 'x-ci-ci-y', true],
  ['*a*b', 'xaxbxb', true],
  ['*a*b', 'xbxa', false],
  ['?-x', 'a-x', true],
  ['?-x', '-x', false],
  ['a?', 'a', false],
])('%s matches %s: %p', (glob, name, matches) => {
  expect(matchesGlob(glob, name)).toBe(matches);
});

test('a pattern matches what the same regular expression does', () => {
  const glob = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 6 });
  const name = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 });
  fc.assert(
    fc.property(glob, name, (pattern, text) => {
      const expression = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`);
      expect(matchesGlob(pattern, text)).toBe(expression.test(text));
    }),
  );
});

test('a pattern full of stars is matched in linear time', () => {
  const growth = growthOf((size) => {
    expect(matchesGlob(`${'*a'.repeat(31)}*b`, 'a'.repeat(size))).toBe(false);
  }, 512);
  expect(growth).toBeLessThan(25);
});
