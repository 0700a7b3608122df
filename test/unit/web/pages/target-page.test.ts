import { describe, expect, test } from '@jest/globals';
import { DAY, FLEET_NOW, NOT_ALLOWED } from '../../../support/fleet.ts';
import { job, objectId } from '../../../support/jobs.ts';
import { targetPage, textOf } from '../../../support/pages.ts';
import { GROUP_ID, newState, polledState, unpolled, withRecord, withSchedule } from '../../../support/states.ts';

const SEEN = { nowSeconds: FLEET_NOW };
const BUCKET = '5f0000000000000000000001';
const daily = (days: number, state = 'Successful', more = {}) =>
  job(state, { createdAtSeconds: FLEET_NOW - days * DAY, number: days, ...more });
const settings = { projectName: 'Shop', durationMaxSeconds: 7200, discovered: true, paused: false };
const healthy = withSchedule(polledState([daily(1), daily(2), daily(3)], settings, 'orders'), {
  autoExportEnabled: true,
  export: { bucketId: BUCKET, frequency: 'daily' },
});

describe('the page of a target', () => {
  test('says its state first, in the title too', () => {
    const page = targetPage(healthy, SEEN);
    expect(page).toContain('<title>orders: fine</title>');
    expect(textOf(page)).toContain(`orders: fine\nShop (${GROUP_ID})`);
  });

  test('has what is known of its exports', () => {
    const text = textOf(targetPage(healthy, SEEN));
    expect(text).toContain('Last success\n23 h 47 min ago\n2026-03-30 00:13:00 UTC');
    expect(text).toContain('Its collections\n10 of 10');
    expect(text).toContain('Usual duration\n13 min');
    expect(text).toContain('Listed exports\n3 successful');
    expect(text).toContain(`Last success by bucket\n${BUCKET}:\n23 h 47 min ago`);
  });

  test('has what is expected of it, and why', () => {
    const text = textOf(targetPage(healthy, SEEN));
    expect(text).toContain('A success may be as old as\n26 h, by the backup schedule\nthe last one is 23 h 47 min old');
    expect(text).toContain('An export may take\n2 h, by the config');
    expect(text).toContain(`Automatic export\non, daily\nto the bucket ${BUCKET}`);
    expect(text).toContain('Watched because\nit was found in its project');
    expect(text).toContain('Cluster\nnot paused');
    const named = textOf(targetPage(polledState([daily(1)], { successMaxAgeSeconds: 8 * DAY }), SEEN));
    expect(named).toContain('8 d, by the config');
    expect(named).toContain('24 h, as the config says nothing');
    expect(named).toContain('the config names it');
  });

  test('says of no success whether the list has none or is not known', () => {
    const expected = { successMaxAgeSeconds: 8 * DAY };
    const text = (state: Parameters<typeof targetPage>[0]) => textOf(targetPage(state, SEEN));
    expect(text(polledState([], expected))).toContain('8 d, by the config\nno success is listed');
    const unread = newState();
    expect(text({ ...unread, target: { ...unread.target, ...expected } })).toContain(
      '8 d, by the config\nwhether there is one is not known',
    );
  });

  test('gives a failure room for its code', () => {
    const last = { endedAtSeconds: FLEET_NOW - 30, durationSeconds: 0.256, failure: NOT_ALLOWED };
    const page = targetPage(withRecord(healthy, 'exports', { last }), SEEN);
    expect(page).toContain('<div class="wide"><dt>Latest</dt><dd><span class="trouble">failed</span>');
    expect(targetPage(healthy, SEEN)).toContain('<div><dt>Latest</dt>');
  });

  test('has the record of its polls, failures with what to do', () => {
    const last = { endedAtSeconds: FLEET_NOW - 30, durationSeconds: 0.256, failure: NOT_ALLOWED };
    const failures = { ...unpolled().failures, forbidden: 2 };
    const failing = withRecord(healthy, 'exports', { polls: 7, last, failures });
    const text = textOf(targetPage(failing, { ...SEEN, nextPollInSeconds: 30 }));
    expect(text).toContain('Latest\nfailed\nAtlas answered 403 IP_ADDRESS_NOT_ON_ACCESS_LIST. Add this host’s');
    expect(text).toContain('30 s ago\n, took 0.26 s');
    expect(text).toContain('Next\nin 30 s');
    expect(text).toContain('Read\n3 export jobs on 1 page\nAtlas gives a total of 3');
    expect(text).toContain('7 polls, 2 failed\n2 forbidden');
    expect(text).toContain('Reading the backup schedule');
  });

  test('has each of the newest exports, as long as it took', () => {
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
    expect(page).toContain('<path class="failed" d="M0 5h50"/>');
    expect(text).toMatch(/failed\nEXPORT_FAILED\n13 min/);
    expect(text).toContain('successful\nnot said');
    expect(text).toContain('Queued and running');
    expect(page).toContain('aria-label="6 exports from 5 d ago until now; the table has each of them"');
    expect(page.indexOf('queued')).toBeGreaterThan(0);
  });

  test('draws exports that overlap below each other', () => {
    const jobs = [
      job('Successful', { createdAtSeconds: FLEET_NOW - 4000, number: 1, durationSeconds: 3000 }),
      job('Successful', { createdAtSeconds: FLEET_NOW - 3000, number: 2, durationSeconds: 3000 }),
      job('Failed', { createdAtSeconds: FLEET_NOW - 500, number: 3, durationSeconds: 400 }),
    ];
    const page = targetPage(polledState(jobs), SEEN);
    expect(page).toContain('<svg class="axis" viewBox="0 0 1000 28"');
    expect(page).toContain('<path class="successful" d="M4 7H748"/><path class="successful" d="M252 21H996"/>');
    expect(page).toContain('<path class="failed" d="M872 7H971');
  });

  test('tells shards and successes that left something out', () => {
    const components = [{ exportId: 'a' }, { exportId: 'b' }, { exportId: 'c' }];
    const sharded = daily(1, 'Successful', { fields: { components, exportStatus: null } });
    const partial = daily(2, 'Successful', {
      fields: { exportStatus: { exportedCollections: 8, totalCollections: 10 } },
    });
    const text = textOf(targetPage(polledState([sharded, partial]), SEEN));
    expect(text).toContain('3 shards');
    expect(text).toContain('8 of 10');
  });

  test('links to the cluster’s backups in Atlas, but not to a stand-in', () => {
    expect(targetPage(healthy, SEEN)).toContain(
      `href="https://cloud.mongodb.com/v2/${GROUP_ID}#/clusters/backup/orders"`,
    );
    expect(targetPage(healthy, SEEN, 'http://127.0.0.1:8080')).not.toContain('/v2/');
  });

  test('shows what is not known as not known', () => {
    const text = textOf(targetPage(newState(), SEEN));
    expect(text).toContain('Cluster0: not read yet');
    expect(text).toContain('There is no data yet.');
    expect(text).toContain('Latest\nnone yet');
    const bare = job('Failed', { fields: { id: '?', createdAt: null, finishedAt: null, stateReason: null } });
    expect(textOf(targetPage(polledState([bare]), SEEN))).toMatch(/unknown\nfailed\nnot said/);
    expect(objectId(0)).toHaveLength(24);
  });
});
