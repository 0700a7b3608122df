import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { JsonObject } from '../../../../src/atlas/http/answer.ts';
import { startExportFold } from '../../../../src/collectors/exports/summary.ts';
import { DAY_ZERO_SECONDS, job, NOW_SECONDS, objectId } from '../../../support/jobs.ts';
import { summaryOf } from '../../../support/states.ts';

const HOUR = 3600;
const NONE: ReadonlySet<string> = new Set();
const idsOf = (jobs: readonly JsonObject[]) => new Set(jobs.map(({ id }) => String(id)));
const at = (hours: number) => DAY_ZERO_SECONDS + hours * HOUR;
const jobAt = (state: string, hours: number, fields: JsonObject = {}) =>
  job(state, { createdAtSeconds: at(hours), fields });

describe('the memory for a list of jobs', () => {
  test('a kept job is small, for any number of components', () => {
    const components = Array.from({ length: 1000 }, (_, number) => ({ exportId: objectId(0, number + 2) }));
    const { newest } = summaryOf([jobAt('InProgress', 1, { components })]);
    expect(newest.map(({ shards }) => shards)).toEqual([1000]);
    expect(JSON.stringify(newest).length).toBeLessThan(1000);
  });

  test('a list with too many components is not read to its end', () => {
    const fold = startExportFold('first', { maxActiveJobs: 50, nowSeconds: NOW_SECONDS });
    const page = (nth: number) =>
      Array.from({ length: 1001 }, (_, index) => ({ exportId: objectId(nth, index + 1), replicaSetName: 'a' }));
    const add = (nth: number) => fold.add([jobAt('InProgress', nth, { components: page(nth) })], NONE);
    for (let nth = 0; nth < 99; nth += 1) add(nth);
    expect(() => add(99)).toThrow('more than 100000 components');
  });

  test('of 10,000 distinct error codes the 20 most frequent are kept, then by name, the rest as other', () => {
    const codes = Array.from({ length: 10_000 }, (_, index) => `CODE_${String(index).padStart(5, '0')}`);
    const jobs = [...codes, 'CODE_09999', 'not a code', ''].map((errorCode, number) =>
      job('Failed', { number, fields: { stateReason: { errorCode } } }),
    );
    const fold = startExportFold('first', { maxActiveJobs: 50, nowSeconds: NOW_SECONDS });
    fold.add(jobs, NONE);
    const { summary, dropped } = fold.result();
    expect(summary.failedByCode.size).toBe(21);
    expect(summary.failedByCode.get('CODE_09999')).toBe(2);
    expect(summary.failedByCode.get('CODE_00018')).toBe(1);
    expect(summary.failedByCode.has('CODE_00019')).toBe(false);
    expect([...summary.failedByCode.values()].reduce((a, b) => a + b)).toBe(jobs.length);
    expect(dropped.error_codes).toBe(9_981);
  });

  test('of more than 20 buckets those with the newest successes are kept', () => {
    const jobs = Array.from({ length: 25 }, (_, hour) =>
      jobAt('Successful', hour, { exportBucketId: `bucket-${hour}` }),
    );
    const fold = startExportFold('first', { maxActiveJobs: 50, nowSeconds: NOW_SECONDS });
    fold.add([...jobs, jobAt('Successful', 30, { exportBucketId: 'no label "' })], NONE);
    const { summary, dropped } = fold.result();
    expect([...summary.buckets.keys()]).toEqual(Array.from({ length: 20 }, (_, index) => `bucket-${24 - index}`));
    expect(dropped.export_buckets).toBe(5);
  });

  test('unknown states are counted, and each is reported once', () => {
    const fold = startExportFold('first', { maxActiveJobs: 50, nowSeconds: NOW_SECONDS });
    fold.add(
      ['Paused', 'Paused', 'Thawing'].map((state, hour) => jobAt(state, hour)),
      NONE,
    );
    expect([...fold.result().foreignStates]).toEqual(['Paused', 'Thawing']);
    expect(summaryOf([jobAt('Paused', 1, { finishedAt: '2026-03-01T09:00:00Z' })])).toMatchObject({
      activeCount: 0,
      counts: { unknown: 1 },
    });
  });
});

