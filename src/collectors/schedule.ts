/**
 * The backup schedule of one cluster: whether and how often it exports snapshots, and the maximum age of the last
 * success that follows from this. Decoding is lenient: a field that is null or of another type counts as absent.
 * Source: GET /groups/{groupId}/clusters/{clusterName}/backup/schedule, API version 2025-03-12.
 */
import { isObject, type JsonObject } from '../atlas/http/answer.ts';
import { span } from '../support/words.ts';
import { type Collector, type Finding, type Moment, PREFIX, recordOf, type TargetState } from './collector.ts';
import { checkedId, parseTime } from './decoding.ts';
import { exportsOf } from './exports/summary.ts';
import { fieldsFrom, gauge, labelledGauge } from './families.ts';

export interface BackupSchedule {
  readonly autoExportEnabled: boolean;
  /** Absent while automatic export is off. */
  readonly export?: {
    /** Empty if Atlas gives no id that is valid as a label. */
    readonly bucketId: string;
    /** As Atlas writes it; `other` if it is not valid as a label. */
    readonly frequency: string;
    /** Without a policy item of this frequency nothing is ever exported. Absent if the schedule lists no policies. */
    readonly hasPolicyItem?: boolean;
    /** The ids of these policy items, at most MAX_ITEMS. A snapshot names the items that it was taken for. */
    readonly itemIds?: readonly string[];
  };
  /** Unix time at which Atlas will take the next snapshot. */
  readonly nextSnapshotAtSeconds?: number | undefined;
}

const NAME = 'schedule';
/** Atlas allows far fewer policy items. */
const MAX_ITEMS = 50;
const RETRY_SECONDS = 300;
const HOUR_SECONDS = 3600;
const DAY_SECONDS = 24 * HOUR_SECONDS;
/** Yearly snapshots have the longest time between two snapshots. */
const LONGEST_PERIOD_SECONDS = 400 * DAY_SECONDS;

/** Maximum age by frequency: the time between two exports, plus some time for the export itself. */
const MAX_AGE_SECONDS: ReadonlyMap<string, number> = new Map([
  ['daily', 26 * HOUR_SECONDS],
  ['weekly', 8 * DAY_SECONDS],
  ['monthly', 32 * DAY_SECONDS],
  ['yearly', 367 * DAY_SECONDS],
]);

export const scheduleOf = recordOf<BackupSchedule>(NAME);
const field = fieldsFrom(scheduleOf);

export const scheduleCollector: Collector<BackupSchedule> = {
  name: NAME,
  words: {
    title: 'Backup schedule',
    one: 'backup schedule',
    many: 'backup schedules',
    resource: 'backup schedule',
    cadence: 'The exporter reads the backup schedule again every hour, unless `polling.read_schedule` is false.',
  },
  role: 'Project Read Only',
  advice: {
    forbidden:
      'give the credential the role Project Read Only in this project too, or set polling.read_schedule to false',
  },
  operation: 'get_schedule',
  upMetric: `${PREFIX}schedule_up`,
  after: 'exports',
  switchDescription:
    'Whether to read the backup schedule of each target every hour. It shows whether the cluster exports automatically, and gives the default of `success_max_age`. It needs the role Project Read Only.',
  // Schedules rarely change. Until the first one was read, there are no findings about the age of exports.
  pace: (summary, { idleIntervalSeconds }) => ({
    seconds: HOUR_SECONDS,
    retrySeconds: summary === undefined ? Math.min(RETRY_SECONDS, idleIntervalSeconds) : RETRY_SECONDS,
    failedSeconds: HOUR_SECONDS,
  }),
  async read(api, { target: { groupId, clusterName } }, _settings, signal, nowSeconds) {
    const path = `/groups/${groupId}/clusters/${encodeURIComponent(clusterName)}/backup/schedule`;
    const json = await api.get(
      { operation: scheduleCollector.operation, budget: 'cloud_backups', groupId, path },
      signal,
    );
    return { summary: decodeSchedule(json, nowSeconds) };
  },
  families: [
    gauge(
      'auto_export_enabled',
      '1 if the backup schedule exports snapshots automatically, else 0; absent until the schedule has been read.',
      (state) => {
        const { summary } = scheduleOf(state);
        return summary && Number(summary.autoExportEnabled);
      },
    ),
    labelledGauge(
      'auto_export_info',
      'The export policy of the backup schedule; always 1. Absent while automatic export is off.',
      ['export_bucket_id', 'frequency_type'],
      (state) => {
        const policy = scheduleOf(state).summary?.export;
        if (policy === undefined) return [];
        return [{ labels: { export_bucket_id: policy.bucketId, frequency_type: policy.frequency }, value: 1 }];
      },
    ),
    gauge(
      'auto_export_has_policy_item',
      '1 if a policy item of the backup schedule takes snapshots of the exported frequency, else 0: then nothing is ever exported. Absent while automatic export is off or the schedule lists no policies.',
      (state) => {
        const hasItem = scheduleOf(state).summary?.export?.hasPolicyItem;
        return hasItem === undefined ? undefined : Number(hasItem);
      },
    ),
    gauge(
      'next_snapshot_timestamp_seconds',
      'Unix time at which Atlas will take the next snapshot, as the backup schedule says. If it has long passed, snapshots are late.',
      (state) => scheduleOf(state).summary?.nextSnapshotAtSeconds,
    ),
  ],
  findings: [findNoPolicyItem, findSnapshotsLate, findUnmeasured],
  fields: [
    field(
      'auto_export_enabled',
      'boolean',
      'True if the backup schedule exports snapshots automatically; absent until it has been read.',
      ({ autoExportEnabled }) => autoExportEnabled,
    ),
    field(
      'auto_export_frequency_type',
      'string',
      'How often, as Atlas writes it.',
      (schedule) => schedule.export?.frequency,
    ),
    field('auto_export_bucket_id', 'string', 'Into which bucket.', (schedule) => schedule.export?.bucketId),
    field(
      'auto_export_has_policy_item',
      'boolean',
      'True if a policy item takes snapshots of this frequency; if not, nothing is ever exported.',
      (schedule) => schedule.export?.hasPolicyItem,
    ),
    field(
      'next_snapshot_timestamp_seconds',
      'number',
      'When Atlas will take the next snapshot.',
      ({ nextSnapshotAtSeconds }) => nextSnapshotAtSeconds,
    ),
  ],
};

