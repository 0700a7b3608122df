/** Target states, for tests of metrics, pages and findings. */

import type { JsonObject } from '../../src/atlas/http/answer.ts';
import { notYetPolled, type Polled, recordOf, type Target, type TargetState } from '../../src/collectors/collector.ts';
import { type ExportSummary, startExportFold } from '../../src/collectors/exports/summary.ts';
import { COLLECTORS } from '../../src/collectors/index.ts';
import type { BackupSchedule } from '../../src/collectors/schedule.ts';
import { DAY_ZERO_SECONDS, NOW_SECONDS } from './jobs.ts';

export const GROUP_ID = '5e0000000000000000000001';

const READ = { endedAtSeconds: DAY_ZERO_SECONDS + 90_000, durationSeconds: 0.25 };

export function target(clusterName = 'Cluster0', settings: Partial<Target> = {}): Target {
  const groupId = settings.groupId ?? GROUP_ID;
  return {
    key: `${groupId}/${clusterName}`,
    groupId,
    clusterName,
    credential: 'default',
    projectName: '',
    discovered: false,
    ...settings,
  };
}

export function unpolled<S>(): Polled<S> {
  return notYetPolled(60);
}

/** The state before the first poll. */
export function newState(clusterName = 'Cluster0', settings: Partial<Target> = {}): TargetState {
  const polled = Object.fromEntries(COLLECTORS.map(({ name }) => [name, unpolled()]));
  return { target: target(clusterName, settings), polled };
}

/** The same state with these changes of one collector's record. */
export function withRecord(state: TargetState, name: string, changes: Partial<Polled<unknown>>): TargetState {
  return { ...state, polled: { ...state.polled, [name]: { ...recordOf(name)(state), ...changes } } };
}

/** The same state after its backup schedule was read. */
export function withSchedule(state: TargetState, summary: BackupSchedule): TargetState {
  return withRecord(state, 'schedule', { ...unpolled(), polls: 1, summary, last: READ });
}

/** The summary of these jobs, read in one page. */
export function summaryOf(jobs: readonly JsonObject[], maxActiveJobs = 50, scheduledBucketId?: string): ExportSummary {
  const fold = startExportFold('first', { maxActiveJobs, nowSeconds: NOW_SECONDS, scheduledBucketId });
  fold.add(jobs, new Set());
  return fold.result().summary;
}

/** The state after one good poll that has read these jobs, where backup schedules are not read. */
export function polledState(
  jobs: readonly JsonObject[],
  settings: Partial<Target> = {},
  clusterName = 'Cluster0',
): TargetState {
  return withRecord({ target: target(clusterName, settings), polled: {} }, 'exports', {
    ...unpolled(),
    polls: 1,
    summary: summaryOf(jobs),
    read: {
      pages: 1,
      items: jobs.length,
      reportedItems: jobs.length,
      dropped: { active_jobs: 0, error_codes: 0, export_buckets: 0 },
    },
    goodAtSeconds: DAY_ZERO_SECONDS + 90_000,
    goodAtMonotonicSeconds: 10,
    last: READ,
  });
}
