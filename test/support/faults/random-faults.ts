/**
 * Faults at random: time is cut into moments, and in a share of the moments all requests for one resource meet the same
 * fault. Tokens and nonces expire from time to time.
 */
import type { Chance } from '../../../src/simulator/chance.ts';
import type { Fault, FaultPlan } from './faults.ts';

export interface RandomFaultsOptions {
  readonly chance: Chance;
  readonly momentMs: number;
  /** The share of moments with a fault, 0 to 1. */
  readonly share: number;
}

/** No such host exists (RFC 2606). */
const elsewhere = 'https://elsewhere.invalid';

const ofAnswers: readonly Fault[] = [
  { status: 503, html: true },
  { status: 500, errorCode: 'UNEXPECTED_ERROR' },
  { status: 502, html: true },
  { status: 200, html: true },
  { status: 401 },
  { status: 429, errorCode: 'RATE_LIMITED', retryAfterSeconds: 5 },
  { status: 429, errorCode: 'RATE_LIMITED', retryAfterSeconds: 0 },
  { status: 429, errorCode: 'RATE_LIMITED', retryAfterSeconds: 2, delivered: { kind: 'truncate' } },
  { status: 503, delivered: { kind: 'not-gzip' } },
  { kind: 'redirect', to: elsewhere },
  { kind: 'text', text: '{"results":' },
  { kind: 'text', text: 'null' },
  { kind: 'deprecated', sinceMs: Date.UTC(2024, 7, 5), endsAtMs: Date.UTC(2027, 6, 1) },
];

const ofDelivery: readonly Fault[] = [
  { kind: 'reset' },
  { kind: 'hang' },
  { kind: 'stall' },
  { kind: 'drip', bytesPerSecond: 2000 },
  { kind: 'truncate' },
  { kind: 'not-gzip' },
  { kind: 'flood', megabytes: 600 },
  { kind: 'gzip-bomb', megabytes: 600 },
];

const ofLists: readonly Fault[] = [
  { kind: 'foreign-links', to: elsewhere },
  { kind: 'endless' },
  { kind: 'endless', ids: 'new' },
  { kind: 'total', as: 'higher' },
  { kind: 'total', as: 'lower' },
  { kind: 'total', as: 'missing' },
  { kind: 'total', as: 'negative' },
  { kind: 'total', as: 'text' },
  { kind: 'page-cap', items: 100 },
  { kind: 'no-links' },
  { kind: 'shift' },
  { kind: 'repeat' },
  { kind: 'nulls' },
  { kind: 'null-items' },
  { kind: 'wrong-types' },
  { kind: 'unknown-fields' },
  { kind: 'unknown-states' },
  { kind: 'hostile' },
  { kind: 'crowd', of: 'error-codes', count: 10_000 },
  { kind: 'crowd', of: 'buckets', count: 3000 },
  { kind: 'crowd', of: 'queued', count: 3000 },
  { kind: 'future', seconds: 86_400 },
];

const allFaults: readonly Fault[] = [...ofAnswers, ...ofDelivery, ...ofLists];

/** Rarely: the exporter mints a new token at most every five minutes because of a 401. */
const tokensExpireEveryMs = 420_000;
const noncesExpireEveryMs = 30_000;

/** OAuth requests meet no fault: without a token no other fault would be met. */
export function createRandomFaults({ chance, momentMs, share }: RandomFaultsOptions): FaultPlan {
  let tokensExpireAtMs: number | undefined;
  let noncesExpireAtMs: number | undefined;

  function expiry(nowMs: number): Fault | undefined {
    tokensExpireAtMs ??= nowMs + tokensExpireEveryMs;
    noncesExpireAtMs ??= nowMs + noncesExpireEveryMs;
    if (nowMs >= tokensExpireAtMs) {
      tokensExpireAtMs = nowMs + tokensExpireEveryMs;
      return { kind: 'expire-tokens' };
    }
    if (nowMs >= noncesExpireAtMs) {
      noncesExpireAtMs = nowMs + noncesExpireEveryMs;
      return { kind: 'expire-nonces' };
    }
    return undefined;
  }

  return ({ operation, groupId, clusterName, nowMs }) => {
    if (operation === 'token' || operation === 'revoke') {
      return undefined;
    }
    const moment = Math.floor(nowMs / momentMs);
    const drawn = chance.of('fault', operation, groupId, clusterName, moment) / share;
    return expiry(nowMs) ?? allFaults[Math.floor(drawn * allFaults.length)];
  };
}
