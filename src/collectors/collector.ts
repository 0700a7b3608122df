/**
 * The types that everything shown of a target is made of: plain, immutable data. Whatever a page, a metric or the API says
 * of a target is a pure function of its TargetState.
 */
import type { AtlasApi } from '../atlas/client.ts';
import type { Reason } from '../atlas/error.ts';
import type { ExportSummary } from './exports/summary.ts';
import type { BackupSchedule } from './schedule.ts';

/** One cluster that is watched, with its settings. Replaced whole, never changed. */
export interface Target {
  /** `GROUP_ID/CLUSTER`, unique. */
  readonly key: string;
  readonly groupId: string;
  readonly clusterName: string;
  readonly credential: string;
  /** Empty while unknown. */
  readonly projectName: string;
  /** Found by asking Atlas, and not named in the config. */
  readonly discovered: boolean;
  /** As Atlas says; absent where it has not been asked for the project's clusters. */
  readonly paused?: boolean;
  readonly successMaxAgeSeconds?: number;
  readonly durationMaxSeconds?: number;
}

export interface Failure {
  readonly reason: Reason;
  readonly status?: number | undefined;
  readonly errorCode?: string | undefined;
  /** What happened, and what to do about it. */
  readonly problem: string;
  readonly advice: string;
}

/** What a collector's last whole read of a target was. */
export interface ReadFacts {
  readonly pages: number;
  /** Distinct ones. */
  readonly jobs: number;
  /** Atlas' totalCount, an estimate by its own words. */
  readonly reportedJobs?: number;
  /** What caps kept out of the series, by the cap's name. */
  readonly dropped: Readonly<Record<string, number>>;
}

/** The record of one collector's polls of one target. */
export interface Polled<S> {
  /** Of the last good poll; a failed one leaves it alone. */
  readonly summary?: S;
  readonly read?: ReadFacts;
  readonly goodAtSeconds?: number;
  /** The same moment on the monotonic clock, which `stale` is judged by. */
  readonly goodAtMonotonicSeconds?: number;
  /** Whether the last good poll is too long ago for volatile families to speak of it. */
  readonly stale: boolean;
  readonly polls: number;
  readonly failures: Readonly<Record<Reason, number>>;
  readonly intervalSeconds: number;
  readonly nextAtSeconds?: number;
  readonly last?: LastPoll;
}

export interface LastPoll {
  readonly endedAtSeconds: number;
  readonly durationSeconds: number;
  readonly failure?: Failure;
}

/** One slot per collector. */
export interface Summaries {
  readonly exports: ExportSummary;
  readonly schedule: BackupSchedule;
}
export const SLOTS = ['exports', 'schedule'] as const;
export type Slot = (typeof SLOTS)[number];

export type PolledSlots = { readonly [K in Slot]: Polled<Summaries[K]> };

export type TargetState = { readonly target: Target } & PolledSlots;

/** One sample of a family, without the target's labels: those are added to all alike. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter';
  /** Beside group_id and cluster_name. */
  readonly labels: readonly string[];
  /** Volatile families say nothing of a target while this slot of it is stale; the others are facts, which stay. */
  readonly volatile?: Slot;
  samples(state: TargetState): Iterable<Sample>;
}

export interface Read<S> {
  readonly summary: S;
  /** Of a list. */
  readonly facts?: ReadFacts;
  readonly notices: readonly Notice[];
}

/** What is worth a line in the log, once: our own words, and checked values only. */
export interface Notice {
  readonly message: string;
  readonly facts: Readonly<Record<string, string>>;
}

export type Advice = Readonly<Partial<Record<Reason, string>>>;

export interface Collector<K extends Slot> {
  readonly slot: K;
  readonly families: readonly Family[];
  /** What to do about a failure where the usual advice is wrong: another role, or a switch in the config. */
  readonly advice?: Advice;
  /** Reads the whole resource; throws AtlasError. */
  read(api: AtlasApi, target: Target, signal: AbortSignal): Promise<Read<Summaries[K]>>;
  /** Whether something is going on that is worth the shorter interval. */
  isActive(summary: Summaries[K]): boolean;
}

/** The labels that name a target. */
export const TARGET_LABELS = ['group_id', 'cluster_name'] as const;

/** The prefix of every metric that is true of export jobs and of watching one cluster. */
export const PREFIX = 'mongodbatlas_backup_export_';
