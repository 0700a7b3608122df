/**
 * Answers in place of the right one (other statuses, HTML pages, redirects, other bodies), and changed headers. Pure.
 */
import { type Answer, refuse, refuseOAuth, succeed, withHeaders } from '../../../src/simulator/answers.ts';
import type { InterceptedRequest } from '../../../src/simulator/request-handler.ts';
import type { Fault, StatusFault } from './faults.ts';

/** `undefined` if the resource answers. */
export function answerInstead(fault: Fault, request: InterceptedRequest): Answer | undefined {
  switch (fault.kind) {
    case 'redirect':
      return { status: 302, headers: { Location: fault.to + request.target }, body: '' };
    case 'text':
      return { ...succeed(null), body: fault.text };
    case undefined:
    case 'status':
      return statusAnswer(fault, request);
    default:
      return undefined;
  }
}

export function changedHeaders(answer: Answer, fault: Fault): Answer {
  if (fault.kind !== 'deprecated') return answer;
  return withHeaders(answer, { Deprecation: httpDate(fault.sinceMs), Sunset: httpDate(fault.endsAtMs) });
}

function statusAnswer(fault: StatusFault, { operation }: InterceptedRequest): Answer {
  const { status, errorCode, html } = fault;
  const headers = retryAfter(fault);
  if (html) {
    const body = `<html><body><h1>${status}</h1><p>Try again later.</p></body></html>`;
    return { status, headers: { 'Content-Type': 'text/html', ...headers }, body };
  }
  const detail = 'The request failed.';
  if (operation === 'token' || operation === 'revoke') {
    return withHeaders(refuseOAuth(status, errorCode ?? 'server_error', detail), headers);
  }
  return refuse({ status, detail, headers, ...(errorCode === undefined ? {} : { errorCode }) });
}

function retryAfter({ retryAfterSeconds }: StatusFault): Readonly<Record<string, string>> {
  return retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) };
}

function httpDate(atMs: number): string {
  return new Date(atMs).toUTCString();
}
