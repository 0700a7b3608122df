/** Durations and counts in words, for pages, log and advice. */
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
