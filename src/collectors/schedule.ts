/**
 * The backup schedule of one cluster, as far as it exports snapshots by itself, and what follows from it: how old the newest
 * success may be. Lenient: what is absent, null or of another type counts as not there.
 * Source: GET /groups/{groupId}/clusters/{clusterName}/backup/schedule, API version 2025-03-12.
 */
import { isObject, type JsonObject } from '../atlas/http/answer.ts';
import { type Collector, type Family, PREFIX, type TargetState } from './collector.ts';
import { checkedId } from './exports/job.ts';
import { maybe } from './samples.ts';

export interface BackupSchedule {
  readonly autoExportEnabled: boolean;
  /** Only while exports are made by themselves. */
  readonly export?: {
    /** Empty where Atlas gives none that can be a label. */
    readonly bucketId: string;
    /** As Atlas writes it; `other` for one that can't be a label. */
    readonly frequency: string;
  };
}

const HOUR_SECONDS = 3600;
const DAY_SECONDS = 24 * HOUR_SECONDS;

/** The time between two exports, and some more for the export itself. */
const MAX_AGE_SECONDS: ReadonlyMap<string, number> = new Map([
  ['daily', 26 * HOUR_SECONDS],
  ['weekly', 8 * DAY_SECONDS],
  ['monthly', 32 * DAY_SECONDS],
  ['yearly', 367 * DAY_SECONDS],
]);

const CACHED = 'Cached; read again every hour.';

export function createBackupSchedule(): Collector<'schedule'> {
  return {
    slot: 'schedule',
    families: scheduleFamilies,
    advice: {
      forbidden:
        'give the credential the role Project Read Only in this project too, or set polling.read_schedule to false',
    },
    isActive: () => false,
    async read(api, { groupId, clusterName }, signal) {
      const path = `/groups/${groupId}/clusters/${encodeURIComponent(clusterName)}/backup/schedule`;
      const json = await api.get({ operation: 'get_schedule', budget: 'cloud_backups', groupId, path }, signal);
      return { summary: decodeSchedule(json), notices: [] };
    },
  };
}

export function decodeSchedule({ autoExportEnabled, export: policy }: JsonObject): BackupSchedule {
  if (autoExportEnabled !== true) return { autoExportEnabled: false };
  if (!isObject(policy)) return { autoExportEnabled };
  const { exportBucketId, frequencyType } = policy as Record<string, unknown>;
  return {
    autoExportEnabled,
    export: { bucketId: checkedId(exportBucketId), frequency: checkedFrequency(frequencyType) },
  };
}

/** The one place that decides how old the newest success of a target may be: by the config, else by its schedule. */
export function successMaxAgeSeconds({ target, schedule }: TargetState): number | undefined {
  const frequency = schedule.summary?.export?.frequency ?? '';
  return target.successMaxAgeSeconds ?? MAX_AGE_SECONDS.get(frequency.toLowerCase());
}

function checkedFrequency(value: unknown): string {
  return typeof value === 'string' && /^[A-Za-z0-9_-]{1,32}$/.test(value) ? value : 'other';
}

const scheduleFamilies: readonly Family[] = [
  {
    name: `${PREFIX}auto_export_enabled`,
    help: `1 if the backup schedule exports snapshots by itself, else 0; absent until the schedule has been read. ${CACHED}`,
    type: 'gauge',
    labels: [],
    samples: ({ schedule: { summary } }) => maybe(summary && Number(summary.autoExportEnabled)),
  },
  {
    name: `${PREFIX}auto_export_info`,
    help: `The export policy of the backup schedule; always 1. Absent while the schedule exports nothing by itself. ${CACHED}`,
    type: 'gauge',
    labels: ['export_bucket_id', 'frequency_type'],
    samples({ schedule: { summary } }) {
      if (summary?.export === undefined) return [];
      const { bucketId: export_bucket_id, frequency: frequency_type } = summary.export;
      return [{ labels: { export_bucket_id, frequency_type }, value: 1 }];
    },
  },
];
