import { describe, expect, test } from '@jest/globals';
import type { AtlasApi } from '../../../src/atlas/client.ts';
import { AtlasError } from '../../../src/atlas/error.ts';
import type { FoundCluster } from '../../../src/collectors/clusters.ts';
import type { Failure, Target } from '../../../src/collectors/collector.ts';
import { nextBeat, phaseOf } from '../../../src/polling/grid.ts';
import { pollKeyOf } from '../../../src/polling/poll.ts';
import { startScheduler } from '../../../src/polling/scheduler.ts';
import { createStates } from '../../../src/polling/states.ts';
import { createWatch, type Watch } from '../../../src/polling/target-registry.ts';
import type { DiscoveredProject, NamedTarget } from '../../../src/polling/targets.ts';
import { createFakeRuntime } from '../../support/fake-runtime.ts';
import { createRecordingLog } from '../../support/recording-log.ts';
import { GROUP_ID } from '../../support/states.ts';

const PROJECT: DiscoveredProject = {
  groupId: GROUP_ID,
  credential: 'default',
  exclude: [],
  discoveryIntervalSeconds: 600,
};
const key = (name: string) => `${GROUP_ID}/${name}`;

interface Options {
  readonly named?: readonly NamedTarget[];
  readonly project?: Partial<DiscoveredProject>;
  readonly isSearched?: boolean;
  /** Polls end at once, and are made again so often. */
  readonly pollEverySeconds?: number;
}

/** A watch whose Atlas has the clusters that `atlas.clusters` says at the moment, and whose polls never end by themselves. */
async function setUp(
  clusters: readonly string[] | Error,
  { named = [], project = {}, isSearched = true, pollEverySeconds }: Options = {},
) {
  const runtime = createFakeRuntime();
  const { log, lines } = createRecordingLog();
  const changes: { put: readonly string[]; remove: readonly string[] }[] = [];
  const states = createStates({ exports: 60, schedule: 3600 }, (put, remove) => {
    changes.push({ put: put.map(({ target }) => target.clusterName), remove });
  });
  const atlas = { clusters, paused: new Set<string>() };
  const polls: { readonly key: string; readonly at: number; readonly signal: AbortSignal }[] = [];
  const searches: number[] = [];
  const watch = createWatch({
    wanted: { named, discovered: isSearched ? [{ ...PROJECT, ...project }] : [] },
    states,
    runtime,
    log,
    apiFor: () => ({}) as AtlasApi,
    clusterSource: {
      advice: { forbidden: 'ask for the reading role' },
      async read() {
        searches.push(runtime.monotonicSeconds());
        if (atlas.clusters instanceof Error) throw atlas.clusters;
        const found = atlas.clusters.map((name): FoundCluster => ({ name, paused: atlas.paused.has(name) }));
        return { clusters: found, notices: [] };
      },
    },
    readProjectName: async (_api, groupId) => (groupId === GROUP_ID ? 'Shop' : ''),
    revised: (state) => state,
    pollsOf: (target) => [
      {
        key: pollKeyOf(target.key, 'exports'),
        lane: target.groupId,
        async run(signal) {
          polls.push({ key: target.key, at: runtime.monotonicSeconds(), signal });
          if (pollEverySeconds !== undefined) return polled(target.key, pollEverySeconds);
          await runtime.sleep(1e6, signal).catch(() => undefined);
          return 60;
        },
      },
    ],
  });

  function polled(target: string, intervalSeconds: number): number {
    const now = runtime.monotonicSeconds();
    const inSeconds = nextBeat(now, intervalSeconds, phaseOf(pollKeyOf(target, 'exports'))) - now;
    const nextAtSeconds = runtime.wallSeconds() + inSeconds;
    states.update(target, (state) => ({ ...state, exports: { ...state.exports, polls: 1, nextAtSeconds } }));
    return intervalSeconds;
  }

  const scheduler = startScheduler({ lanePlaces: 8, runtime, onTick: () => undefined });
  const before = watch.discoveries().map((discovery) => discovery.status());
  watch.start(scheduler);
  await runtime.settle();
  const names = () => [...states.all()].map(({ target }) => target.clusterName);
  const targetOf = (name: string) => states.get(key(name))?.target as Target;
  return {
    runtime,
    scheduler,
    states,
    watch,
    atlas,
    polls,
    searches,
    lines,
    changes,
    before,
    names,
    targetOf,
  };
}

