/** Decodes values that several resources have: times, ids and counts. Lenient: an odd value counts as absent. */

const FURTHEST_AHEAD_SECONDS = 86_400;
/** As Atlas writes it. Each month has these days, so no further check is needed: most times of a list of jobs are read this way. */
const USUAL_TIME = /^\d{4}-\d\d-(?:[01]\d|2[0-8])T(?:[01]\d|2[0-3]):\d\d:\d\dZ$/;
const TIME = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(:\d\d(?:\.\d{1,9})?)? ?([Zz]|UTC|([+-])([01]\d|2[0-3]):?([0-5]\d)?)?$/;

/** A time that is missing or invalid, or a time without a zone, which is read as UTC. */
export type OddTime = 'unreadable' | 'future' | 'no_zone';

interface ParsedTime {
  readonly seconds?: number;
  readonly odd?: OddTime;
}

/**
 * RFC 3339, its usual variants, and Unix times in seconds or milliseconds. Anything else is ignored, and so are times
 * far in the future.
 * @param aheadSeconds a time that is later than this after now is far in the future
 */
export function parseTime(value: unknown, nowSeconds: number, aheadSeconds = FURTHEST_AHEAD_SECONDS): ParsedTime {
  if (value === undefined || value === null || value === '') return {};
  const parsed = parseUnixTime(value) ?? (typeof value === 'string' ? parseWrittenTime(value) : undefined);
  if (parsed?.seconds === undefined) return { odd: 'unreadable' };
  // The zero times of Go and of Unix mean that there is no time.
  if (parsed.seconds <= 0) return {};
  return parsed.seconds > nowSeconds + aheadSeconds ? { odd: 'future' } : parsed;
}

function parseUnixTime(value: unknown): ParsedTime | undefined {
  const number = typeof value === 'string' && /^\d{10}(?:\d{3})?$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number') return undefined;
  if (number >= 1e9 && number < 1e10) return { seconds: number };
  return number >= 1e12 && number < 1e13 ? { seconds: number / 1000 } : undefined;
}

function parseWrittenTime(text: string): ParsedTime | undefined {
  if (USUAL_TIME.test(text)) {
    const seconds = Date.parse(text) / 1000;
    return Number.isNaN(seconds) ? undefined : { seconds };
  }
  const [match, day = '', minute, second = ':00', zone, sign, hours = 0, minutes = 0] = TIME.exec(text) ?? [];
  if (match === undefined) return undefined;
  const time = new Date(`${day}T${minute}${second}Z`);
  // `Date` turns 30 February into 2 March.
  if (time.getUTCDate() !== Number(day.slice(-2))) return undefined;
  const offsetSeconds = Number(hours) * 3600 + Number(minutes) * 60;
  const seconds = time.getTime() / 1000 - (sign === '-' ? -offsetSeconds : offsetSeconds);
  return zone === undefined ? { seconds, odd: 'no_zone' } : { seconds };
}

/** The Unix time inside an ObjectId: its first four bytes. Undefined if it lies far ahead. */
export function objectIdTimeSeconds(id: string, nowSeconds: number): number | undefined {
  const seconds = /^[0-9a-f]{24}$/i.test(id) ? Number.parseInt(id.slice(0, 8), 16) : Number.POSITIVE_INFINITY;
  return seconds > nowSeconds + FURTHEST_AHEAD_SECONDS ? undefined : seconds;
}

/** The id if it is valid as a label, else an empty text. */
export function checkedId(value: unknown): string {
  return typeof value === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(value) ? value : '';
}

export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
