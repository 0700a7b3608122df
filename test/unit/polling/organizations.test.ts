import { describe, expect, test } from '@jest/globals';
import { AtlasError } from '../../../src/atlas/error.ts';
import type { ProjectsRule, Wanted } from '../../../src/polling/targets.ts';
import { GROUP_ID } from '../../support/states.ts';
import { keyOf, named, OTHER_ID, PROJECT, setUp } from './polling-setup.ts';

const RULE: ProjectsRule = { credential: 'default', exclude: [], discoveryIntervalSeconds: 600 };
const THIRD_ID = '5e0000000000000000000003';
const SHOP = { groupId: GROUP_ID, name: 'Shop' };
const OTHER = { groupId: OTHER_ID, name: 'Other' };
const THIRD = { groupId: THIRD_ID, name: 'Third sandbox' };

/** Every project that the credential can see, beside other targets. */
function everywhere(changes: Partial<ProjectsRule> = {}, others: Partial<Wanted> = {}): Wanted {
  return { targets: [], discoveries: [], organizations: [{ ...RULE, ...changes }], ...others };
}

function setUpWith(wanted: Wanted, ...projects: readonly { readonly groupId: string; readonly name: string }[]) {
  const all = setUp(wanted, ['a']);
  all.atlas.projects = projects;
  return { ...all, keys: () => Array.from(all.polling.states.all(), ({ target }) => target.key) };
}

describe('projects: all', () => {
  test('watches every project that the credential can see, with the names from the list', async () => {
    const { polling, runtime, keys, namings, targetOf } = setUpWith(everywhere(), SHOP, OTHER);
    expect(polling.listings()).toEqual([{ credential: 'default', projects: 0, tried: false, up: false }]);
    expect(polling.untried()).toEqual({ listings: 1, projects: 0, targets: 0 });
    await runtime.advance(5);
    expect(keys()).toEqual([`${GROUP_ID}/a`, `${OTHER_ID}/a`]);
    expect(targetOf('a')).toMatchObject({ projectName: 'Shop', discovered: true });
    expect(namings).toEqual([]);
    expect(polling.listings()).toMatchObject([{ credential: 'default', projects: 2, tried: true, up: true }]);
    expect(polling.untried()).toEqual({ listings: 0, projects: 0, targets: 0 });
  });

  test('selects projects by patterns for their names, and only those of this shard', async () => {
    const rule = { includeProjects: ['*o*'], excludeProjects: ['* sandbox'] };
    const { runtime, keys, atlas } = setUpWith(everywhere(rule), SHOP, OTHER, THIRD, {
      groupId: 'x',
      name: 'Oslo',
    });
    atlas.foreign.add(GROUP_ID);
    await runtime.advance(5);
    expect(keys()).toEqual(['x/a']);
    atlas.foreign.delete(GROUP_ID);
    atlas.projects = [SHOP];
    await runtime.advance(600);
    expect(keys()).toEqual([`${GROUP_ID}/a`]);
  });

  test('yields to the clusters: all of a project, and to a cluster that is named, and to nothing else of them', async () => {
    const others = { targets: named(['a'], { groupId: OTHER_ID, credential: 'own' }).targets, discoveries: [PROJECT] };
    const { runtime, polling, atlas } = setUpWith(everywhere({ owner: 'all' }, others), SHOP, OTHER, THIRD);
    atlas.clusters = ['a', 'b'];
    await runtime.advance(5);
    const watched = Array.from(polling.states.all(), ({ target }) => [target.key, target.owner, target.credential]);
    expect(watched).toEqual([
      [`${OTHER_ID}/a`, undefined, 'own'],
      [`${GROUP_ID}/a`, undefined, 'default'],
      [`${GROUP_ID}/b`, undefined, 'default'],
      [`${OTHER_ID}/b`, 'all', 'default'],
      [`${THIRD_ID}/a`, 'all', 'default'],
      [`${THIRD_ID}/b`, 'all', 'default'],
    ]);
  });

  test('takes up added, removed and renamed projects within the interval; the others keep their state', async () => {
    const { runtime, polling, atlas, keys, lines, exports, watched } = setUpWith(everywhere(), SHOP, OTHER);
    await runtime.advance(500);
    expect(watched()).toEqual([GROUP_ID, OTHER_ID]);
    const polls = polling.states.get(keyOf('a'))?.polled['exports']?.polls;
    atlas.projects = [{ ...SHOP, name: 'Store' }, THIRD];
    await runtime.advance(601);
    expect(keys()).toEqual([keyOf('a'), `${THIRD_ID}/a`]);
    expect(polling.states.get(keyOf('a'))?.target.projectName).toBe('Store');
    expect(polling.states.get(keyOf('a'))?.polled['exports']?.polls).toBeGreaterThanOrEqual(polls ?? 1);
    expect(exports.reads.length).toBeGreaterThan(3);
    expect(watched()).toEqual([GROUP_ID, THIRD_ID]);
    expect(lines).toEqual([
      expect.objectContaining({
        msg: 'the list of projects has changed',
        credential: 'default',
        added: ['Third sandbox'],
        removed: ['Other'],
      }),
    ]);
    const count = exports.reads.length;
    await runtime.advance(600);
    expect(watched()).toEqual([GROUP_ID, THIRD_ID]);
    expect(lines).toHaveLength(1);
    expect(exports.reads.slice(count).some(({ target }) => target.groupId === OTHER_ID)).toBe(false);
  });

  test('keeps the last known projects while the list cannot be read or is empty', async () => {
    const { runtime, polling, atlas, keys, lines, listings } = setUpWith(everywhere(), SHOP);
    await runtime.advance(5);
    atlas.projects = new AtlasError('not_found', 'the credential can see no project');
    await runtime.advance(1300);
    expect(keys()).toEqual([keyOf('a')]);
    const failure = { reason: 'not_found', problem: 'the credential can see no project', advice: 'give it a role' };
    expect(polling.listings()).toMatchObject([{ up: false, projects: 1, failure }]);
    expect(lines).toMatchObject([
      { level: 'warn', msg: 'discovery of projects fails', credential: 'default', ...failure },
    ]);
    expect(listings.length).toBeLessThanOrEqual(4);
  });

  test('is applied by a reload, also when a pattern changes, and ends with its entry', async () => {
    const { runtime, polling, reload, keys, searches, listings } = setUpWith(everywhere(), SHOP, OTHER);
    await runtime.advance(5);
    reload(everywhere({ excludeProjects: ['O*'], exclude: ['b'] }));
    expect(keys()).toEqual([keyOf('a')]);
    reload(everywhere({ exclude: ['a'] }));
    expect(keys()).toEqual([]);
    reload(everywhere());
    await runtime.advance(5);
    expect(keys()).toEqual([keyOf('a'), `${OTHER_ID}/a`]);
    const counts = [listings.length, searches.length];
    reload({ targets: [], discoveries: [] });
    expect([keys(), polling.listings(), polling.progress().total]).toEqual([[], [], 0]);
    await runtime.advance(2000);
    expect([listings.length, searches.length]).toEqual(counts);
  });
});
