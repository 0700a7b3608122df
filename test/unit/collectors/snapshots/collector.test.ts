import { describe, expect, test } from '@jest/globals';
import type { AtlasApi, Resource } from '../../../../src/atlas/client.ts';
import { AtlasError } from '../../../../src/atlas/error.ts';
import type { JsonObject } from '../../../../src/atlas/http/answer.ts';
import type { TargetState } from '../../../../src/collectors/collector.ts';
import { snapshotsCollector } from '../../../../src/collectors/snapshots/collector.ts';
import { MAX_FREQUENCIES_AND_ITEMS, type SnapshotSummary } from '../../../../src/collectors/snapshots/snapshot.ts';
import { DAY_ZERO_SECONDS, job, NOW_SECONDS, objectId } from '../../../support/jobs.ts';
import { SETTINGS } from '../../../support/pages.ts';
import { snapshot, withSnapshots } from '../../../support/snapshots.ts';
import { GROUP_ID, newState, polledState, withRecord, withSchedule } from '../../../support/states.ts';

type Answer = readonly JsonObject[] | AtlasError;

const refused = (status: number) => new AtlasError(status === 404 ? 'not_found' : 'client_error', 'no', { status });

/** An Atlas with these answers for the list of replica sets and for the list of sharded clusters. */
async function read(state: TargetState, ofReplicaSets: Answer, ofSharded: Answer) {
  const asked: Resource[] = [];
  const answerOf = (resource: Resource, answer: Answer) => {
    asked.push(resource);
    if (answer instanceof AtlasError) throw answer;
    return { results: answer, totalCount: answer.length };
  };
  const api = {
    eachPage: async (resource: Resource, _signal: AbortSignal, take: (page: unknown) => void) => {
      take(answerOf(resource, ofReplicaSets));
    },
    get: async (resource: Resource) => answerOf(resource, ofSharded),
  } as unknown as AtlasApi;
  const { signal } = new AbortController();
  const result = await snapshotsCollector
    .read(api, state, SETTINGS, signal, NOW_SECONDS)
    .catch((error: unknown) => error);
  return {
    result: result as { summary: SnapshotSummary },
    asked: asked.map(({ operation }) => operation),
    paths: asked,
  };
}

const SOME = [snapshot(DAY_ZERO_SECONDS)];
const [REPLICA_SETS, SHARDED] = ['list_snapshots', 'list_sharded_snapshots'];

describe('the kind of a cluster', () => {
  test.each<[string, Answer, Answer, string[], string | undefined]>([
    ['a replica set', SOME, refused(404), [REPLICA_SETS], 'replica_set'],
    ['a sharded cluster', refused(404), SOME, [REPLICA_SETS, SHARDED], 'sharded'],
    ['a sharded cluster, where Atlas answers 400', refused(400), SOME, [REPLICA_SETS, SHARDED], 'sharded'],
    ['a sharded cluster, where the other list is empty', [], SOME, [REPLICA_SETS, SHARDED], 'sharded'],
    ['a replica set without snapshots', [], refused(404), [REPLICA_SETS, SHARDED], 'replica_set'],
    ['a cluster without snapshots, where both lists answer', [], [], [REPLICA_SETS, SHARDED], undefined],
  ])('is learned: %s', async (_what, ofReplicaSets, ofSharded, operations, kind) => {
    const { result, asked } = await read(newState(), ofReplicaSets, ofSharded);
    expect(asked).toEqual(operations);
    expect(result.summary.kind).toBe(kind);
  });

  test.each([
    ['completed', []],
    ['melting', [{ message: expect.stringContaining('does not know'), facts: { status: 'melting' } }]],
  ])('a snapshot with the status %s gives these notices for the log', async (status, notices) => {
    const { result } = await read(newState(), [snapshot(DAY_ZERO_SECONDS, { status })], []);
    expect(result).toMatchObject({ notices });
  });

  test('is kept, so that the other list is not read again', async () => {
    const first = await read(newState(), refused(404), SOME);
    const state = withRecord(newState(), 'snapshots', { summary: first.result.summary });
    expect((await read(state, refused(404), [])).asked).toEqual([SHARDED]);
  });

  test('is taken from the discovery, or from components of exports', async () => {
    const components = [{ exportId: objectId(DAY_ZERO_SECONDS), replicaSetName: 'shard-0' }];
    for (const state of [
      newState('c', { kind: 'sharded' }),
      polledState([job('Successful', { fields: { components } })]),
    ])
      expect((await read(state, SOME, SOME)).asked).toEqual([SHARDED]);
  });

  test('is learned anew when a cluster becomes sharded', async () => {
    const { result, asked } = await read(newState('c', { kind: 'replica_set' }), refused(404), SOME);
    expect([asked, result.summary.kind]).toEqual([[REPLICA_SETS, SHARDED], 'sharded']);
  });

  test('is not looked for if a list fails for another reason, or both refuse', async () => {
    const forbidden = new AtlasError('forbidden', 'no', { status: 403 });
    expect(await read(newState(), forbidden, SOME)).toMatchObject({ result: forbidden, asked: [REPLICA_SETS] });
    const first = refused(404);
    expect((await read(newState(), first, refused(400))).result).toBe(first);
  });
});

