/**
 * The seam: what a collector is, and the state of a target that all collectors together keep. A collector is one value that
 * says everything about its resource. Polling, metrics, pages, API, `check` and the docs iterate over the list in index.ts
 * and name no collector. Everything here is plain, immutable data.
 */
import type { AtlasApi } from '../atlas/client.ts';
import { REASONS, type Reason } from '../atlas/error.ts';
import type { Condition } from './conditions.ts';

/** One cluster that is watched, with its settings. Replaced as a whole, never changed. */
export interface Target {
  /** `GROUP_ID/CLUSTER`, unique. */
  readonly key: string;
  readonly groupId: string;
  readonly clusterName: string;
  readonly credential: string;
  /** Empty while unknown. */
  readonly projectName: string;
  /** True if a discovery found it, false if the config names it. */
  readonly discovered: boolean;
  /** As Atlas says; absent where the clusters of the project are not discovered. */
  readonly paused?: boolean;
  readonly successMaxAgeSeconds?: number;
  readonly durationMaxSeconds?: number;
}

/** Settings of the config that collectors use. */
export interface PollingSettings {
  /** Between two polls while an export is active. */
  readonly intervalSeconds: number;
  readonly idleIntervalSeconds: number;
  readonly maxStaleSeconds: number;
  /** Active jobs of one target that have series of their own. */
  readonly maxActiveJobs: number;
  /** By the collector's name: false if the config switches it off. */
  readonly isRead: Readonly<Record<string, boolean>>;
}

export interface Failure {
  readonly reason: Reason;
  readonly status?: number | undefined;
  readonly errorCode?: string | undefined;
  /** What happened, and what to do about it. */
  readonly problem: string;
  readonly advice: string;
}

/** The last good read of a list. */
export interface ReadFacts {
  readonly pages: number;
  /** Distinct ones. */
  readonly items: number;
  /** Atlas' totalCount, which Atlas calls an estimate. */
  readonly reportedItems?: number;
  /** What a limit kept out of the series, by the name of the limit. */
  readonly dropped: Readonly<Record<string, number>>;
}

/** The record of one collector's polls of one target. */
export interface Polled<S> {
  /** Of the last good poll; a failed poll keeps it. */
  readonly summary?: S;
  readonly read?: ReadFacts;
  /** Unix time of the last good poll. */
  readonly goodAtSeconds?: number;
  /** The same moment on the monotonic clock, which `stale` is judged by. */
  readonly goodAtMonotonicSeconds?: number;
  /** True if the last good poll is too old for volatile families to show it. */
  readonly stale: boolean;
  readonly polls: number;
  readonly failures: Readonly<Record<Reason, number>>;
  /** The interval in force; 0 where the collector is not wanted. */
  readonly intervalSeconds: number;
  readonly last?: LastPoll;
}

export interface LastPoll {
  /** Unix time. */
  readonly endedAtSeconds: number;
  readonly durationSeconds: number;
  readonly failure?: Failure;
}

export interface TargetState {
  readonly target: Target;
  /** By the collector's name; absent while the collector is not wanted. */
  readonly polled: Readonly<Record<string, Polled<unknown>>>;
}

/** One sample of a family, without the labels of the target. */
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
  /** The records that the family rests on: it shows nothing while one of them is stale. Absent for facts, which stay. */
  readonly volatile?: (state: TargetState) => readonly Polled<unknown>[];
  samples(state: TargetState): Iterable<Sample>;
}

/** The result of reading a resource. */
export interface Read<S> {
  readonly summary: S;
  /** Of a list. */
  readonly facts?: ReadFacts;
  readonly notices?: readonly Notice[];
}

/** A line for the log, written once. It holds our own words and checked values only. */
export interface Notice {
  readonly message: string;
  readonly facts: Readonly<Record<string, string>>;
}

export type Advice = Readonly<Partial<Record<Reason, string>>>;

