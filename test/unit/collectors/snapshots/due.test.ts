import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { JsonObject } from '../../../../src/atlas/http/answer.ts';
import type { TargetState } from '../../../../src/collectors/collector.ts';
import { createSnapshotExports, MAX_EXPORTED_SNAPSHOTS } from '../../../../src/collectors/exports/by-snapshot.ts';
import { decodeJob } from '../../../../src/collectors/exports/job.ts';
import { snapshotsCollector } from '../../../../src/collectors/snapshots/collector.ts';
import { dueSnapshotOf, dueStateOf, findNotStarted } from '../../../../src/collectors/snapshots/due.ts';
import { DAY_ZERO_SECONDS, job, objectId } from '../../../support/jobs.ts';
import { SETTINGS } from '../../../support/pages.ts';
import { snapshot, withSnapshots } from '../../../support/snapshots.ts';
import { polledState, withRecord, withSchedule } from '../../../support/states.ts';

const BUCKET = '5f0000000000000000000001';
const ITEM = '5f00000000000000000000a1';
const at = (hours: number) => DAY_ZERO_SECONDS + hours * 3600;

function stateOf(
  snapshots: readonly JsonObject[],
  jobs: readonly JsonObject[] = [],
  frequency = 'daily',
  itemIds: readonly string[] = [],
): TargetState {
  const policy = { bucketId: BUCKET, frequency, itemIds };
  return withSnapshots(withSchedule(polledState(jobs), { autoExportEnabled: true, export: policy }), snapshots);
}

/** A job that exports the snapshot that was taken at this hour. */
function exportOf(hour: number, state: string, fields: JsonObject = {}, bucket = BUCKET): JsonObject {
  const options = { createdAtSeconds: at(hour) + 60, bucket };
  return job(state, { ...options, fields: { snapshotId: objectId(at(hour), 1), ...fields } });
}

describe('the due snapshot', () => {
  const dueHour = (state: TargetState) => {
    const due = dueSnapshotOf(state);
    return due && ((due.createdAtSeconds ?? 0) - DAY_ZERO_SECONDS) / 3600;
  };

  test.each<[string, JsonObject, boolean]>([
    ['of the exported frequency', {}, true],
    ['of the exported frequency in other letters', { frequencyType: 'DAILY' }, true],
    ['of another frequency', { frequencyType: 'weekly' }, false],
    [
      'of another frequency that an item of the exported one has made, too',
      { frequencyType: 'weekly', policyItems: [ITEM] },
      true,
    ],
    ['without a frequency that an item has made', { frequencyType: null, policyItems: [ITEM, null] }, true],
    ['without a frequency and items', { frequencyType: null, policyItems: null }, false],
    ['made on demand', { snapshotType: 'onDemand' }, false],
    ['made on demand, as its frequency says', { frequencyType: 'ondemand', policyItems: [ITEM] }, false],
    ['that is a fallback', { snapshotType: 'fallback' }, false],
    ['that is in progress', { status: 'inProgress' }, false],
    ['that has failed', { status: 'failed' }, false],
    ['in an unknown status', { status: 'melting' }, false],
    ['without a time, which its id has', { createdAt: null }, true],
    ['without a time and an id', { createdAt: null, id: null }, false],
  ])('may be one %s: see the third column', (_what, fields, isDue) => {
    const state = stateOf([snapshot(at(0)), snapshot(at(24), fields)], [], 'daily', [ITEM]);
    expect(dueHour(state)).toBe(isDue ? 24 : 0);
  });

  test('does not exist while automatic export is off', () => {
    const state = withSnapshots(withSchedule(polledState([]), { autoExportEnabled: false }), [snapshot(at(0))]);
    expect(dueSnapshotOf(state)).toBeUndefined();
    expect(dueStateOf(state)).toBeUndefined();
  });
});

