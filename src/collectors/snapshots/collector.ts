/**
 * The snapshots of one cluster that exports automatically: which ones there are, and whether the export of the newest one has
 * started. Sources, API version 2025-03-12: GET /groups/{groupId}/clusters/{clusterName}/backup/snapshots for replica sets, and
 * …/backup/snapshots/shardedClusters.
 */
import type { AtlasApi } from '../../atlas/client.ts';
import { AtlasError } from '../../atlas/error.ts';
import { isObject } from '../../atlas/http/answer.ts';
import { type Reading, readList } from '../../atlas/list.ts';
import { type ClusterKind, type Collector, type Family, PREFIX, type Target, type TargetState } from '../collector.ts';
import { exportsOf } from '../exports/summary.ts';
import { fieldsFrom, gauge, labelledGauge, oneOf, volatile } from '../families.ts';
import { scheduleOf } from '../schedule.ts';
import { DUE_STATES, dueSnapshotOf, dueStateOf, findNotStarted } from './due.ts';
import { NAME, SNAPSHOT_STATUSES, type SnapshotSummary, snapshotsOf, startSnapshotFold } from './snapshot.ts';

const HOUR_SECONDS = 3600;
const RETRY_SECONDS = 300;
/** Time that Atlas gets to take a planned snapshot before the exporter reads the list. */
const SNAPSHOT_SECONDS = 900;
/** These metrics are about snapshots and not about their exports. */
const SNAPSHOT_PREFIX = 'mongodbatlas_backup_snapshot';

const field = fieldsFrom(snapshotsOf);

const LISTS: Readonly<Record<ClusterKind, { readonly operation: string; readonly path: string }>> = {
  replica_set: { operation: 'list_snapshots', path: 'snapshots' },
  sharded: { operation: 'list_sharded_snapshots', path: 'snapshots/shardedClusters' },
};

const dueStateFamily: Family = {
  ...labelledGauge(
    'due_snapshot_state',
    '1 for the best state among the exports of the due snapshot into the scheduled bucket, else 0; none: no such export is listed. An unknown state counts as in_progress.',
    ['state'],
    (state) => {
      const current = dueStateOf(state);
      return current === undefined ? [] : oneOf(DUE_STATES, current);
    },
  ),
  volatile: (state) => [exportsOf(state), snapshotsOf(state)],
};

export const snapshotsCollector: Collector<SnapshotSummary> = {
  name: NAME,
  words: {
    title: 'Snapshots',
    one: 'snapshot',
    many: 'snapshots',
    resource: 'list of snapshots',
    cadence:
      'The exporter reads the list every hour, and once more 15 minutes after the time of the next snapshot, for clusters that export automatically; not if `polling.read_snapshots` or `polling.read_schedule` is false.',
  },
  role: 'Project Read Only or Project Backup Manager',
  advice: {
    forbidden: 'give the credential the role Project Read Only in this project, or set polling.read_snapshots to false',
    truncated: 'raise atlas.max_pages or atlas.page_size if there really are so many snapshots',
  },
  operation: LISTS.replica_set.operation,
  unreadAlert: 'AtlasBackupExportSnapshotsUnreadable',
  upMetric: `${PREFIX}snapshots_up`,
  after: 'exports',
  switchDescription:
    'Whether to read the snapshots of each target that exports automatically, about once an hour. They show an export that never started. It needs the role Project Read Only or Project Backup Manager.',
  isWanted: (state) => scheduleOf(state).summary?.autoExportEnabled === true,
  pace: () => ({ seconds: HOUR_SECONDS, retrySeconds: RETRY_SECONDS, failedSeconds: HOUR_SECONDS }),
  alsoAtSeconds(state) {
    const next = scheduleOf(state).summary?.nextSnapshotAtSeconds;
    return next === undefined ? undefined : next + SNAPSHOT_SECONDS;
  },
  async read(api, state, _settings, signal, nowSeconds) {
    const { kind, reading } = await readEither(kindOf(state), (one) =>
      readSnapshots(api, state.target, one, signal, nowSeconds),
    );
    const { result, pages, items, reportedItems } = reading;
    const { foreignStatus: status } = result;
    const message = 'a snapshot has a status that this version does not know; it is counted as unknown';
    return {
      summary: { ...result, kind },
      facts: { pages, items, reportedItems, dropped: {} },
      notices: status === undefined ? [] : [{ message, facts: { status } }],
    };
  },
  families: [
    ...volatile(snapshotsOf, [
      {
        name: `${SNAPSHOT_PREFIX}s`,
        help: 'Snapshots that Atlas lists now, by status.',
        type: 'gauge',
        labels: ['status'],
        samples(state) {
          const { summary } = snapshotsOf(state);
          return summary
            ? SNAPSHOT_STATUSES.map((status) => ({ labels: { status }, value: summary.counts[status] }))
            : [];
        },
      },
    ]),
    ofLastCompleted(
      'timestamp_seconds',
      'Unix time at which the newest completed snapshot was taken.',
      (summary) => summary.lastCompleted?.createdAtSeconds,
    ),
    ofLastCompleted(
      'size_bytes',
      'Storage size of the newest completed snapshot.',
      (summary) => summary.lastCompleted?.sizeBytes,
    ),
    gauge(
      'due_snapshot_timestamp_seconds',
      'Unix time at which the due snapshot was taken: the newest completed one that the export policy covers. Absent while automatic export is off.',
      (state) => dueSnapshotOf(state)?.createdAtSeconds,
    ),
    dueStateFamily,
  ],
  findings: [findNotStarted],
  fields: [
    field(
      'last_snapshot_timestamp_seconds',
      'number',
      'When the newest completed snapshot was taken.',
      ({ lastCompleted }) => lastCompleted?.createdAtSeconds,
    ),
    {
      name: 'due_snapshot_timestamp_seconds',
      type: 'number',
      meaning: 'When the newest completed snapshot was taken that the export policy covers.',
      value: (state) => dueSnapshotOf(state)?.createdAtSeconds,
    },
    {
      name: 'due_snapshot_state',
      type: 'string',
      meaning:
        'The best state among its exports into the scheduled bucket: `none`, `queued`, `in_progress`, `failed`, `cancelled` or `successful`.',
      value: dueStateOf,
    },
  ],
};

