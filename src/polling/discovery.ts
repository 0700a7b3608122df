/** Discovers the clusters of one project at intervals. A failed discovery keeps the clusters that were found before. */
import type { AtlasApi } from '../atlas/client.ts';
import { AtlasError, isTransient } from '../atlas/error.ts';
import type { Failure } from '../collectors/collector.ts';
import type { ClusterSource, FoundCluster, FoundClusters } from '../collectors/project.ts';
import { withinDeadline } from '../support/abortable.ts';
import type { Log } from '../support/log.ts';
import type { Runtime } from '../support/runtime.ts';
import { createFailureLog, failureOf } from './failure-log.ts';
import type { Outages } from './outages.ts';
import type { Task } from './scheduler.ts';
import { type DiscoveredProject, selectClusters } from './targets.ts';

export interface DiscoveryStatus {
  readonly groupId: string;
  /** True after the first discovery, successful or not. */
  readonly tried: boolean;
  /** True if the latest discovery succeeded. */
  readonly up: boolean;
  /** The reason if the latest discovery failed. */
  readonly failure?: Failure;
  /** Unix time of the latest successful discovery. */
  readonly goodAtSeconds?: number;
}

export interface Discovery {
  readonly task: Task;
  status(): DiscoveryStatus;
  /** Applies other settings. */
  change(project: DiscoveredProject): void;
  intervalSeconds(): number;
}

export interface DiscoveryTools {
  readonly source: ClusterSource;
  readonly runtime: Runtime;
  readonly log: Log;
  readonly outages: Outages;
  apiFor(project: DiscoveredProject): AtlasApi;
  /** Called after each successful discovery with all clusters of the project, including excluded ones. */
  onFound(groupId: string, clusters: readonly FoundCluster[]): void;
}

/** Seconds until the next discovery after a temporary failure, if this is shorter than the interval. */
const RETRY_SECONDS = 60;
/** Timeout of a discovery. It reads a few pages; most of this time is for waiting for the request budget. */
const DISCOVERY_SECONDS = 600;

export function createDiscovery(first: DiscoveredProject, tools: DiscoveryTools): Discovery {
  let project = first;
  const { groupId } = project;
  const { runtime, onFound } = tools;
  const failureLog = createFailureLog('discovery', tools);
  const facts = { group_id: groupId };
  let status: DiscoveryStatus = { groupId, tried: false, up: false };

  async function run(signal: AbortSignal): Promise<number> {
    const outcome = await attempt(project, tools, signal);
    if (signal.aborted) return intervalSeconds();
    if ('failure' in outcome) {
      const { failure } = outcome;
      status = { ...status, tried: true, up: false, failure };
      failureLog.failed(facts, failure);
      return intervalSeconds();
    }
    const { clusters, leftOut } = selectClusters(outcome.clusters, project);
    status = { groupId, tried: true, up: true, goodAtSeconds: runtime.wallSeconds() };
    failureLog.succeeded({ ...facts, clusters: clusters.length });
    failureLog.notice(facts, [...outcome.notices, ...leftOutNotice(clusters.length, leftOut)]);
    onFound(groupId, outcome.clusters);
    return intervalSeconds();
  }

  function intervalSeconds(): number {
    const { discoveryIntervalSeconds } = project;
    return status.failure && isTransient(status.failure.reason)
      ? Math.min(RETRY_SECONDS, discoveryIntervalSeconds)
      : discoveryIntervalSeconds;
  }

  return {
    task: { key: `discovery ${groupId}`, group: 'discovery', run },
    status: () => status,
    change(next) {
      project = next;
    },
    intervalSeconds,
  };
}

async function attempt(
  project: DiscoveredProject,
  { source, apiFor, runtime }: DiscoveryTools,
  signal: AbortSignal,
): Promise<FoundClusters | { readonly failure: Failure }> {
  try {
    const late = new AtlasError('timeout', `the discovery did not end within ${DISCOVERY_SECONDS} s`);
    return await withinDeadline({ runtime, seconds: DISCOVERY_SECONDS, late, signal }, (deadline) =>
      source.read(apiFor(project), project.groupId, deadline),
    );
  } catch (error) {
    return { failure: failureOf(error, source.advice) };
  }
}

function leftOutNotice(watched: number, leftOut: number) {
  if (leftOut === 0) return [];
  const message = `only the first ${watched} clusters of the project are watched: exclude some, or name them`;
  return [{ message, facts: { left_out: String(leftOut) } }];
}
