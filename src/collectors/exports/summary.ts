/**
 * All export jobs of one cluster, reduced to a summary. A pure function of the list: neither the order of jobs nor the
 * way the list is cut into pages changes the result. Only a few newest jobs and the oldest active jobs are kept.
 */
import { BOUNDS } from '../../atlas/bounds.ts';
import { AtlasError } from '../../atlas/error.ts';
import type { JsonObject } from '../../atlas/http/answer.ts';
import type { Fold } from '../../atlas/list.ts';
import { recordOf } from '../collector.ts';
import { createKeepFirst, median, zeros } from '../folding.ts';
import { createSnapshotExports, type SnapshotExports } from './by-snapshot.ts';
import {
  type ActiveState,
  type Age,
  activeStateOf,
  type Collections,
  componentIdsOf,
  decodeJob,
  durationSeconds,
  FINISHED_STATES,
  JOB_STATES,
  type Job,
  type JobState,
  newestFirst,
} from './job.ts';

export interface ExportSummary {
  readonly counts: Readonly<Record<JobState, number>>;
  /** Number of failed jobs by error code: the MAX_ERROR_CODES most frequent codes; the rest is counted as `other`. */
  readonly failedByCode: ReadonlyMap<string, number>;
  readonly lastFinished?: Job | undefined;
  readonly outcomes: Outcomes;
  /** By bucket: the MAX_EXPORT_BUCKETS buckets that were used last, and the scheduled one. */
  readonly buckets: ReadonlyMap<string, Outcomes>;
  /** Median duration of the newest 20 successes that have an end. */
  readonly typicalDurationSeconds?: number | undefined;
  /** The active jobs with their own series: the oldest first, up to `max_active_jobs`. */
  readonly active: readonly Job[];
  readonly activeCount: number;
  readonly oldestActiveAtSeconds: Readonly<Partial<Record<ActiveState, number>>>;
  /** Sums over the active jobs that report counts; absent if none does. */
  readonly activeCollections?: Collections | undefined;
  /** The exports of each snapshot, for the collector of snapshots. */
  readonly bySnapshot: SnapshotExports;
  readonly newest: readonly Job[];
}

/** How the finished exports into one bucket ended, or those into all buckets. */
export interface Outcomes {
  /** The newest success and the newest failure, if any is listed. */
  readonly lastSuccess?: Job | undefined;
  readonly lastFailure?: Job | undefined;
  /** Unix time of the newest snapshot that was exported: how old the data is. From the snapshot's id. */
  readonly dataAtSeconds?: number | undefined;
  /** Number of failed jobs that are newer than the newest successful job. */
  readonly consecutiveFailures: number;
}

export interface FoldedExports {
  readonly summary: ExportSummary;
  readonly dropped: { readonly active_jobs: number; readonly error_codes: number; readonly export_buckets: number };
  /** Some of the unknown states, for the log. */
  readonly foreignStates: ReadonlySet<string>;
  readonly hasOddTimes: boolean;
}

/** The collector's name. It is defined here so that families, findings and fields can read the record. */
export const NAME = 'exports';
export const exportsOf = recordOf<ExportSummary>(NAME);

export const MAX_ERROR_CODES = 20;
export const MAX_EXPORT_BUCKETS = 20;
const TYPICAL_DURATIONS = 20;
const NEWEST_JOBS = 30;
const MAX_FOREIGN_STATES = 5;
const TOO_MANY_COMPONENTS =
  'no setting raises this limit: please report how many export jobs and shards this cluster has';

export interface FoldSettings {
  readonly maxActiveJobs: number;
  /** Unix time. Times of jobs that are far later are ignored. */
  readonly nowSeconds: number;
  /** The bucket of the backup schedule, if it is known. Its outcomes are always kept. */
  readonly scheduledBucketId?: string | undefined;
}

/**
 * Whether Atlas lists the parts of a sharded cluster's export as jobs of their own is unknown; a job whose id is a component of
 * another job is not counted again. The component ids are complete only at the end of the list, so from the first page with
 * components on, jobs without components are held back. If a component was counted before, the list is read a second time.
 */
