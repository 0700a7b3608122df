/**
 * An answer's body as text: decompressed, and never larger than allowed, however small it came. What is larger than any
 * answer of Atlas waits for its turn.
 */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { AtlasError } from '../error.ts';

/** The only coding that is asked for. */
export const ACCEPT_ENCODING = 'gzip';

/** Lists of jobs shrink to a tenth or less; room for the whole in one piece makes unpacking several times as fast. */
const GUESSED_RATIO = 16;
const PIECE_BYTES = { least: 16 * 1024, most: 2 * 1024 * 1024 };

/** A page of 500 jobs has about 0.3 MB. */
export const LARGE_BYTES = 1024 * 1024;

/**
 * How many values a body may have, counted by what stands before each: 500 jobs of a cluster with a hundred shards have
 * no more. A body of nothing but `{}` takes twenty times its size once it is parsed.
 */
const MOST_VALUES = 200_000;
/** Up to here they are not counted: pages of 500 jobs are smaller, and most of the time is spent with those. */
const UNCOUNTED_BYTES = 2 * MOST_VALUES;
const BEFORE_VALUES = { comma: 0x2c, bracket: 0x5b, brace: 0x7b };

const gunzipped = promisify(gunzip);

/** @param takeTurn resolves when a body beyond LARGE_BYTES may be held in memory */
export async function decodeBody(
  bytes: Buffer,
  coding: string | undefined,
  maxBytes: number,
  takeTurn: () => Promise<void>,
): Promise<string> {
  const plain = await unpack(bytes, coding, maxBytes, takeTurn);
  if (plain.length > UNCOUNTED_BYTES && hasTooManyValues(plain)) {
    throw new AtlasError('invalid_response', `the answer has more than ${MOST_VALUES} values`);
  }
  return plain.toString('utf8');
}

async function unpack(
  bytes: Buffer,
  coding: string | undefined,
  maxBytes: number,
  takeTurn: () => Promise<void>,
): Promise<Buffer> {
  // Nothing is nothing in any coding: the status of such an answer must not be lost over it.
  if (bytes.length === 0 || coding === undefined || coding === '' || coding === 'identity') return bytes;
  if (coding.toLowerCase() !== 'gzip') {
    throw new AtlasError('invalid_response', 'the answer is in a content coding that was not asked for');
  }
  const usual = await unpacked(bytes, Math.min(maxBytes, LARGE_BYTES));
  if (usual !== undefined) return usual;
  if (maxBytes <= LARGE_BYTES) throw tooLarge(maxBytes);
  await takeTurn();
  const large = await unpacked(bytes, maxBytes);
  if (large === undefined) throw tooLarge(maxBytes);
  return large;
}

/** Undefined where it is larger. */
async function unpacked(bytes: Buffer, maxBytes: number): Promise<Buffer | undefined> {
  const chunkSize = Math.min(PIECE_BYTES.most, Math.max(PIECE_BYTES.least, bytes.length * GUESSED_RATIO));
  try {
    return await gunzipped(bytes, { maxOutputLength: maxBytes, chunkSize });
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') return undefined;
    throw new AtlasError('invalid_response', 'the answer can’t be decompressed');
  }
}

function hasTooManyValues(bytes: Buffer): boolean {
  const { comma, bracket, brace } = BEFORE_VALUES;
  let values = 0;
  for (let index = 0; index < bytes.length && values <= MOST_VALUES; index += 1) {
    const byte = bytes[index];
    if (byte === comma || byte === bracket || byte === brace) values += 1;
  }
  return values > MOST_VALUES;
}

export function tooLarge(maxBytes: number): AtlasError {
  return new AtlasError('invalid_response', `the answer is larger than ${maxBytes} bytes`);
}
