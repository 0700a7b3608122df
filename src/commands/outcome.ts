/** What came of polling everything once, target by target: a pure projection of states, for tables, JSON and exit codes. */
import type { Failure, TargetState } from '../collectors/collector.ts';
import { endedAtSeconds } from '../collectors/exports/job.ts';
import type { Config } from '../config/config.ts';
import type { PolledOnce } from './poll-once.ts';

export interface TargetOutcome {
  /** `GROUP_ID/CLUSTER`. */
  readonly key: string;
  readonly groupId: string;
  readonly clusterName: string;
  /** Empty where it is unknown. */
  readonly projectName: string;
  readonly credential: string;
  readonly discovered: boolean;
  readonly jobs?: number | undefined;
  readonly pages?: number | undefined;
  readonly newestSuccessAtSeconds?: number | undefined;
  /** What could not be read. */
  readonly failed?: Failed | undefined;
}

export interface Failed {
  readonly what: 'exports' | 'schedule' | 'clusters';
  readonly failure: Failure;
}

/** A project whose clusters were looked for. */
export interface ProjectOutcome {
  readonly groupId: string;
  readonly credential: string;
  readonly clusters: number;
  readonly failed?: Failed | undefined;
}

export interface Outcome {
  readonly projects: readonly ProjectOutcome[];
  readonly targets: readonly TargetOutcome[];
}

export function outcomeOf({ states, discoveries }: PolledOnce, config: Config): Outcome {
  const projects = discoveries.map(({ groupId, failure }): ProjectOutcome => {
    const found = states.filter(({ target }) => target.discovered && target.groupId === groupId);
    const { credential = '' } = config.discoveries.find((project) => project.groupId === groupId) ?? {};
    return { groupId, credential, clusters: found.length, failed: failure && { what: 'clusters', failure } };
  });
  return { projects, targets: states.map(targetOutcome) };
}

export function failuresIn({ projects, targets }: Outcome): number {
  return [...projects, ...targets].filter(({ failed }) => failed !== undefined).length;
}

function targetOutcome({ target, exports, schedule }: TargetState): TargetOutcome {
  const { key, groupId, clusterName, projectName, credential, discovered } = target;
  const newest = exports.summary?.lastSuccess;
  return {
    key,
    groupId,
    clusterName,
    projectName,
    credential,
    discovered,
    jobs: exports.read?.jobs,
    pages: exports.read?.pages,
    newestSuccessAtSeconds: newest && endedAtSeconds(newest),
    failed: failedOf('exports', exports.last?.failure) ?? failedOf('schedule', schedule.last?.failure),
  };
}

/** Without the list of exports there is nothing to say of a schedule: only the first that failed is told. */
function failedOf(what: Failed['what'], failure: Failure | undefined): Failed | undefined {
  return failure && { what, failure };
}
