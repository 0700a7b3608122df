import { describe, expect, test } from '@jest/globals';
import { nextBeat, phaseOf } from '../../../src/polling/grid.ts';
import { startScheduler, type Task } from '../../../src/polling/scheduler.ts';
import { createFakeRuntime } from '../../support/fake-runtime.ts';

interface Run {
  readonly key: string;
  readonly at: number;
  readonly signal: AbortSignal;
}

/** A scheduler over tasks that take `lastsSeconds` and ask for `intervalSeconds`, with a record of their runs. */
function setUp(lanePlaces = 8) {
  const runtime = createFakeRuntime();
  const runs: Run[] = [];
  let ticks = 0;
  const scheduler = startScheduler({ lanePlaces, runtime, onTick: () => (ticks += 1) });
  function task(key: string, { lane = 'lane', intervalSeconds = 10, lastsSeconds = 0 } = {}): Task {
    return {
      key,
      lane,
      async run(signal) {
        runs.push({ key, at: runtime.monotonicSeconds(), signal });
        if (lastsSeconds > 0) await runtime.sleep(lastsSeconds, signal).catch(() => undefined);
        return intervalSeconds;
      },
    };
  }
  return {
    runtime,
    scheduler,
    runs,
    task,
    ticks: () => ticks,
    timesOf: (key: string) => runs.filter((run) => run.key === key).map(({ at }) => at),
  };
}

test('whoever has waited longest for a place of its lane comes first', async () => {
  const { runtime, scheduler, task, runs } = setUp(1);
  scheduler.set([task('busy', { lastsSeconds: 20, intervalSeconds: 1000 }), task('a'), task('b')]);
  await runtime.advance(5);
  scheduler.renew('a');
  await runtime.advance(15.5);
  expect(runs.map(({ key }) => key).slice(0, 3)).toEqual(['busy', 'b', 'a']);
  await scheduler.stop();
});

describe('a task that is told', () => {
  test('to begin anew is aborted and due at once, and what the aborted run asked for is not heeded', async () => {
    const { runtime, scheduler, task, runs, timesOf } = setUp();
    const tasks = [task('slow', { lastsSeconds: 20, intervalSeconds: 1 }), task('other', { intervalSeconds: 1000 })];
    scheduler.set(tasks);
    await runtime.advance(5);
    scheduler.renew('slow');
    scheduler.renew('nobody');
    scheduler.set(tasks);
    await runtime.advance(10);
    expect(timesOf('slow')).toEqual([0, 5]);
    expect(runs.filter(({ key }) => key === 'slow').map(({ signal }) => signal.aborted)).toEqual([true, false]);
    expect(timesOf('other')).toEqual([0]);
    await scheduler.stop();
  });

  test('of another interval runs at the next beat of that one', async () => {
    const { runtime, scheduler, task, timesOf } = setUp();
    scheduler.set([task('a', { intervalSeconds: 1000 })]);
    await runtime.advance(3);
    scheduler.pace('a', 10);
    scheduler.pace('nobody', 10);
    await runtime.advance(20);
    const [, second = 0] = timesOf('a');
    expect(second).toBe(Math.ceil(nextBeat(3, 10, phaseOf('a'))));
    await scheduler.stop();
  });

  test('of another interval is not put off where it is due already or under way', async () => {
    const { runtime, scheduler, task, timesOf } = setUp(1);
    const tasks = [task('first', { lastsSeconds: 5, intervalSeconds: 1000 }), task('waits', { intervalSeconds: 1000 })];
    scheduler.set(tasks);
    for (const { key } of tasks) scheduler.pace(key, 1000);
    await runtime.advance(6);
    expect(timesOf('waits')).toEqual([5]);
    await scheduler.stop();
  });
});

