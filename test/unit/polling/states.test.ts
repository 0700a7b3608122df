import { describe, expect, test } from '@jest/globals';
import { AtlasError } from '../../../src/atlas/error.ts';
import type { Collector, Polled, PollingSettings, TargetState } from '../../../src/collectors/collector.ts';
import { failureOf } from '../../../src/polling/failure-log.ts';
import { createStates } from '../../../src/polling/states.ts';
import { createFakeRuntime } from '../../support/fake-runtime.ts';
import { SETTINGS } from '../../support/pages.ts';
import { target, withRecord } from '../../support/states.ts';
import { createScripted } from './scripted-collector.ts';

const KEY = target('a').key;

function setUp(changes: Partial<Collector<unknown>> = {}) {
  const runtime = createFakeRuntime();
  const collectors = [createScripted('toy', runtime), createScripted('other', runtime, changes)];
  const changed: (readonly [put: readonly string[], removed: readonly string[]])[] = [];
  let settings = SETTINGS;
  const states = createStates({
    collectors: collectors.map(({ collector }) => collector),
    settings: () => settings,
    monotonicSeconds: runtime.monotonicSeconds,
    onChange: (put, removed) => changed.push([put.map((state) => state.target.clusterName), removed]),
  });
  /** A target that exists from the start, with these changes of its record. */
  function begin(record: Partial<Polled<unknown>> = {}): void {
    states.replace([target('a')]);
    states.update(KEY, (state) => withRecord(state, 'toy', record));
    changed.length = 0;
  }
  function reload(next: Partial<PollingSettings>): void {
    settings = { ...SETTINGS, ...next };
    states.replace([...states.all()].map((state) => state.target));
  }
  const record = (name = 'toy') => states.get(KEY)?.polled[name];
  return { runtime, states, changed, begin, reload, record };
}

describe('the states', () => {
  test('begin with a record for each wanted collector: nothing read, all failures at zero', () => {
    const { states, record } = setUp({ isWanted: () => false });
    states.replace([target('a')]);
    expect(Object.keys(states.get(KEY)?.polled ?? {})).toEqual(['toy']);
    expect(record()).toMatchObject({ polls: 0, stale: false, intervalSeconds: SETTINGS.intervalSeconds });
    expect(new Set(Object.values(record()?.failures ?? {}))).toEqual(new Set([0]));
  });

  test('of targets that stay keep their records and take the new settings of the target, all in one step', () => {
    const { states, changed, begin } = setUp();
    begin({ polls: 7 });
    states.replace([target('b'), target('a')]);
    states.replace([target('a', { successMaxAgeSeconds: 5 }), target('c')]);
    expect(states.get(KEY)).toMatchObject({ target: { successMaxAgeSeconds: 5 }, polled: { toy: { polls: 7 } } });
    expect([...states.all()].map((state) => state.target.clusterName)).toEqual(['a', 'c']);
    expect(changed).toEqual([
      [['b'], []],
      [['a', 'c'], [target('b').key]],
    ]);
  });

  test('are reported to the listener only if they have changed', () => {
    const { states, changed, begin, reload } = setUp();
    begin();
    const before = states.get(KEY);
    const never = (): TargetState => {
      throw new Error('there is no such target');
    };
    states.update('unknown', never);
    states.update(KEY, (state) => state);
    states.replace([target('a')]);
    reload({});
    states.markStale(1e6);
    expect(changed).toEqual([]);
    expect(states.get(KEY)).toBe(before);
  });
});

describe('the mark of old data', () => {
  test.each([
    ['max_stale', 60, 900],
    ['twice the interval, if that is longer', 600, 1200],
  ])('is set once the last good poll is older than %s', (_what, intervalSeconds, limitSeconds) => {
    const { states, changed, begin, record } = setUp();
    begin({ goodAtMonotonicSeconds: 100, intervalSeconds });
    states.markStale(100 + limitSeconds);
    expect(record()?.stale).toBe(false);
    states.markStale(101 + limitSeconds);
    expect(record()).toMatchObject({ stale: true, goodAtMonotonicSeconds: 100 });
    expect(record('other')?.stale).toBe(false);
    states.markStale(102 + limitSeconds);
    expect(changed).toEqual([[['a'], []]]);
  });
});

describe('other settings', () => {
  test.each([
    ['busy', { summary: 1 }, 10],
    ['idle', { summary: 0 }, 100],
    ['not read yet', {}, 10],
    ['failed for good', { summary: 1, last: failed('not_found') }, 100],
    ['failed for now', { summary: 1, last: failed('timeout') }, 10],
  ])('give the current interval at once: %s', (_what, known, intervalSeconds) => {
    const { begin, reload, record } = setUp();
    begin({ ...known, polls: 3 });
    reload({ intervalSeconds: 10, idleIntervalSeconds: 100 });
    expect(record()).toMatchObject({ ...known, polls: 3, intervalSeconds });
  });

  test('clear the stale mark of data that is no longer too old, and no other mark', async () => {
    const { runtime, states, begin, reload, record } = setUp();
    begin({ goodAtMonotonicSeconds: 0, summary: 0 });
    await runtime.advance(1000);
    states.markStale(1000);
    reload({ maxStaleSeconds: 950 });
    expect(record()?.stale).toBe(true);
    reload({ maxStaleSeconds: 3600 });
    expect(record()?.stale).toBe(false);
  });

  test('remove the record of a collector that is switched off; a collector that is switched on starts with an empty record', () => {
    const { changed, begin, reload, record } = setUp();
    begin({ polls: 7 });
    reload({ isRead: { toy: false } });
    expect(record()).toBeUndefined();
    reload({});
    expect(record()).toMatchObject({ polls: 0 });
    expect(record('other')).toMatchObject({ polls: 0 });
    expect(changed).toHaveLength(2);
  });
});

test('a collector may read a target only after another one has a result', () => {
  const { states, begin, record } = setUp({ isWanted: ({ polled }) => polled['toy']?.summary === 1 });
  begin();
  expect(record('other')).toBeUndefined();
  states.update(KEY, (state) => withRecord(state, 'toy', { summary: 1 }));
  expect(record('other')).toMatchObject({ polls: 0 });
  states.update(KEY, (state) => withRecord(state, 'toy', { summary: 0 }));
  expect(record('other')).toBeUndefined();
});

function failed(reason: 'not_found' | 'timeout') {
  return { endedAtSeconds: 1, durationSeconds: 1, failure: failureOf(new AtlasError(reason, 'no')) };
}
