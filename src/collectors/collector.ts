/**
 * Defines what a collector is, and the state of a target, which has one record for each collector. A collector is one
 * value that contains everything about its resource. Polling, metrics, pages, API, `check` and the docs iterate over
 * the list in index.ts and name no collector. Everything here is plain, immutable data.
 */
import type { AtlasApi } from '../atlas/client.ts';
import { REASONS, type Reason } from '../atlas/error.ts';
import type { Condition } from './conditions.ts';

export type ClusterKind = 'replica_set' | 'sharded';

/** One cluster that is watched, with its settings. Replaced as a whole, never changed. */
export interface Target {
  /** `GROUP_ID/CLUSTER`, unique. */
  readonly key: string;
  readonly groupId: string;
  readonly clusterName: string;
  readonly credential: string;
  /** Empty while unknown. */
  readonly projectName: string;
  /** True if a discovery found the cluster, false if the config names it. */
  readonly discovered: boolean;
  /** Whether the cluster is paused in Atlas; absent if the clusters of the project are not discovered. */
  readonly paused?: boolean | undefined;
  /** From the discovery of the project's clusters; absent if it is not known. */
  readonly kind?: ClusterKind | undefined;
  readonly successMaxAgeSeconds?: number;
  readonly durationMaxSeconds?: number;
  /** The team that alerts about the cluster are for, from the config. */
  readonly owner?: string;
}

/** Settings of the config that collectors use. */
export interface PollingSettings {
  /** Seconds between two polls while an export is active. */
  readonly intervalSeconds: number;
  readonly idleIntervalSeconds: number;
  readonly maxStaleSeconds: number;
  /** Maximum number of active jobs of one target that have their own series. */
  readonly maxActiveJobs: number;
  /** Key: the collector's name. False if the config switches the collector off. */
  readonly isRead: Readonly<Record<string, boolean>>;
}

export interface Failure {
  readonly reason: Reason;
  readonly status?: number | undefined;
  readonly errorCode?: string | undefined;
  /** What is wrong, for people. */
  readonly problem: string;
  /** What to do about it. */
  readonly advice: string;
}

/** What the last successful poll of a list has read. */
export interface ReadFacts {
  readonly pages: number;
  readonly items: number;
  /** Atlas' totalCount, which Atlas calls an estimate. */
  readonly reportedItems?: number | undefined;
  /** Number of series that were dropped because of a limit, by the name of the limit. */
  readonly dropped: Readonly<Record<string, number>>;
}

/** The record of one collector's polls of one target. */
export interface Polled<S> {
  /** The result of the last successful poll; a failed poll keeps it. */
  readonly summary?: S;
  readonly read?: ReadFacts | undefined;
  /** Unix times of the first and of the last successful poll since the start. */
  readonly firstGoodAtSeconds?: number;
  readonly goodAtSeconds?: number;
  /** Monotonic seconds of the last successful poll; `stale` is computed from it. */
  readonly goodAtMonotonicSeconds?: number;
  /** True if the last successful poll is too old. Families that list the record in `volatile` then have no samples. */
  readonly stale: boolean;
  readonly polls: number;
  readonly failures: Readonly<Record<Reason, number>>;
  /** The current poll interval; 0 if the collector does not read this target. */
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
  /** Key: the collector's name; absent while the collector does not read this target. */
  readonly polled: Readonly<Record<string, Polled<unknown>>>;
}

/** One sample of a family, without the labels of the target. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  /** Undefined means "never" or "unknown": the page has no such sample. */
  readonly value: number | undefined;
}

export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter';
  /** The labels in addition to group_id and cluster_name. */
  readonly labels: readonly string[];
  /** The family has no samples while one of these records is stale. Absent for values that do not become outdated. */
  readonly volatile?: (state: TargetState) => readonly Polled<unknown>[];
  samples(state: TargetState): Iterable<Sample>;
}

/** The result of reading a resource. */
export interface Read<S> {
  readonly summary: S;
  /** Facts about the list, if the resource is a list. */
  readonly facts?: ReadFacts;
  readonly notices?: readonly Notice[];
}

/** A message that is logged once. It contains only our own words and checked values. */
export interface Notice {
  readonly message: string;
  readonly facts: Readonly<Record<string, string>>;
}

