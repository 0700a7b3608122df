import { describe, expect, test } from '@jest/globals';
import type { DiscoveredProject } from '../../../src/polling/targets.ts';
import { discovered, forbidden, keyOf, named, setUp } from './polling-setup.ts';

const SAME = () => false;

describe('a reload', () => {
  test('that changes nothing does not affect targets, polls and discoveries', async () => {
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
    reload({ targets: [], discoveries: [] });
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
