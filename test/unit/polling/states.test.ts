import { describe, expect, test } from '@jest/globals';
import type { TargetState } from '../../../src/collectors/collector.ts';
import { createStates } from '../../../src/polling/states.ts';
import { target } from '../../support/states.ts';

function setUp() {
  const heard: { put: readonly TargetState[]; remove: readonly string[] }[] = [];
  const states = createStates({ exports: 60, schedule: 3600 }, (put, remove) => heard.push({ put, remove }));
  return { states, heard };
}

describe('the states of targets', () => {
  test('a target begins with nothing known and every failure at zero', () => {
    const { states } = setUp();
    states.replace([target('a')]);
    expect(states.get(target('a').key)?.exports).toMatchObject({
      polls: 0,
      stale: false,
      intervalSeconds: 60,
      failures: { timeout: 0 },
    });
  });

  test('targets that stay keep what is known of them and take new settings, in one step', () => {
    const { states, heard } = setUp();
    states.replace([target('a'), target('b')]);
    states.update(target('a').key, (now) => ({ ...now, exports: { ...now.exports, polls: 7 } }));
    states.replace([target('a', { successMaxAgeSeconds: 5 }), target('c')]);
    expect(states.get(target('a').key)).toMatchObject({ target: { successMaxAgeSeconds: 5 }, exports: { polls: 7 } });
    expect([...states.all()].map((state) => state.target.clusterName)).toEqual(['a', 'c']);
    expect(heard.at(-1)?.remove).toEqual([target('b').key]);
  });

  test('a replacement may revise each state in the same step', () => {
    const { states, heard } = setUp();
    states.replace([target('a'), target('b')]);
    states.replace([target('a'), target('c')], (state) =>
      state.target.clusterName === 'a' ? { ...state, exports: { ...state.exports, intervalSeconds: 5 } } : state,
    );
    expect(states.get(target('a').key)?.exports.intervalSeconds).toBe(5);
    expect(heard.slice(1).map(({ put, remove }) => [put.map((state) => state.target.clusterName), remove])).toEqual([
      [['a', 'c'], [target('b').key]],
    ]);
  });

  test('an update of a target that is gone, or that changes nothing, is heard by nobody', () => {
    const { states, heard } = setUp();
    states.replace([target('a')]);
    states.update('gone', () => {
      throw new Error('must not be asked');
    });
    states.update(target('a').key, (now) => now);
    expect(heard).toHaveLength(1);
  });

  test('a replacement is heard of for what it has changed, and for nothing else', () => {
    const { states, heard } = setUp();
    states.replace([target('a'), target('b', { paused: false })]);
    const known = states.get(target('a').key);
    states.replace([target('a'), target('b', { paused: true })]);
    expect(heard.at(-1)?.put.map((state) => state.target.clusterName)).toEqual(['b']);
    expect(states.get(target('a').key)).toBe(known);
    states.replace([target('a'), target('b')]);
    expect(heard).toHaveLength(3);
    states.replace([target('b'), target('a')]);
    expect(heard).toHaveLength(3);
  });
});