describe('components of a sharded job that are listed as jobs', () => {
  const parent = job('Successful', {
    number: 1,
    fields: { components: [2, 3].map((n) => ({ exportId: objectId(DAY_ZERO_SECONDS, n) })) },
  });
  const children = [2, 3].map((number) => job('Successful', { number }));

  test('are not counted again, before or after it', () => {
    expect(summaryOf([parent, ...children]).counts.successful).toBe(1);
    expect(summaryOf([...children, parent]).counts.successful).toBe(1);
  });

  test('that come before it need a second reading, which excludes them', () => {
    const first = startExportFold('first', { maxActiveJobs: 50, nowSeconds: NOW_SECONDS });
    first.add(children, NONE);
    first.add([parent], idsOf(children));
    expect(first.wantsSecondReading).toBe(true);
    const second = startExportFold('second', { maxActiveJobs: 50, nowSeconds: NOW_SECONDS });
    second.add(children, NONE);
    second.add([parent], idsOf(children));
    expect(second.wantsSecondReading).toBe(false);
    expect(second.result().summary.counts.successful).toBe(1);
  });

  test('need no second reading when they come after it', () => {
    const fold = startExportFold('first', { maxActiveJobs: 50, nowSeconds: NOW_SECONDS });
    fold.add([parent], NONE);
    fold.add(children, idsOf([parent]));
    expect(fold.wantsSecondReading).toBe(false);
  });
});

describe('the summary of a list', () => {
  const anyJob = fc
    .record({
      state: fc.constantFrom('Queued', 'InProgress', 'Successful', 'Failed', 'Cancelled', 'Paused'),
      hour: fc.integer({ min: 0, max: 6 }),
      durationSeconds: fc.option(fc.integer({ min: -10, max: 5000 }), { nil: null }),
      bucket: fc.constantFrom('a', 'b', ''),
      errorCode: fc.constantFrom('A', 'B', 'odd code', null),
      exportStatus: fc.constantFrom(null, { exportedCollections: 3, totalCollections: 4 }),
    })
    .map(({ hour, exportStatus, errorCode, state, ...options }) => ({
      state,
      options: {
        ...options,
        createdAtSeconds: at(hour),
        fields: { exportStatus, ...(state === 'Failed' ? { stateReason: { errorCode } } : {}) },
      },
    }));
  /** Jobs with ids of their own, some of them components of others. */
  const anyList = fc.array(fc.tuple(anyJob, fc.nat(40)), { maxLength: 40 }).map((drawn) => {
    const jobs = drawn.map(([{ state, options }], number) => job(state, { ...options, number }));
    return jobs.map((one, index) => {
      const component = drawn[index]?.[1] ?? 0;
      const other = index % 4 === 0 && component % 4 !== 0 ? jobs[component] : undefined;
      return other ? { ...one, components: [{ exportId: other['id'] }] } : one;
    });
  });

  function read(jobs: readonly JsonObject[], cuts: readonly number[]) {
    const pages: JsonObject[][] = [[]];
    for (const [index, one] of jobs.entries()) {
      if (cuts.includes(index)) pages.push([]);
      pages.at(-1)?.push(one);
    }
    const reading = (nth: 'first' | 'second') => {
      const fold = startExportFold(nth, { maxActiveJobs: 3, nowSeconds: NOW_SECONDS });
      for (const [index, page] of pages.entries()) fold.add(page, idsOf(pages.slice(0, index).flat()));
      return fold;
    };
    const first = reading('first');
    return first.wantsSecondReading ? reading('second').result() : first.result();
  }

  test('depends neither on the order of jobs nor on the pages of the list', () => {
    fc.assert(
      fc.property(
        anyList.chain((jobs) =>
          fc.tuple(fc.constant(jobs), fc.shuffledSubarray(jobs, { minLength: jobs.length }), fc.array(fc.nat(40))),
        ),
        ([jobs, shuffled, cuts]) => {
          const inOrder = read(jobs, []);
          const otherwise = read(shuffled, cuts);
          expect(otherwise.summary).toEqual(inOrder.summary);
          expect(otherwise.dropped).toEqual(inOrder.dropped);
        },
      ),
      { numRuns: 150 },
    );
  });
});
