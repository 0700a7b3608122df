/**
 * One poll of one target by one collector: whole or nothing. This is the only place that turns a failure into a state and a
 * log line. A failed poll leaves the last good summary alone. It doesn't know what it polls.
 */
import type { AtlasApi } from '../atlas/client.ts';
import { AtlasError, isTransient } from '../atlas/error.ts';
import type { Collector, Failure, Polled, Read, Slot, Summaries, Target } from '../collectors/collector.ts';
import type { Log } from '../log.ts';
import type { Runtime } from '../runtime.ts';
import { nextBeat, phaseOf } from './grid.ts';
import type { Task } from './scheduler.ts';
import type { States } from './states.ts';

export interface PollSettings {
  /** While something is going on, and after a failure that may pass. */
  readonly intervalSeconds: number;
  readonly idleIntervalSeconds: number;
}

export interface PollTools<K extends Slot> {
  readonly collector: Collector<K>;
  readonly states: States;
  readonly settings: PollSettings;
  readonly runtime: Runtime;
  readonly log: Log;
  /** A client for one poll of this target. */
  apiFor(target: Target): AtlasApi;
}

type Outcome<S> = { readonly read: Read<S> } | { readonly failure: Failure };

const REMIND_AFTER_SECONDS = 3600;

export function createPoll<K extends Slot>(key: string, tools: PollTools<K>): Task['run'] {
  const { collector, states, runtime } = tools;
  const report = createReport(tools);

  return async function poll(signal) {
    const state = states.get(key);
    if (state === undefined) return tools.settings.idleIntervalSeconds;
    const startedAtSeconds = runtime.monotonicSeconds();
    const outcome = await attempt(tools, state.target, signal);
    const before: Polled<Summaries[K]> = state[collector.slot];
    // Stopped, or the target is gone: what was read half is nobody's business.
    if (signal.aborted) return before.intervalSeconds;
    const after = recorded(before, outcome, startedAtSeconds, tools, key);
    states.update(key, (now) => ({
      ...now,
      [collector.slot]: { ...after, stale: 'read' in outcome ? false : now[collector.slot].stale },
    }));
    report(state.target, outcome, before);
    return after.intervalSeconds;
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
    return { failure: failureOf(error) };
  }
}

function failureOf(error: unknown): Failure {
  const known = error instanceof AtlasError ? error : new AtlasError('internal', `unexpected ${nameOf(error)}`);
  const { reason, status, errorCode, message: problem, advice } = known;
  return { reason, status, errorCode, problem, advice };
}

/** Of a bug only its name is told: its message may hold anything. The first line of the stack says where it is. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'error';
  const place = /\(?([\w./-]*\/[\w.-]+:\d+:\d+)\)?/.exec(error.stack?.split('\n')[1] ?? '')?.[1];
  return place === undefined ? error.name : `${error.name} at ${place.replace(/^.*\/(?=(src|dist)\/)/, '')}`;
}

function recorded<K extends Slot>(
  before: Polled<Summaries[K]>,
  outcome: Outcome<Summaries[K]>,
  startedAtSeconds: number,
  { collector, settings, runtime }: PollTools<K>,
  key: string,
): Polled<Summaries[K]> {
  const now = runtime.monotonicSeconds();
  const endedAtSeconds = runtime.wallSeconds();
  const failure = 'failure' in outcome ? outcome.failure : undefined;
  const summary = 'read' in outcome ? outcome.read.summary : before.summary;
  const isBusy = summary === undefined ? true : collector.isActive(summary);
  const maySoonPass = failure === undefined || isTransient(failure.reason);
  const intervalSeconds = isBusy && maySoonPass ? settings.intervalSeconds : settings.idleIntervalSeconds;
  const common = {
    ...before,
    polls: before.polls + 1,
    intervalSeconds,
    nextAtSeconds: endedAtSeconds + nextBeat(now, intervalSeconds, phaseOf(key)) - now,
    last: { endedAtSeconds, durationSeconds: now - startedAtSeconds, ...(failure ? { failure } : {}) },
  };
  if ('failure' in outcome) {
    const { reason } = outcome.failure;
    return { ...common, failures: { ...before.failures, [reason]: before.failures[reason] + 1 } };
  }
  return {
    ...common,
    summary: outcome.read.summary,
    read: outcome.read.facts,
    goodAtSeconds: endedAtSeconds,
    goodAtMonotonicSeconds: now,
  };
}

/** One line when a target begins to fail, fails otherwise or recovers, and one an hour while it goes on failing. */
function createReport<K extends Slot>({ log, runtime, collector }: PollTools<K>) {
  let remindAtSeconds = 0;
  const told = new Set<string>();

  return (target: Target, outcome: Outcome<Summaries[K]>, before: Polled<Summaries[K]>): void => {
    const facts = { group_id: target.groupId, cluster_name: target.clusterName, collector: collector.slot };
    const was = before.last?.failure;
    if ('read' in outcome) {
      if (was !== undefined) log.info({ ...facts, jobs: outcome.read.facts.jobs }, 'polling works again');
      for (const notice of outcome.read.notices) {
        const text = JSON.stringify(notice);
        if (told.has(text)) continue;
        told.add(text);
        log.warn({ ...facts, ...notice.facts }, notice.message);
      }
      return;
    }
    const { reason, status, errorCode: error_code, problem, advice } = outcome.failure;
    // Codes may alternate; what is to be done about them says whether something has changed.
    const isNews = reason !== was?.reason || advice !== was?.advice;
    if (!isNews && runtime.monotonicSeconds() < remindAtSeconds) return;
    remindAtSeconds = runtime.monotonicSeconds() + REMIND_AFTER_SECONDS;
    const level = reason === 'internal' ? 'error' : 'warn';
    log[level](
      { ...facts, reason, status, error_code, problem, advice },
      isNews ? 'polling fails' : 'polling still fails',
    );
  };
}
