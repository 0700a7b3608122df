/**
 * Polls everything once, with the daemon's polling, so that both give the same result. The outcome has what could not
 * be read.
 */
import { createMonitor } from '../app/monitor.ts';
import type { Collectors, Failure, Finding, ReadFacts, Target } from '../collectors/collector.ts';
import { lastSuccessAtSeconds } from '../collectors/exports/findings.ts';
import { exportsOf } from '../collectors/exports/summary.ts';
import { failuresOf, findingsOf } from '../collectors/findings.ts';
import type { Config } from '../config/config.ts';
import type { Polling } from '../polling/polling.ts';
import type { RuleReport } from '../polling/rules.ts';
import type { Shard } from '../polling/targets.ts';
import { unlessAborted } from '../support/abortable.ts';
import { type CommandSettings, startProgress } from './command.ts';

/** Resolves when every target has been polled once. Rejects with the signal's reason if it is aborted. */
export async function pollOnce(
  settings: CommandSettings<unknown>,
  config: Config,
  shard: Shard | undefined,
): Promise<Polling> {
  const { runtime, signal, terminal } = settings;
  let requests = 0;
  const ignore = (): void => undefined;
  const count = (): void => {
    requests += 1;
  };
  const observer = { request: count, retry: ignore, throttled: ignore, token: ignore };
  const monitor = createMonitor({ ...settings, config, shard, observer, onChange: ignore });
  const { polling } = monitor;
  const stopProgress = startProgress(terminal, runtime, () => ({ ...polling.progress(), requests }));
  try {
    polling.start();
    await unlessAborted(polling.allHaveRun(), signal);
  } finally {
    stopProgress();
    await monitor.stop();
  }
  return polling;
}

export interface Unread {
  /** The collector's name, or `clusters` or `projects` for a discovery. */
  readonly what: string;
  /** What could not be read, in words: `list of export jobs`. */
  readonly resource: string;
  /** True if only a part of the target could not be read. */
  readonly isPart: boolean;
  readonly failure: Failure;
}

export interface TargetOutcome {
  readonly target: Target;
  /** The result of reading the list of export jobs. */
  readonly read?: ReadFacts | undefined;
  readonly newestSuccessAtSeconds?: number | undefined;
  /** The most urgent first; never empty. */
  readonly findings: readonly Finding[];
  readonly failures: readonly Unread[];
}

export interface ProjectOutcome {
  readonly groupId: string;
  readonly credential: string;
  readonly clusters: number;
  readonly failures: readonly Unread[];
}

/** The projects that a credential can see, for `projects: all`. */
export interface ListingOutcome {
  readonly credential: string;
  readonly projects: number;
  readonly failures: readonly Unread[];
}

export interface Outcome {
  readonly listings: readonly ListingOutcome[];
  /** What each entry with `clusters: all` has found. */
  readonly rules: readonly RuleReport[];
  /** Patterns that match nothing, and entries that select the same cluster. */
  readonly warnings: readonly string[];
  readonly projects: readonly ProjectOutcome[];
  readonly targets: readonly TargetOutcome[];
}

export function outcomeOf(polling: Polling, config: Config, collectors: Collectors, nowSeconds: number): Outcome {
  const states = [...polling.states.all()];
  const { discovered } = polling.wanted();
  const rules = polling.rules();
  const listings = polling.listings().map(({ credential, projects: count, failure }) => ({
    credential,
    projects: count,
    failures: failure ? [{ what: 'projects', resource: 'list of projects', isPart: false, failure }] : [],
  }));
  const projects = polling.discoveries().map(({ groupId, failure }): ProjectOutcome => {
    const found = states.filter(({ target }) => target.discovered && target.groupId === groupId);
    const { credential = '' } = discovered.find((project) => project.groupId === groupId) ?? {};
    const failures = failure ? [{ what: 'clusters', resource: 'list of clusters', isPart: false, failure }] : [];
    return { groupId, credential, clusters: found.length, failures };
  });
  const targets = states.map((state) => ({
    target: state.target,
    read: exportsOf(state).read,
    newestSuccessAtSeconds: lastSuccessAtSeconds(state),
    findings: findingsOf(state, { nowSeconds, settings: config.polling }, collectors),
    failures: failuresOf(state, collectors).map(({ collector: { name, words, after }, failure }) => ({
      what: name,
      resource: words.resource,
      isPart: after !== undefined,
      failure,
    })),
  }));
  const warnings = rules.notices.map(
    ({ message, facts: { place = '', ...rest } }) => `${[place, ...Object.values(rest)].join(': ')}: ${message}`,
  );
  return { listings, rules: rules.reports, warnings, projects, targets };
}

/** The number of targets, projects and lists of projects that could not be read completely. */
export function failuresIn({ listings, projects, targets }: Outcome): number {
  return [...listings, ...projects, ...targets].filter(({ failures }) => failures.length > 0).length;
}
