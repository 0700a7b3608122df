/**
 * Text from outside never becomes markup, on any page. Most hostile text is refused before it gets into a state, so the states
 * of this test cannot occur.
 */
import { expect, test } from '@jest/globals';
import type { TargetState } from '../../../../src/collectors/collector.ts';
import { COLLECTORS } from '../../../../src/collectors/index.ts';
import { targetsJson } from '../../../../src/web/api.ts';
import { DAY_ZERO_SECONDS, job } from '../../../support/jobs.ts';
import { judged, LINKS, overviewOf, statusPage, targetPage } from '../../../support/pages.ts';
import { polledState, withRecord, withSchedule } from '../../../support/states.ts';

const EVIL = `</script><img src=x onerror="alert('1')">&`;
const NOW = DAY_ZERO_SECONDS + 4000;

/** A copy with hostile text in every string. */
function poisoned<T>(value: T): T {
  if (typeof value === 'string') return `${value}${EVIL}` as T;
  if (Array.isArray(value)) return value.map(poisoned) as T;
  if (value instanceof Map) return new Map([...value].map(([key, one]) => [poisoned(key), poisoned(one)])) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, key === 'state' ? one : poisoned(one)]),
  ) as T;
}

const failure = { reason: 'forbidden', status: 403, errorCode: 'X', problem: 'it failed', advice: 'do this' } as const;
const jobs = [
  job('Failed', { createdAtSeconds: NOW - 500, number: 2 }),
  job('InProgress', { createdAtSeconds: NOW - 300, number: 3 }),
  job('Odd', { createdAtSeconds: NOW - 200, number: 4 }),
  job('Successful'),
];
const whole = withSchedule(polledState(jobs, { projectName: 'Shop', durationMaxSeconds: 60 }), {
  autoExportEnabled: true,
  export: { bucketId: 'b', frequency: 'odd' },
});
const last = { endedAtSeconds: NOW - 1, durationSeconds: 1, failure };
const state = poisoned<TargetState>(withRecord(withRecord(whole, 'exports', { last }), 'schedule', { last }));
const seen = {
  nowSeconds: NOW,
  query: `q=${encodeURIComponent(EVIL)}&state=${encodeURIComponent(EVIL)}`,
  discoveries: [{ groupId: state.target.groupId, tried: true, up: false, failure: poisoned(failure) }],
};

test.each([
  ['the status page', () => statusPage([state], seen)],
  ['the page of a target', () => targetPage(state, seen)],
  ['a link', () => targetPage(state, seen, { ...LINKS, dashboard: `https://example.com/${EVIL}` })],
])('%s shows hostile text as text', (_what, render) => {
  const page = render();
  expect(page).toContain('&#60;img src=x onerror=&#34;');
  expect(page).not.toContain('<img');
  expect(page.match(/<\/script>/g)).toHaveLength(1);
});

test('the name of a cluster cannot make its link lead elsewhere', () => {
  const page = statusPage([poisoned(polledState([job()], { groupId: '..' }, '../../x?y#z'))], { nowSeconds: NOW });
  expect(page).toMatch(/href="targets\/[^/"]*\/\.\.%2F\.\.%2Fx%3Fy%23z[^/"]*"/);
});

test('the JSON contains hostile text unchanged', () => {
  const json = targetsJson(overviewOf([state], seen), { version: '1', nowSeconds: NOW, collectors: COLLECTORS });
  const { targets } = JSON.parse(json) as { targets: { cluster_name: string }[] };
  expect(targets[0]?.cluster_name).toBe(`Cluster0${EVIL}`);
  expect(judged(state, seen).findings.length).toBeGreaterThan(2);
});