export function startExportFold(reading: 'first' | 'second', settings: FoldSettings): Fold<FoldedExports> {
  const tally = createTally(settings);
  const componentIds = new Set<string>();
  const heldBack: Job[] = [];
  let holdsBack = reading === 'second';
  let foldedBefore: ReadonlySet<string> = new Set();

  function add(items: readonly JsonObject[], seenBefore: ReadonlySet<string>): void {
    const jobs = items.map((item) => {
      const job = decodeJob(item, settings.nowSeconds);
      if (job.shards > 0) for (const id of componentIdsOf(item)) componentIds.add(id);
      return job;
    });
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

function createTally({ maxActiveJobs, scheduledBucketId }: FoldSettings) {
  const counts = zeros(JOB_STATES);
  const failedByCode = new Map<string, number>();
  const all = createOutcomes();
  const buckets = new Map<string, ReturnType<typeof createOutcomes>>();
  const newest = createKeepFirst<Job>(NEWEST_JOBS, newestFirst);
  const finished = createKeepFirst<Job>(1, newestFirst);
  const timedSuccesses = createKeepFirst<Job>(TYPICAL_DURATIONS, newestFirst);
  const active = createKeepFirst<Job>(maxActiveJobs, (a, b) => newestFirst(b, a));
  const activity = createActivity();
  const snapshots = createSnapshotExports(scheduledBucketId);
  const foreignStates = new Set<string>();
  let hasOddTimes = false;

  function add(job: Job): void {
    counts[job.state] += 1;
    newest.add(job);
    snapshots.add(job);
    if (job.foreignState !== undefined && foreignStates.size < MAX_FOREIGN_STATES) foreignStates.add(job.foreignState);
    hasOddTimes ||= job.hasOddTime ?? false;
    if (FINISHED_STATES.some((state) => state === job.state)) finished.add(job);
    if (job.state === 'successful' && durationSeconds(job) !== undefined) timedSuccesses.add(job);
    if (job.state === 'failed') {
      const code = job.errorCode ?? 'none';
      failedByCode.set(code, (failedByCode.get(code) ?? 0) + 1);
    }
    if (job.state === 'successful' || job.state === 'failed') {
      all.add(job);
      if (job.exportBucketId !== '') bucketOf(job.exportBucketId).add(job);
    }
    const activeState = activeStateOf(job);
    if (activeState === undefined) return;
    activity.add(job, activeState);
    active.add(job);
  }

  function bucketOf(id: string): ReturnType<typeof createOutcomes> {
    const bucket = buckets.get(id) ?? createOutcomes();
    buckets.set(id, bucket);
    return bucket;
  }

  function result(): FoldedExports {
    const codes = capCodes(failedByCode);
    const byUse = Array.from(buckets, ([id, bucket]) => [id, bucket.result()] as const).sort(([, a], [, b]) =>
      newestFirst(newestOf(a), newestOf(b)),
    );
    const kept = byUse.filter(([id], index) => index < MAX_EXPORT_BUCKETS || id === scheduledBucketId);
    const summary: ExportSummary = {
      counts,
      failedByCode: codes.kept,
      lastFinished: finished.list()[0],
      outcomes: all.result(),
      buckets: new Map(kept),
      typicalDurationSeconds: median(timedSuccesses.list().flatMap((job) => durationSeconds(job) ?? [])),
      active: active.list(),
      newest: newest.list(),
      bySnapshot: snapshots.result(),
      ...activity.result(),
    };
    const dropped = {
      active_jobs: active.dropped(),
      error_codes: codes.dropped,
      export_buckets: buckets.size - kept.length,
    };
    return { summary, dropped, foreignStates, hasOddTimes };
  }

  return { add, result };
}

function createOutcomes() {
  let lastSuccess: Job | undefined;
  let lastFailure: Job | undefined;
  let dataAtSeconds: number | undefined;
  /** Only the creation times of failed jobs are kept, because a long list may consist of failures. */
  const failures: Age[] = [];
  return {
    add(job: Job): void {
      if (job.state === 'failed') {
        failures.push({ id: job.id, createdAtSeconds: job.createdAtSeconds });
        if (lastFailure === undefined || newestFirst(job, lastFailure) < 0) lastFailure = job;
        return;
      }
      if (lastSuccess === undefined || newestFirst(job, lastSuccess) < 0) lastSuccess = job;
      const { snapshotAtSeconds } = job;
      if (snapshotAtSeconds !== undefined) dataAtSeconds = Math.max(snapshotAtSeconds, dataAtSeconds ?? 0);
    },
    result(): Outcomes {
      const success = lastSuccess;
      return {
        consecutiveFailures: failures.filter((age) => !success || newestFirst(age, success) < 0).length,
        lastSuccess,
        lastFailure,
        dataAtSeconds,
      };
    },
  };
}

function newestOf({ lastSuccess, lastFailure }: Outcomes): Age {
  const [newest = { id: '' }] = [lastSuccess, lastFailure].filter((job) => job !== undefined).sort(newestFirst);
  return newest;
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
    result: () => ({ activeCount, oldestActiveAtSeconds, activeCollections }),
  };
}

/** The most frequent codes; equally frequent ones in the order of names. The rest is counted as `other`. */
function capCodes(failedByCode: ReadonlyMap<string, number>): { kept: Map<string, number>; dropped: number } {
  const own = [...failedByCode].filter(([code]) => code !== 'other');
  own.sort(([codeA, a], [codeB, b]) => b - a || (codeA < codeB ? -1 : 1));
  const kept = new Map(own.slice(0, MAX_ERROR_CODES));
  const rest = own.slice(MAX_ERROR_CODES).reduce((sum, [, count]) => sum + count, failedByCode.get('other') ?? 0);
  if (rest > 0) kept.set('other', rest);
  return { kept, dropped: Math.max(0, own.length - MAX_ERROR_CODES) };
}
