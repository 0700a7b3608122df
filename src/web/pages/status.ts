/**
 * What pages, API and filter show of a target: a pure projection of its state at one moment. Every condition of a target is
 * found once, here; the most urgent one comes first.
 */
import type { Collectors, Finding, Moment, TargetState } from '../../collectors/collector.ts';
import { type Condition, rankOf } from '../../collectors/conditions.ts';
import { lastSuccessAtSeconds } from '../../collectors/exports/findings.ts';
import { activeStateOf, type Job } from '../../collectors/exports/job.ts';
import { exportsOf } from '../../collectors/exports/summary.ts';
import { findingsOf } from '../../collectors/findings.ts';
import { successMaxAgeSeconds } from '../../collectors/schedule.ts';

/** The moment of a page, and what it asks beside the states. */
export interface View extends Moment {
  readonly collectors: Collectors;
  /** Unix time of the next poll; undefined while it runs, or if there is none. */
  nextPollAtSeconds(key: string, collector: string): number | undefined;
}

export interface TargetStatus {
  readonly state: TargetState;
  readonly lastSuccessAtSeconds?: number | undefined;
  readonly lastSuccessAgeSeconds?: number | undefined;
  readonly successMaxAgeSeconds?: number | undefined;
  /** Queued and running exports, the oldest first, up to a limit. Empty while the data is too old to tell. */
  readonly active: readonly Job[];
  /** Without the limit. */
  readonly activeCount: number;
  /** The most urgent one. */
  readonly condition: Condition;
  /** The most urgent first; never empty. */
  readonly findings: readonly Finding[];
  /** Unix time by the collector's name. */
  nextPollAtSeconds(collector: string): number | undefined;
}

const names = new Intl.Collator('en', { numeric: true });

/** The most urgent first, then by name. */
export function statusOfAll(states: Iterable<TargetState>, view: View): readonly TargetStatus[] {
  return Array.from(states, (state) => statusOf(state, view)).sort(
    (a, b) =>
      rankOf(a.condition) - rankOf(b.condition) ||
      names.compare(a.state.target.clusterName, b.state.target.clusterName) ||
      (a.state.target.key < b.state.target.key ? -1 : 1),
  );
}

export function statusOf(state: TargetState, view: View): TargetStatus {
  const { summary, stale } = exportsOf(state);
  const at = lastSuccessAtSeconds(state);
  const findings = findingsOf(state, view, view.collectors);
  return {
    state,
    lastSuccessAtSeconds: at,
    lastSuccessAgeSeconds: at === undefined ? undefined : since(at, view),
    successMaxAgeSeconds: successMaxAgeSeconds(state),
    active: stale ? [] : (summary?.active ?? []),
    activeCount: stale ? 0 : (summary?.activeCount ?? 0),
    findings,
    condition: findings[0]?.condition ?? 'fine',
    nextPollAtSeconds: (collector) => view.nextPollAtSeconds(state.target.key, collector),
  };
}

/** A clock that is wrong gives no negative ages. */
export function since(atSeconds: number, { nowSeconds }: Pick<Moment, 'nowSeconds'>): number {
  return Math.max(0, nowSeconds - atSeconds);
}

/** The newest jobs, the oldest of them first. Active jobs are left out while the data is too old to tell. */
export function recentJobs(state: TargetState, count: number): readonly Job[] {
  const { summary, stale } = exportsOf(state);
  const jobs = (summary?.newest ?? []).filter((job) => !stale || activeStateOf(job) === undefined);
  return jobs.slice(0, count).reverse();
}
