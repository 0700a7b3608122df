/**
 * Atlas' published request budgets: token buckets that refill all the time.
 * It counts; whether a spent bucket refuses anything is decided elsewhere.
 */

export type RateBucket = 'cloud_backups' | 'clusters' | 'projects' | 'tokens';

interface Level {
  readonly tokens: number;
  readonly atMs: number;
}

export interface RateLimits {
  /** Takes one request out of the bucket that `owner` has, if there is one left. */
  take(bucket: RateBucket, owner: string): Taken;
}

export interface Taken {
  readonly limit: number;
  readonly remaining: number;
  /** Set when the bucket was empty: the whole seconds until the next request fits. */
  readonly retryAfterSeconds?: number;
}

const budgets = {
  cloud_backups: { capacity: 1200, perMinute: 500 },
  clusters: { capacity: 10_000, perMinute: 5000 },
  projects: { capacity: 1200, perMinute: 500 },
  // Not published: 10 to 50 a minute were seen. The strictest is the most useful one to be tested against.
  tokens: { capacity: 10, perMinute: 10 },
};

export function createRateLimits(now: () => number): RateLimits {
  const levels = new Map<string, Level>();

  function take(bucket: RateBucket, owner: string): Taken {
    const { capacity, perMinute } = budgets[bucket];
    const perMs = perMinute / 60_000;
    const key = `${bucket} ${owner}`;
    const atMs = now();
    const before = levels.get(key) ?? { tokens: capacity, atMs };
    const filled = Math.min(capacity, before.tokens + Math.max(0, atMs - before.atMs) * perMs);
    if (filled < 1) {
      levels.set(key, { tokens: filled, atMs });
      return { limit: capacity, remaining: 0, retryAfterSeconds: Math.ceil((1 - filled) / perMs / 1000) };
    }
    levels.set(key, { tokens: filled - 1, atMs });
    return { limit: capacity, remaining: Math.floor(filled - 1) };
  }

  return { take };
}
