import { describe, expect, test } from '@jest/globals';
import { createChance } from '../../../src/simulator/chance.ts';
import type { ExportJson } from '../../../src/simulator/demo-jobs.ts';
import { createDemoWorld, DEFAULT_DEMO_SPEED, type DemoWorld } from '../../../src/simulator/demo-world.ts';
import { createRateLimits } from '../../../src/simulator/rate-limits.ts';

const startedAtMs = Date.parse('2026-11-03T10:20:30.456Z');
const seeds = [0, -7, 123_456_789];

function demo(seed = 1, speed = DEFAULT_DEMO_SPEED): DemoWorld {
  return createDemoWorld({ seed, startedAtMs, speed });
}

function groupOf(world: DemoWorld, name: string): string {
  return world.targets.find(({ clusterName }) => clusterName === name)?.groupId ?? '';
}

function listOf(world: DemoWorld, name: string, nowMs: number): readonly ExportJson[] {
  return world.exports(groupOf(world, name), name, nowMs);
}

function all(world: DemoWorld, nowMs: number): readonly ExportJson[] {
  return world.targets.flatMap(({ groupId, clusterName }) => world.exports(groupId, clusterName, nowMs));
}

/** Compared as text: toEqual takes seconds for so many jobs. */
function textOf(jobs: readonly ExportJson[]): string {
  return JSON.stringify(jobs);
}

function progress({ exportStatus }: ExportJson): number {
  return exportStatus && exportStatus.totalCollections > 0
    ? exportStatus.exportedCollections / exportStatus.totalCollections
    : 0;
}

function secondsOfId(id: string): number {
  return Number.parseInt(id.slice(0, 8), 16);
}

const ranks: Readonly<Record<string, number>> = {
  Queued: 0,
  InProgress: 1,
  Paused: 2,
  Successful: 3,
  Failed: 3,
  Cancelled: 3,
};

describe('the demo’s world is a function of seed and time', () => {
  test('the same seed and time give the same lists, whatever was read before', () => {
    const readBefore = demo();
    for (const seconds of [0, 3600, 7]) {
      all(readBefore, startedAtMs + seconds * 1000);
    }
    for (const seconds of [-86_400, 40, 4000]) {
      const nowMs = startedAtMs + seconds * 1000;
      expect(textOf(all(readBefore, nowMs)) === textOf(all(demo(), nowMs))).toBe(true);
    }
  });

  test('the jobs before the start do not depend on the speed', () => {
    expect(textOf(all(demo(1, 1), startedAtMs)) === textOf(all(demo(1, 500), startedAtMs))).toBe(true);
  });
});

