import { describe, expect, test } from '@jest/globals';
import { AtlasError } from '../../../src/atlas/error.ts';
import { GROUP_ID } from '../../support/states.ts';
import { discovered, forbidden, keyOf, named, OTHER_ID, setUp, unsupported } from './polling-setup.ts';
import { OUTAGE } from './scripted-collector.ts';

describe('the name of a project', () => {
  const both = { targets: [...named(['a']).targets, ...named(['b'], { groupId: OTHER_ID }).targets], discoveries: [] };

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
    expect(times[0]).toBe(5.5);
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
    expect(schedule.timesOf('a')).toEqual([10.5]);
  });

  test('waits ten minutes at most for a first poll that does not end, and does not wait for other projects', async () => {
    const wanted = {
      targets: [...named(['a']).targets, ...named(['b'], { groupId: OTHER_ID }).targets],
      discoveries: [],
    };
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

describe('an outage of Atlas', () => {
  const clusters = Array.from({ length: 20 }, (_, index) => `c${index}`);
  const silent = new AtlasError('timeout', 'Atlas does not answer: no answer', { isFinal: true });

  /** Everything fails for ten minutes, then Atlas answers again. */
  async function outage(before: Error | number = 0) {
    const pace = () => ({ seconds: 500, retrySeconds: 300, failedSeconds: 500 });
    const all = setUp(discovered(), clusters, { pace });
    const { runtime, polling, exports, schedule, atlas } = all;
    exports.answer = () => before;
    await runtime.advance(100.5);
    exports.answer = schedule.answer = () => silent;
    atlas.clusters = atlas.projectName = silent;
    const ended = { ...OUTAGE, sinceSeconds: runtime.wallSeconds() };
    atlas.outage = ended;
    const linesBefore = all.lines.length;
    polling.outageBegan(ended);
    await runtime.advance(600);
    atlas.outage = undefined;
    return { ...all, ended, lines: () => all.lines.slice(linesBefore) };
  }

  test('is polled by every target within a minute, and the next poll is never later than before', async () => {
    const { runtime, polling, exports } = setUp(named(clusters));
    await runtime.advance(100.5);
    const next = (name: string) => (polling.nextPollAtSeconds(keyOf(name), 'exports') ?? 0) - runtime.wallSeconds();
    const before = clusters.map(next);
    expect(Math.max(...before)).toBeGreaterThan(60);
    polling.outageBegan(OUTAGE);
    for (const [index, name] of clusters.entries()) {
      expect(next(name)).toBeLessThanOrEqual(Math.min(60, before[index] ?? 0));
    }
    await runtime.advance(61);
    for (const name of clusters) expect(exports.timesOf(name).some((at) => at > 100.5)).toBe(true);
  });

  test('has one line in the log when it begins and one when it ends, with the numbers of what failed', async () => {
    const { polling, runtime, lines, ended, exports, schedule, atlas } = await outage();
    polling.outageEnded(ended);
    exports.answer = schedule.answer = () => 0;
    atlas.clusters = clusters;
    await runtime.advance(120);
    const since = new Date(ended.sinceSeconds * 1000).toISOString();
    expect(lines()).toEqual([
      {
        level: 'warn',
        msg: 'Atlas does not answer: polls fail at once until it does',
        reason: 'timeout',
        problem: 'no answer',
        advice: 'wait',
        since,
      },
      {
        level: 'info',
        msg: 'Atlas answers again',
        since,
        outage_seconds: 600,
        failed_polls: expect.any(Number),
        clusters: clusters.length,
        discoveries: 1,
      },
    ]);
  });

  test('hides no failure that has another cause', async () => {
    const { lines, runtime, exports } = await outage(forbidden);
    exports.answer = () => unsupported;
    await runtime.advance(301);
    expect(lines().map(({ reason }) => reason)).toContain('unsupported');
  });

  test('is followed within about a minute by a read of everything that could not be read', async () => {
    const { polling, runtime, ended, exports, schedule, atlas, namings } = await outage();
    exports.answer = schedule.answer = () => 0;
    atlas.projectName = 'Shop';
    const [endedAt, names] = [runtime.monotonicSeconds(), namings.length];
    polling.outageEnded(ended);
    await runtime.advance(61);
    for (const name of clusters) {
      for (const { timesOf } of [exports, schedule]) expect(timesOf(name).some((at) => at > endedAt)).toBe(true);
    }
    expect(namings).toHaveLength(names);
  });

  test('at the start is followed by the names of the projects within a minute', async () => {
    const { polling, runtime, atlas, namings } = setUp(named(['a']));
    atlas.projectName = silent;
    await runtime.advance(10);
    atlas.projectName = 'Shop';
    polling.outageEnded(OUTAGE);
    await runtime.advance(61);
    expect(namings).toHaveLength(2);
  });
});

test('a target counts as not yet polled until its first poll has ended, successful or not', async () => {
  const { runtime, polling, exports } = setUp(named(['a', 'b']));
  exports.lastsSeconds = 5;
  exports.answer = () => forbidden;
  await runtime.advance(4);
  expect(polling.untried()).toEqual({ listings: 0, projects: 0, targets: 2 });
  expect(polling.nextPollAtSeconds(keyOf('a'), 'exports')).toBeUndefined();
  await runtime.advance(1);
  expect(polling.untried()).toEqual({ listings: 0, projects: 0, targets: 0 });
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
