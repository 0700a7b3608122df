/** The pages without a daemon: over states that a test gives. */
import type { BudgetLevel } from '../../src/atlas/admission/admission.ts';
import type { Outage } from '../../src/atlas/observer.ts';
import type { Collectors, PollingSettings, TargetState } from '../../src/collectors/collector.ts';
import { COLLECTORS } from '../../src/collectors/index.ts';
import type { ListingStatus } from '../../src/polling/organizations.ts';
import type { DiscoveryStatus } from '../../src/polling/projects.ts';
import type { PageLinks } from '../../src/web/pages/layout.ts';
import * as status from '../../src/web/pages/status.ts';
import { renderStatusPage } from '../../src/web/pages/status-page.ts';
import { renderTargetPage } from '../../src/web/pages/target-page.ts';

export interface Seen {
  readonly nowSeconds: number;
  readonly query?: string;
  readonly readsSchedules?: boolean;
  readonly nextPollInSeconds?: number;
  readonly discoveries?: readonly DiscoveryStatus[];
  readonly listings?: readonly ListingStatus[];
  readonly budgets?: readonly BudgetLevel[];
  readonly collectors?: Collectors;
  readonly outage?: Outage;
}

export const LINKS: PageLinks = { runbooks: 'https://example.com/runbooks', atlas: 'https://cloud.mongodb.com' };

const FACTS = { version: '1.2.3', telemetryPath: '/metrics' };

export const SETTINGS: PollingSettings = {
  intervalSeconds: 60,
  idleIntervalSeconds: 300,
  maxStaleSeconds: 900,
  maxActiveJobs: 50,
  isRead: {},
};

function sourcesOf(states: Iterable<TargetState>, seen: Seen): status.Sources {
  const { nowSeconds, readsSchedules = true, nextPollInSeconds = 60, collectors = COLLECTORS } = seen;
  const { discoveries = [], listings = [], budgets = [], outage } = seen;
  return {
    states: statesOf(() => states),
    settings: () => ({ ...SETTINGS, isRead: { schedule: readsSchedules } }),
    collectors,
    nextPollAtSeconds: () => nowSeconds + nextPollInSeconds,
    discoveries: () => discoveries,
    listings: () => listings,
    budgets: () => budgets,
    outage: () => outage,
  };
}

/** The states as the polling gives them. */
export function statesOf(all: () => Iterable<TargetState>): status.Sources['states'] {
  return { all, get: (key) => [...all()].find(({ target }) => target.key === key) };
}

export function judged(state: TargetState, seen: Seen): status.TargetStatus {
  return status.statusOf(state, sourcesOf([], seen), seen.nowSeconds);
}

export function overviewOf(states: Iterable<TargetState>, seen: Seen): status.Overview {
  return status.overviewOf(sourcesOf(states, seen), seen.nowSeconds);
}

export function statusPage(states: Iterable<TargetState>, seen: Seen): string {
  const filter = status.parseFilter(new URLSearchParams(seen.query ?? ''));
  return renderStatusPage(overviewOf(states, seen), filter, {
    ...FACTS,
    nowSeconds: seen.nowSeconds,
    root: '',
    links: LINKS,
  });
}

export function targetPage(state: TargetState, seen: Seen, links = LINKS): string {
  return renderTargetPage(judged(state, seen), { ...FACTS, nowSeconds: seen.nowSeconds, root: '../../', links });
}

/** The visible text of a page, one line for each element that has text. */
export function textOf(page: string): string {
  return page
    .replace(/<(style|script)>.*?<\/\1>/gs, '')
    .replace(/<[^>]+>/g, '\n')
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replace(/\s*\n\s*/g, '\n');
}

/** No targets. */
export const QUIET_SOURCES = sourcesOf([], { nowSeconds: 0 });