describe('what became of it', () => {
  test.each([
    ['Successful', 'successful'],
    ['InProgress', 'in_progress'],
    ['Queued', 'queued'],
    ['Failed', 'failed'],
    ['Cancelled', 'cancelled'],
    ['Paused', 'in_progress'],
  ])('is the state of its export: %s', (state, expected) => {
    expect(dueStateOf(stateOf([snapshot(at(24))], [exportOf(24, state)]))).toBe(expected);
  });

  test('is none if only other snapshots, or it into other buckets, were exported', () => {
    const jobs = [exportOf(0, 'Successful'), exportOf(24, 'Successful', {}, '5f0000000000000000000002')];
    expect(dueStateOf(stateOf([snapshot(at(0)), snapshot(at(24))], jobs))).toBe('none');
  });

  test('is known for a sharded cluster whichever of its ids the export names', () => {
    const members = [{ id: 'member1', replicaSetName: 'shard-0' }, null];
    const sharded = snapshot(at(24), { type: 'shardedCluster', members, snapshotIds: ['part1', null] });
    for (const snapshotId of [objectId(at(24), 1), 'member1', 'part1']) {
      expect(dueStateOf(stateOf([sharded], [exportOf(24, 'Queued', { snapshotId })]))).toBe('queued');
    }
    expect(dueStateOf(stateOf([sharded], [exportOf(24, 'Queued', { snapshotId: 'other' })]))).toBe('none');
  });

  test('is not known if the snapshot is older than the exports that are kept', () => {
    const jobs = Array.from({ length: MAX_EXPORTED_SNAPSHOTS + 1 }, (_, hour) => exportOf(hour, 'Successful'));
    expect(dueStateOf(stateOf([snapshot(at(0))], jobs))).toBeUndefined();
    expect(dueStateOf(stateOf([snapshot(at(1))], jobs))).toBe('successful');
    expect(dueStateOf(stateOf([snapshot(at(5.5))], jobs))).toBe('none');
    expect(dueStateOf(stateOf([snapshot(at(0.5))], jobs.slice(1)))).toBe('none');
  });

  test('leaves the age of the scheduled bucket known if many newer exports went into another bucket', () => {
    const others = Array.from({ length: 2 * MAX_EXPORTED_SNAPSHOTS }, (_, index) =>
      exportOf(24 + index, 'Successful', {}, '5f0000000000000000000002'),
    );
    const exports = createSnapshotExports(BUCKET);
    for (const one of [exportOf(0, 'Successful'), ...others]) exports.add(decodeJob(one, at(1000)));
    expect(exports.result().buckets.get(BUCKET)).toEqual({ states: new Map(), oldestJobAtSeconds: at(0) + 60 });
  });

  test('counts a later export of the oldest snapshot that is kept, wherever Atlas lists it', () => {
    const jobs = Array.from({ length: 2 * MAX_EXPORTED_SNAPSHOTS }, (_, index) => exportOf(200 - index, 'Failed'));
    const oldest = 200 - MAX_EXPORTED_SNAPSHOTS + 1;
    const again = [oldest, oldest - 1].map((hour) => exportOf(hour, 'Successful', { id: objectId(at(hour), 2) }));
    for (const list of [
      [...jobs, ...again],
      [...again, ...jobs],
    ]) {
      expect(dueStateOf(stateOf([snapshot(at(oldest))], list))).toBe('successful');
      expect(dueStateOf(stateOf([snapshot(at(oldest - 1))], list))).toBeUndefined();
    }
  });

  test('has no metric while one of the lists is outdated', () => {
    const family = snapshotsCollector.families.find(({ name }) => name.endsWith('due_snapshot_state'));
    const records = family?.volatile?.(stateOf([snapshot(at(0))], [exportOf(0, 'Failed')])) ?? [];
    expect(records.map(({ summary }) => summary !== undefined)).toEqual([true, true]);
  });
});

