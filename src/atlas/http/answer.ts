/**
 * Decodes a response of Atlas: decompresses the body up to a size limit, parses the JSON, and reads the headers that
 * the exporter uses. Unknown fields are ignored. It knows errors and list pages, but no resource.
 */
import { gunzipSync } from 'node:zlib';
import { BOUNDS } from '../bounds.ts';
import { AtlasError, errorOfStatus } from '../error.ts';
import type { Deprecation, RateLimit } from '../observer.ts';
import type { AtlasResponse } from './transport.ts';

export interface Page {
  readonly results: readonly unknown[];
  /** Atlas' own count: "an estimate and may not be exact" (API reference); absent where Atlas omits it. */
  readonly totalCount?: number | undefined;
  /** Whether the answer has a link to a next page; undefined if it has no links at all. */
  readonly hasNext?: boolean | undefined;
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** The body of a success. @throws AtlasError for any other response */
export function decodeAnswer(response: AtlasResponse): JsonObject {
  if (response.status !== 200) {
    throw errorOfStatus(response.status, decodeError(response), retryAfterSecondsOf(response));
  }
  return parseJson(response);
}

export function decodePage(response: AtlasResponse): Page {
  const body = decodeAnswer(response);
  const { results, totalCount, links } = body as { results?: unknown; totalCount?: unknown; links?: unknown };
  if (!Array.isArray(results)) throw new AtlasError('invalid_response', 'the answer to a list request has no results');
  if (results.length > BOUNDS.pageItems) {
    throw new AtlasError('invalid_response', `a page of a list has more than ${BOUNDS.pageItems} items`);
  }
  const given = Array.isArray(links) && links.length > 0;
  return {
    results,
    totalCount: typeof totalCount === 'number' && totalCount >= 0 ? totalCount : undefined,
    hasNext: given ? links.some((link) => isObject(link) && link['rel'] === 'next') : undefined,
  };
}

/** The error code of a failure. It is text from the response: check it before it reaches a log or a label. */
export function decodeError(response: AtlasResponse): unknown {
  const header = response.headers['x-error-code'];
  try {
    const body: unknown = JSON.parse(response.body);
    if (!isObject(body)) return header;
    // In Atlas' own format `error` is the status number; in OAuth's (RFC 6749) it is a word.
    const word = typeof body['error'] === 'string' ? body['error'] : undefined;
    return body['errorCode'] ?? word ?? header;
  } catch {
    return header;
  }
}

export function parseJson(response: AtlasResponse): JsonObject {
  let body: unknown;
  try {
    body = JSON.parse(response.body);
  } catch {
    // V8's message quotes the text, so it is not used.
    throw new AtlasError('invalid_response', 'the answer is not JSON', { status: response.status });
  }
  if (!isObject(body)) throw new AtlasError('invalid_response', 'the answer is not a JSON object');
  return body;
}

/** Retry-After in seconds, as Atlas writes it, at least 1; undefined if absent or in another form. */
export function retryAfterSecondsOf({ headers }: AtlasResponse): number | undefined {
  const seconds = wholeNumber(headers['retry-after']);
  return seconds === undefined ? undefined : Math.max(1, seconds);
}

/** Undefined without the headers Deprecation and Sunset. Dates are in the form of Atlas. */
export function deprecationOf({ headers: { deprecation, sunset } }: AtlasResponse): Deprecation | undefined {
  if (deprecation === undefined && sunset === undefined) return undefined;
  return { endsAtSeconds: httpDateSeconds(sunset) };
}

/** RateLimit-Limit and RateLimit-Remaining: the budget of the project, as most responses of Atlas state it. */
export function rateLimitOf({ headers }: AtlasResponse): RateLimit | undefined {
  const limit = wholeNumber(headers['ratelimit-limit']);
  const remaining = wholeNumber(headers['ratelimit-remaining']);
  return limit === undefined || remaining === undefined ? undefined : { limit, remaining };
}

function wholeNumber(header: string | readonly string[] | undefined): number | undefined {
  return typeof header === 'string' && /^\d{1,9}$/.test(header) ? Number(header) : undefined;
}

/** Any of the three date forms of HTTP. `Date.parse` alone accepts nearly any text. */
function httpDateSeconds(value: string | readonly string[] | undefined): number | undefined {
  if (typeof value !== 'string' || !/^[A-Z][a-z]+,? .*\d\d:\d\d:\d\d/.test(value)) return undefined;
  const seconds = Date.parse(value.endsWith('GMT') ? value : `${value} GMT`) / 1000;
  return Number.isNaN(seconds) ? undefined : seconds;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The only content coding that we request. */
export const ACCEPT_ENCODING = 'gzip';

/** Lists are packed to a tenth or less. An output buffer that is large enough makes unpacking several times as fast. */
const TYPICAL_RATIO = 16;
const BUFFER_BYTES = { least: 16 * 1024, most: 2 * 1024 * 1024 };

/** JSON values are counted only in larger bodies, because counting takes time. A page of 500 jobs is smaller. */
const UNCOUNTED_BYTES = 2 * BOUNDS.bodyValues;

const SMALLER_PAGES =
  'lower atlas.page_size; if that does not help, check the proxies in between: Atlas sends no answers of this size';

/** @throws AtlasError `invalid_response` for a body that is too large, has too many values, or cannot be decompressed */
export function decodeBody(bytes: Buffer, coding: string | undefined, maxBytes: number): string {
  const plain = decompressed(bytes, coding, maxBytes);
  if (plain.length > UNCOUNTED_BYTES && hasTooManyValues(plain)) {
    const problem = `the answer has more than ${BOUNDS.bodyValues} values`;
    throw new AtlasError('invalid_response', problem, { advice: SMALLER_PAGES });
  }
  return plain.toString('utf8');
}

function decompressed(bytes: Buffer, coding: string | undefined, maxBytes: number): Buffer {
  // Some proxies send an empty body with a Content-Encoding header. Such an answer must keep its status.
  if (bytes.length === 0 || coding === undefined || coding === '' || coding === 'identity') return bytes;
  if (coding.toLowerCase() !== 'gzip') {
    throw new AtlasError('invalid_response', 'the answer has a content coding that was not requested');
  }
  const chunkSize = Math.min(BUFFER_BYTES.most, Math.max(BUFFER_BYTES.least, bytes.length * TYPICAL_RATIO));
  try {
    // A page of 500 jobs takes about a millisecond. Handing it to a thread would cost more processor time.
    return gunzipSync(bytes, { maxOutputLength: maxBytes, chunkSize });
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes);
    throw new AtlasError('invalid_response', 'the answer can’t be decompressed');
  }
}

/** In JSON, the first value of a container follows a bracket or brace; every other value follows a comma. */
function hasTooManyValues(bytes: Buffer): boolean {
  const [comma, bracket, brace] = Buffer.from(',[{');
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
