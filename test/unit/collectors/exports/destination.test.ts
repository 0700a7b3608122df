/** The judgement by the bucket that counts, in the worlds of people who export into several buckets. */
import { describe, expect, test } from '@jest/globals';
import type { Failure, TargetState } from '../../../../src/collectors/collector.ts';
import { destinationOf } from '../../../../src/collectors/exports/destination.ts';
import { endedAtSeconds } from '../../../../src/collectors/exports/job.ts';
import { DAY_ZERO_SECONDS, job, objectId } from '../../../support/jobs.ts';
import { judged } from '../../../support/pages.ts';
import { newState, polledState, summaryOf, withRecord, withSchedule } from '../../../support/states.ts';

const A = '5f00000000000000000000aa';
const B = '5f00000000000000000000bb';
const DAY = 86_400;
const NOW = DAY_ZERO_SECONDS + 100 * DAY;
const TO_B = { autoExportEnabled: true, export: { bucketId: B, frequency: 'daily' } };

let number = 0;
function exported(state: string, daysAgo: number, bucket: string, snapshotDaysAgo = daysAgo, more: object = {}) {
  number += 1;
  const createdAtSeconds = NOW - daysAgo * DAY;
  const fields = { snapshotId: objectId(NOW - snapshotDaysAgo * DAY, number), ...more };
  return job(state, { number, createdAtSeconds, bucket, fields });
}

const daily = (bucket: string, from: number, to: number) =>
  Array.from({ length: to - from }, (_, day) => exported('Successful', from + day + 0.5, bucket));

const partial = (daysAgo: number, bucket: string) =>
  exported('Successful', daysAgo, bucket, daysAgo, { exportStatus: { exportedCollections: 8, totalCollections: 10 } });

const conditions = (state: TargetState) =>
  judged(state, { nowSeconds: NOW }).findings.map(({ condition }) => condition);

describe('a cluster whose schedule exports into bucket B', () => {
  test.each<[string, ReturnType<typeof daily>, string[]]>([
    ['whose B got nothing for 40 days while a script feeds A', [...daily(A, 0, 60), ...daily(B, 40, 60)], ['overdue']],
    [
      'whose seven exports to B failed while A succeeded an hour after each',
      [
        ...daily(B, 7, 20),
        ...Array.from({ length: 7 }, (_, day) => exported('Failed', day + 0.9, B)),
        ...daily(A, 0, 7),
      ],
      ['overdue', 'failed'],
    ],
    [
      'whose newest successes are all of one old snapshot',
      Array.from({ length: 10 }, (_, day) => exported('Successful', day + 0.5, B, 90)),
      ['data_old'],
    ],
    ['with two buckets that are both fed', [...daily(A, 0, 20), ...daily(B, 0, 20)], ['fine']],
    ['with an old side bucket', [...daily(A, 50, 60), ...daily(B, 0, 60)], ['fine']],
    ['with a side failure long ago', [exported('Failed', 30, A), ...daily(B, 0, 60)], ['fine']],
    ['with a newer failure into a side bucket', [exported('Failed', 0.1, A), ...daily(B, 0, 60)], ['fine']],
    ['with a newer partial success in a side bucket', [partial(0.1, A), ...daily(B, 0, 60)], ['fine']],
    ['with a newer success beside a partial one in B', [...daily(A, 0, 1), partial(0.6, B)], ['incomplete']],
    ['that was switched to B an hour ago', daily(A, 0, 20), ['unconfirmed']],
    ['that never exported into any bucket', [], ['unconfirmed']],
    ['whose A got its last success too long ago, and B none', daily(A, 10, 20), ['overdue']],
  ])('%s', (_what, jobs, expected) => {
    expect(conditions(withSchedule(polledState(jobs), TO_B))).toEqual(expected);
  });

  test('names the bucket, and what each bucket holds', () => {
    const state = withSchedule(polledState([...daily(A, 0, 5), ...daily(B, 40, 45)]), TO_B);
    const [first] = judged(state, { nowSeconds: NOW }).findings;
    expect(first?.problem).toBe('the last success into the scheduled bucket is 40 d 11 h old; the limit is 26 h');
    expect(destinationOf(state)).toMatchObject({
      bucketId: B,
      dataAtSeconds: NOW - 40.5 * DAY,
      consecutiveFailures: 0,
    });
  });

  test('keeps its bucket among more than twenty others', () => {
    const others = Array.from({ length: 25 }, (_, index) => exported('Successful', 0.5, `bucket-${index}`));
    const { buckets } = summaryOf([...others, ...daily(B, 40, 41)], 50, B);
    expect(buckets.size).toBe(21);
    expect(buckets.has(B)).toBe(true);
  });
});

describe('the destination', () => {
  const jobs = [...daily(A, 0, 3), ...daily(B, 40, 41)];
  const lastSuccessOf = (state: TargetState) => {
    const success = destinationOf(state)?.lastSuccess;
    return success && endedAtSeconds(success);
  };
  const newest = NOW - 0.5 * DAY + 780;
  const unread = withRecord(polledState(jobs), 'schedule', {});
  const failed = (reason: Failure['reason']) => {
    const last = { endedAtSeconds: NOW, durationSeconds: 1, failure: { reason, problem: '', advice: '' } };
    return withRecord(unread, 'schedule', { polls: 1, last });
  };

  test('is all buckets together where automatic export is off, or schedules are not read', () => {
    expect(lastSuccessOf(withSchedule(polledState(jobs), { autoExportEnabled: false }))).toBe(newest);
    expect(lastSuccessOf(polledState(jobs))).toBe(newest);
  });

  test('is not known before the schedule was read, and nothing is judged by it', () => {
    expect(destinationOf(unread)).toBeUndefined();
    expect(destinationOf(newState())).toBeUndefined();
    expect(conditions({ ...unread, target: { ...unread.target, successMaxAgeSeconds: 60 } })).toEqual(['fine']);
  });

  test.each([
    ['forbidden', true],
    ['unauthorized', true],
    ['not_found', true],
    ['unsupported', true],
    ['timeout', false],
    ['server_error', false],
    ['rate_limited', false],
  ] as const)('after a schedule that fails with %s: all buckets count: %s', (reason, allCount) => {
    expect(lastSuccessOf(failed(reason))).toBe(allCount ? newest : undefined);
  });

  test('stays that of the last good read while the schedule cannot be read', () => {
    const known = withSchedule(polledState(jobs), TO_B);
    const last = {
      endedAtSeconds: NOW,
      durationSeconds: 1,
      failure: { reason: 'timeout', problem: '', advice: '' },
    } as const;
    expect(destinationOf(withRecord(known, 'schedule', { last }))?.bucketId).toBe(B);
  });
});
