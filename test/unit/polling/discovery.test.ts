import { describe, expect, test } from '@jest/globals';
import { AtlasError } from '../../../src/atlas/error.ts';
import { GROUP_ID } from '../../support/states.ts';
import { discovered, forbidden, keyOf, named, setUp, unsupported } from './polling-setup.ts';

describe('the clusters of a project', () => {
  test('are found and polled at once', async () => {
    const { polling, runtime, names, exports } = setUp(discovered(), ['b', 'a']);
    expect(polling.discoveries()).toEqual([{ groupId: GROUP_ID, credential: 'default', tried: false, up: false }]);
    expect(polling.untried()).toEqual({ listings: 0, projects: 1, targets: 0 });
    await runtime.settle();
    expect(names()).toEqual(['a', 'b']);
    expect(exports.clusters()).toEqual(['a', 'b']);
    const goodAtSeconds = runtime.wallSeconds();
    expect(polling.discoveries()).toEqual([
      { groupId: GROUP_ID, credential: 'default', tried: true, up: true, goodAtSeconds },
    ]);
    expect(polling.untried()).toEqual({ listings: 0, projects: 0, targets: 0 });
  });

  test('are a timeout after ten minutes if their discovery never ends, and it is tried again', async () => {
    const { polling, runtime, atlas, searches } = setUp(discovered(), ['a']);
    atlas.isStuck = true;
    await runtime.advance(600);
    expect(polling.discoveries()).toMatchObject([{ tried: true, up: false, failure: { reason: 'timeout' } }]);
    atlas.isStuck = false;
    await runtime.advance(61);
    expect(searches).toHaveLength(2);
    expect(polling.discoveries()).toMatchObject([{ up: true }]);
  });

  test('are added and removed with each discovery, and those that stay keep their state', async () => {
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

  test('change nothing if a discovery finds the same, and one target if one was paused', async () => {
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

  test('are 500 at most, the same ones each time, with one line in the log', async () => {
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

  test('are discovered again within a minute after a temporary failure, else at the usual time', async () => {
    const passing = setUp(discovered(), new AtlasError('network', 'no route'));
    const lasting = setUp(discovered(), forbidden);
    await passing.runtime.advance(190);
    await lasting.runtime.advance(590);
    expect(passing.searches.length).toBeGreaterThanOrEqual(4);
    expect(lasting.searches.length).toBeLessThanOrEqual(2);
    expect(lasting.polling.untried()).toEqual({ listings: 0, projects: 0, targets: 0 });
  });

  test('do not change when the stop of the program aborts a discovery', async () => {
    const { polling, runtime, atlas, lines } = setUp(discovered(), ['a']);
    atlas.lastsSeconds = 10;
    await runtime.advance(5);
    await polling.stop();
    expect(polling.discoveries()).toEqual([{ groupId: GROUP_ID, credential: 'default', tried: false, up: false }]);
    expect(lines).toEqual([]);
  });
});

describe('a discovered cluster that cannot have exports', () => {
  test('is dropped until it is found again, with one line in the log', async () => {
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

  test('stays watched if the config names it, or if it fails for another reason', async () => {
    const { runtime, polling, names, exports } = setUp(discovered({}, named(['named']).targets), ['found', 'named']);
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