describe('a task that is hastened', () => {
  test('runs at the next beat of the shorter interval, and says in how many seconds', async () => {
    const { runtime, scheduler, task, timesOf } = setUp();
    scheduler.set([task('a', { intervalSeconds: 1000 })]);
    await runtime.advance(3);
    const beat = nextBeat(3, 10, phaseOf('a'));
    expect(scheduler.hasten('a', 10)).toBe(beat - 3);
    await runtime.advance(20);
    expect(timesOf('a')[1]).toBe(Math.ceil(beat));
    await scheduler.stop();
  });

  test('is not put off, nor are those that are under way or unknown', async () => {
    const { runtime, scheduler, task, timesOf } = setUp();
    scheduler.set([task('a', { intervalSeconds: 10 }), task('long', { lastsSeconds: 50 })]);
    await runtime.advance(3);
    expect([scheduler.hasten('a', 1e6), scheduler.hasten('a', 10), scheduler.hasten('long', 1)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(scheduler.hasten('nobody', 1)).toBeUndefined();
    await runtime.advance(10);
    expect(timesOf('a')[1]).toBe(Math.ceil(nextBeat(3, 10, phaseOf('a'))));
    await scheduler.stop();
  });
});

describe('the scheduler', () => {
  test('runs a new task at once, then on its own beats', async () => {
    const { runtime, scheduler, task, timesOf } = setUp();
    await runtime.advance(100);
    scheduler.set([task('a')]);
    await runtime.advance(35);
    const [first, ...others] = timesOf('a');
    expect(first).toBe(100);
    const phase = phaseOf('a') * 10;
    // A tick a second: what is due at a fraction starts at the next whole second.
    const beats = [0, 1, 2, 3].map((beat) => Math.ceil(100 + beat * 10 + phase));
    expect(others).toEqual(beats.filter((beat) => beat <= 135));
    await scheduler.stop();
  });

  test('spreads tasks that were added together over the interval', async () => {
    const { runtime, scheduler, task, runs } = setUp(1000);
    scheduler.set(Array.from({ length: 600 }, (_, index) => task(`task-${index}`, { intervalSeconds: 60 })));
    await runtime.advance(180);
    const perSecond = new Map<number, number>();
    for (const { at } of runs.filter(({ at: time }) => time > 60)) perSecond.set(at, (perSecond.get(at) ?? 0) + 1);
    expect(Math.max(...perSecond.values())).toBeLessThan(25);
    await scheduler.stop();
  });

  test('never runs a task beside itself, and skips the beats it missed', async () => {
    const { runtime, scheduler, task, timesOf } = setUp();
    scheduler.set([task('slow', { intervalSeconds: 10, lastsSeconds: 34 })]);
    await runtime.advance(100);
    const times = timesOf('slow');
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(34);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(45);
    await scheduler.stop();
  });

  test('gives each lane its places, so that one lane does not hold up another', async () => {
    const { runtime, scheduler, task, runs } = setUp(2);
    const hundred = Array.from({ length: 100 }, (_, index) =>
      task(`a${index}`, { lane: 'a', lastsSeconds: 5, intervalSeconds: 1000 }),
    );
    scheduler.set([...hundred, task('b', { lane: 'b' })]);
    await runtime.settle();
    expect(runs.map(({ key }) => key)).toEqual(['a0', 'a1', 'b']);
    // A place that falls free is taken at once, in the order of waiting.
    await runtime.advance(5);
    expect(runs.map(({ key }) => key).slice(3)).toEqual(['a2', 'a3']);
    await scheduler.stop();
  });

  test('one interval may follow another', async () => {
    const { runtime, scheduler, runs } = setUp();
    let interval = 10;
    scheduler.set([
      {
        key: 'x',
        lane: 'l',
        run: async (signal) => {
          runs.push({ key: 'x', at: runtime.monotonicSeconds(), signal });
          return interval;
        },
      },
    ]);
    await runtime.advance(60);
    const before = runs.length;
    interval = 2;
    await runtime.advance(40);
    expect(before).toBeLessThanOrEqual(8);
    expect(runs.length - before).toBeGreaterThanOrEqual(14);
    await scheduler.stop();
  });

  test('aborts tasks that are gone and keeps the beats of those that stay', async () => {
    const { runtime, scheduler, task, runs, timesOf } = setUp();
    const stays = task('stays');
    scheduler.set([stays, task('goes', { lastsSeconds: 100 })]);
    await runtime.advance(1);
    scheduler.set([stays]);
    expect(runs.find(({ key }) => key === 'goes')?.signal.aborted).toBe(true);
    expect(timesOf('stays')).toHaveLength(1);
    await runtime.advance(30);
    expect(timesOf('goes')).toHaveLength(1);
    expect(timesOf('stays').length).toBeGreaterThanOrEqual(3);
    await scheduler.stop();
  });

  test('gives the places of runs that take long to others, so that a lane never waits for those that never end', async () => {
    const { runtime, scheduler, task, timesOf } = setUp(2);
    const endless = ['a', 'b', 'c'].map((key) => task(key, { lastsSeconds: 10_000 }));
    scheduler.set([...endless, task('good', { lastsSeconds: 1, intervalSeconds: 1000 })]);
    await runtime.advance(29);
    expect([timesOf('a'), timesOf('b'), timesOf('c'), timesOf('good')]).toEqual([[0], [0], [], []]);
    await runtime.advance(3);
    expect([timesOf('a'), timesOf('c'), timesOf('good')]).toEqual([[0], [30], [30]]);
    await scheduler.stop();
  });

  test('leaves the places of a lane whose tasks say how many there are to those that have them', async () => {
    const { runtime, scheduler, task, timesOf } = setUp(2);
    const alone = (key: string, lastsSeconds: number) => ({ ...task(key, { lastsSeconds }), lanePlaces: 1 });
    scheduler.set([alone('long', 100), alone('next', 1)]);
    await runtime.advance(99);
    expect([timesOf('long'), timesOf('next')]).toEqual([[0], []]);
    await runtime.advance(2);
    expect(timesOf('next')).toEqual([100]);
    await scheduler.stop();
  });

  test('ticks every second, and says when it last did', async () => {
    const { runtime, scheduler, ticks } = setUp();
    await runtime.advance(10);
    expect(ticks()).toBe(11);
    expect(scheduler.lastTickAt()).toBe(10);
    await scheduler.stop();
  });

  test('a stop aborts what is under way, waits for it and starts nothing more', async () => {
    const { runtime, scheduler, task, runs } = setUp(1);
    scheduler.set([task('one', { lastsSeconds: 100 }), task('two')]);
    await runtime.settle();
    await scheduler.stop();
    scheduler.set([task('three')]);
    await runtime.advance(60);
    expect(runs.map(({ key }) => key)).toEqual(['one']);
    expect(runs[0]?.signal.aborted).toBe(true);
  });
});
