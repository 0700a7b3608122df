/**
 * Durations as Prometheus writes them: `90s`, `1h30m`, `8d`; each unit at most once, from the largest to the smallest, whole
 * numbers only. Unlike Prometheus, `0` needs a unit too: no duration here may be zero.
 */
const UNITS = [
  ['y', 365 * 86_400],
  ['w', 7 * 86_400],
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
  ['ms', 0.001],
] as const;

/** For JSON Schema as well; the look-ahead keeps the empty text out. */
export const DURATION_PATTERN = `^(?=.)${UNITS.map(([unit]) => `(?:([0-9]+)${unit})?`).join('')}$`;

export type Duration = { readonly seconds: number } | { readonly wrong: string };

const FORM = 'a duration such as 90s, 1h30m or 8d';

/** `text` is what the file says: a number where someone left the unit out. */
export function parseDuration(text: string | number): Duration {
  if (/^[0-9]+$/.test(String(text))) return { wrong: `${short(text)} has no unit: write ${short(text)}s` };
  const match = new RegExp(DURATION_PATTERN).exec(String(text));
  if (match === null) return { wrong: `must be ${FORM}` };
  const seconds = UNITS.reduce((sum, [, size], index) => sum + Number(match[index + 1] ?? 0) * size, 0);
  return { seconds };
}

/** The shortest way to write it: 5400 becomes `1h30m`. */
export function formatDuration(seconds: number): string {
  let restMs = Math.round(seconds * 1000);
  let text = '';
  // Years and weeks are left out: `30d` is easier to read than `4w2d`.
  for (const [unit, size] of UNITS.slice(2)) {
    const count = Math.floor(restMs / (size * 1000));
    restMs -= count * size * 1000;
    if (count > 0) text += `${count}${unit}`;
  }
  return text === '' ? '0s' : text;
}

function short(text: string | number): string {
  const digits = String(text);
  return digits.length > 12 ? `${digits.slice(0, 12)}…` : digits;
}
