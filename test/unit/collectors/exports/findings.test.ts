/** The sentences that people read about a target, by its state. */
import { describe, expect, test } from '@jest/globals';
import type { TargetState } from '../../../../src/collectors/collector.ts';
import { DAY_ZERO_SECONDS, job } from '../../../support/jobs.ts';
import { judged } from '../../../support/pages.ts';
import { newState, polledState, summaryOf, withRecord, withSchedule } from '../../../support/states.ts';

const HOUR = 3600;
const NOW = DAY_ZERO_SECONDS + 48 * HOUR;
const DAILY = { successMaxAgeSeconds: 26 * HOUR };
const success = job('Successful');
const at = (hours: number, state: string, fields = {}) =>
  job(state, { createdAtSeconds: DAY_ZERO_SECONDS + hours * HOUR, number: hours, fields });
const notAllowed = {
  reason: 'forbidden',
  problem: 'Atlas answered 403 IP_ADDRESS_NOT_ON_ACCESS_LIST',
  advice: 'add this host’s address',
} as const;

function refused(state: TargetState): TargetState {
  const last = { endedAtSeconds: NOW, durationSeconds: 1, failure: notAllowed };
  return withRecord(state, 'exports', { last });
}

test.each<[string, TargetState, RegExp, RegExp]>([
  [
    'one failure',
    polledState([at(47, 'Failed'), success]),
    /^the latest export failed 47 min ago with EXPORT_FAILED$/,
    /does not retry/,
  ],
  [
    'failures in a row without a code',
    polledState([at(47, 'Failed', { stateReason: null }), at(46, 'Failed'), success]),
    /^2 consecutive exports have failed, the latest 47 min ago without an error code$/,
    /partial data/,
  ],
  [
    'a success too old',
    polledState([success], DAILY),
    /^the last success is 47 h 47 min old; the limit is 26 h$/,
    /no export has started since then/,
  ],
  [
    'none at all',
    polledState([], DAILY),
    /^Atlas lists no successful export yet; the limit is one every 26 h$/,
    /^wait for the next automatic export if the cluster or its schedule was changed lately; otherwise: check in Atlas that the backup policy/,
  ],
  [
    'a success too old, and a newer export that was cancelled',
    polledState([at(40, 'Cancelled'), success], DAILY),
    /old/,
    /^the newest export was cancelled/,
  ],
  ['one on its way', polledState([at(47, 'InProgress'), success], DAILY), /old/, /is running/],
  ['a paused cluster', polledState([success], { ...DAILY, paused: true }), /old/, /resume it/],
  [
    'auto export off',
    withSchedule(polledState([success], DAILY), { autoExportEnabled: false }),
    /old/,
    /switch it on in Atlas/,
  ],
  [
    'a queued one that waits too long',
    polledState([at(43, 'Queued'), success], { durationMaxSeconds: 2 * HOUR }),
    /^an export has been queued for 5 h; the limit is 2 h$/,
    /few exports at a time/,
  ],
  [
    'a queued one beside an older one that runs',
    polledState([at(43, 'Queued'), at(40, 'InProgress'), success]),
    /^an export has been queued for 5 h; the limit is 4 h$/,
    /few exports at a time/,
  ],
  [
    'a running one that never ends',
    polledState([at(-2, 'InProgress'), success]),
    /^an export has been running for 2 d 2 h; the limit is 2 d$/,
    /open a support case/,
  ],
  ['what was never read', refused(newState()), /ACCESS_LIST; there is no data yet$/, /^add this host’s address$/],
  [
    'what can’t be read any more',
    refused(polledState([success], { successMaxAgeSeconds: 1e6 })),
    /ACCESS_LIST; the data is 23 h old$/,
    /^add/,
  ],
  [
    'a state that is not known',
    polledState([at(47, 'Paused'), success]),
    /^1 export is in a state that this version of the exporter does not know$/,
    /^look up the export in Atlas/,
  ],
  [
    'an incomplete success',
    polledState([at(47, 'Successful', { exportStatus: { exportedCollections: 8, totalCollections: 10 } })]),
    /^the last success left out 2 of 10 collections$/,
    /export the snapshot again/,
  ],
  [
    'a schedule that exports nothing',
    withSchedule(polledState([success]), { autoExportEnabled: false }),
    /automatic export is off/,
    /set success_max_age/,
  ],
  [
    'a frequency nobody knows',
    withSchedule(polledState([success]), { autoExportEnabled: true, export: { bucketId: '', frequency: 'hourly' } }),
    /^the frequency of the backup schedule is hourly$/,
    /^set success_max_age/,
  ],
])('%s is said, and what to do', (_what, state, problem, advice) => {
  const [first] = judged(state, { nowSeconds: NOW }).findings;
  expect(first?.problem).toMatch(problem);
  expect(first?.advice).toMatch(advice);
});

