import { describe, expect, test } from '@jest/globals';
import type { AtlasApi, Resource } from '../../../src/atlas/client.ts';
import type { JsonObject } from '../../../src/atlas/http/answer.ts';
import { PREFIX, type Target, type TargetState } from '../../../src/collectors/collector.ts';
import * as schedule from '../../../src/collectors/schedule.ts';
import { scheduleCollector, successMaxAgeSeconds } from '../../../src/collectors/schedule.ts';
import { DAY_ZERO_SECONDS, iso, job } from '../../support/jobs.ts';
import { judged, SETTINGS } from '../../support/pages.ts';
import { GROUP_ID, newState, polledState, withSchedule } from '../../support/states.ts';

const BUCKET = '5f0000000000000000000001';
const DAY = 86_400;

const decodeSchedule = (json: JsonObject) => schedule.decodeSchedule(json, DAY_ZERO_SECONDS);

const exporting = (frequencyType: unknown, exportBucketId: unknown = BUCKET) => ({
  autoExportEnabled: true,
  export: { exportBucketId, frequencyType },
});

function valuesOf(state: TargetState): Record<string, unknown> {
  const { families } = scheduleCollector;
  const values = families.map(({ name, samples }): [string, string[]] => [
    name.replace(PREFIX, ''),
    [...samples(state)]
      .filter(({ value }) => value !== undefined)
      .map(({ labels = {}, value }) => [...Object.values(labels), value].join(' ')),
  ]);
  return Object.fromEntries(
    values.filter(([name, own]) => own.length > 0 || !/has_policy_item|next_snapshot/.test(name)),
  );
}

describe('a backup schedule', () => {
  test('shows whether it exports automatically, how often and to which bucket', () => {
    const state = withSchedule(
      newState(),
      decodeSchedule({ ...exporting('daily'), policies: [{ policyItems: [{ frequencyType: 'daily' }] }] }),
    );
    expect(valuesOf(state)).toEqual({
      auto_export_enabled: ['1'],
      auto_export_info: [`${BUCKET} daily 1`],
      auto_export_has_policy_item: ['1'],
    });
  });

  test.each([
    ['is off', { autoExportEnabled: false }],
    ['is off, and has a policy all the same', { ...exporting('daily'), autoExportEnabled: false }],
    ['leaves the switch out', { export: { frequencyType: 'daily' } }],
    ['has null for it', { autoExportEnabled: null, export: null }],
    ['has a text for it', { autoExportEnabled: 'true' }],
  ])('that %s has no policy and expects nothing', (_what, json) => {
    const state = withSchedule(newState(), decodeSchedule(json));
    expect(valuesOf(state)).toEqual({ auto_export_enabled: ['0'], auto_export_info: [] });
    expect(successMaxAgeSeconds(state)).toBeUndefined();
  });

  test.each([
    ['a policy of null', { autoExportEnabled: true, export: null }, []],
    ['no frequency', exporting(undefined), [`${BUCKET} other 1`]],
    ['a frequency of another type', exporting(7), [`${BUCKET} other 1`]],
    ['a frequency that is no word', exporting('a b"\n'), [`${BUCKET} other 1`]],
    ['a frequency that is too long', exporting('x'.repeat(33)), [`${BUCKET} other 1`]],
    ['a frequency that is just not', exporting('x'.repeat(32)), [`${BUCKET} ${'x'.repeat(32)} 1`]],
    ['a bucket that can’t be a label', exporting('weekly', '{"}'), [' weekly 1']],
  ])('with %s shows what can be shown', (_what, json, info) => {
    const state = withSchedule(newState(), decodeSchedule(json));
    expect(valuesOf(state)).toEqual({ auto_export_enabled: ['1'], auto_export_info: info });
  });

  test('that has not been read has no metrics', () => {
    expect(valuesOf(newState())).toEqual({ auto_export_enabled: [], auto_export_info: [] });
  });

  test.each([
    ['an item of the frequency', [{ policyItems: [{ frequencyType: 'hourly' }, { frequencyType: 'MONTHLY' }] }], true],
    ['items of other frequencies', [{ policyItems: [{ frequencyType: 'hourly' }, { frequencyType: 'daily' }] }], false],
    ['no items', [{ policyItems: [] }, { policyItems: null }, null], false],
    ['no policies', [], false],
    ['no list of policies', undefined, undefined],
    ['null for its policies', null, undefined],
  ])('with %s tells whether anything is ever exported', (_what, policies, hasPolicyItem) => {
    const schedule = decodeSchedule({ ...exporting('monthly'), policies });
    expect(schedule.export?.hasPolicyItem).toBe(hasPolicyItem);
    const { findings } = judged(withSchedule(polledState([job()]), schedule), { nowSeconds: DAY_ZERO_SECONDS });
    const expected = hasPolicyItem === false ? ['no_policy_item'] : ['fine'];
    expect(findings.map(({ condition }) => condition)).toEqual(expected);
  });

  test('is read in one request that counts against the budget for backups', async () => {
    const asked: Resource[] = [];
    const api = {
      async get(resource: Resource) {
        asked.push(resource);
        return exporting('weekly');
      },
    } as unknown as AtlasApi;
    const read = await scheduleCollector.read(api, newState(), SETTINGS, new AbortController().signal, 0);
    expect(read).toEqual({
      summary: { autoExportEnabled: true, export: { bucketId: BUCKET, frequency: 'weekly' } },
    });
    expect(asked).toEqual([
      {
        operation: 'get_schedule',
        budget: 'cloud_backups',
        groupId: GROUP_ID,
        path: `/groups/${GROUP_ID}/clusters/Cluster0/backup/schedule`,
      },
    ]);
  });
});

