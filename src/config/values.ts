/** How the config file writes durations and the address of Atlas. */
import { isIPv4 } from 'node:net';
import type { Checked } from '../support/checked.ts';
import { listed } from './words.ts';

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
 * @param likely the units that the problem of a number without a unit offers
 */
export function parseDuration(text: string, likely: readonly string[] = ['s']): Checked<number> {
  if (/^[0-9]+$/.test(text)) {
    const short = text.length > 12 ? `${text.slice(0, 12)}…` : text;
    const offers = likely.map((unit) => `${short}${unit}`);
    return { problem: `${short} has no unit: write ${listed(offers, 'or')}` };
  }
  const match = new RegExp(DURATION_PATTERN).exec(text);
  if (match === null) return { problem: 'must be a duration such as 90s, 1h30m or 8d' };
  return { value: UNITS.reduce((sum, [, size], index) => sum + Number(match[index + 1] ?? 0) * size, 0) };
}

/** The shortest readable text: 5400 becomes `1h30m`. */
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

/** Whether credentials are sent only to MongoDB or to this host. */
export function isOfMongodb(baseUrl: string): boolean {
  const { hostname } = new URL(baseUrl);
  return isLoopback(hostname) || /(?:^|\.)mongodb(?:gov)?\.com$/.test(hostname);
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || (isIPv4(hostname) && hostname.startsWith('127.'));
}

/**
 * Parses the address of Atlas into an origin. Credentials are sent to this address, so it must be https, except for a
 * server on this host. A problem does not repeat the address, because it may contain a password.
 */
export function parseBaseUrl(text: string): Checked<string> {
  if (!URL.canParse(text)) return { problem: 'must be a URL such as https://cloud.mongodb.com' };
  const { protocol, username, password, hostname, pathname, origin } = new URL(text);
  if (username !== '' || password !== '') {
    return { problem: 'must not contain a user or a password: credentials are given elsewhere' };
  }
  if (protocol === 'http:' && !isLoopback(hostname)) {
    return { problem: 'must begin with https://: http:// is allowed for loopback addresses only' };
  }
  if (protocol !== 'https:' && protocol !== 'http:') return { problem: 'must begin with https://' };
  if (pathname !== '/' || /[?#]/.test(text)) return { problem: 'must end after the host or port: no path, no query' };
  return { value: origin };
}
