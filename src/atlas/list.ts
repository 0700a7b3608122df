/**
 * Reads a list whole: every page, every item once. A list that shifts while it is read (an id comes again, the total moves)
 * is read once more; if that shifts too, the second reading counts. One that goes on and on with nothing new is given up.
 * Items are folded page by page, so one page of them is alive at a time.
 */
import { createHash } from 'node:crypto';
import { type LongTurn, outcomeOf } from './admission/long-lists.ts';
import type { AtlasApi, Resource } from './client.ts';
import { AtlasError } from './error.ts';
import { isObject, type JsonObject, type Page } from './http/answer.ts';

/** Takes the items of a list in, in any order and cut into pages in any way. */
export interface Fold<T> {
  /** @param seenBefore the ids of the pages before this one */
  add(items: readonly JsonObject[], seenBefore: ReadonlySet<string>): void;
  /** Whether it keeps so much that few such lists may be half read at a time. */
  readonly isHeavy?: boolean;
  /** Whether this reading can't be folded right, so that the list must be read again. Always false in a second reading. */
  readonly wantsSecondReading: boolean;
  result(): T;
}

export interface Reading<T> {
  readonly result: T;
  readonly pages: number;
  /** Distinct items. */
  readonly items: number;
  /** What Atlas says there is, on the last page that said it. */
  readonly reportedItems?: number;
}

export async function readList<T>(
  api: AtlasApi,
  resource: Resource,
  signal: AbortSignal,
  startFold: (reading: 'first' | 'second') => Fold<T>,
): Promise<Reading<T>> {
  const first = await readOnce(api, resource, signal, () => startFold('first'));
  return first.unsteady ? readOnce(api, resource, signal, () => startFold('second')) : first;
}

/** A list that turns out to be long is put down while others are read: what it has had so far is held by nobody. */
async function readOnce<T>(api: AtlasApi, resource: Resource, signal: AbortSignal, startFold: () => Fold<T>) {
  const short = await attempt(api, resource, signal, startFold());
  if (short) return short;
  const turn = await api.longTurn(resource, signal);
  try {
    const long = await attempt(api, resource, signal, startFold(), turn);
    if (long === undefined) throw new AtlasError('internal', 'a list was put down in its turn');
    turn.end('whole');
    return long;
  } catch (error) {
    turn.end(outcomeOf(error));
    throw error;
  }
}

/** A list that shifts may have one such page; a server that knows no page but one has nothing else. */
const MOST_PAGES_WITHOUT_NEWS = 3;

/** Undefined where it was put down. */
async function attempt<T>(
  api: AtlasApi,
  resource: Resource,
  signal: AbortSignal,
  fold: Fold<T>,
  turn?: LongTurn,
): Promise<(Reading<T> & { readonly unsteady: boolean }) | undefined> {
  const seen = new Set<string>();
  let pages = 0;
  let pagesWithoutNews = 0;
  let items = 0;
  let reportedItems: number | undefined;
  let shifted = false;

  function take({ results, totalCount }: Page): boolean {
    pages += 1;
    if (totalCount !== undefined) {
      shifted ||= reportedItems !== undefined && reportedItems !== totalCount;
      reportedItems = totalCount;
    }
    const ids = new Set<string>();
    const fresh = results.map(asObject).filter((item) => isNew(seen, ids, item));
    shifted ||= fresh.length < results.length;
    pagesWithoutNews = fresh.length > 0 ? 0 : pagesWithoutNews + 1;
    if (pagesWithoutNews > MOST_PAGES_WITHOUT_NEWS) throw endless(pages);
    items += fresh.length;
    fold.add(fresh, seen);
    for (const id of ids) seen.add(id);
    return fold.isHeavy ?? false;
  }

  if (!(await api.eachPage(resource, signal, take, turn))) return undefined;
  return {
    result: fold.result(),
    pages,
    items,
    ...(reportedItems === undefined ? {} : { reportedItems }),
    unsteady: shifted || fold.wantsSecondReading,
  };
}

function asObject(item: unknown): JsonObject {
  if (!isObject(item)) throw new AtlasError('invalid_response', 'a list holds something that is not a JSON object');
  return item;
}

function endless(pages: number): AtlasError {
  return new AtlasError('truncated', `the list goes on, but page ${pages} and those before it hold nothing new`);
}

/** Ids of Atlas have 24 characters. All ids of a list are kept until it has been read: longer ones as their digests. */
const LONGEST_ID = 64;

/** An item without an id can't be told from another: it counts as new. */
function isNew(seen: ReadonlySet<string>, onThisPage: Set<string>, { id }: JsonObject): boolean {
  if (typeof id !== 'string') return true;
  const known = id.length > LONGEST_ID ? createHash('sha256').update(id).digest('base64url') : id;
  if (seen.has(known) || onThisPage.has(known)) return false;
  onThisPage.add(known);
  return true;
}