const statuses = (watch: Watch) => watch.discoveries().map((discovery) => discovery.status());

const unsupported: Failure = { reason: 'unsupported', problem: 'Atlas answered 400', advice: 'remove it' };

describe('what is watched', () => {
  test('is found at once, and polled at once', async () => {
    const { names, polls, before, watch, runtime, scheduler } = await setUp(['b', 'a']);
    expect(before).toEqual([{ groupId: GROUP_ID, tried: false, up: false }]);
    expect(names()).toEqual(['a', 'b']);
    expect(polls.map(({ at }) => at)).toEqual([0, 0]);
    expect(statuses(watch)).toEqual([
      { groupId: GROUP_ID, tried: true, up: true, goodAtSeconds: runtime.wallSeconds() },
    ]);
    await scheduler.stop();
  });

  test('bears the name of its project from the moment it is known', async () => {
    const { targetOf, scheduler } = await setUp(['a']);
    expect(targetOf('a').projectName).toBe('Shop');
    await scheduler.stop();
  });

  test('follows what is found later: new clusters are polled at once, gone ones dropped with their polls', async () => {
    const { runtime, scheduler, atlas, names, polls, states, changes, searches } = await setUp(['stays', 'goes']);
    states.update(key('stays'), (now) => ({ ...now, exports: { ...now.exports, polls: 7 } }));
    await runtime.advance(500);
    atlas.clusters = ['comes', 'stays'];
    await runtime.advance(100);
    await runtime.advance(600);
    expect(names()).toEqual(['comes', 'stays']);
    expect(states.get(key('stays'))?.exports.polls).toBe(7);
    expect(changes.flatMap(({ remove }) => remove)).toEqual([key('goes')]);
    expect(polls.filter(({ key: one }) => one === key('goes')).at(-1)?.signal.aborted).toBe(true);
    expect(polls.find(({ key: one }) => one === key('comes'))?.at).toBe(searches.find((at) => at > 500));
    await scheduler.stop();
  });

  test('is looked for on the project’s own beats', async () => {
    const { runtime, scheduler, searches } = await setUp([], { project: { discoveryIntervalSeconds: 100 } });
    await runtime.advance(1000);
    const gaps = searches.slice(2).map((at, index) => at - (searches[index + 1] ?? 0));
    expect(gaps.length).toBeGreaterThan(6);
    expect(new Set(gaps)).toEqual(new Set([100]));
    await scheduler.stop();
  });

  test('changes for nobody where a discovery finds nothing new', async () => {
    const { runtime, scheduler, changes } = await setUp(['a', 'b']);
    const count = changes.length;
    await runtime.advance(2000);
    expect(changes).toHaveLength(count);
    await scheduler.stop();
  });

  test('tells of a cluster that is paused by changing that target alone', async () => {
    const { runtime, scheduler, atlas, changes, targetOf } = await setUp(['a', 'b']);
    atlas.paused.add('b');
    await runtime.advance(700);
    expect(targetOf('b').paused).toBe(true);
    expect(targetOf('a').paused).toBe(false);
    expect(changes.at(-1)).toEqual({ put: ['b'], remove: [] });
    await scheduler.stop();
  });

  test('leaves out what is excluded, unless it is named', async () => {
    const named = [{ groupId: GROUP_ID, clusterName: 'ci-kept', credential: 'default' }];
    const { names, scheduler } = await setUp(['ci-1', 'ci-kept', 'shop', 'scratch'], {
      named,
      project: { exclude: ['scratch', 'ci-*'] },
    });
    expect(names()).toEqual(['ci-kept', 'shop']);
    await scheduler.stop();
  });

  test('has at most 500 found clusters of a project, the same ones each time, and says so once', async () => {
    const many = Array.from({ length: 600 }, (_, index) => `c${String(index).padStart(3, '0')}`);
    const { runtime, scheduler, atlas, names, lines } = await setUp(many.toReversed());
    expect(names()).toEqual(many.slice(0, 500));
    atlas.clusters = many;
    await runtime.advance(2000);
    expect(names()).toEqual(many.slice(0, 500));
    expect(lines.filter(({ left_out }) => left_out === '100')).toHaveLength(1);
    await scheduler.stop();
  });
});

