import { describe, expect, test } from '@jest/globals';
import { createRound } from '../../../src/polling/round.ts';
import type { Task } from '../../../src/polling/scheduler.ts';
import { createFakeRuntime } from '../../support/fake-runtime.ts';

function setUp(lanePlaces = 2) {
  const runtime = createFakeRuntime();
  const round = createRound(lanePlaces);
  const begun: string[] = [];
  const aborted: string[] = [];
  const task = (key: string, lane = 'lane', then: () => void = () => undefined): Task => ({
    key,
    lane,
    lanePlaces: 1,
    async run(signal) {
      begun.push(key);
      try {
        await runtime.sleep(1, signal);
        then();
      } catch {
        aborted.push(key);
      }
      return 60;
    },
  });
  return { runtime, round, begun, aborted, task };
}

describe('a round', () => {
  test('runs each task once and then ends', async () => {
    const { runtime, round, begun, task } = setUp();
    const tasks = ['a', 'b', 'c'].map((key) => task(key));
    round.set(tasks);
    let hasEnded = false;
    const ended = round.ended().then(() => {
      hasEnded = true;
    });
    await runtime.advance(1);
    expect([hasEnded, round.progress()]).toEqual([false, { ended: 2, total: 3 }]);
    round.set(tasks);
    await runtime.advance(60);
    await ended;
    expect(begun).toEqual(['a', 'b', 'c']);
    expect(round.progress()).toEqual({ ended: 3, total: 3 });
  });

  test('gives each lane its places, as many as it was told', async () => {
    const { runtime, round, begun, task } = setUp(2);
    round.set(['a1', 'a2', 'a3', 'b1', 'b2', 'b3'].map((key) => task(key, key[0])));
    await runtime.settle();
    expect(begun).toEqual(['a1', 'a2', 'b1', 'b2']);
    await runtime.advance(1);
    expect(begun).toEqual(['a1', 'a2', 'b1', 'b2', 'a3', 'b3']);
  });

  test('runs what a task has found before it ends', async () => {
    const { runtime, round, begun, task } = setUp();
    const found = task('found', 'other');
    const finder: Task = task('finder', 'lane', () => round.set([finder, found]));
    round.set([finder]);
    const ended = round.ended();
    await runtime.advance(2);
    await ended;
    expect(begun).toEqual(['finder', 'found']);
  });

  test('aborts a task that is gone, and does not wait for it for ever', async () => {
    const { runtime, round, aborted, task } = setUp();
    const stays = task('stays');
    round.set([stays, task('goes')]);
    await runtime.settle();
    round.set([stays]);
    await runtime.advance(1);
    await round.ended();
    expect([aborted, round.progress()]).toEqual([['goes'], { ended: 1, total: 1 }]);
  });

  test('that is aborted begins nothing more and ends when what is under way has', async () => {
    const { runtime, round, begun, aborted, task } = setUp(1);
    round.set([task('a'), task('b')]);
    await runtime.settle();
    round.abort(new Error('interrupted'));
    await round.ended();
    round.set([task('c')]);
    await runtime.advance(60);
    expect([begun, aborted]).toEqual([['a'], ['a']]);
  });

  test('of nothing ends at once', async () => {
    const { round } = setUp();
    round.set([]);
    await round.ended();
  });
});
