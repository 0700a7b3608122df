import { deflateSync, gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { ACCEPT_ENCODING, createPlaces, decodeBody, LARGE_BYTES, type Place } from '../../../src/atlas/body.ts';

const text = JSON.stringify({ results: ['größer', '☃'] });

let place: Place;
beforeEach(() => {
  place = createPlaces()();
});

describe('a body', () => {
  test.each<[string | undefined, Buffer]>([
    [undefined, Buffer.from(text)],
    ['', Buffer.from(text)],
    ['identity', Buffer.from(text)],
    ['gzip', gzipSync(text)],
    ['GZIP', gzipSync(text)],
  ])('in the coding %j is its text', async (coding, bytes) => {
    expect(await decodeBody(bytes, coding, 1000, place)).toBe(text);
  });

  test('that shrank a thousand times is unpacked whole', async () => {
    const long = 'x'.repeat(10_000_000);
    expect(await decodeBody(gzipSync(long), 'gzip', 10_000_000, place)).toHaveLength(10_000_000);
  });

  test('of nothing is empty, whatever its coding is called', async () => {
    expect(await decodeBody(Buffer.alloc(0), 'gzip', 1000, place)).toBe('');
  });

  test.each([
    ['larger than allowed once unpacked', 'gzip', gzipSync('x'.repeat(1001)), 'the answer is larger than 1000 bytes'],
    ['that is no gzip', 'gzip', Buffer.from('secret text'), 'the answer can’t be decompressed'],
    ['cut off', 'gzip', gzipSync(text).subarray(0, 20), 'the answer can’t be decompressed'],
    ['in another coding', 'deflate', deflateSync(text), 'the answer is in a content coding that was not asked for'],
  ])('%s is an invalid response', async (_what, coding, bytes, message) => {
    await expect(decodeBody(bytes, coding, 1000, place)).rejects.toMatchObject({ reason: 'invalid_response', message });
  });
});

describe('a large body', () => {
  const large = gzipSync(`[${'1,'.repeat(LARGE_BYTES / 4)}"${'x'.repeat(LARGE_BYTES)}"]`);
  /** Whether it has come to its end by the time that something as slow has. */
  async function isDone(decoding: Promise<string>): Promise<boolean> {
    let done = false;
    decoding
      .finally(() => {
        done = true;
      })
      .catch(() => undefined);
    await decodeBody(large, 'gzip', 10_000_000, createPlaces()());
    await new Promise((resolve) => setImmediate(resolve));
    return done;
  }

  test('waits until the one before it has left, a small one doesn’t', async () => {
    const places = createPlaces();
    const [first, second, third] = [places(), places(), places()];
    await decodeBody(large, 'gzip', 10_000_000, first);
    const waiting = decodeBody(large, 'gzip', 10_000_000, second);
    expect(await isDone(waiting)).toBe(false);
    expect(await decodeBody(gzipSync(text), 'gzip', 10_000_000, third)).toBe(text);
    first.leave();
    expect(await waiting).toHaveLength(1.5 * LARGE_BYTES + 4);
  });

  test('takes its place once, however often it grows', async () => {
    await place.growLarge();
    await place.growLarge();
    expect(await decodeBody(large, 'gzip', 10_000_000, place)).not.toBe('');
  });

  test.each(['{},', '[],', '1,'])('of nothing but %s is an invalid response', async (value) => {
    const bytes = Buffer.from(`[${value.repeat(500_001)}${' '.repeat(LARGE_BYTES)}0]`);
    const message = 'the answer has more than 500000 values';
    await expect(decodeBody(bytes, undefined, 10_000_000, place)).rejects.toMatchObject({ message });
  });
});

test('only what can be unpacked is asked for', () => {
  expect(ACCEPT_ENCODING).toBe('gzip');
});
