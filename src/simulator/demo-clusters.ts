/**
 * The projects and clusters of the demo and what each of them is there to show. Data only.
 * The numbers are chosen for a speed of 60 story minutes a minute: every sight is there within the first minute.
 */
import type { Fault } from './faults.ts';
import { type Habit, inTurn } from './job-patterns.ts';
import type { Cluster, Project } from './world.ts';

export interface Actor extends Cluster {
  readonly habit?: Habit;
  /** How often the schedule exports by itself; never if there is none. */
  readonly exportFrequency?: 'daily' | 'weekly' | 'monthly';
}

export interface Troupe extends Project {
  readonly orgId: string;
  readonly clusters: readonly Actor[];
  /** Names that the demo is configured to watch although nothing has them. */
  readonly missing?: readonly string[];
}

const day = 24 * 60;
/** Nobody drops a fifth of the collections from one export to the next: that would be an alert. */
const usual = { queueMinutes: [2, 5], runMinutes: [10, 28], collections: [54, 60] } as const;

const storefront: readonly Actor[] = [
  {
    // Healthy: a daily export, one of them in the first minute.
    name: 'orders',
    exportFrequency: 'daily',
    habit: { ...usual, periodMinutes: day, firstMinute: 4, historyJobs: 180, runMinutes: [22, 30] },
  },
  {
    // Fails with several codes; the newest jobs before the start failed, and the next success is minutes away.
    name: 'billing',
    exportFrequency: 'daily',
    habit: { ...usual, periodMinutes: 180, firstMinute: -60, historyJobs: 240, ends: inTurn('FSSSSFSSFSFF') },
  },
  {
    // Several at once, to two buckets, after a long wait: longer than the gap, so that something always waits.
    name: 'events',
    exportFrequency: 'daily',
    habit: {
      ...usual,
      periodMinutes: 20,
      firstMinute: 0,
      historyJobs: 500,
      queueMinutes: [25, 35],
      runMinutes: [40, 50],
      buckets: 2,
      ends: inTurn('SSSSFS'),
    },
  },
  {
    // Somebody cancels every fourth job.
    name: 'search',
    exportFrequency: 'weekly',
    habit: { ...usual, periodMinutes: 60, firstMinute: 8, historyJobs: 300, ends: inTurn('CSSS') },
  },
];

const insight: readonly Actor[] = [
  {
    // Sharded: no progress, no end time of a success. One job runs through the whole first minute.
    name: 'analytics',
    kind: 'sharded',
    exportFrequency: 'daily',
    habit: {
      ...usual,
      periodMinutes: 120,
      firstMinute: -10,
      historyJobs: 200,
      runMinutes: [75, 90],
      shards: 3,
      ends: inTurn('SSSSSSFS'),
    },
  },
  {
    // A list of several pages, at any page size.
    name: 'archive',
    exportFrequency: 'monthly',
    habit: { ...usual, periodMinutes: 60, firstMinute: 18, historyJobs: 1340, runMinutes: [10, 30] },
  },
  {
    // Overdue: the last success is days ago and nothing has come since, not even a failure.
    name: 'reports',
    exportFrequency: 'daily',
    habit: { ...usual, periodMinutes: day, firstMinute: -5 * day, historyJobs: 90, lastIndex: 0 },
  },
];

const platform: readonly Actor[] = [
  {
    // A state that no documentation knows, in one job out of eight, for most of the time until the next such job.
    name: 'ledger',
    exportFrequency: 'daily',
    habit: {
      ...usual,
      periodMinutes: 360,
      firstMinute: -55,
      historyJobs: 120,
      pauses: { everyJobs: 8, minutes: 40 * 60 },
    },
  },
  {
    // Successes that leave a collection out.
    name: 'catalog',
    exportFrequency: 'daily',
    habit: { ...usual, periodMinutes: 90, firstMinute: 12, historyJobs: 160, missingCollections: 2 },
  },
  {
    // The API itself is not well whenever it is asked about this one.
    name: 'sessions',
    failing: mostOfTheTime,
    habit: { ...usual, periodMinutes: 240, firstMinute: 30, historyJobs: 60, collections: [0, 0] },
  },
  { name: 'sandbox', kind: 'flex' },
];

export const troupes: readonly Troupe[] = [
  {
    id: '5f1a00c0000000000000a001',
    name: 'Storefront',
    orgId: '5f1a00c000000000000000b1',
    credentials: ['service-account'],
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

/** Two good stretches of 15 seconds in eight: enough that something is known, too few to rely on. */
function mostOfTheTime(nowMs: number): Fault | undefined {
  const stretch = Math.floor(nowMs / 15_000) % 8;
  if (stretch === 0 || stretch === 5) {
    return undefined;
  }
  return stretch % 2 === 0 ? { status: 503, html: true } : { status: 503, errorCode: 'SERVICE_UNAVAILABLE' };
}
