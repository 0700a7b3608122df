/**
 * Pages that are put together from pieces of text, plain or as gzip. A piece is compressed once and then used in each page
 * until it is replaced, so a page costs as much as the pieces that have changed.
 *
 * How gzip allows this. A gzip file (RFC 1952) has a header, compressed data, and at the end a checksum and the length of the
 * plain text. The compressed data has a format of its own, deflate (RFC 1951). It is a sequence of blocks, and a block contains
 * characters and instructions such as "repeat the 90 bytes that start 400 bytes before". Usually, blocks of different files cannot
 * be joined, for three reasons. Each has a solution:
 *
 * 1. A block may repeat text of earlier blocks. Each piece is therefore compressed alone. It can only repeat its own text.
 *    That is enough, because its lines belong to one family and are similar.
 * 2. A block may end in the middle of a byte. zlib can end the data with a "sync flush": an empty block that fills the byte.
 * 3. The last block is marked as the last one; a reader stops there. With a sync flush no block of a piece is marked, and
 *    the page ends with one empty block that is.
 *
 *     header │ blocks of piece 1, empty block │ blocks of piece 2, empty block │ … │ empty last block │ checksum, length
 *
 * To readers this is an ordinary gzip file. It is about a tenth larger than one that was compressed as a whole.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { constants, crc32, deflateRawSync } from 'node:zlib';

/** Text of a page. The bytes are made when a page needs them for the first time. */
export interface Piece {
  readonly texts: readonly string[];
  plain?: Buffer;
  packed?: Buffer;
}

/** Format gzip, method deflate, then zeros for no name and no time; 255: the operating system does not matter. */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
/** The bits 1 (the last block), 01 (with the fixed code) and 0000000 (its end), filled with zeros. */
const LAST_BLOCK = Buffer.from([0x03, 0x00]);

/** Bytes that are compressed before the event loop runs other work: about 5 milliseconds. */
const PACKED_PER_TURN = 256 * 1024;
/** A checksum is this many times as fast as compression. */
const CHECKSUM_FACTOR = 32;

export async function joinPlain(pieces: readonly Piece[]): Promise<Buffer> {
  const parts: Buffer[] = [];
  const pause = createPauses();
  for (const piece of pieces) {
    parts.push(plainOf(piece));
    await pause(plainOf(piece).length / CHECKSUM_FACTOR);
  }
  return Buffer.concat(parts);
}

export async function joinGzip(pieces: readonly Piece[]): Promise<Buffer> {
  const parts: Buffer[] = [HEADER];
  const pause = createPauses();
  let checksum = 0;
  let length = 0;
  for (const piece of pieces) {
    const plain = plainOf(piece);
    // The checksum function of Node.js would start again at an empty buffer.
    if (plain.length === 0) continue;
    await pause(piece.packed ? plain.length / CHECKSUM_FACTOR : plain.length);
    piece.packed ??= deflateRawSync(plain, { finishFlush: constants.Z_SYNC_FLUSH });
    parts.push(piece.packed);
    checksum = crc32(plain, checksum);
    length += plain.length;
  }
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(checksum, 0);
  trailer.writeUInt32LE(length % 2 ** 32, 4);
  return Buffer.concat([...parts, LAST_BLOCK, trailer]);
}

function plainOf(piece: Piece): Buffer {
  piece.plain ??= Buffer.from(piece.texts.join(''), 'utf8');
  return piece.plain;
}

/** Returns a function that is called before work on the given number of bytes, and lets the event loop run other work at times. */
function createPauses(): (bytes: number) => Promise<void> | undefined {
  let sum = 0;
  return (bytes) => {
    sum += bytes;
    if (sum < PACKED_PER_TURN) return undefined;
    sum = 0;
    return nextTurn();
  };
}
