/** What passes between the parts of this folder: a request, its response, and the function that turns one into the other. */
import type { BudgetName, Operation } from '../observer.ts';

export interface AtlasRequest {
  readonly operation: Operation;
  /** Name of the credential. */
  readonly credential: string;
  readonly method: 'GET' | 'POST';
  /** Path and query, as Atlas receives them; a digest signs them. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  /**
   * Makes the Authorization header just before the request is sent, so that it does not expire in a queue. Undefined: the
   * request has no such header.
   */
  readonly sign?: (signal: AbortSignal) => Promise<string | undefined>;
  readonly body?: string;
  /** The project and the rate limit that pay for the request. Token requests have none. */
  readonly budget?: { readonly groupId: string; readonly name: BudgetName };
  /** Set by the circuit breaker: the one request that is let through while the circuit is open. */
  readonly isProbe?: boolean;
  readonly timeBudget: TimeBudget;
}

export interface AtlasResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The client empties it after decoding, so that promises do not keep it in memory. */
  body: string;
}

/** Rejects with an AtlasError, or with the signal's reason once that is aborted. */
export type Transport = (request: AtlasRequest, signal: AbortSignal) => Promise<AtlasResponse>;

/**
 * How long one poll may still work: its requests and the pauses between attempts, not its waiting for the request budget.
 * Each use of time is subtracted; no timer runs.
 */
export interface TimeBudget {
  remainingSeconds: number;
}
