/**
 * Who may read a long list to its end: one of a project at a time, and few over all. What a list has needs memory until it has
 * been read, and one that never ends needs more and more of it. Whoever waits is expected to hold nothing meanwhile.
 */
import type { Runtime } from '../../support/runtime.ts';
import { AtlasError } from '../error.ts';

/** Which list it is. */
export interface LongList {
  readonly groupId: string;
  readonly path: string;
}

/** Whether the list was read to its end, seems to have none, or neither can be said. */
export type LongOutcome = 'whole' | 'endless' | 'unknown';

export interface LongTurn {
  /** May be called more than once. */
  end(outcome: LongOutcome): void;
}

export interface LongLists {
  /** A turn, if nobody has to be waited for. */
  takeFree(list: LongList): LongTurn | undefined;
  /** Rejects with the signal's reason as soon as it is aborted. */
  take(list: LongList, signal: AbortSignal): Promise<LongTurn>;
}

interface Waiter {
  readonly list: LongList;
  /** Monotonic. Who has the least goes first. */
  readonly sinceSeconds: number;
  start(turn: LongTurn): void;
}

/** By what came of a list the last time: as if it had come so much later. Whoever waits is overtaken for no longer than that. */
const BEHIND_SECONDS: Readonly<Record<LongOutcome, number>> = { whole: 0, unknown: 60, endless: 1800 };
/** Endless ones leave one to others. */
const PLACES = { all: 4, endless: 3 };
const KEPT = 10_000;

export function createLongLists({ monotonicSeconds }: Pick<Runtime, 'monotonicSeconds'>): LongLists {
  const reading = new Set<LongList>();
  const waiting = new Set<Waiter>();
  /** By path: what came of it the last time. */
  const lastTime = new Map<string, LongOutcome>();

  const lastOf = ({ path }: LongList): LongOutcome => lastTime.get(path) ?? 'unknown';

  function mayBegin(list: LongList): boolean {
    const others = [...reading];
    if (others.length >= PLACES.all || others.some(({ groupId }) => groupId === list.groupId)) return false;
    const endless = others.filter((other) => lastOf(other) === 'endless').length;
    return lastOf(list) !== 'endless' || endless < PLACES.endless;
  }

  function begin(list: LongList): LongTurn {
    reading.add(list);
    return {
      end(outcome) {
        if (!reading.delete(list)) return;
        if (lastTime.size >= KEPT) lastTime.clear();
        if (outcome !== 'unknown') lastTime.set(list.path, outcome);
        admit();
      },
    };
  }

  function admit(): void {
    for (const waiter of [...waiting].sort((a, b) => a.sinceSeconds - b.sinceSeconds)) {
      if (!mayBegin(waiter.list)) continue;
      waiting.delete(waiter);
      waiter.start(begin(waiter.list));
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
        sinceSeconds: monotonicSeconds() + BEHIND_SECONDS[lastOf(list)],
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

/** What a failure says of a long list. */
export function outcomeOf(error: unknown): LongOutcome {
  const isEndless = error instanceof AtlasError && (error.reason === 'truncated' || error.reason === 'timeout');
  return isEndless ? 'endless' : 'unknown';
}
