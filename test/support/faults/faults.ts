/**
 * The faults that a simulated Atlas can have, as data, and plans that say which request meets which fault. The other files
 * of this folder carry them out.
 */
import type { InterceptedRequest, Operation } from '../../../src/simulator/request-handler.ts';

/** Another answer, or other headers. */
export type AnswerFault =
  | StatusFault
  /** A redirect to the same path on another origin. */
  | { readonly kind: 'redirect'; readonly to: string }
  /** A success whose body is this text. */
  | { readonly kind: 'text'; readonly text: string }
  /** The right answer with a wrong Date header. */
  /** The right answer with the headers of a deprecated API version. */
  | { readonly kind: 'deprecated'; readonly sinceMs: number; readonly endsAtMs: number };

export interface StatusFault {
  /** Optional: a fault with a status is of this kind. */
  readonly kind?: 'status';
  readonly status: number;
  readonly errorCode?: string;
  readonly retryAfterSeconds?: number;
  /** An HTML page instead of JSON, as a proxy in front of the API sends it. */
  readonly html?: boolean;
  /** How the answer is sent, if not normally. */
  readonly delivered?: WireFault;
}

/** A wrong page of a list. Other resources are not changed. */
export type ListFault =
  /** The links of all pages point to another origin. */
  | { readonly kind: 'foreign-links'; readonly to: string }
  /** Every page is the first page and has a `next` link: with the same ids, or with new ids on each page. */
  | { readonly kind: 'endless'; readonly ids?: 'same' | 'new' }
  | { readonly kind: 'total'; readonly as: 'higher' | 'lower' | 'missing' | 'negative' | 'text' }
  /** Pages are never larger than this. */
  | { readonly kind: 'page-cap'; readonly items: number }
  | { readonly kind: 'no-links' }
  /** One job is added to the front of the list before each further page. */
  | { readonly kind: 'shift' }
  /** Every item is listed twice. */
  | { readonly kind: 'repeat' }
  | ItemFault;

/** Wrong items of a list. */
export type ItemFault =
  /** Every field is null. */
  | { readonly kind: 'nulls' }
  /** Every item is null. */
  | { readonly kind: 'null-items' }
  /** Every field has another type. */
  | { readonly kind: 'wrong-types' }
  /** Additional unknown fields, some with names of properties that every object has. */
  | { readonly kind: 'unknown-fields' }
  /** Unknown states, and known ones in another letter case. */
  | { readonly kind: 'unknown-states' }
  /** Text with characters that are special in labels, logs or HTML. */
  | { readonly kind: 'hostile' }
  /** Additional jobs: failed ones with different error codes, successful ones with different buckets, or queued ones. */
  | { readonly kind: 'crowd'; readonly of: 'error-codes' | 'buckets' | 'queued'; readonly count: number }
  /** All times are later. */
  | { readonly kind: 'future'; readonly seconds: number };

/** The right answer, sent wrongly. */
export type WireFault =
  /** The connection is reset without an answer. */
  | { readonly kind: 'reset' }
  /** Nothing is sent until the client disconnects. */
  | { readonly kind: 'hang' }
  /** Half of the body, then nothing more until the client disconnects. */
  | { readonly kind: 'stall' }
  | { readonly kind: 'drip'; readonly bytesPerSecond: number }
  /** Half of the body, then the connection is closed. */
  | { readonly kind: 'truncate' }
  /** Content-Encoding says gzip, and the body is not compressed. */
  | { readonly kind: 'not-gzip' }
  /** A body of that size, uncompressed or compressed. */
  | { readonly kind: 'flood'; readonly megabytes: number }
  | { readonly kind: 'gzip-bomb'; readonly megabytes: number };

/** All tokens or nonces expire before the request is authenticated. */
export type CredentialFault = { readonly kind: 'expire-tokens' } | { readonly kind: 'expire-nonces' };

export type Fault = AnswerFault | ListFault | WireFault | CredentialFault;

export interface CountedRequest extends InterceptedRequest {
  /** 1 for the first request with this operation, project and cluster. Refused requests count too. */
  readonly number: number;
}

export type FaultPlan = (request: CountedRequest) => Fault | undefined;

/** Which requests meet a fault. A missing field matches all. */
export interface FaultRule {
  readonly fault: Fault;
  readonly operation?: Operation;
  readonly groupId?: string;
  /** Numbers of the first and the last request, both included. */
  readonly from?: number;
  readonly to?: number;
}

/** The first rule that matches is used. */
export function createFaultPlan(rules: readonly FaultRule[]): FaultPlan {
  return (request) => rules.find((rule) => matches(rule, request))?.fault;
}

function matches({ operation, groupId, from = 1, to }: FaultRule, request: CountedRequest): boolean {
  return (
    (operation ?? request.operation) === request.operation &&
    (groupId ?? request.groupId) === request.groupId &&
    request.number >= from &&
    request.number <= (to ?? Number.POSITIVE_INFINITY)
  );
}

const wireFaults: readonly unknown[] = [
  'reset',
  'hang',
  'stall',
  'drip',
  'truncate',
  'not-gzip',
  'flood',
  'gzip-bomb',
] satisfies readonly WireFault['kind'][];

/** How the answer is sent, if not normally. */
export function deliveryOf(fault: Fault | undefined): WireFault | undefined {
  if (isWireFault(fault)) return fault;
  return fault && 'delivered' in fault ? fault.delivered : undefined;
}

function isWireFault(fault: Fault | undefined): fault is WireFault {
  return wireFaults.includes(fault?.kind);
}
