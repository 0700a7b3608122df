/**
 * Who may send a request now. Each project has a lane per rate limit of Atlas, and all lanes share a number of requests under
 * way. In any w seconds a lane sends at most `capacity + rate × w` requests. Lanes take turns, so a project with a hundred
 * requests waiting delays another's single one by no more than what is already under way. Within a lane a list that is half
 * read goes on before another is begun, unless it is long: it has less time to shift, and few lists are half read at a time.
 * A request that waits holds no place among those under way. A 429 pauses its lane for everyone; a pause is taken from the
 * time that each of those who wait may work, a wait for our own budget is not.
 */
import type { Runtime } from '../../support/runtime.ts';
import { AtlasError } from '../error.ts';
import { retryAfterSecondsOf } from '../http/answer.ts';
import { type AtlasRequest, type AtlasResponse, rateLimitOf, type Transport } from '../http/exchange.ts';
import type { AtlasObserver, BudgetName } from '../observer.ts';
import { createLane, type Lane, type LaneLevel } from './token-bucket.ts';

export interface BudgetLimits {
  /** Per lane. */
  readonly requestsPerMinute: number;
  /** Requests under way at once, all lanes together. */
  readonly concurrency: number;
}

export interface BudgetSettings extends BudgetLimits {
  readonly runtime: Runtime;
  readonly observer: AtlasObserver;
}

export interface Budget {
  /** Lets requests through as the budget of their lane allows; requests without a lane pass at once. */
  guard(next: Transport): Transport;
  /** Other limits from now on. What lanes have spent stays spent, who waits goes on waiting. */
  change(limits: BudgetLimits): void;
  /** Of every lane that was asked for lately. */
  levels(): readonly BudgetLevel[];
}

export interface BudgetLevel extends LaneLevel {
  readonly groupId: string;
  readonly name: BudgetName;
  readonly waitingRequests: number;
}

interface Waiter {
  readonly request: AtlasRequest;
  start(): void;
  refuse(error: unknown): void;
}

interface Queue {
  readonly groupId: string;
  readonly budget: BudgetName;
  readonly lane: Lane;
  /** Both in the order of coming. */
  readonly continuing: Set<Waiter>;
  readonly beginning: Set<Waiter>;
  underWay: number;
}

/** Rounding may leave a token short by a hair: a wait too short to move the clock would be waited for ever again. */
const SHORTEST_WAIT_SECONDS = 0.001;
const PAUSE_SECONDS = { least: 1, most: 600 };
/** Of a pause, on top of it, so that not everyone who was told the same comes back at the same moment. */
const JITTER_SHARE = 0.1;

