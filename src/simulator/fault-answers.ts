/**
 * Answers that are not the right one: other statuses, pages for people, redirects, odd bodies, wrong clocks. Pure.
 */
import { type Answer, refuse, refuseOAuth, succeed, withHeaders } from './answers.ts';
import type { Fault, StatusFault } from './faults.ts';

export interface Occasion {
  /** Path and query as they were sent. */
  readonly target: string;
  readonly nowMs: number;
  /** Whether errors have the form of the OAuth endpoints. */
  readonly isOAuth: boolean;
}

/** What is answered instead of the resource; `undefined` where the fault leaves that to the resource. */
export function answerInstead(fault: Fault | undefined, occasion: Occasion): Answer | undefined {
  switch (fault?.kind) {
    case 'redirect':
      return { status: 302, headers: { Location: fault.to + occasion.target }, body: '' };
    case 'text':
      return succeed(fault.text);
    case undefined:
    case 'status':
      return fault && statusAnswer(fault, occasion);
    default:
      return undefined;
  }
}

/** The right answer, as a server sends it whose clock is wrong, or whose API version will end. */
export function withOddHeaders(answer: Answer, fault: Fault | undefined, nowMs: number): Answer {
  switch (fault?.kind) {
    case 'clock':
      return withHeaders(answer, { Date: httpDate(nowMs + fault.aheadSeconds * 1000) });
    case 'deprecated':
      return withHeaders(answer, { Deprecation: httpDate(fault.sinceMs), Sunset: httpDate(fault.endsAtMs) });
    default:
      return answer;
  }
}

function statusAnswer(fault: StatusFault, { nowMs, isOAuth }: Occasion): Answer {
  const { status, errorCode, html } = fault;
  const headers = retryAfter(fault, nowMs);
  if (html) {
    const body = `<html><body><h1>${status}</h1><p>Try again later.</p></body></html>`;
    return { status, headers: { 'Content-Type': 'text/html', ...headers }, body };
  }
  const detail = 'The request could not be served.';
  if (isOAuth) {
    return withHeaders(refuseOAuth(status, errorCode ?? 'server_error', detail), headers);
  }
  return refuse({ status, detail, headers, ...(errorCode === undefined ? {} : { errorCode }) });
}

function retryAfter({ retryAfterSeconds, retryAfterAs }: StatusFault, nowMs: number): Readonly<Record<string, string>> {
  if (retryAfterAs === 'nonsense') {
    return { 'Retry-After': 'soon' };
  }
  if (retryAfterSeconds === undefined) {
    return {};
  }
  const isDate = retryAfterAs === 'date';
  return {
    'Retry-After': isDate ? httpDate(nowMs + retryAfterSeconds * 1000) : String(retryAfterSeconds),
  };
}

function httpDate(atMs: number): string {
  return new Date(atMs).toUTCString();
}
