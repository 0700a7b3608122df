import { describe, expect, test } from '@jest/globals';
import type { TargetState } from '../../../src/collectors/collector.ts';
import { statusOf, statusOfAll } from '../../../src/web/status.ts';
import { DAY_ZERO_SECONDS, job } from '../../support/jobs.ts';
import { newState, polledState, withSchedule } from '../../support/states.ts';

const NOW = DAY_ZERO_SECONDS + 100_000;
const success = job('Successful');
const DAILY = { autoExportEnabled: true, export: { bucketId: '', frequency: 'daily' } };
const failure = { reason: 'timeout', problem: 'no answer', advice: 'look at the network' } as const;

function failing(state: TargetState): TargetState {
  return { ...state, exports: { ...state.exports, last: { endedAtSeconds: NOW - 5, durationSeconds: 1, failure } } };
}

describe('the condition of a target', () => {
  test.each([
    ['waiting', newState()],
    ['failing', failing(polledState([success]))],
    ['failed', polledState([success, job('Failed', { createdAtSeconds: DAY_ZERO_SECONDS + 10 })])],
    ['no_success', polledState([])],
    ['overdue', polledState([success], { successMaxAgeSeconds: 3600 })],
    ['overdue', withSchedule(polledState([success]), DAILY)],
    ['fine', withSchedule(polledState([success], { successMaxAgeSeconds: 1e6 }), DAILY)],
    [
      'running',
      polledState([success, job('Queued', { createdAtSeconds: DAY_ZERO_SECONDS + 10 })], { successMaxAgeSeconds: 1e6 }),
    ],
    ['fine', polledState([success])],
  ] as const)('is %s', (condition, state) => {
    expect(statusOf(state, NOW).condition).toBe(condition);
  });

  test('orders the targets: what presses most first, then by name', () => {
    const states = [
      polledState([success], {}, 'b-fine'),
      polledState([success], {}, 'a-fine'),
      polledState([], {}, 'never'),
      failing(polledState([], {}, 'unreachable')),
    ];
    expect(statusOfAll(states, NOW).map(({ clusterName }) => clusterName)).toEqual([
      'unreachable',
      'never',
      'a-fine',
      'b-fine',
    ]);
  });
});

test('a status has ages and times in seconds', () => {
  expect(statusOf(failing(polledState([success], { successMaxAgeSeconds: 60 })), NOW)).toMatchObject({
    lastSuccessAtSeconds: DAY_ZERO_SECONDS + 780,
    lastSuccessAgeSeconds: 100_000 - 780,
    successMaxAgeSeconds: 60,
    lastPollAtSeconds: NOW - 5,
    failure,
  });
});

test('a success in the future, by a clock that is off, has no negative age', () => {
  expect(statusOf(polledState([success]), DAY_ZERO_SECONDS).lastSuccessAgeSeconds).toBe(0);
});
