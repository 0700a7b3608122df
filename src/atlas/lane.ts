/**
 * One project's share of one of Atlas' rate limits: a token bucket that Atlas' own word can pause and slow down.
 * It knows time and tokens, not who waits. All times are monotonic seconds.
 */
import type { RateLimit } from './observer.ts';

/** How much a lane may still send, for people to look at. */
export interface LaneLevel {
  readonly capacityRequests: number;
  readonly remainingRequests: number;
  readonly pausedForSeconds: number;
  /** What Atlas last said, and how long ago. */
  readonly atlas?: RateLimit & { readonly ageSeconds: number };
}

export interface Lane {
  /** Takes a token if there is one and the lane isn't paused. */
  take(nowSeconds: number): boolean;
  /** How long until the next token may be taken, if nobody else takes it. */
  readyInSeconds(nowSeconds: number): number;
  pausedForSeconds(nowSeconds: number): number;
  /** Lets nothing through before that moment; a shorter pause never ends a longer one. */
  pauseUntil(atSeconds: number): void;
  /** Heeds how much Atlas says is left to all its clients of this project together. */
  heed(rateLimit: RateLimit, nowSeconds: number): void;
  level(nowSeconds: number): LaneLevel;
}

/** Below this share of what Atlas grants, we leave more of the rest to the others. */
const LOW_SHARE = 0.25;
const SLOWEST = 0.1;
/** Atlas fills its own buckets by the minute: what it said is old after that. */
const HEEDED_SECONDS = 60;

export function createLane(ratePerSecond: number, capacity: number, nowSeconds: number): Lane {
  let tokens = capacity;
  let filledAtSeconds = nowSeconds;
  let pausedUntilSeconds = Number.NEGATIVE_INFINITY;
  let pace = 1;
  let pacedUntilSeconds = Number.NEGATIVE_INFINITY;
  let said: { readonly rateLimit: RateLimit; readonly atSeconds: number } | undefined;

  function refill(now: number): void {
    if (now >= pacedUntilSeconds) pace = 1;
    tokens = Math.min(Math.max(1, capacity * pace), tokens + (now - filledAtSeconds) * ratePerSecond * pace);
    filledAtSeconds = now;
  }

  function pausedForSeconds(now: number): number {
    return Math.max(0, pausedUntilSeconds - now);
  }

  return {
    take(now) {
      refill(now);
      if (tokens < 1 || pausedForSeconds(now) > 0) return false;
      tokens -= 1;
      return true;
    },
    readyInSeconds(now) {
      refill(now);
      const shortOf = Math.max(0, 1 - tokens);
      return Math.max(pausedForSeconds(now), shortOf / (ratePerSecond * pace));
    },
    pausedForSeconds,
    pauseUntil(atSeconds) {
      pausedUntilSeconds = Math.max(pausedUntilSeconds, atSeconds);
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
        capacityRequests: capacity,
        remainingRequests: tokens,
        pausedForSeconds: pausedForSeconds(now),
        ...(said ? { atlas: { ...said.rateLimit, ageSeconds: now - said.atSeconds } } : {}),
      };
    },
  };
}
