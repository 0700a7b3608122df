/**
 * Answers as plain data: resources, pages of lists, errors in the forms of Atlas and of OAuth. Also the query
 * parameters of lists.
 */
import { STATUS_CODES } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Refusal {
  readonly status: number;
  /** Absent for errors of Atlas that have no error code. */
  readonly errorCode?: string;
  readonly detail: string;
  readonly parameters?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

export interface View {
  readonly pageNum: number;
  readonly itemsPerPage: number;
}

/** A complete list and the page of it that the client wants. */
export interface List {
  readonly items: readonly unknown[];
  readonly view: View;
  /** The path without the query, used to build links. */
  readonly url: string;
}

/** Atlas names the version in which the resource last changed, which is older than the requested one. */
const successType = 'application/vnd.atlas.2023-01-01+json;charset=utf-8';

export function succeed(content: unknown): Answer {
  return { status: 200, headers: { 'Content-Type': successType }, body: JSON.stringify(content) };
}

export function refuse({ status, errorCode, detail, parameters = [], headers = {} }: Refusal): Answer {
  const reason = STATUS_CODES[status] ?? 'Unknown';
  return {
    status,
    headers: {
      'Content-Type': 'application/json',
      ...(errorCode === undefined ? {} : { 'X-Error-Code': errorCode }),
      ...headers,
    },
    body: JSON.stringify({ detail, error: status, errorCode, parameters, reason }),
  };
}

/** RFC 6749, section 5.2: here `error` is a word, not a number. */
export function refuseOAuth(status: number, error: string, description: string): Answer {
  return {
    status,
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' },
    body: JSON.stringify({ error, error_description: description }),
  };
}

export function refuseMethod(allowed: string): Answer {
  return refuse({
    status: 405,
    errorCode: 'METHOD_NOT_ALLOWED',
    detail: `The only allowed method is ${allowed}.`,
    headers: { Allow: allowed },
  });
}

export function withHeaders(answer: Answer, headers: Readonly<Record<string, string>>): Answer {
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

/** The requested view, or an error for the first parameter with an invalid value. Unknown parameters are ignored. */
export function readView(query: URLSearchParams): View | Answer {
  const view = {
    pageNum: readNumber(query.get('pageNum') ?? '1', Number.MAX_SAFE_INTEGER),
    itemsPerPage: readNumber(query.get('itemsPerPage') ?? '100', 500),
  };
  const [invalid] = Object.entries(view).find(([, value]) => value === undefined) ?? [];
  if (invalid !== undefined) {
    return refuse({
      status: 400,
      errorCode: 'INVALID_QUERY_PARAMETER',
      detail: `The query parameter ${invalid} has an invalid value.`,
      parameters: [invalid],
    });
  }
  return view as View;
}

/** One page. A page beyond the last one is empty. */
export function listAnswer({ items, view, url }: List): Answer {
  const { pageNum, itemsPerPage } = view;
  const start = (pageNum - 1) * itemsPerPage;
  const link = (page: number, rel: string) => ({
    href: `${url}?includeCount=true&itemsPerPage=${itemsPerPage}&pageNum=${page}`,
    rel,
  });
  const links = [
    link(pageNum, 'self'),
    ...(pageNum > 1 ? [link(pageNum - 1, 'previous')] : []),
    ...(pageNum * itemsPerPage < items.length ? [link(pageNum + 1, 'next')] : []),
  ];
  return succeed({ links, results: items.slice(start, start + itemsPerPage), totalCount: items.length });
}

function readNumber(text: string, max: number): number | undefined {
  const value = Number(text);
  return /^\d+$/.test(text) && value >= 1 && value <= max ? value : undefined;
}
