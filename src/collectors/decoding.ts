/** Decodes values that several resources have: times, ids and counts. Decoding is lenient: an invalid value counts as absent. */

const FURTHEST_AHEAD_SECONDS = 86_400;
/** The form of nearly all times of Atlas. Days 29 to 31 are excluded: every month has the other days, so no further check is needed. */
const USUAL_TIME = /^[12]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;
/** RFC 3339, with a zone. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;
const DIGIT_ZERO = '0'.charCodeAt(0);
/** Tested before LABEL_ID, because nearly all ids are ObjectIds and this test takes half the time. */
const OBJECT_ID = /^[0-9a-f]{24}$/i;
const LABEL_ID = /^[A-Za-z0-9_-]{1,64}$/;

interface ParsedTime {
  readonly seconds?: number;
  /** The time is ignored, because it is unreadable or far in the future. */
  readonly isOdd?: boolean;
}

/**
 * A time as RFC 3339 has it. Anything else is ignored, and so are times far in the future.
 * @param aheadSeconds a time that is later than this after now is far in the future
 */
export function parseTime(value: unknown, nowSeconds: number, aheadSeconds = FURTHEST_AHEAD_SECONDS): ParsedTime {
  if (value === undefined || value === null || value === '') return {};
  const seconds = typeof value === 'string' ? parseWrittenTime(value) : Number.NaN;
  if (Number.isNaN(seconds)) return { isOdd: true };
  // The zero times of Go and of Unix mean that there is no time.
  if (seconds <= 0) return {};
  return seconds > nowSeconds + aheadSeconds ? { isOdd: true } : { seconds };
}

/** Unix time; NaN if the text is no time. */
function parseWrittenTime(text: string): number {
  if (USUAL_TIME.test(text)) return usualTimeSeconds(text);
  return TIME.test(text) ? Date.parse(text) / 1000 : Number.NaN;
}

/** Twice as fast as `Date.parse`, and long lists consist of such times. */
function usualTimeSeconds(text: string): number {
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const midnight = Date.UTC(year, twoDigits(text, 5) - 1, twoDigits(text, 8)) / 1000;
  return midnight + twoDigits(text, 11) * 3600 + twoDigits(text, 14) * 60 + twoDigits(text, 17);
}

function twoDigits(text: string, index: number): number {
  return (text.charCodeAt(index) - DIGIT_ZERO) * 10 + text.charCodeAt(index + 1) - DIGIT_ZERO;
}

/** The Unix time inside an ObjectId: its first four bytes. Undefined if it is far in the future. */
export function objectIdTimeSeconds(id: string, nowSeconds: number): number | undefined {
  const seconds = OBJECT_ID.test(id) ? Number.parseInt(id.slice(0, 8), 16) : Number.POSITIVE_INFINITY;
  return seconds > nowSeconds + FURTHEST_AHEAD_SECONDS ? undefined : seconds;
}

/** The id if it is valid as a label, else an empty text. */
export function checkedId(value: unknown): string {
  return typeof value === 'string' && (OBJECT_ID.test(value) || LABEL_ID.test(value)) ? value : '';
}

export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
