/** What this folder reports of itself: what is to be counted, and what people are to be told. Types only. */
import type { Reason } from './error.ts';

/** The calls we make; also the values of the label `operation`. */
export type Operation = 'list_exports' | 'get_schedule' | 'list_clusters' | 'get_group' | 'token' | 'revoke';

/** Atlas limits these separately, per project; also the values of the label `budget`. */
export type BudgetName = 'cloud_backups' | 'clusters' | 'projects';

export interface RequestEnded {
  readonly credential: string;
  readonly operation: Operation;
  /** The HTTP status, or `error` where there was no answer. */
  readonly code: number | 'error';
  readonly durationSeconds: number;
  readonly groupId?: string | undefined;
  readonly budget?: BudgetName | undefined;
  readonly rateLimit?: RateLimit | undefined;
}

/** What the headers RateLimit-Limit and RateLimit-Remaining said, in requests. */
export interface RateLimit {
  readonly limit: number;
  readonly remaining: number;
}

export interface Retry {
  readonly operation: Operation;
  readonly reason: Reason;
}

/** A request has waited for its project's budget. */
export interface Throttled {
  readonly groupId: string;
  readonly budget: BudgetName;
  readonly seconds: number;
}

/** Atlas has answered 429: the project's budget rests. */
export interface Paused {
  readonly groupId: string;
  readonly budget: BudgetName;
  /** How long it rests. */
  readonly seconds: number;
  /** What Atlas asked for; longer than `seconds` where that is more than we heed. */
  readonly askedSeconds: number;
}

export interface TokenEvent {
  readonly credential: string;
  /** Unix time at which the new token ends; absent when minting failed. */
  readonly expiresAtSeconds?: number | undefined;
}

export interface NotRevoked {
  readonly credential: string;
  readonly reason: Reason;
  readonly status?: number | undefined;
  readonly errorCode?: string | undefined;
  readonly problem: string;
  /** Unix time until which the token goes on counting among the account’s live ones. */
  readonly expiresAtSeconds: number;
}

export interface Lost {
  readonly reason: Reason;
  readonly problem: string;
  readonly advice: string;
}

/** An answer says that what was asked for will end. */
export interface Deprecated extends Deprecation {
  readonly operation: Operation;
}

/** What the headers Deprecation and Sunset said; Unix times, absent where they said none. */
export interface Deprecation {
  readonly sinceSeconds?: number;
  readonly endsAtSeconds?: number;
}

/** What is counted. */
export interface AtlasCounter {
  request(event: RequestEnded): void;
  retry(event: Retry): void;
  throttled(event: Throttled): void;
  token(event: TokenEvent): void;
}

export interface AtlasObserver extends AtlasCounter {
  paused(event: Paused): void;
  /** Told each token that Atlas gives out, before it is used: whoever hides secrets has to know it. */
  secret(token: string): void;
  /** Atlas would not take a token back. */
  notRevoked(event: NotRevoked): void;
  /** Atlas can’t be reached any more, and from now on most requests fail without being sent. */
  lost(event: Lost): void;
  /** It can be reached again. */
  found(): void;
  /** With each answer that says so. */
  deprecated(event: Deprecated): void;
}
