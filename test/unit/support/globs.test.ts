import { expect, test } from '@jest/globals';
import { matchesGlob } from '../../../src/support/globs.ts';

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
  ['a.c', 'abc', false],
  ['a(b)+[c]', 'a(b)+[c]', true],
])('%s matches %s: %p', (glob, name, matches) => {
  expect(matchesGlob(glob, name)).toBe(matches);
});

test('a pattern with many asterisks is not slow', () => {
  expect(matchesGlob(`${'*a'.repeat(31)}*b`, 'a'.repeat(64))).toBe(false);
});