test('an overdue cluster whose exports fail has the advice to solve the failure first', () => {
  const { findings } = judged(polledState([at(47, 'Failed'), success], DAILY), { nowSeconds: NOW });
  expect(findings.map(({ condition }) => condition)).toEqual(['overdue', 'failed']);
  expect(findings[0]?.advice).toBe('exports start, but fail: fix that first');
});

test('a limit on the series of active jobs does not hide a stuck export', () => {
  const state = polledState([at(-2, 'InProgress'), success]);
  const summary = summaryOf([at(-2, 'InProgress'), success], 0);
  const { findings } = judged(withRecord(state, 'exports', { summary }), { nowSeconds: NOW });
  expect(findings.map(({ condition }) => condition)).toContain('stuck');
});

describe('an old success is a doubt and not urgent', () => {
  const HOURS_40 = { successMaxAgeSeconds: 40 * HOUR };
  const conditionsOf = (state: TargetState) => judged(state, { nowSeconds: NOW }).findings.map((one) => one.condition);

  test.each<[string, TargetState, string]>([
    ['while an export is running', polledState([at(47, 'InProgress'), success], HOURS_40), 'late running'],
    ['while the cluster is paused', polledState([success], { ...HOURS_40, paused: true }), 'late'],
  ])('%s', (_what, state, conditions) => {
    expect(conditionsOf(state).join(' ')).toBe(conditions);
  });

  test.each<[string, TargetState, string]>([
    ['without a running export', polledState([success], HOURS_40), 'overdue'],
    [
      'while an export is running after one that failed',
      polledState([at(47, 'InProgress'), at(46, 'Failed'), success], HOURS_40),
      'overdue failed running',
    ],
    [
      'while an export is running, if the success is older than twice the limit',
      polledState([at(47, 'InProgress'), success], { successMaxAgeSeconds: 20 * HOUR }),
      'overdue running',
    ],
  ])('but urgent %s', (_what, state, conditions) => {
    expect(conditionsOf(state).join(' ')).toBe(conditions);
  });
});

describe('a list without a success', () => {
  const watchedFor = (hours: number, state: TargetState) =>
    withRecord(state, 'exports', { firstGoodAtSeconds: NOW - hours * HOUR });
  const first = (state: TargetState) => judged(state, { nowSeconds: NOW }).findings[0];

  test.each<[string, TargetState]>([
    ['for less than the limit', watchedFor(25, polledState([], DAILY))],
    ['while its first exports are younger than the limit', watchedFor(1, polledState([at(30, 'Failed')], DAILY))],
    ['while the first export is running', watchedFor(30, polledState([at(20, 'InProgress')], DAILY))],
  ])('is a doubt %s', (_what, state) => {
    const conditions = judged(state, { nowSeconds: NOW }).findings.map(({ condition }) => condition);
    expect(conditions).toContain('unconfirmed');
  });

  test.each<[string, TargetState]>([
    ['for longer than the limit', watchedFor(27, polledState([], DAILY))],
    ['although exports have failed for longer than the limit', polledState([at(10, 'Failed')], DAILY)],
  ])('is urgent %s', (_what, state) => {
    expect(first(state)).toMatchObject({ condition: 'overdue', alert: 'AtlasBackupExportNoSuccessListed' });
  });
});
