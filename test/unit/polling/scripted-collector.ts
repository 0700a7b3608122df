/** Collectors whose reads a test scripts. */
import type { AtlasApi } from '../../../src/atlas/client.ts';
import type { Outage } from '../../../src/atlas/observer.ts';
import type { Collector, Target, TargetState } from '../../../src/collectors/collector.ts';
import type { Runtime } from '../../../src/support/runtime.ts';

export interface Scripted {
  readonly collector: Collector<unknown>;
  /** All reads that have begun. */
  readonly reads: { readonly target: Target; readonly atSeconds: number; readonly signal: AbortSignal }[];
  /**
   * The result of a read: a number as the summary, or an error to throw. A number above 0 means that an export is
   * active.
   */
  answer(state: TargetState): number | Error;
  /** How long a read lasts. */
  lastsSeconds: number | ((target: Target) => number);
  /** Clusters whose read has begun, in order. */
  clusters(): readonly string[];
  /** When the reads of a cluster began. */
  timesOf(clusterName: string): readonly number[];
}

export const API = {} as AtlasApi;

export const OUTAGE: Outage = { sinceSeconds: 1_790_000_000, reason: 'timeout', problem: 'no answer', advice: 'wait' };

/** A collector that is polled each `intervalSeconds` while an export is active, else each `idleIntervalSeconds`. */
export function createScripted(name: string, runtime: Runtime, changes: Partial<Collector<unknown>> = {}): Scripted {
  const reads: Scripted['reads'] = [];
  const collector: Collector<unknown> = {
    name,
    words: { title: name, one: name, many: name, resource: name, cadence: '' },
    role: 'Reader',
    operation: `read_${name}`,
    upMetric: `${name}_up`,

    pace(summary, { intervalSeconds, idleIntervalSeconds }) {
      const seconds = summary === 0 ? idleIntervalSeconds : intervalSeconds;
      return { seconds, retrySeconds: seconds, failedSeconds: idleIntervalSeconds };
    },
    async read(_api, state, _settings, signal) {
      reads.push({ target: state.target, atSeconds: runtime.monotonicSeconds(), signal });
      const seconds =
        typeof scripted.lastsSeconds === 'number' ? scripted.lastsSeconds : scripted.lastsSeconds(state.target);
      if (seconds > 0) await runtime.sleep(seconds, signal);
      const answer = scripted.answer(state);
      if (answer instanceof Error) throw answer;
      return { summary: answer, facts: { pages: 1, items: answer, dropped: {} } };
    },
    families: [],
    ...changes,
  };
  const scripted: Scripted = {
    collector,
    reads,
    answer: () => 0,
    lastsSeconds: 0,
    clusters: () => reads.map(({ target }) => target.clusterName),
    timesOf: (clusterName) =>
      reads.filter(({ target }) => target.clusterName === clusterName).map(({ atSeconds }) => atSeconds),
  };
  return scripted;
}
