/**
 * The metrics of an exporter with many clusters, as far as alerts read them, without an exporter: in a world in which all takes
 * `factor` times less. Every cluster is polled once in five minutes of this world, at a time of its own. Atlas can be lost and the
 * exporter restarted.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FleetOptions {
  readonly projects: number;
  readonly clustersPerProject: number;
  readonly factor: number;
  /** The clusters come from `clusters: all`: after a restart they are known only when Atlas has listed them. */
  readonly isDiscovered?: boolean;
  /** The one cluster whose last success is 30 hours old, where 26 are allowed. */
  readonly overdue?: string;
}

export interface FakeFleet {
  /** All scrapes get this text. */
  exposition(): string;
  loseAtlas(): void;
  findAtlas(): void;
  /** Forgets what polls have found. */
  restart(): void;
  /** The newest export of every cluster has failed. */
  failAll(): void;
}

interface FakeCluster {
  readonly groupId: string;
  readonly name: string;
  readonly phase: number;
  readonly lastSuccess: number;
}

const T = 'mongodbatlas_backup_export_';
const P = 'mongodbatlas_backup_exporter_';

export function createFakeFleet(options: FleetOptions): FakeFleet {
  const { projects, clustersPerProject, factor, overdue, isDiscovered = false } = options;
  const seconds = (real: number) => real / factor;
  const interval = seconds(300);
  const start = now();
  const groupIds = Array.from({ length: projects }, (_, index) => groupIdOf(index));
  const clusters = groupIds.flatMap((groupId, project) =>
    Array.from({ length: clustersPerProject }, (_, index): FakeCluster => {
      const name = `cluster-${project}-${index}`;
      const share = (project * clustersPerProject + index) / (projects * clustersPerProject);
      const ageSeconds = name === overdue ? 30 * 3600 : (2 + 8 * share) * 3600;
      return { groupId, name, phase: share * interval, lastSuccess: start - seconds(ageSeconds) };
    }),
  );
  let lostAt = Number.POSITIVE_INFINITY;
  let foundAt = Number.POSITIVE_INFINITY;
  let startedAt = Number.NEGATIVE_INFINITY;
  let failedAt = Number.POSITIVE_INFINITY;

  const isLost = (at: number) => at >= lostAt && at < foundAt;
  const lastPoll = (at: number, phase: number) => Math.floor((at - phase) / interval) * interval + phase;

  function lastGoodPoll(phase: number): number {
    const last = lastPoll(now(), phase);
    return isLost(last) ? lastPoll(lostAt, phase) : last;
  }

  function ofCluster(cluster: FakeCluster): readonly string[] {
    const { groupId, name, phase, lastSuccess } = cluster;
    const labels = `{group_id="${groupId}",cluster_name="${name}"}`;
    const polled = lastPoll(now(), phase);
    const good = lastGoodPoll(phase);
    const isKnown = good >= startedAt;
    const hasFailed = isLost(polled);
    const reason = `{group_id="${groupId}",cluster_name="${name}",reason="network"}`;
    return [
      `${T}target_info{group_id="${groupId}",cluster_name="${name}",project_name="${isKnown ? 'Shop' : ''}",credential="c"} 1`,
      `${T}poll_interval_seconds${labels} ${interval}`,
      `${T}polls_total${labels} ${Math.floor((now() - Math.max(start - 10 * interval, startedAt)) / interval)}`,
      ...(polled >= startedAt
        ? [`${T}up${labels} ${hasFailed ? 0 : 1}`, `${T}schedule_up${labels} ${hasFailed ? 0 : 1}`]
        : []),
      ...(hasFailed && polled >= startedAt ? [`${T}poll_failing${reason} 1`] : []),
      ...(isKnown
        ? [
            `${T}last_poll_success_timestamp_seconds${labels} ${good}`,
            `${T}success_max_age_seconds${labels} ${seconds(26 * 3600)}`,
            `${T}destination_last_success_timestamp_seconds${labels} ${lastSuccess}`,
            `${T}destination_data_timestamp_seconds${labels} ${lastSuccess}`,
            `${T}destination_consecutive_failures${labels} ${good >= failedAt ? 1 : 0}`,
            `${T}auto_export_enabled${labels} 1`,
            `${T}auto_export_has_policy_item${labels} 1`,
            `${T}auto_export_info{group_id="${groupId}",cluster_name="${name}",export_bucket_id="b",frequency_type="daily"} 1`,
          ]
        : []),
    ];
  }

  function exposition(): string {
    const hasListed = !isDiscovered || !isLost(now()) || startedAt < lostAt;
    const listed = hasListed ? clusters : [];
    const lines = [
      `${P}build_info{version="1.0.0",revision="r",node_version="v24"} 1`,
      `${P}shard_count 1`,
      `${P}shard_index 0`,
      `${P}targets ${listed.length}`,
      // The exporter needs a few failed requests to notice.
      `${P}atlas_reachable ${isLost(now() - seconds(20)) ? 0 : 1}`,
      `${P}scheduler_last_tick_timestamp_seconds ${now()}`,
      `${P}config_last_reload_successful 1`,
      ...(isDiscovered
        ? groupIds.map((groupId) => `${T}discovery_up{group_id="${groupId}"} ${isLost(now()) ? 0 : 1}`)
        : []),
      ...listed.flatMap(ofCluster),
    ];
    return `${lines.join('\n')}\n`;
  }

  return {
    exposition,
    loseAtlas: () => {
      lostAt = now();
      foundAt = Number.POSITIVE_INFINITY;
    },
    findAtlas: () => {
      foundAt = now();
    },
    restart: () => {
      startedAt = now();
    },
    failAll: () => {
      failedAt = now();
    },
  };
}

export interface FakeExporter {
  readonly host: string;
  /** While it is off, no scrape succeeds. It begins on. */
  turn(to: 'on' | 'off'): void;
  stop(): Promise<void>;
}

/** Serves the fleet's metrics, as one process of the exporter. */
export async function startFakeExporter({ exposition }: FakeFleet): Promise<FakeExporter> {
  let status = 200;
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'content-type': 'text/plain; version=0.0.4' });
    response.end(status === 200 ? exposition() : '');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  async function stop(): Promise<void> {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }

  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    turn: (to) => {
      status = to === 'on' ? 200 : 503;
    },
    stop,
  };
}

const now = (): number => Date.now() / 1000;

const groupIdOf = (index: number): string => `5f${index.toString(16).padStart(22, '0')}`;
