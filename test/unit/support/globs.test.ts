import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { globCovers, globsOverlap, matchesGlob } from '../../../src/support/globs.ts';

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

describe('two patterns', () => {
  test.each([
    ['*', 'ci-*', true],
    ['ci-*', 'ci-a*', true],
    ['ci-?', 'ci-a', true],
    ['ci-?', 'ci-*', false],
    ['ci-*', '*', false],
    ['a*b*', 'a-b', true],
    ['prod', 'prod', true],
    ['*-?', '*-*', false],
  ])('%s covers %s: %p', (outer, inner, covers) => {
    expect(globCovers(outer, inner)).toBe(covers);
  });

  test.each([
    ['prod-*', '*-weekly', true],
    ['prod-*', 'dev-*', false],
    ['a?', 'ab', true],
    ['a?', 'a', false],
    ['*a', '*b', false],
    ['*', '', true],
  ])('%s and %s can match the same name: %p', (left, right, overlap) => {
    expect([globsOverlap(left, right), globsOverlap(right, left)]).toEqual([overlap, overlap]);
  });

  test('agree with the names that they match', () => {
    const glob = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 5 });
    const name = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 6 });
    fc.assert(
      fc.property(glob, glob, name, (left, right, text) => {
        const [isLeft, isRight] = [matchesGlob(left, text), matchesGlob(right, text)];
        if (isLeft && isRight) expect(globsOverlap(left, right)).toBe(true);
        if (isRight && globCovers(left, right)) expect(isLeft).toBe(true);
        expect(globsOverlap(left, text)).toBe(isLeft);
      }),
    );
  });
});
