import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createScheduler, type Task } from '../../../src/polling/scheduler.ts';
import { createFakeRuntime } from '../../support/fake-runtime.ts';

interface Run {
  readonly key: string;
  readonly atSeconds: number;
  readonly signal: AbortSignal;
}

interface TaskOptions extends Partial<Task> {
  readonly intervalSeconds?: number;
  readonly lastsSeconds?: number;
}

function setUp(places = 8) {
  const runtime = createFakeRuntime();
  const runs: Run[] = [];
  let ticks = 0;
  const errors: string[] = [];
  function onTick(): void {
    ticks += 1;
    if (ticks === 3) throw new Error('a bug');
  }
  const onError = (_error: unknown, key: string) => errors.push(key);
  const scheduler = createScheduler({ places: () => places, runtime, onTick, onError });
  scheduler.start();

  function add(key: string, { intervalSeconds = 10, lastsSeconds = 0, ...changes }: TaskOptions = {}): void {
    scheduler.add({
      key,
      group: 'group',
      async run(signal) {
        runs.push({ key, atSeconds: runtime.monotonicSeconds(), signal });
        if (lastsSeconds > 0) await runtime.sleep(lastsSeconds, signal).catch(() => undefined);
        return intervalSeconds;
      },
      ...changes,
    });
  }
  const timesOf = (key: string) => runs.filter((run) => run.key === key).map(({ atSeconds }) => atSeconds);
  const keys = () => runs.map(({ key }) => key);
  return { runtime, scheduler, runs, add, timesOf, keys, errors, ticks: () => ticks };
}

function gapsOf(times: readonly number[]): readonly number[] {
  return times.slice(1).map((time, index) => time - (times[index] ?? 0));
}

describe('a bug', () => {
  const crash = () => Promise.reject(new Error('a bug'));
  test.each([
    ['a task that throws', { run: crash }],
    ['an interval that is not a number', { intervalSeconds: Number.NaN }],
    ['an interval without an end', { intervalSeconds: Number.POSITIVE_INFINITY }],
  ])('such as %s is reported, counts as a run, and the task runs again after a minute', async (_what, options) => {
    const { runtime, add, scheduler, errors, timesOf } = setUp();
    add('buggy', options);
    add('other');
    await scheduler.allHaveRun();
    await runtime.advance(119);
    expect(errors.filter((key) => key === 'buggy').length).toBeGreaterThanOrEqual(2);
    expect(errors.filter((key) => key === 'buggy').length).toBeLessThanOrEqual(3);
    expect(timesOf('other').length).toBeGreaterThan(10);
  });

  test('in what is done at each tick does not stop the ticks', async () => {
    const { runtime, ticks, errors } = setUp();
    await runtime.advance(10);
    expect(errors).toEqual(['tick']);
    expect(ticks()).toBe(11);
  });
});

describe('a task', () => {
  test('runs at once when it is added, before and after the start of the scheduler', async () => {
    const { runtime, add, timesOf } = setUp();
    add('early');
    await runtime.advance(100.5);
    add('late');
    await runtime.settle();
    expect(timesOf('early')[0]).toBe(0);
    expect(timesOf('late')).toEqual([100.5]);
  });

  test('runs once in each interval, at its own beats', async () => {
    const anyTask = fc.record({ key: fc.string(), intervalSeconds: fc.integer({ min: 5, max: 60 }) });
    await fc.assert(
      fc.asyncProperty(anyTask, async ({ key, intervalSeconds }) => {
        const { runtime, add, timesOf } = setUp();
        add(key, { intervalSeconds });
        await runtime.advance(10 * intervalSeconds);
        const [first = Number.NaN, ...beats] = timesOf(key);
        expect(first).toBe(0);
        expect((beats[0] ?? Number.POSITIVE_INFINITY) - first).toBeLessThanOrEqual(intervalSeconds + 1);
        expect(new Set(gapsOf(beats))).toEqual(new Set([intervalSeconds]));
      }),
      { numRuns: 20 },
    );
  });

  test('does not run at the same time as many others', async () => {
    const { runtime, add, runs } = setUp(1000);
    for (let index = 0; index < 600; index += 1) add(`exports 5e0000000000000000000001/Cluster${index}`);
    await runtime.advance(20);
    for (let second = 11; second <= 20; second += 1) {
      const share = runs.filter(({ atSeconds }) => atSeconds === second).length;
      expect(share).toBeGreaterThan(30);
      expect(share).toBeLessThan(90);
    }
  });

  test('never overlaps itself, and skips the beats that it missed', async () => {
    const { runtime, add, timesOf } = setUp();
    add('slow', { lastsSeconds: 34 });
    await runtime.advance(300);
    const gaps = gapsOf(timesOf('slow'));
    expect(gaps.length).toBeGreaterThan(4);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(34);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(45);
  });

  test('may return another interval each time', async () => {
    const { runtime, add, timesOf, runs } = setUp();
    const run = async (signal: AbortSignal) => {
      runs.push({ key: 'a', atSeconds: runtime.monotonicSeconds(), signal });
      return runtime.monotonicSeconds() < 200 ? 100 : 10;
    };
    add('a', { run });
    await runtime.advance(500);
    const times = timesOf('a');
    expect(new Set(gapsOf(times.filter((time) => time > 0 && time <= 200)))).toEqual(new Set([100]));
    expect(new Set(gapsOf(times.filter((time) => time > 300)))).toEqual(new Set([10]));
  });

  test('that is not ready waits, and starts at the tick at which it is', async () => {
    const { runtime, add, timesOf } = setUp();
    add('waits', { isReady: () => runtime.monotonicSeconds() >= 7 });
    await runtime.advance(8);
    expect(timesOf('waits')[0]).toBe(7);
  });

  test('that is removed is aborted and does not run again', async () => {
    const { runtime, scheduler, add, runs, timesOf } = setUp();
    add('goes', { lastsSeconds: 100 });
    add('stays');
    await runtime.advance(1);
    scheduler.remove('goes');
    scheduler.remove('unknown');
    expect(runs[0]?.signal.aborted).toBe(true);
    expect(scheduler.has('goes')).toBe(false);
    await runtime.advance(300);
    expect(timesOf('goes')).toEqual([0]);
    expect(timesOf('stays').length).toBeGreaterThan(10);
  });

  test('that is restarted is aborted and due at once; the aborted run does not decide about the next one', async () => {
    const { runtime, scheduler, add, runs, timesOf } = setUp();
    add('slow', { lastsSeconds: 20, intervalSeconds: 1 });
    add('other', { intervalSeconds: 1000 });
    await runtime.advance(5);
    scheduler.restart('slow');
    scheduler.restart('unknown');
    await runtime.advance(10);
    expect(timesOf('slow')).toEqual([0, 5]);
    expect(runs.filter(({ key }) => key === 'slow').map(({ signal }) => signal.aborted)).toEqual([true, false]);
    expect(timesOf('other')).toEqual([0]);
  });
});

