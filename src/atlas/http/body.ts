/** The body of an answer as text: decompressed, and never larger than allowed. */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { BOUNDS } from '../bounds.ts';
import { AtlasError } from '../error.ts';

/** The only content coding that we request. */
export const ACCEPT_ENCODING = 'gzip';

/** Lists shrink to a tenth or less. One output buffer of the right size makes decompression several times as fast. */
const TYPICAL_RATIO = 16;
const BUFFER_BYTES = { least: 16 * 1024, most: 2 * 1024 * 1024 };

/** Values are not counted in a body up to this size. Pages of 500 jobs are smaller, and counting takes time. */
const UNCOUNTED_BYTES = 2 * BOUNDS.bodyValues;
const BEFORE_VALUES = { comma: 0x2c, bracket: 0x5b, brace: 0x7b };

const SMALLER_PAGES =
  'lower atlas.page_size; if that does not help, check the proxies in between: Atlas sends no answers of this size';

const gunzipped = promisify(gunzip);

/** @throws AtlasError `invalid_response` for a body that is too large, has too many values, or cannot be decompressed */
export async function decodeBody(bytes: Buffer, coding: string | undefined, maxBytes: number): Promise<string> {
  const plain = await decompressed(bytes, coding, maxBytes);
  if (plain.length > UNCOUNTED_BYTES && hasTooManyValues(plain)) {
    const problem = `the answer has more than ${BOUNDS.bodyValues} values`;
    throw new AtlasError('invalid_response', problem, { advice: SMALLER_PAGES });
  }
  return plain.toString('utf8');
}

async function decompressed(bytes: Buffer, coding: string | undefined, maxBytes: number): Promise<Buffer> {
  // Proxies send empty bodies with any coding. Such an answer must keep its status.
  if (bytes.length === 0 || coding === undefined || coding === '' || coding === 'identity') return bytes;
  if (coding.toLowerCase() !== 'gzip') {
    throw new AtlasError('invalid_response', 'the answer has a content coding that was not requested');
  }
  const chunkSize = Math.min(BUFFER_BYTES.most, Math.max(BUFFER_BYTES.least, bytes.length * TYPICAL_RATIO));
  try {
    return await gunzipped(bytes, { maxOutputLength: maxBytes, chunkSize });
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes);
    throw new AtlasError('invalid_response', 'the answer can’t be decompressed');
  }
}

/** Each value but the first of its container follows a comma; the first follows a bracket or brace. */
function hasTooManyValues(bytes: Buffer): boolean {
  const { comma, bracket, brace } = BEFORE_VALUES;
  let values = 0;
  for (let index = 0; index < bytes.length && values <= BOUNDS.bodyValues; index += 1) {
    const byte = bytes[index];
    if (byte === comma || byte === bracket || byte === brace) values += 1;
  }
  return values > BOUNDS.bodyValues;
}

export function tooLarge(maxBytes: number): AtlasError {
  const problem = `the answer is larger than ${maxBytes} bytes`;
  return new AtlasError('invalid_response', problem, { advice: SMALLER_PAGES });
}
