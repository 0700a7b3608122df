import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { TargetState } from '../../../../src/collectors/collector.ts';
import { PAGE_POLICY } from '../../../../src/web/pages/layout.ts';
import { FLEET_NOW, fleet, NOT_ALLOWED } from '../../../support/fleet.ts';
import { DAY_ZERO_SECONDS, job } from '../../../support/jobs.ts';
import { statusPage, textOf } from '../../../support/pages.ts';
import { GROUP_ID, newState, polledState, withSchedule } from '../../../support/states.ts';

const NOW = DAY_ZERO_SECONDS + 100_000;
const SEEN = { nowSeconds: NOW };
const RELAXED = { successMaxAgeSeconds: 36 * 3600 };
const success = job('Successful');
const fine = polledState([success], RELAXED, 'fine-one');
const failed = polledState([job('Failed', { createdAtSeconds: NOW - 7200 }), success], RELAXED, 'broken-one');
const exporting = (exported: number, fields = {}) =>
  job('InProgress', {
    createdAtSeconds: NOW - 600,
    number: exported,
    fields: { exportStatus: { exportedCollections: exported, totalCollections: 40 }, ...fields },
  });

/** The rows that are shown, by the names of their clusters. */
function shownRows(page: string): readonly string[] {
  return [...page.matchAll(/<tr data-s="[^"]*"><th scope="row"><a[^>]*>([^<]*)/g)].map(([, name]) => name ?? '');
}

describe('the status page', () => {
  test('says in its headline and its title how many need attention', () => {
    const page = statusPage([fine, failed], SEEN);
    expect(textOf(page)).toContain('1 of 2 clusters needs attention');
    expect(page).toContain('<title>(1) Atlas backup exports</title>');
  });

  test.each<[string, readonly TargetState[]]>([
    ['The cluster is fine', [fine]],
    ['All 2 clusters are fine', [fine, polledState([success], RELAXED, 'other')]],
    ['No cluster is in trouble\n1 is worth a look by day.', [fine, polledState([partial()], RELAXED, 'partial')]],
    ['Asking Atlas', [newState()]],
    ['No cluster is watched\nThe config names none that this exporter is to watch', []],
    ['Fine 1\n1 cluster.\n', [fine]],
  ])('says %j', (words, states) => {
    expect(textOf(statusPage(states, SEEN))).toContain(words);
  });

  test('shows those that need attention first, why, and what to do', () => {
    const page = statusPage([fine, failed], SEEN);
    expect(shownRows(page)).toEqual(['broken-one', 'fine-one']);
    expect(textOf(page)).toContain('The latest export failed 1 h 47 min ago with EXPORT_FAILED.\nAtlas does not retry');
    expect(textOf(page)).toMatch(/Need attention\nbroken-one[\s\S]*In order\nfine-one/);
  });

  test('shows the age of the last success against the expected one, in words and as a bar', () => {
    const page = statusPage([fine], SEEN);
    expect(textOf(page)).toContain('27 h 33 min of 36 h');
    expect(page).toContain('<rect width="57%"/>');
    expect(statusPage([polledState([success], { successMaxAgeSeconds: 60 })], SEEN)).toContain('class="age over"');
  });

  test('shows how far running exports have come, and how long others are queued', () => {
    const jobs = [exporting(12), job('Queued', { createdAtSeconds: NOW - 90 }), success];
    const page = statusPage([polledState(jobs, RELAXED)], SEEN);
    expect(page).toContain('<progress value="0.3" aria-label="12 of 40 collections exported">30 %</progress>');
    expect(textOf(page)).toContain('12 of 40 collections, for 10 min');
    expect(textOf(page)).toContain('queued for 1 min 30 s');
  });

  test('says what there is to say of shards, of states nobody knows, and how many more there are', () => {
    const shards = { exportStatus: null, components: [{ exportId: 'a' }, { exportId: 'b' }] };
    const jobs = [exporting(1, shards), exporting(2, { state: 'Paused' }), exporting(3), exporting(4), exporting(5)];
    const text = textOf(statusPage([polledState(jobs, RELAXED)], SEEN));
    expect(text).toContain('2 shards, exporting for 10 min');
    expect(text).toContain('in the state Paused for 10 min');
    expect(text).toContain('and 2 more');
  });

  test('shows the newest outcomes as marks whose words a screen reader says', () => {
    const page = statusPage([failed], SEEN);
    expect(page).toContain('aria-label="The newest 2, oldest first: 1 successful, then 1 failed"');
    expect(page).toContain('<path class="successful" d="M5 5H6"/><path class="failed" d="M15 5m-3-3 6 6m0-6-6 6"/>');
    expect(textOf(page)).toContain('1 successful, 1 failed');
  });

  test('shows what is not known as not known', () => {
    const text = textOf(statusPage([newState()], SEEN));
    expect(text).toMatch(/Not read yet\nunknown\nunknown\nnot yet/);
  });

  test('tags paused clusters and those whose schedule exports nothing', () => {
    const state = polledState([success], { ...RELAXED, paused: true });
    const off = withSchedule(state, { autoExportEnabled: false });
    const text = textOf(statusPage([off], SEEN));
    expect(text).toContain('paused\nauto export off');
  });

  test('has a link to each target that works below any path', () => {
    expect(statusPage([fine], SEEN)).toContain(`<a href="targets/${GROUP_ID}/fine-one">`);
  });

  test('has no style, no handler and no foreign address in its markup', () => {
    const page = statusPage(fleet(60), { nowSeconds: FLEET_NOW });
    const markup = page.replace(/<(style|script)>.*?<\/\1>/gs, '');
    expect(markup).not.toMatch(/ style=| on\w+=|javascript:/);
    expect(markup.match(/(?:href|src)="[a-z]+:[^"]*/g)?.map((one) => one.slice(0, 26))).toEqual([
      'href="data:image/svg+xml,%',
    ]);
  });

  test('may load its own style and script, by their hashes, and nothing else', () => {
    const page = statusPage([fine], SEEN);
    for (const element of ['style', 'script']) {
      const content = new RegExp(`<${element}>(.*?)</${element}>`, 's').exec(page)?.[1] ?? '';
      const hash = createHash('sha256').update(content).digest('base64');
      expect(PAGE_POLICY).toContain(`${element}-src 'sha256-${hash}'`);
    }
    expect(PAGE_POLICY).toMatch(/^default-src 'none'; /);
    expect(PAGE_POLICY).not.toContain('unsafe');
  });
});

