import { describe, expect, test } from '@jest/globals';
import type { FoundCluster } from '../../../src/collectors/project.ts';
import {
  type DiscoveredProject,
  type Known,
  type NamedTarget,
  targetOf,
  targetsOf,
} from '../../../src/polling/targets.ts';
import { GROUP_ID } from '../../support/states.ts';

const OTHER = '5e0000000000000000000002';
const named = (clusterName: string, settings: Partial<NamedTarget> = {}): NamedTarget => ({
  groupId: GROUP_ID,
  clusterName,
  credential: 'own',
  ...settings,
});
const project: DiscoveredProject = {
  groupId: GROUP_ID,
  credential: 'theirs',
  exclude: [],
  discoveryIntervalSeconds: 600,
  successMaxAgeSeconds: 7,
  durationMaxSeconds: 8,
};
const known = (clusters: readonly FoundCluster[], rest: Partial<Known> = {}): Known => ({
  found: new Map([[GROUP_ID, clusters]]),
  projectNames: new Map(),
  dropped: new Set(),
  ...rest,
});
const running = (name: string) => ({ name, paused: false });

test('the key of a named target is its project and cluster', () => {
  expect(targetOf(named('x'))).toEqual({
    key: `${GROUP_ID}/x`,
    groupId: GROUP_ID,
    clusterName: 'x',
    credential: 'own',
    projectName: '',
    discovered: false,
  });
});

describe('the targets', () => {
  test('that are discovered have the settings of their project, and whether they are paused', () => {
    const clusters = [running('a'), { name: 'b', paused: true }];
    expect(targetsOf({ targets: [], discoveries: [project] }, known(clusters))).toEqual([
      {
        key: `${GROUP_ID}/a`,
        groupId: GROUP_ID,
        clusterName: 'a',
        credential: 'theirs',
        projectName: '',
        discovered: true,
        paused: false,
        successMaxAgeSeconds: 7,
        durationMaxSeconds: 8,
      },
      expect.objectContaining({ clusterName: 'b', paused: true }),
    ]);
  });

  test('that are named take precedence over the same discovered ones, in any state of those', () => {
    const wanted = { targets: [named('a', { successMaxAgeSeconds: 1 })], discoveries: [project] };
    for (const clusters of [[running('a')], []]) {
      const [only, ...others] = targetsOf(wanted, known(clusters, { dropped: new Set([`${GROUP_ID}/a`]) }));
      expect(only).toMatchObject({ credential: 'own', discovered: false, successMaxAgeSeconds: 1 });
      expect(only).not.toHaveProperty('durationMaxSeconds');
      expect(others).toEqual([]);
    }
    expect(targetsOf(wanted, known([{ name: 'a', paused: true }]))[0]).toMatchObject({
      credential: 'own',
      paused: true,
    });
  });

  test('do not include discovered clusters that were dropped', () => {
    const state = known([running('a'), running('b')], { dropped: new Set([`${GROUP_ID}/a`]) });
    expect(targetsOf({ targets: [], discoveries: [project] }, state).map(({ clusterName }) => clusterName)).toEqual([
      'b',
    ]);
  });

  test('are those that an include selects and no exclude leaves out', () => {
    const rule = { ...project, include: ['prod-*', 'billing'], exclude: ['*-old'] };
    const clusters = ['prod-a', 'prod-old', 'billing', 'billing-2', 'dev'].map(running);
    const targets = targetsOf({ targets: [], discoveries: [rule] }, known(clusters));
    expect(targets.map(({ clusterName }) => clusterName)).toEqual(['billing', 'prod-a']);
  });

  test('have the settings of the first override that matches, else those of their entry', () => {
    const overrides = [
      { match: '*-weekly', successMaxAgeSeconds: 70 },
      { match: 'a-*', successMaxAgeSeconds: 71, durationMaxSeconds: 80 },
    ];
    const clusters = ['a-weekly', 'a-daily', 'b'].map(running);
    const targets = targetsOf({ targets: [], discoveries: [{ ...project, overrides }] }, known(clusters));
    expect(targets.map((one) => [one.clusterName, one.successMaxAgeSeconds, one.durationMaxSeconds])).toEqual([
      ['a-daily', 71, 80],
      ['a-weekly', 70, 8],
      ['b', 7, 8],
    ]);
    for (const target of targets) expect(Object.keys(target)).not.toContain('match');
  });

  test('belong to the first of the entries of their project that selects them', () => {
    const rules = [
      { ...project, include: ['a*'], credential: 'first' },
      { ...project, credential: 'second' },
    ];
    const targets = targetsOf({ targets: [], discoveries: rules }, known(['ab', 'b'].map(running)));
    expect(targets.map(({ clusterName, credential }) => [clusterName, credential])).toEqual([
      ['ab', 'first'],
      ['b', 'second'],
    ]);
  });

  test('have the name of their project, once it is known', () => {
    const wanted = { targets: [named('a'), named('b', { groupId: OTHER })], discoveries: [project] };
    const targets = targetsOf(wanted, known([running('c')], { projectNames: new Map([[GROUP_ID, 'Shop']]) }));
    expect(targets.map(({ clusterName, projectName }) => [clusterName, projectName])).toEqual([
      ['a', 'Shop'],
      ['b', ''],
      ['c', 'Shop'],
    ]);
  });
});
