/** An answer's body as text: decompressed, and never larger than allowed, however small it came. */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { AtlasError } from './error.ts';

/** The only coding that is asked for. */
export const ACCEPT_ENCODING = 'gzip';

/** Lists of jobs shrink to a tenth or less; room for the whole in one piece makes unpacking several times as fast. */
const GUESSED_RATIO = 16;
const PIECE_BYTES = { least: 16 * 1024, most: 2 * 1024 * 1024 };

const gunzipped = promisify(gunzip);

export async function decodeBody(bytes: Buffer, coding: string | undefined, maxBytes: number): Promise<string> {
  // Nothing is nothing in any coding: the status of such an answer must not be lost over it.
  if (bytes.length === 0 || coding === undefined || coding === '' || coding === 'identity')
    return bytes.toString('utf8');
  if (coding.toLowerCase() !== 'gzip') {
    throw new AtlasError('invalid_response', 'the answer is in a content coding that was not asked for');
  }
  const chunkSize = Math.min(PIECE_BYTES.most, Math.max(PIECE_BYTES.least, bytes.length * GUESSED_RATIO));
  try {
    return (await gunzipped(bytes, { maxOutputLength: maxBytes, chunkSize })).toString('utf8');
  } catch (error) {
    throw (error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE'
      ? tooLarge(maxBytes)
      : new AtlasError('invalid_response', 'the answer can’t be decompressed');
  }
}

export function tooLarge(maxBytes: number): AtlasError {
  return new AtlasError('invalid_response', `the answer is larger than ${maxBytes} bytes`);
}
