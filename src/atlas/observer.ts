/** What this folder reports: events to count, and events to log. Types only. */
import type { Reason } from './error.ts';

/** The value of the label `operation`. Each collector brings its own; `token` and `revoke` are those of this folder. */
export type Operation = string;

/** The rate limits of Atlas, each counted per project; also the values of the label `budget`. */
export type BudgetName = 'cloud_backups' | 'clusters' | 'projects';

export interface RequestEnded {
  readonly credential: string;
  readonly operation: Operation;
  /** The HTTP status, or `error` if there was no answer. */
  readonly code: number | 'error';
  readonly durationSeconds: number;
  readonly groupId?: string | undefined;
  readonly budget?: BudgetName | undefined;
  readonly rateLimit?: RateLimit | undefined;
}

/** The headers RateLimit-Limit and RateLimit-Remaining, in requests. */
export interface RateLimit {
  readonly limit: number;
  readonly remaining: number;
}

export interface Retry {
  readonly operation: Operation;
  readonly reason: Reason;
}

/** A request has waited for a token of its project or for a place. */
export interface Throttled {
  readonly groupId: string;
  readonly budget: BudgetName;
  readonly seconds: number;
}

/** Atlas has answered 429: the project sends nothing for a while. */
export interface Paused {
  readonly groupId: string;
  readonly budget: BudgetName;
  readonly seconds: number;
  /** The Retry-After of Atlas; longer than `seconds` where it exceeds our maximum. */
  readonly askedSeconds: number;
}

export interface TokenEvent {
  readonly credential: string;
  /** Unix time at which the new token expires; absent if the token request failed. */
  readonly expiresAtSeconds?: number | undefined;
}

export interface NotRevoked {
  readonly credential: string;
  readonly reason: Reason;
  readonly status?: number | undefined;
  readonly errorCode?: string | undefined;
  readonly problem: string;
  /** Unix time at which the token expires. Until then it counts among the 100 tokens of the account. */
  readonly expiresAtSeconds: number;
}

export interface CircuitOpened {
  readonly reason: Reason;
  readonly problem: string;
  readonly advice: string;
}

/** Atlas will remove the API version that the operation uses. */
export interface Deprecated extends Deprecation {
  readonly operation: Operation;
}

/** The headers Deprecation and Sunset as Unix times; absent if missing or malformed. */
export interface Deprecation {
  readonly sinceSeconds?: number;
  readonly endsAtSeconds?: number;
}

/** Events to count. */
export interface AtlasCounter {
  request(event: RequestEnded): void;
  retry(event: Retry): void;
  throttled(event: Throttled): void;
  token(event: TokenEvent): void;
}

export interface AtlasObserver extends AtlasCounter {
  paused(event: Paused): void;
  /** Each new access token, before it is used, so that the redactor knows it. */
  secret(token: string): void;
  /** A token could not be revoked. */
  notRevoked(event: NotRevoked): void;
  /** Atlas does not answer: from now on requests fail without being sent, except for probes. */
  circuitOpened(event: CircuitOpened): void;
  /** Atlas answers again. */
  circuitClosed(): void;
  /** Called with each answer that has such headers. */
  deprecated(event: Deprecated): void;
}
