import { describe, expect, test } from '@jest/globals';
import type { TargetState } from '../../../../src/collectors/collector.ts';
import { DAY_ZERO_SECONDS, job } from '../../../support/jobs.ts';
import { judged, overviewOf, type Seen } from '../../../support/pages.ts';
import { newState, polledState, withRecord, withSchedule } from '../../../support/states.ts';

const NOW = DAY_ZERO_SECONDS + 100_000;
const SEEN: Seen = { nowSeconds: NOW };
const RELAXED = { successMaxAgeSeconds: 1e6 };
const success = job('Successful');
const DAILY = { autoExportEnabled: true, export: { bucketId: '', frequency: 'daily' } };
const OFF = { autoExportEnabled: false };
const failure = { reason: 'timeout', problem: 'no answer', advice: 'look at the network' } as const;
const later = (state: string, seconds: number) => job(state, { createdAtSeconds: DAY_ZERO_SECONDS + seconds });
const partial = job('Successful', { fields: { exportStatus: { exportedCollections: 8, totalCollections: 10 } } });

function failing(state: TargetState): TargetState {
  return withRecord(state, 'exports', { last: { endedAtSeconds: NOW - 5, durationSeconds: 1, failure } });
}

function stale(state: TargetState): TargetState {
  return withRecord(state, 'exports', { stale: true });
}

describe('the conditions of a target', () => {
  test.each<[string, TargetState]>([
    ['waiting', newState()],
    ['unreachable unmeasured', withSchedule(failing(newState()), OFF)],
    ['unreachable', failing(polledState([success], RELAXED))],
    ['failed', polledState([success, later('Failed', 10)], RELAXED)],
    ['failed', polledState([success, later('Failed', 10), later('Cancelled', 20)], RELAXED)],
    ['fine', polledState([job('Failed'), later('Successful', 10)], RELAXED)],
    ['overdue failed', polledState([success, later('Failed', 10)], { successMaxAgeSeconds: 60 })],
    ['overdue', polledState([success], { successMaxAgeSeconds: 3600 })],
    ['unconfirmed', polledState([], RELAXED)],
    ['overdue', withSchedule(polledState([success]), DAILY)],
    ['stuck running', polledState([success, later('Queued', 10)], { ...RELAXED, durationMaxSeconds: 3600 })],
    ['stuck running', polledState([success, later('InProgress', -80_000)], RELAXED)],
    ['running', polledState([success, later('InProgress', -70_000)], RELAXED)],
    ['running', polledState([success, later('Queued', 99_000)], { ...RELAXED, durationMaxSeconds: 3600 })],
    ['incomplete', polledState([partial], RELAXED)],
    ['unmeasured', withSchedule(polledState([success]), OFF)],
    ['unmeasured', withSchedule(polledState([]), { autoExportEnabled: true })],
    ['fine', polledState([success])],
    ['fine', withSchedule(polledState([success], RELAXED), DAILY)],
    ['fine', stale(polledState([success, later('InProgress', -80_000)], RELAXED))],
  ])('are %s', (conditions, state) => {
    const status = judged(state, SEEN);
    expect(status.findings.map(({ condition }) => condition).join(' ')).toBe(conditions);
    expect(status.condition).toBe(conditions.split(' ')[0]);
  });

  test('include unmeasured if schedules are not read and the config has no limit', () => {
    expect(judged(polledState([success]), { ...SEEN, readsSchedules: false }).condition).toBe('unmeasured');
  });

  test('include unmeasured and unread if the schedule cannot be read', () => {
    const last = { endedAtSeconds: NOW, durationSeconds: 1, failure };
    expect(judged(withRecord(polledState([success]), 'schedule', { last }), SEEN).findings).toEqual([
      {
        condition: 'unmeasured',
        problem: 'the backup schedule cannot be read: no answer',
        advice: 'look at the network; or set success_max_age in the config',
        alert: 'AtlasBackupExportUnwatched',
      },
      {
        condition: 'unread',
        problem: 'the backup schedule cannot be read: no answer',
        advice: 'look at the network',
        alert: 'AtlasBackupExportUnwatched',
      },
    ]);
  });
});

describe('the order of targets', () => {
  test('is by urgency, then by name, with numbers in their order', () => {
    const states = [
      polledState([success], RELAXED, 'fine-10'),
      polledState([success], RELAXED, 'fine-9'),
      polledState([], {}, 'unmeasured'),
      failing(polledState([success], { successMaxAgeSeconds: 3600 }, 'overdue, and unreachable')),
      failing(newState('unreachable')),
      polledState([success, later('Queued', 10)], { ...RELAXED, durationMaxSeconds: 60 }, 'stuck'),
      polledState([job('Failed')], {}, 'failed'),
    ];
    const { targets } = overviewOf(states, { nowSeconds: NOW, readsSchedules: false });
    expect(targets.map(({ state }) => state.target.clusterName)).toEqual([
      'overdue, and unreachable',
      'failed',
      'stuck',
      'unreachable',
      'unmeasured',
      'fine-9',
      'fine-10',
    ]);
  });
});

test('a success in the future, because clocks differ, has the age 0', () => {
  expect(judged(polledState([success]), { nowSeconds: DAY_ZERO_SECONDS }).lastSuccessAgeSeconds).toBe(0);
});

test('stale data shows no queued or running exports', () => {
  const state = polledState([success, later('InProgress', 10)]);
  expect(judged(state, SEEN).activeCount).toBe(1);
  expect(judged(stale(state), SEEN)).toMatchObject({ activeCount: 0, active: [] });
});
