/** The events that the Atlas client reports, to be counted and logged. Types only. */
import type { Reason } from './error.ts';

/** The value of the label `operation`. Each collector defines its own; this folder defines `token` and `revoke`. */
export type Operation = string;

/** The rate limits of Atlas, each counted per project; also the values of the label `budget`. */
export type BudgetName = 'cloud_backups' | 'clusters' | 'projects';

export interface RateLimit {
  readonly limit: number;
  readonly remaining: number;
}

/** The header Sunset as Unix time; undefined if missing or malformed. */
export interface Deprecation {
  readonly endsAtSeconds: number | undefined;
}

export interface Outage {
  readonly sinceSeconds: number;
  readonly reason: Reason;
  readonly problem: string;
  readonly advice: string;
}

export interface AtlasCounter {
  request(event: {
    readonly credential: string;
    readonly operation: Operation;
    /** The HTTP status, or `error` if there was no answer. */
    readonly code: number | 'error';
    readonly durationSeconds: number;
  }): void;
  retry(event: { readonly operation: Operation; readonly reason: Reason }): void;
  /** A token request has ended. `expiresAtSeconds`: Unix time at which the token expires; absent after a failure. */
  token(event: { readonly credential: string; readonly expiresAtSeconds?: number }): void;
}

export interface AtlasObserver extends AtlasCounter {
  /** Called with each new access token before it is used, so that it can be redacted. */
  secret(token: string): void;
  circuitOpened(outage: Outage): void;
  circuitClosed(outage: Outage): void;
  /** Atlas will remove the API version that the operation uses. Called with each answer that has such headers. */
  deprecated(event: Deprecation & { readonly operation: Operation }): void;
}
