import { describe, expect, test } from '@jest/globals';
import type { TargetState } from '../../../src/collectors/collector.ts';
import { createStates } from '../../../src/polling/states.ts';
import { targetOf } from '../../../src/polling/targets.ts';
import { GROUP_ID, target } from '../../support/states.ts';

function setUp() {
  const heard: { put: readonly TargetState[]; remove: readonly string[] }[] = [];
  const states = createStates(60, (put, remove) => heard.push({ put, remove }));
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

  test('an update of a target that is gone, or that changes nothing, is heard by nobody', () => {
    const { states, heard } = setUp();
    states.replace([target('a')]);
    states.update('gone', () => {
      throw new Error('must not be asked');
    });
    states.update(target('a').key, (now) => now);
    expect(heard).toHaveLength(1);
  });
});

test('a named target is known by project and cluster', () => {
  expect(targetOf({ groupId: GROUP_ID, clusterName: 'x', credential: 'c' })).toEqual({
    key: `${GROUP_ID}/x`,
    groupId: GROUP_ID,
    clusterName: 'x',
    credential: 'c',
    projectName: '',
  });
});
