/**
 * Discovers something at intervals: the clusters of one project, or the projects of one credential. A failed discovery keeps what
 * was found before.
 */
import type { AtlasApi } from '../atlas/client.ts';
import { AtlasError, isTransient } from '../atlas/error.ts';
import type { Advice, Failure, Notice } from '../collectors/collector.ts';
import { withinDeadline } from '../support/abortable.ts';
import type { Log } from '../support/log.ts';
import type { Runtime } from '../support/runtime.ts';
import { createFailureLog, type Facts, failureOf, type Outages } from './failure-log.ts';
import type { Scheduler, Task } from './scheduler.ts';

export interface DiscoveryState {
  /** True after the first discovery, successful or not. */
  readonly tried: boolean;
  /** True if the latest discovery succeeded. */
  readonly up: boolean;
  /** The reason if the latest discovery failed. */
  readonly failure?: Failure;
  /** Unix time of the latest successful discovery. */
  readonly goodAtSeconds?: number;
}

export interface Discovery {
  readonly task: Task;
  state(): DiscoveryState;
  intervalSeconds(): number;
}

export interface DiscoveryParts<Found> {
  /** The key of the task. */
  readonly key: string;
  /** Its name in the log: `discovery`. */
  readonly what: string;
  /** The fields of its log lines. */
  readonly facts: Facts;
  readonly advice: Advice;
  /** The interval of the config, called at each use. */
  wantedIntervalSeconds(): number;
  read(signal: AbortSignal): Promise<Found>;
  /** Called after each successful discovery. Returns fields and notices for the log. */
  onFound(found: Found): { readonly facts: Facts; readonly notices: readonly Notice[] };
}

export interface DiscoveryTools {
  readonly scheduler: Scheduler;
  apiFor(whose: { readonly credential: string }): AtlasApi;
  readonly runtime: Runtime;
  readonly log: Log;
  readonly outages: Outages;
}

/** Seconds until the next discovery after a temporary failure, if this is shorter than the interval. */
const RETRY_SECONDS = 60;
/** Timeout of a discovery. It reads a few pages; most of this time is for waiting for the request budget. */
const DISCOVERY_SECONDS = 600;

export function createDiscovery<Found>(parts: DiscoveryParts<Found>, tools: DiscoveryTools): Discovery {
  const { key, what, facts, wantedIntervalSeconds } = parts;
  const { runtime } = tools;
  const failureLog = createFailureLog(what, tools);
  let state: DiscoveryState = { tried: false, up: false };

  async function run(signal: AbortSignal): Promise<number> {
    try {
      const late = (): AtlasError =>
        new AtlasError('timeout', `the discovery did not end within ${DISCOVERY_SECONDS} s`);
      const found = await withinDeadline({ runtime, seconds: DISCOVERY_SECONDS, late, signal }, parts.read);
      if (!signal.aborted) succeeded(found);
    } catch (error) {
      if (signal.aborted) return intervalSeconds();
      const failure = failureOf(error, parts.advice);
      state = { ...state, tried: true, up: false, failure };
      failureLog.failed(facts, failure);
    }
    return intervalSeconds();
  }

  function succeeded(found: Found): void {
    state = { tried: true, up: true, goodAtSeconds: runtime.wallSeconds() };
    const result = parts.onFound(found);
    failureLog.succeeded({ ...facts, ...result.facts });
    failureLog.notice(facts, result.notices);
  }

  function intervalSeconds(): number {
    const seconds = wantedIntervalSeconds();
    return state.failure && isTransient(state.failure.reason) ? Math.min(RETRY_SECONDS, seconds) : seconds;
  }

  return { task: { key, group: 'discovery', run }, state: () => state, intervalSeconds };
}
