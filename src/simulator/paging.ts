/**
 * Query parameters common to all resources, and the list form: links, results, totalCount, envelope.
 * It knows nothing of what is listed.
 */
import { type Answer, refuse, succeed } from './answers.ts';

export interface View {
  readonly pageNum: number;
  readonly itemsPerPage: number;
  readonly includeCount: boolean;
  readonly envelope: boolean;
  readonly pretty: boolean;
}

const numbers = { pageNum: { max: Number.MAX_SAFE_INTEGER, fallback: 1 }, itemsPerPage: { max: 500, fallback: 100 } };
const flags = { includeCount: true, envelope: false, pretty: false };

/** The parameters that were sent, or the refusal of the first bad one. Unknown ones are ignored. */
export function readView(query: URLSearchParams): View | { readonly refusal: Answer } {
  const view = {
    pageNum: readNumber(query, 'pageNum'),
    itemsPerPage: readNumber(query, 'itemsPerPage'),
    includeCount: readFlag(query, 'includeCount'),
    envelope: readFlag(query, 'envelope'),
    pretty: readFlag(query, 'pretty'),
  };
  for (const [name, value] of Object.entries(view)) {
    if (value === undefined) {
      return {
        refusal: refuse({
          status: 400,
          errorCode: 'INVALID_QUERY_PARAMETER',
          detail: `The query parameter ${name} has a value out of its range.`,
          parameters: [name],
        }),
      };
    }
  }
  return view as View;
}

/** One page of `all`. A page beyond the last is an empty one. */
export function listAnswer(all: readonly unknown[], view: View, url: string): Answer {
  const start = (view.pageNum - 1) * view.itemsPerPage;
  const page = all.slice(start, start + view.itemsPerPage);
  const links = pageLinks(url, view, all.length);
  const tail = {
    ...(view.envelope ? { status: 200 } : {}),
    ...(view.includeCount ? { totalCount: all.length } : {}),
  };
  if (view.pretty) {
    return succeed(JSON.stringify({ links, results: page, ...tail }, null, 2));
  }
  // Joined by hand, so that the text of jobs that never change again is made once.
  const rest = JSON.stringify(tail).slice(1, -1);
  const results = page.map(textOf).join(',');
  return succeed(`{"links":${JSON.stringify(links)},"results":[${results}]${rest === '' ? '' : `,${rest}`}}`);
}

export function singleAnswer(content: unknown, view: View): Answer {
  const shown = view.envelope ? { content, status: 200 } : content;
  return succeed(view.pretty ? JSON.stringify(shown, null, 2) : JSON.stringify(shown));
}

function readNumber(query: URLSearchParams, name: keyof typeof numbers): number | undefined {
  const text = query.get(name);
  const { max, fallback } = numbers[name];
  if (text === null) {
    return fallback;
  }
  const value = Number(text);
  return /^\d+$/.test(text) && value >= 1 && value <= max ? value : undefined;
}

function readFlag(query: URLSearchParams, name: keyof typeof flags): boolean | undefined {
  const text = query.get(name) ?? String(flags[name]);
  return text === 'true' ? true : text === 'false' ? false : undefined;
}

function pageLinks(url: string, view: View, total: number): readonly { href: string; rel: string }[] {
  const { includeCount, pageNum, itemsPerPage } = view;
  // Atlas orders the parameters of its own page differently from those of the neighbours.
  const neighbour = (page: number) =>
    `${url}?includeCount=${includeCount}&itemsPerPage=${itemsPerPage}&pageNum=${page}`;
  const links = [
    { href: `${url}?includeCount=${includeCount}&pageNum=${pageNum}&itemsPerPage=${itemsPerPage}`, rel: 'self' },
  ];
  if (pageNum > 1) {
    links.push({ href: neighbour(pageNum - 1), rel: 'previous' });
  }
  if (pageNum * itemsPerPage < total) {
    links.push({ href: neighbour(pageNum + 1), rel: 'next' });
  }
  return links;
}

const textOfFrozen = new WeakMap<object, string>();

function textOf(item: unknown): string {
  if (typeof item !== 'object' || item === null || !Object.isFrozen(item)) {
    // `undefined` has no JSON; a list shows it as null, as JSON.stringify does in an array.
    return JSON.stringify(item) ?? 'null';
  }
  const known = textOfFrozen.get(item);
  if (known !== undefined) {
    return known;
  }
  const text = JSON.stringify(item);
  textOfFrozen.set(item, text);
  return text;
}
