/** Atlas' published rate limits: token buckets that refill continuously. It only counts, and refuses nothing. */

export type RateBucket = 'cloud_backups' | 'clusters' | 'projects' | 'tokens';

export type RateLimits = ReturnType<typeof createRateLimits>;

interface Taken {
  readonly limit: number;
  readonly remaining: number;
  /** Only if the bucket is empty: whole seconds until the next request is allowed. */
  readonly retryAfterSeconds?: number;
}

const sizes = {
  cloud_backups: { capacity: 1200, perMinute: 500 },
  clusters: { capacity: 10_000, perMinute: 5000 },
  projects: { capacity: 1200, perMinute: 500 },
  // Not published. 10 to 50 a minute were observed; the strictest value is the best one for tests.
  tokens: { capacity: 10, perMinute: 10 },
};

export function createRateLimits(now: () => number) {
  const levels = new Map<string, { readonly tokens: number; readonly atMs: number }>();

  /** Takes one request from the owner's bucket, unless it is empty. */
  function take(bucket: RateBucket, owner: string): Taken {
    const { capacity, perMinute } = sizes[bucket];
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
