import { expect, test } from '@jest/globals';
import { parseExpirySeconds } from '../../../src/config/expiry.ts';

test.each([
  ['2027-03-01', Date.UTC(2027, 2, 1)],
  ['2028-02-29', Date.UTC(2028, 1, 29)],
  ['2027-03-01T12:00:00Z', Date.UTC(2027, 2, 1, 12)],
  ['2027-03-01t12:00:00z', Date.UTC(2027, 2, 1, 12)],
  ['2027-03-01 12:00:00-05:30', Date.UTC(2027, 2, 1, 17, 30)],
  ['2027-03-01T12:00:00.25+02:00', Date.UTC(2027, 2, 1, 10) + 250],
])('%s is a moment', (text, ms) => {
  expect(parseExpirySeconds(text)).toBe(ms / 1000);
});

test.each([
  '',
  'soon',
  '2027',
  '2027-3-1',
  '2027-02-29',
  '2027-13-01',
  '2027-03-01T12:00',
  '2027-03-01T12:00:00',
  '2027-03-01T25:00:00Z',
  '2027-03-01T12:00:00+99:00',
  '01.03.2027',
  ' 2027-03-01',
])('%j is none', (text) => {
  expect(parseExpirySeconds(text)).toBeUndefined();
});
