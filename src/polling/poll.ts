/**
 * One poll of one target by one collector: whole or nothing. This is the only place that turns a poll's failure into a state.
 * A failed poll leaves the last good summary alone. It doesn't know what it polls.
 */
import type { AtlasApi } from '../atlas/client.ts';
import { isTransient } from '../atlas/error.ts';
import {
  type Collector,
  type Failure,
  type Polled,
  type PolledSlots,
  type Read,
  SLOTS,
  type Slot,
  type Summaries,
  type Target,
  type TargetState,
} from '../collectors/collector.ts';
import type { Log } from '../support/log.ts';
import type { Runtime } from '../support/runtime.ts';
import { createReport, failureOf, type Report } from './failure-log.ts';
import { nextBeat, phaseOf } from './grid.ts';
import type { Task } from './scheduler.ts';
import type { States } from './states.ts';

/** Read anew at each use: a reload may change them under a poll. */
export interface PollSettings {
  /** While something is going on. */
  readonly intervalSeconds: number;
  readonly idleIntervalSeconds: number;
  /** After a failure that may pass. Left out: as if it had not failed. */
  readonly retryIntervalSeconds?: number;
}

export interface PollTools<K extends Slot> {
  readonly collector: Collector<K>;
  readonly states: States;
  readonly settings: PollSettings;
  readonly runtime: Runtime;
  readonly log: Log;
  /** A client for one poll of this target. */
  apiFor(target: Target): AtlasApi;
  /** Whether Atlas can’t be reached at all at the moment: then polls cost nothing, and whoever waits long learns late. */
  isLost?(): boolean;
  /** Asked after each failure: whether the target is dropped for it. What is dropped is not shown as failing. */
  giveUp?(target: Target, failure: Failure): GivenUp;
}

/** How long a target waits at the most where what is known of all of them has become old at once. */
export const HURRY_SECONDS = 60;

/** `silently` where a line in the log has told of it before. */
export type GivenUp = 'no' | 'aloud' | 'silently';

type Outcome<S> = { readonly read: Read<S> } | { readonly failure: Failure };

/** By what the scheduler knows the polls of a target by a collector; the phase of their beats comes from it. */
export function pollKeyOf(key: string, slot: Slot): string {
  return `${slot} ${key}`;
}

export function createPoll<K extends Slot>(key: string, tools: PollTools<K>): Task['run'] {
  const { collector, states, runtime } = tools;
  const report = createReport('polling', tools);

  return async function poll(signal) {
    const state = states.get(key);
    if (state === undefined) return tools.settings.idleIntervalSeconds;
    const startedAtSeconds = runtime.monotonicSeconds();
    const outcome = await attempt(tools, state.target, signal);
    const slots: PolledSlots = state;
    const before: Polled<Summaries[K]> = slots[collector.slot];
    // Stopped, or the target is gone: what was read half is nobody's business.
    if (signal.aborted) return before.intervalSeconds;
    if ('failure' in outcome && givesUp(tools, state.target, outcome.failure)) return before.intervalSeconds;
    const { after, waitSeconds } = recorded(before, outcome, startedAtSeconds, tools, key);
    states.update(key, (now) => ({
      ...now,
      [collector.slot]: { ...after, stale: 'read' in outcome ? false : now[collector.slot].stale },
    }));
    tell(report, states.get(key) ?? state, collector.slot, outcome);
    return waitSeconds;
  };
}

async function attempt<K extends Slot>(
  { collector, apiFor }: PollTools<K>,
  target: Target,
  signal: AbortSignal,
): Promise<Outcome<Summaries[K]>> {
  try {
    return { read: await collector.read(apiFor(target), target, signal) };
  } catch (error) {
    return { failure: failureOf(error, collector.advice) };
  }
}

function givesUp<K extends Slot>(tools: PollTools<K>, target: Target, failure: Failure): boolean {
  const givenUp = tools.giveUp?.(target, failure) ?? 'no';
  if (givenUp === 'aloud') {
    const { reason, status, errorCode: error_code, problem } = failure;
    const facts = { ...factsOf(target, tools.collector.slot), reason, status, error_code, problem };
    tools.log.info(facts, 'a discovered cluster can’t be polled: it is left out');
  }
  return givenUp !== 'no';
}

