import { describe, expect, test } from '@jest/globals';
import { type RuleFacts, reportRules } from '../../../src/polling/rules.ts';
import type { DiscoveredProject, ProjectsRule, Wanted } from '../../../src/polling/targets.ts';
import { discovered, setUp } from './polling-setup.ts';

const RULE = { credential: 'main', exclude: [], discoveryIntervalSeconds: 600 };

function report(
  wanted: Partial<Wanted>,
  clusters: Readonly<Record<string, readonly string[]>>,
  facts: Partial<RuleFacts> = {},
) {
  const found = new Map(Object.entries(clusters).map(([id, names]) => [id, names.map((name) => ({ name }))]));
  return reportRules({
    wanted: { targets: [], discoveries: [], ...wanted },
    seen: new Map(),
    found,
    isDiscovered: (id) => found.has(id),
    isSharded: false,
    ...facts,
  });
}

const inProject = (groupId: string, changes: Partial<DiscoveredProject> = {}): DiscoveredProject => ({
  ...RULE,
  groupId,
  place: `c.yml:${groupId}`,
  ...changes,
});
const patternsOf = ({ notices }: ReturnType<typeof report>) =>
  notices.map(({ facts: { place, pattern } }) => `${place} ${pattern}`);

describe('the entries of the config', () => {
  test('are reported with their projects and with the clusters that only they select', () => {
    const place = 'c.yml:10';
    const entries = [
      inProject('1', { include: ['a*'] }),
      inProject('1', { place: 'c.yml:2' }),
      inProject('3', { place }),
      inProject('4', { place }),
    ];
    const { reports, notices } = report({ discoveries: entries }, { 1: ['a1', 'a2', 'b'], 3: ['x'], 4: ['y', 'z'] });
    expect(reports).toEqual([
      { place: 'c.yml:1', projects: 1, clusters: 2 },
      { place: 'c.yml:2', projects: 1, clusters: 1 },
      { place: 'c.yml:10', projects: 2, clusters: 3 },
    ]);
    expect(notices).toEqual([
      {
        message: 'two entries of the config select the same cluster: the first one counts',
        facts: { place: 'c.yml:2', first_place: 'c.yml:1' },
      },
    ]);
  });

  test('are reported with each pattern that matches nothing, but an exclude of the defaults only if no entry needs it', () => {
    const entries = [
      inProject('1', { include: ['a*', 'x*'], exclude: ['ci-*', 'old'], overrides: [{ match: 'a' }, { match: 'q' }] }),
      inProject('2', { exclude: ['ci-*', 'old'] }),
    ];
    const result = report({ discoveries: entries }, { 1: ['a'], 2: ['ci-1'] });
    expect(patternsOf(result)).toEqual(['c.yml:1 include "x*"', 'c.yml:1, c.yml:2 exclude "old"', 'c.yml:1 match "q"']);
  });

  test('are not judged before their clusters are known', () => {
    const entry = inProject('1', { include: ['x*'] });
    expect(report({ discoveries: [entry] }, {}).notices).toEqual([]);
  });

  test('for many projects are reported with patterns for projects too, and in a shard with these only', () => {
    const rule: ProjectsRule = {
      ...RULE,
      place: 'c.yml:5',
      includeProjects: ['Shop*', 'Nothing'],
      include: ['x*'],
      exclude: ['y'],
    };
    const wanted = { organizations: [rule], discoveries: [{ ...rule, groupId: '1' }] };
    const seen = new Map([['main', [{ groupId: '1', name: 'Shop' }]]]);
    const projects = 'c.yml:5 include_projects "Nothing"';
    expect(patternsOf(report(wanted, { 1: ['a'] }, { seen }))).toEqual([
      projects,
      'c.yml:5 include "x*"',
      'c.yml:5 exclude "y"',
    ]);
    expect(patternsOf(report(wanted, { 1: ['a'] }, { seen, isSharded: true }))).toEqual([projects]);
    expect(report(wanted, { 1: ['a'] }).notices).toEqual([]);
  });
});

test('a pattern that matches nothing is logged once, after the first discovery', async () => {
  const { runtime, lines, reload } = setUp(discovered({ include: ['a', 'x*'], place: 'c.yml:1' }), ['a']);
  await runtime.advance(2000);
  const facts = { place: 'c.yml:1', pattern: 'include "x*"' };
  const line = expect.objectContaining({ level: 'warn', msg: 'a pattern of the config matches no cluster', ...facts });
  expect(lines).toEqual([line]);
  reload(discovered({ include: ['a', 'x*', 'y'], place: 'c.yml:1' }));
  await runtime.advance(2000);
  expect(lines).toEqual([line, expect.objectContaining({ ...facts, pattern: 'include "y"' })]);
});
