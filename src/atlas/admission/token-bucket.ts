/**
 * One project's share of one of Atlas' rate limits: a token bucket that Atlas' own word can pause and slow down.
 * It knows time and tokens, not who waits. All times are monotonic seconds.
 */
import type { RateLimit } from '../observer.ts';

/** How much a lane may still send, for people to look at. */
export interface LaneLevel {
  readonly capacityRequests: number;
  readonly remainingRequests: number;
  readonly pausedForSeconds: number;
  /** What Atlas last said, and how long ago. */
  readonly atlas?: RateLimit & { readonly ageSeconds: number };
}

export interface Lane {
  /** Takes a token if there is one and the lane isn't paused. Until it is sent, the request counts against the capacity. */
  take(nowSeconds: number): boolean;
  /** A request that has taken a token is on its way, or never will be. @returns whether others could not go for it */
  sent(nowSeconds: number): boolean;
  /** How long until it is worth trying again, if nobody else does and nothing is sent. */
  readyInSeconds(nowSeconds: number): number;
  pausedForSeconds(nowSeconds: number): number;
  /**
   * Lets nothing through before that moment; a shorter pause never ends a longer one. What was saved up is void: it goes on
   * with a single request and then at its rate, not with a burst into a limit that has just been met.
   */
  pauseUntil(atSeconds: number, nowSeconds: number): void;
  /** Whether it is as it was made: it holds nothing that would be missed. */
  isFresh(nowSeconds: number): boolean;
  /** Heeds how much Atlas says is left to all its clients of this project together. */
  heed(rateLimit: RateLimit, nowSeconds: number): void;
  level(nowSeconds: number): LaneLevel;
  /** Another rate from now on. What was not spent before stays, as far as there is room for it. */
  change(ratePerSecond: number, capacity: number, nowSeconds: number): void;
}

/** Below this share of what Atlas grants, we leave more of the rest to the others. */
const LOW_SHARE = 0.25;
const SLOWEST = 0.1;
/** Atlas fills its own buckets by the minute: what it said is old after that. */
const HEEDED_SECONDS = 60;

export function createLane(ratePerSecond: number, capacity: number, nowSeconds: number): Lane {
  let [rate, room] = [ratePerSecond, capacity];
  let tokens = capacity;
  let unsent = 0;
  let filledAtSeconds = nowSeconds;
  let pausedUntilSeconds = Number.NEGATIVE_INFINITY;
  let pace = 1;
  let pacedUntilSeconds = Number.NEGATIVE_INFINITY;
  let said: { readonly rateLimit: RateLimit; readonly atSeconds: number } | undefined;

  function refill(now: number): void {
    if (pace < 1 && now >= pacedUntilSeconds) {
      fill(pacedUntilSeconds);
      pace = 1;
    }
    fill(now);
  }

  /** Time that lies before what is filled already, as in a pause, fills nothing. */
  function fill(untilSeconds: number): void {
    const seconds = Math.max(0, untilSeconds - filledAtSeconds);
    tokens = Math.max(0, Math.min(most(), tokens + seconds * rate * pace));
    filledAtSeconds = Math.max(filledAtSeconds, untilSeconds);
  }

  function most(): number {
    return Math.max(1, room * pace) - unsent;
  }

  function pausedForSeconds(now: number): number {
    return Math.max(0, pausedUntilSeconds - now);
  }

  return {
    take(now) {
      refill(now);
      if (tokens < 1 || pausedForSeconds(now) > 0) return false;
      tokens -= 1;
      unsent += 1;
      return true;
    },
    sent(now) {
      refill(now);
      const wasInTheWay = most() < 1;
      unsent -= 1;
      return wasInTheWay;
    },
    readyInSeconds(now) {
      refill(now);
      if (most() < 1) return Number.POSITIVE_INFINITY;
      const shortOf = Math.max(0, 1 - tokens);
      const fillingSeconds = shortOf / (rate * pace);
      // It is faster again from then on.
      const pacedSeconds = pace < 1 ? pacedUntilSeconds - now : Number.POSITIVE_INFINITY;
      return Math.max(
        pausedForSeconds(now),
        Math.min(fillingSeconds + Math.max(0, filledAtSeconds - now), pacedSeconds),
      );
    },
    pausedForSeconds,
    pauseUntil(atSeconds, now) {
      refill(now);
      if (atSeconds <= Math.max(now, pausedUntilSeconds)) return;
      pausedUntilSeconds = atSeconds;
      fill(atSeconds);
      tokens = Math.min(tokens, 1);
    },
    isFresh(now) {
      refill(now);
      return tokens >= room && pace === 1 && pausedForSeconds(now) === 0;
    },
    heed(rateLimit, now) {
      const { limit, remaining } = rateLimit;
      said = { rateLimit, atSeconds: now };
      refill(now);
      const share = limit > 0 ? remaining / limit : 1;
      pace = Math.min(1, Math.max(SLOWEST, share / LOW_SHARE));
      pacedUntilSeconds = now + HEEDED_SECONDS;
      refill(now);
    },
    level(now) {
      refill(now);
      return {
        capacityRequests: room,
        remainingRequests: tokens,
        pausedForSeconds: pausedForSeconds(now),
        ...(said ? { atlas: { ...said.rateLimit, ageSeconds: now - said.atSeconds } } : {}),
      };
    },
    change(newRate, newCapacity, now) {
      refill(now);
      [rate, room] = [newRate, newCapacity];
      refill(now);
    },
  };
}
