import { describe, expect, test } from '@jest/globals';
import type { TargetState } from '../../../../src/collectors/collector.ts';
import { COLLECTORS } from '../../../../src/collectors/index.ts';
import { DAY, FLEET_NOW, NOT_ALLOWED } from '../../../support/fleet.ts';
import { job } from '../../../support/jobs.ts';
import { judged, LINKS, targetPage, textOf } from '../../../support/pages.ts';
import { snapshot, withSnapshots } from '../../../support/snapshots.ts';
import { GROUP_ID, newState, polledState, unpolled, withRecord, withSchedule } from '../../../support/states.ts';
import { createToys } from '../../../support/toys.ts';

const SEEN = { nowSeconds: FLEET_NOW };
const BUCKET = '5f0000000000000000000001';
const FAILED_POLL = { endedAtSeconds: FLEET_NOW - 30, durationSeconds: 0.256, failure: NOT_ALLOWED };
const daily = (days: number, state = 'Successful', more = {}) =>
  job(state, { createdAtSeconds: FLEET_NOW - days * DAY, number: days, ...more });
const settings = { projectName: 'Shop', durationMaxSeconds: 7200, discovered: true, paused: false, owner: 'payments' };
const healthy = withSchedule(polledState([daily(1), daily(2), daily(3)], settings, 'orders'), {
  autoExportEnabled: true,
  export: { bucketId: BUCKET, frequency: 'daily' },
});
const textFor = (state: TargetState): string => textOf(targetPage(state, SEEN));

