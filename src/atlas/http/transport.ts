/** The types that the parts of this folder share: a request, its response, and the function that sends a request. */
import type { BudgetName, Operation } from '../observer.ts';

export interface AtlasRequest {
  readonly operation: Operation;
  readonly credential: string;
  readonly method: 'GET' | 'POST';
  /** Path and query, exactly as Atlas receives them, because a digest signs them. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Creates the Authorization header, if there is one, just before the request is sent: it could expire in a queue. */
  readonly sign?: (signal: AbortSignal) => Promise<string | undefined>;
  readonly body?: string;
  /** The project and the rate limit that the request counts against. Token requests and probes have none. */
  readonly budget?: { readonly groupId: string; readonly name: BudgetName };
  readonly timeBudget: TimeBudget;
}

export interface AtlasResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The client removes the body after decoding, so that promises do not keep it in memory. */
  body: string;
}

/** Rejects with an AtlasError, or with the signal's reason once that is aborted. */
export type Transport = (request: AtlasRequest, signal: AbortSignal) => Promise<AtlasResponse>;

/** The remaining time of one poll. Requests and pauses are subtracted; waiting for the request budget is not. */
export interface TimeBudget {
  remainingSeconds: number;
}
