/** What is said of a target to people: a pure projection of its state at one moment. */
import { successMaxAgeSeconds } from '../collectors/backup-schedule.ts';
import type { TargetState } from '../collectors/collector.ts';
import type { JobState } from '../collectors/export-job.ts';
import { endedAtSeconds } from '../collectors/export-job.ts';

/** The most pressing thing that is true of a target, in the order of how much it presses. */
export const CONDITIONS = ['failing', 'failed', 'overdue', 'no_success', 'waiting', 'running', 'fine'] as const;
export type Condition = (typeof CONDITIONS)[number];

export interface TargetStatus {
  readonly key: string;
  readonly groupId: string;
  readonly clusterName: string;
  readonly condition: Condition;
  readonly counts?: Readonly<Record<JobState, number>> | undefined;
  /** Unix times and seconds. */
  readonly lastSuccessAtSeconds?: number | undefined;
  readonly lastSuccessAgeSeconds?: number | undefined;
  readonly successMaxAgeSeconds?: number | undefined;
  readonly lastPollAtSeconds?: number | undefined;
  readonly nextPollAtSeconds?: number | undefined;
  readonly activeJobs: number;
  /** Why the latest poll failed, and what to do about it. */
  readonly failure?: { readonly reason: string; readonly problem: string; readonly advice: string } | undefined;
}

/** Those that need attention first, then by name. */
export function statusOfAll(states: Iterable<TargetState>, nowSeconds: number): readonly TargetStatus[] {
  const rank = (status: TargetStatus): number => CONDITIONS.indexOf(status.condition);
  return [...states]
    .map((state) => statusOf(state, nowSeconds))
    .sort((a, b) => rank(a) - rank(b) || a.clusterName.localeCompare(b.clusterName) || (a.key < b.key ? -1 : 1));
}

export function statusOf(state: TargetState, nowSeconds: number): TargetStatus {
  const { target, exports } = state;
  const { summary, last } = exports;
  const lastSuccessAtSeconds = summary?.lastSuccess && endedAtSeconds(summary.lastSuccess);
  const lastSuccessAgeSeconds =
    lastSuccessAtSeconds === undefined ? undefined : Math.max(0, nowSeconds - lastSuccessAtSeconds);
  return {
    key: target.key,
    groupId: target.groupId,
    clusterName: target.clusterName,
    condition: conditionOf(state, lastSuccessAgeSeconds),
    counts: summary?.counts,
    lastSuccessAtSeconds,
    lastSuccessAgeSeconds,
    successMaxAgeSeconds: successMaxAgeSeconds(state),
    lastPollAtSeconds: last?.endedAtSeconds,
    nextPollAtSeconds: exports.nextAtSeconds,
    activeJobs: summary?.activeCount ?? 0,
    failure: last?.failure,
  };
}

function conditionOf(state: TargetState, lastSuccessAgeSeconds: number | undefined): Condition {
  const { summary, last } = state.exports;
  if (last?.failure) return 'failing';
  if (summary === undefined) return 'waiting';
  if (summary.lastFinished?.state === 'failed') return 'failed';
  if (lastSuccessAgeSeconds === undefined) return 'no_success';
  if (lastSuccessAgeSeconds > (successMaxAgeSeconds(state) ?? Number.POSITIVE_INFINITY)) return 'overdue';
  return summary.activeCount > 0 ? 'running' : 'fine';
}
