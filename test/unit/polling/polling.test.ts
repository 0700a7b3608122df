import { describe, expect, test } from '@jest/globals';
import { GROUP_ID } from '../../support/states.ts';
import { discovered, forbidden, keyOf, named, OTHER_ID, setUp } from './polling-setup.ts';

describe('the name of a project', () => {
  const both = { named: [...named(['a']).named, ...named(['b'], { groupId: OTHER_ID }).named], discovered: [] };

  test('is set on the targets of this project only, and starts no poll', async () => {
    const { runtime, atlas, targetOf, polling, changes, exports } = setUp(both);
    atlas.lastsSeconds = 10;
    exports.lastsSeconds = 1000;
    await runtime.advance(9);
    const other = polling.states.get(`${OTHER_ID}/b`);
    const [count, progress] = [changes.length, polling.progress()];
    expect(targetOf('a')?.projectName).toBe('');
    await runtime.advance(20);
    expect(targetOf('a')?.projectName).toBe('Shop');
    expect(polling.states.get(`${OTHER_ID}/b`)).toBe(other);
    expect(changes.slice(count)).toEqual([{ put: ['a'], removed: [] }]);
    expect(exports.clusters()).toEqual(['a', 'b']);
    expect(polling.progress().total).toBe(progress.total);
  });

  test('that cannot be read is read again within an hour, with a debug line in the log', async () => {
    const { runtime, atlas, targetOf, lines, namings } = setUp(named(['a']));
    atlas.projectName = forbidden;
    await runtime.advance(1);
    expect(targetOf('a')?.projectName).toBe('');
    expect(lines).toMatchObject([{ level: 'debug', group_id: GROUP_ID, reason: 'forbidden' }]);
    atlas.projectName = 'Shop';
    await runtime.advance(3600);
    expect(targetOf('a')?.projectName).toBe('Shop');
    expect(namings).toHaveLength(2);
  });
});

describe('a collector that waits for another one', () => {
  test('begins once each target of the project was polled, and reads one target at a time', async () => {
    const { runtime, exports, schedule } = setUp(named(['a', 'b', 'c']));
    exports.answer = ({ target }) => (target.clusterName === 'a' ? forbidden : 0);
    exports.lastsSeconds = 5.5;
    schedule.lastsSeconds = 3;
    await runtime.advance(30);
    const times = schedule.reads.map(({ atSeconds }) => atSeconds);
    expect(times).toHaveLength(3);
    expect(times[0]).toBe(6);
    expect(times.slice(1).every((at, index) => at - (times[index] ?? 0) >= 3)).toBe(true);
  });

  test('waits too for a cluster that a discovery has just found', async () => {
    const { runtime, atlas, exports, schedule } = setUp(discovered(), ['a']);
    atlas.lastsSeconds = 0.5;
    exports.lastsSeconds = 10;
    await runtime.advance(10.4);
    expect(exports.timesOf('a')).toEqual([0.5]);
    expect(schedule.clusters()).toEqual([]);
    await runtime.advance(2);
    expect(schedule.timesOf('a')).toEqual([11]);
  });

  test('waits ten minutes at most for a first poll that does not end, and does not wait for other projects', async () => {
    const wanted = { named: [...named(['a']).named, ...named(['b'], { groupId: OTHER_ID }).named], discovered: [] };
    const { runtime, exports, schedule } = setUp(wanted);
    exports.lastsSeconds = ({ clusterName }) => (clusterName === 'a' ? 100_000 : 5);
    await runtime.advance(599);
    expect(schedule.clusters()).toEqual(['b']);
    await runtime.advance(2);
    expect(schedule.clusters()).toEqual(['b', 'a']);
  });

  test('may depend on the result of that one: its polls begin and end with that result', async () => {
    const { runtime, polling, exports, schedule } = setUp(named(['a']), [], {
      isWanted: ({ polled }) => polled['exports']?.summary === 1,
    });
    await runtime.advance(400);
    expect(schedule.reads).toEqual([]);
    exports.answer = () => 1;
    await runtime.advance(400);
    expect(schedule.reads.length).toBeGreaterThan(0);
    expect(polling.nextPollAtSeconds(keyOf('a'), 'schedule')).toBeDefined();
    exports.answer = () => 0;
    await runtime.advance(100);
    expect(polling.nextPollAtSeconds(keyOf('a'), 'schedule')).toBeUndefined();
    const count = schedule.reads.length;
    await runtime.advance(1000);
    expect(schedule.reads).toHaveLength(count);
  });
});

test('when the circuit to Atlas opens or closes, every target is polled within a minute', async () => {
  const clusters = Array.from({ length: 20 }, (_, index) => `c${index}`);
  const { runtime, polling, exports, schedule } = setUp(named(clusters));
  await runtime.advance(100.5);
  const next = (name: string) => (polling.nextPollAtSeconds(keyOf(name), 'exports') ?? 0) - runtime.wallSeconds();
  const before = clusters.map(next);
  expect(Math.max(...before)).toBeGreaterThan(60);
  const reads = schedule.reads.length;
  polling.pollSooner();
  for (const [index, name] of clusters.entries()) {
    expect(next(name)).toBeLessThanOrEqual(Math.min(60, before[index] ?? 0));
  }
  await runtime.advance(61);
  for (const name of clusters) expect(exports.timesOf(name).some((at) => at > 100.5)).toBe(true);
  expect(schedule.reads).toHaveLength(reads);
});

test('a target counts as not yet polled until its first poll has ended, successful or not', async () => {
  const { runtime, polling, exports } = setUp(named(['a', 'b']));
  exports.lastsSeconds = 5;
  exports.answer = () => forbidden;
  await runtime.advance(4);
  expect(polling.untried()).toEqual({ projects: 0, targets: 2 });
  expect(polling.nextPollAtSeconds(keyOf('a'), 'exports')).toBeUndefined();
  await runtime.advance(1);
  expect(polling.untried()).toEqual({ projects: 0, targets: 0 });
  expect(polling.nextPollAtSeconds(keyOf('a'), 'exports')).toBeGreaterThan(runtime.wallSeconds());
  expect(polling.nextPollAtSeconds('unknown', 'exports')).toBeUndefined();
});

test('old data is marked while polls fail', async () => {
  const { runtime, polling, reload, exports } = setUp(named(['a']));
  await runtime.advance(1);
  reload(named(['a']), { maxStaleSeconds: 100, idleIntervalSeconds: 20 });
  exports.answer = () => forbidden;
  await runtime.advance(90);
  expect(polling.states.get(keyOf('a'))?.polled['exports']).toMatchObject({ stale: false });
  await runtime.advance(40);
  expect(polling.states.get(keyOf('a'))?.polled['exports']).toMatchObject({ stale: true, summary: 0 });
});
