/** What can be wrong with a cluster's exports: each function checks one condition and gives advice. */
import type { Reason } from '../../atlas/error.ts';
import { counted, span } from '../../support/words.ts';
import type { Finder, Finding, Moment, TargetState } from '../collector.ts';
import { scheduleOf, successMaxAgeSeconds } from '../schedule.ts';
import { destinationOf } from './destination.ts';
import { type ActiveState, endedAtSeconds, type Job } from './job.ts';
import { exportsOf } from './summary.ts';

/** The limits if the config has no `duration_max`. */
export const DEFAULT_DURATION_MAX_SECONDS = 48 * 3600;
const QUEUED_MAX_SECONDS = 4 * 3600;

export const exportFinders: readonly Finder[] = [
  findFailed,
  findOverdue,
  findOldData,
  findStuck,
  findUnreachable,
  findIncomplete,
  findUnknownState,
  (state) => (exportsOf(state).last === undefined ? { condition: 'waiting' } : undefined),
  (state) => (activeCount(state) > 0 ? { condition: 'running' } : undefined),
];

/** Number of active jobs; 0 while the list is too old. */
function activeCount(state: TargetState): number {
  const { summary, stale } = exportsOf(state);
  return stale ? 0 : (summary?.activeCount ?? 0);
}

/** Unix time of the newest success into the destination; while that is not known, into any bucket. */
export function lastSuccessAtSeconds(state: TargetState): number | undefined {
  const outcomes = destinationOf(state) ?? exportsOf(state).summary?.outcomes;
  return endedAtSeconds(outcomes?.lastSuccess);
}

function findFailed(state: TargetState, { nowSeconds }: Moment): Finding | undefined {
  const { consecutiveFailures = 0, lastFailure: failure } = destinationOf(state) ?? {};
  if (failure === undefined || consecutiveFailures === 0) return undefined;
  const at = endedAtSeconds(failure);
  const when = at === undefined ? '' : ` ${span(nowSeconds - at)} ago`;
  const code = WITHOUT_CODE.get(failure.errorCode ?? '') ?? `with ${failure.errorCode}`;
  return {
    condition: 'failed',
    problem:
      consecutiveFailures > 1
        ? `${consecutiveFailures} consecutive exports have failed, the latest${when} ${code}`
        : `the latest export failed${when} ${code}`,
    advice: `${adviceOf(failure.errorCode)}. Atlas does not retry a failed export and leaves partial data in the bucket`,
  };
}

const WITHOUT_CODE: ReadonlyMap<string, string> = new Map([
  ['none', 'without an error code'],
  ['other', 'with an unusual error code'],
]);

const EXPORT_AGAIN = 'then export the snapshot again';

/** What to do, by words in the error code. Atlas publishes no list of codes. */
function adviceOf(errorCode = 'none'): string {
  if (/BUCKET|STORAGE|BLOB|CONTAINER|OBJECT_STORE/.test(errorCode))
    return `check the bucket in the backup settings of the project, ${EXPORT_AGAIN}`;
  if (/PERMISSION|ACCESS|DENIED|AUTHORI[SZ]|ROLE|CREDENTIAL|FORBIDDEN|IAM/.test(errorCode))
    return `check that the role, policy or key of Atlas still allows it to write into the bucket, ${EXPORT_AGAIN}`;
  if (/INTERNAL|UNEXPECTED|TIMEOUT|TIMED_OUT|UNAVAILABLE|SERVER/.test(errorCode))
    return 'export the snapshot again. The error is in Atlas: if the next export fails too, open a support case with this code';
  return `look up the export in Atlas, check the bucket and the access of Atlas to it, ${EXPORT_AGAIN}`;
}

/** Like the alert, it does not count a paused cluster, or a cluster whose running export may still end before twice the limit. */
function findOverdue(state: TargetState, { nowSeconds }: Moment): Finding | undefined {
  const destination = destinationOf(state);
  const maxAgeSeconds = successMaxAgeSeconds(state);
  if (destination === undefined || maxAgeSeconds === undefined) return undefined;
  const ageSeconds = ageSecondsOf(destination.lastSuccess, nowSeconds);
  if (ageSeconds !== undefined && ageSeconds <= maxAgeSeconds) return undefined;
  const into = destination.bucketId === undefined ? '' : ' into the scheduled bucket';
  const isSpared = state.target.paused || (activeCount(state) > 0 && destination.consecutiveFailures === 0);
  if (ageSeconds === undefined) return findNoSuccess(state, nowSeconds, { maxAgeSeconds, into, isSpared });
  return {
    condition: isSpared && (state.target.paused || ageSeconds <= 2 * maxAgeSeconds) ? 'late' : 'overdue',
    problem: `the last success${into} is ${span(ageSeconds)} old; the limit is ${span(maxAgeSeconds)}`,
    advice: adviceWhenOverdue(state),
  };
}

function ageSecondsOf(job: Job | undefined, nowSeconds: number): number | undefined {
  const at = endedAtSeconds(job);
  return at === undefined ? undefined : nowSeconds - at;
}

