import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatDuration, parseDuration } from '../../../src/support/words.ts';

describe('a duration is parsed as Prometheus parses it', () => {
  test.each([
    ['1ms', 0.001],
    ['1500ms', 1.5],
    ['90s', 90],
    ['1h30m', 5400],
    ['8d', 691_200],
    ['2w', 1_209_600],
    ['1y', 31_536_000],
    ['1y2w3d4h5m6s7ms', 33_019_506.007],
    ['0s', 0],
  ])('%s', (text, seconds) => {
    expect(parseDuration(text)).toEqual({ value: expect.closeTo(seconds, 6) });
  });

  test.each(['', ' ', '1.5h', '-5s', '5 s', '5S', 's', '30m1h', '1h1h', '5sec', '+5s', '1e3s', '٣s'])(
    'but not %j',
    (text) => {
      expect(parseDuration(text)).toEqual({ problem: 'must be a duration such as 90s, 1h30m or 8d' });
    },
  );

  test('a number without a unit gets the units that are likely there', () => {
    expect(parseDuration('26', ['h', 'd'])).toEqual({ problem: '26 has no unit: write 26h or 26d' });
  });

  test.each([
    ['60', '60 has no unit: write 60s'],
    ['-1', 'must be a duration such as 90s, 1h30m or 8d'],
    ['9'.repeat(50), '999999999999… has no unit: write 999999999999…s'],
  ])('nor %j', (text, problem) => {
    expect(parseDuration(text)).toEqual({ problem });
  });
});

test('a formatted duration is parsed to the same value', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10 * 365 * 86_400_000 }), (ms) => {
      expect(parseDuration(formatDuration(ms / 1000))).toEqual({ value: expect.closeTo(ms / 1000, 4) });
    }),
  );
});

test.each([
  [0, '0s'],
  [1.5, '1s500ms'],
  [5400, '1h30m'],
  [30 * 86_400, '30d'],
])('%d seconds are written as short as possible', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});
