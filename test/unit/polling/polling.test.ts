import { describe, expect, test } from '@jest/globals';
import { AtlasError } from '../../../src/atlas/error.ts';
import type { Collector, PollingSettings } from '../../../src/collectors/collector.ts';
import { createPolling } from '../../../src/polling/polling.ts';
import type { DiscoveredProject, NamedTarget, Wanted } from '../../../src/polling/targets.ts';
import { createFakeRuntime } from '../../support/fake-runtime.ts';
import { createRecordingLog } from '../../support/recording-log.ts';
import { GROUP_ID } from '../../support/states.ts';
import { API, createScripted, SETTINGS } from './scripted-collector.ts';

const OTHER_ID = '5e0000000000000000000002';
const PROJECT: DiscoveredProject = {
  groupId: GROUP_ID,
  credential: 'default',
  exclude: [],
  discoveryIntervalSeconds: 600,
};
const SAME = () => false;
const unsupported = new AtlasError('unsupported', 'Atlas answered 400');
const forbidden = new AtlasError('forbidden', 'Atlas answered 403', { status: 403 });

const keyOf = (clusterName: string) => `${GROUP_ID}/${clusterName}`;

function named(clusterNames: readonly string[], changes: Partial<NamedTarget> = {}): Wanted {
  const targets = clusterNames.map((clusterName) => ({
    groupId: GROUP_ID,
    clusterName,
    credential: 'default',
    ...changes,
  }));
  return { named: targets, discovered: [] };
}

function discovered(changes: Partial<DiscoveredProject> = {}, targets: readonly NamedTarget[] = []): Wanted {
  return { named: targets, discovered: [{ ...PROJECT, ...changes }] };
}

/** Polling with the collectors `exports` and `schedule`, which waits for it. Atlas has the clusters of `atlas`. */
function setUp(wanted: Wanted, clusters: readonly string[] | Error = [], later: Partial<Collector<unknown>> = {}) {
  const runtime = createFakeRuntime();
  const { log, lines } = createRecordingLog();
  const exports = createScripted('exports', runtime);
  const pace = () => ({ seconds: 3600, retrySeconds: 300, failedSeconds: 3600 });
  const schedule = createScripted('schedule', runtime, { after: 'exports', pace, ...later });
  const changes: { readonly put: readonly string[]; readonly removed: readonly string[] }[] = [];
  const searches: number[] = [];
  const namings: string[] = [];
  const atlas = { clusters, paused: new Set<string>(), projectName: 'Shop' as string | Error, lastsSeconds: 0 };
  let settings = SETTINGS;
  const polling = createPolling({
    wanted,
    collectors: [exports.collector, schedule.collector],
    clusterSource: {
      advice: { forbidden: 'add the role Project Read Only' },
      async read(_api, _groupId, signal) {
        searches.push(runtime.monotonicSeconds());
        if (atlas.lastsSeconds > 0) await runtime.sleep(atlas.lastsSeconds, signal);
        if (atlas.clusters instanceof Error) throw atlas.clusters;
        return { clusters: atlas.clusters.map((name) => ({ name, paused: atlas.paused.has(name) })), notices: [] };
      },
    },
    async readProjectName(_api, groupId, signal) {
      namings.push(groupId);
      if (atlas.lastsSeconds > 0) await runtime.sleep(atlas.lastsSeconds, signal);
      if (atlas.projectName instanceof Error) throw atlas.projectName;
      return groupId === GROUP_ID ? atlas.projectName : '';
    },
    settings: () => settings,
    concurrency: () => 8,
    apiFor: () => API,
    isCircuitOpen: () => false,
    onChange: (put, removed) => changes.push({ put: put.map(({ target }) => target.clusterName), removed }),
    runtime,
    log,
  });
  polling.start();
  return {
    runtime,
    lines,
    exports,
    schedule,
    changes,
    searches,
    namings,
    atlas,
    polling,
    names: () => Array.from(polling.states.all(), ({ target }) => target.clusterName),
    targetOf: (clusterName: string) => polling.states.get(keyOf(clusterName))?.target,
    reload(next: Wanted, { isOther = SAME, ...other }: Partial<PollingSettings> & { isOther?: () => boolean } = {}) {
      settings = { ...settings, ...other };
      polling.change(next, isOther);
    },
  };
}

