import { expect, test } from '@jest/globals';
import type { Field } from '../../src/collectors/collector.ts';
import { JOB_FIELDS } from '../../src/collectors/exports/fields.ts';
import { COLLECTORS } from '../../src/collectors/index.ts';
import {
  BUDGET_FIELDS,
  OUTAGE_FIELDS,
  PROJECT_FIELDS,
  READ_FIELDS,
  TARGET_FIELDS,
  targetsJson,
} from '../../src/web/api.ts';
import { FLEET_NOW, fleet, NOT_ALLOWED } from '../support/fleet.ts';
import { job } from '../support/jobs.ts';
import { overviewOf } from '../support/pages.ts';
import { snapshot, withSnapshots } from '../support/snapshots.ts';
import { polledState, withRecord, withSchedule } from '../support/states.ts';

/** An answer that contains every field. */
function answer(): Record<string, unknown> {
  const jobs = [
    job('Failed', { createdAtSeconds: FLEET_NOW - 900, number: 2 }),
    job('InProgress', { createdAtSeconds: FLEET_NOW - 300, number: 3 }),
    job('Successful', { fields: { components: [{ exportId: 'a' }] } }),
  ];
  const settings = { paused: false, durationMaxSeconds: 60, successMaxAgeSeconds: 60, owner: 'payments' };
  const export_ = { bucketId: '5f0000000000000000000001', frequency: 'daily', hasPolicyItem: true };
  const schedule = { autoExportEnabled: true, export: export_, nextSnapshotAtSeconds: FLEET_NOW + 900 };
  const state = withSnapshots(withSchedule(polledState(jobs, settings), schedule), [snapshot(FLEET_NOW - 900)]);
  const last = { endedAtSeconds: FLEET_NOW - 1, durationSeconds: 1, failure: NOT_ALLOWED };
  const { groupId } = state.target;
  const discovery = { groupId, tried: true, up: false, goodAtSeconds: FLEET_NOW - 60, failure: NOT_ALLOWED };
  const level = { capacityRequests: 50, remainingRequests: 41.5, waitingRequests: 0, pausedForSeconds: 0 };
  const atlas = { limit: 500, remaining: 480, ageSeconds: 1 };
  const budgets = [{ groupId, name: 'cloud_backups' as const, ...level, atlas }];
  const overview = overviewOf([withRecord(state, 'exports', { last })], {
    nowSeconds: FLEET_NOW,
    discoveries: [discovery],
    budgets,
    outage: { sinceSeconds: FLEET_NOW - 60, reason: 'timeout', problem: 'no answer', advice: 'wait' },
  });
  return JSON.parse(
    targetsJson(overview, { version: '1.2.3', nowSeconds: FLEET_NOW, collectors: COLLECTORS }),
  ) as Record<string, unknown>;
}

/** All of these objects, merged. */
function allOf(objects: unknown): Record<string, unknown> {
  return Object.assign({}, ...(objects as object[])) as Record<string, unknown>;
}

test.each<[string, readonly Field<never>[], (whole: ReturnType<typeof answer>) => unknown]>([
  [
    'targets',
    [
      ...TARGET_FIELDS,
      ...COLLECTORS.flatMap(({ fields = [] }) => fields),
      { name: 'reads', type: 'object' } as Field<never>,
    ],
    (whole) => whole['targets'],
  ],
  ['reads', READ_FIELDS, (whole) => Object.values(allOf(whole['targets'])['reads'] as object)],
  [
    'jobs',
    JOB_FIELDS,
    (whole) => [allOf(whole['targets'])].flatMap((one) => [one['newest_jobs'], one['active_jobs']].flat()),
  ],
  ['projects', PROJECT_FIELDS, (whole) => whole['projects']],
  ['the outage', OUTAGE_FIELDS, (whole) => [whole['outage']]],
  ['budgets', BUDGET_FIELDS, (whole) => allOf(whole['projects'])['budgets']],
])('the answer has every documented field of %s, with its type, and no other', (_what, fields, pick) => {
  const found = allOf(pick(answer()));
  expect(Object.keys(found).sort()).toEqual(fields.map(({ name }) => name).sort());
  for (const { name, type } of fields) {
    expect([name, Array.isArray(found[name]) ? 'array' : typeof found[name]]).toEqual([name, type]);
  }
});

test('the answer has the documented structure', () => {
  const fields = ['generated_timestamp_seconds', 'exporter_version', 'outage', 'targets', 'projects'];
  expect(Object.keys(answer())).toEqual(fields);
  expect(allOf(answer()['targets'])).toMatchObject({
    cluster_name: 'Cluster0',
    condition: 'overdue',
    findings: [
      { condition: 'overdue' },
      {
        condition: 'failed',
        problem: expect.stringContaining('EXPORT_FAILED'),
        advice: expect.any(String),
        alert: 'AtlasBackupExportFailed',
      },
      { condition: 'stuck' },
      { condition: 'unreachable' },
      { condition: 'running' },
    ],
    up: false,
    poll_failure: { reason: 'forbidden', status: 403, error_code: 'IP_ADDRESS_NOT_ON_ACCESS_LIST' },
    jobs: { queued: 0, in_progress: 1, successful: 1, failed: 1, cancelled: 0, unknown: 0 },
    failed_jobs: { EXPORT_FAILED: 1 },
  });
});

test('unknown values are absent', () => {
  const overview = overviewOf(fleet(1), { nowSeconds: FLEET_NOW });
  const { targets } = JSON.parse(
    targetsJson(overview, { version: '', nowSeconds: FLEET_NOW, collectors: COLLECTORS }),
  ) as {
    targets: object[];
  };
  expect(targets[0]).not.toHaveProperty('paused');
  expect(targets[0]).not.toHaveProperty('poll_failure');
  expect(targets[0]).toHaveProperty('up', true);
});
