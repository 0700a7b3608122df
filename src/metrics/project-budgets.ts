/**
 * The metrics of each project's API budgets: how long requests waited for them, and what Atlas says is left. They go with
 * their project.
 */
import { Counter, Gauge, type Registry } from 'prom-client';
import type { AtlasObserver, BudgetName, RateLimit } from '../atlas/observer.ts';

interface Facts {
  readonly labels: { readonly group_id: string; readonly budget: BudgetName };
  waitedSeconds: number;
  rateLimit?: RateLimit;
}

/** @param groupIds of the projects that are watched now */
export function registerProjectBudgets(
  registry: Registry,
  prefix: string,
  groupIds: () => ReadonlySet<string>,
): Pick<AtlasObserver, 'request' | 'throttled'> {
  const facts = new Map<string, Facts>();

  function factsOf(groupId: string, budget: BudgetName): Facts {
    const key = `${groupId} ${budget}`;
    const known = facts.get(key) ?? { labels: { group_id: groupId, budget }, waitedSeconds: 0 };
    facts.set(key, known);
    return known;
  }

  function present(): Iterable<Facts> {
    const watched = groupIds();
    for (const [key, { labels }] of facts) if (!watched.has(labels.group_id)) facts.delete(key);
    return facts.values();
  }

  const common = { labelNames: ['group_id', 'budget'], registers: [registry] };
  new Counter({
    ...common,
    name: `${prefix}api_throttled_seconds_total`,
    help: 'Time that requests have waited for the budget of their project, for a place among those under way, or for the end of a pause that Atlas asked for.',
    collect() {
      this.reset();
      for (const { labels, waitedSeconds } of present()) this.inc(labels, waitedSeconds);
    },
  });
  const gauge = (name: string, help: string, read: (rateLimit: RateLimit) => number): Gauge =>
    new Gauge({
      ...common,
      name: prefix + name,
      help,
      collect() {
        this.reset();
        for (const { labels, rateLimit } of present()) if (rateLimit) this.set(labels, read(rateLimit));
      },
    });
  gauge('api_rate_limit_requests', 'Requests that Atlas grants the project, as it last said.', ({ limit }) => limit);
  gauge(
    'api_rate_limit_remaining_requests',
    'Requests that Atlas said were left to the project.',
    ({ remaining }) => remaining,
  );

  return {
    request({ groupId, budget, rateLimit }) {
      if (groupId === undefined || budget === undefined) return;
      const known = factsOf(groupId, budget);
      if (rateLimit) known.rateLimit = rateLimit;
    },
    throttled({ groupId, budget, seconds }) {
      factsOf(groupId, budget).waitedSeconds += seconds;
    },
  };
}
