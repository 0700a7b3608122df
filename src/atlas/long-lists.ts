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

/** Lists that didn't come to their end the last time go after all others, and never have all places. */
const PLACES = { all: 4, doubtful: 3 };
const DOUBTFUL_KEPT = 10_000;

export function createLongLists(): LongLists {
  const reading = new Set<LongList>();
  const waiting = new Set<Waiter>();
  const doubtful = new Set<string>();

  const isDoubtful = ({ path }: LongList): boolean => doubtful.has(path);

  function mayBegin(list: LongList): boolean {
    const others = [...reading];
    if (others.length >= PLACES.all || others.some(({ groupId }) => groupId === list.groupId)) return false;
    return !isDoubtful(list) || others.filter(isDoubtful).length < PLACES.doubtful;
  }

  function begin(list: LongList): LongTurn {
    reading.add(list);
    return {
      end(isWhole) {
        if (!reading.delete(list)) return;
        if (isWhole) doubtful.delete(list.path);
        else doubtful.add(list.path);
        if (doubtful.size > DOUBTFUL_KEPT) doubtful.clear();
        admit();
      },
    };
  }

  function admit(): void {
    for (const wanted of [false, true]) {
      for (const waiter of Array.from(waiting)) {
        if (isDoubtful(waiter.list) !== wanted || !mayBegin(waiter.list)) continue;
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
