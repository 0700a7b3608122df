/** The pages without a daemon: over states that a test gives. */
import type { BudgetLevel } from '../../src/atlas/admission/admission.ts';
import type { Outage } from '../../src/atlas/observer.ts';
import type { Collectors, PollingSettings, TargetState } from '../../src/collectors/collector.ts';
import { COLLECTORS } from '../../src/collectors/index.ts';
import type { DiscoveryStatus } from '../../src/polling/discovery.ts';
import type { PageSettings } from '../../src/web/pages/pages.ts';
import * as status from '../../src/web/pages/status.ts';
import { renderStatusPage } from '../../src/web/pages/status-page.ts';
import { renderTargetPage } from '../../src/web/pages/target-page.ts';

export interface Seen {
  readonly nowSeconds: number;
  readonly query?: string;
  readonly readsSchedules?: boolean;
  readonly nextPollInSeconds?: number;
  readonly discoveries?: readonly DiscoveryStatus[];
  readonly budgets?: readonly BudgetLevel[];
  readonly collectors?: Collectors;
  readonly outage?: Outage;
}

const FACTS = { version: '1.2.3', telemetryPath: '/metrics' };

export const SETTINGS: PollingSettings = {
  intervalSeconds: 60,
  idleIntervalSeconds: 300,
  maxStaleSeconds: 900,
  maxActiveJobs: 50,
  isRead: {},
};

function viewOf({
  nowSeconds,
  readsSchedules = true,
  nextPollInSeconds = 60,
  collectors = COLLECTORS,
  outage,
}: Seen): status.View {
  return {
    nowSeconds,
    settings: { ...SETTINGS, isRead: { schedule: readsSchedules } },
    collectors,
    nextPollAtSeconds: () => nowSeconds + nextPollInSeconds,
    outage,
  };
}

export function judged(state: TargetState, seen: Seen): status.TargetStatus {
  return status.statusOf(state, viewOf(seen));
}

export function overviewOf(states: Iterable<TargetState>, seen: Seen): status.Overview {
  return status.overviewOf(states, seen.discoveries ?? [], seen.budgets ?? [], viewOf(seen));
}

export function statusPage(states: Iterable<TargetState>, seen: Seen): string {
  const filter = status.parseFilter(new URLSearchParams(seen.query ?? ''));
  return renderStatusPage(overviewOf(states, seen), filter, { ...FACTS, nowSeconds: seen.nowSeconds, root: '' });
}

export function targetPage(state: TargetState, seen: Seen, atlasUrl = 'https://cloud.mongodb.com'): string {
  return renderTargetPage(judged(state, seen), atlasUrl, { ...FACTS, nowSeconds: seen.nowSeconds, root: '../../' });
}

/** The visible text of a page, one line for each element that has text. */
export function textOf(page: string): string {
  return page
    .replace(/<(style|script)>.*?<\/\1>/gs, '')
    .replace(/<[^>]+>/g, '\n')
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replace(/\s*\n\s*/g, '\n');
}

/** Settings for a server without targets. */
export const QUIET_PAGES: PageSettings = {
  telemetryPath: '/metrics',
  version: '0',
  states: () => [],
  state: () => undefined,
  discoveries: () => [],
  budgets: () => [],
  outage: () => undefined,
  collectors: COLLECTORS,
  settings: () => SETTINGS,
  nextPollAtSeconds: () => undefined,
  atlasUrl: () => 'https://cloud.mongodb.com',
  config: () => '',
  wallSeconds: () => 0,
};