describe('the clusters of a project', () => {
  test('are found and polled at once', async () => {
    const { polling, runtime, names, exports } = setUp(discovered(), ['b', 'a']);
    expect(polling.discoveries()).toEqual([{ groupId: GROUP_ID, tried: false, up: false }]);
    expect(polling.untried()).toEqual({ projects: 1, targets: 0 });
    await runtime.settle();
    expect(names()).toEqual(['a', 'b']);
    expect(exports.clusters()).toEqual(['a', 'b']);
    const goodAtSeconds = runtime.wallSeconds();
    expect(polling.discoveries()).toEqual([{ groupId: GROUP_ID, tried: true, up: true, goodAtSeconds }]);
    expect(polling.untried()).toEqual({ projects: 0, targets: 0 });
  });

  test('come and go with each discovery, and those that stay keep what is known of them', async () => {
    const { polling, runtime, atlas, names, changes, exports } = setUp(discovered(), ['stays', 'goes']);
    await runtime.advance(500);
    atlas.clusters = ['comes', 'stays'];
    await runtime.advance(700);
    expect(names()).toEqual(['comes', 'stays']);
    expect(changes.flatMap(({ removed }) => removed)).toEqual([keyOf('goes')]);
    expect(polling.states.get(keyOf('stays'))?.polled['exports']?.polls).toBe(exports.timesOf('stays').length);
    const [goneAt = 0] = exports.timesOf('comes');
    expect(exports.timesOf('goes').every((at) => at <= goneAt)).toBe(true);
  });

  test('change nothing where a discovery finds the same, and one target where one was paused', async () => {
    const { runtime, atlas, exports, changes, searches, targetOf } = setUp(
      discovered({ discoveryIntervalSeconds: 20 }),
      ['a', 'b'],
    );
    exports.lastsSeconds = 1000;
    await runtime.advance(2);
    const count = changes.length;
    await runtime.advance(20);
    expect([searches.length, changes.length]).toEqual([2, count]);
    atlas.paused.add('b');
    await runtime.advance(20);
    expect([targetOf('a')?.paused, targetOf('b')?.paused]).toEqual([false, true]);
    expect(changes.slice(count)).toEqual([{ put: ['b'], removed: [] }]);
  });

  test('have the settings of the target that the config names, and no excluded one is watched', async () => {
    const own = { groupId: GROUP_ID, clusterName: 'ci-1', credential: 'own' };
    const wanted = discovered({ exclude: ['ci-*'] }, [own]);
    const { runtime, names, targetOf } = setUp(wanted, ['ci-1', 'ci-2', 'shop']);
    await runtime.settle();
    expect(names()).toEqual(['ci-1', 'shop']);
    expect(targetOf('ci-1')).toMatchObject({ credential: 'own', discovered: false });
    expect(targetOf('shop')).toMatchObject({ credential: 'default', discovered: true });
  });

  test('are 500 at most, the same ones each time, and the log says so once', async () => {
    const many = Array.from({ length: 600 }, (_, index) => `c${String(index).padStart(3, '0')}`);
    const { runtime, atlas, names, lines } = setUp(discovered({ discoveryIntervalSeconds: 10 }), many.toReversed());
    await runtime.settle();
    expect(names()).toEqual(many.slice(0, 500));
    atlas.clusters = many;
    await runtime.advance(25);
    expect(names()).toEqual(many.slice(0, 500));
    expect(lines.filter(({ left_out }) => left_out === '100')).toHaveLength(1);
  });

  test('stay as they are when a discovery fails, until one works again', async () => {
    const { polling, runtime, atlas, names, lines } = setUp(discovered(), ['a']);
    await runtime.settle();
    const [first] = polling.discoveries();
    atlas.clusters = forbidden;
    await runtime.advance(1300);
    expect(names()).toEqual(['a']);
    expect(polling.discoveries()).toEqual([
      { ...first, up: false, failure: expect.objectContaining({ reason: 'forbidden', status: 403 }) },
    ]);
    expect(lines).toMatchObject([
      { level: 'warn', msg: 'discovery fails', group_id: GROUP_ID, advice: 'add the role Project Read Only' },
    ]);
    atlas.clusters = ['b'];
    await runtime.advance(700);
    expect(names()).toEqual(['b']);
    expect(polling.discoveries()[0]).not.toHaveProperty('failure');
    expect(lines.at(-1)).toMatchObject({ msg: 'discovery works again', clusters: 1 });
  });

  test('are looked for again within a minute after a failure that may pass by itself, else at the usual time', async () => {
    const passing = setUp(discovered(), new AtlasError('network', 'no route'));
    const lasting = setUp(discovered(), forbidden);
    await passing.runtime.advance(190);
    await lasting.runtime.advance(590);
    expect(passing.searches.length).toBeGreaterThanOrEqual(4);
    expect(lasting.searches.length).toBeLessThanOrEqual(2);
    expect(lasting.polling.untried()).toEqual({ projects: 0, targets: 0 });
  });

  test('are left alone by a discovery that the stop of the program has aborted', async () => {
    const { polling, runtime, atlas, lines } = setUp(discovered(), ['a']);
    atlas.lastsSeconds = 10;
    await runtime.advance(5);
    await polling.stop();
    expect(polling.discoveries()).toEqual([{ groupId: GROUP_ID, tried: false, up: false }]);
    expect(lines).toEqual([]);
  });
});