export function createBudget({ runtime, observer, ...first }: BudgetSettings): Budget {
  let limits: BudgetLimits = first;
  const queues = new Map<string, Queue>();
  let underWay = 0;
  let alarm: AbortController | undefined;

  function queueOf({ groupId, budget }: NonNullable<AtlasRequest['lane']>): Queue {
    const key = `${groupId} ${budget}`;
    const known = queues.get(key);
    if (known) return known;
    const now = runtime.monotonicSeconds();
    forgetIdle(now);
    const lane = createLane(rateOf(limits), capacityOf(limits), now);
    const queue: Queue = { groupId, budget, lane, continuing: new Set(), beginning: new Set(), underWay: 0 };
    queues.set(key, queue);
    return queue;
  }

  /** Whatever becomes of projects: what is remembered is what was asked lately. */
  function forgetIdle(now: number): void {
    for (const [key, { lane, continuing, beginning, underWay: own }] of queues) {
      if (own + continuing.size + beginning.size === 0 && lane.isFresh(now)) queues.delete(key);
    }
  }

  /** Lets in whoever may go, one per lane and turn, and sets the alarm for the lane that may go next. */
  function admit(): void {
    alarm?.abort();
    alarm = undefined;
    const now = runtime.monotonicSeconds();
    let soonestSeconds = Number.POSITIVE_INFINITY;
    for (let admitted = true; admitted && underWay < limits.concurrency; ) {
      admitted = false;
      soonestSeconds = Number.POSITIVE_INFINITY;
      for (const [key, queue] of Array.from(queues)) {
        const waiting = queue.continuing.size > 0 ? queue.continuing : queue.beginning;
        const [first] = waiting;
        if (first === undefined || underWay >= limits.concurrency) continue;
        if (!queue.lane.take(now)) {
          soonestSeconds = Math.min(soonestSeconds, queue.lane.readyInSeconds(now));
          continue;
        }
        waiting.delete(first);
        // To the end of the line: the next turn begins with the others.
        queues.delete(key);
        queues.set(key, queue);
        underWay += 1;
        queue.underWay += 1;
        admitted = true;
        first.start();
      }
    }
    if (underWay < limits.concurrency && soonestSeconds < Number.POSITIVE_INFINITY) {
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

  function turn(queue: Queue, request: AtlasRequest, signal: AbortSignal): Promise<void> {
    const waiting = request.continues ? queue.continuing : queue.beginning;
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        request,
        start() {
          signal.removeEventListener('abort', leave);
          resolve();
        },
        refuse(error) {
          signal.removeEventListener('abort', leave);
          waiting.delete(waiter);
          reject(error as Error);
        },
      };
      function leave(): void {
        waiter.refuse(signal.reason);
        // It may be the one that the alarm was set for.
        admit();
      }
      signal.addEventListener('abort', leave, { once: true });
      waiting.add(waiter);
      waitOut(queue.lane.pausedForSeconds(runtime.monotonicSeconds()), queue, [waiter]);
      admit();
    });
  }

  /** Time counts as waited whatever came of it. */
  async function waitForTurn(queue: Queue, request: AtlasRequest, signal: AbortSignal): Promise<void> {
    const askedAtSeconds = runtime.monotonicSeconds();
    try {
      await turn(queue, request, signal);
    } finally {
      const seconds = runtime.monotonicSeconds() - askedAtSeconds;
      if (seconds > 0) observer.throttled({ groupId: queue.groupId, budget: queue.budget, seconds });
    }
  }

  /** Whoever has less time left to work than the pause takes is told so at once; the others' time is spent. */
  function waitOut(seconds: number, queue: Queue, waiters: Iterable<Waiter>): void {
    if (seconds === 0) return;
    const pausedSeconds = queue.lane.pausedForSeconds(runtime.monotonicSeconds());
    for (const waiter of Array.from(waiters)) {
      const { work } = waiter.request;
      if (work.remainingSeconds() > seconds) work.spend(seconds);
      else waiter.refuse(pausedError(pausedSeconds));
    }
  }

  function learn(queue: Queue, response: AtlasResponse): void {
    const { lane, groupId, budget, continuing, beginning } = queue;
    const now = runtime.monotonicSeconds();
    const rateLimit = rateLimitOf(response);
    if (rateLimit) lane.heed(rateLimit, now);
    if (response.status !== 429) return;
    const askedSeconds = retryAfterSecondsOf(response, runtime.wallSeconds()) ?? PAUSE_SECONDS.least;
    const seconds = Math.min(PAUSE_SECONDS.most, Math.max(PAUSE_SECONDS.least, askedSeconds));
    const before = lane.pausedForSeconds(now);
    lane.pauseUntil(now + seconds + runtime.random() * Math.max(1, seconds * JITTER_SHARE), now);
    observer.paused({ groupId, budget, seconds, askedSeconds });
    waitOut(lane.pausedForSeconds(now) - before, queue, [...continuing, ...beginning]);
  }

  function levels(): readonly BudgetLevel[] {
    const now = runtime.monotonicSeconds();
    return Array.from(queues.values(), ({ groupId, budget, lane, continuing, beginning }) => ({
      groupId,
      name: budget,
      waitingRequests: continuing.size + beginning.size,
      ...lane.level(now),
    }));
  }

  function guard(next: Transport): Transport {
    return async function budgeted(request, signal) {
      if (request.lane === undefined) return next(request, signal);
      signal.throwIfAborted();
      const queue = queueOf(request.lane);
      await waitForTurn(queue, request, signal);
      const leave = once(() => {
        if (queue.lane.sent(runtime.monotonicSeconds())) admit();
      });
      try {
        const response = await next(leaving(request, leave), signal);
        learn(queue, response);
        return response;
      } finally {
        leave();
        underWay -= 1;
        queue.underWay -= 1;
        admit();
      }
    };
  }

  return {
    guard,
    levels,
    change(changed) {
      limits = changed;
      for (const { lane } of queues.values()) {
        lane.change(rateOf(limits), capacityOf(limits), runtime.monotonicSeconds());
      }
      admit();
    },
  };
}

/** A signature may take a while, as one that waits for a challenge does: the request leaves after that. */
function leaving(request: AtlasRequest, leave: () => void): AtlasRequest {
  const { sign } = request;
  if (sign === undefined) {
    leave();
    return request;
  }
  return {
    ...request,
    async sign(signal) {
      const authorization = await sign(signal);
      leave();
      return authorization;
    },
  };
}

function once(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) act();
    isDone = true;
  };
}

function rateOf({ requestsPerMinute }: BudgetLimits): number {
  return requestsPerMinute / 60;
}

function capacityOf({ requestsPerMinute }: BudgetLimits): number {
  return Math.max(1, Math.floor(requestsPerMinute / 3));
}

function pausedError(seconds: number): AtlasError {
  const problem = `Atlas wants no requests of this project for another ${Math.ceil(seconds)} s`;
  return new AtlasError('rate_limited', problem, { retryAfterSeconds: seconds, isFinal: true });
}