describe('a group', () => {
  test('never runs more tasks than it has places, and does not delay another group', async () => {
    const { runtime, add, keys } = setUp(2);
    for (const key of ['a1', 'a2', 'a3']) add(key, { group: 'a', lastsSeconds: 5.5, intervalSeconds: 1000 });
    add('b1', { group: 'b' });
    await runtime.advance(5);
    expect(keys()).toEqual(['a1', 'a2', 'b1']);
  });

  test('gives a place that becomes free to the next task at once, between two ticks', async () => {
    const { runtime, add, timesOf } = setUp(1);
    add('first', { lastsSeconds: 5.5, intervalSeconds: 1000 });
    add('next');
    await runtime.advance(6);
    expect(timesOf('next')[0]).toBe(5.5);
  });

  test('starts the task first that has been due for longest', async () => {
    const { runtime, scheduler, add, keys } = setUp(1);
    const others = Array.from({ length: 10 }, (_, index) => `task-${index}`);
    for (const key of others) add(key, { intervalSeconds: 30 });
    await runtime.advance(0.5);
    const due = others.toSorted((a, b) => (scheduler.dueAt(a) ?? 0) - (scheduler.dueAt(b) ?? 0));
    add('busy', { lastsSeconds: 31, intervalSeconds: 1000 });
    await runtime.advance(32);
    expect(keys()).toEqual([...others, 'busy', ...due]);
  });

  test('has the places that its tasks name, and a removed task keeps its place until it has ended', async () => {
    const { runtime, scheduler, add, runs, timesOf } = setUp();
    const run = async (signal: AbortSignal) => {
      runs.push({ key: 'stubborn', atSeconds: runtime.monotonicSeconds(), signal });
      await runtime.sleep(9.5);
      return 1000;
    };
    add('stubborn', { places: 1, run });
    await runtime.advance(1);
    scheduler.remove('stubborn');
    add('next', { places: 1 });
    await runtime.advance(20);
    expect(timesOf('next')[0]).toBe(9.5);
  });
});

