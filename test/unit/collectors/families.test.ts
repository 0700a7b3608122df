/** The job metrics: the sample lines for a given list of jobs. */
import { describe, expect, test } from '@jest/globals';
import type { JsonObject } from '../../../src/atlas/http/answer.ts';
import type { TargetState } from '../../../src/collectors/collector.ts';
import { exportsCollector } from '../../../src/collectors/exports/collector.ts';
import { linesOf as linesOfState } from '../../../src/metrics/lines.ts';
import { DAY_ZERO_SECONDS, iso, job, objectId } from '../../support/jobs.ts';
import { GROUP_ID, polledState, withRecord } from '../../support/states.ts';

const { families } = exportsCollector;
const PREFIX = 'mongodbatlas_backup_export_';

/** The sample lines whose metric name is one of these, without prefix and target labels. */
function lines(state: TargetState, ...names: string[]): string[] {
  const text = linesOfState(families, state).join('');
  const short = text
    .replaceAll(PREFIX, '')
    .replaceAll(`group_id="${GROUP_ID}",cluster_name="Cluster0"`, '')
    .replaceAll('{,', '{')
    .replaceAll('{}', '');
  return short.split('\n').filter((line) => names.includes(/^\w*/.exec(line)?.[0] ?? ''));
}

const linesOf = (jobs: readonly JsonObject[], ...names: string[]) => lines(polledState(jobs), ...names);
const running = (fields: JsonObject) => job('InProgress', { fields });

describe('the metrics of a list of jobs', () => {
  test('every state has a sample, also if it is zero', () => {
    expect(linesOf([job('Successful')], 'jobs')).toEqual([
      'jobs{state="queued"} 0',
      'jobs{state="in_progress"} 0',
      'jobs{state="successful"} 1',
      'jobs{state="failed"} 0',
      'jobs{state="cancelled"} 0',
      'jobs{state="unknown"} 0',
    ]);
  });

  test('an empty list has no outcome, no success and no failure', () => {
    const text = linesOfState(families, polledState([])).join('');
    const names = new Set(text.match(/^\w+/gm));
    expect([...names]).toEqual(
      ['jobs', 'consecutive_failures', 'destination_consecutive_failures'].map((name) => PREFIX + name),
    );
  });

  test('a success that disappears takes its metrics with it', () => {
    expect(linesOf([job('Successful')], 'last_success_timestamp_seconds')).toHaveLength(1);
    expect(linesOf([job('Failed')], 'last_success_timestamp_seconds', 'typical_duration_seconds')).toEqual([]);
  });

  test('a list that has lost its oldest jobs counts fewer, and knows the same last success', () => {
    const jobs = [1, 2, 3].map((hour) => job('Successful', { createdAtSeconds: DAY_ZERO_SECONDS + hour * 3600 }));
    const names = ['last_success_timestamp_seconds', 'last_finished_state'];
    expect(linesOf(jobs.slice(1), ...names)).toEqual(linesOf(jobs, ...names));
    expect(linesOf(jobs.slice(1), 'jobs')).toContain('jobs{state="successful"} 2');
  });

  test('the last success has its time, duration, collections and the age of its data', () => {
    expect(
      linesOf(
        [job('Successful')],
        'last_success_timestamp_seconds',
        'last_success_created_timestamp_seconds',
        'last_success_snapshot_timestamp_seconds',
        'last_success_duration_seconds',
        'last_success_collections',
        'last_success_collections_exported',
        'bucket_last_success_timestamp_seconds',
      ),
    ).toEqual([
      `last_success_timestamp_seconds ${DAY_ZERO_SECONDS + 780}`,
      `last_success_created_timestamp_seconds ${DAY_ZERO_SECONDS}`,
      `last_success_snapshot_timestamp_seconds ${DAY_ZERO_SECONDS - 60}`,
      'last_success_duration_seconds 780',
      'last_success_collections 10',
      'last_success_collections_exported 10',
      `bucket_last_success_timestamp_seconds{export_bucket_id="5f0000000000000000000001"} ${DAY_ZERO_SECONDS + 780}`,
    ]);
  });

  test('a sharded success without finishedAt and counts is dated by its creation and has no duration', () => {
    const sharded = job('Successful', { fields: { finishedAt: undefined, exportStatus: undefined } });
    expect(
      linesOf([sharded], 'last_success_timestamp_seconds', 'last_success_duration_seconds', 'last_success_collections'),
    ).toEqual([`last_success_timestamp_seconds ${DAY_ZERO_SECONDS}`]);
  });

  test('0 of 0 collections on a success is shown as it is', () => {
    const small = job('Successful', { fields: { exportStatus: { exportedCollections: 0, totalCollections: 0 } } });
    expect(linesOf([small], 'last_success_collections', 'last_success_collections_exported')).toEqual([
      'last_success_collections 0',
      'last_success_collections_exported 0',
    ]);
  });

  test('the outcome of the newest finished job is one of three', () => {
    expect(linesOf([job('Cancelled')], 'last_finished_state')).toEqual([
      'last_finished_state{state="successful"} 0',
      'last_finished_state{state="failed"} 0',
      'last_finished_state{state="cancelled"} 1',
    ]);
  });

  test('an error code with quotes and newlines never reaches a label', () => {
    const hostile = job('Failed', { fields: { stateReason: { errorCode: 'A"}\nevil 1' } } });
    expect(linesOf([hostile], 'failed_jobs', 'evil')).toEqual(['failed_jobs{error_code="other"} 1']);
  });
});

