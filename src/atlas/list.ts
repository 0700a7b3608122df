/**
 * Reads a complete list: every page, every item once. A list that shifts while it is read (an id appears twice, or the
 * total changes) is read a second time; the second reading counts, even if it shifts too. Each page is aggregated and
 * then dropped, so only one page is in memory at a time.
 */
import { BOUNDS } from './bounds.ts';
import type { AtlasApi, Resource } from './client.ts';
import { AtlasError } from './error.ts';
import { isObject, type JsonObject, type Page } from './http/answer.ts';

/** Aggregates the items of a list. The result depends neither on their order nor on how they are split into pages. */
export interface Fold<T> {
  /** @param seenBefore the ids of the pages before this one */
  add(items: readonly JsonObject[], seenBefore: ReadonlySet<string>): void;
  /** Whether the list must be read again for a correct result. Always false in a second reading. */
  readonly wantsSecondReading: boolean;
  result(): T;
}

export interface Reading<T> {
  readonly result: T;
  readonly pages: number;
  readonly items: number;
  /** The total that Atlas gives, from the last page that has one. */
  readonly reportedItems?: number | undefined;
}

/** @throws AtlasError `truncated` if the list does not end */
export async function readList<T>(
  api: AtlasApi,
  resource: Resource,
  signal: AbortSignal,
  startFold: (reading: 'first' | 'second') => Fold<T>,
): Promise<Reading<T>> {
  const first = await readOnce(api, resource, signal, startFold('first'));
  return first.unsteady ? readOnce(api, resource, signal, startFold('second')) : first;
}

async function readOnce<T>(
  api: AtlasApi,
  resource: Resource,
  signal: AbortSignal,
  fold: Fold<T>,
): Promise<Reading<T> & { readonly unsteady: boolean }> {
  const seen = new Set<string>();
  let pages = 0;
  let pagesWithoutNews = 0;
  let items = 0;
  let reportedItems: number | undefined;
  /** The greatest total of all pages: one wrong total must not fail the list. */
  let mostReported: number | undefined;
  let shifted = false;

  function take({ results, totalCount }: Page): void {
    pages += 1;
    if (totalCount !== undefined) {
      shifted ||= reportedItems !== undefined && reportedItems !== totalCount;
      reportedItems = totalCount;
      mostReported = Math.max(totalCount, mostReported ?? 0);
    }
    const ids = new Set<string>();
    const fresh = results.map(asObject).filter((item) => isNew(seen, ids, item));
    shifted ||= fresh.length < results.length;
    pagesWithoutNews = fresh.length > 0 ? 0 : pagesWithoutNews + 1;
    if (pagesWithoutNews > BOUNDS.pagesWithoutNews) {
      const problem = `page ${pages} and the pages before it have no new items`;
      throw endless(problem, 'check the proxies in between: they repeat the same page');
    }
    items += fresh.length;
    if (mostReported !== undefined && items > mostReported + BOUNDS.itemsBeyondTotal) {
      const problem = `it has more than ${mostReported + BOUNDS.itemsBeyondTotal} items, but its total is ${mostReported}`;
      throw endless(problem, 'check the proxies in between: the pages do not belong to one list');
    }
    fold.add(fresh, seen);
    for (const id of ids) seen.add(id);
  }

  await api.eachPage(resource, signal, take);
  return {
    result: fold.result(),
    pages,
    items,
    reportedItems,
    unsteady: shifted || fold.wantsSecondReading,
  };
}

function asObject(item: unknown): JsonObject {
  if (!isObject(item)) throw new AtlasError('invalid_response', 'a list contains something that is not a JSON object');
  return item;
}

function endless(problem: string, advice: string): AtlasError {
  return new AtlasError('truncated', `the list does not end: ${problem}`, { advice });
}

/** An item without a valid id cannot be compared with others, so it counts as new. */
function isNew(seen: ReadonlySet<string>, onThisPage: Set<string>, { id }: JsonObject): boolean {
  if (typeof id !== 'string' || id.length > BOUNDS.idCharacters) return true;
  if (seen.has(id) || onThisPage.has(id)) return false;
  onThisPage.add(id);
  return true;
}
