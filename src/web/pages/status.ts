/** The content of pages and API at one moment, sorted, and the filter. Pure functions. */
import type { BudgetLevel } from '../../atlas/admission/admission.ts';
import type { Reason } from '../../atlas/error.ts';
import type { Outage } from '../../atlas/observer.ts';
import type { Collectors, Failure, PollingSettings, Target, TargetState } from '../../collectors/collector.ts';
import { CONDITIONS, type Condition, rankOf } from '../../collectors/conditions.ts';
import { lastSuccessAtSeconds } from '../../collectors/exports/findings.ts';
import { activeStateOf, type Job } from '../../collectors/exports/job.ts';
import { exportsOf } from '../../collectors/exports/summary.ts';
import { findingsOf } from '../../collectors/findings.ts';
import { grouped } from '../../collectors/folding.ts';
import { successMaxAgeSeconds } from '../../collectors/schedule.ts';
import type { Polling } from '../../polling/polling.ts';

/** What the pages show, read at each request. */
export interface Sources extends Pick<Polling, 'states' | 'discoveries' | 'listings' | 'nextPollAtSeconds'> {
  readonly collectors: Collectors;
  settings(): PollingSettings;
  budgets(): readonly BudgetLevel[];
  outage(): Outage | undefined;
}

export type Overview = ReturnType<typeof overviewOf>;
export type TargetStatus = ReturnType<typeof statusOf>;
export type ReadStatus = TargetStatus['reads'][number];
export type ProjectStatus = ReturnType<typeof projectsOf>[number];

export function overviewOf(sources: Sources, nowSeconds: number) {
  // Created here: the first one takes 10 ms, by which the program would start later.
  const names = new Intl.Collator('en', { numeric: true });
  const targets = Array.from(sources.states.all(), (state) => statusOf(state, sources, nowSeconds)).sort(
    (a, b) =>
      rankOf(a.condition) - rankOf(b.condition) ||
      names.compare(a.state.target.clusterName, b.state.target.clusterName) ||
      (a.state.target.key < b.state.target.key ? -1 : 1),
  );
  const found = targets.flatMap(({ reads: [first] }) => first?.record.last?.failure ?? []).filter(isByOutage);
  // The alert AtlasBackupExporterAtlasUnreachable uses the same share.
  const failures = 2 * found.length > targets.length ? found : [];
  const outage = sources.outage();
  return {
    /** Defined while Atlas does not answer. */
    outage,
    /** The failures that an outage explains, if they are those of more than half of the targets; else empty. */
    failures,
    /** Why the page has no news of most clusters; undefined if it has. */
    cause: outage ?? failures[0],
    /** The most urgent first, then by name. */
    targets,
    projects: projectsOf(targets, sources),
    listings: sources.listings(),
  };
}

/** In an outage it fires instead of one alert for each cluster. */
const OUTAGE_ALERT = 'AtlasBackupExporterAtlasUnreachable';
const OUTAGE_REASONS: readonly (Reason | undefined)[] = ['server_error', 'timeout', 'network'];

/** Whether an outage of Atlas explains the failure. */
export function isByOutage(failure: Failure | undefined): boolean {
  return OUTAGE_REASONS.includes(failure?.reason);
}

export function statusOf(state: TargetState, sources: Sources, nowSeconds: number) {
  const { target, polled } = state;
  const { collectors } = sources;
  const { summary, stale } = exportsOf(state);
  const lastSuccess = lastSuccessAtSeconds(state);
  const isOutage = sources.outage() !== undefined;
  const findings = findingsOf(state, { nowSeconds, settings: sources.settings() }, collectors).map((finding) =>
    isOutage && finding.condition === 'unreachable' ? { ...finding, alert: OUTAGE_ALERT } : finding,
  );
  return {
    state,
    /** One record for each collector that reads the target, in the order of the list of collectors. */
    reads: collectors.flatMap((collector) => {
      const record = polled[collector.name];
      /** Unix time; undefined while the poll runs. */
      const nextPollAtSeconds = sources.nextPollAtSeconds(target.key, collector.name);
      return record === undefined ? [] : [{ collector, record, nextPollAtSeconds }];
    }),
    lastSuccessAtSeconds: lastSuccess,
    /** Never negative: the clocks of Atlas and this host may differ. */
    lastSuccessAgeSeconds: lastSuccess === undefined ? undefined : Math.max(0, nowSeconds - lastSuccess),
    successMaxAgeSeconds: successMaxAgeSeconds(state),
    /** Queued and running exports, the oldest first, at most `max_active_jobs`. Empty while the data is stale. */
    active: stale ? [] : (summary?.active ?? []),
    activeCount: stale ? 0 : (summary?.activeCount ?? 0),
    /** All conditions, the most urgent first; never empty. */
    findings,
    condition: findings[0]?.condition ?? 'fine',
  };
}

/** The newest jobs, the oldest of them first, without active jobs while the data is stale. */
export function recentJobs(state: TargetState, count: number): readonly Job[] {
  const { summary, stale } = exportsOf(state);
  const jobs = (summary?.newest ?? []).filter((job) => !stale || activeStateOf(job) === undefined);
  return jobs.slice(0, count).reverse();
}

/** Where the name is not known, the end of the id tells projects apart. */
export function projectWords({ projectName, groupId }: Pick<Target, 'projectName' | 'groupId'>): string {
  return projectName || `Project …${groupId.slice(-6)}`;
}

function projectsOf(targets: readonly TargetStatus[], sources: Sources) {
  const discoveries = new Map(sources.discoveries().map((discovery) => [discovery.groupId, discovery]));
  const clusters = grouped(targets, ({ state }) => state.target.groupId);
  const budgets = grouped(sources.budgets(), ({ groupId }) => groupId);
  const projects = Array.from(new Set([...discoveries.keys(), ...clusters.keys()]), (groupId) => {
    const own = (clusters.get(groupId) ?? []).map(({ state }) => state.target);
    return {
      groupId,
      /** Empty until Atlas has given it. */
      name: own.find(({ projectName }) => projectName !== '')?.projectName ?? '',
      targets: own.length,
      /** Absent if its clusters are not discovered. */
      discovery: discoveries.get(groupId),
      budgets: budgets.get(groupId) ?? [],
    };
  });
  return projects.sort((a, b) => ((a.name || a.groupId) < (b.name || b.groupId) ? -1 : 1));
}

/** The filter for targets. The script of the page uses the same rules. */
export interface Filter {
  readonly text: string;
  readonly condition?: Condition | undefined;
  readonly owner?: string | undefined;
  readonly groupId?: string | undefined;
}

/** An unknown condition does not filter. */
export function parseFilter(query: URLSearchParams): Filter {
  const state = query.get('state');
  return {
    text: (query.get('q') ?? '').slice(0, 200),
    condition: CONDITIONS.find((condition) => condition === state),
    owner: query.get('owner') || undefined,
  };
}

/** Each word must occur in the name of the cluster or project, or be the start of `GROUP_ID/CLUSTER`. */
export function createMatcher({ text, condition, owner, groupId }: Filter): (status: TargetStatus) => boolean {
  const terms = text.toLowerCase().split(/\s+/).filter(Boolean);
  return ({ state: { target }, findings }) => {
    if (condition !== undefined && !findings.some((finding) => finding.condition === condition)) return false;
    if (owner !== undefined && target.owner !== owner) return false;
    if (groupId !== undefined && target.groupId !== groupId) return false;
    const words = `${target.clusterName} ${projectWords(target)}`.toLowerCase();
    const key = target.key.toLowerCase();
    return terms.every((term) => words.includes(term) || key.startsWith(term));
  };
}