test('each list has its path', async () => {
  const { paths } = await read(newState('a'), refused(404), []);
  const base = `/groups/${GROUP_ID}/clusters/a/backup/snapshots`;
  expect(paths.map(({ path }) => path)).toEqual([base, `${base}/shardedClusters`]);
});

describe('it is read', () => {
  const policy = { bucketId: 'b', frequency: 'daily' };
  test('only where automatic export is on', () => {
    expect(snapshotsCollector.isWanted?.(newState())).toBe(false);
    expect(snapshotsCollector.isWanted?.(withSchedule(newState(), { autoExportEnabled: false }))).toBe(false);
    expect(snapshotsCollector.isWanted?.(withSchedule(newState(), { autoExportEnabled: true, export: policy }))).toBe(
      true,
    );
  });

  test('every hour, and once more 15 minutes after the next snapshot', () => {
    expect(snapshotsCollector.pace(undefined, SETTINGS).seconds).toBe(3600);
    const state = withSchedule(newState(), { autoExportEnabled: true, nextSnapshotAtSeconds: 10_000 });
    expect(snapshotsCollector.alsoAtSeconds?.(state)).toBe(10_900);
    expect(snapshotsCollector.alsoAtSeconds?.(newState())).toBeUndefined();
  });
});

describe('its metrics', () => {
  const valuesOf = (name: string, state: TargetState) =>
    [...(snapshotsCollector.families.find((family) => family.name === name)?.samples(state) ?? [])].map(
      ({ labels, value }) => [...Object.values(labels ?? {}), value],
    );

  test('count the snapshots by status and show the newest completed one, also one made on demand', () => {
    const state = withSnapshots(newState(), [
      snapshot(DAY_ZERO_SECONDS, { status: 'completed', storageSizeBytes: 7, snapshotType: 'onDemand' }),
      snapshot(DAY_ZERO_SECONDS - 60, {}),
      snapshot(DAY_ZERO_SECONDS + 60, { status: 'inProgress' }),
      snapshot(DAY_ZERO_SECONDS + 60, { status: null }, 2),
    ]);
    expect(valuesOf('mongodbatlas_backup_snapshots', state)).toEqual([
      ['queued', 0],
      ['in_progress', 1],
      ['completed', 2],
      ['failed', 0],
      ['unknown', 1],
    ]);
    const last = 'mongodbatlas_backup_snapshot_last_completed_';
    expect(valuesOf(`${last}timestamp_seconds`, state)).toEqual([[DAY_ZERO_SECONDS]]);
    expect(valuesOf(`${last}size_bytes`, state)).toEqual([[7]]);
  });

  test('are bounded: of very many policy items, those with the newest snapshots are kept', () => {
    const many = Array.from({ length: 10 * MAX_FREQUENCIES_AND_ITEMS }, (_, number) =>
      snapshot(DAY_ZERO_SECONDS + number, { policyItems: [`item${number}`], frequencyType: null }),
    );
    const { summary } = withSnapshots(newState(), many).polled['snapshots'] as { summary: SnapshotSummary };
    expect(summary.newestBy.size).toBe(MAX_FREQUENCIES_AND_ITEMS);
    expect(summary.newestBy.has(`item${many.length - 1}`)).toBe(true);
  });
});
