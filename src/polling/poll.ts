/**
 * One poll of one target by one collector. A poll reads the complete resource or fails. Only this file writes the failure of a poll
 * into a state. A failed poll keeps the last good summary. This file does not know what it polls.
 */
import type { AtlasApi } from '../atlas/client.ts';
import {
  type Collector,
  type Failure,
  type Polled,
  type PollingSettings,
  type Read,
  recordOf,
  type Target,
  type TargetState,
} from '../collectors/collector.ts';
import { isKnownFailure } from '../collectors/findings.ts';
import type { Log } from '../support/log.ts';
import type { Runtime } from '../support/runtime.ts';
import { createFailureLog, type FailureLog, failureOf, type Outages } from './failure-log.ts';
import type { Task } from './scheduler.ts';
import { intervalOf, type States } from './states.ts';

export interface PollTools {
  readonly states: States;
  settings(): PollingSettings;
  readonly runtime: Runtime;
  readonly log: Log;
  apiFor(target: Target): AtlasApi;
  readonly outages: Outages;
  /** Called after each failure: whether the target is removed because of the failure. */
  dropTarget(target: Target, failure: Failure): boolean;
}

/** Longest wait for the next poll of a target during an outage, when polls are cheap, and after it. */
export const OUTAGE_INTERVAL_SECONDS = 60;

type Outcome = { readonly read: Read<unknown> } | { readonly failure: Failure };

/** The function that makes one poll and resolves to the interval until the next one. */
export function createPoll(key: string, collector: Collector<unknown>, tools: PollTools): Task['run'] {
  const { states, runtime } = tools;
  const failureLog = createFailureLog('polling', tools);
  const of = recordOf<unknown>(collector.name);

  return async function poll(signal) {
    const state = states.get(key);
    if (state === undefined) return tools.settings().idleIntervalSeconds;
    const startedAtSeconds = runtime.monotonicSeconds();
    const outcome = await attempt(collector, state, tools, signal);
    const failure = 'failure' in outcome ? outcome.failure : undefined;
    // The program stops, or the target was removed: an incomplete result is not used.
    if (signal.aborted) return of(state).intervalSeconds;
    // A discovered cluster that cannot have exports is not a target. Only collectors that begin at the start decide
    // this.
    if (failure && collector.after === undefined && tools.dropTarget(state.target, failure))
      return of(state).intervalSeconds;
    states.update(key, (now) => {
      const record = recordAfter(of(now), outcome, startedAtSeconds, runtime);
      const intervalSeconds = intervalOf(collector, record, tools.settings());
      return { ...now, polled: { ...now.polled, [collector.name]: { ...record, intervalSeconds } } };
    });
    const after = states.get(key) ?? state;
    writeLog(failureLog, after, collector, outcome);
    const { intervalSeconds } = of(after);
    const isUrgent = failure !== undefined && collector.after === undefined && tools.outages.isNow();
    return isUrgent ? Math.min(OUTAGE_INTERVAL_SECONDS, intervalSeconds) : intervalSeconds;
  };
}

async function attempt(
  collector: Collector<unknown>,
  state: TargetState,
  { apiFor, settings, runtime }: PollTools,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    const nowSeconds = runtime.wallSeconds();
    return { read: await collector.read(apiFor(state.target), state, settings(), signal, nowSeconds) };
  } catch (error) {
    return { failure: failureOf(error, collector.advice) };
  }
}

function recordAfter(
  before: Polled<unknown>,
  outcome: Outcome,
  startedAtSeconds: number,
  runtime: Runtime,
): Polled<unknown> {
  const now = runtime.monotonicSeconds();
  const last = { endedAtSeconds: runtime.wallSeconds(), durationSeconds: now - startedAtSeconds };
  const common = { ...before, polls: before.polls + 1 };
  if ('failure' in outcome) {
    const { failure } = outcome;
    const failures = { ...before.failures, [failure.reason]: before.failures[failure.reason] + 1 };
    return { ...common, failures, last: { ...last, failure } };
  }
  const { summary, facts } = outcome.read;
  const goodAtSeconds = last.endedAtSeconds;
  const firstGoodAtSeconds = before.firstGoodAtSeconds ?? goodAtSeconds;
  const good = { firstGoodAtSeconds, goodAtSeconds, goodAtMonotonicSeconds: now, stale: false };
  return { ...common, summary, read: facts, ...good, last };
}

/** If the collector that this one waits for has the same failure, it is logged only once. */
function writeLog(failureLog: FailureLog, state: TargetState, collector: Collector<unknown>, outcome: Outcome): void {
  const { groupId, clusterName } = state.target;
  const facts = { group_id: groupId, cluster_name: clusterName, collector: collector.name };
  if ('read' in outcome) {
    failureLog.succeeded({ ...facts, items: outcome.read.facts?.items });
    failureLog.notice(facts, outcome.read.notices ?? []);
  } else if (!isKnownFailure(state, collector)) {
    failureLog.failed(facts, outcome.failure);
  }
}