describe('a discovery that fails', () => {
  test('keeps what was found, shows, and is over when one succeeds', async () => {
    const { runtime, scheduler, atlas, names, watch, lines } = await setUp(['a']);
    const goodAtSeconds = statuses(watch)[0]?.goodAtSeconds;
    atlas.clusters = new AtlasError('forbidden', 'Atlas answered 403', { status: 403 });
    await runtime.advance(1300);
    expect(names()).toEqual(['a']);
    expect(statuses(watch)).toEqual([
      { groupId: GROUP_ID, tried: true, up: false, goodAtSeconds, failure: expect.objectContaining({ status: 403 }) },
    ]);
    expect(lines).toEqual([
      expect.objectContaining({
        level: 'warn',
        msg: 'discovery fails',
        group_id: GROUP_ID,
        reason: 'forbidden',
        advice: 'ask for the reading role',
      }),
    ]);
    atlas.clusters = ['b'];
    await runtime.advance(700);
    expect(names()).toEqual(['b']);
    expect(statuses(watch)[0]?.up).toBe(true);
    expect(lines.at(-1)).toMatchObject({ level: 'info', msg: 'discovery works again', clusters: 1 });
    await scheduler.stop();
  });

  test('is tried again within a minute where it may pass, and not sooner than usual where it won’t', async () => {
    const passing = await setUp(new AtlasError('network', 'no route'));
    await passing.runtime.advance(180);
    expect(passing.searches.length).toBeGreaterThanOrEqual(3);
    await passing.scheduler.stop();
    const lasting = await setUp(new AtlasError('not_found', 'Atlas answered 404'));
    await lasting.runtime.advance(590);
    expect(lasting.searches.length).toBeLessThanOrEqual(2);
    expect(statuses(lasting.watch)).toMatchObject([{ groupId: GROUP_ID, tried: true, up: false }]);
    await lasting.scheduler.stop();
  });

  test('while the program stops says nothing', async () => {
    const { scheduler, watch, lines, runtime, atlas, searches } = await setUp([]);
    atlas.clusters = new AtlasError('network', 'aborted');
    const stopped = scheduler.stop();
    await runtime.advance(1000);
    await stopped;
    expect(searches).toHaveLength(1);
    expect(statuses(watch)[0]?.up).toBe(true);
    expect(lines).toEqual([]);
  });
});

describe('another config', () => {
  const same = () => false;

  test('has a project searched on other beats from then on', async () => {
    const { runtime, scheduler, watch, searches } = await setUp([], { project: { discoveryIntervalSeconds: 3600 } });
    await runtime.advance(10);
    watch.change({ named: [], discovered: [{ ...PROJECT, discoveryIntervalSeconds: 20 }] }, same);
    await runtime.advance(100);
    expect(searches.length).toBeGreaterThanOrEqual(5);
    expect(searches[1]).toBeLessThanOrEqual(31);
    await scheduler.stop();
  });

  test('leaves searches, polls and what they found alone where nothing about them is another', async () => {
    const { runtime, scheduler, watch, searches, polls, changes, states } = await setUp(['a', 'b']);
    await runtime.advance(10);
    const [count, known] = [changes.length, [...states.all()]];
    watch.change({ named: [], discovered: [{ ...PROJECT }] }, same);
    await runtime.advance(10);
    expect(searches).toEqual([0]);
    expect(polls).toHaveLength(2);
    expect(polls.some(({ signal }) => signal.aborted)).toBe(false);
    expect(changes).toHaveLength(count);
    expect([...states.all()]).toEqual(known);
    await scheduler.stop();
  });

  test.each([
    ['another name', { ...PROJECT, credential: 'other' }, same],
    ['another secret', PROJECT, () => true],
  ])(
    'with a credential of %s has its projects searched and its clusters polled anew',
    async (_what, project, isOther) => {
      const { runtime, scheduler, watch, searches, states } = await setUp(['a']);
      await runtime.advance(10);
      watch.change({ named: [], discovered: [project] }, isOther);
      await runtime.settle();
      expect(searches).toEqual([0, 10]);
      expect(states.get(key('a'))?.target.credential).toBe(project.credential);
      await scheduler.stop();
    },
  );

  test('forgets of a project that is gone what was found there, its name, and what was dropped', async () => {
    const { runtime, scheduler, watch, targetOf, names, atlas, searches } = await setUp(['flex', 'good']);
    expect(watch.giveUp(targetOf('flex'), unsupported)).toBe('aloud');
    watch.change({ named: [], discovered: [] }, same);
    expect(names()).toEqual([]);
    expect(watch.discoveries()).toEqual([]);
    await runtime.advance(5);
    atlas.clusters = ['flex'];
    watch.change({ named: [], discovered: [PROJECT] }, same);
    expect(names()).toEqual([]);
    await runtime.settle();
    expect(searches).toEqual([0, 5]);
    expect(names()).toEqual(['flex']);
    expect(watch.giveUp(targetOf('flex'), unsupported)).toBe('aloud');
    await scheduler.stop();
  });

  test('that has a project searched which was named begins with what was watched, as far as it is not excluded', async () => {
    const named = ['a', 'ci-1'].map((clusterName) => ({ groupId: GROUP_ID, clusterName, credential: 'default' }));
    const { runtime, scheduler, watch, names, targetOf, atlas } = await setUp([], { named, isSearched: false });
    atlas.clusters = ['a', 'b'];
    watch.change({ named: [], discovered: [{ ...PROJECT, exclude: ['ci-*'] }] }, same);
    expect(names()).toEqual(['a']);
    expect(targetOf('a')).not.toHaveProperty('paused');
    await runtime.settle();
    expect(names()).toEqual(['a', 'b']);
    expect(targetOf('a').paused).toBe(false);
    await scheduler.stop();
  });
});