function recorded<K extends Slot>(
  before: Polled<Summaries[K]>,
  outcome: Outcome<Summaries[K]>,
  startedAtSeconds: number,
  { collector, settings, runtime, isLost }: PollTools<K>,
  key: string,
): { readonly after: Polled<Summaries[K]>; readonly waitSeconds: number } {
  const now = runtime.monotonicSeconds();
  const endedAtSeconds = runtime.wallSeconds();
  const failure = 'failure' in outcome ? outcome.failure : undefined;
  const summary = 'read' in outcome ? outcome.read.summary : before.summary;
  const intervalSeconds = intervalAfter(settings, failure, isBusy(collector, summary));
  const waitSeconds = failure && isLost?.() ? Math.min(HURRY_SECONDS, intervalSeconds) : intervalSeconds;
  const common = {
    ...before,
    polls: before.polls + 1,
    intervalSeconds,
    nextAtSeconds: nextAtSeconds(key, collector.slot, waitSeconds, runtime),
    last: { endedAtSeconds, durationSeconds: now - startedAtSeconds, ...(failure ? { failure } : {}) },
  };
  if ('failure' in outcome) {
    const { reason } = outcome.failure;
    const failures = { ...before.failures, [reason]: before.failures[reason] + 1 };
    return { after: { ...common, failures }, waitSeconds };
  }
  const after = {
    ...common,
    summary: outcome.read.summary,
    ...(outcome.read.facts ? { read: outcome.read.facts } : {}),
    goodAtSeconds: endedAtSeconds,
    goodAtMonotonicSeconds: now,
  };
  return { after, waitSeconds };
}

/** What is known of a target, with the interval and the next beat that the settings in force ask for. */
export function paced<K extends Slot>(
  key: string,
  now: Polled<Summaries[K]>,
  { collector, settings, runtime }: Pick<PollTools<K>, 'collector' | 'settings' | 'runtime'>,
): Polled<Summaries[K]> {
  const intervalSeconds = intervalAfter(settings, now.last?.failure, isBusy(collector, now.summary));
  if (intervalSeconds === now.intervalSeconds) return now;
  if (now.nextAtSeconds === undefined) return { ...now, intervalSeconds };
  return { ...now, intervalSeconds, nextAtSeconds: nextAtSeconds(key, collector.slot, intervalSeconds, runtime) };
}

function nextAtSeconds(key: string, slot: Slot, intervalSeconds: number, runtime: Runtime): number {
  const now = runtime.monotonicSeconds();
  return runtime.wallSeconds() + nextBeat(now, intervalSeconds, phaseOf(pollKeyOf(key, slot))) - now;
}

/** Where nothing is known yet, something may be going on. */
function isBusy<K extends Slot>(collector: Collector<K>, summary: Summaries[K] | undefined): boolean {
  return summary === undefined || collector.isActive(summary);
}

function intervalAfter(settings: PollSettings, failure: Failure | undefined, isBusy: boolean): number {
  const { intervalSeconds, idleIntervalSeconds, retryIntervalSeconds } = settings;
  const asUsual = isBusy ? intervalSeconds : idleIntervalSeconds;
  if (failure === undefined) return asUsual;
  return isTransient(failure.reason) ? (retryIntervalSeconds ?? asUsual) : idleIntervalSeconds;
}

/** What a collector before this one has failed with is not told twice: a cluster that is gone has no schedule either. */
function tell(report: Report, state: TargetState, collector: Slot, outcome: Outcome<unknown>): void {
  const facts = factsOf(state.target, collector);
  if ('read' in outcome) {
    report.worked({ ...facts, jobs: outcome.read.facts?.jobs });
    report.notice(facts, outcome.read.notices);
    return;
  }
  const { failure } = outcome;
  const told = SLOTS.slice(0, SLOTS.indexOf(collector)).map((slot) => state[slot].last?.failure);
  const isKnown = told.some((one) => one?.reason === failure.reason && one.errorCode === failure.errorCode);
  if (!isKnown) report.failed(facts, failure);
}

function factsOf({ groupId, clusterName }: Target, collector: Slot) {
  return { group_id: groupId, cluster_name: clusterName, collector };
}
