/**
 * The projects and clusters of the demo. Each cluster shows one thing, within the first minute at the default speed.
 */
import { type JobPattern, repeating } from './demo-jobs.ts';
import type { Cluster, Failure, Project } from './world.ts';

export interface DemoCluster extends Cluster {
  readonly pattern?: JobPattern;
  /** The frequency of the export policy. Default: no policy. */
  readonly exportFrequency?: 'daily' | 'weekly' | 'monthly';
}

export interface DemoProject extends Project {
  readonly orgId: string;
  readonly clusters: readonly DemoCluster[];
  /** Names of clusters that the demo is configured to watch and that do not exist. */
  readonly missing?: readonly string[];
}

const day = 24 * 60;
/** The number of collections differs by less than a fifth between exports: a greater difference would cause an alert. */
const usual = { queueMinutes: [2, 5], runMinutes: [10, 28], collections: [54, 60] } as const;

const storefront: readonly DemoCluster[] = [
  {
    // Healthy: one export a day, the next one in the first minute.
    name: 'orders',
    exportFrequency: 'daily',
    pattern: { ...usual, periodMinutes: day, firstMinute: 4, historyJobs: 180, runMinutes: [22, 30] },
  },
  {
    // Fails with several error codes. The newest exports failed, and the next success is minutes away.
    name: 'billing',
    exportFrequency: 'daily',
    pattern: { ...usual, periodMinutes: 180, firstMinute: -60, historyJobs: 240, endOf: repeating('FSSSSFSSFSFF') },
  },
  {
    // Several exports run at once, to two buckets. The wait in the queue is longer than the period, so that a job is
    // always queued.
    name: 'events',
    exportFrequency: 'daily',
    pattern: {
      ...usual,
      periodMinutes: 20,
      firstMinute: 0,
      historyJobs: 500,
      queueMinutes: [25, 35],
      runMinutes: [40, 50],
      buckets: 2,
      endOf: repeating('SSSSFS'),
    },
  },
  {
    // Every fourth export is cancelled.
    name: 'search',
    exportFrequency: 'weekly',
    pattern: { ...usual, periodMinutes: 60, firstMinute: 8, historyJobs: 300, endOf: repeating('CSSS') },
  },
  {
    // The export of the newest snapshot, which was taken some hours ago, has never started. Nothing is overdue yet.
    name: 'invoices',
    exportFrequency: 'weekly',
    pattern: { ...usual, periodMinutes: 7 * day, firstMinute: -200, historyJobs: 20, lastIndex: -1 },
  },
  {
    // Automatic export was switched on yesterday, after the newest snapshot: until the next one, there is nothing to export. A
    // script exports into another bucket.
    name: 'returns',
    exportFrequency: 'weekly',
    pattern: { ...usual, periodMinutes: 7 * day, firstMinute: -2 * day, historyJobs: 20, isElsewhere: true },
  },
];

const insight: readonly DemoCluster[] = [
  {
    // A sharded cluster: its jobs have no progress, and successful ones have no end time. One job runs during the whole
    // first minute.
    name: 'analytics',
    kind: 'sharded',
    exportFrequency: 'daily',
    pattern: {
      ...usual,
      periodMinutes: 120,
      firstMinute: -10,
      historyJobs: 200,
      runMinutes: [75, 90],
      shards: 3,
      endOf: repeating('SSSSSSFS'),
    },
  },
  {
    // A list of three pages of 500.
    name: 'archive',
    exportFrequency: 'monthly',
    pattern: { ...usual, periodMinutes: 60, firstMinute: 18, historyJobs: 1340, runMinutes: [10, 30] },
  },
  {
    // Overdue: the last success was days ago, and there is no export after it.
    name: 'reports',
    exportFrequency: 'daily',
    pattern: { ...usual, periodMinutes: day, firstMinute: -5 * day, historyJobs: 90, lastIndex: 0 },
  },
  {
    // Exports start hours after their snapshot. The next one starts in the third minute.
    name: 'forecasts',
    exportFrequency: 'daily',
    pattern: { ...usual, periodMinutes: day, firstMinute: 150, historyJobs: 60, snapshotLagMinutes: [300, 320] },
  },
  {
    // A script exports the same old snapshot each day.
    name: 'models',
    exportFrequency: 'daily',
    pattern: { ...usual, periodMinutes: day, firstMinute: -200, historyJobs: 40, lastSnapshotIndex: -15 },
  },
];

const platform: readonly DemoCluster[] = [
  {
    // One job of eight is in an undocumented state, for most of the time until the next such job.
    name: 'ledger',
    exportFrequency: 'daily',
    pattern: {
      ...usual,
      periodMinutes: 360,
      firstMinute: -55,
      historyJobs: 120,
      pauses: { everyJobs: 8, minutes: 40 * 60 },
    },
  },
  {
    // Successful exports without all collections.
    name: 'catalog',
    exportFrequency: 'daily',
    pattern: { ...usual, periodMinutes: 90, firstMinute: 12, historyJobs: 160, missingCollections: 2 },
  },
  {
    // The API fails most requests about this cluster.
    name: 'sessions',
    failing: mostlyUnavailable,
    pattern: { ...usual, periodMinutes: 240, firstMinute: 30, historyJobs: 60, collections: [0, 0] },
  },
  { name: 'sandbox', kind: 'flex' },
];

export const demoProjects: readonly DemoProject[] = [
  {
    id: '5f1a00c0000000000000a001',
    name: 'Storefront',
    orgId: '5f1a00c000000000000000b1',
    // The exporter uses the first one. The second one is for exports by hand.
    credentials: ['service-account', 'api-key'],
    clusters: storefront,
  },
  {
    id: '5f1a00c0000000000000a002',
    name: 'Insight',
    orgId: '5f1a00c000000000000000b1',
    credentials: ['api-key'],
    clusters: insight,
  },
  {
    id: '5f1a00c0000000000000a003',
    name: 'Platform',
    orgId: '5f1a00c000000000000000b1',
    credentials: ['access-token'],
    clusters: platform,
    missing: ['renamed-away'],
  },
  {
    id: '5f1a00c0000000000000a004',
    name: 'Treasury',
    orgId: '5f1a00c000000000000000b2',
    credentials: ['service-account'],
    forbidden: 'IP_ADDRESS_NOT_ON_ACCESS_LIST',
    clusters: [{ name: 'vault', exportFrequency: 'daily' }],
  },
];

/** Of eight periods of 15 seconds two are good: enough for some successful polls. */
function mostlyUnavailable(nowMs: number): Failure | undefined {
  const period = Math.floor(nowMs / 15_000) % 8;
  if (period === 0 || period === 5) return undefined;
  return period % 2 === 0 ? { status: 503, html: true } : { status: 503, errorCode: 'SERVICE_UNAVAILABLE' };
}