export interface Pace {
  /** Seconds between two polls. */
  readonly seconds: number;
  /** After a failure that may pass by itself: network, timeout, 429, 5xx. */
  readonly retrySeconds: number;
  /** After any other failure. */
  readonly failedSeconds: number;
}

/** What a judgement depends on beside the state. */
export interface Moment {
  /** Unix time. */
  readonly nowSeconds: number;
  readonly settings: PollingSettings;
}

export interface Finding {
  readonly condition: Condition;
  readonly problem?: string | undefined;
  readonly advice?: string | undefined;
}

/** Judges one condition of a target, for pages, API and `check`. */
export type Finder = (state: TargetState, moment: Moment) => Finding | undefined;

/** A field of the JSON API; it is left out where its value is undefined. */
export interface Field<T> {
  readonly name: string;
  readonly type: string;
  readonly meaning: string;
  value(of: T): unknown;
}

export interface Collector<S> {
  /** Log field `collector`, key in the API, anchor in the docs. Lower-case letters. */
  readonly name: string;
  readonly words: {
    /** Heading: `Export jobs`. */
    readonly title: string;
    /** Of the items: `export job`, `export jobs`. */
    readonly one: string;
    readonly many: string;
    /** What is read: `list of export jobs`. */
    readonly resource: string;
    /** How often, as a sentence for the docs. */
    readonly cadence: string;
  };
  /** The role in Atlas that the credential needs. */
  readonly role: string;
  /** What to do about a failure where the usual advice is wrong. */
  readonly advice?: Advice;
  /** Value of the label `operation` of api_requests_total. */
  readonly operation: string;
  /** Name of the metric that is 1 if the latest poll succeeded. */
  readonly upMetric: string;
  /**
   * The collector that must have polled each target of the project once, or ten minutes must have passed, before this one begins;
   * then this one polls one target of a project at a time. Absent for what is polled from the start: such a collector decides
   * whether the exporter is ready, and whether a discovered cluster is watched.
   */
  readonly after?: string;
  /** Limits on series, the values of the label `limit` of series_dropped. */
  readonly limits?: readonly string[];
  /** What the key `polling.read_NAME` of the config switches off, for the docs; absent if it cannot be switched off. */
  readonly switchDescription?: string;
  /** Whether the target is to be read; asked after each poll and each reload. Absent: every target. */
  isWanted?(state: TargetState): boolean;
  pace(summary: S | undefined, settings: PollingSettings): Pace;
  /**
   * Reads the complete resource. Throws AtlasError.
   * @param state what discovery and other collectors know of the target
   * @param nowSeconds Unix time, which times of Atlas are compared with
   */
  read(
    api: AtlasApi,
    state: TargetState,
    settings: PollingSettings,
    signal: AbortSignal,
    nowSeconds: number,
  ): Promise<Read<S>>;
  /** Metrics of the record of polls beside `upMetric`. */
  readonly recordFamilies?: readonly Family[];
  readonly families: readonly Family[];
  readonly findings?: readonly Finder[];
  readonly fields?: readonly Field<TargetState>[];
}

export type Collectors = readonly Collector<unknown>[];

/** The labels that name a target. */
export const TARGET_LABELS = ['group_id', 'cluster_name'] as const;

/** The prefix of every metric of export jobs and of watching one cluster. */
export const PREFIX = 'mongodbatlas_backup_export_';

/** Typed access to a collector's record; an empty one where the collector is not wanted. */
export function recordOf<S>(name: string): (state: TargetState) => Polled<S> {
  // The one cast of the seam: the collector of this name alone writes the record.
  return ({ polled }) => (polled[name] ?? NOT_WANTED) as Polled<S>;
}

/** The record before the first poll. */
export function notYetPolled<S>(intervalSeconds: number): Polled<S> {
  const failures = Object.fromEntries(REASONS.map((reason) => [reason, 0])) as Record<Reason, number>;
  return { stale: false, polls: 0, failures, intervalSeconds };
}

const NOT_WANTED = notYetPolled<never>(0);
