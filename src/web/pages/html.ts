/** HTML as a type of its own, so that text can't get into a page unescaped: whatever isn't Html is escaped when put in. */

class Html {
  readonly markup: string;
  constructor(markup: string) {
    this.markup = markup;
  }
}

export type { Html };

type Part = string | number | Html | readonly Html[] | undefined;

/** A tag for templates: `html`<b>${name}</b>``. */
export function html(literals: TemplateStringsArray, ...parts: readonly Part[]): Html {
  let markup = literals[0] ?? '';
  parts.forEach((part, index) => {
    markup += markupOf(part) + (literals[index + 1] ?? '');
  });
  return new Html(markup);
}

/** For our own constants, such as a style sheet, alone. */
export function trusted(markup: string): Html {
  return new Html(markup);
}

export function joined(parts: readonly Html[], separator: string): Html {
  return new Html(parts.map(({ markup }) => markup).join(separator));
}

export const nothing = trusted('');

function markupOf(part: Part): string {
  if (part instanceof Html) return part.markup;
  if (typeof part === 'string') return escapeHtml(part);
  if (part === undefined) return '';
  return typeof part === 'number' ? String(part) : part.map(({ markup }) => markup).join('');
}

const SPECIAL = /[&<>"']/;
const ALL_SPECIAL = /[&<>"']/g;

function escapeHtml(text: string): string {
  if (!SPECIAL.test(text)) return text;
  return text.replace(ALL_SPECIAL, (character) => `&#${character.charCodeAt(0)};`);
}
