/** How the config file writes durations and moments. */
import type { Checked } from '../support/checked.ts';

const UNITS = [
  ['y', 365 * 86_400],
  ['w', 7 * 86_400],
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
  ['ms', 0.001],
] as const;

/** Also used in the JSON Schema; the look-ahead refuses the empty text. */
export const DURATION_PATTERN = `^(?=.)${UNITS.map(([unit]) => `(?:([0-9]+)${unit})?`).join('')}$`;

/**
 * Parses a duration into seconds, written as in Prometheus: `90s`, `1h30m`, `8d`. Each unit at most once, from the largest to
 * the smallest, whole numbers only. Unlike in Prometheus, `0` needs a unit too.
 */
export function parseDuration(text: string): Checked<number> {
  if (/^[0-9]+$/.test(text)) {
    const short = text.length > 12 ? `${text.slice(0, 12)}…` : text;
    return { problem: `${short} has no unit: write ${short}s` };
  }
  const match = new RegExp(DURATION_PATTERN).exec(text);
  if (match === null) return { problem: 'must be a duration such as 90s, 1h30m or 8d' };
  return { value: UNITS.reduce((sum, [, size], index) => sum + Number(match[index + 1] ?? 0) * size, 0) };
}

/** The shortest text that people like to read: 5400 becomes `1h30m`. */
export function formatDuration(seconds: number): string {
  let restMs = Math.round(seconds * 1000);
  let text = '';
  // No years and weeks: `30d` is easier to read than `4w2d`.
  for (const [unit, size] of UNITS.slice(2)) {
    const count = Math.floor(restMs / (size * 1000));
    restMs -= count * size * 1000;
    if (count > 0) text += `${count}${unit}`;
  }
  return text === '' ? '0s' : text;
}

const DAY = /^(\d{4}-\d{2}-\d{2})$/;
const MOMENT = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2}(?:\.\d+)?)([Zz]|[+-]\d{2}:\d{2})$/;

/**
 * Parses a date or an RFC 3339 time into Unix time. A date means its first moment in UTC: an expiry alert that comes some
 * hours early is better than one that comes late.
 */
export function parseMoment(text: string): Checked<number> {
  const [, day = '', time = '00:00:00', zone = 'Z'] = DAY.exec(text) ?? MOMENT.exec(text) ?? [];
  const ms = Date.parse(`${day}T${time}${zone.toUpperCase()}`);
  // `Date` reads February 30th as March 2nd.
  const midnight = new Date(`${day}T00:00:00Z`);
  const exists = !Number.isNaN(ms) && midnight.toISOString().startsWith(day);
  return exists
    ? { value: ms / 1000 }
    : { problem: 'must be a date such as 2027-03-01 or a time such as 2027-03-01T12:00:00Z' };
}
