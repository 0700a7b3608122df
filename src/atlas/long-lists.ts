/**
 * Who may read a long list to its end: one of a project at a time, and few over all. What a list has needs memory until it has
 * been read, and one that never ends needs more and more of it. Whoever waits is expected to hold nothing meanwhile.
 */

/** Which list it is. */
export interface LongList {
  readonly groupId: string;
  readonly path: string;
}

export interface LongTurn {
  /** May be called more than once. @param isWhole whether the list was read to its end */
  end(isWhole: boolean): void;
}

export interface LongLists {
  /** A turn, if nobody has to be waited for. */
  takeFree(list: LongList): LongTurn | undefined;
  /** Rejects with the signal's reason as soon as it is aborted. */
  take(list: LongList, signal: AbortSignal): Promise<LongTurn>;
}

interface Waiter {
  readonly list: LongList;
  start(turn: LongTurn): void;
}

/** Lists that came to their end the last time go before those that never did, and those before lists that didn't. */
const RANKS = [0, 1, 2];
/** All but the first leave one to them. */
const PLACES = { all: 4, others: 3 };
const KEPT = 10_000;

export function createLongLists(): LongLists {
  const reading = new Set<LongList>();
  const waiting = new Set<Waiter>();
  /** By path: whether the list came to its end the last time. */
  const lastTime = new Map<string, boolean>();

  function rankOf({ path }: LongList): number {
    const wasWhole = lastTime.get(path);
    return wasWhole === undefined ? 1 : wasWhole ? 0 : 2;
  }

  function mayBegin(list: LongList): boolean {
    const others = [...reading];
    if (others.length >= PLACES.all || others.some(({ groupId }) => groupId === list.groupId)) return false;
    return rankOf(list) === 0 || others.filter((other) => rankOf(other) > 0).length < PLACES.others;
  }

  function begin(list: LongList): LongTurn {
    reading.add(list);
    return {
      end(isWhole) {
        if (!reading.delete(list)) return;
        if (lastTime.size >= KEPT) lastTime.clear();
        lastTime.set(list.path, isWhole);
        admit();
      },
    };
  }

  function admit(): void {
    for (const rank of RANKS) {
      for (const waiter of Array.from(waiting)) {
        if (rankOf(waiter.list) !== rank || !mayBegin(waiter.list)) continue;
        waiting.delete(waiter);
        waiter.start(begin(waiter.list));
      }
    }
  }

  function takeFree(list: LongList): LongTurn | undefined {
    return mayBegin(list) ? begin({ ...list }) : undefined;
  }

  async function take(list: LongList, signal: AbortSignal): Promise<LongTurn> {
    signal.throwIfAborted();
    const free = takeFree(list);
    if (free) return free;
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        list: { ...list },
        start(turn) {
          signal.removeEventListener('abort', leave);
          resolve(turn);
        },
      };
      function leave(): void {
        waiting.delete(waiter);
        reject(signal.reason as Error);
      }
      signal.addEventListener('abort', leave, { once: true });
      waiting.add(waiter);
    });
  }

  return { takeFree, take };
}
