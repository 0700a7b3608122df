/**
 * Everything that the config watches, polled once: found, polled and reported by the daemon's own parts, so that what works
 * here works there. Budget, attempts and concurrency are the daemon's too.
 */
import { createAtlasFromConfig } from '../app/atlas-from-config.ts';
import { clusterSource } from '../collectors/clusters.ts';
import type { Failure, Target, TargetState } from '../collectors/collector.ts';
import { type Collectors, createCollectors } from '../collectors/index.ts';
import { readProjectName } from '../collectors/project.ts';
import type { Config } from '../config/config.ts';
import type { DiscoveryStatus } from '../polling/discovery.ts';
import { createRound } from '../polling/round.ts';
import { createStates, type States } from '../polling/states.ts';
import { createWatch, type Watch } from '../polling/target-registry.ts';
import { createPollTask } from '../polling/tasks.ts';
import type { CommandSettings } from './command.ts';
import { tellProgress } from './progress.ts';

export type PollOnceSettings = Pick<
  CommandSettings<never>,
  'version' | 'runtime' | 'log' | 'signal' | 'terminal' | 'onToken'
> & {
  readonly config: Config;
};

export interface PolledOnce {
  readonly states: readonly TargetState[];
  readonly discoveries: readonly DiscoveryStatus[];
  readonly collectors: Collectors;
}

/** What Atlas' parts report is for those who watch for long. */
const NOBODY = { request() {}, retry() {}, throttled() {}, token() {} };

/** Whoever aborts the signal gets what was polled until then. */
export async function pollOnce(settings: PollOnceSettings): Promise<PolledOnce> {
  const { config, version, runtime, log, signal } = settings;
  const collectors = createCollectors({ maxActiveJobs: config.polling.maxActiveJobs });
  const { intervalSeconds } = config.polling;
  const states = createStates({ exports: intervalSeconds, schedule: intervalSeconds }, () => undefined);
  const atlas = createAtlasFromConfig(config, { version, runtime, log, observer: NOBODY, onToken: settings.onToken });
  const watch = createWatching(settings, states, collectors, atlas.apiFor);
  const round = createRound(config.atlas.concurrency);
  const onAbort = (): void => round.abort(new Error('interrupted'));
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  const stopTelling = tellProgress(settings.terminal, runtime, round.progress);
  try {
    watch.start(round);
    await round.ended();
  } finally {
    stopTelling();
    signal.removeEventListener('abort', onAbort);
    await atlas.close();
  }
  return {
    states: [...states.all()],
    discoveries: watch.discoveries().map((discovery) => discovery.status()),
    collectors,
  };
}

function createWatching(
  { config, runtime, log }: PollOnceSettings,
  states: States,
  collectors: Collectors,
  apiFor: ReturnType<typeof createAtlasFromConfig>['apiFor'],
): Watch {
  const common = { states, runtime, log, apiFor };
  // When the next poll would be is asked by nobody.
  const tools = { ...common, settings: config.polling };
  const exportTools = {
    ...tools,
    collector: collectors.exports,
    giveUp: (target: Target, failure: Failure) => watch.giveUp(target, failure),
  };
  const scheduleTools = { ...tools, collector: collectors.schedule };
  const watch = createWatch({
    ...common,
    wanted: { named: config.targets, discovered: config.discoveries },
    clusterSource,
    revised: (state) => state,
    readProjectName,
    pollsOf: (target) => [
      createPollTask(target, exportTools),
      ...(config.polling.readSchedule ? [createPollTask(target, scheduleTools)] : []),
    ],
  });
  return watch;
}
