/**
 * What is said of a target to people and programs: a pure projection of its state at one moment. The pages, the API and the
 * filter all show this; none of them judges anew. Every condition that is true of a target is found, and what presses most
 * comes first.
 */

import type { TargetState } from '../../collectors/collector.ts';
import { activeStateOf, endedAtSeconds, type Job } from '../../collectors/exports/job.ts';
import { successMaxAgeSeconds } from '../../collectors/schedule.ts';
import { type Condition, rankOf } from './conditions.ts';
import { type Finding, findingsOf } from './findings.ts';

export interface Moment {
  readonly nowSeconds: number;
  /** Whether backup schedules are read at all. */
  readonly readsSchedules: boolean;
}

export interface TargetStatus {
  /** What it is a projection of: facts are shown as they are there. */
  readonly state: TargetState;
  readonly lastSuccessAtSeconds?: number | undefined;
  readonly lastSuccessAgeSeconds?: number | undefined;
  readonly successMaxAgeSeconds?: number | undefined;
  /** Queued or running, the oldest first, capped. None while too little is known of the present: see `stale`. */
  readonly active: readonly Job[];
  /** All of them. */
  readonly activeCount: number;
  /** What presses most. */
  readonly condition: Condition;
  /** All that is true of it, what presses most first; never empty. */
  readonly findings: readonly Finding[];
}

const names = new Intl.Collator('en', { numeric: true });

/** What presses most first, then by name. */
export function statusOfAll(states: Iterable<TargetState>, moment: Moment): readonly TargetStatus[] {
  return Array.from(states, (state) => statusOf(state, moment)).sort(
    (a, b) =>
      rankOf(a.condition) - rankOf(b.condition) ||
      names.compare(a.state.target.clusterName, b.state.target.clusterName) ||
      (a.state.target.key < b.state.target.key ? -1 : 1),
  );
}

export function statusOf(state: TargetState, moment: Moment): TargetStatus {
  const { summary, stale } = state.exports;
  const lastSuccessAtSeconds = summary?.lastSuccess && endedAtSeconds(summary.lastSuccess);
  const facts = {
    state,
    lastSuccessAtSeconds,
    lastSuccessAgeSeconds: lastSuccessAtSeconds === undefined ? undefined : since(lastSuccessAtSeconds, moment),
    successMaxAgeSeconds: successMaxAgeSeconds(state),
    active: stale ? [] : (summary?.active ?? []),
    activeCount: stale ? 0 : (summary?.activeCount ?? 0),
  };
  const findings = findingsOf(facts, moment);
  return { ...facts, findings, condition: findings[0]?.condition ?? 'fine' };
}

/** A clock that is off makes no negative ages. */
export function since(atSeconds: number, { nowSeconds }: Pick<Moment, 'nowSeconds'>): number {
  return Math.max(0, nowSeconds - atSeconds);
}

/** The newest jobs, the oldest of them first, as one reads a line. What is active is left out while it may be long over. */
export function recentJobs({ exports: { summary, stale } }: TargetState, count: number): readonly Job[] {
  const jobs = (summary?.newest ?? []).filter((job) => !stale || activeStateOf(job) === undefined);
  return jobs.slice(0, count).reverse();
}
