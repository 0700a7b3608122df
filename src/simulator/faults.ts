/**
 * What can go wrong on purpose, as data: a closed set of faults, and plans that say which request meets which of them.
 * Nothing is done here: each kind of fault is carried out where the thing that it spoils is made.
 */
import type { Chance } from './chance.ts';

/** Something else instead of the answer. */
export type AnswerFault =
  | StatusFault
  /** To the same path on another origin. */
  | { readonly kind: 'redirect'; readonly to: string }
  /** A success whose body is this text. */
  | { readonly kind: 'text'; readonly text: string }
  /** The right answer, with the time of a clock that is wrong by so much. */
  | { readonly kind: 'clock'; readonly aheadSeconds: number }
  /** The right answer of an API version that will end. */
  | { readonly kind: 'deprecated'; readonly sinceMs: number; readonly endsAtMs: number };

export interface StatusFault {
  /** May be left out: a fault with a status is this one. */
  readonly kind?: 'status';
  readonly status: number;
  readonly errorCode?: string;
  readonly retryAfterSeconds?: number;
  /** Retry-After is a number of seconds unless it is the date of that moment, or no such thing. */
  readonly retryAfterAs?: 'date' | 'nonsense';
  /** A page for people instead of JSON, as a proxy in front of the API answers. */
  readonly html?: boolean;
  /** How it is delivered, if not well. */
  readonly delivered?: WireFault;
}

/** A page of a list that is not what it should be. Elsewhere these do nothing. */
export type ListFault =
  /** The links of all pages point to another origin. */
  | { readonly kind: 'foreign-links'; readonly to: string }
  /** The first page, again and again, always with a next one: the very same, or with ids of its own each time. */
  | { readonly kind: 'endless'; readonly ids?: 'same' | 'new' }
  | { readonly kind: 'total'; readonly as: 'higher' | 'lower' | 'missing' | 'negative' | 'text' }
  /** Pages are never larger than this, whatever was asked for. */
  | { readonly kind: 'page-cap'; readonly items: number }
  | { readonly kind: 'no-links' }
  /** Something new stands in front of the list at every page. */
  | { readonly kind: 'shift' }
  /** Everything is listed twice. */
  | { readonly kind: 'repeat' }
  | { readonly kind: 'envelope' }
  | ItemFault;

/** Items of a list that are not what they should be. */
export type ItemFault =
  /** Every field is null. */
  | { readonly kind: 'nulls' }
  /** Every item is null. */
  | { readonly kind: 'null-items' }
  /** Every field is of another type. */
  | { readonly kind: 'wrong-types' }
  /** Fields that nobody knows, some of them with names that every object has. */
  | { readonly kind: 'strange-fields' }
  /** States that nobody knows, and known ones in another letter case. */
  | { readonly kind: 'strange-states' }
  /** Text that breaks out of whatever it is put into. */
  | { readonly kind: 'hostile' }
  /** So many jobs more: failed ones, each with an error code of its own; successes, each to its own bucket; queued ones. */
  | { readonly kind: 'crowd'; readonly of: 'error-codes' | 'buckets' | 'queued'; readonly count: number }
  /** All times are so much later. */
  | { readonly kind: 'future'; readonly seconds: number };

/** The right answer, badly delivered. */
export type WireFault =
  /** The connection is reset instead of an answer. */
  | { readonly kind: 'reset' }
  /** Nothing comes, until the client leaves. */
  | { readonly kind: 'hang' }
  /** Half of the body, then nothing more, until the client leaves. */
  | { readonly kind: 'stall' }
  | { readonly kind: 'drip'; readonly bytesPerSecond: number }
  /** Half of the body, then the end of the connection. */
  | { readonly kind: 'truncate' }
  /** Called compressed, and is not. */
  | { readonly kind: 'not-gzip' }
  /** A body of that size, as it is or compressed. */
  | { readonly kind: 'flood'; readonly megabytes: number }
  | { readonly kind: 'gzip-bomb'; readonly megabytes: number };

/** All tokens or nonces end before the request is looked at. */
export type CredentialFault = { readonly kind: 'expire-tokens' } | { readonly kind: 'expire-nonces' };

export type Fault = AnswerFault | ListFault | WireFault | CredentialFault;

/** What a request asks for. */
export type Operation = 'groups' | 'group' | 'clusters' | 'exports' | 'export' | 'schedule' | 'token' | 'revoke';

export interface Asked {
  readonly operation: Operation;
  /** Empty where the address has none. */
  readonly groupId: string;
  readonly clusterName: string;
  /** The how manieth request it is of this operation at this address, from 1; refused ones count too. */
  readonly number: number;
  readonly nowMs: number;
}

export type FaultPlan = (asked: Asked) => Fault | undefined;

/** Who meets a fault; what is left out is not looked at. */
export interface FaultRule {
  readonly fault: Fault;
  readonly operation?: Operation;
  readonly groupId?: string;
  readonly clusterName?: string;
  /** The first and the last request, both included. */
  readonly from?: number;
  readonly to?: number;
  /** 0 to 1. */
  readonly probability?: number;
}

/** The first rule that a request falls under wins. */
export function createFaultPlan(rules: readonly FaultRule[], chance: Chance): FaultPlan {
  return (asked) => rules.find((rule, index) => concerns(rule, asked) && strikes(rule, index, asked, chance))?.fault;
}

function concerns({ operation, groupId, clusterName, from = 1, to }: FaultRule, asked: Asked): boolean {
  return (
    (operation ?? asked.operation) === asked.operation &&
    (groupId ?? asked.groupId) === asked.groupId &&
    (clusterName ?? asked.clusterName) === asked.clusterName &&
    asked.number >= from &&
    asked.number <= (to ?? Number.POSITIVE_INFINITY)
  );
}

function strikes({ probability = 1 }: FaultRule, index: number, asked: Asked, chance: Chance): boolean {
  const { operation, groupId, clusterName, number } = asked;
  return chance.of('fault', index, operation, groupId, clusterName, number) < probability;
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

/** How the answer that meets this fault is delivered, if not well. */
export function deliveryOf(fault: Fault | undefined): WireFault | undefined {
  if (isWireFault(fault)) return fault;
  return fault && 'delivered' in fault ? fault.delivered : undefined;
}

function isWireFault(fault: Fault | undefined): fault is WireFault {
  return wireFaults.includes(fault?.kind);
}
