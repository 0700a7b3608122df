/**
 * Asks Atlas for resources on behalf of one poll: each request in up to three attempts, each list page by page to its end.
 * It knows how Atlas pages and fails, not what a resource means. Only `GET` leaves here.
 */
import pRetry from 'p-retry';
import type { Runtime } from '../support/runtime.ts';
import { type LongLists, type LongOutcome, type LongTurn, outcomeOf } from './admission/long-lists.ts';
import { AtlasError, isTransient } from './error.ts';
import { decodeAnswer, decodePage, type JsonObject, type Page } from './http/answer.ts';
import type { AtlasRequest, AtlasResponse, Transport } from './http/exchange.ts';
import type { AtlasObserver, BudgetName, Operation } from './observer.ts';
import { createWork } from './time-budget.ts';

/** What is asked for, and whose budget pays for it. */
export interface Resource {
  readonly operation: Operation;
  readonly budget: BudgetName;
  readonly groupId: string;
  /** Below `/api/atlas/v2`, its parts already percent-encoded. */
  readonly path: string;
}

/** Returns whether the list has become as heavy as a long one: then it is read on as such. */
export type TakePage = (page: Page) => boolean;

export interface AtlasApi {
  /**
   * Hands over every page of a list; rejects with AtlasError at the first that can't be had. Resolves to whether it came to
   * the end: where the list is long and others are being read, it doesn't. Then what was handed over is to be forgotten, and
   * the list begun anew in its turn.
   * Pages are handed over, not returned: a suspended async function keeps what its variables last held alive, and with
   * hundreds of lists under way that would be hundreds of pages.
   */
  eachPage(resource: Resource, signal: AbortSignal, take: TakePage, turn?: LongTurn): Promise<boolean>;
  /** Waits until the list may be read to its end, however long it is. */
  longTurn(resource: Resource, signal: AbortSignal): Promise<LongTurn>;
  get(resource: Resource, signal: AbortSignal): Promise<JsonObject>;
}

export interface ClientSettings {
  /** Signed, budgeted. */
  readonly transport: Transport;
  readonly credential: string;
  /** itemsPerPage, 1 to 500. */
  readonly pageSize: number;
  readonly maxPages: number;
  /** Shared by all polls. */
  readonly longLists: LongLists;
  /** Whether this has not been answered for so long that one attempt must do. */
  isHopeless(target: string): boolean;
  readonly runtime: Runtime;
  readonly observer: AtlasObserver;
}

/** The version of the API that we speak. Answers carry the date of the version that they are of, often an older one. */
export const ACCEPT = 'application/vnd.atlas.2025-03-12+json';

const ATTEMPTS = 3;
/**
 * A list goes before others that have not begun for so many pages. After these it queues like all others, and is read on only
 * in its turn: lists that never end must neither take the budget of those that do nor fill the memory.
 */
const SHORT_LIST_PAGES = 5;
const BACKOFF_SECONDS = { base: 1, most: 30 };
/** What one poll may work, its waiting for a turn not counted. */
const POLL_SECONDS = 60;

/** A client for one poll: what it spends of its time is its own. */
export function createClient(settings: ClientSettings): AtlasApi {
  const { transport, runtime, observer } = settings;
  let work = createWork(POLL_SECONDS);

  async function attempts<T>(
    resource: Resource,
    { query, continues }: { readonly query: string; readonly continues: boolean },
    decode: (response: AtlasResponse) => T,
    signal: AbortSignal,
  ): Promise<T> {
    const request = {
      operation: resource.operation,
      credential: settings.credential,
      method: 'GET',
      target: `/api/atlas/v2${resource.path}${query}`,
      headers: { accept: ACCEPT },
      lane: { groupId: resource.groupId, budget: resource.budget },
      continues,
      work,
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
    { operation, target }: Pick<AtlasRequest, 'operation' | 'target'>,
    error: Error,
    attempt: number,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (!(error instanceof AtlasError) || !isTransient(error.reason)) return false;
    if (error.isFinal || settings.isHopeless(target)) return false;
    const backoffSeconds = runtime.random() * Math.min(BACKOFF_SECONDS.most, BACKOFF_SECONDS.base * 2 ** (attempt - 1));
    const seconds = Math.max(backoffSeconds, error.retryAfterSeconds ?? 0);
    if (seconds >= work.remainingSeconds()) return false;
    observer.retry({ operation, reason: error.reason });
    await runtime.sleep(seconds, signal);
    work.spend(seconds);
    return true;
  }

  async function eachPage(resource: Resource, signal: AbortSignal, take: TakePage, turn?: LongTurn): Promise<boolean> {
    const { pageSize, maxPages } = settings;
    const mostItems = pageSize * maxPages;
    let items = 0;
    let own: LongTurn | undefined;
    let outcome: LongOutcome = 'unknown';
    let isHeavy = false;
    /** Whether there is another page. */
    function decode(response: AtlasResponse): boolean {
      const page = decodePage(response, runtime.wallSeconds());
      isHeavy = take(page);
      items += page.results.length;
      // A next link is believed but never followed: its page is asked for here, on our own origin.
      return page.hasNext ?? page.results.length >= pageSize;
    }
    try {
      for (let pageNum = 1; pageNum <= maxPages && items < mostItems; pageNum += 1) {
        if ((pageNum > SHORT_LIST_PAGES || isHeavy) && !turn) {
          own ??= settings.longLists.takeFree(resource);
          if (own === undefined) return false;
        }
        const query = `?includeCount=true&itemsPerPage=${pageSize}&pageNum=${pageNum}`;
        const continues = pageNum > 1 && pageNum <= SHORT_LIST_PAGES;
        if (await attempts(resource, { query, continues }, decode, signal)) continue;
        outcome = 'whole';
        return true;
      }
      throw new AtlasError('truncated', `the list has more than ${maxPages} pages or ${mostItems} items`);
    } catch (error) {
      outcome = outcomeOf(error);
      throw error;
    } finally {
      own?.end(outcome);
    }
  }

  /** Has all the time of a poll: what was read before, and put down, is not this list's. */
  async function longTurn(resource: Resource, signal: AbortSignal): Promise<LongTurn> {
    const turn = await settings.longLists.take(resource, signal);
    work = createWork(POLL_SECONDS);
    return turn;
  }

  async function get(resource: Resource, signal: AbortSignal): Promise<JsonObject> {
    const whole = { query: '', continues: false };
    return attempts(resource, whole, (response) => decodeAnswer(response, runtime.wallSeconds()), signal);
  }

  return { eachPage, longTurn, get };
}
