import { describe, expect, test } from '@jest/globals';
import type { ExportJson } from '../../../src/simulator/jobs.ts';
import { createDemoWorld, DEFAULT_DEMO_SPEED, type DemoWorld } from '../../../src/simulator/scenario.ts';

const startedAtMs = Date.parse('2026-11-03T10:20:30.456Z');
const seeds = [0, 1, 2, 42, -7, 123_456_789];

function demo(seed = 1, speed = DEFAULT_DEMO_SPEED): DemoWorld {
  return createDemoWorld({ seed, startedAtMs, speed });
}

function listOf(world: DemoWorld, name: string, nowMs: number): readonly ExportJson[] {
  const target = world.targets.find(({ clusterName }) => clusterName === name);
  return world.exports(target?.groupId ?? '', name, nowMs);
}

function all(world: DemoWorld, nowMs: number): readonly ExportJson[] {
  return world.targets.flatMap(({ groupId, clusterName }) => world.exports(groupId, clusterName, nowMs));
}

/** The jobs that are not the same in both lists; toEqual would take seconds for so many. */
function differing(one: readonly ExportJson[], other: readonly ExportJson[]): readonly unknown[] {
  const pairs = Array.from({ length: Math.max(one.length, other.length, 1) }, (_, at) => [one[at], other[at]]);
  return pairs.filter(([a, b]) => a === undefined || JSON.stringify(a) !== JSON.stringify(b));
}

function progress({ exportStatus }: ExportJson): number {
  return exportStatus && exportStatus.totalCollections > 0
    ? exportStatus.exportedCollections / exportStatus.totalCollections
    : 0;
}

function secondsOfId(id: string): number {
  return Number.parseInt(id.slice(0, 8), 16);
}

function follows(job: ExportJson, last: ExportJson): boolean {
  const done = ({ exportStatus }: ExportJson) => exportStatus?.exportedCollections ?? 0;
  return (
    ranks[last.state] !== 3 &&
    (ranks[job.state] ?? -1) >= (ranks[last.state] ?? 9) &&
    done(job) >= done(last) &&
    job.createdAt === last.createdAt
  );
}

function byText(one = '', other = ''): number {
  return one < other ? -1 : 1;
}

const ranks: Readonly<Record<string, number>> = {
  Queued: 0,
  InProgress: 1,
  Paused: 2,
  Successful: 3,
  Failed: 3,
  Cancelled: 3,
};

