/**
 * Who may send a request now. Each project has a token bucket per Atlas rate limit (a lane), and all lanes share a number of
 * requests under way. In any w seconds a lane sends at most `capacity + rate × w` requests. Lanes take turns, so a project
 * with a hundred requests waiting delays another's single one by no more than what is already under way. Within a lane a list
 * that is half read goes on before another is begun: it has less time to shift, and few lists are half read at a time.
 * A request that waits holds no place among those under way.
 */
import type { Runtime } from '../runtime.ts';
import type { AtlasObserver, BudgetName } from './observer.ts';
import type { Transport } from './transport.ts';

export interface BudgetSettings {
  /** Per lane. */
  readonly requestsPerMinute: number;
  /** Requests under way at once, all lanes together. */
  readonly concurrency: number;
  readonly runtime: Runtime;
  readonly observer: AtlasObserver;
}

/** Rounding may leave a token short by a hair: a wait too short to move the clock would be waited for ever again. */
const SHORTEST_WAIT_SECONDS = 0.001;

interface Lane {
  readonly groupId: string;
  readonly budget: BudgetName;
  tokens: number;
  filledAtSeconds: number;
  /** Both in the order of coming. */
  readonly continuing: Set<() => void>;
  readonly beginning: Set<() => void>;
}

/** A decorator that lets requests of a lane through as its budget allows; requests without a lane pass at once. */
export function createBudget(settings: BudgetSettings): (next: Transport) => Transport {
  const { runtime, observer, requestsPerMinute, concurrency } = settings;
  const ratePerSecond = requestsPerMinute / 60;
  const capacity = Math.max(1, Math.floor(requestsPerMinute / 3));
  const lanes = new Map<string, Lane>();
  let underWay = 0;
  let alarm: AbortController | undefined;

  function laneOf(groupId: string, budget: BudgetName): Lane {
    const key = `${groupId} ${budget}`;
    const known = lanes.get(key);
    if (known) return known;
    const lane: Lane = {
      groupId,
      budget,
      tokens: capacity,
      filledAtSeconds: runtime.monotonicSeconds(),
      continuing: new Set(),
      beginning: new Set(),
    };
    lanes.set(key, lane);
    return lane;
  }

  function refill(lane: Lane): void {
    const now = runtime.monotonicSeconds();
    lane.tokens = Math.min(capacity, lane.tokens + (now - lane.filledAtSeconds) * ratePerSecond);
    lane.filledAtSeconds = now;
  }

  /** Lets in whoever may go, one per lane and turn, and sets the alarm for the lane that may go next. */
  function admit(): void {
    alarm?.abort();
    alarm = undefined;
    let soonestSeconds = Number.POSITIVE_INFINITY;
    for (let admitted = true; admitted && underWay < concurrency; ) {
      admitted = false;
      soonestSeconds = Number.POSITIVE_INFINITY;
      for (const [key, lane] of Array.from(lanes)) {
        const queue = lane.continuing.size > 0 ? lane.continuing : lane.beginning;
        const [first] = queue;
        if (first === undefined || underWay >= concurrency) continue;
        refill(lane);
        if (lane.tokens < 1) {
          soonestSeconds = Math.min(soonestSeconds, (1 - lane.tokens) / ratePerSecond);
          continue;
        }
        lane.tokens -= 1;
        queue.delete(first);
        // To the end of the line: the next turn begins with the others.
        lanes.delete(key);
        lanes.set(key, lane);
        underWay += 1;
        admitted = true;
        first();
      }
    }
    if (underWay < concurrency && soonestSeconds < Number.POSITIVE_INFINITY) {
      wakeIn(Math.max(SHORTEST_WAIT_SECONDS, soonestSeconds));
    }
  }

  function wakeIn(seconds: number): void {
    const mine = new AbortController();
    alarm = mine;
    runtime.sleep(seconds, mine.signal).then(admit, () => {
      // Aborted: a later alarm has replaced this one.
    });
  }

  function turn(queue: Set<() => void>, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const start = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        queue.delete(start);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', leave, { once: true });
      queue.add(start);
      admit();
    });
  }

  return (next) =>
    async function budgeted(request, signal) {
      if (request.lane === undefined) return next(request, signal);
      signal.throwIfAborted();
      const { groupId, budget } = request.lane;
      const askedAtSeconds = runtime.monotonicSeconds();
      const lane = laneOf(groupId, budget);
      await turn(request.continues ? lane.continuing : lane.beginning, signal);
      try {
        const seconds = runtime.monotonicSeconds() - askedAtSeconds;
        if (seconds > 0) observer.throttled({ groupId, budget, seconds });
        return await next(request, signal);
      } finally {
        underWay -= 1;
        admit();
      }
    };
}
