/**
 * An answer's body as text: decompressed, and never larger than allowed, however small it came. Bodies that are larger than
 * any page is wait for each other, so that many of them at once take no more memory than one.
 */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { AtlasError } from './error.ts';

/** The only coding that is asked for. */
export const ACCEPT_ENCODING = 'gzip';

/** Lists of jobs shrink to a tenth or less; room for the whole in one piece makes unpacking several times as fast. */
const GUESSED_RATIO = 16;
const PIECE_BYTES = { least: 16 * 1024, most: 2 * 1024 * 1024 };

/** What a page of 500 jobs has three times over; more is large. */
export const LARGE_BYTES = 1024 * 1024;

/**
 * How many values a body may have, counted by what stands before each: 500 jobs of a cluster with a hundred shards have a
 * third of it. A large body of nothing but `{}` would take twenty times its size once it is parsed.
 */
const MOST_VALUES = 500_000;
const BEFORE_VALUES = { comma: 0x2c, bracket: 0x5b, brace: 0x7b };

const gunzipped = promisify(gunzip);

/** One body's place in memory. */
export interface Place {
  /** Resolves when this body may be large: one at a time may. */
  growLarge(): Promise<void>;
  /** To be called in the end, large or not. */
  leave(): void;
}

export function createPlaces(): () => Place {
  let lastOneLeft: Promise<void> = Promise.resolve();
  return () => {
    let leave: (() => void) | undefined;
    return {
      async growLarge() {
        if (leave !== undefined) return;
        const othersLeft = lastOneLeft;
        lastOneLeft = new Promise((resolve) => {
          leave = resolve;
        });
        await othersLeft;
      },
      leave: () => leave?.(),
    };
  };
}

export async function decodeBody(
  bytes: Buffer,
  coding: string | undefined,
  maxBytes: number,
  place: Place,
): Promise<string> {
  const plain = await unpack(bytes, coding, maxBytes, place);
  if (plain.length > LARGE_BYTES && hasTooManyValues(plain)) {
    throw new AtlasError('invalid_response', `the answer has more than ${MOST_VALUES} values`);
  }
  return plain.toString('utf8');
}

async function unpack(bytes: Buffer, coding: string | undefined, maxBytes: number, place: Place): Promise<Buffer> {
  // Nothing is nothing in any coding: the status of such an answer must not be lost over it.
  if (bytes.length === 0 || coding === undefined || coding === '' || coding === 'identity') return bytes;
  if (coding.toLowerCase() !== 'gzip') {
    throw new AtlasError('invalid_response', 'the answer is in a content coding that was not asked for');
  }
  const small = await gunzipUpTo(Math.min(maxBytes, LARGE_BYTES), bytes);
  if (small !== undefined) return small;
  await place.growLarge();
  const whole = maxBytes > LARGE_BYTES ? await gunzipUpTo(maxBytes, bytes) : undefined;
  if (whole === undefined) throw tooLarge(maxBytes);
  return whole;
}

/** Undefined where it is more than that. */
async function gunzipUpTo(maxOutputLength: number, bytes: Buffer): Promise<Buffer | undefined> {
  const chunkSize = Math.min(PIECE_BYTES.most, Math.max(PIECE_BYTES.least, bytes.length * GUESSED_RATIO));
  try {
    return await gunzipped(bytes, { maxOutputLength, chunkSize });
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