export type Advice = Readonly<Partial<Record<Reason, string>>>;

export interface Pace {
  /** Seconds between two polls. */
  readonly seconds: number;
  /** Seconds until the next poll after a temporary failure: network, timeout, 429, 5xx. */
  readonly retrySeconds: number;
  /** Seconds until the next poll after any other failure. */
  readonly failedSeconds: number;
}

/** What a finding depends on, in addition to the state. */
export interface Moment {
  /** Unix time. */
  readonly nowSeconds: number;
  readonly settings: PollingSettings;
}

export interface Finding {
  readonly condition: Condition;
  readonly problem?: string | undefined;
  readonly advice?: string | undefined;
  /** The alert whose runbook helps; absent if the condition is calm. A finder sets it if it differs from the condition's usual alert. */
  readonly alert?: string | undefined;
}

/** Judges one condition of a target, for pages, API and `check`. */
export type Finder = (state: TargetState, moment: Moment) => Finding | undefined;

/** A field of the JSON API; it is omitted if its value is undefined. */
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
    /** The name of one item and of several: `export job`, `export jobs`. */
    readonly one: string;
    readonly many: string;
    /** What is read: `list of export jobs`. */
    readonly resource: string;
    /** How often it is read, as a sentence for the docs. */
    readonly cadence: string;
  };
  /** The role in Atlas that the credential needs. */
  readonly role: string;
  /** Advice that replaces the usual advice for these reasons. */
  readonly advice?: Advice;
  /** Value of the label `operation` of api_requests_total. */
  readonly operation: string;
  /** The alert that fires while the resource cannot be read. Absent: the alert of the condition `unread`. */
  readonly unreadAlert?: string;
  /** Name of the metric that is 1 if the latest poll succeeded. */
  readonly upMetric: string;
  /**
   * The name of another collector. This collector begins when the other one has polled each target of the project once,
   * or after ten minutes; it then polls one target of a project at a time. If absent, this collector begins at the
   * start: then it also decides whether the exporter is ready, and whether a discovered cluster is watched.
   */
  readonly after?: string;
  /** Limits on series, the values of the label `limit` of series_dropped. */
  readonly limits?: readonly string[];
  /** For the docs of the config key `polling.read_NAME`. Absent if the collector cannot be switched off. */
  readonly switchDescription?: string;
  /** Whether to read the target; called after each poll and each reload. Absent: every target is read. */
  isWanted?(state: TargetState): boolean;
  pace(summary: S | undefined, settings: PollingSettings): Pace;
  /** Unix time of one additional poll, for example after a planned snapshot. A time in the past is ignored. */
  alsoAtSeconds?(state: TargetState): number | undefined;
  /**
   * Reads the complete resource. Throws AtlasError.
   * @param state the results of discovery and of other collectors for the target
   * @param nowSeconds Unix time, to compare with times from Atlas
   */
  read(
    api: AtlasApi,
    state: TargetState,
    settings: PollingSettings,
    signal: AbortSignal,
    nowSeconds: number,
  ): Promise<Read<S>>;
  /** Metrics about the polls, in addition to `upMetric`. */
  readonly recordFamilies?: readonly Family[];
  readonly families: readonly Family[];
  readonly findings?: readonly Finder[];
  readonly fields?: readonly Field<TargetState>[];
}

export type Collectors = readonly Collector<unknown>[];

/** The prefix of all metrics about one cluster. */
export const PREFIX = 'mongodbatlas_backup_export_';

/** Typed access to a collector's record. The record is empty if the collector does not read this target. */
export function recordOf<S>(name: string): (state: TargetState) => Polled<S> {
  // The cast is safe, because only the collector of this name writes the record.
  return ({ polled }) => (polled[name] ?? NOT_WANTED) as Polled<S>;
}

/** The record before the first poll. */
export function notYetPolled<S>(intervalSeconds: number): Polled<S> {
  const failures = Object.fromEntries(REASONS.map((reason) => [reason, 0])) as Record<Reason, number>;
  return { stale: false, polls: 0, failures, intervalSeconds };
}

const NOT_WANTED = notYetPolled<never>(0);