describe('the next snapshot', () => {
  test.each([
    ['a time', iso(DAY_ZERO_SECONDS + 30 * DAY), DAY_ZERO_SECONDS + 30 * DAY],
    ['a time that has passed', iso(DAY_ZERO_SECONDS - DAY), DAY_ZERO_SECONDS - DAY],
    ['a time in two years', iso(DAY_ZERO_SECONDS + 730 * DAY), undefined],
    ['null', null, undefined],
    ['a text', 'soon', undefined],
  ])('is read from %s', (_what, nextSnapshot, seconds) => {
    for (const autoExportEnabled of [true, false]) {
      const state = withSchedule(newState(), decodeSchedule({ autoExportEnabled, nextSnapshot }));
      expect(valuesOf(state)['next_snapshot_timestamp_seconds']).toEqual(seconds && [String(seconds)]);
    }
  });
});

test.each<[string, Partial<Target>, number, string]>([
  ['the next snapshot is over three hours late', {}, DAY_ZERO_SECONDS - 3 * 3600 - 1, 'snapshots_late'],
  ['it is less late', {}, DAY_ZERO_SECONDS - 3 * 3600, 'fine'],
  ['the cluster is paused', { paused: true }, DAY_ZERO_SECONDS - DAY, 'fine'],
])('the condition where %s', (_what, settings, nextSnapshotAtSeconds, condition) => {
  const schedule = { autoExportEnabled: true, export: { bucketId: BUCKET, frequency: 'daily' }, nextSnapshotAtSeconds };
  const state = withSchedule(polledState([job()], settings), schedule);
  expect(judged(state, { nowSeconds: DAY_ZERO_SECONDS }).condition).toBe(condition);
});

describe('the maximum age of a success', () => {
  test.each([
    ['daily', 26 * 3600],
    ['WEEKLY', 8 * DAY],
    ['Monthly', 32 * DAY],
    ['yearly', 367 * DAY],
    ['hourly', undefined],
    ['constructor', undefined],
  ])('follows from a schedule that exports %s', (frequency, seconds) => {
    expect(successMaxAgeSeconds(withSchedule(newState(), decodeSchedule(exporting(frequency))))).toBe(seconds);
  });

  test('is the configured one if there is one', () => {
    const state = newState('Cluster0', { successMaxAgeSeconds: 60 });
    expect(successMaxAgeSeconds(withSchedule(state, decodeSchedule(exporting('daily'))))).toBe(60);
    expect(successMaxAgeSeconds(state)).toBe(60);
  });

  test('is unknown before the schedule has been read', () => {
    expect(successMaxAgeSeconds(newState())).toBeUndefined();
  });
});
