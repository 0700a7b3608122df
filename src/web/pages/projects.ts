/** What is said of a project: whether its clusters can be found, and what is left of its share of Atlas' API. */
import type { Failure } from '../../collectors/collector.ts';
import type { TargetStatus } from './status.ts';

/** How finding a project's clusters goes. */
export interface Search {
  readonly groupId: string;
  /** Whether one has ended, well or not. */
  readonly tried: boolean;
  readonly goodAtSeconds?: number;
  readonly failure?: Failure | undefined;
}

/** One of a project's rate limits. */
export interface Budget {
  readonly groupId: string;
  /** Atlas limits several kinds of requests, each by itself. */
  readonly name: string;
  /** What we let ourselves have at once, and how much of it is left. */
  readonly capacityRequests: number;
  readonly remainingRequests: number;
  /** Requests that wait for it. */
  readonly waitingRequests: number;
  /** For how long Atlas still wants no request. */
  readonly pausedForSeconds: number;
  /** What Atlas last said of all its clients together, and how long ago. */
  readonly atlas?: { readonly limit: number; readonly remaining: number; readonly ageSeconds: number } | undefined;
}

export interface ProjectStatus {
  readonly groupId: string;
  /** Empty while unknown. */
  readonly name: string;
  readonly targets: number;
  readonly search?: Search | undefined;
  readonly budgets: readonly Budget[];
}

/** Less than this share of what Atlas grants is worth a word. */
const LOW_SHARE = 0.25;

export function projectsOf(
  targets: readonly TargetStatus[],
  searches: Iterable<Search>,
  budgets: Iterable<Budget>,
): readonly ProjectStatus[] {
  const projects = new Map<string, ProjectStatus>();
  const of = (groupId: string): ProjectStatus =>
    projects.get(groupId) ?? { groupId, name: '', targets: 0, budgets: [] };
  for (const search of searches) projects.set(search.groupId, { ...of(search.groupId), search });
  for (const { state } of targets) {
    const { groupId, projectName } = state.target;
    const known = of(groupId);
    projects.set(groupId, { ...known, name: known.name || projectName, targets: known.targets + 1 });
  }
  for (const budget of budgets) {
    const known = projects.get(budget.groupId);
    // Of a project that is no longer watched, its budget is nobody's business.
    if (known) projects.set(budget.groupId, { ...known, budgets: [...known.budgets, budget] });
  }
  return [...projects.values()].sort((a, b) => ((a.name || a.groupId) < (b.name || b.groupId) ? -1 : 1));
}

export function isLow({ pausedForSeconds, atlas }: Pick<Budget, 'pausedForSeconds' | 'atlas'>): boolean {
  return pausedForSeconds > 0 || (atlas !== undefined && atlas.remaining < LOW_SHARE * atlas.limit);
}
