import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { ACCEPT_ENCODING, decodeBody } from '../../../../src/atlas/http/answer.ts';

const text = JSON.stringify({ results: ['größer', '☃'] });

describe('a body', () => {
  test.each<[string | undefined, Buffer]>([
    [undefined, Buffer.from(text)],
    ['', Buffer.from(text)],
    ['identity', Buffer.from(text)],
    ['gzip', gzipSync(text)],
    ['GZIP', gzipSync(text)],
  ])('in the coding %j is its text', (coding, bytes) => {
    expect(decodeBody(bytes, coding, 1000)).toBe(text);
  });

  test('that was compressed a thousand times is decompressed completely', () => {
    const long = 'x'.repeat(10_000_000);
    expect(decodeBody(gzipSync(long), 'gzip', 10_000_000)).toHaveLength(10_000_000);
  });

  test('that is empty stays empty with any coding', () => {
    expect(decodeBody(Buffer.alloc(0), 'gzip', 1000)).toBe('');
  });

  test.each([
    ['larger than allowed once unpacked', 'gzip', gzipSync('x'.repeat(1001)), 'the answer is larger than 1000 bytes'],
    ['that is no gzip', 'gzip', Buffer.from('secret text'), 'the answer can’t be decompressed'],
    ['cut off', 'gzip', gzipSync(text).subarray(0, 20), 'the answer can’t be decompressed'],
    ['in another coding', 'deflate', deflateSync(text), 'the answer has a content coding that was not requested'],
  ])('%s is an invalid response', (_what, coding, bytes, message) => {
    expect(() => decodeBody(bytes, coding, 1000)).toThrow(
      expect.objectContaining({ reason: 'invalid_response', message }),
    );
  });
});

test.each(['{},', '[],', '1,', '['])('a body that contains only %s is an invalid response', (value) => {
  const bytes = Buffer.from(`[${value.repeat(200_001)}${' '.repeat(200_000)}0]`);
  const message = 'the answer has more than 200000 values';
  expect(() => decodeBody(bytes, undefined, 10_000_000)).toThrow(
    expect.objectContaining({ reason: 'invalid_response', message }),
  );
});

test('only gzip is requested', () => {
  expect(ACCEPT_ENCODING).toBe('gzip');
});