export function decodeSchedule(json: JsonObject, nowSeconds: number): BackupSchedule {
  const { autoExportEnabled, export: policy, policies, nextSnapshot } = json;
  const { seconds: nextSnapshotAtSeconds } = parseTime(nextSnapshot, nowSeconds, LONGEST_PERIOD_SECONDS);
  if (autoExportEnabled !== true) return { autoExportEnabled: false, nextSnapshotAtSeconds };
  if (!isObject(policy)) return { autoExportEnabled, nextSnapshotAtSeconds };
  const { exportBucketId, frequencyType } = policy as Record<string, unknown>;
  const frequency = checkedFrequency(frequencyType);
  const isKnown = Array.isArray(policies) && frequency !== 'other';
  const items = isKnown ? itemsOf(policies, frequency) : {};
  const bucketId = checkedId(exportBucketId);
  return { autoExportEnabled, nextSnapshotAtSeconds, export: { bucketId, frequency, ...items } };
}

/** The policy items that take snapshots of this frequency. */
function itemsOf(policies: readonly unknown[], frequency: string) {
  const all = policies.filter(isObject).flatMap(({ policyItems }) => (Array.isArray(policyItems) ? policyItems : []));
  const items = all.filter(isObject).filter((item) => {
    return String(item['frequencyType']).toLowerCase() === frequency.toLowerCase();
  });
  const itemIds = items.slice(0, MAX_ITEMS).flatMap(({ id }) => checkedId(id) || []);
  return { hasPolicyItem: items.length > 0, itemIds };
}

/** The maximum age of the last success of a target, from the config or else from its backup schedule. */
export function successMaxAgeSeconds(state: TargetState): number | undefined {
  const frequency = scheduleOf(state).summary?.export?.frequency ?? '';
  return state.target.successMaxAgeSeconds ?? MAX_AGE_SECONDS.get(frequency.toLowerCase());
}

function checkedFrequency(value: unknown): string {
  return typeof value === 'string' && /^[A-Za-z0-9_-]{1,32}$/.test(value) ? value : 'other';
}

function findNoPolicyItem(state: TargetState): Finding | undefined {
  const policy = scheduleOf(state).summary?.export;
  if (policy?.hasPolicyItem !== false) return undefined;
  return {
    condition: 'no_policy_item',
    problem: `automatic export is on for ${policy.frequency} snapshots, but the backup policy takes none: nothing will be exported`,
    advice: 'add a policy item of this frequency in Atlas, or export another frequency',
  };
}

const MAX_SNAPSHOT_DELAY_SECONDS = 3 * HOUR_SECONDS;

function findSnapshotsLate(state: TargetState, { nowSeconds }: Moment): Finding | undefined {
  const { summary, last } = scheduleOf(state);
  const next = summary?.nextSnapshotAtSeconds ?? nowSeconds;
  if (last?.failure || state.target.paused || nowSeconds - next <= MAX_SNAPSHOT_DELAY_SECONDS) return undefined;
  return {
    condition: 'snapshots_late',
    problem: `the next snapshot is ${span(nowSeconds - next)} late`,
    advice: 'check in Atlas whether the cluster is paused, and look at its newest snapshots',
  };
}

/** The maximum age is not known, so the target can never be overdue. */
function findUnmeasured(state: TargetState, { settings }: Moment): Finding | undefined {
  const exports = exportsOf(state);
  if (successMaxAgeSeconds(state) !== undefined || exports.last === undefined) return undefined;
  const condition = 'unmeasured';
  const set = 'set success_max_age in the config';
  if (settings.isRead[NAME] === false) {
    return { condition, problem: 'no maximum age of the last success is configured', advice: set };
  }
  const { summary, last } = scheduleOf(state);
  if (summary === undefined) {
    // Schedules are read after the exports; until then there is no finding. If reading the exports fails too, that failure
    // is enough.
    if (last?.failure === undefined || exports.last.failure) return undefined;
    const { problem, advice } = last.failure;
    return { condition, problem: `the backup schedule cannot be read: ${problem}`, advice: `${advice}; or ${set}` };
  }
  if (!summary.autoExportEnabled) {
    const advice = `switch automatic export on in Atlas; or ${set}, if something else starts exports`;
    return { condition, problem: 'automatic export is off in the backup schedule', advice };
  }
  const frequency = summary.export?.frequency ?? 'not given';
  return { condition, problem: `the frequency of the backup schedule is ${frequency}`, advice: set };
}