function ofLastCompleted(name: string, help: string, value: (summary: SnapshotSummary) => number | undefined): Family {
  const samples = (state: TargetState) => {
    const { summary } = snapshotsOf(state);
    return [{ value: summary && value(summary) }];
  };
  return { name: `${SNAPSHOT_PREFIX}_last_completed_${name}`, help, type: 'gauge', labels: [], samples };
}

/** From the discovery, else from the exports (only sharded clusters have components), else from the last read. */
function kindOf(state: TargetState): ClusterKind | undefined {
  const isSharded = exportsOf(state).summary?.newest.some(({ shards }) => shards > 0) ?? false;
  return state.target.kind ?? (isSharded ? 'sharded' : snapshotsOf(state).summary?.kind);
}

interface Found {
  readonly kind?: ClusterKind | undefined;
  readonly reading: Reading<SnapshotSummary>;
}

/**
 * It is not documented what Atlas answers if the list is not for this kind of cluster: an error, or an empty list. In both cases the
 * other list is read, too. The kind of the list that had snapshots is kept. A cluster may become sharded, so a known kind may be wrong.
 */
async function readEither(
  known: ClusterKind | undefined,
  read: (kind: ClusterKind) => Promise<Reading<SnapshotSummary>>,
): Promise<Found> {
  const kinds = known === 'sharded' ? (['sharded', 'replica_set'] as const) : (['replica_set', 'sharded'] as const);
  const empty: Found[] = [];
  const refusals: unknown[] = [];
  for (const kind of kinds) {
    try {
      const reading = await read(kind);
      if (reading.items > 0 || known === kind) return { kind, reading };
      empty.push({ kind, reading });
    } catch (error) {
      if (!isRefusal(error)) throw error;
      refusals.push(error);
    }
  }
  const [found] = empty;
  if (found === undefined) throw refusals[0];
  return refusals.length > 0 ? found : { reading: found.reading };
}

function isRefusal(error: unknown): boolean {
  return error instanceof AtlasError && (error.status === 404 || error.status === 400);
}

async function readSnapshots(
  api: AtlasApi,
  { groupId, clusterName }: Target,
  kind: ClusterKind,
  signal: AbortSignal,
  nowSeconds: number,
): Promise<Reading<SnapshotSummary>> {
  const { operation, path } = LISTS[kind];
  const cluster = `/groups/${groupId}/clusters/${encodeURIComponent(clusterName)}`;
  const resource = { operation, budget: 'cloud_backups', groupId, path: `${cluster}/backup/${path}` } as const;
  const start = () => startSnapshotFold(nowSeconds);
  if (kind === 'replica_set') return readList(api, resource, signal, start);
  // No parameters for pages are documented for this list.
  const { results, totalCount } = (await api.get(resource, signal)) as Record<string, unknown>;
  if (!Array.isArray(results)) throw new AtlasError('invalid_response', 'the answer to a list request has no results');
  if (typeof totalCount === 'number' && totalCount > results.length) return readList(api, resource, signal, start);
  const fold = start();
  fold.add(results.filter(isObject), new Set());
  return { result: fold.result(), pages: 1, items: results.length, reportedItems: results.length };
}
