import { crc32, gunzipSync, inflateRawSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { joinGzip, joinPlain, type Piece } from '../../../src/metrics/gzip.ts';

const pieceOf = (...texts: readonly string[]): Piece => ({ texts });
const lines = fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 20 });

describe('a gzip page of pieces', () => {
  test('is what the pieces contain, whichever they are and however many', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(lines, { maxLength: 20 }), async (all) => {
        const pieces = all.map((texts) => pieceOf(...texts));
        const text = all.flat().join('');
        expect((await joinPlain(pieces)).toString()).toBe(text);
        expect(gunzipSync(await joinGzip(pieces)).toString()).toBe(text);
      }),
    );
  });

  test('is a single gzip file: one header, one row of blocks, one checksum', async () => {
    const text = 'line 1\nline 2\nline 3\n';
    const page = await joinGzip(['line 1\n', '', 'line 2\n', 'line 3\n'].map((part) => pieceOf(part)));
    const blocks = page.subarray(10, -8);
    // Zlib returns no statistics of a synchronous call in its types.
    const { buffer, engine } = inflateRawSync(blocks, { info: true }) as unknown as Inflated;
    expect(buffer.toString()).toBe(text);
    expect(engine.bytesWritten).toBe(blocks.length);
    expect(page.readUInt32LE(page.length - 8)).toBe(crc32(text));
    expect(page.readUInt32LE(page.length - 4)).toBe(text.length);
  });

  test('compresses a piece once', async () => {
    const piece = pieceOf('a line\n'.repeat(100));
    await joinGzip([piece]);
    const { packed } = piece;
    await joinGzip([pieceOf('another line\n'), piece]);
    expect(packed).toBeInstanceOf(Buffer);
    expect(piece.packed).toBe(packed);
  });

  test.each([
    ['compressed', joinGzip, 10_000],
    ['plain', joinPlain, 50_000],
  ])('lets other work run while it is made: %s', async (_what, join, lineCount) => {
    const pieces = Array.from({ length: 100 }, () => pieceOf('a line of a family\n'.repeat(lineCount)));
    let turns = 0;
    let isDone = false;
    const count = (): void => {
      turns += 1;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    await join(pieces);
    isDone = true;
    expect(turns).toBeGreaterThan(4);
  });
});

interface Inflated {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}
