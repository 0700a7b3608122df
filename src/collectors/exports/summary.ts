/**
 * All export jobs of one cluster, folded into what is kept of them. A pure function of the list: neither the order of jobs
 * nor the way the list is cut into pages changes the result. Jobs are let go as soon as they are folded in, but for the
 * newest few and the oldest active ones.
 */

import { BOUNDS } from '../../atlas/bounds.ts';
import { AtlasError } from '../../atlas/error.ts';
import type { JsonObject } from '../../atlas/http/answer.ts';
import type { Fold } from '../../atlas/list.ts';
import { recordOf } from '../collector.ts';
import {
  type ActiveState,
  type Age,
  activeStateOf,
  ageOf,
  type Collections,
  componentIdsOf,
  decodeJob,
  durationSeconds,
  endedAtSeconds,
  FINISHED_STATES,
  type FinishedState,
  JOB_STATES,
  type Job,
  type JobState,
  newestFirst,
} from './job.ts';
import { createTop } from './keep-first.ts';

export interface ExportSummary {
  readonly counts: Readonly<Record<JobState, number>>;
  /** At most ERROR_CODES of them, the rest under `other`. */
  readonly failedByCode: ReadonlyMap<string, number>;
  /** Failed jobs newer than the newest successful one. */
  readonly consecutiveFailures: number;
  readonly lastFinished?: Job;
  readonly lastSuccess?: Job;
  readonly lastFailure?: Job;
  /** Unix time of the last success, by bucket; of the EXPORT_BUCKETS that were used last. */
  readonly successByBucket: ReadonlyMap<string, number>;
  /** Median duration of the newest 20 successes that say when they ended. */
  readonly typicalDurationSeconds?: number;
  /** The oldest first, capped: those that have series of their own. */
  readonly active: readonly Job[];
  readonly activeCount: number;
  readonly oldestActiveAtSeconds: Readonly<Partial<Record<ActiveState, number>>>;
  /** Sums over the active jobs that report counts; absent if none does. */
  readonly activeCollections?: Collections;
  /** For the status page. */
  readonly newest: readonly Job[];
}

export interface FoldedExports {
  readonly summary: ExportSummary;
  readonly dropped: { readonly active_jobs: number; readonly error_codes: number; readonly export_buckets: number };
  /** States we don't know, as far as they can be shown; a few of them. */
  readonly foreignStates: ReadonlySet<string>;
}

/** The collector's name, here so that families, findings and fields can use its record. */
export const NAME = 'exports';
export const exportsOf = recordOf<ExportSummary>(NAME);

export const ERROR_CODES = 20;
export const EXPORT_BUCKETS = 20;
const TYPICAL_OF = 20;
const NEWEST = 30;
const FOREIGN_STATES = 5;
const TOO_MANY_COMPONENTS =
  'no setting raises this limit: please report how many export jobs and shards this cluster has';

/**
 * A job whose id is a component of another one is the same export listed twice, and isn't counted. Which ids are components
 * is known only once the list has been read; so from the first page with components on, jobs without any are held back.
 * Should a component have been folded in before that, the list is read a second time, and there all of them are held back.
 */
export function startExportFold(reading: 'first' | 'second', maxActiveJobs: number): Fold<FoldedExports> {
  const tally = createTally(maxActiveJobs);
  const componentIds = new Set<string>();
  const heldBack: Job[] = [];
  let holdsBack = reading === 'second';
  let foldedBefore: ReadonlySet<string> = new Set();

  function add(items: readonly JsonObject[], seenBefore: ReadonlySet<string>): void {
    const jobs = items.map(decodeJob);
    for (const item of items) for (const id of componentIdsOf(item)) componentIds.add(id);
    if (componentIds.size > BOUNDS.listComponents) {
      const problem = `the jobs of the list have more than ${BOUNDS.listComponents} components`;
      throw new AtlasError('truncated', problem, { advice: TOO_MANY_COMPONENTS });
    }
    if (!holdsBack && componentIds.size > 0) {
      holdsBack = true;
      foldedBefore = new Set(seenBefore);
    }
    for (const job of jobs) {
      if (holdsBack && job.shards === 0) heldBack.push(job);
      else tally.add(job);
    }
  }

  return {
    add,
    get wantsSecondReading() {
      return [...componentIds].some((id) => foldedBefore.has(id));
    },
    result() {
      for (const job of heldBack.splice(0)) if (job.id === '' || !componentIds.has(job.id)) tally.add(job);
      return tally.result();
    },
  };
}

interface Tally {
  add(job: Job): void;
  result(): FoldedExports;
}

