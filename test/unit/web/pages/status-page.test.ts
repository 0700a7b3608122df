import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { TargetState } from '../../../../src/collectors/collector.ts';
import { PAGE_POLICY } from '../../../../src/web/pages/layout.ts';
import { DAY, FLEET_NOW, fleet, NOT_ALLOWED } from '../../../support/fleet.ts';
import { DAY_ZERO_SECONDS, job } from '../../../support/jobs.ts';
import { type Seen, statusPage, textOf } from '../../../support/pages.ts';
import { GROUP_ID, newState, polledState, withRecord, withSchedule } from '../../../support/states.ts';

const NOW = DAY_ZERO_SECONDS + 100_000;
const SEEN = { nowSeconds: NOW };
const RELAXED = { successMaxAgeSeconds: 36 * 3600 };
const thousand = fleet(1000);
const success = job('Successful');
const partial = job('Successful', { fields: { exportStatus: { exportedCollections: 8, totalCollections: 10 } } });
const fine = polledState([success], RELAXED, 'fine-one');
const overdue = polledState([job('Successful', { createdAtSeconds: NOW - 9 * DAY })], RELAXED, 'overdue-one');
const failed = polledState([job('Failed', { createdAtSeconds: NOW - 7200 }), success], RELAXED, 'broken-one');
const warned = polledState([partial], RELAXED, 'partial-one');
const exporting = (exported: number, fields = {}) =>
  job('InProgress', {
    createdAtSeconds: NOW - 600,
    number: exported,
    fields: { exportStatus: { exportedCollections: exported, totalCollections: 40 }, ...fields },
  });

function textFor(states: readonly TargetState[], seen: Partial<Seen> = {}): string {
  return textOf(statusPage(states, { ...SEEN, ...seen }));
}

/** The visible rows, by the names of their clusters. */
function visibleRows(page: string): readonly string[] {
  return [...page.matchAll(/<tr data-s="[^"]*"(?: data-o="[^"]*")?><th scope="row"><a[^>]*>([^<]*)/g)].map(
    ([, name]) => name ?? '',
  );
}

