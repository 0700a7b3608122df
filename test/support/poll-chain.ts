/** One target polled on demand over real sockets: the chain from the poll to the exchange, and its metrics; no scheduler. */
import { createAtlasFromConfig } from '../../src/app/atlas-from-config.ts';
import { createCollectors, familiesOf } from '../../src/collectors/index.ts';
import { createExposition } from '../../src/metrics/exposition.ts';
import { createSelfMetrics } from '../../src/metrics/self.ts';
import { pollingFamilies } from '../../src/polling/families.ts';
import { createPoll } from '../../src/polling/poll.ts';
import { createStates } from '../../src/polling/states.ts';
import { targetOf } from '../../src/polling/targets.ts';
import type { Runtime } from '../../src/support/runtime.ts';
import { type ConfigParts, configFor } from './daemon.ts';
import { createRecordingLog } from './recording-log.ts';

export interface PollChain {
  readonly lines: Record<string, unknown>[];
  /** Resolves when the poll has ended, well or not. */
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
  const collectors = createCollectors({ maxActiveJobs: config.polling.maxActiveJobs });
  let shown: Promise<void> = Promise.resolve();
  const states = createStates({ exports: 60, schedule: 60 }, (put, remove) => {
    shown = exposition.apply(put, remove);
  });
  const { registry, observer, ...counted } = createSelfMetrics({
    build: { version: '0', revision: '', nodeVersion: '' },
    config: () => ({ credentials: config.credentials, lastReload: { successful: true, successAtSeconds: 0 } }),
    withProcessMetrics: false,
    states: states.all,
    discoveries: () => [],
    lastTickAtSeconds: () => undefined,
  });
  const whom = {
    credentials: config.credentials.map(({ name, kind }) => ({ name, mintsTokens: kind === 'service_account' })),
    groupIds: [named.groupId],
  };
  counted.expect(whom);
  counted.settle(whom);
  const families = [...pollingFamilies, ...familiesOf(collectors)];
  const exposition = createExposition({ families, own: registry, runtime });
  const atlas = createAtlasFromConfig(config, { version: '0', runtime, log, observer });
  const target = targetOf(named);
  states.replace([target]);
  const settings = { intervalSeconds: 60, idleIntervalSeconds: 300 };
  const poll = createPoll(target.key, {
    collector: collectors.exports,
    states,
    settings,
    runtime,
    log,
    apiFor: atlas.apiFor,
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
      await shown;
      return (await exposition.page('text', false)).toString();
    },
    close: atlas.close,
  };
}
