/** One target polled on demand over real sockets: the chain from the poll to the exchange, and its metrics; no scheduler. */
import { createDeprecationLog } from '../../src/app/monitor.ts';
import { createAtlas } from '../../src/atlas/atlas.ts';
import { exportsCollector } from '../../src/collectors/exports/collector.ts';
import { COLLECTORS, familiesOf } from '../../src/collectors/index.ts';
import { createMetricsPage } from '../../src/metrics/page.ts';
import { createSelfMetrics } from '../../src/metrics/self.ts';
import { createOutages } from '../../src/polling/failure-log.ts';
import { createPoll } from '../../src/polling/poll.ts';
import { createStates } from '../../src/polling/states.ts';
import { targetOf } from '../../src/polling/targets.ts';
import type { Runtime } from '../../src/support/runtime.ts';
import { type ConfigParts, configFor } from './daemon.ts';
import { createRecordingLog } from './recording-log.ts';

export interface PollChain {
  readonly lines: Record<string, unknown>[];
  /** Resolves when the poll has ended, successful or not. */
  poll(): Promise<void>;
  /** How long a request may take from now on. */
  giveRequests(seconds: number): void;
  /** The whole text exposition. */
  metrics(): Promise<string>;
  close(): Promise<void>;
}

export interface PollChainSettings {
  readonly origin: string;
  readonly named: { readonly groupId: string; readonly clusterName: string; readonly credential: string };
  readonly parts: ConfigParts;
  readonly runtime: Runtime;
}

export function createPollChain({ origin, named, parts, runtime }: PollChainSettings): PollChain {
  const config = configFor({ origin }, { ...parts, targets: [named] });
  const { log, lines } = createRecordingLog();
  const states = createStates({
    collectors: [exportsCollector],
    settings: () => config.polling,
    monotonicSeconds: runtime.monotonicSeconds,
    onChange: (put, removed) => page.update(put, removed),
  });
  const { registry, observer } = createSelfMetrics({
    build: { version: '0', revision: '', nodeVersion: '' },
    credentials: () => config.credentials,
    budgets: () => atlas.budgets(),
    withProcessMetrics: false,
    collectors: COLLECTORS,
    states: states.all,
    discoveries: () => [],
    listings: () => [],
    lastReload: () => ({ successful: true, successAtSeconds: 0 }),
    isAtlasReachable: () => undefined,
    lastTickAtSeconds: () => undefined,
    webCertificateExpiresAtSeconds: () => undefined,
  });
  const page = createMetricsPage({ families: familiesOf(COLLECTORS), own: registry, runtime });
  const atlas = createAtlas({
    settings: config.atlas,
    credentials: config.credentials,
    userAgent: 'test',
    runtime,
    observer: {
      ...observer,
      deprecated: createDeprecationLog(log),
      secret: () => undefined,
      circuitOpened: () => undefined,
      circuitClosed: () => undefined,
    },
  });
  const target = targetOf(named);
  states.replace([target]);
  const poll = createPoll(target.key, exportsCollector, {
    states,
    settings: () => config.polling,
    runtime,
    log,
    apiFor: atlas.apiFor,
    outages: createOutages(atlas.outage, { log, wallSeconds: runtime.wallSeconds }),
    dropTarget: () => false,
  });
  return {
    lines,
    async poll() {
      await poll(new AbortController().signal);
    },
    giveRequests(requestTimeoutSeconds) {
      atlas.change({ ...config.atlas, requestTimeoutSeconds }, config.credentials);
    },
    async metrics() {
      return (await page.render('text', false)).toString();
    },
    close: atlas.close,
  };
}