describe('the metrics of an active job', () => {
  const id = objectId(DAY_ZERO_SECONDS, 1);

  test('name it, its state, its start and its progress', () => {
    const one = running({ exportStatus: { exportedCollections: 1, totalCollections: 4 } });
    expect(linesOf([one], ...ACTIVE).sort()).toEqual(
      [
        `active_collections 4`,
        `active_collections_exported 1`,
        `active_job_info{export_id="${id}",snapshot_id="${objectId(DAY_ZERO_SECONDS - 60, 1)}",export_bucket_id="5f0000000000000000000001"} 1`,
        `active_job_state{export_id="${id}",state="queued"} 0`,
        `active_job_state{export_id="${id}",state="in_progress"} 1`,
        `active_job_state{export_id="${id}",state="unknown"} 0`,
        `active_job_created_timestamp_seconds{export_id="${id}"} ${DAY_ZERO_SECONDS}`,
        `active_job_collections{export_id="${id}"} 4`,
        `active_job_collections_exported{export_id="${id}"} 1`,
        `active_job_progress_ratio{export_id="${id}"} 0.25`,
        `oldest_active_created_timestamp_seconds{state="in_progress"} ${DAY_ZERO_SECONDS}`,
      ].sort(),
    );
  });

  test('have no ratio for 0 of 0, and no ratio above 1', () => {
    const of = (exportedCollections: number, totalCollections: number) =>
      linesOf([running({ exportStatus: { exportedCollections, totalCollections } })], 'active_job_progress_ratio');
    expect(of(0, 0)).toEqual([]);
    expect(of(5, 4)).toEqual([`active_job_progress_ratio{export_id="${id}"} 1`]);
  });

  test('count the shards of a sharded job, which has no collections', () => {
    const components = [{ exportId: objectId(1) }, { exportId: objectId(2) }];
    expect(
      linesOf([running({ components, exportStatus: null })], 'active_job_shards', 'active_job_collections'),
    ).toEqual([`active_job_shards{export_id="${id}"} 2`]);
  });

  test('are absent if a job has no id, but the job is in the sums', () => {
    const nameless = running({ id: null, exportStatus: { exportedCollections: 1, totalCollections: 4 } });
    expect(linesOf([nameless], ...ACTIVE)).toEqual([
      `oldest_active_created_timestamp_seconds{state="in_progress"} ${DAY_ZERO_SECONDS}`,
      'active_collections 4',
      'active_collections_exported 1',
    ]);
  });

  test('disappear when the job ends or is no longer listed', () => {
    expect(linesOf([], ...ACTIVE)).toEqual([]);
    expect(linesOf([job('Successful')], ...ACTIVE)).toEqual([]);
  });

  test('in an unknown state without an end show this state', () => {
    const paused = job('Paused', { fields: { finishedAt: undefined, createdAt: iso(DAY_ZERO_SECONDS + 5) } });
    expect(linesOf([paused], 'oldest_active_created_timestamp_seconds')).toEqual([
      `oldest_active_created_timestamp_seconds{state="unknown"} ${DAY_ZERO_SECONDS + 5}`,
    ]);
  });
});

test('stale volatile metrics are absent, facts stay', () => {
  const fresh = polledState([
    job('InProgress', { number: 2 }),
    job('Failed', { number: 1 }),
    job('Successful', { number: 0 }),
  ]);
  const stale = withRecord(fresh, 'exports', { stale: true });
  const text = linesOfState(families, stale).join('');
  expect([...new Set(text.match(/^\w+/gm))].map((name) => name.replace(PREFIX, ''))).toEqual([
    'consecutive_failures',
    'last_finished_state',
    'last_failure_timestamp_seconds',
    'last_success_timestamp_seconds',
    'last_success_created_timestamp_seconds',
    'last_success_snapshot_timestamp_seconds',
    'last_success_duration_seconds',
    'last_success_collections',
    'last_success_collections_exported',
    'typical_duration_seconds',
    'bucket_last_success_timestamp_seconds',
    'bucket_consecutive_failures',
    'bucket_data_timestamp_seconds',
    'destination_last_success_timestamp_seconds',
    'destination_data_timestamp_seconds',
    'destination_consecutive_failures',
    'destination_collections',
    'destination_collections_exported',
  ]);
});

test('they are not absent because another record of the target is stale', () => {
  const fresh = polledState([job('InProgress')]);
  const schedule = { polls: 1, summary: { autoExportEnabled: false } };
  const other = withRecord(fresh, 'schedule', { ...schedule, stale: true });
  expect(linesOfState(families, other)).toEqual(linesOfState(families, withRecord(fresh, 'schedule', schedule)));
});

const ACTIVE = [
  'oldest_active_created_timestamp_seconds',
  'active_collections',
  'active_collections_exported',
  'active_job_info',
  'active_job_state',
  'active_job_created_timestamp_seconds',
  'active_job_collections',
  'active_job_collections_exported',
  'active_job_progress_ratio',
  'active_job_shards',
];
