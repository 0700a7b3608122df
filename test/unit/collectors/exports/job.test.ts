import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { objectIdTimeSeconds } from '../../../../src/collectors/decoding.ts';
import {
  activeStateOf,
  componentIdsOf,
  decodeJob,
  durationSeconds,
  endedAtSeconds,
  newestFirst,
} from '../../../../src/collectors/exports/job.ts';
import { DAY_ZERO_SECONDS, iso, job, NOW_SECONDS, objectId } from '../../../support/jobs.ts';

const decode = (state: string, fields = {}) => decodeJob(job(state, { fields }), NOW_SECONDS);

describe('decoding an export job', () => {
  test.each([
    ['Queued', 'queued'],
    ['InProgress', 'in_progress'],
    ['INPROGRESS', 'in_progress'],
    ['successful', 'successful'],
    ['FAILED', 'failed'],
    ['Cancelled', 'cancelled'],
    ['Paused', 'unknown'],
    ['__proto__', 'unknown'],
  ])('reads the state %s as %s', (state, expected) => {
    expect(decode(state).state).toBe(expected);
  });

  test.each([[null], [undefined], [7], [{}], [[]]])('a state that is %p is unknown', (state) => {
    expect(decode('Queued', { state }).state).toBe('unknown');
  });

  test('an unknown state is named only if its name is harmless', () => {
    expect(decode('Paused').foreignState).toBe('Paused');
    expect(decode('Paused"\n').foreignState).toBe('?');
    expect(decode('Queued').foreignState).toBeUndefined();
  });

  test('null in a field means the same as no field', () => {
    const fields = Object.keys(job('Failed'));
    const absent = decodeJob({ state: 'Failed', stateReason: { errorCode: null }, components: null }, NOW_SECONDS);
    const nulls = decodeJob(
      { ...Object.fromEntries(fields.map((field) => [field, null])), state: 'Failed' },
      NOW_SECONDS,
    );
    expect(nulls).toEqual(absent);
    expect(absent).toEqual({
      id: '',
      snapshotId: '',
      exportBucketId: '',
      state: 'failed',
      shards: 0,
      errorCode: 'none',
    });
  });

  test('unknown fields are ignored', () => {
    expect(decode('Queued', { newField: { deep: [1] }, state2: 'x' })).toEqual(decode('Queued'));
  });

  test('a missing creation time is read from the id', () => {
    expect(decode('Queued', { createdAt: null }).createdAtSeconds).toBe(DAY_ZERO_SECONDS);
    expect(decode('Queued', { createdAt: null, id: 'not-an-object-id' }).createdAtSeconds).toBeUndefined();
  });

  test.each([
    ['2026-03-01T01:00:00.500+01:00', 0.5],
    ['2026-02-28T19:30:00-04:30', 0],
    ['2026-03-01T00:00:00.123456789Z', 0.123],
    ['2024-02-29T00:00:00Z', -731 * 86_400],
    ['2025-12-28T23:59:58Z', -62 * 86_400 - 2],
  ])('%p is a time', (finishedAt, fromDayZero) => {
    const { finishedAtSeconds, hasOddTime } = decode('Successful', { finishedAt });
    expect(finishedAtSeconds).toBeCloseTo(DAY_ZERO_SECONDS + fromDayZero, 5);
    expect(hasOddTime).toBeUndefined();
  });

  test.each([
    ['1772323200'],
    ['yesterday'],
    ['2026-03-01'],
    ['2026-03-01T00:00:00'],
    ['2026-13-41T99:99:99Z'],
    ['2026-00-01T00:00:00Z'],
    ['2026-13-01T00:00:00Z'],
    ['2026-03-00T00:00:00Z'],
    ['2026-03-01T00:60:00Z'],
    ['2026-03-01T00:00:60Z'],
    ['2026-03-01T00:00:00+99:00'],
    ['2026-03-01T00:00:00+1'],
    [' 2026-03-01T00:00:00Z'],
    [1_772_323_200],
    [true],
    [{}],
    [[1_772_323_200]],
  ])('%p is not a time', (finishedAt) => {
    const { finishedAtSeconds, hasOddTime } = decode('Successful', { finishedAt });
    expect(finishedAtSeconds).toBeUndefined();
    expect(hasOddTime).toBe(true);
  });

  test.each(['0001-01-01T00:00:00Z', '0099-12-28T00:00:00Z', '1970-01-01T00:00:00Z', null, ''])(
    '%p means no time',
    (finishedAt) => {
      const { finishedAtSeconds, hasOddTime } = decode('Successful', { finishedAt });
      expect([finishedAtSeconds, hasOddTime]).toEqual([undefined, undefined]);
    },
  );

  test('a time more than a day in the future is ignored, also one in an id', () => {
    const [near, far] = [NOW_SECONDS + 86_400, NOW_SECONDS + 400 * 86_400];
    expect(decode('Failed', { createdAt: iso(near), finishedAt: iso(near) })).toMatchObject({
      createdAtSeconds: near,
      finishedAtSeconds: near,
    });
    for (const time of [iso(near + 1), iso(far)]) {
      const fromId = decode('Failed', { createdAt: time, finishedAt: time });
      expect(fromId).toMatchObject({ createdAtSeconds: DAY_ZERO_SECONDS, hasOddTime: true });
      expect(fromId.finishedAtSeconds).toBeUndefined();
      expect(decode('Failed', { createdAt: time, id: objectId(far) }).createdAtSeconds).toBeUndefined();
    }
  });

  test('no text is read as a time in the far future or before 1970', () => {
    const parts = fc.tuple(
      fc.integer({ min: 0, max: 9999 }),
      fc.integer({ min: 0, max: 99 }),
      fc.integer({ min: 0, max: 99 }),
      fc.constantFrom('T00:00:00', 'T23:59', ' 12:00:00.5', 'T25:61:61'),
      fc.constantFrom('', 'Z', '+0200', '-02:00', '+14', ' UTC', 'x'),
    );
    const texts = parts.map(([year, month, day, time, zone]) => {
      const date = [String(year).padStart(4, '0'), String(month).padStart(2, '0'), String(day).padStart(2, '0')];
      return `${date.join('-')}${time}${zone}`;
    });
    fc.assert(
      fc.property(fc.oneof(texts, fc.double(), fc.integer(), fc.date({ noInvalidDate: true }).map(String)), (time) => {
        const { createdAtSeconds, finishedAtSeconds } = decode('Failed', {
          createdAt: time,
          finishedAt: time,
          id: 'x',
        });
        for (const seconds of [createdAtSeconds, finishedAtSeconds]) {
          expect(seconds ?? 1).toBeGreaterThan(0);
          expect(seconds ?? 1).toBeLessThanOrEqual(NOW_SECONDS + 86_400);
        }
      }),
    );
  });

  test.each([['with space'], ['quote"'], ['new\nline'], ['x'.repeat(65)], [12]])(
    'the id %p never becomes a label',
    (id) => {
      expect(decode('Queued', { id }).id).toBe('');
    },
  );

  test.each([
    [
      { exportedCollections: 1, totalCollections: 2 },
      { exported: 1, total: 2 },
    ],
    [
      { exportedCollections: 0, totalCollections: 0 },
      { exported: 0, total: 0 },
    ],
    [{ exportedCollections: 1 }, undefined],
    [{ exportedCollections: -1, totalCollections: 2 }, undefined],
    [{ exportedCollections: '1', totalCollections: 2 }, undefined],
    [null, undefined],
  ])('the collection counts of %p are %p', (exportStatus, expected) => {
    expect(decode('InProgress', { exportStatus }).collections).toEqual(expected);
  });

  test.each([
    [{ errorCode: 'BUCKET_GONE' }, 'BUCKET_GONE'],
    [{ errorCode: 'evil"} 1\n' }, 'other'],
    [{ errorCode: 'X'.repeat(65) }, 'other'],
    [{ errorCode: '' }, 'none'],
    [{ message: 'no code' }, 'none'],
    [null, 'none'],
  ])('the error code of %p is %s', (stateReason, expected) => {
    expect(decode('Failed', { stateReason }).errorCode).toBe(expected);
  });

  test('the number of components of a sharded job does not depend on their ids', () => {
    const components = [{ exportId: objectId(1), replicaSetName: 'a' }, { exportId: null }, 'odd'];
    expect(decode('InProgress', { components }).shards).toBe(3);
    expect(componentIdsOf({ components })).toEqual([objectId(1)]);
  });
});