describe('the finding “not started”', () => {
  const old = exportOf(0, 'Successful');
  const seen = (state: TargetState, hour: number) =>
    findNotStarted(state, { nowSeconds: at(hour), settings: SETTINGS })?.problem;
  const read = (state: TargetState, hour: number) => withRecord(state, 'exports', { goodAtSeconds: at(hour) });
  const state = read(stateOf([snapshot(at(0)), snapshot(at(24.25))], [old]), 25);

  test('is there two hours after the snapshot was taken', () => {
    expect(seen(state, 26.25)).toBeUndefined();
    const problem = 'the snapshot of 00:15 UTC, 3 h ago, has no export into the scheduled bucket';
    expect(seen(state, 27.25)).toBe(problem);
  });

  test('is urgent when the snapshot is older than half of the limit, as then the alert pages', () => {
    const conditionAt = (hour: number) =>
      findNotStarted(state, { nowSeconds: at(hour), settings: SETTINGS })?.condition;
    expect([conditionAt(37), conditionAt(37.5)]).toEqual(['not_started', 'missed']);
  });

  test.each<[string, TargetState]>([
    ['if an export of it has started', read(stateOf([snapshot(at(24))], [old, exportOf(24, 'Queued')]), 25)],
    ['if the exports were not read since then', read(state, 24)],
    ['while a list is outdated', withRecord(state, 'exports', { stale: true })],
    ['while the other list is outdated', withRecord(state, 'snapshots', { stale: true })],
    ['while the cluster is paused', { ...state, target: { ...state.target, paused: true } }],
    ['if the bucket has no export: the policy may be new', read(stateOf([snapshot(at(24))]), 25)],
    ['if the bucket has only younger exports', read(stateOf([snapshot(at(24))], [exportOf(24.5, 'Failed')]), 25)],
  ])('is not there %s', (_what, other) => {
    expect(seen(other, 48)).toBeUndefined();
  });
});

const FREQUENCIES = ['hourly', 'daily', 'weekly', 'monthly'];
const ITEMS = ['item0', 'item1', 'item2', 'item3'];
const STATES_BEST_FIRST = ['Successful', 'InProgress', 'Queued', 'Failed', 'Cancelled'];

test('for any policy, snapshots and exports, both are what their definition says', () => {
  const anySnapshot = fc.record({
    hour: fc.nat(20),
    frequency: fc.constantFrom(...FREQUENCIES, 'ondemand'),
    items: fc.subarray(ITEMS),
    status: fc.constantFrom('completed', 'completed', 'failed', 'inProgress', 'queued'),
  });
  const anyExport = fc.record({
    of: fc.nat(12),
    state: fc.constantFrom(...STATES_BEST_FIRST),
    bucket: fc.constantFrom(BUCKET, 'other'),
  });
  const check = fc.property(
    fc.constantFrom(...FREQUENCIES),
    fc.subarray(ITEMS),
    fc.array(anySnapshot, { maxLength: 12 }),
    fc.array(anyExport, { maxLength: 12 }),
    (frequency, itemIds, snapshots, exports) => {
      const listed = snapshots.map((one, number) => ({ ...one, id: objectId(at(one.hour), number) }));
      const json = listed.map(({ hour, frequency: frequencyType, items: policyItems, status }, number) =>
        snapshot(at(hour), { frequencyType, policyItems, status }, number),
      );
      const jobs = exports.map(({ of, state, bucket }, number) =>
        job(state, { number, bucket, fields: { snapshotId: listed[of]?.id ?? objectId(at(99), number) } }),
      );
      const [due] = listed
        .filter(({ status, frequency: own }) => status === 'completed' && own !== 'ondemand')
        .filter((one) => one.frequency === frequency || one.items.some((item) => itemIds.includes(item)))
        .toSorted((a, b) => b.hour - a.hour || (a.id < b.id ? 1 : -1));
      const into = exports.filter(({ of, bucket }) => bucket === BUCKET && due && listed[of]?.id === due.id);
      const best = STATES_BEST_FIRST.find((state) => into.some((one) => one.state === state));
      const state = stateOf(json, jobs, frequency, itemIds);
      expect(dueSnapshotOf(state)?.id).toBe(due?.id);
      expect(dueStateOf(state)?.replace('_', '')).toBe(due && (best ?? 'none').toLowerCase());
    },
  );
  fc.assert(check, { numRuns: 300 });
});
