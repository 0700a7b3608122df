import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { matchesGlob } from '../../../src/support/globs.ts';
import { formatDuration, parseDuration, sentence, span } from '../../../src/support/words.ts';
import { absoluteTime, html, relativeTime } from '../../../src/web/pages/html.ts';

test.each([
  [-3, '0 s'],
  [0.4, '0 s'],
  [59, '59 s'],
  [3600, '1 h'],
  [3605, '1 h'],
  [5400, '1 h 30 min'],
  [93_600, '26 h'],
  [2 * 86_400, '2 d'],
  [8 * 86_400 + 3 * 3600 + 59, '8 d 3 h'],
])('%d seconds are %s', (seconds, words) => {
  expect(span(seconds)).toBe(words);
});

test('a time is relative to now, with the time itself as tooltip and for programs', () => {
  const iso = 'datetime="2026-03-01T00:00:00Z" title="2026-03-01 00:00:00 UTC"';
  expect(relativeTime(1_772_323_200, 1_772_323_260).markup).toBe(`<time ${iso}>1 min ago</time>`);
  expect(relativeTime(1_772_323_200, 1_772_323_140).markup).toBe(`<time ${iso}>in 1 min</time>`);
  expect(absoluteTime(1_772_323_200.9).markup).toBe(
    '<time datetime="2026-03-01T00:00:00Z">2026-03-01 00:00:00 UTC</time>',
  );
});

test('text in a template is escaped, HTML is not', () => {
  const name = `<b>"it's" & more</b>`;
  const escaped = '&#60;b&#62;&#34;it&#39;s&#34; &#38; more&#60;/b&#62;';
  expect(html`<i title="${name}">${name}</i>`.markup).toBe(`<i title="${escaped}">${escaped}</i>`);
  expect(html`<p>${[html`<b>${1}</b>`, html`${undefined}`]}</p>`.markup).toBe('<p><b>1</b></p>');
});

test('an object that only looks like HTML is refused', () => {
  const fake = { markup: '<script>' } as unknown as string;
  expect(() => html`${fake}`).toThrow();
});

test('sentences begin with a capital letter and end with a full stop', () => {
  expect([sentence('all is well'), sentence('')]).toEqual(['All is well.', '']);
});

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
