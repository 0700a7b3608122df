/**
 * Finds the clusters of one project, again and again. A failed discovery keeps what was found before. It says what is found;
 * what follows from that is its listener's business.
 */
import type { AtlasApi } from '../atlas/client.ts';
import { isTransient } from '../atlas/error.ts';
import type { ClusterSource, FoundCluster, FoundClusters } from '../collectors/clusters.ts';
import type { Failure } from '../collectors/collector.ts';
import type { Log } from '../log.ts';
import type { Runtime } from '../runtime.ts';
import { matchesGlob } from './glob.ts';
import { createReport, failureOf } from './report.ts';
import type { Task } from './scheduler.ts';
import type { DiscoveredProject } from './targets.ts';

export interface DiscoveryStatus {
  readonly groupId: string;
  /** Whether one has ended, well or not. */
  readonly tried: boolean;
  /** Whether the latest one succeeded. */
  readonly up: boolean;
  /** Unix time of the latest good one. */
  readonly goodAtSeconds?: number;
  /** Of the latest one. */
  readonly failure?: Failure;
}

export interface Discovery {
  readonly task: Task;
  status(): DiscoveryStatus;
}

export interface DiscoveryTools {
  readonly source: ClusterSource;
  readonly runtime: Runtime;
  readonly log: Log;
  apiFor(project: DiscoveredProject): AtlasApi;
  /** Called after each good discovery, also where it found nothing new. */
  onFound(groupId: string, clusters: readonly FoundCluster[]): void;
}

/** Far beyond what Atlas lets a project have; more could not be polled within a project's budget. */
const MOST_CLUSTERS = 500;
/** After a failure that may pass, if that is sooner. */
const RETRY_SECONDS = 60;

export function createDiscovery(project: DiscoveredProject, tools: DiscoveryTools): Discovery {
  const { groupId, discoveryIntervalSeconds } = project;
  const { runtime, onFound } = tools;
  const report = createReport('discovery', tools);
  const facts = { group_id: groupId };
  let status: DiscoveryStatus = { groupId, tried: false, up: false };
  let was: Failure | undefined;

  async function run(signal: AbortSignal): Promise<number> {
    const outcome = await attempt(project, tools, signal);
    if (signal.aborted) return discoveryIntervalSeconds;
    if ('failure' in outcome) {
      const { failure } = outcome;
      status = { ...status, tried: true, up: false, failure };
      report.failed(facts, failure, was);
      was = failure;
      return isTransient(failure.reason) ? Math.min(RETRY_SECONDS, discoveryIntervalSeconds) : discoveryIntervalSeconds;
    }
    const wanted = wantedOf(outcome.clusters, project);
    const clusters = wanted.slice(0, MOST_CLUSTERS);
    status = { groupId, tried: true, up: true, goodAtSeconds: runtime.wallSeconds() };
    report.worked({ ...facts, clusters: clusters.length }, was);
    report.notice(facts, [...outcome.notices, ...tellOf(wanted.length - clusters.length)]);
    was = undefined;
    onFound(groupId, clusters);
    return discoveryIntervalSeconds;
  }

  return { task: { key: `discovery ${groupId}`, lane: 'discovery', run }, status: () => status };
}

async function attempt(
  project: DiscoveredProject,
  { source, apiFor }: DiscoveryTools,
  signal: AbortSignal,
): Promise<FoundClusters | { readonly failure: Failure }> {
  try {
    return await source.read(apiFor(project), project.groupId, signal);
  } catch (error) {
    return { failure: failureOf(error, source.advice) };
  }
}

/** In the order of their names, so that a cap keeps the same ones each time. */
function wantedOf(clusters: readonly FoundCluster[], { exclude }: DiscoveredProject): readonly FoundCluster[] {
  return clusters
    .filter(({ name }) => !exclude.some((glob) => matchesGlob(glob, name)))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function tellOf(tooMany: number) {
  if (tooMany <= 0) return [];
  const message = `only the first ${MOST_CLUSTERS} clusters of the project are watched: exclude some, or name them`;
  return [{ message, facts: { left_out: String(tooMany) } }];
}
