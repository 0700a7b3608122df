/** How numbers, spans and moments are said to people. */
import { type Html, html } from './html.ts';

const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const;

/** Up to here hours are easier to compare than days: 26 h, not 1 d 2 h. */
const DAYS_FROM_SECONDS = 2 * 86_400;

/** The two greatest units of a span: `3 d 4 h`. */
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

/** How long ago or until then, with the moment itself for the pointer and for programs. */
export function relativeTime(atSeconds: number, nowSeconds: number): Html {
  const away = atSeconds - nowSeconds;
  return timeElement(atSeconds, away >= 0.5 ? `in ${span(away)}` : `${span(-away)} ago`);
}

/** The moment itself, in UTC. */
export function absoluteTime(atSeconds: number): Html {
  const iso = isoTime(atSeconds);
  return html`<time datetime="${iso}">${readable(iso)}</time>`;
}

export function timeElement(atSeconds: number, text: string): Html {
  const iso = isoTime(atSeconds);
  return html`<time datetime="${iso}" title="${readable(iso)}">${text}</time>`;
}

/** Sentences begin with a capital letter, wherever their words come from. */
export function sentence(text: string): string {
  return text === '' ? '' : `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function isoTime(atSeconds: number): string {
  return `${new Date(atSeconds * 1000).toISOString().slice(0, 19)}Z`;
}

function readable(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
}
