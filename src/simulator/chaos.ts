/**
 * Bad moments for whatever is otherwise well: ten seconds each, one in four, a function of chance and time. All of them
 * pass by themselves; what lasts is part of the cast. Now and then all tokens or nonces end.
 */
import type { Chance } from './chance.ts';
import type { Fault, FaultPlan } from './faults.ts';

export interface ChaosOptions {
  readonly chance: Chance;
  /** From when on moments are counted. */
  readonly startedAtMs?: number;
  /** How long a moment is. */
  readonly momentMs?: number;
  /** How many of the moments are bad, 0 to 1. */
  readonly share?: number;
}

/** Reserved for ever: nobody is there. */
const elsewhere = 'https://elsewhere.invalid';

const ofAnswers: readonly Fault[] = [
  { status: 503, html: true },
  { status: 500, errorCode: 'UNEXPECTED_ERROR' },
  { status: 502, html: true },
  { status: 200, html: true },
  { status: 401 },
  { status: 429, errorCode: 'RATE_LIMITED', retryAfterSeconds: 5 },
  { status: 429, errorCode: 'RATE_LIMITED', retryAfterSeconds: 3, retryAfterAs: 'date' },
  { status: 429, errorCode: 'RATE_LIMITED', retryAfterSeconds: 0 },
  { status: 429, errorCode: 'RATE_LIMITED', retryAfterAs: 'nonsense' },
  { status: 429, errorCode: 'RATE_LIMITED', retryAfterSeconds: 2, delivered: { kind: 'truncate' } },
  { status: 503, delivered: { kind: 'not-gzip' } },
  { kind: 'redirect', to: elsewhere },
  { kind: 'text', text: '{"results":' },
  { kind: 'text', text: 'null' },
  { kind: 'clock', aheadSeconds: 7200 },
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
  { kind: 'envelope' },
  { kind: 'nulls' },
  { kind: 'null-items' },
  { kind: 'wrong-types' },
  { kind: 'strange-fields' },
  { kind: 'strange-states' },
  { kind: 'hostile' },
  { kind: 'crowd', of: 'error-codes', count: 10_000 },
  { kind: 'crowd', of: 'buckets', count: 3000 },
  { kind: 'crowd', of: 'queued', count: 3000 },
  { kind: 'future', seconds: 86_400 },
];

/** Every fault that passes, as chaos deals them. */
export const passingFaults: readonly Fault[] = [...ofAnswers, ...ofDelivery, ...ofLists];

/** Tokens end all at once and rarely: a client is right to ask for new ones only now and then. */
const tokensEndEveryMs = 420_000;
const noncesEndEveryMs = 30_000;

/** Strikes whatever is asked for, but for the OAuth endpoints: without a token nothing else would be seen. */
export function createChaos({ chance, startedAtMs = 0, momentMs = 10_000, share = 0.25 }: ChaosOptions): FaultPlan {
  let tokensEndAtMs: number | undefined;
  let noncesEndAtMs: number | undefined;

  /** Once each time that a stretch of time is over. */
  function endOfCredentials(nowMs: number): Fault | undefined {
    tokensEndAtMs ??= nowMs + tokensEndEveryMs;
    noncesEndAtMs ??= nowMs + noncesEndEveryMs;
    if (nowMs >= tokensEndAtMs) {
      tokensEndAtMs = nowMs + tokensEndEveryMs;
      return { kind: 'expire-tokens' };
    }
    if (nowMs >= noncesEndAtMs) {
      noncesEndAtMs = nowMs + noncesEndEveryMs;
      return { kind: 'expire-nonces' };
    }
    return undefined;
  }

  return ({ operation, groupId, clusterName, nowMs }) => {
    if (operation === 'token' || operation === 'revoke') {
      return undefined;
    }
    const moment = Math.floor((nowMs - startedAtMs) / momentMs);
    const dealt = Math.floor(
      (chance.of('chaos', operation, groupId, clusterName, moment) / share) * passingFaults.length,
    );
    return endOfCredentials(nowMs) ?? passingFaults[dealt];
  };
}
