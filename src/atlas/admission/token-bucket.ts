/**
 * A token bucket for one project and one of Atlas' rate limits. A 429 pauses it, a low RateLimit-Remaining slows it
 * down. It only computes and never waits. All times are monotonic seconds.
 */
import type { RateLimit } from '../observer.ts';

/** The remaining budget of a bucket, for the pages and the API. */
export interface BucketLevel {
  readonly capacityRequests: number;
  readonly remainingRequests: number;
  readonly pausedForSeconds: number;
  /** The latest RateLimit headers of Atlas, and their age. */
  readonly atlas?: (RateLimit & { readonly ageSeconds: number }) | undefined;
}

export type TokenBucket = ReturnType<typeof createTokenBucket>;

/** Below this share of Atlas' limit, the bucket fills more slowly: in proportion to the share, but never below `slowest`. */
const LOW = { share: 0.25, slowest: 0.1 };
/** Atlas refills its own buckets every minute, so its headers are outdated after a minute. */
const FOLLOWED_SECONDS = 60;
/** Tolerance: rounding may make a token slightly less than 1. */
const TOLERANCE = 1e-6;

export function createTokenBucket(initialRate: number, initialCapacity: number, nowSeconds: number) {
  let rate = initialRate;
  let capacity = initialCapacity;
  let tokens = capacity;
  /** Monotonic seconds of the latest refill. During a pause it is in the future. */
  let filledAtSeconds = nowSeconds;
  let pausedUntilSeconds = nowSeconds;
  let slowness = 1;
  let slowUntilSeconds = nowSeconds;
  let lastHeaders: { readonly rateLimit: RateLimit; readonly atSeconds: number } | undefined;

  /** While the bucket is slow, waiting requests refill it every few seconds, so the end of that time needs no own step. */
  function refill(now: number): void {
    const most = now < slowUntilSeconds ? Math.max(1, capacity * slowness) : capacity;
    tokens = Math.min(most, tokens + rateAt(now) * Math.max(0, now - filledAtSeconds));
    filledAtSeconds = Math.max(filledAtSeconds, now);
  }

  function rateAt(now: number): number {
    return now < slowUntilSeconds ? rate * slowness : rate;
  }

  function pausedForSeconds(now: number): number {
    return Math.max(0, pausedUntilSeconds - now);
  }

  /** Takes a token unless the bucket is empty or paused. Returns whether it did. */
  function take(now: number): boolean {
    refill(now);
    if (tokens < 1 - TOLERANCE || pausedForSeconds(now) > 0) return false;
    tokens = Math.max(0, tokens - 1);
    return true;
  }

  /** Seconds until a token is available, if no other request takes it; 0 if it is available now. */
  function readyInSeconds(now: number): number {
    refill(now);
    const missing = 1 - tokens;
    const pause = Math.max(0, filledAtSeconds - now);
    return missing <= TOLERANCE ? pause : pause + missing / rateAt(now);
  }

  /** Never shortens a pause. Then the bucket has one token, because a burst would exceed the limit again. */
  function pauseUntil(atSeconds: number, now: number): void {
    refill(now);
    if (atSeconds <= Math.max(now, pausedUntilSeconds)) return;
    pausedUntilSeconds = atSeconds;
    filledAtSeconds = atSeconds;
    tokens = 1;
  }

  /** Slows down for a minute if Atlas has little left for all clients of the project together. */
  function follow(rateLimit: RateLimit, now: number): void {
    refill(now);
    lastHeaders = { rateLimit, atSeconds: now };
    const share = rateLimit.limit > 0 ? rateLimit.remaining / rateLimit.limit : 1;
    slowness = Math.min(1, Math.max(LOW.slowest, share / LOW.share));
    slowUntilSeconds = slowness < 1 ? now + FOLLOWED_SECONDS : now;
    refill(now);
  }

  /** Tokens that were taken stay taken. */
  function change(newRate: number, newCapacity: number, now: number): void {
    refill(now);
    rate = newRate;
    capacity = newCapacity;
    refill(now);
  }

  function level(now: number): BucketLevel {
    refill(now);
    return {
      capacityRequests: capacity,
      remainingRequests: tokens,
      pausedForSeconds: pausedForSeconds(now),
      atlas: lastHeaders && { ...lastHeaders.rateLimit, ageSeconds: now - lastHeaders.atSeconds },
    };
  }

  return { take, readyInSeconds, pausedForSeconds, pauseUntil, follow, change, level };
}
