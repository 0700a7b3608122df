/**
 * The Atlas client and the polling: the part that the daemon, `check` and `once` share. A changed config is applied in
 * one synchronous step, because every part reads its settings at each use.
 */
import type { BudgetLevel } from '../atlas/admission/admission.ts';
import { createAtlas } from '../atlas/atlas.ts';
import type { AtlasCounter, AtlasObserver } from '../atlas/observer.ts';
import type { Collectors } from '../collectors/collector.ts';
import { clusterSource, projectSource, readProjectName } from '../collectors/project.ts';
import type { Config } from '../config/config.ts';
import { createPolling } from '../polling/polling.ts';
import type { StatesListener } from '../polling/states.ts';
import { createOwns, ownShare, type Shard } from '../polling/targets.ts';
import type { Log } from '../support/log.ts';
import type { Runtime } from '../support/runtime.ts';

export interface MonitorSettings {
  readonly config: Config;
  /** Polls only the projects of this shard. Absent: all projects. */
  readonly shard?: Shard | undefined;
  readonly collectors: Collectors;
  readonly version: string;
  readonly observer: AtlasCounter;
  /** Called with each access token that Atlas issues, so that it can be redacted. */
  readonly onToken: (token: string) => void;
  readonly onChange: StatesListener;
  readonly runtime: Runtime;
  readonly log: Log;
}

export type Monitor = ReturnType<typeof createMonitor>;

/** An aborted poll should end at once. After this time the program no longer waits for it. */
const POLLS_END_SECONDS = 1;

export function createMonitor(settings: MonitorSettings) {
  const { shard, version, observer, onToken, runtime, log } = settings;
  let { config } = settings;
  const atlas = createAtlas({
    settings: config.atlas,
    credentials: config.credentials,
    userAgent: `mongodbatlas-backup-exporter/${version}`,
    runtime,
    observer: {
      ...observer,
      deprecated: createDeprecationLog(log),
      secret: onToken,
      circuitOpened: (outage) => polling.outageBegan(outage),
      circuitClosed: (outage) => polling.outageEnded(outage),
    },
  });
  const polling = createPolling({
    ...settings,
    wanted: ownShare(config, shard),
    clusterSource,
    projectSource,
    owns: shard && createOwns(shard),
    readProjectName,
    settings: () => config.polling,
    concurrency: () => config.atlas.concurrency,
    apiFor: atlas.apiFor,
    outage: atlas.outage,
  });

  function change(next: Config): void {
    config = next;
    polling.change(ownShare(config, shard), atlas.change(next.atlas, next.credentials).isOther);
  }

  /** The request budgets of the watched projects. The lists of projects have one without a project. */
  function budgets(): readonly BudgetLevel[] {
    const { targets, discoveries, organizations = [] } = polling.wanted();
    const watched = new Set([...targets, ...discoveries].map(({ groupId }) => groupId));
    if (organizations.length > 0) watched.add('');
    return atlas.budgets().filter(({ groupId }) => watched.has(groupId));
  }

  /** Stops polling, then revokes the access tokens. Ends within a fixed time and never rejects. */
  async function stop(): Promise<void> {
    const ended = new AbortController();
    await Promise.race([polling.stop(), runtime.sleep(POLLS_END_SECONDS, ended.signal)]);
    ended.abort();
    await atlas.close();
  }

  return { polling, states: polling.states, config: (): Config => config, atlas, budgets, change, stop };
}

/** Logs once for each operation that Atlas will remove the API version that it uses. */
export function createDeprecationLog(log: Log): AtlasObserver['deprecated'] {
  const operations = new Set<string>();
  return ({ operation, endsAtSeconds }) => {
    if (operations.has(operation)) return;
    operations.add(operation);
    const ends_on = endsAtSeconds === undefined ? undefined : new Date(endsAtSeconds * 1000).toISOString().slice(0, 10);
    const advice = 'Atlas will remove the API version that this exporter uses: upgrade the exporter before that';
    log.warn({ operation, ends_on }, advice);
  };
}
