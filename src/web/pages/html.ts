/** HTML as a type of its own, so that no text gets into a page unescaped: everything that is not Html is escaped. Also times. */
import { span } from '../../support/words.ts';

class Html {
  readonly markup: string;
  constructor(markup: string) {
    this.markup = markup;
  }
}

export type { Html };

type Part = string | number | Html | readonly Html[] | undefined;

/** A template tag: `html`<b>${name}</b>``. */
export function html(literals: TemplateStringsArray, ...parts: readonly Part[]): Html {
  let markup = literals[0] ?? '';
  parts.forEach((part, index) => {
    markup += markupOf(part) + (literals[index + 1] ?? '');
  });
  return new Html(markup);
}

/** Only for trusted markup, such as the style sheet. */
export function trusted(markup: string): Html {
  return new Html(markup);
}

export const nothing = trusted('');

function markupOf(part: Part): string {
  if (part instanceof Html) return part.markup;
  if (typeof part === 'string') return part.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
  if (part === undefined) return '';
  return typeof part === 'number' ? String(part) : part.map(({ markup }) => markup).join('');
}

/** `5 min ago` or `in 5 min`. The tooltip and the attribute `datetime` contain the time itself. */
export function relativeTime(atSeconds: number, nowSeconds: number): Html {
  const away = atSeconds - nowSeconds;
  const iso = isoTime(atSeconds);
  const words = away >= 0.5 ? `in ${span(away)}` : `${span(-away)} ago`;
  return html`<time datetime="${iso}" title="${readable(iso)}">${words}</time>`;
}

/** `2026-03-01 00:00:00 UTC`. */
export function absoluteTime(atSeconds: number): Html {
  const iso = isoTime(atSeconds);
  return html`<time datetime="${iso}">${readable(iso)}</time>`;
}

/** `16:48 UTC`, with the date if it is more than a day ago. */
export function clockTime(atSeconds: number, nowSeconds: number): Html {
  const iso = isoTime(atSeconds);
  const isToday = nowSeconds - atSeconds < 86_400;
  return html`<time datetime="${iso}">${isToday ? `${iso.slice(11, 16)} UTC` : readable(iso)}</time>`;
}

function isoTime(atSeconds: number): string {
  return `${new Date(atSeconds * 1000).toISOString().slice(0, 19)}Z`;
}

function readable(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
}