describe('the demo world is a function of seed and time', () => {
  test('the same seed and time give the same lists, whatever was asked before', () => {
    const asked = demo();
    for (const seconds of [0, 5, 3600, 7, 40]) {
      all(asked, startedAtMs + seconds * 1000);
    }
    for (const seconds of [-86_400, 0, 40, 4000]) {
      const nowMs = startedAtMs + seconds * 1000;
      expect(differing(all(asked, nowMs), all(demo(), nowMs))).toEqual([]);
    }
  });

  test('another seed gives other jobs', () => {
    expect(listOf(demo(1), 'orders', startedAtMs)).not.toEqual(listOf(demo(2), 'orders', startedAtMs));
  });

  test('the history before the start does not depend on the speed', () => {
    expect(differing(all(demo(1, 1), startedAtMs), all(demo(1, 500), startedAtMs))).toEqual([]);
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('a speed of %p is refused', (speed) => {
    expect(() => demo(1, speed)).toThrow(RangeError);
  });
});

describe('jobs make sense', () => {
  // Many thousand jobs are looked at: what is wrong is collected, since an assertion for each would take minutes.
  test('states only go forward, progress only grows, and what is finished stays as it is', () => {
    const world = demo(3);
    const before = new Map<string, ExportJson>();
    const wrong: unknown[] = [];
    const stepAt = (seconds: number) => (seconds < 0 ? 100 : seconds < 120 ? 1 : 5);
    for (let seconds = -3600; seconds < 900; seconds += stepAt(seconds)) {
      for (const job of all(world, startedAtMs + seconds * 1000)) {
        const last = before.get(job.id);
        if (last && last !== job && !follows(job, last)) {
          wrong.push([last, job]);
        }
        before.set(job.id, job);
      }
    }
    expect(wrong).toEqual([]);
    const seen = new Set(Array.from(before.values(), ({ state }) => state));
    expect([...seen].toSorted(byText)).toEqual(['Cancelled', 'Failed', 'InProgress', 'Paused', 'Queued', 'Successful']);
  });

  test.each([1, DEFAULT_DEMO_SPEED, 100_000])('no time lies in the future at a speed of %i', (speed) => {
    const world = demo(5, speed);
    for (const seconds of [-100_000, 0, 0.3, 17.9, 61, 5000]) {
      const nowMs = startedAtMs + seconds * 1000;
      const wrong = all(world, nowMs).filter(({ id, createdAt, finishedAt = createdAt, snapshotId }) => {
        const [createdMs, finishedMs] = [Date.parse(createdAt), Date.parse(finishedAt)];
        const inOrder = secondsOfId(snapshotId) <= secondsOfId(id) && createdMs <= finishedMs && finishedMs <= nowMs;
        return !inOrder || secondsOfId(id) * 1000 !== createdMs;
      });
      expect(wrong).toEqual([]);
    }
  });

  test('ids are ObjectIds and no two are the same', () => {
    const jobs = all(demo(), startedAtMs + 600_000);
    const ids = jobs.flatMap(({ id, snapshotId, components = [] }) => [
      id,
      snapshotId,
      ...components.map(({ exportId }) => exportId),
    ]);
    expect(ids.filter((id) => !/^[0-9a-f]{24}$/.test(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('lists are newest first', () => {
    const world = demo(8, 5000);
    for (const { groupId, clusterName } of world.targets) {
      const created = world.exports(groupId, clusterName, startedAtMs + 60_000).map(({ createdAt }) => createdAt);
      expect(created).toEqual(created.toSorted().toReversed());
    }
  });

  test('the fields of a job are those of its state', () => {
    const wrong = all(demo(), startedAtMs + 30_000).filter((job) => {
      const finished = ranks[job.state] === 3;
      const sharded = 'components' in job;
      return (
        'finishedAt' in job !== (finished && !(sharded && job.state === 'Successful')) ||
        'stateReason' in job !== (job.state === 'Failed') ||
        'exportStatus' in job === sharded ||
        (job.state === 'Queued' && progress(job) > 0)
      );
    });
    expect(wrong).toEqual([]);
  });

  test('history runs at its natural pace', () => {
    const finished = listOf(demo(), 'archive', startedAtMs).filter(({ finishedAt }) => finishedAt !== undefined);
    const minutes = finished.map(
      ({ createdAt, finishedAt }) => (Date.parse(finishedAt ?? '') - Date.parse(createdAt)) / 60_000,
    );
    expect(Math.min(...minutes)).toBeGreaterThanOrEqual(10);
    expect(Math.max(...minutes)).toBeLessThanOrEqual(35);
  });
});

describe('the first minute shows everything', () => {
  test.each(seeds)('with seed %i, at any second', (seed) => {
    const world = demo(seed);
    for (let seconds = 0; seconds <= 60; seconds += 1) {
      const nowMs = startedAtMs + seconds * 1000;
      const jobs = all(world, nowMs);
      const running = jobs.filter(({ state }) => state === 'InProgress');
      expect(jobs.some(({ state }) => state === 'Queued')).toBe(true);
      expect(running.some((job) => progress(job) > 0 && progress(job) < 1)).toBe(true);
      expect(running.some(({ components }) => components !== undefined)).toBe(true);
      expect(jobs.some(({ state, finishedAt }) => state === 'Paused' && finishedAt === undefined)).toBe(true);
      expect(
        listOf(world, 'billing', nowMs)
          .slice(0, 3)
          .map(({ state }) => state),
      ).toEqual(['Failed', 'Failed', 'Failed']);
      expect(jobs.some((job) => job.state === 'Successful' && progress(job) > 0 && progress(job) < 1)).toBe(true);
      const events = listOf(world, 'events', nowMs).filter(({ finishedAt }) => finishedAt === undefined);
      expect(events.length).toBeGreaterThanOrEqual(2);
      expect(new Set(events.map(({ exportBucketId }) => exportBucketId)).size).toBe(2);
    }
  });

  test.each(seeds)('with seed %i, jobs begin, succeed, fail and are cancelled meanwhile', (seed) => {
    const world = demo(seed);
    const from = new Map(all(world, startedAtMs).map(({ id, state }) => [id, state]));
    const changes = all(world, startedAtMs + 60_000).map(({ id, state }) => `${from.get(id) ?? 'new'} ${state}`);
    const ends = new Set(
      changes.filter((change) => change.split(' ')[0] !== change.split(' ')[1]).map((change) => change.split(' ')[1]),
    );
    expect([...ends].toSorted(byText)).toEqual(['Cancelled', 'Failed', 'InProgress', 'Queued', 'Successful']);
  });
});

describe('the cast', () => {
  test('the archive needs three pages of 500', () => {
    expect(listOf(demo(), 'archive', startedAtMs).length).toBeGreaterThan(1300);
  });

  test('the reports are overdue and nothing has come since', () => {
    const [newest] = listOf(demo(), 'reports', startedAtMs + 3_600_000);
    expect(newest?.state).toBe('Successful');
    expect(startedAtMs - Date.parse(newest?.createdAt ?? '')).toBeGreaterThan(4 * 86_400_000);
  });

  test('billing fails in several ways', () => {
    const codes = listOf(demo(), 'billing', startedAtMs).map(({ stateReason }) => stateReason?.errorCode);
    expect(new Set(codes).size).toBeGreaterThanOrEqual(4);
  });

  test('a list never grows beyond 2,000 jobs and its newest stay', () => {
    const world = demo();
    const month = startedAtMs + 30 * 86_400_000;
    for (let nowMs = startedAtMs; nowMs < month; nowMs += 86_400_000) {
      listOf(world, 'events', nowMs);
    }
    const jobs = listOf(world, 'events', month);
    expect(jobs).toHaveLength(2000);
    expect(month - Date.parse(jobs[0]?.createdAt ?? '')).toBeLessThan(60_000);
    expect(differing(jobs, listOf(demo(), 'events', month))).toEqual([]);
  });

  test('the sessions answer sometimes and fail mostly', () => {
    const world = demo();
    const target = world.targets.find(({ clusterName }) => clusterName === 'sessions');
    const failing = world.cluster(target?.groupId ?? '', 'sessions')?.failing;
    const moments = Array.from({ length: 120 }, (_, at) =>
      typeof failing === 'function' ? failing(startedAtMs + at * 1000) : undefined,
    );
    const bad = moments.filter((moment) => moment !== undefined);
    expect(bad.length).toBeGreaterThan(60);
    expect(bad.length).toBeLessThan(110);
    expect(bad.filter((fault) => !('status' in fault && fault.status === 503))).toEqual([]);
  });

  test('every kind of credential has targets, and some of them can not be watched', () => {
    const world = demo();
    const { targets } = world;
    expect(new Set(targets.map(({ credential }) => credential)).size).toBe(3);
    const shown = targets.map(({ groupId, clusterName }) => ({
      group: world.project(groupId),
      found: world.cluster(groupId, clusterName),
    }));
    expect(shown.filter(({ found }) => found === undefined)).toHaveLength(1);
    expect(shown.filter(({ found }) => found?.kind === 'flex')).toHaveLength(1);
    expect(shown.filter(({ group }) => group?.forbidden !== undefined)).toHaveLength(1);
    for (const { groupId, credential } of targets) {
      expect(world.project(groupId)?.credentials).toEqual([credential]);
    }
  });

  test('schedules export daily, monthly or not at all', () => {
    const world = demo();
    const scheduleOf = (name: string) => {
      const groupId = world.targets.find(({ clusterName }) => clusterName === name)?.groupId ?? '';
      return world.schedule(groupId, name, startedAtMs);
    };
    expect(scheduleOf('orders')).toMatchObject({
      autoExportEnabled: true,
      export: { frequencyType: 'daily', exportBucketId: listOf(world, 'orders', startedAtMs)[0]?.exportBucketId },
      nextSnapshot: '2026-11-04T00:00:00Z',
    });
    expect(scheduleOf('archive')).toMatchObject({ export: { frequencyType: 'monthly' } });
    expect(scheduleOf('sessions')).toMatchObject({ autoExportEnabled: false });
    expect(scheduleOf('sessions')).not.toHaveProperty('export');
    expect(scheduleOf('renamed-away')).toBeUndefined();
    expect(world.projects()).toHaveLength(4);
  });
});

test.each(seeds)('with seed %d no cluster loses a fifth of its collections, which would be an alert', (seed) => {
  const world = demo(seed);
  for (const { clusterName } of world.targets) {
    const totals = listOf(world, clusterName, startedAtMs)
      .filter(({ state }) => state === 'Successful')
      .map(({ exportStatus }) => exportStatus?.totalCollections ?? 0);
    expect(Math.min(...totals)).toBeGreaterThanOrEqual(0.8 * Math.max(...totals));
  }
});
