/** Polls everything once, with the daemon's polling, so that both give the same result. */
import { createMonitor } from '../app/monitor.ts';
import type { WatchFlags } from '../cli/parse.ts';
import type { Collectors, Failure } from '../collectors/collector.ts';
import { lastSuccessAtSeconds } from '../collectors/exports/findings.ts';
import { exportsOf } from '../collectors/exports/summary.ts';
import { failuresOf, findingsOf } from '../collectors/findings.ts';
import type { Config } from '../config/config.ts';
import type { Polling } from '../polling/polling.ts';
import { unlessAborted } from '../support/abortable.ts';
import { type CommandSettings, startProgress } from './command.ts';

/** Resolves when every target has been polled once. Rejects with the signal's reason if it is aborted. */
export async function pollOnce(settings: CommandSettings<WatchFlags>, config: Config) {
  const { flags, runtime, signal, terminal } = settings;
  let requests = 0;
  const ignore = (): void => undefined;
  const count = (): void => {
    requests += 1;
  };
  const observer = { request: count, retry: ignore, token: ignore };
  const monitor = createMonitor({ ...settings, config, shard: flags.shard, observer, onChange: ignore });
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

/**
 * For each list of projects, project and target: what was found, and what could not be read. With the report of each
 * entry with `clusters: all`, and warnings of patterns that match nothing and entries that select the same cluster.
 */
export type Outcome = ReturnType<typeof outcomeOf>;
export type TargetOutcome = Outcome['targets'][number];
export type Unread = TargetOutcome['failures'][number];

export function outcomeOf(polling: Polling, config: Config, collectors: Collectors, nowSeconds: number) {
  const states = [...polling.states.all()];
  const { reports, notices } = polling.rules();
  const unreadList = (what: string, failure: Failure | undefined) =>
    failure ? [{ what, resource: `list of ${what}`, isPart: false, failure }] : [];
  return {
    listings: polling.listings().map(({ credential, projects, failure }) => {
      return { credential, projects, failures: unreadList('projects', failure) };
    }),
    rules: reports,
    warnings: notices.map(
      ({ message, facts: { place = '', ...rest } }) => `${[place, ...Object.values(rest)].join(': ')}: ${message}`,
    ),
    projects: polling.discoveries().map(({ groupId, credential = '', failure }) => ({
      groupId,
      credential,
      clusters: states.filter(({ target }) => target.discovered && target.groupId === groupId).length,
      failures: unreadList('clusters', failure),
    })),
    targets: states.map((state) => ({
      target: state.target,
      /** The result of reading the list of export jobs. */
      read: exportsOf(state).read,
      newestSuccessAtSeconds: lastSuccessAtSeconds(state),
      /** The most urgent first; never empty. */
      findings: findingsOf(state, { nowSeconds, settings: config.polling }, collectors),
      /** What could not be read. `isPart`: only a part of the target. `what`: the collector; of a discovery `clusters` or `projects`. */
      failures: failuresOf(state, collectors).map(({ collector: { name, words, after }, failure }) => {
        return { what: name, resource: words.resource, isPart: after !== undefined, failure };
      }),
    })),
  };
}

/** The number of targets, projects and lists of projects that could not be read completely. */
export function failuresIn({ listings, projects, targets }: Outcome): number {
  return [...listings, ...projects, ...targets].filter(({ failures }) => failures.length > 0).length;
}
