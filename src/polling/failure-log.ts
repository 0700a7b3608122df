/**
 * Turns a failure into plain data and log lines: one line when something begins to fail, fails in a new way or works
 * again, and one line per hour while it keeps failing. The caller names what fails. An outage of Atlas has one line when
 * it begins and one when it ends; polls and discoveries that fail in the meantime are only counted.
 */
import { AtlasError } from '../atlas/error.ts';
import type { Outage } from '../atlas/observer.ts';
import type { Advice, Failure, Notice } from '../collectors/collector.ts';
import type { Log } from '../support/log.ts';
import type { Runtime } from '../support/runtime.ts';

/** What has failed: the fields of its log line. */
export type Facts = Readonly<Record<string, string | number | undefined>>;

export interface FailureLog {
  failed(facts: Facts, failure: Failure): void;
  succeeded(facts: Facts): void;
  notice(facts: Facts, notices: readonly Notice[]): void;
}

const REMIND_AFTER_SECONDS = 3600;
/** The number is limited because notices quote Atlas, and each quote may be different. */
const MAX_NOTICES = 50;

/** @param what the action that may fail, in the words of the log: `polling` */
export function createFailureLog(
  what: string,
  {
    log,
    runtime,
    outages,
  }: { readonly log: Log; readonly runtime: Runtime; readonly outages: Pick<Outages, 'include'> },
): FailureLog {
  let remindAtSeconds = 0;
  /** The failures that were logged since the last success. */
  const written = new Set<string>();
  const notices = new Set<string>();

  return {
    failed(facts, failure) {
      if (outages.include(facts, failure)) return;
      const { reason, status, errorCode: error_code, problem, advice } = failure;
      // Failures may alternate, such as timeouts and refused connections: each kind is logged as new only once.
      const way = `${reason}: ${advice}`;
      const isNew = !written.has(way);
      if (!isNew && runtime.monotonicSeconds() < remindAtSeconds) return;
      remindAtSeconds = runtime.monotonicSeconds() + REMIND_AFTER_SECONDS;
      written.add(way);
      const level = reason === 'internal' ? 'error' : 'warn';
      const message = isNew ? `${what} fails` : `${what} still fails`;
      log[level]({ ...facts, reason, status, error_code, problem, advice }, message);
    },
    succeeded(facts) {
      if (written.size > 0) log.info(facts, `${what} works again`);
      written.clear();
    },
    notice(facts, given) {
      for (const notice of given) {
        const text = JSON.stringify(notice);
        if (notices.has(text) || notices.size >= MAX_NOTICES) continue;
        notices.add(text);
        log.warn({ ...facts, ...notice.facts }, notice.message);
      }
    },
  };
}

export interface Outages {
  isNow(): boolean;
  /** Whether a failure is part of an outage: then it is counted, and it is not logged. */
  include(facts: Facts, failure: Failure): boolean;
  began(outage: Outage): void;
  ended(outage: Outage): void;
}

export function createOutages(
  current: () => Outage | undefined,
  { log, wallSeconds }: { readonly log: Log; wallSeconds(): number },
): Outages {
  let failures = 0;
  const clusters = new Set<string>();
  const discoveries = new Set<string>();

  return {
    isNow: () => current() !== undefined,
    include({ group_id, cluster_name, credential }, { reason }) {
      if (current() === undefined || (reason !== 'network' && reason !== 'timeout')) return false;
      failures += 1;
      if (cluster_name === undefined) discoveries.add(`${group_id ?? credential}`);
      else clusters.add(`${group_id}/${cluster_name}`);
      return true;
    },
    began({ sinceSeconds, ...failure }) {
      failures = 0;
      clusters.clear();
      discoveries.clear();
      log.warn({ ...failure, since: isoOf(sinceSeconds) }, 'Atlas does not answer: polls fail at once until it does');
    },
    ended({ sinceSeconds }) {
      const facts = {
        since: isoOf(sinceSeconds),
        outage_seconds: Math.round(wallSeconds() - sinceSeconds),
        failed_polls: failures,
        clusters: clusters.size,
        discoveries: discoveries.size,
      };
      log.info(facts, 'Atlas answers again');
    },
  };
}

function isoOf(unixSeconds: number): string {
  return new Date(unixSeconds * 1000).toISOString();
}

/** @param own advice of the caller, for reasons whose usual advice is wrong here */
export function failureOf(error: unknown, own: Advice = {}): Failure {
  const known = error instanceof AtlasError ? error : new AtlasError('internal', `unexpected ${nameOf(error)}`);
  const { reason, status, errorCode, message: problem, advice } = known;
  const isUsual = advice === new AtlasError(reason, '').advice;
  return { reason, status, errorCode, problem, advice: (isUsual ? own[reason] : undefined) ?? advice };
}

/** For a bug only the error's name and place are logged, because its message may contain anything. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'error';
  const place = /\(?([\w./-]*\/[\w.-]+:\d+:\d+)\)?/.exec(error.stack?.split('\n')[1] ?? '')?.[1];
  return place === undefined ? error.name : `${error.name} at ${place.replace(/^.*\/(?=(src|dist)\/)/, '')}`;
}
