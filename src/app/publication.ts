/**
 * What /metrics tells: the states of targets, and with them, in one step, what else is true since a reload. A page is of one
 * config: it never has the targets of one and the credentials or discoveries of another.
 */
import type { Family, TargetState } from '../collectors/collector.ts';
import type { Config } from '../config/config.ts';
import type { LastReload } from '../metrics/config.ts';
import { createExposition, type Exposition } from '../metrics/exposition.ts';
import { createSelfMetrics, type Named, type SelfMetrics, type SelfSettings } from '../metrics/self.ts';
import type { Discovery } from '../polling/discovery.ts';
import type { Wanted } from '../polling/targets.ts';
import type { Log } from '../support/log.ts';
import type { Runtime } from '../support/runtime.ts';

/** What is told beside states. */
export interface Facts {
  readonly credentials: Config['credentials'];
  readonly named: Named;
  readonly lastReload: LastReload;
}

export interface PublicationSettings extends Pick<SelfSettings, 'build' | 'withProcessMetrics' | 'lastTickAtSeconds'> {
  readonly families: readonly Family[];
  readonly facts: Facts;
  discoveries(): readonly Discovery[];
  readonly runtime: Runtime;
  readonly log: Log;
}

export interface Publication extends Pick<SelfMetrics, 'observer'>, Pick<Exposition, 'page'> {
  /** Tells of changed states and forgets removed targets, with the facts as they are now. */
  publish(put: readonly TargetState[], remove: readonly string[]): void;
  /** Other facts from now on: told with whatever is published next. */
  change(facts: Facts): void;
  readonly facts: Facts;
}

export function createPublication(settings: PublicationSettings): Publication {
  const { families, runtime, log } = settings;
  let { facts } = settings;
  let shown = { facts, discoveries: settings.discoveries() };
  const self = createSelfMetrics({
    ...settings,
    config: () => shown.facts,
    states: () => exposition.shown(),
    discoveries: () => shown.discoveries.map((discovery) => discovery.status()),
  });
  const exposition = createExposition({ families, own: self.registry, runtime });
  self.expect(facts.named);
  self.settle(facts.named);

  function publish(put: readonly TargetState[], remove: readonly string[]): void {
    const next = { facts, discoveries: settings.discoveries() };
    function show(): void {
      if (shown.facts.named !== next.facts.named) self.settle(next.facts.named);
      shown = next;
    }
    exposition.apply(put, remove, show).catch((error: unknown) => {
      log.error({ error: error instanceof Error ? error.stack : String(error) }, 'metrics could not be rendered');
    });
  }

  return {
    observer: self.observer,
    page: exposition.page,
    publish,
    change(next) {
      facts = next;
      self.expect(facts.named);
    },
    get facts() {
      return facts;
    },
  };
}

export function factsOf({ credentials }: Config, { named, discovered }: Wanted, lastReload: LastReload): Facts {
  return {
    credentials,
    named: {
      credentials: credentials.map(({ name, kind }) => ({ name, mintsTokens: kind === 'service_account' })),
      groupIds: [...named, ...discovered].map(({ groupId }) => groupId),
    },
    lastReload,
  };
}