describe('the status page', () => {
  test.each<[string, readonly TargetState[]]>([
    ['1 of 2 clusters needs action now', [fine, overdue]],
    ['The cluster is fine', [fine]],
    ['All 2 clusters are fine', [fine, polledState([success], RELAXED, 'other')]],
    ['1 of 2 clusters has warnings\nNot urgent: no cluster is known to be overdue.', [fine, failed]],
    ['1 of 3 clusters needs action now\n2 other clusters with warnings, not urgent.', [overdue, failed, warned]],
    ['Waiting for the first poll', [newState()]],
    ['No cluster is monitored\nThe config names no clusters for this exporter', []],
  ])('says first: %j', (words, states) => {
    expect(textFor(states)).toContain(words);
  });

  test('counts the urgent clusters in its title', () => {
    expect(statusPage([fine, failed, overdue], SEEN)).toContain('<title>(1) Atlas backup exports</title>');
  });

  test('shows the most urgent cluster first, why, and what to do', () => {
    const page = statusPage([fine, failed], SEEN);
    expect(visibleRows(page)).toEqual(['broken-one', 'fine-one']);
    expect(textOf(page)).toContain(
      'The latest export failed 1 h 47 min ago with EXPORT_FAILED.\nLook up the export in Atlas',
    );
    expect(textOf(page)).toMatch(
      /Failed\n1 cluster, not urgent\n[\s\S]*broken-one[\s\S]*Fine\n1 cluster\n[\s\S]*fine-one/,
    );
  });

  test('shows in red only what pages', () => {
    const page = statusPage([fine, failed, warned, overdue], SEEN).replace(/<(style|script)>.*?<\/\1>/gs, '');
    expect(page.match(/class="[^"]*(?:trouble|over)[^"]*"/g)).toEqual([
      'class="verdict trouble"',
      'class="trouble overdue"',
      'class="age over"',
    ]);
  });

  test('folds many clusters that are not urgent into one line, writes a shared cause once, and stays below a megabyte', () => {
    const page = statusPage(thousand, { nowSeconds: FLEET_NOW });
    expect(Buffer.byteLength(page)).toBeLessThan(1_000_000);
    expect(page.match(/<details class="card group" id="g-[a-z_]+"[^>]*>/g)).toEqual([
      '<details class="card group" id="g-overdue" open>',
      '<details class="card group" id="g-failed" data-folded>',
      '<details class="card group" id="g-unreachable" data-folded>',
      '<details class="card group" id="g-running" data-folded>',
      '<details class="card group" id="g-fine" data-folded>',
    ]);
    expect(textOf(page)).toContain('Cannot be read\n34 clusters, not urgent\nAdd this host’s public address');
    expect(page.match(/Add this host’s public address/g)).toHaveLength(1);
  });

  test('groups clusters by cause if one condition has several', () => {
    const last = (problem: string) => ({
      endedAtSeconds: NOW,
      durationSeconds: 1,
      failure: { ...NOT_ALLOWED, advice: problem },
    });
    const states = ['a', 'a', 'b', 'b', 'c'].map((cause, index) =>
      withRecord(polledState([success], RELAXED, `one-${index}`), 'exports', { last: last(cause) }),
    );
    const page = textOf(statusPage(states, SEEN));
    expect(page.match(/\n[ABC]\.\n|\none-\d/g)?.join('')).toBe('\nA.\n\none-0\none-1\nB.\n\none-2\none-3\none-4\nC.\n');
  });

  test('shows no id of 24 digits as text, and names a project whose name is unknown by the end of its id', () => {
    const text = textFor([
      withSchedule(overdue, { autoExportEnabled: true, export: { bucketId: GROUP_ID, frequency: 'daily' } }),
    ]);
    expect(text).not.toMatch(/[0-9a-f]{24}/);
    expect(text).toContain('overdue-one\nProject …000001');
  });

  test('shows the age of the last success and its limit, in words and as a bar', () => {
    const page = statusPage([fine], SEEN);
    expect(textOf(page)).toContain('27 h 33 min ago, limit 36 h');
    expect(page).toContain('<svg class="age"');
    expect(statusPage([polledState([success], { successMaxAgeSeconds: 60 })], SEEN)).toContain('<svg class="age over"');
  });

  test('shows the progress of running exports and the time of queued ones', () => {
    const jobs = [exporting(12), job('Queued', { createdAtSeconds: NOW - 90 }), success];
    const page = statusPage([polledState(jobs, RELAXED)], SEEN);
    expect(page).toContain('<progress value="0.3" aria-label="12 of 40 collections exported">30 %</progress>');
    expect(textOf(page)).toContain('12 of 40 collections in 10 min');
    expect(textOf(page)).toContain('queued for 1 min 30 s');
  });

  test('shows shards, unknown states, and how many more exports are active', () => {
    const shards = { exportStatus: null, components: [{ exportId: 'a' }, { exportId: 'b' }] };
    const jobs = [exporting(1, shards), exporting(2, { state: 'Paused' }), exporting(3), exporting(4), exporting(5)];
    const text = textFor([polledState(jobs, RELAXED)]);
    expect(text).toContain('2 shards, exporting for 10 min');
    expect(text).toContain('in the state Paused for 10 min');
    expect(text).toContain('and 2 more');
  });

  test('shows recent exports as marks, and totals in words', () => {
    const page = statusPage([failed], SEEN);
    expect(page).toMatch(/<svg class="marks" width="20" aria-hidden="true"><path class="successful"/);
    expect(textOf(page)).toContain('1 successful, 1 failed');
  });

  test('shows what it does not know as unknown', () => {
    expect(textFor([newState()])).toMatch(/Cluster0\nProject …000001\nunknown\nunknown\nnot yet/);
  });

  test.each([
    [60, 'next:\nin 1 min'],
    [-10, 'next: now'],
    [-100_800, 'next: due, 28 h ago'],
  ])('shows a poll that begins in %p seconds as %j', (nextPollInSeconds, words) => {
    expect(textFor([fine], { nextPollInSeconds })).toContain(words);
  });

  test('tags paused clusters and schedules without automatic export', () => {
    const paused = polledState([success], { ...RELAXED, paused: true });
    expect(textFor([withSchedule(paused, { autoExportEnabled: false })])).toContain('paused\nauto export off');
  });

  test('has a relative link to each target', () => {
    expect(statusPage([fine], SEEN)).toContain(`<a href="targets/${GROUP_ID}/fine-one">`);
  });

  test('has no inline style, no event handler, and loads nothing from another server', () => {
    const page = statusPage(fleet(60), { nowSeconds: FLEET_NOW });
    const markup = page.replace(/<(style|script)>.*?<\/\1>/gs, '');
    expect(markup).not.toMatch(/ style=| on\w+=|javascript:/);
    expect(markup.match(/<(?!a )[^>]*(?:href|src)="[a-z]+:[^"]*/g)?.map((one) => one.slice(0, 42))).toEqual([
      '<link rel="icon" href="data:image/svg+xml,',
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

describe('the filter without a script', () => {
  const states = [
    fine,
    failed,
    polledState([success], { ...RELAXED, projectName: 'Über Shop', owner: 'shop & co' }, 'third'),
  ];

  test.each([
    ['', ['broken-one', 'fine-one', 'third']],
    ['q=ONE', ['broken-one', 'fine-one']],
    ['q=one+fine', ['fine-one']],
    ['q=%C3%9Cber', ['third']],
    [`q=${GROUP_ID}%2Fthird`, ['third']],
    ['state=failed', ['broken-one']],
    ['state=fine&q=one', ['fine-one']],
    ['owner=shop+%26+co', ['third']],
    ['owner=shop', []],
    ['owner=', ['broken-one', 'fine-one', 'third']],
    ['state=nonsense', ['broken-one', 'fine-one', 'third']],
    ['q=nothing', []],
  ])('with %j shows %j', (query, names) => {
    const page = statusPage(states, { ...SEEN, query });
    expect(visibleRows(page)).toEqual(names);
    expect(textOf(page)).toContain(
      names.length === 3 ? '3 clusters, the most urgent first.' : `Showing ${names.length} of 3.`,
    );
  });

  test('counts in each group the clusters that it shows', () => {
    expect(textFor(states, { query: 'q=third' })).toMatch(/\nFine\n1 of 2 clusters\n/);
    expect(textFor(states)).toMatch(/\nFine\n2 clusters\n/);
  });

  test('offers the owners of the clusters, if there are any', () => {
    const options = (page: string) =>
      [...page.matchAll(/<option([^>]*)>([^<]*)/g)].map(([, is, name]) => `${name}${is}`);
    expect(options(statusPage(states, { ...SEEN, query: 'owner=gone' }))).toEqual([
      'All value=""',
      'gone selected',
      'shop &#38; co',
    ]);
    expect(statusPage([fine], SEEN)).not.toContain('<select');
  });

  test('keeps the typed text and the chosen state', () => {
    const page = statusPage(states, { ...SEEN, query: `state=failed&q=${encodeURIComponent('"><script>')}` });
    expect(page).toContain('value="&#34;&#62;&#60;script&#62;"');
    expect(page).toContain('<button id="now" name="state" value="failed">');
    expect(page).toMatch(/value="failed" aria-pressed="true"/);
  });
});

describe('an outage of Atlas on the status page', () => {
  const noAnswer = { reason: 'timeout', problem: 'no answer within 10 s', advice: 'check the network' } as const;
  const last = { endedAtSeconds: NOW, durationSeconds: 1, failure: noAnswer };
  const unread = (states: readonly TargetState[]) => states.map((state) => withRecord(state, 'exports', { last }));

  test('is one headline with its beginning, the cause and what to do, and no notice of its consequences', () => {
    const states = unread(thousand);
    const discoveries = states
      .slice(0, 31)
      .map(({ target: { groupId } }) => ({ groupId, tried: true, up: false, failure: noAnswer }));
    const page = statusPage(states, {
      nowSeconds: FLEET_NOW,
      discoveries,
      outage: { ...noAnswer, sinceSeconds: FLEET_NOW - 7.2 * 3600 },
    });
    expect(textOf(page)).toMatch(
      /Atlas has not answered since\n16:48 UTC\nNo answer within 10 s\. [^\n]* 40 of 1000 clusters need action now\.\nCheck the network\./,
    );
    expect(page).not.toContain('<div class="notice"');
    expect(page.match(/Check the network/g)).toHaveLength(2);
    expect(page).toContain('/AtlasBackupExporterAtlasUnreachable.md');
    expect(page).not.toContain('/AtlasBackupExportTargetDown.md');
    expect(Buffer.byteLength(page)).toBeLessThan(1_000_000);
  });

  test('has the date if it began more than a day ago', () => {
    const text = textFor(unread([fine]), { outage: { ...noAnswer, sinceSeconds: NOW - 90_000 } });
    expect(text).toMatch(/not answered since\n\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/);
  });

  test('is also said if Atlas answers for less than half of the clusters', () => {
    expect(textFor([...unread([fine, warned]), failed])).toContain(
      'Atlas fails for 2 of 3 clusters\nNo answer within 10 s.',
    );
    expect(textFor([...unread([fine]), failed])).not.toContain('Atlas fails');
  });
});

describe('projects on the status page', () => {
  const discovery = { groupId: GROUP_ID, tried: true, up: false, failure: NOT_ALLOWED };
  const budget = {
    groupId: GROUP_ID,
    name: 'cloud_backups',
    capacityRequests: 50,
    remainingRequests: 41.7,
    waitingRequests: 3,
    pausedForSeconds: 0,
    throttledSeconds: 0,
    atlas: { limit: 500, remaining: 60, ageSeconds: 4 },
  } as const;

  test('a failed discovery stands above the clusters, with its impact and what to do', () => {
    expect(textFor([fine], { discoveries: [discovery] })).toMatch(
      /The cluster is fine\nCould not list the clusters of 5e0+1\.\nAtlas answered 403 IP_ADDRESS_NOT_ON_ACCESS_LIST\. They are not monitored[\s\S]*Add this host’s public address/,
    );
    const before = textFor([fine], { discoveries: [{ ...discovery, goodAtSeconds: NOW - 60 }] });
    expect(before).toContain('New clusters may be missing here.');
  });

  test('a list of projects that cannot be read stands there too, and the page says while it is awaited', () => {
    const failure = {
      reason: 'not_found',
      problem: 'the credential can see no project',
      advice: 'give it a role',
    } as const;
    const listing = { credential: 'main', projects: 0, tried: true, up: false, failure };
    const notice = 'Could not list the projects of the credential main.\nThe credential can see no project.';
    expect(textFor([fine], { listings: [listing] })).toContain(`${notice} They are not monitored`);
    const known = { ...listing, projects: 3, goodAtSeconds: NOW - 60 };
    expect(textFor([fine], { listings: [known] })).toContain(`${notice} The last known projects stay monitored.`);
    const untried = { credential: 'main', projects: 0, tried: false, up: false };
    expect(textFor([], { listings: [untried] })).toContain('Searching for clusters');
  });

  test('the table shows the API quota of all clients and the requests left for this exporter', () => {
    const page = statusPage([fine], { ...SEEN, budgets: [budget, { ...budget, groupId: 'without-targets' }] });
    expect(textOf(page)).toContain('60 of 500, 4 s ago');
    expect(page).toContain('aria-label="backups: 60 of 500 left" class="low"');
    expect(textOf(page)).toContain('41 of 50, 3 requests waiting');
    expect(textOf(page)).not.toContain('without-targets');
  });

  test('the same failure of many discoveries is one notice', () => {
    const discoveries = fleet(9).map(({ target: { groupId } }) => ({ ...discovery, groupId }));
    const text = textFor(fleet(9), { discoveries });
    expect(text.match(/Could not list[^\n]*/g)).toEqual([
      'Could not list the clusters of Project 1, Project 2, Project 3, Project 4, Project 5 and 4 other projects.',
    ]);
  });

  test('a paused budget is a notice that says whose limit it is', () => {
    const text = textFor([fine], { budgets: [{ ...budget, pausedForSeconds: 30 }] });
    expect(text).toMatch(
      /Atlas accepts no requests for 5e0+1\nfor up to 30 s: [^\n]* All API clients of the project share it\./,
    );
    expect(text).toContain('none for 30 s');
  });

  test('the table shows the discovery of each project', () => {
    const untried = { groupId: GROUP_ID, tried: false, up: false };
    const good = { groupId: GROUP_ID, tried: true, up: true, goodAtSeconds: NOW - 9 };
    expect(textFor([fine])).toContain('not used');
    expect(textFor([fine], { discoveries: [untried] })).toContain('not yet');
    expect(textFor([fine], { discoveries: [good] })).toContain('succeeded\n9 s ago');
    expect(textFor([], { discoveries: [untried] })).toContain('Searching for clusters');
  });
});
