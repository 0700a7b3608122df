/** The words for people: state in, sentences out. */
import { expect, test } from '@jest/globals';
import type { TargetState } from '../../../../src/collectors/collector.ts';
import { DAY_ZERO_SECONDS, job } from '../../../support/jobs.ts';
import { judged } from '../../../support/pages.ts';
import { newState, polledState, withSchedule } from '../../../support/states.ts';

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
  return { ...state, exports: { ...state.exports, last } };
}

test.each<[string, TargetState, RegExp, RegExp]>([
  [
    'one failure',
    polledState([at(47, 'Failed'), success]),
    /^the latest export failed 47 min ago with EXPORT_FAILED$/,
    /doesn’t try again/,
  ],
  [
    'failures in a row without a code',
    polledState([at(47, 'Failed', { stateReason: null }), at(46, 'Failed'), success]),
    /^2 exports in a row have failed, the latest 47 min ago without an error code$/,
    /partial data/,
  ],
  [
    'a success too old',
    polledState([success], DAILY),
    /^the last success is 47 h 47 min old, 26 h are expected$/,
    /no export has started since/,
  ],
  [
    'none at all',
    polledState([], DAILY),
    /^Atlas lists no successful export, though one is expected every 26 h$/,
    /no export has started/,
  ],
  ['one on its way', polledState([at(47, 'InProgress'), success], DAILY), /old/, /is under way/],
  ['a paused cluster', polledState([success], { ...DAILY, paused: true }), /old/, /resume it/],
  [
    'auto export off',
    withSchedule(polledState([success], DAILY), { autoExportEnabled: false }),
    /old/,
    /switch automatic export on/,
  ],
  [
    'a queued one that waits too long',
    polledState([at(43, 'Queued'), success], { durationMaxSeconds: 2 * HOUR }),
    /^an export is queued for 5 h, 2 h are expected$/,
    /few exports at a time/,
  ],
  [
    'a queued one beside an older one that runs',
    polledState([at(43, 'Queued'), at(40, 'InProgress'), success]),
    /^an export is queued for 5 h, 4 h are expected$/,
    /few exports at a time/,
  ],
  [
    'a running one that never ends',
    polledState([at(10, 'InProgress'), success]),
    /^an export is under way for 38 h, 24 h are expected$/,
    /cancel it/,
  ],
  ['what was never read', refused(newState()), /ACCESS_LIST; nothing is known yet$/, /^add this host’s address$/],
  [
    'what can’t be read any more',
    refused(polledState([success], { successMaxAgeSeconds: 1e6 })),
    /ACCESS_LIST; what is shown is 23 h old$/,
    /^add/,
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
    /exports nothing by itself$/,
    /set success_max_age/,
  ],
  [
    'a frequency nobody knows',
    withSchedule(polledState([success]), { autoExportEnabled: true, export: { bucketId: '', frequency: 'hourly' } }),
    /^the backup schedule’s frequency is hourly$/,
    /^set success_max_age/,
  ],
])('%s is said, and what to do', (_what, state, problem, advice) => {
  const [first] = judged(state, { nowSeconds: NOW }).findings;
  expect(first?.problem).toMatch(problem);
  expect(first?.advice).toMatch(advice);
});

test('an overdue cluster whose exports fail is told to see to the failure', () => {
  const { findings } = judged(polledState([at(47, 'Failed'), success], DAILY), { nowSeconds: NOW });
  expect(findings.map(({ condition }) => condition)).toEqual(['failed', 'overdue']);
  expect(findings[1]?.advice).toBe('exports start, but fail: see to that first');
});
