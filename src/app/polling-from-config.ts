/** What is polled, how often and with what, as the config in force describes it. */
import type { Atlas } from '../atlas/atlas.ts';
import { clusterSource } from '../collectors/clusters.ts';
import type { Failure, Target, TargetState } from '../collectors/collector.ts';
import type { Collectors } from '../collectors/index.ts';
import { readProjectName } from '../collectors/project.ts';
import type { Config } from '../config/config.ts';
import type { Shard } from '../config/shard.ts';
import { paced } from '../polling/poll.ts';
import { type Scheduler, startScheduler } from '../polling/scheduler.ts';
import { shareOf } from '../polling/shards.ts';
import { isOverdue, markStale } from '../polling/staleness.ts';
import { createStates, notYetPolled, type States, type StatesListener } from '../polling/states.ts';
import { createWatch, type Watch } from '../polling/target-registry.ts';
import type { Wanted } from '../polling/targets.ts';
import { createLaterTask, createPollTask } from '../polling/tasks.ts';
import type { Log } from '../support/log.ts';
import type { Runtime } from '../support/runtime.ts';
import type { InForce } from './in-force.ts';

export interface PollingTools {
  readonly inForce: InForce;
  /** Whose projects are watched here; all where it is left out. */
  readonly shard: Shard | undefined;
  readonly collectors: Collectors;
  readonly apiFor: Atlas['apiFor'];
  readonly isLost: Atlas['isCircuitOpen'];
  readonly onChange: StatesListener;
  readonly runtime: Runtime;
  readonly log: Log;
}

export interface Polling extends Pick<Watch, 'discoveries'> {
  readonly states: States;
  /** From now on polls run. */
  start(): Scheduler;
  /** The config in force is another one. */
  change(isOther: (credential: string) => boolean): void;
  /** Atlas has been lost or found again: what is known of targets is old everywhere at once. */
  hurry(): void;
}

/** Schedules hardly ever change. */
const SCHEDULE_SECONDS = { intervalSeconds: 3600, idleIntervalSeconds: 3600, retryIntervalSeconds: 300 };

export function createPolling(tools: PollingTools): Polling {
  const { inForce, shard, collectors, apiFor, isLost, onChange, runtime, log } = tools;
  const states = createStates(
    {
      get exports() {
        return inForce.config.polling.intervalSeconds;
      },
      schedule: SCHEDULE_SECONDS.intervalSeconds,
    },
    onChange,
  );
  const common = { states, runtime, log, apiFor };
  const exportTools = {
    ...common,
    collector: collectors.exports,
    settings: inForce.polling,
    isLost,
    giveUp: (target: Target, failure: Failure) => watch.giveUp(target, failure),
  };
  const scheduleTools = { ...common, collector: collectors.schedule, settings: SCHEDULE_SECONDS };
  const watch = createWatch({
    ...common,
    wanted: wantedOf(inForce.config, shard),
    clusterSource,
    readProjectName,
    pollsOf: (target) => [
      createPollTask(target, exportTools),
      ...(inForce.config.polling.readSchedule ? [createLaterTask(target, 'exports', scheduleTools)] : []),
    ],
    revised: (state) => revised(state, tools),
  });
  return {
    states,
    discoveries: watch.discoveries,
    start: () => startPolling(tools, states, watch),
    change: (isOther) => watch.change(wantedOf(inForce.config, shard), isOther),
    hurry: () => watch.hurry('exports'),
  };
}

/** What of the config is for this shard. */
export function wantedOf({ targets, discoveries }: Config, shard: Shard | undefined): Wanted {
  const everything = { named: targets, discovered: discoveries };
  return shard ? shareOf(everything, shard.index, shard.count) : everything;
}

/** The state as a program would have it that had been started with the config in force. */
function revised(state: TargetState, { inForce, collectors, runtime }: PollingTools): TargetState {
  const { polling } = inForce.config;
  const exports = paced(state.target.key, state.exports, {
    collector: collectors.exports,
    settings: inForce.polling,
    runtime,
  });
  // What is no longer read is no longer known; it was not before it was first read.
  const isForgotten = !polling.readSchedule && state.schedule.polls > 0;
  const schedule = isForgotten ? notYetPolled<never>(SCHEDULE_SECONDS.intervalSeconds) : state.schedule;
  // Under another max_stale a mark may be wrong; a mark that is missing is set by the next tick.
  const isFresh = exports.stale && !isOverdue(exports, polling.maxStaleSeconds, runtime.monotonicSeconds());
  if (exports === state.exports && schedule === state.schedule && !isFresh) return state;
  return { ...state, exports: isFresh ? { ...exports, stale: false } : exports, schedule };
}

function startPolling({ inForce, runtime }: PollingTools, states: States, watch: Watch): Scheduler {
  const scheduler = startScheduler({
    get lanePlaces() {
      return inForce.config.atlas.concurrency;
    },
    runtime,
    onTick() {
      const now = runtime.monotonicSeconds();
      for (const { target } of states.all()) {
        states.update(target.key, (state) => markStale(state, inForce.config.polling.maxStaleSeconds, now));
      }
    },
  });
  watch.start(scheduler);
  return scheduler;
}
