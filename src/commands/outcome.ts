/** The result of polling everything once, by target: a pure projection of states, for tables, JSON and exit codes. */
import type { Collectors, Failure, TargetState } from '../collectors/collector.ts';
import { lastSuccessAtSeconds } from '../collectors/exports/findings.ts';
import { exportsOf } from '../collectors/exports/summary.ts';
import { failuresOf } from '../collectors/findings.ts';
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
  /** What could not be read; empty where all is fine. */
  readonly failures: readonly Unread[];
}

export interface Unread {
  /** The collector's name, or `clusters` for a discovery. */
  readonly what: string;
  /** The same in words: `list of export jobs`. */
  readonly resource: string;
  /** True if only a part of the target could not be read. */
  readonly isPart: boolean;
  readonly failure: Failure;
}

/** A project whose clusters are discovered. */
export interface ProjectOutcome {
  readonly groupId: string;
  readonly credential: string;
  readonly clusters: number;
  readonly failures: readonly Unread[];
}

export interface Outcome {
  readonly projects: readonly ProjectOutcome[];
  readonly targets: readonly TargetOutcome[];
}

export function outcomeOf({ states, discoveries }: PolledOnce, config: Config, collectors: Collectors): Outcome {
  const projects = discoveries.map(({ groupId, failure }): ProjectOutcome => {
    const found = states.filter(({ target }) => target.discovered && target.groupId === groupId);
    const { credential = '' } = config.discoveries.find((project) => project.groupId === groupId) ?? {};
    const failures = failure ? [{ what: 'clusters', resource: 'list of clusters', isPart: false, failure }] : [];
    return { groupId, credential, clusters: found.length, failures };
  });
  return { projects, targets: states.map((state) => targetOutcome(state, collectors)) };
}

/** Targets and projects of which something could not be read. */
export function failuresIn({ projects, targets }: Outcome): number {
  return [...projects, ...targets].filter(({ failures }) => failures.length > 0).length;
}

function targetOutcome(state: TargetState, collectors: Collectors): TargetOutcome {
  const { key, groupId, clusterName, projectName, credential, discovered } = state.target;
  const { read } = exportsOf(state);
  return {
    key,
    groupId,
    clusterName,
    projectName,
    credential,
    discovered,
    jobs: read?.items,
    pages: read?.pages,
    newestSuccessAtSeconds: lastSuccessAtSeconds(state),
    failures: failuresOf(state, collectors).map(({ collector: { name, words, after }, failure }) => ({
      what: name,
      resource: words.resource,
      isPart: after !== undefined,
      failure,
    })),
  };
}
