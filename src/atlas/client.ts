/**
 * Asks Atlas for resources on behalf of one poll: each request in up to three attempts, each list page by page to its end.
 * It knows how Atlas pages and fails, not what a resource means. Only `GET` leaves here.
 */
import pRetry from 'p-retry';
import type { Runtime } from '../support/runtime.ts';
import { BOUNDS } from './bounds.ts';
import { AtlasError, isTransient } from './error.ts';
import { decodeAnswer, decodePage, type JsonObject, type Page } from './http/answer.ts';
import type { AtlasRequest, AtlasResponse, Transport } from './http/transport.ts';
import { createTimeBudget } from './http/transport.ts';
import type { AtlasObserver, BudgetName, Operation } from './observer.ts';

/** What is asked for, and whose budget pays for it. */
export interface Resource {
  readonly operation: Operation;
  readonly budget: BudgetName;
  readonly groupId: string;
  /** Below `/api/atlas/v2`, its parts already percent-encoded. */
  readonly path: string;
}

export interface AtlasApi {
  /**
   * Calls `take` with each page of a list; rejects with an AtlasError at the first page that cannot be read.
   * Pages are passed to a callback, not returned: a suspended async function keeps alive what its variables last held, and
   * with hundreds of lists in progress that would be hundreds of pages.
   */
  eachPage(resource: Resource, signal: AbortSignal, take: (page: Page) => void): Promise<void>;
  get(resource: Resource, signal: AbortSignal): Promise<JsonObject>;
}

export interface ClientSettings {
  /** Signed, budgeted. */
  readonly transport: Transport;
  readonly credential: string;
  /** itemsPerPage, 1 to 500. */
  readonly pageSize: number;
  readonly maxPages: number;
  readonly runtime: Runtime;
  readonly observer: AtlasObserver;
}

/** The version of the API that we speak. Answers carry the date of the version that they are of, often an older one. */
export const ACCEPT = 'application/vnd.atlas.2025-03-12+json';

const ATTEMPTS = 3;
const BACKOFF_SECONDS = { base: 1, most: 30 };

/** A client for one poll: what it spends of its time is its own. */
export function createClient(settings: ClientSettings): AtlasApi {
  const { transport, runtime, observer } = settings;
  const timeBudget = createTimeBudget(BOUNDS.pollSeconds);

  async function attempts<T>(
    resource: Resource,
    query: string,
    decode: (response: AtlasResponse) => T,
    signal: AbortSignal,
  ): Promise<T> {
    const request = {
      operation: resource.operation,
      credential: settings.credential,
      method: 'GET',
      target: `/api/atlas/v2${resource.path}${query}`,
      headers: { accept: ACCEPT },
      budget: { groupId: resource.groupId, name: resource.budget },
      timeBudget,
    } as const;
    async function attempt(): Promise<T> {
      const response = await transport(request, signal);
      try {
        return decode(response);
      } finally {
        // Promises that have waited for this answer hold it until a full garbage collection; the body is the large part.
        response.body = '';
      }
    }
    return pRetry(attempt, {
      retries: ATTEMPTS - 1,
      // p-retry counts; it is our runtime that sleeps.
      minTimeout: 0,
      signal,
      shouldRetry: ({ error, attemptNumber }) => pause(request, error, attemptNumber, signal),
    });
  }

  /** Waits as long as the failure asks for; false where another attempt makes no sense or the poll has no time for it. */
  async function pause(
    { operation }: Pick<AtlasRequest, 'operation'>,
    error: Error,
    attempt: number,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (!(error instanceof AtlasError) || !isTransient(error.reason)) return false;
    if (error.isFinal) return false;
    const backoffSeconds = runtime.random() * Math.min(BACKOFF_SECONDS.most, BACKOFF_SECONDS.base * 2 ** (attempt - 1));
    const seconds = Math.max(backoffSeconds, error.retryAfterSeconds ?? 0);
    if (seconds >= timeBudget.remainingSeconds()) return false;
    observer.retry({ operation, reason: error.reason });
    await runtime.sleep(seconds, signal);
    timeBudget.spend(seconds);
    return true;
  }

  async function eachPage(resource: Resource, signal: AbortSignal, take: (page: Page) => void): Promise<void> {
    const { pageSize, maxPages } = settings;
    const maxItems = pageSize * maxPages;
    let items = 0;
    /** Returns whether there is another page. */
    function decode(response: AtlasResponse): boolean {
      const page = decodePage(response, runtime.wallSeconds());
      take(page);
      items += page.results.length;
      // The link to the next page says only that there is one. We build its URL ourselves, on our own origin.
      return page.hasNext ?? page.results.length >= pageSize;
    }
    for (let pageNum = 1; pageNum <= maxPages && items < maxItems; pageNum += 1) {
      const query = `?includeCount=true&itemsPerPage=${pageSize}&pageNum=${pageNum}`;
      if (!(await attempts(resource, query, decode, signal))) return;
    }
    throw new AtlasError('truncated', `the list has more than ${maxPages} pages or ${maxItems} items`);
  }

  async function get(resource: Resource, signal: AbortSignal): Promise<JsonObject> {
    return attempts(resource, '', (response) => decodeAnswer(response, runtime.wallSeconds()), signal);
  }

  return { eachPage, get };
}