/** The cluster, its schedule or its bucket may be new, so it becomes overdue only after one whole limit without a success. */
function findNoSuccess(
  state: TargetState,
  nowSeconds: number,
  { maxAgeSeconds, into, isSpared }: { maxAgeSeconds: number; into: string; isSpared: boolean },
): Finding {
  const { summary, firstGoodAtSeconds = nowSeconds } = exportsOf(state);
  const oldestAtSeconds = summary?.newest.findLast((job) => job.createdAtSeconds !== undefined)?.createdAtSeconds;
  const anyAgeSeconds = ageSecondsOf(summary?.outcomes.lastSuccess, nowSeconds);
  const isInOtherBucket = anyAgeSeconds !== undefined && anyAgeSeconds <= maxAgeSeconds;
  const isNew = nowSeconds - Math.min(firstGoodAtSeconds, oldestAtSeconds ?? nowSeconds) <= maxAgeSeconds;
  const isDoubt = isInOtherBucket || isSpared || isNew;
  const limit = isInOtherBucket
    ? 'the last success went into another bucket'
    : `the limit is one every ${span(maxAgeSeconds)}`;
  const advice = adviceWhenOverdue(state);
  const subject = isInOtherBucket ? 'the bucket' : 'the cluster or its schedule';
  const mayWait = isDoubt && !isSpared && (destinationOf(state)?.consecutiveFailures ?? 0) === 0;
  return {
    condition: isDoubt ? 'unconfirmed' : 'overdue',
    alert: 'AtlasBackupExportNoSuccessListed',
    problem: `Atlas lists no successful export${into}${isDoubt ? ' yet' : ''}; ${limit}`,
    advice: mayWait
      ? `wait for the next automatic export if ${subject} was changed lately; otherwise: ${advice}`
      : advice,
  };
}

/** Exports succeed, but always of an old snapshot. */
function findOldData(state: TargetState, { nowSeconds }: Moment): Finding | undefined {
  const { lastSuccess, dataAtSeconds } = destinationOf(state) ?? {};
  const maxAgeSeconds = successMaxAgeSeconds(state);
  const ageSeconds = ageSecondsOf(lastSuccess, nowSeconds);
  if (dataAtSeconds === undefined || maxAgeSeconds === undefined || ageSeconds === undefined) return undefined;
  if (ageSeconds > maxAgeSeconds || nowSeconds - dataAtSeconds <= 2 * maxAgeSeconds) return undefined;
  return {
    condition: 'data_old',
    problem: `exports succeed, but the newest exported snapshot is ${span(nowSeconds - dataAtSeconds)} old`,
    advice: 'find out which snapshot is exported, and by whom: newer snapshots are missing, or are not exported',
  };
}

function adviceWhenOverdue(state: TargetState): string {
  const { summary } = exportsOf(state);
  if (activeCount(state) > 0) return 'an export is running: the problem ends when the export succeeds';
  if ((destinationOf(state)?.consecutiveFailures ?? 0) > 0) return 'exports start, but fail: fix that first';
  if (state.target.paused) return 'the cluster is paused, so Atlas takes no snapshots: resume it, or stop watching it';
  if (scheduleOf(state).summary?.autoExportEnabled === false)
    return 'automatic export is off in the backup schedule: switch it on in Atlas, or start an export';
  if (summary?.lastFinished?.state === 'cancelled')
    return 'the newest export was cancelled: find out why in Atlas, and export the snapshot again';
  return destinationOf(state)?.lastSuccess === undefined
    ? 'check in Atlas that the backup policy takes and exports snapshots'
    : 'no export has started since then: check in Atlas that the backup policy still takes and exports snapshots';
}

/** It uses the oldest job of each state, so it also works if `max_active_jobs` drops series. */
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
    ...(isQueued ? { alert: 'AtlasBackupExportQueuedTooLong' } : {}),
    problem: `an export has been ${what} for ${span(stuck.sinceSeconds)}; the limit is ${span(stuck.maxSeconds)}`,
    advice: isQueued
      ? 'Atlas runs only a few exports at a time: check in Atlas which exports are running'
      : 'look at the export in Atlas: if it makes no progress, open a support case with MongoDB',
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
  return { condition: 'unreachable', problem: `${problem}; ${age}`, advice, alert: ALERTS[last.failure.reason] };
}

/** For failures that have an alert of their own. */
const ALERTS: Readonly<Partial<Record<Reason, string>>> = {
  unauthorized: 'AtlasBackupExportAccessDenied',
  forbidden: 'AtlasBackupExportAccessDenied',
  rate_limited: 'AtlasBackupExportRateLimited',
};

function findUnknownState(state: TargetState): Finding | undefined {
  const { summary, stale } = exportsOf(state);
  const count = stale ? 0 : (summary?.counts.unknown ?? 0);
  if (count === 0) return undefined;
  return {
    condition: 'unknown_state',
    problem: `${counted(count, 'export')} ${count === 1 ? 'is' : 'are'} in a state that this version of the exporter does not know`,
    advice: 'look up the export in Atlas, and find out whether a newer version of the exporter knows its state',
  };
}

function findIncomplete(state: TargetState): Finding | undefined {
  const { lastSuccess } = destinationOf(state) ?? {};
  const collections = lastSuccess?.collections;
  if (collections === undefined || collections.exported >= collections.total) return undefined;
  const missing = collections.total - collections.exported;
  return {
    condition: 'incomplete',
    problem: `the last success left out ${missing} of ${counted(collections.total, 'collection')}`,
    advice: 'check the exported data before you rely on it, or export the snapshot again',
  };
}