describe('filtering without a script', () => {
  const states = [fine, failed, polledState([success], { ...RELAXED, projectName: 'Über Shop' }, 'third')];

  test.each([
    ['', ['broken-one', 'fine-one', 'third']],
    ['q=ONE', ['broken-one', 'fine-one']],
    ['q=one+fine', ['fine-one']],
    ['q=%C3%9Cber', ['third']],
    [`q=${GROUP_ID}%2Fthird`, ['third']],
    ['state=failed', ['broken-one']],
    ['state=fine&q=one', ['fine-one']],
    ['state=nonsense', ['broken-one', 'fine-one', 'third']],
    ['q=nothing', []],
  ])('%j shows %j', (query, names) => {
    const page = statusPage(states, { ...SEEN, query });
    expect(shownRows(page)).toEqual(names);
    expect(textOf(page)).toContain(
      names.length === 3 ? '3 clusters, those that need' : `Showing ${names.length} of 3.`,
    );
  });

  test('keeps what was typed and chosen, as text', () => {
    const page = statusPage(states, { ...SEEN, query: `state=failed&q=${encodeURIComponent('"><script>')}` });
    expect(page).toContain('value="&#34;&#62;&#60;script&#62;"');
    expect(page).toContain('<button id="now" name="state" value="failed">');
    expect(page).toMatch(/value="failed" data-n="1" aria-pressed="true"/);
  });
});

describe('projects', () => {
  const search = { groupId: GROUP_ID, tried: true, failure: NOT_ALLOWED };
  const budget = {
    groupId: GROUP_ID,
    name: 'cloud_backups',
    capacityRequests: 50,
    remainingRequests: 41.7,
    waitingRequests: 3,
    pausedForSeconds: 0,
    atlas: { limit: 500, remaining: 60, ageSeconds: 4 },
  };

  test('whose clusters can’t be found are told of above everything', () => {
    const text = textOf(statusPage([fine], { ...SEEN, searches: [search] }));
    expect(text).toMatch(
      /The cluster is fine\nThe clusters of 5e0+1 can’t be found\.\nAtlas answered 403 IP_ADDRESS_NOT_ON_ACCESS_LIST\. None of them is watched[\s\S]*Add this host’s public address/,
    );
    const before = textOf(statusPage([fine], { ...SEEN, searches: [{ ...search, goodAtSeconds: NOW - 60 }] }));
    expect(before).toContain('New ones are missing here.');
  });

  test('have their budget shown: Atlas’ own word, and ours', () => {
    const page = statusPage([fine], { ...SEEN, budgets: [budget, { ...budget, groupId: 'nobody’s' }] });
    expect(textOf(page)).toContain('60 of 500, 4 s ago');
    expect(page).toContain('aria-label="backups: 60 of 500 left" class="low"');
    expect(textOf(page)).toContain('41 of 50, 3 requests waiting');
    expect(textOf(page)).not.toContain('nobody’s');
  });

  test('that Atlas wants nothing from are told of', () => {
    const text = textOf(statusPage([fine], { ...SEEN, budgets: [{ ...budget, pausedForSeconds: 30 }] }));
    expect(text).toMatch(/Atlas wants no requests of 5e0+1\n\(backups\) for another 30 s/);
    expect(text).toContain('nothing for 30 s');
  });

  test('are searched, have been searched, are named', () => {
    const of = (more: object) => textOf(statusPage([fine], { ...SEEN, ...more }));
    expect(of({})).toContain('named in the config');
    expect(of({ searches: [{ groupId: GROUP_ID, tried: false }] })).toContain('not yet');
    expect(of({ searches: [{ groupId: GROUP_ID, tried: true, goodAtSeconds: NOW - 9 }] })).toContain('found\n9 s ago');
    const empty = statusPage([], { ...SEEN, searches: [{ groupId: GROUP_ID, tried: false }] });
    expect(textOf(empty)).toContain('Looking for clusters');
  });
});

test('a thousand targets are a page of less than a megabyte', () => {
  const page = statusPage(fleet(1000), { nowSeconds: FLEET_NOW });
  expect(Buffer.byteLength(page)).toBeLessThan(1_000_000);
});

function partial() {
  return job('Successful', { fields: { exportStatus: { exportedCollections: 8, totalCollections: 10 } } });
}