describe('a discovered cluster that cannot have exports', () => {
  test('is dropped until it is found again, and the log says so once', async () => {
    const { runtime, atlas, names, lines, exports } = setUp(discovered(), ['flex', 'good']);
    exports.answer = ({ target }) => (target.clusterName === 'flex' ? unsupported : 0);
    await runtime.advance(10);
    expect(names()).toEqual(['good']);
    await runtime.advance(1800);
    expect(exports.timesOf('flex').length).toBeGreaterThan(2);
    expect(names()).toEqual(['good']);
    const dropped = { level: 'info', cluster_name: 'flex', reason: 'unsupported' };
    expect(lines).toEqual([expect.objectContaining(dropped)]);
    atlas.clusters = ['good'];
    await runtime.advance(700);
    atlas.clusters = ['flex', 'good'];
    await runtime.advance(700);
    expect(lines).toEqual([expect.objectContaining(dropped), expect.objectContaining(dropped)]);
  });

  test('stays watched where the config names it, and where another failure is met', async () => {
    const { runtime, polling, names, exports } = setUp(discovered({}, named(['named']).named), ['found', 'named']);
    exports.answer = ({ target }) => (target.discovered ? forbidden : unsupported);
    await runtime.advance(10);
    expect(names()).toEqual(['named', 'found']);
    const failure = { reason: 'unsupported' };
    expect(polling.states.get(keyOf('named'))?.polled['exports']?.last).toMatchObject({ failure });
  });

  test('is not dropped by a collector that waits for another one', async () => {
    const { runtime, names, schedule } = setUp(discovered(), ['a']);
    schedule.answer = () => unsupported;
    await runtime.advance(10);
    expect(schedule.clusters()).toEqual(['a']);
    expect(names()).toEqual(['a']);
  });
});

