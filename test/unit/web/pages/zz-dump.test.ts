import { mkdirSync, writeFileSync } from 'node:fs';
import { test } from '@jest/globals';
import { COLLECTORS } from '../../../../src/collectors/index.ts';
import { targetsJson } from '../../../../src/web/api.ts';
import { FLEET_NOW, fleet, NOT_ALLOWED } from '../../../support/fleet.ts';
import { overviewOf, statusPage, targetPage } from '../../../support/pages.ts';
import { newState } from '../../../support/states.ts';

test('dump', () => {
  const dir = process.env['DUMP'] ?? '/tmp/dump';
  mkdirSync(dir, { recursive: true });
  const states = [...fleet(60), newState('new')];
  const groupId = states[0]?.target.groupId ?? '';
  const level = {
    capacityRequests: 50,
    remainingRequests: 41.5,
    waitingRequests: 2,
    pausedForSeconds: 0,
    throttledSeconds: 0,
  };
  const budgets = [
    { groupId, name: 'cloud_backups' as const, ...level, atlas: { limit: 500, remaining: 80, ageSeconds: 1 } },
    { groupId, name: 'clusters' as const, ...level, pausedForSeconds: 12 },
    { groupId: 'x', name: 'projects' as const, ...level },
  ];
  const discoveries = [
    { groupId, tried: true, up: false, goodAtSeconds: FLEET_NOW - 60, failure: NOT_ALLOWED },
    { groupId: '5e00000000000000000000ff', tried: true, up: false, failure: NOT_ALLOWED },
    { groupId: '5e00000000000000000000fe', tried: false, up: false },
    { groupId: '5e00000000000000000000fd', tried: true, up: true, goodAtSeconds: FLEET_NOW - 60 },
  ];
  const listings = [
    { credential: 'c', tried: true, up: false, projects: 0, failure: NOT_ALLOWED },
    { credential: 'd', tried: true, up: false, projects: 3, goodAtSeconds: FLEET_NOW - 9, failure: NOT_ALLOWED },
  ];
  const outage = { sinceSeconds: FLEET_NOW - 60, reason: 'timeout', problem: 'no answer', advice: 'wait' } as const;
  const seens = [
    { nowSeconds: FLEET_NOW },
    { nowSeconds: FLEET_NOW, budgets, discoveries, listings },
    { nowSeconds: FLEET_NOW, budgets, discoveries, listings, outage },
    { nowSeconds: FLEET_NOW, query: 'q=1&state=overdue' },
    { nowSeconds: FLEET_NOW, query: 'state=failed&owner=payments' },
    { nowSeconds: FLEET_NOW, query: 'owner=nobody' },
    { nowSeconds: FLEET_NOW, nextPollInSeconds: -100 },
  ];
  for (const [index, seen] of seens.entries()) {
    for (const [name, some] of [
      ['all', states],
      ['none', []],
      ['one', states.slice(0, 1)],
      ['new', [newState('a')]],
      ['big', fleet(300)],
    ] as const) {
      writeFileSync(
        `${dir}/status-${index}-${name}.html`,
        statusPage(some, seen)
          .replace(/<style>.*?<\/style>/s, '')
          .replace(/<script>.*?<\/script>/s, ''),
      );
      writeFileSync(
        `${dir}/api-${index}-${name}.json`,
        targetsJson(overviewOf(some, seen), { version: '1', nowSeconds: FLEET_NOW, collectors: COLLECTORS }),
      );
    }
    for (const state of states)
      writeFileSync(`${dir}/target-${index}-${state.target.clusterName}.html`, targetPage(state, seen));
  }
});