describe('the next run', () => {
  test('moves to a beat of another interval, sooner or later', async () => {
    const { runtime, scheduler, add, timesOf } = setUp();
    add('sooner', { intervalSeconds: 1000 });
    add('later', { intervalSeconds: 10 });
    await runtime.advance(0.5);
    scheduler.setInterval('sooner', 20);
    scheduler.setInterval('later', 100_000);
    scheduler.setInterval('unknown', 20);
    await runtime.advance(25);
    expect(timesOf('sooner')).toHaveLength(2);
    expect(timesOf('later')).toHaveLength(1);
  });

  test('does not move if the task is due or runs', async () => {
    const { runtime, scheduler, add, timesOf } = setUp(1);
    add('runs', { lastsSeconds: 5, intervalSeconds: 10 });
    add('due');
    await runtime.advance(1);
    for (const key of ['runs', 'due']) scheduler.setInterval(key, 100_000);
    await runtime.advance(20);
    expect(timesOf('due')[0]).toBe(5);
    expect(timesOf('runs').length).toBeGreaterThan(1);
  });

  test('comes sooner if the new interval is shorter, and never later', async () => {
    const { runtime, scheduler, add } = setUp();
    add('a', { intervalSeconds: 1000 });
    await runtime.advance(0.5);
    const dueAt = scheduler.dueAt('a') ?? Number.NaN;
    scheduler.runSooner('a', 100_000);
    scheduler.runSooner('unknown', 1);
    expect(scheduler.dueAt('a')).toBe(dueAt);
    scheduler.runSooner('a', 10);
    expect(scheduler.dueAt('a')).toBeLessThanOrEqual(10.5);
    expect(scheduler.dueAt('a')).toBeGreaterThan(0.5);
  });

  test('may come once between the beats, also if its time is given while the task runs', async () => {
    const { runtime, scheduler, add, timesOf } = setUp();
    add('a', { intervalSeconds: 100_000, lastsSeconds: 5 });
    await runtime.advance(1);
    scheduler.runAlsoAt('a', 20);
    scheduler.runAlsoAt('unknown', 20);
    await runtime.advance(15);
    expect(scheduler.dueAt('a')).toBe(20);
    scheduler.runAlsoAt('a', 10);
    await runtime.advance(30);
    expect(timesOf('a')).toEqual([0, 20]);
  });

  test('comes at the first of several times between the beats, not only at the last', async () => {
    const { runtime, scheduler, add, timesOf } = setUp();
    add('a', { intervalSeconds: 100_000 });
    await runtime.advance(1);
    scheduler.runAlsoAt('a', 80);
    scheduler.runAlsoAt('a', 90);
    await runtime.advance(100);
    scheduler.runAlsoAt('a', 120);
    await runtime.advance(30);
    expect(timesOf('a')).toEqual([0, 80, 120]);
  });

  test('is known only for a task that waits, not for one that runs or does not exist', async () => {
    const { runtime, scheduler, add, timesOf } = setUp();
    add('a');
    add('runs', { lastsSeconds: 50 });
    await runtime.advance(0.5);
    expect(scheduler.dueAt('runs')).toBeUndefined();
    expect(scheduler.dueAt('unknown')).toBeUndefined();
    const dueAt = scheduler.dueAt('a') ?? Number.NaN;
    await runtime.advance(10.5);
    // A tick each second starts it.
    expect(timesOf('a')[1]).toBe(Math.ceil(dueAt));
  });
});

describe('the scheduler', () => {
  test('ticks each second, and knows the time of its latest tick', async () => {
    const { runtime, scheduler, ticks } = setUp();
    expect(scheduler.lastTickAt()).toBeUndefined();
    await runtime.advance(10.5);
    expect([ticks(), scheduler.lastTickAt()]).toEqual([11, 10]);
  });

  test('reports when every task has run at least once, including tasks that another task has added', async () => {
    const { runtime, scheduler, add } = setUp();
    const run = async () => {
      await runtime.sleep(1);
      add('found', { lastsSeconds: 1 });
      return 60;
    };
    // Without tasks there is nothing to wait for.
    await scheduler.allHaveRun();
    add('finder', { run });
    let isDone = false;
    void scheduler.allHaveRun().then(() => (isDone = true));
    await runtime.advance(1.5);
    expect([isDone, scheduler.progress()]).toEqual([false, { ended: 1, total: 2 }]);
    await runtime.advance(1);
    expect([isDone, scheduler.progress()]).toEqual([true, { ended: 2, total: 2 }]);
  });

  test('does not wait for the first run of a task that was removed, but for one that was restarted', async () => {
    const { runtime, scheduler, add } = setUp();
    for (const key of ['goes', 'again']) add(key, { lastsSeconds: 100 });
    let isDone = false;
    void scheduler.allHaveRun().then(() => (isDone = true));
    await runtime.advance(50);
    scheduler.remove('goes');
    scheduler.restart('again');
    await runtime.advance(99);
    expect(isDone).toBe(false);
    await runtime.advance(1);
    expect(isDone).toBe(true);
  });

  test('that stops aborts the running tasks, waits for their end and starts nothing more', async () => {
    const { runtime, scheduler, add, runs, keys } = setUp(1);
    let hasEnded = false;
    const run = async (signal: AbortSignal) => {
      runs.push({ key: 'one', atSeconds: 0, signal });
      await runtime.sleep(5);
      hasEnded = true;
      return 1;
    };
    add('one', { run });
    add('two');
    await runtime.advance(1);
    let isStopped = false;
    const stopped = scheduler.stop().then(() => (isStopped = true));
    await runtime.advance(3);
    expect([runs[0]?.signal.aborted, hasEnded, isStopped]).toEqual([true, false, false]);
    await runtime.advance(1);
    await stopped;
    expect(hasEnded).toBe(true);
    add('three');
    await runtime.advance(60);
    expect(keys()).toEqual(['one']);
  });
});
