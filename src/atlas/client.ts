/**
 * Reads Atlas resources for one poll: each request with up to three attempts, each list page by page to its end. It
 * knows Atlas' pagination and errors, but no resource. It sends GET requests only.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import pRetry from 'p-retry';
import type { Runtime } from '../support/runtime.ts';
import { BOUNDS } from './bounds.ts';
import { AtlasError, isTransient } from './error.ts';
import { decodeAnswer, decodePage, type JsonObject, type Page } from './http/answer.ts';
import type { AtlasResponse, TimeBudget, Transport } from './http/transport.ts';
import type { AtlasObserver, BudgetName, Operation } from './observer.ts';

/** A resource to read, and the rate limit that its requests count against. */
export interface Resource {
  readonly operation: Operation;
  readonly budget: BudgetName;
  readonly groupId: string;
  /** The path below `/api/atlas/v2`. Its segments are already percent-encoded. */
  readonly path: string;
}

export interface AtlasApi {
  /**
   * Calls `take` with each page of a list; rejects with an AtlasError at the first page that cannot be read. Pages are
   * passed to a callback and not returned, to save memory: a suspended async function keeps the values of its
   * variables, so hundreds of lists in progress would keep hundreds of pages.
   */
  eachPage(resource: Resource, signal: AbortSignal, take: (page: Page) => void): Promise<void>;
  get(resource: Resource, signal: AbortSignal): Promise<JsonObject>;
}

export interface ClientSettings {
  readonly transport: Transport;
  readonly credential: string;
  readonly pageSize: number;
  readonly maxPages: number;
  readonly requestTimeoutSeconds: number;
  readonly runtime: Runtime;
  readonly observer: Pick<AtlasObserver, 'retry'>;
}

/** The API version that we request. Responses name the version that served them, often an older one. */
export const ACCEPT = 'application/vnd.atlas.2025-03-12+json';

const ATTEMPTS = 3;
const BACKOFF_SECONDS = { base: 1, most: 30 };

/** A client for one poll: it has one time budget. */
export function createClient({
  transport,
  credential,
  pageSize,
  maxPages,
  requestTimeoutSeconds,
  runtime,
  observer,
}: ClientSettings): AtlasApi {
  const timeBudget: TimeBudget = {
    remainingSeconds: Math.max(BOUNDS.pollSeconds, BOUNDS.pollTimeouts * requestTimeoutSeconds),
  };

  async function attempts<T>(
    { operation, groupId, budget, path }: Resource,
    query: string,
    decode: (response: AtlasResponse) => T,
    signal: AbortSignal,
  ): Promise<T> {
    const request = {
      operation,
      credential,
      method: 'GET',
      target: `/api/atlas/v2${path}${query}`,
      headers: { accept: ACCEPT },
      budget: { groupId, name: budget },
      timeBudget,
    } as const;
    async function attempt(): Promise<T> {
      const response = await transport(request, signal);
      // A response frees its place for the next request, which is sent before this response is decoded.
      await nextTurn();
      try {
        return decode(response);
      } finally {
        // Promises that waited for this response keep it in memory until a full garbage collection, so the large part,
        // the body, is removed.
        response.body = '';
      }
    }
    return pRetry(attempt, {
      retries: ATTEMPTS - 1,
      // p-retry counts the attempts; the pauses use our runtime, so that tests need no real time.
      minTimeout: 0,
      signal,
      shouldRetry: ({ error, attemptNumber }) => pause(operation, error, attemptNumber, signal),
    });
  }

  /** Sleeps before the next attempt. Returns false if another attempt is useless or the poll has no time left. */
  async function pause(operation: Operation, error: Error, attempt: number, signal: AbortSignal): Promise<boolean> {
    if (!(error instanceof AtlasError) || error.isFinal || !isTransient(error.reason)) return false;
    const backoffSeconds = runtime.random() * Math.min(BACKOFF_SECONDS.most, BACKOFF_SECONDS.base * 2 ** (attempt - 1));
    const seconds = Math.max(backoffSeconds, error.retryAfterSeconds ?? 0);
    if (seconds >= timeBudget.remainingSeconds) return false;
    observer.retry({ operation, reason: error.reason });
    await runtime.sleep(seconds, signal);
    timeBudget.remainingSeconds -= seconds;
    return true;
  }

  async function eachPage(resource: Resource, signal: AbortSignal, take: (page: Page) => void): Promise<void> {
    const maxItems = pageSize * maxPages;
    let items = 0;
    /** Returns whether there is another page. */
    function decode(response: AtlasResponse): boolean {
      const page = decodePage(response);
      take(page);
      items += page.results.length;
      // The link is only a sign that there is a next page: its URL is built here, to stay on the configured origin.
      return page.hasNext ?? page.results.length >= pageSize;
    }
    for (let pageNum = 1; pageNum <= maxPages && items < maxItems; pageNum += 1) {
      const query = `?includeCount=true&itemsPerPage=${pageSize}&pageNum=${pageNum}`;
      if (!(await attempts(resource, query, decode, signal))) return;
    }
    throw new AtlasError('truncated', `the list has more than ${maxPages} pages or ${maxItems} items`);
  }

  return {
    eachPage,
    get: (resource, signal) => attempts(resource, '', decodeAnswer, signal),
  };
}