describe('the name of a project', () => {
  const both = { named: [...named(['a']).named, ...named(['b'], { groupId: OTHER_ID }).named], discovered: [] };

  test('reaches the targets of this project alone, and starts no poll', async () => {
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

  test('that cannot be read is read again within an hour; the log says so to developers only', async () => {
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

  test('waits ten minutes at most for a first poll that does not end, and for no other project', async () => {
    const wanted = { named: [...named(['a']).named, ...named(['b'], { groupId: OTHER_ID }).named], discovered: [] };
    const { runtime, exports, schedule } = setUp(wanted);
    exports.lastsSeconds = ({ clusterName }) => (clusterName === 'a' ? 100_000 : 5);
    await runtime.advance(599);
    expect(schedule.clusters()).toEqual(['b']);
    await runtime.advance(2);
    expect(schedule.clusters()).toEqual(['b', 'a']);
  });

  test('may be wanted only after that one has read something: its polls begin and end with it', async () => {
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

describe('a reload', () => {
  test('that changes nothing leaves targets, polls and discoveries alone', async () => {
    const { runtime, polling, reload, exports, searches, namings, changes } = setUp(discovered(), ['a', 'b']);
    await runtime.advance(10);
    exports.lastsSeconds = 1e6;
    await runtime.advance(400);
    const known = [...polling.states.all()];
    const counts = [searches.length, namings.length, changes.length, exports.reads.length];
    reload(discovered());
    await runtime.settle();
    expect([searches.length, namings.length, changes.length, exports.reads.length]).toEqual(counts);
    expect(exports.reads.some(({ signal }) => signal.aborted)).toBe(false);
    expect([...polling.states.all()]).toEqual(known);
  });

  test.each<[string, Partial<DiscoveredProject>, () => boolean]>([
    ['is named differently', { credential: 'other' }, SAME],
    ['has the same name but is another one', {}, () => true],
  ])('polls again at once what is read with a credential that %s', async (_what, changes, isOther) => {
    const { runtime, reload, exports, searches, namings, targetOf } = setUp(discovered(), ['a']);
    await runtime.advance(10);
    exports.lastsSeconds = 1e6;
    await runtime.advance(350);
    const counts = [searches.length, namings.length];
    const running = exports.reads.at(-1);
    reload(discovered(changes), { isOther });
    await runtime.settle();
    expect(running?.signal.aborted).toBe(true);
    expect(exports.timesOf('a').at(-1)).toBe(360);
    expect([searches.length, namings.length]).toEqual(counts.map((count) => count + 1));
    expect(targetOf('a')?.credential).toBe(changes.credential ?? 'default');
  });

  test('with another interval moves the next poll and the next discovery', async () => {
    const { runtime, polling, reload, searches, exports } = setUp(discovered(), ['a']);
    await runtime.advance(0.5);
    const [polls, found] = [exports.reads.length, searches.length];
    reload(discovered({ discoveryIntervalSeconds: 20 }), { idleIntervalSeconds: 20 });
    const next = polling.nextPollAtSeconds(keyOf('a'), 'exports') ?? Number.NaN;
    expect(next - runtime.wallSeconds()).toBeLessThanOrEqual(20);
    await runtime.advance(21);
    expect([exports.reads.length, searches.length]).toEqual([polls + 1, found + 1]);
  });

  test('without a project ends its polls and its discovery and forgets its clusters and its name', async () => {
    const { runtime, polling, reload, atlas, names, targetOf, exports, searches } = setUp(discovered(), ['a']);
    await runtime.advance(10);
    reload({ named: [], discovered: [] });
    expect([names(), polling.discoveries(), polling.progress().total]).toEqual([[], [], 0]);
    const counts = [exports.reads.length, searches.length];
    await runtime.advance(2000);
    expect([exports.reads.length, searches.length]).toEqual(counts);
    atlas.projectName = forbidden;
    reload(discovered());
    expect(names()).toEqual([]);
    await runtime.settle();
    expect(targetOf('a')?.projectName).toBe('');
  });

  test('that discovers a project of named clusters begins with these, as far as they are not excluded', async () => {
    const { runtime, reload, names, targetOf, exports } = setUp(named(['a', 'ci-1']), ['a', 'b']);
    await runtime.settle();
    reload(discovered({ exclude: ['ci-*'] }));
    expect(names()).toEqual(['a']);
    expect(targetOf('a')).not.toHaveProperty('paused');
    await runtime.settle();
    expect(names()).toEqual(['a', 'b']);
    expect(targetOf('a')?.paused).toBe(false);
    expect(exports.timesOf('a')).toEqual([0]);
  });

  test('excludes known clusters at once, without another discovery', async () => {
    const { runtime, reload, names, searches } = setUp(discovered(), ['a', 'ci-1']);
    await runtime.settle();
    reload(discovered({ exclude: ['ci-*'] }));
    expect(names()).toEqual(['a']);
    expect(searches).toEqual([0]);
  });

  test('switches the polls of a collector off and on', async () => {
    const { runtime, polling, reload, schedule } = setUp(named(['a']));
    await runtime.advance(5);
    const count = schedule.reads.length;
    expect(count).toBeGreaterThan(0);
    reload(named(['a']), { isRead: { schedule: false } });
    expect(polling.states.get(keyOf('a'))?.polled).not.toHaveProperty('schedule');
    await runtime.advance(1000);
    expect(schedule.reads).toHaveLength(count);
    reload(named(['a']), { isRead: {} });
    await runtime.advance(2);
    expect(schedule.reads).toHaveLength(count + 1);
  });
});

test('a change of the circuit to Atlas brings the polls of every target forward to the next minute', async () => {
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

test('a target has not been tried until its first poll has ended, well or not', async () => {
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
