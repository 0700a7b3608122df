/** What can be wrong with a cluster's exports: each function judges one condition, and says what to do about it. */
import { counted, span } from '../../support/words.ts';
import type { Finder, Finding, Moment, TargetState } from '../collector.ts';
import { scheduleOf, successMaxAgeSeconds } from '../schedule.ts';
import { type ActiveState, endedAtSeconds } from './job.ts';
import { exportsOf } from './summary.ts';

/** The limits that hold where the config sets no `duration_max`. */
export const DEFAULT_DURATION_MAX_SECONDS = 24 * 3600;
const QUEUED_MAX_SECONDS = 4 * 3600;

export const exportFinders: readonly Finder[] = [
  findFailed,
  findOverdue,
  findStuck,
  findUnreachable,
  findIncomplete,
  (state) => (exportsOf(state).last === undefined ? { condition: 'waiting' } : undefined),
  (state) => (activeCount(state) > 0 ? { condition: 'running' } : undefined),
];

/** 0 while the list is too old to tell. */
function activeCount(state: TargetState): number {
  const { summary, stale } = exportsOf(state);
  return stale ? 0 : (summary?.activeCount ?? 0);
}

/** Unix time of the newest success; undefined if none is listed. */
export function lastSuccessAtSeconds(state: TargetState): number | undefined {
  const success = exportsOf(state).summary?.lastSuccess;
  return success && endedAtSeconds(success);
}

function findFailed(state: TargetState, { nowSeconds }: Moment): Finding | undefined {
  const { summary } = exportsOf(state);
  const failure = summary?.lastFailure;
  if (summary === undefined || failure === undefined || summary.consecutiveFailures === 0) return undefined;
  const at = endedAtSeconds(failure);
  const when = at === undefined ? '' : ` ${span(nowSeconds - at)} ago`;
  const code = WITHOUT_CODE.get(failure.errorCode ?? '') ?? `with ${failure.errorCode}`;
  const many = summary.consecutiveFailures > 1;
  return {
    condition: 'failed',
    problem: many
      ? `${summary.consecutiveFailures} exports in a row have failed, the latest${when} ${code}`
      : `the latest export failed${when} ${code}`,
    advice:
      'Atlas does not retry a failed export and leaves partial data in the bucket: check the bucket and Atlas’ access to it, then export the snapshot again',
  };
}

const WITHOUT_CODE: ReadonlyMap<string, string> = new Map([
  ['none', 'without an error code'],
  ['other', 'with an unusual error code'],
]);

function findOverdue(state: TargetState, moment: Moment): Finding | undefined {
  const maxAgeSeconds = successMaxAgeSeconds(state);
  if (exportsOf(state).summary === undefined || maxAgeSeconds === undefined) return undefined;
  const at = lastSuccessAtSeconds(state);
  const ageSeconds = at === undefined ? undefined : moment.nowSeconds - at;
  if (ageSeconds !== undefined && ageSeconds <= maxAgeSeconds) return undefined;
  return {
    condition: 'overdue',
    problem:
      ageSeconds === undefined
        ? `Atlas lists no successful export; the limit is one every ${span(maxAgeSeconds)}`
        : `the last success is ${span(ageSeconds)} old; the limit is ${span(maxAgeSeconds)}`,
    advice: adviceWhenOverdue(state),
  };
}

function adviceWhenOverdue(state: TargetState): string {
  const { summary } = exportsOf(state);
  if (activeCount(state) > 0) return 'an export is running: this ends when it succeeds';
  if ((summary?.consecutiveFailures ?? 0) > 0) return 'exports start, but fail: solve that first';
  if (state.target.paused) return 'the cluster is paused, so Atlas takes no snapshots: resume it, or stop watching it';
  if (scheduleOf(state).summary?.autoExportEnabled === false)
    return 'automatic export is off in the backup schedule: switch it on in Atlas, or start an export';
  if (summary?.lastFinished?.state === 'cancelled')
    return 'the newest export was cancelled: find out by whom, and export the snapshot again';
  return 'no export has started since then: check in Atlas that the backup policy still takes and exports snapshots';
}

/** Judged by the oldest job of each state, so that a limit on the series hides nothing. */
function findStuck(state: TargetState, { nowSeconds }: Moment): Finding | undefined {
  const { summary, stale } = exportsOf(state);
  if (summary === undefined || stale) return undefined;
  const candidates = (['in_progress', 'unknown', 'queued'] as const).map((one) => {
    const sinceSeconds = nowSeconds - (summary.oldestActiveAtSeconds[one] ?? nowSeconds);
    return { one, sinceSeconds, maxSeconds: maxSecondsOf(one, state) };
  });
  const stuck = candidates
    .filter(({ sinceSeconds, maxSeconds }) => sinceSeconds > maxSeconds)
    .toSorted((a, b) => b.sinceSeconds - a.sinceSeconds)[0];
  if (stuck === undefined) return undefined;
  const isQueued = stuck.one === 'queued';
  const what = isQueued ? 'queued' : 'running';
  return {
    condition: 'stuck',
    problem: `an export has been ${what} for ${span(stuck.sinceSeconds)}; the limit is ${span(stuck.maxSeconds)}`,
    advice: isQueued
      ? 'Atlas runs few exports at a time: see in Atlas which exports run now'
      : 'look at it in Atlas: if it makes no progress, cancel it and export the snapshot again',
  };
}

function maxSecondsOf(active: ActiveState, { target }: TargetState): number {
  return target.durationMaxSeconds ?? (active === 'queued' ? QUEUED_MAX_SECONDS : DEFAULT_DURATION_MAX_SECONDS);
}

function findUnreachable(state: TargetState, { nowSeconds }: Moment): Finding | undefined {
  const { last, goodAtSeconds } = exportsOf(state);
  if (last?.failure === undefined) return undefined;
  const { problem, advice } = last.failure;
  const age =
    goodAtSeconds === undefined ? 'there is no data yet' : `the data is ${span(nowSeconds - goodAtSeconds)} old`;
  return { condition: 'unreachable', problem: `${problem}; ${age}`, advice };
}

function findIncomplete(state: TargetState): Finding | undefined {
  const collections = exportsOf(state).summary?.lastSuccess?.collections;
  if (collections === undefined || collections.exported >= collections.total) return undefined;
  const missing = collections.total - collections.exported;
  return {
    condition: 'incomplete',
    problem: `the last success left out ${missing} of ${counted(collections.total, 'collection')}`,
    advice: 'check the exported data before you rely on it, or export the snapshot again',
  };
}