function createTally(maxActiveJobs: number): Tally {
  const counts = zeros(JOB_STATES);
  const failedByCode = new Map<string, number>();
  const successByBucket = new Map<string, Job>();
  const newest = createTop<Job>(NEWEST, newestFirst);
  const finished = createTop<Job>(1, newestFirst);
  const successes = createTop<Job>(1, newestFirst);
  const failures = createTop<Job>(1, newestFirst);
  const timedSuccesses = createTop<Job>(TYPICAL_OF, newestFirst);
  const active = createTop<Job>(maxActiveJobs, (a, b) => newestFirst(b, a));
  const activity = createActivity();
  const foreignStates = new Set<string>();
  /** No more of each than its age: a list may hold nothing but failures. */
  let failuresSinceSuccess: Age[] = [];

  function addSuccess(job: Job): void {
    successes.add(job);
    if (durationSeconds(job) !== undefined) timedSuccesses.add(job);
    const isNewest = successes.list()[0] === job;
    if (isNewest) failuresSinceSuccess = failuresSinceSuccess.filter((failure) => newestFirst(failure, job) < 0);
    if (job.exportBucketId === '') return;
    const known = successByBucket.get(job.exportBucketId);
    if (known === undefined || newestFirst(job, known) < 0) successByBucket.set(job.exportBucketId, job);
  }

  function addFailure(job: Job): void {
    failures.add(job);
    const [success] = successes.list();
    if (success === undefined || newestFirst(job, success) < 0) failuresSinceSuccess.push(ageOf(job));
    const code = job.errorCode ?? 'none';
    failedByCode.set(code, (failedByCode.get(code) ?? 0) + 1);
  }

  function add(job: Job): void {
    counts[job.state] += 1;
    newest.add(job);
    if (job.foreignState !== undefined && foreignStates.size < FOREIGN_STATES) foreignStates.add(job.foreignState);
    if (isFinished(job.state)) finished.add(job);
    if (job.state === 'successful') addSuccess(job);
    if (job.state === 'failed') addFailure(job);
    const activeState = activeStateOf(job);
    if (activeState === undefined) return;
    activity.add(job, activeState);
    active.add(job);
  }

  function result(): FoldedExports {
    const codes = capCodes(failedByCode);
    const buckets = [...successByBucket.values()].sort(newestFirst);
    const typical = median(timedSuccesses.list().flatMap((job) => durationSeconds(job) ?? []));
    const [lastFinished] = finished.list();
    const [lastSuccess] = successes.list();
    const [lastFailure] = failures.list();
    const summary: ExportSummary = {
      counts,
      failedByCode: codes.kept,
      consecutiveFailures: failuresSinceSuccess.length,
      successByBucket: timesByBucket(buckets.slice(0, EXPORT_BUCKETS)),
      active: active.list(),
      newest: newest.list(),
      ...activity.result(),
      ...(lastFinished ? { lastFinished } : {}),
      ...(lastSuccess ? { lastSuccess } : {}),
      ...(lastFailure ? { lastFailure } : {}),
      ...(typical === undefined ? {} : { typicalDurationSeconds: typical }),
    };
    const dropped = {
      active_jobs: active.dropped(),
      error_codes: codes.dropped,
      export_buckets: Math.max(0, buckets.length - EXPORT_BUCKETS),
    };
    return { summary, dropped, foreignStates };
  }

  return { add, result };
}

function createActivity() {
  const oldestActiveAtSeconds: Partial<Record<ActiveState, number>> = {};
  let activeCollections: Collections | undefined;
  let activeCount = 0;
  return {
    add({ createdAtSeconds, collections }: Job, state: ActiveState): void {
      activeCount += 1;
      if (createdAtSeconds !== undefined) {
        oldestActiveAtSeconds[state] = Math.min(createdAtSeconds, oldestActiveAtSeconds[state] ?? createdAtSeconds);
      }
      if (collections === undefined) return;
      activeCollections = {
        exported: collections.exported + (activeCollections?.exported ?? 0),
        total: collections.total + (activeCollections?.total ?? 0),
      };
    },
    result: () => ({ activeCount, oldestActiveAtSeconds, ...(activeCollections ? { activeCollections } : {}) }),
  };
}

/** The most frequent codes, then by name; the rest together as `other`. */
function capCodes(failedByCode: ReadonlyMap<string, number>): { kept: Map<string, number>; dropped: number } {
  const own = [...failedByCode].filter(([code]) => code !== 'other');
  own.sort(([codeA, a], [codeB, b]) => b - a || (codeA < codeB ? -1 : 1));
  const kept = new Map(own.slice(0, ERROR_CODES));
  const rest = own.slice(ERROR_CODES).reduce((sum, [, count]) => sum + count, failedByCode.get('other') ?? 0);
  if (rest > 0) kept.set('other', rest);
  return { kept, dropped: Math.max(0, own.length - ERROR_CODES) };
}

function timesByBucket(jobs: readonly Job[]): Map<string, number> {
  return new Map(
    jobs.flatMap((job) => {
      const at = endedAtSeconds(job);
      return at === undefined ? [] : [[job.exportBucketId, at] as const];
    }),
  );
}

function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}

function isFinished(state: JobState): state is FinishedState {
  return (FINISHED_STATES as readonly JobState[]).includes(state);
}

function zeros<K extends string>(keys: readonly K[]): Record<K, number> {
  return Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>;
}