describe('the page of a target', () => {
  test('shows its state first, also in the title', () => {
    expect(targetPage(healthy, SEEN)).toContain('<title>orders: fine</title>');
    expect(textFor(healthy)).toContain(`orders: fine\nShop\n(ID ${GROUP_ID})`);
  });

  test('summarizes its exports', () => {
    const text = textFor(healthy);
    expect(text).toContain('Last success\n23 h 47 min ago\n2026-03-30 00:13:00 UTC');
    expect(text).toContain('Its collections\n10 of 10');
    expect(text).toContain('Typical duration\n13 min');
    expect(text).toContain('Listed exports\n3 successful');
    expect(text).toContain(`Last success by bucket\n${BUCKET} (scheduled):\n23 h 47 min ago\n, data `);
  });

  test('shows the snapshots that are to be exported, and what became of each', () => {
    const exported = snapshot(FLEET_NOW - DAY - 60, {}, 1);
    const notCovered = snapshot(FLEET_NOW - 60, { frequencyType: 'hourly' }, 98);
    const state = withSnapshots(healthy, [exported, notCovered, snapshot(FLEET_NOW - 3600, {}, 99)]);
    expect(textFor(state)).toMatch(/Snapshots to export\n\d\d:\d\d UTC\n: no export\n.* UTC\n:\nsuccessful\n/);
    expect(textFor(healthy)).not.toContain('Snapshots to export');
  });

  test('shows its limits and where they come from', () => {
    const text = textFor(healthy);
    expect(text).toContain(
      'Maximum age of the last success\n26 h, from the backup schedule\nthe last success is 23 h 47 min old',
    );
    expect(text).toContain('Maximum duration of an export\n2 h, from the config');
    expect(text).toContain(`Automatic export\non, daily\nto the bucket ${BUCKET}`);
    expect(text).toContain('Owner\npayments\n');
    expect(text).toContain('Monitored because\nthe discovery found it in its project');
    expect(text).toContain('Cluster\nnot paused');
    const named = textFor(polledState([daily(1)], { successMaxAgeSeconds: 8 * DAY }));
    expect(named).toContain('8 d, from the config');
    expect(named).toContain('2 d, the default');
    expect(named).toContain('the config names it');
  });

  test('distinguishes a list without a success from a list that has not been read', () => {
    const limit = { successMaxAgeSeconds: 8 * DAY };
    expect(textFor(polledState([], limit))).toContain('8 d, from the config\nAtlas lists no success');
    expect(textFor(newState('new', limit))).toContain('8 d, from the config\nthe list has not been read yet');
  });

  test('shows the record of its polls, and what to do about a failure', () => {
    const failures = { ...unpolled().failures, forbidden: 2 };
    const text = textFor(withRecord(healthy, 'exports', { polls: 7, last: FAILED_POLL, failures }));
    expect(text).toContain('Last poll\nfailed\nAtlas answered 403 IP_ADDRESS_NOT_ON_ACCESS_LIST. Add this host’s');
    expect(text).toContain('30 s ago\n, took 256 ms');
    expect(text).toContain('Next poll\nin 1 min');
    expect(text).toContain('Read\n3 export jobs on 1 page\nAtlas gives a total of 3');
    expect(text).toContain('7 polls, 2 failed\n2 forbidden');
    expect(text).toContain('Reading the backup schedule');
  });

  test('shows the failure of a further collector', () => {
    const state = withRecord(healthy, 'toys', { ...unpolled(), polls: 1, last: FAILED_POLL });
    const seen = { ...SEEN, collectors: [...COLLECTORS, createToys()] };
    expect(judged(state, seen).condition).toBe('unread');
    const text = textOf(targetPage(state, seen));
    expect(text).toMatch(/The list of toys cannot be read: Atlas answered 403[^\n]*\nAdd this host’s/);
    expect(text).toMatch(/Reading the list of toys\nLast poll\nfailed\nAtlas answered 403/);
  });

  test('lists recent exports with their state and duration, and draws them on a time axis', () => {
    const jobs = [
      daily(1, 'InProgress', { createdAtSeconds: FLEET_NOW - 1560 }),
      daily(2, 'Failed'),
      daily(3),
      daily(4, 'Successful', { durationSeconds: null }),
      daily(5, 'Cancelled'),
      job('Queued', { createdAtSeconds: FLEET_NOW - 5 }),
    ];
    const page = targetPage(polledState(jobs), SEEN);
    const text = textOf(page);
    expect(text).toContain('in progress\n26 min so far');
    expect(text).toMatch(/failed\nEXPORT_FAILED\n13 min/);
    expect(text).toContain('successful\nunknown');
    expect(text).toMatch(/Queued and running exports\n[\s\S]*10 of 10 collections in 26 min\nqueued for 5 s/);
    expect(page).toContain('aria-label="6 exports from 5 d ago until now; the table below lists them"');
  });

  test('draws exports that overlap below each other', () => {
    const created = (secondsAgo: number, number: number) =>
      job('Successful', { createdAtSeconds: FLEET_NOW - secondsAgo, number, durationSeconds: 600 });
    const heightOf = (jobs: ReturnType<typeof job>[]) =>
      Number(/class="axis" viewBox="0 0 1000 (\d+)"/.exec(targetPage(polledState(jobs), SEEN))?.[1]);
    const [apart, overlapping] = [
      heightOf([created(9000, 1), created(900, 2)]),
      heightOf([created(1000, 1), created(900, 2)]),
    ];
    expect(overlapping).toBe(2 * apart);
  });

  test('shows shards and incomplete exports', () => {
    const components = [{ exportId: 'a' }, { exportId: 'b' }, { exportId: 'c' }];
    const sharded = daily(1, 'Successful', { fields: { components, exportStatus: null } });
    const exportStatus = { exportedCollections: 8, totalCollections: 10 };
    const page = targetPage(polledState([sharded, daily(2, 'Successful', { fields: { exportStatus } })]), SEEN);
    expect(textOf(page)).toContain('3 shards');
    expect(page).toContain('<b class="doubt">8 of 10</b>');
  });

  test('links to the cluster and its project in Atlas, but not if something else answers for Atlas', () => {
    const page = targetPage(healthy, SEEN);
    expect(page).toContain(`href="https://cloud.mongodb.com/v2/${GROUP_ID}#/clusters/backup/orders"`);
    expect(page).toContain(`href="https://cloud.mongodb.com/v2/${GROUP_ID}"`);
    expect(targetPage(healthy, SEEN, { ...LINKS, atlas: undefined })).not.toContain('/v2/');
  });

  test('links to the dashboard if one is configured, with the variables that select the cluster', () => {
    const links = { ...LINKS, dashboard: 'https://grafana/d/atlas-backup-exports?orgId=1#top' };
    const variables = `var-project=${GROUP_ID}&#38;var-cluster=orders`;
    expect(targetPage(healthy, SEEN, links)).toContain(
      `href="https://grafana/d/atlas-backup-exports?orgId=1&#38;${variables}#top"`,
    );
    expect(targetPage(healthy, SEEN)).not.toContain('Dashboard');
  });

  test('links each problem to its runbook', () => {
    const failed = targetPage(polledState([daily(1, 'Failed'), daily(2)]), SEEN);
    expect(failed).toContain('href="https://example.com/runbooks/AtlasBackupExportFailed.md"');
    const refused = targetPage(withRecord(healthy, 'exports', { last: FAILED_POLL }), SEEN);
    expect(refused).toContain('href="https://example.com/runbooks/AtlasBackupExportAccessDenied.md"');
  });

  test('shows what it does not know as unknown', () => {
    const text = textFor(newState());
    expect(text).toContain('Cluster0: not read yet');
    expect(text).toContain('There is no data yet.');
    expect(text).toContain('Last poll\nnot yet');
    const bare = job('Failed', { fields: { id: '?', createdAt: null, finishedAt: null, stateReason: null } });
    expect(textFor(polledState([bare]))).toMatch(/unknown\nfailed\nunknown/);
  });
});
