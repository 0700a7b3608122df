/**
 * Reads what Atlas answered, as leniently as its real answers need: an envelope is opened, unknown fields are passed over.
 * It knows the frame (JSON, error, envelope, list), not what is in it.
 */
import { AtlasError, errorOfStatus } from '../error.ts';
import type { Deprecation } from '../observer.ts';
import type { AtlasResponse } from './exchange.ts';

export interface Page {
  readonly results: readonly unknown[];
  /** Atlas' own count: "an estimate and may not be exact", absent where Atlas leaves it out. */
  readonly totalCount?: number;
  /** Whether the answer links to a next page; undefined where it has no links at all. */
  readonly hasNext?: boolean;
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** The body of a success, an envelope opened. Anything else becomes an AtlasError. */
export function decodeAnswer(response: AtlasResponse, wallSeconds: number): JsonObject {
  if (response.status !== 200) {
    throw errorOfStatus(response.status, decodeError(response), retryAfterSecondsOf(response, wallSeconds));
  }
  const body = parseJson(response);
  const status = body['status'];
  const content = body['content'];
  const enveloped = typeof status === 'number' && ('results' in body || 'content' in body || 'error' in body);
  if (!enveloped) return body;
  const inner = isObject(content) ? content : body;
  if (status !== 200) throw errorOfStatus(status, inner['errorCode']);
  return inner;
}

/** Of a page; Atlas has none larger, whatever is asked for. Lists are kept in memory by how many pages they have. */
const MOST_ITEMS = 500;

export function decodePage(response: AtlasResponse, wallSeconds: number): Page {
  const body = decodeAnswer(response, wallSeconds);
  const { results, totalCount, links } = body as { results?: unknown; totalCount?: unknown; links?: unknown };
  if (!Array.isArray(results)) throw new AtlasError('invalid_response', 'the answer to a list request has no results');
  if (results.length > MOST_ITEMS) {
    throw new AtlasError('invalid_response', `a page of a list has more than ${MOST_ITEMS} items`);
  }
  const given = Array.isArray(links) && links.length > 0;
  return {
    results,
    ...(typeof totalCount === 'number' && totalCount >= 0 ? { totalCount } : {}),
    ...(given ? { hasNext: links.some((link) => isObject(link) && link['rel'] === 'next') } : {}),
  };
}

/** The errorCode of a failure, as Atlas or the OAuth endpoint writes it; foreign text, to be checked by whoever keeps it. */
export function decodeError(response: AtlasResponse): unknown {
  const header = response.headers['x-error-code'];
  try {
    const body: unknown = JSON.parse(response.body);
    if (!isObject(body)) return header;
    // Two shapes: Atlas' own, where `error` is the status, and that of OAuth, where it is a word.
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
    // Why it doesn't parse is left out: V8's message quotes the text.
    throw new AtlasError('invalid_response', 'the answer is not JSON', { status: response.status });
  }
  if (!isObject(body)) throw new AtlasError('invalid_response', 'the answer is not a JSON object');
  return body;
}

/** Retry-After (RFC 9110, section 10.2.3), in seconds from now; undefined without one or where it makes no sense. */
export function retryAfterSecondsOf({ headers }: AtlasResponse, wallSeconds: number): number | undefined {
  const value = headers['retry-after'];
  if (typeof value !== 'string') return undefined;
  if (/^\s*\d+\s*$/.test(value)) return Math.min(Number.MAX_SAFE_INTEGER, Math.max(1, Number(value)));
  const atSeconds = httpDateSeconds(value);
  // What the sender took for now, where it says so: its clock and ours may differ.
  const nowSeconds = httpDateSeconds(headers['date']) ?? wallSeconds;
  return atSeconds === undefined ? undefined : Math.max(1, atSeconds - nowSeconds);
}

/** What Deprecation (RFC 9745, or a date as Atlas writes it) and Sunset (RFC 8594) say; undefined without either. */
export function deprecationOf({ headers }: AtlasResponse): Deprecation | undefined {
  const { deprecation, sunset } = headers;
  if ((deprecation === undefined || deprecation === 'false') && sunset === undefined) return undefined;
  const unixSeconds = typeof deprecation === 'string' ? /^@(\d{1,11})$/.exec(deprecation)?.[1] : undefined;
  const sinceSeconds = unixSeconds === undefined ? httpDateSeconds(deprecation) : Number(unixSeconds);
  const endsAtSeconds = httpDateSeconds(sunset);
  return {
    ...(sinceSeconds === undefined ? {} : { sinceSeconds }),
    ...(endsAtSeconds === undefined ? {} : { endsAtSeconds }),
  };
}

/** Any of the three forms of HTTP. `Date.parse` alone takes nearly anything for a date. */
function httpDateSeconds(value: string | readonly string[] | undefined): number | undefined {
  if (typeof value !== 'string' || !/^[A-Z][a-z]+,? .*\d\d:\d\d:\d\d/.test(value)) return undefined;
  const seconds = Date.parse(value.endsWith('GMT') ? value : `${value} GMT`) / 1000;
  return Number.isNaN(seconds) ? undefined : seconds;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
