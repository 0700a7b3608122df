/** Texts for people: durations and counts in words, similar words, values without secrets. Also durations as in a config. */
import type { Checked } from './checked.ts';

const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const;

/** Up to this number, hours are used and not days, because they are easier to compare: 26 h, not 1 d 2 h. */
const DAYS_FROM_SECONDS = 2 * 86_400;

/** The two largest units of a duration: `3 d 4 h`. */
export function span(seconds: number): string {
  let rest = Math.max(0, Math.round(seconds));
  const units = rest < DAYS_FROM_SECONDS ? UNITS.slice(1) : UNITS;
  const parts: string[] = [];
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${unit}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join(' ') || '0 s';
}

/** `1 cluster`, `2 clusters`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Turns a text into a sentence: with a capital letter and a full stop. */
export function sentence(text: string): string {
  return text === '' ? '' : `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** The known word that is most similar to a misspelt one; undefined if none is similar enough. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    // Two swapped letters count as two errors. In a very short word, two errors could produce any other word.
    .filter(({ candidate: { length }, distance }) => distance <= (length < 4 ? 1 : Math.max(2, Math.floor(length / 3))))
    .sort((left, right) => left.distance - right.distance);
  return best?.candidate;
}

function editDistance(left: string, right: string): number {
  // A much longer word is not similar to any known word, and comparing it would be slow.
  if (Math.abs(left.length - right.length) > right.length) return left.length;
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [i, letter] of left.split('').entries()) {
    const next = [i + 1];
    for (const [j, other] of right.split('').entries()) {
      const change = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(change, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

const LONGEST_QUOTE = 40;

/** Users write secrets into name fields by mistake: a client secret of Atlas, an API key's private key, a token. */
export function looksSecret(text: string): boolean {
  return /mdb_sa_sk_|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|^eyJ[\w-]+\./i.test(text);
}

/** Whether the text looks like a path. A secret that somebody wrote in place of a path does not look like one. */
export function looksPath(text: string): boolean {
  return !looksSecret(text) && (/[/.]/.test(text) || /^[a-z_-]{1,20}$/.test(text));
}

/** A value for a message: short, in quotes, on one line. Not for places where a secret belongs. */
export function quote(value: unknown): string {
  if (typeof value !== 'string') return String(value);
  if (looksSecret(value)) return '[redacted]';
  return JSON.stringify(value.length > LONGEST_QUOTE ? `${value.slice(0, LONGEST_QUOTE)}…` : value);
}

/** `a, b and c` */
export function listed(words: readonly string[], conjunction: 'and' | 'or'): string {
  return words.join(', ').replace(/, ([^,]+)$/, ` ${conjunction} $1`);
}

const DURATION_UNITS = [
  ['y', 365 * 86_400],
  ['w', 7 * 86_400],
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
  ['ms', 0.001],
] as const;

/** Also used in the JSON Schema; the look-ahead refuses the empty text. */
export const DURATION_PATTERN = `^(?=.)${DURATION_UNITS.map(([unit]) => `(?:([0-9]+)${unit})?`).join('')}$`;

/**
 * Parses a duration into seconds, written as in Prometheus: `90s`, `1h30m`, `8d`. Unlike there, `0` needs a unit too.
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
  return { value: DURATION_UNITS.reduce((sum, [, size], index) => sum + Number(match[index + 1] ?? 0) * size, 0) };
}

/** The shortest readable text: 5400 becomes `1h30m`. */
export function formatDuration(seconds: number): string {
  let restMs = Math.round(seconds * 1000);
  let text = '';
  // No years and weeks: `30d` is easier to read than `4w2d`.
  for (const [unit, size] of DURATION_UNITS.slice(2)) {
    const count = Math.floor(restMs / (size * 1000));
    restMs -= count * size * 1000;
    if (count > 0) text += `${count}${unit}`;
  }
  return text === '' ? '0s' : text;
}