describe('jobs', () => {
  test('states and progress only go forward, and finished jobs do not change', () => {
    const world = demo(3);
    const before = new Map<string, ExportJson>();
    const wrong: unknown[] = [];
    const done = ({ exportStatus }: ExportJson) => exportStatus?.exportedCollections ?? 0;
    for (let seconds = -1000; seconds < 900; seconds += seconds < 0 ? 200 : 19) {
      for (const job of all(world, startedAtMs + seconds * 1000)) {
        const last = before.get(job.id);
        before.set(job.id, job);
        if (last === undefined || last === job) continue;
        const goesForward = (ranks[job.state] ?? -1) >= (ranks[last.state] ?? 9) && done(job) >= done(last);
        if (ranks[last.state] === 3 || !goesForward || job.createdAt !== last.createdAt) wrong.push([last, job]);
      }
    }
    expect(wrong).toEqual([]);
    expect(new Set(Array.from(before.values(), ({ state }) => state))).toEqual(new Set(Object.keys(ranks)));
  });

  test.each([1, DEFAULT_DEMO_SPEED, 100_000])('no time is in the future at a speed of %i', (speed) => {
    const world = demo(5, speed);
    for (const seconds of [-100_000, 0.3, 5000]) {
      const nowMs = startedAtMs + seconds * 1000;
      const wrong = all(world, nowMs).filter(({ id, createdAt, finishedAt = createdAt, snapshotId }) => {
        const [createdMs, finishedMs] = [Date.parse(createdAt), Date.parse(finishedAt)];
        const inOrder = secondsOfId(snapshotId) <= secondsOfId(id) && createdMs <= finishedMs && finishedMs <= nowMs;
        return !inOrder || secondsOfId(id) * 1000 !== createdMs;
      });
      expect(wrong).toEqual([]);
    }
  });

  test('ids are ObjectIds and unique', () => {
    const jobs = all(demo(), startedAtMs + 600_000);
    const ids = jobs.flatMap(({ id, components = [] }) => [id, ...components.map(({ exportId }) => exportId)]);
    const snapshotIds = jobs.map(({ snapshotId }) => snapshotId);
    expect([...ids, ...snapshotIds].filter((id) => !/^[0-9a-f]{24}$/.test(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
    const ofSnapshots = new Set(snapshotIds);
    expect(ids.filter((id) => ofSnapshots.has(id))).toEqual([]);
  });

  test('a list is newest first and has at most 2,000 jobs', () => {
    const month = startedAtMs + 30 * 86_400_000;
    const jobs = listOf(demo(), 'events', month);
    expect(jobs).toHaveLength(2000);
    expect(month - Date.parse(jobs[0]?.createdAt ?? '')).toBeLessThan(60_000);
    const created = jobs.map(({ createdAt }) => createdAt);
    expect(created).toEqual(created.toSorted().toReversed());
  });
});

describe.each(seeds)('the first minute, with seed %i,', (seed) => {
  test('always has queued, running, paused and incomplete exports, and three consecutive failures', () => {
    const world = demo(seed);
    for (let seconds = 0; seconds <= 60; seconds += 5) {
      const nowMs = startedAtMs + seconds * 1000;
      const jobs = all(world, nowMs);
      const running = jobs.filter(({ state }) => state === 'InProgress');
      expect(jobs.some(({ state }) => state === 'Queued')).toBe(true);
      expect(running.some((job) => progress(job) > 0 && progress(job) < 1)).toBe(true);
      expect(running.some(({ components }) => components !== undefined)).toBe(true);
      expect(jobs.some(({ state }) => state === 'Paused')).toBe(true);
      expect(jobs.some((job) => job.state === 'Successful' && progress(job) > 0 && progress(job) < 1)).toBe(true);
      const [first, second, third] = listOf(world, 'billing', nowMs);
      expect([first?.state, second?.state, third?.state]).toEqual(['Failed', 'Failed', 'Failed']);
      const events = listOf(world, 'events', nowMs).filter(({ finishedAt }) => finishedAt === undefined);
      expect(new Set(events.map(({ exportBucketId }) => exportBucketId)).size).toBe(2);
    }
  });

  test('has exports that are queued, start, succeed, fail and are cancelled', () => {
    const world = demo(seed);
    const before = new Map(all(world, startedAtMs).map(({ id, state }) => [id, state]));
    const changed = all(world, startedAtMs + 60_000).filter(({ id, state }) => before.get(id) !== state);
    expect(new Set(changed.map(({ state }) => state))).toEqual(
      new Set(['Queued', 'InProgress', 'Successful', 'Failed', 'Cancelled']),
    );
  });
});

describe('snapshots', () => {
  test('have ids that their exports name, and are not in the future', () => {
    const world = demo();
    for (const seconds of [0, 40, 3600]) {
      const nowMs = startedAtMs + seconds * 1000;
      for (const { groupId, clusterName } of world.targets) {
        const snapshots = world.snapshots(groupId, clusterName, nowMs) as { id: string; createdAt: string }[];
        const [newest] = listOf(world, clusterName, nowMs);
        if (newest)
          expect([clusterName, snapshots.map(({ id }) => id)]).toEqual([
            clusterName,
            expect.arrayContaining([newest.snapshotId]),
          ]);
        expect(snapshots.filter(({ createdAt }) => Date.parse(createdAt) > nowMs)).toEqual([]);
      }
    }
  });

  test('show an export that never started, and a policy that was switched on after the newest one', () => {
    const world = demo();
    const nowMs = startedAtMs + 60_000;
    const lately = (name: string) => {
      const [newest] = world.snapshots(groupOf(world, name), name, nowMs) as { id: string; createdAt: string }[];
      const { export: policy } = world.schedule(groupOf(world, name), name, nowMs) as {
        export: { exportBucketId: string };
      };
      const into = listOf(world, name, nowMs).filter(({ exportBucketId }) => exportBucketId === policy.exportBucketId);
      const exported = into.filter(({ snapshotId }) => snapshotId === newest?.id);
      return { hours: (nowMs - Date.parse(newest?.createdAt ?? '')) / 3_600_000, into: into.length, exported };
    };
    expect(lately('invoices')).toMatchObject({ into: 20, exported: [] });
    expect(lately('invoices').hours).toBeGreaterThan(3);
    expect(lately('returns')).toMatchObject({ into: 0, exported: [] });
  });

  test('are exported hours late by one cluster, and by another one an old one is exported each day', () => {
    const world = demo();
    const newest = (name: string, minutes: number) => {
      const nowMs = startedAtMs + minutes * 1000;
      const [snapshot] = world.snapshots(groupOf(world, name), name, nowMs);
      const exported = listOf(world, name, nowMs)[0]?.snapshotId ?? '';
      return {
        hours: (nowMs - Date.parse(snapshot?.createdAt ?? '')) / 3_600_000,
        isExported: exported === snapshot?.id,
        exported,
      };
    };
    expect(newest('forecasts', 60)).toMatchObject({ hours: expect.closeTo(2.7, 0), isExported: false });
    expect(newest('forecasts', 155).isExported).toBe(true);
    expect(newest('models', 1).exported).toBe(newest('models', 24 * 60 * 2).exported);
    expect(startedAtMs / 1000 - secondsOfId(newest('models', 1).exported)).toBeGreaterThan(14 * 86_400);
  });
});

describe('an export by hand', () => {
  const world = demo();
  const groupId = groupOf(world, 'invoices');
  const nowMs = startedAtMs + 60_000;
  const due = world.dueExport(groupId, 'invoices', nowMs) ?? { snapshotId: '', exportBucketId: '' };

  test('is queued, runs and succeeds like others', () => {
    const started = world.startExport(groupId, 'invoices', due, nowMs);
    expect(started).toMatchObject({ ...due, state: 'Queued' });
    const stateAfter = (minutes: number) => listOf(world, 'invoices', nowMs + minutes * 1000)[0];
    expect(stateAfter(8)).toMatchObject({ id: started?.id, ...due, state: 'InProgress' });
    expect(stateAfter(40)).toMatchObject({ id: started?.id, ...due, state: 'Successful' });
    expect(world.startExport(groupId, 'invoices', due, nowMs + 1000)?.id).not.toBe(started?.id);
  });

  test('is refused for a snapshot or a bucket that does not exist', () => {
    expect(world.startExport(groupId, 'invoices', { ...due, snapshotId: due.exportBucketId }, nowMs)).toBeUndefined();
    expect(world.startExport(groupId, 'invoices', { ...due, exportBucketId: due.snapshotId }, nowMs)).toBeUndefined();
    expect(world.startExport(groupId, 'nobody', due, nowMs)).toBeUndefined();
  });

  test('is listed together with at most 99 others, the newest first', () => {
    for (let seconds = 2; seconds < 200; seconds += 1)
      world.startExport(groupId, 'invoices', due, nowMs + seconds * 1000);
    const jobs = listOf(world, 'invoices', nowMs + 200_000);
    expect(jobs).toHaveLength(100 + 20);
    expect(jobs.map(({ createdAt }) => createdAt)).toEqual(
      jobs
        .map(({ createdAt }) => createdAt)
        .toSorted()
        .toReversed(),
    );
  });
});

describe('the clusters', () => {
  test('show a list of three pages, an overdue export and several error codes', () => {
    const world = demo();
    expect(listOf(world, 'archive', startedAtMs).length).toBeGreaterThan(1000);
    const [newest] = listOf(world, 'reports', startedAtMs + 3_600_000);
    expect(newest?.state).toBe('Successful');
    expect(startedAtMs - Date.parse(newest?.createdAt ?? '')).toBeGreaterThan(4 * 86_400_000);
    const codes = listOf(world, 'billing', startedAtMs).map(({ stateReason }) => stateReason?.errorCode);
    expect(new Set(codes).size).toBeGreaterThanOrEqual(4);
  });

  test('use every kind of credential, and include a missing, a flex, a forbidden and a flaky one', () => {
    const world = demo();
    expect(new Set(world.targets.map(({ credential }) => credential)).size).toBe(3);
    const found = world.targets.map(({ groupId, clusterName, credential }) => {
      const group = world.project(groupId);
      expect(group?.credentials?.[0]).toBe(credential);
      return { group, cluster: world.cluster(groupId, clusterName) };
    });
    expect(found.filter(({ cluster }) => cluster === undefined)).toHaveLength(1);
    expect(found.filter(({ cluster }) => cluster?.kind === 'flex')).toHaveLength(1);
    expect(found.filter(({ group }) => group?.forbidden !== undefined)).toHaveLength(1);
    expect(found.filter(({ cluster }) => cluster?.failing !== undefined)).toHaveLength(1);
  });
});

test('the same seed and key give the same number, another seed or key gives another one', () => {
  const [chance, same, other] = [createChance(1), createChance(1), createChance(2)];
  expect(same.of('orders', 3, 'queue')).toBe(chance.of('orders', 3, 'queue'));
  expect(other.of('orders', 3, 'queue')).not.toBe(chance.of('orders', 3, 'queue'));
  expect(chance.of('orders', 3, 'run')).not.toBe(chance.of('orders', 3, 'queue'));
  expect(chance.of('ab', 'c')).not.toBe(chance.of('a', 'bc'));
  expect(chance.hex(24, 'id')).toMatch(/^[0-9a-f]{24}$/);
});

test('numbers are evenly distributed, also for neighbouring and negative keys', () => {
  const chance = createChance(7);
  const tenths = Array.from({ length: 10 }, () => 0);
  for (let index = -5000; index < 5000; index += 1) {
    const number = chance.of('orders', index, 'run');
    tenths[Math.floor(number * 10)] = (tenths[Math.floor(number * 10)] ?? 0) + 1;
  }
  expect(Math.min(...tenths)).toBeGreaterThan(850);
  expect(Math.max(...tenths)).toBeLessThan(1150);
});

test('a bucket of an owner is empty after as many requests as its limit, and fills again with time', () => {
  let nowMs = 0;
  const { take } = createRateLimits(() => nowMs);
  const taken = Array.from({ length: 1200 }, () => take('projects', 'a'));
  expect(taken.map(({ remaining }) => remaining)).toEqual(Array.from({ length: 1200 }, (_, index) => 1199 - index));
  expect(take('projects', 'a')).toEqual({ limit: 1200, remaining: 0, retryAfterSeconds: 1 });
  expect(take('projects', 'b')).toMatchObject({ remaining: 1199 });
  nowMs += 1000;
  expect(take('projects', 'a')).toEqual({ limit: 1200, remaining: 7 });
});
