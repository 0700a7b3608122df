/** Many targets, as in a large organization: most are fine, some have problems of different kinds. */
import type { JsonObject } from '../../src/atlas/http/answer.ts';
import type { Failure, TargetState } from '../../src/collectors/collector.ts';
import { DAY_ZERO_SECONDS, job } from './jobs.ts';
import { polledState, withRecord, withSchedule } from './states.ts';

export const DAY = 86_400;
/** The time at which the tests look at the fleet. */
export const FLEET_NOW = DAY_ZERO_SECONDS + 30 * DAY;

const DAILY = { autoExportEnabled: true, export: { bucketId: '5f0000000000000000000001', frequency: 'daily' } };

export const NOT_ALLOWED: Failure = {
  reason: 'forbidden',
  status: 403,
  errorCode: 'IP_ADDRESS_NOT_ON_ACCESS_LIST',
  problem: 'Atlas answered 403 IP_ADDRESS_NOT_ON_ACCESS_LIST',
  advice: 'add this host’s public address to the API access list of the service account or API key',
};

/** Every twentieth fails, every twenty-fifth is overdue, every thirtieth can't be read, every tenth is exporting. */
export function fleet(count: number): readonly TargetState[] {
  return Array.from({ length: count }, (_, index) => member(index));
}

function member(index: number): TargetState {
  const name = `cluster-${String(index + 1).padStart(4, '0')}`;
  const groupId = `5e00000000000000000000${(index % 40).toString(16).padStart(2, '0')}`;
  const settings = {
    groupId,
    projectName: `Project ${(index % 40) + 1}`,
    durationMaxSeconds: 7200,
    owner: `team-${index % 3}`,
  };
  const isNth = (every: number, from: number): boolean => index % every === from;
  const history = dailyJobs(isNth(25, 3) ? 26 : 30, index);
  const jobs = [
    ...(isNth(20, 7) ? [job('Failed', at(FLEET_NOW - 3 * 3600, index))] : []),
    ...(isNth(10, 1) ? [running(FLEET_NOW - 900, index)] : []),
    ...history,
  ];
  const state = withSchedule(polledState(jobs, settings, name), DAILY);
  const last = { endedAtSeconds: FLEET_NOW - (index % 240), durationSeconds: 0.3 };
  const failure = isNth(30, 5) ? { failure: NOT_ALLOWED } : {};
  return withRecord(state, 'exports', { goodAtSeconds: last.endedAtSeconds, last: { ...last, ...failure } });
}

/** The newest first, the last one of them on day `days`. */
function dailyJobs(days: number, index: number): readonly JsonObject[] {
  return Array.from({ length: days }, (_, day) =>
    job('Successful', at(DAY_ZERO_SECONDS + day * DAY + 3600 + index, index + day)),
  ).reverse();
}

function running(createdAtSeconds: number, index: number): JsonObject {
  const fields = { exportStatus: { exportedCollections: 10 + (index % 30), totalCollections: 45 } };
  return job('InProgress', { ...at(createdAtSeconds, index), fields });
}

const at = (createdAtSeconds: number, number: number) => ({ createdAtSeconds, number, durationSeconds: 1500 });
