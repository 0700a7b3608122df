/**
 * What is true of a target, in words: what is the matter, and what to do about it. Each finder looks at one condition. The
 * words are ours; what comes from Atlas in them has been checked where it was decoded.
 */
import type { TargetState } from '../../collectors/collector.ts';
import { activeStateOf, endedAtSeconds, type Job } from '../../collectors/exports/job.ts';
import { CONDITIONS, type Condition } from './conditions.ts';
import { counted, span } from './words.ts';

export interface Finding {
  readonly condition: Condition;
  readonly problem?: string | undefined;
  readonly advice?: string | undefined;
}

export interface Facts {
  readonly state: TargetState;
  readonly lastSuccessAgeSeconds?: number | undefined;
  readonly successMaxAgeSeconds?: number | undefined;
  readonly active: readonly Job[];
  readonly activeCount: number;
}

export interface Circumstances {
  readonly nowSeconds: number;
  readonly readsSchedules: boolean;
}

type Found = Omit<Finding, 'condition'> | undefined;
type Finder = (facts: Facts, circumstances: Circumstances) => Found;

/** How long an export may take where nobody has said it, and how long it may wait for its turn. */
export const DEFAULT_DURATION_MAX_SECONDS = 24 * 3600;
const QUEUED_MAX_SECONDS = 4 * 3600;

const FINDERS: Readonly<Record<Exclude<Condition, 'fine'>, Finder>> = {
  failed,
  overdue,
  stuck,
  unreachable,
  incomplete,
  unmeasured,
  waiting: ({ state }) => (state.exports.last === undefined ? {} : undefined),
  running: ({ activeCount }) => (activeCount > 0 ? {} : undefined),
};

/** In the order of how much each presses; `fine` where nothing else is. */
export function findingsOf(facts: Facts, circumstances: Circumstances): readonly Finding[] {
  const findings: Finding[] = [];
  for (const condition of CONDITIONS) {
    const found = condition === 'fine' ? undefined : FINDERS[condition](facts, circumstances);
    if (found) findings.push({ condition, ...found });
  }
  return findings.length > 0 ? findings : [{ condition: 'fine' }];
}

function failed({ state }: Facts, { nowSeconds }: Circumstances): Found {
  const { summary } = state.exports;
  const failure = summary?.lastFailure;
  if (summary === undefined || failure === undefined || summary.consecutiveFailures === 0) return undefined;
  const at = endedAtSeconds(failure);
  const when = at === undefined ? '' : ` ${span(nowSeconds - at)} ago`;
  const code = FOREIGN_CODES.get(failure.errorCode ?? '') ?? `with ${failure.errorCode}`;
  const many = summary.consecutiveFailures > 1;
  return {
    problem: many
      ? `${summary.consecutiveFailures} exports in a row have failed, the latest${when} ${code}`
      : `the latest export failed${when} ${code}`,
    advice:
      'Atlas doesn’t try again and leaves partial data in the bucket: check the bucket and Atlas’ access to it, then export the snapshot again',
  };
}

/** What stands for a code that isn't one. */
const FOREIGN_CODES: ReadonlyMap<string, string> = new Map([
  ['none', 'without an error code'],
  ['other', 'with an odd error code'],
]);

function overdue(facts: Facts): Found {
  const { state, lastSuccessAgeSeconds: age, successMaxAgeSeconds: most } = facts;
  if (state.exports.summary === undefined || most === undefined || (age !== undefined && age <= most)) return undefined;
  return {
    problem:
      age === undefined
        ? `Atlas lists no successful export, though one is expected every ${span(most)}`
        : `the last success is ${span(age)} old, ${span(most)} are expected`,
    advice: adviceWhenOverdue(facts),
  };
}

function adviceWhenOverdue({ state: { target, exports, schedule }, activeCount }: Facts): string {
  if (activeCount > 0) return 'an export is under way: this ends when it succeeds';
  if ((exports.summary?.consecutiveFailures ?? 0) > 0) return 'exports start, but fail: see to that first';
  if (target.paused) return 'the cluster is paused, so Atlas takes no snapshots: resume it, or stop watching it';
  if (schedule.summary?.autoExportEnabled === false)
    return 'the backup schedule exports nothing by itself: switch automatic export on in Atlas, or start an export';
  return 'no export has started since: check in Atlas that snapshots are still taken and exported by the backup policy';
}

function stuck({ state, active }: Facts, { nowSeconds }: Circumstances): Found {
  const { durationMaxSeconds } = state.target;
  for (const job of active) {
    const isQueued = activeStateOf(job) === 'queued';
    const most = durationMaxSeconds ?? (isQueued ? QUEUED_MAX_SECONDS : DEFAULT_DURATION_MAX_SECONDS);
    const ageSeconds = nowSeconds - (job.createdAtSeconds ?? nowSeconds);
    if (ageSeconds <= most) continue;
    return {
      problem: `an export is ${isQueued ? 'queued' : 'under way'} for ${span(ageSeconds)}, ${span(most)} are expected`,
      advice: isQueued
        ? 'Atlas runs few exports at a time: see in Atlas what it waits for'
        : 'look at it in Atlas: if it makes no progress, cancel it and export the snapshot again',
    };
  }
  return undefined;
}

function unreachable({ state: { exports } }: Facts, { nowSeconds }: Circumstances): Found {
  const failure = exports.last?.failure;
  if (failure === undefined) return undefined;
  const known = exports.goodAtSeconds;
  const old = known === undefined ? 'nothing is known yet' : `what is shown is ${span(nowSeconds - known)} old`;
  return { problem: `${failure.problem}; ${old}`, advice: failure.advice };
}

function incomplete({ state }: Facts): Found {
  const collections = state.exports.summary?.lastSuccess?.collections;
  if (collections === undefined || collections.exported >= collections.total) return undefined;
  const missing = collections.total - collections.exported;
  return {
    problem: `the last success left out ${missing} of ${counted(collections.total, 'collection')}`,
    advice: 'check the exported data before you rely on it, or export the snapshot again',
  };
}

function unmeasured(facts: Facts, { readsSchedules }: Circumstances): Found {
  const { exports, schedule } = facts.state;
  if (facts.successMaxAgeSeconds !== undefined || exports.last === undefined) return undefined;
  const set = 'set success_max_age in the config';
  if (!readsSchedules) return { problem: 'it is not said how old a success may be', advice: set };
  const { summary, last } = schedule;
  if (summary === undefined) {
    // Schedules are read after the exports: until then nothing is amiss. What can't be reached at all is told once.
    if (last?.failure === undefined || exports.last.failure) return undefined;
    const { problem, advice } = last.failure;
    return { problem: `the backup schedule can’t be read: ${problem}`, advice: `${advice}; or ${set}` };
  }
  if (!summary.autoExportEnabled) {
    const advice = `switch automatic export on in Atlas; or ${set}, if something else starts exports`;
    return { problem: 'the backup schedule exports nothing by itself', advice };
  }
  return { problem: `the backup schedule’s frequency is ${summary.export?.frequency ?? 'not given'}`, advice: set };
}
