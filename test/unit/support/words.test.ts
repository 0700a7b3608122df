import { expect, test } from '@jest/globals';
import { sentence, span } from '../../../src/support/words.ts';
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
