/**
 * Answers as plain data, and the two forms that errors have here: Atlas' own and that of OAuth.
 * It sends nothing and decides nothing.
 */
import { STATUS_CODES } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Refusal {
  readonly status: number;
  /** Some of Atlas' errors have none. */
  readonly errorCode?: string;
  readonly detail: string;
  readonly parameters?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** The version of the resource that answers: older than the one asked for, as usual. */
const successType = 'application/vnd.atlas.2023-01-01+json;charset=utf-8';

export function succeed(body: string): Answer {
  return { status: 200, headers: { 'Content-Type': successType }, body };
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

/** The OAuth endpoints speak RFC 6749: here `error` is a word. */
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
    detail: `This address can only be used with ${allowed}.`,
    headers: { Allow: allowed },
  });
}

export function withHeaders(answer: Answer, headers: Readonly<Record<string, string>>): Answer {
  return { ...answer, headers: { ...answer.headers, ...headers } };
}
