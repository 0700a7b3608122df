/**
 * Admission control: decides when a request may be sent. Each project has a token bucket per rate limit of Atlas, and
 * all requests share a limited number of concurrent requests. Only the first request in a bucket's queue competes for a
 * free slot, so projects take turns: a project with a hundred queued requests delays another project by at most one
 * request.
 */
import type { Runtime } from '../../support/runtime.ts';
import { BOUNDS } from '../bounds.ts';
import { AtlasError } from '../error.ts';
import { rateLimitOf, retryAfterSecondsOf } from '../http/answer.ts';
import type { AtlasRequest, AtlasResponse, TimeBudget, Transport } from '../http/transport.ts';
import type { BudgetName } from '../observer.ts';
import { type BucketLevel, createTokenBucket, type TokenBucket } from './token-bucket.ts';

interface Limits {
  readonly requestsPerMinute: number;
  /** Maximum number of concurrent requests, over all projects. */
  readonly concurrency: number;
}

export interface BudgetLevel extends BucketLevel {
  readonly groupId: string;
  readonly name: BudgetName;
  readonly waitingRequests: number;
  /** Time that requests have waited for a token or for a place, in total. */
  readonly throttledSeconds: number;
}

interface Budget {
  readonly groupId: string;
  readonly name: BudgetName;
  readonly bucket: TokenBucket;
  /** A semaphore with one place: its holder is the first request of the queue. */
  readonly queue: ReturnType<typeof createSemaphore>;
  waiting: number;
  throttledSeconds: number;
}

/** A waiting request checks the bucket at least this often: a reload or a 429 may have changed it. */
const LOOK_AGAIN_SECONDS = 5;
/** Added to each pause, so that clients with the same Retry-After do not come back at the same moment. */
const JITTER_SHARE = 0.1;

export function createAdmission(initialLimits: Limits, runtime: Runtime) {
  let limits = initialLimits;
  const places = createSemaphore(limits.concurrency);
  const budgets = new Map<string, Budget>();

  function budgetOf({ groupId, name }: NonNullable<AtlasRequest['budget']>): Budget {
    const key = `${groupId} ${name}`;
    const known = budgets.get(key);
    if (known) return known;
    const bucket = createTokenBucket(rateOf(limits), capacityOf(limits), runtime.monotonicSeconds());
    const budget = { groupId, name, bucket, queue: createSemaphore(1), waiting: 0, throttledSeconds: 0 };
    budgets.set(key, budget);
    return budget;
  }

  /**
   * Requests wait here for a token and a place; requests without a budget pass at once.
   * @param refusal called just before a request is sent; returns an error if it must no longer be sent
   */
  function guard(next: Transport, refusal: () => AtlasError | undefined): Transport {
    async function turn({ bucket, queue }: Budget, request: AtlasRequest, signal: AbortSignal): Promise<() => void> {
      const leaveQueue = await queue.acquire(signal);
      try {
        for (;;) {
          await untilReady(bucket, request.timeBudget, signal);
          const release = await places.acquire(signal);
          const refused = refusal();
          if (refused === undefined && bucket.take(runtime.monotonicSeconds())) return release;
          release();
          if (refused) throw refused;
          // A 429 may have paused the bucket while the request waited for the semaphore.
        }
      } finally {
        leaveQueue();
      }
    }

    return async function admitted(request, signal) {
      if (request.budget === undefined) return next(request, signal);
      const budget = budgetOf(request.budget);
      const askedAtSeconds = runtime.monotonicSeconds();
      budget.waiting += 1;
      const release = await turn(budget, request, signal).finally(() => {
        budget.waiting -= 1;
        budget.throttledSeconds += runtime.monotonicSeconds() - askedAtSeconds;
      });
      try {
        const response = await next(request, signal);
        learn(budget, response);
        return response;
      } finally {
        release();
      }
    };
  }

  /** A pause after a 429 counts against the poll's time budget; waiting for a token does not. */
  async function untilReady(bucket: TokenBucket, timeBudget: TimeBudget, signal: AbortSignal): Promise<void> {
    for (;;) {
      const now = runtime.monotonicSeconds();
      const paused = bucket.pausedForSeconds(now);
      if (paused > 0 && paused >= timeBudget.remainingSeconds) throw pausedError(paused);
      const seconds = Math.min(LOOK_AGAIN_SECONDS, bucket.readyInSeconds(now));
      if (seconds === 0) return;
      await runtime.sleep(seconds, signal);
      timeBudget.remainingSeconds -= Math.min(paused, seconds);
    }
  }

  function learn({ bucket }: Budget, response: AtlasResponse): void {
    const now = runtime.monotonicSeconds();
    const rateLimit = rateLimitOf(response);
    if (rateLimit) bucket.follow(rateLimit, now);
    if (response.status !== 429) return;
    const { least, most } = BOUNDS.pauseSeconds;
    const askedSeconds = retryAfterSecondsOf(response) ?? least;
    const seconds = Math.min(most, askedSeconds);
    bucket.pauseUntil(now + seconds + runtime.random() * Math.max(1, seconds * JITTER_SHARE), now);
  }

  /** Applies other limits. Tokens that were taken stay taken; waiting requests keep waiting. */
  function change(changed: Limits): void {
    limits = changed;
    for (const { bucket } of budgets.values()) {
      bucket.change(rateOf(limits), capacityOf(limits), runtime.monotonicSeconds());
    }
    places.resize(limits.concurrency);
  }

  function levels(): readonly BudgetLevel[] {
    return Array.from(budgets.values(), ({ groupId, name, bucket, waiting, throttledSeconds }) => ({
      groupId,
      name,
      waitingRequests: waiting,
      throttledSeconds,
      ...bucket.level(runtime.monotonicSeconds()),
    }));
  }

  return { guard, change, levels };
}

function rateOf({ requestsPerMinute }: Limits): number {
  return requestsPerMinute / 60;
}

/** The largest burst: a third of the requests of one minute. */
function capacityOf({ requestsPerMinute }: Limits): number {
  return Math.max(1, Math.floor(requestsPerMinute / 3));
}

function pausedError(seconds: number): AtlasError {
  const problem = `Atlas accepts no requests of this project for another ${Math.ceil(seconds)} s`;
  return new AtlasError('rate_limited', problem, { retryAfterSeconds: seconds, isFinal: true });
}

/** A counting semaphore: it limits concurrent requests, and serves them in the order in which they asked. */
function createSemaphore(initialPlaces: number) {
  let places = initialPlaces;
  let held = 0;
  const waiting = new Set<() => void>();

  function startWaiting(): void {
    for (const start of waiting) {
      if (held >= places) return;
      waiting.delete(start);
      held += 1;
      start();
    }
  }

  function release(): void {
    held -= 1;
    startWaiting();
  }

  /** Resolves to the function that releases the place; call it exactly once. Rejects as soon as the signal is aborted. */
  function acquire(signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      function start(): void {
        signal.removeEventListener('abort', leave);
        resolve(release);
      }
      function leave(): void {
        waiting.delete(start);
        reject(signal.reason as Error);
      }
      signal.addEventListener('abort', leave, { once: true });
      waiting.add(start);
      startWaiting();
    });
  }

  /** Holders beyond the new number keep their places until they release them. */
  function resize(changed: number): void {
    places = changed;
    startWaiting();
  }

  return { acquire, resize };
}