describe('a job', () => {
  test('is active while queued, running, or in an unknown state that has not ended', () => {
    expect(activeStateOf(decode('Queued'))).toBe('queued');
    expect(activeStateOf(decode('InProgress'))).toBe('in_progress');
    expect(activeStateOf(decode('Paused'))).toBe('unknown');
    expect(activeStateOf(decode('Paused', { finishedAt: '2026-03-01T00:10:00Z' }))).toBeUndefined();
    expect(activeStateOf(decode('Successful'))).toBeUndefined();
  });

  test('that ended before it was created has the duration 0', () => {
    expect(durationSeconds(decode('Successful', { finishedAt: '2026-02-28T23:00:00Z' }))).toBe(0);
  });

  test('without an end has no duration, and ended when it was created', () => {
    const endless = decode('Successful', { finishedAt: undefined });
    expect(durationSeconds(endless)).toBeUndefined();
    expect(endedAtSeconds(endless)).toBe(DAY_ZERO_SECONDS);
  });

  test('comes before an older one, and before one of the same moment with a smaller id', () => {
    const at = (createdAtSeconds: number, number: number) =>
      decodeJob(job('Queued', { createdAtSeconds, number }), NOW_SECONDS);
    const sorted = [at(100, 1), at(200, 1), at(200, 2)].sort(newestFirst);
    expect(sorted.map(({ id }) => id)).toEqual([objectId(200, 2), objectId(200, 1), objectId(100, 1)]);
    expect(newestFirst(at(1, 1), at(1, 1))).toBe(0);
  });

  test('has the time of its ObjectId', () => {
    expect(objectIdTimeSeconds(objectId(DAY_ZERO_SECONDS), NOW_SECONDS)).toBe(DAY_ZERO_SECONDS);
    expect(objectIdTimeSeconds('zz', NOW_SECONDS)).toBeUndefined();
  });

  test('has no time of its snapshot that is more than a day ahead', () => {
    const of = (snapshotAtSeconds: number) => decode('Successful', { snapshotId: objectId(snapshotAtSeconds) });
    expect(of(NOW_SECONDS + 86_400).snapshotAtSeconds).toBe(NOW_SECONDS + 86_400);
    expect(of(NOW_SECONDS + 86_400 + 1).snapshotAtSeconds).toBeUndefined();
  });
});