describe('what is hurried', () => {
  test('is polled within a minute from then on, and says when; what comes sooner anyway is left alone', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `c${index}`);
    const { runtime, scheduler, watch, states, polls } = await setUp(names, { pollEverySeconds: 300 });
    await runtime.advance(100.5);
    const before = new Map(Array.from(states.all(), ({ target, exports }) => [target.key, exports]));
    const now = runtime.monotonicSeconds();
    watch.hurry('exports');
    for (const [known, { nextAtSeconds: was = 0 }] of before) {
      const next = states.get(known)?.exports.nextAtSeconds ?? 0;
      expect(next).toBeLessThanOrEqual(was);
      expect(next - runtime.wallSeconds()).toBeLessThanOrEqual(60);
    }
    await runtime.advance(61);
    for (const [known] of before) {
      const next = polls.find((poll) => poll.key === known && poll.at > now)?.at ?? 0;
      const said = (before.get(known)?.nextAtSeconds ?? 0) - runtime.wallSeconds() + runtime.monotonicSeconds();
      expect(next).toBeLessThanOrEqual(Math.min(now + 61, Math.ceil(said + 0.5)));
    }
    await scheduler.stop();
  });

  test('is not put off while it is under way, and has no time where it was never polled', async () => {
    const { scheduler, watch, states } = await setUp(['a']);
    const before = states.get(key('a'));
    watch.hurry('exports');
    expect(states.get(key('a'))).toBe(before);
    await scheduler.stop();
  });
});

describe('a target that can’t have what is looked for', () => {
  test('is dropped where it was found, until it is found again, and told of once', async () => {
    const { runtime, scheduler, watch, targetOf, names, atlas, polls } = await setUp(['flex', 'good']);
    const flex = targetOf('flex');
    expect(watch.giveUp(flex, unsupported)).toBe('aloud');
    expect(names()).toEqual(['good']);
    expect(polls.find((poll) => poll.key === flex.key)?.signal.aborted).toBe(true);
    await runtime.advance(700);
    expect(names()).toEqual(['flex', 'good']);
    expect(watch.giveUp(flex, unsupported)).toBe('silently');
    atlas.clusters = ['good'];
    await runtime.advance(600);
    atlas.clusters = ['flex', 'good'];
    await runtime.advance(600);
    expect(watch.giveUp(flex, unsupported)).toBe('aloud');
    await scheduler.stop();
  });

  test('stays where it is named, and for any other failure', async () => {
    const named = [{ groupId: GROUP_ID, clusterName: 'named', credential: 'default' }];
    const { scheduler, watch, targetOf, names } = await setUp(['found', 'named'], { named });
    expect(watch.giveUp(targetOf('named'), unsupported)).toBe('no');
    expect(watch.giveUp(targetOf('found'), { ...unsupported, reason: 'not_found' })).toBe('no');
    expect(names()).toEqual(['named', 'found']);
    await scheduler.stop();
  });
});
