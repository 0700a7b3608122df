/** The pages without a daemon: over states that a test gives. */
import type { PollingSettings, TargetState } from '../../src/collectors/collector.ts';
import { COLLECTORS } from '../../src/collectors/index.ts';
import { parseFilter } from '../../src/web/pages/filter.ts';
import type { PageSettings } from '../../src/web/pages/pages.ts';
import { type Budget, projectsOf, type Search } from '../../src/web/pages/projects.ts';
import { statusOf, statusOfAll, type TargetStatus, type View } from '../../src/web/pages/status.ts';
import { type Overview, renderStatusPage } from '../../src/web/pages/status-page.ts';
import { renderTargetPage } from '../../src/web/pages/target-page.ts';

export interface Seen {
  readonly nowSeconds: number;
  readonly query?: string;
  readonly readsSchedules?: boolean;
  readonly nextPollInSeconds?: number;
  readonly searches?: readonly Search[];
  readonly budgets?: readonly Budget[];
}

const FACTS = { version: '1.2.3', telemetryPath: '/metrics' };

export const SETTINGS: PollingSettings = {
  intervalSeconds: 60,
  idleIntervalSeconds: 300,
  maxStaleSeconds: 900,
  maxActiveJobs: 50,
  isRead: {},
};

function viewOf({ nowSeconds, readsSchedules = true, nextPollInSeconds = 60 }: Seen): View {
  return {
    nowSeconds,
    settings: { ...SETTINGS, isRead: { schedule: readsSchedules } },
    collectors: COLLECTORS,
    nextPollAtSeconds: () => nowSeconds + nextPollInSeconds,
  };
}

export function judged(state: TargetState, seen: Seen): TargetStatus {
  return statusOf(state, viewOf(seen));
}

export function overviewOf(states: Iterable<TargetState>, seen: Seen): Overview {
  const { searches = [], budgets = [] } = seen;
  const targets = statusOfAll(states, viewOf(seen));
  return { targets, projects: projectsOf(targets, searches, budgets) };
}

export function statusPage(states: Iterable<TargetState>, seen: Seen): string {
  const filter = parseFilter(new URLSearchParams(seen.query ?? ''));
  return renderStatusPage(overviewOf(states, seen), filter, { ...FACTS, nowSeconds: seen.nowSeconds, root: '' });
}

export function targetPage(state: TargetState, seen: Seen, atlasUrl = 'https://cloud.mongodb.com'): string {
  const facts = { ...FACTS, nowSeconds: seen.nowSeconds, root: '../../', atlasUrl, collectors: COLLECTORS };
  return renderTargetPage(judged(state, seen), facts);
}

/** The text a reader sees, one line per element that has some. */
export function textOf(page: string): string {
  return page
    .replace(/<(style|script)>.*?<\/\1>/gs, '')
    .replace(/<[^>]+>/g, '\n')
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replace(/\s*\n\s*/g, '\n');
}

/** For whoever serves them. */
export const QUIET_PAGES: PageSettings = {
  telemetryPath: '/metrics',
  version: '0',
  states: () => [],
  state: () => undefined,
  searches: () => [],
  budgets: () => [],
  collectors: COLLECTORS,
  settings: () => SETTINGS,
  nextPollAtSeconds: () => undefined,
  atlasUrl: () => 'https://cloud.mongodb.com',
  config: () => '',
  wallSeconds: () => 0,
};
