/**
 * Outages of Atlas in the log: one line when Atlas stops answering and one when it answers again. Polls and discoveries
 * that fail in the meantime, because Atlas does not answer, are counted and have no lines of their own.
 */
import type { Outage } from '../atlas/observer.ts';
import type { Failure } from '../collectors/collector.ts';
import type { Log } from '../support/log.ts';

/** What has failed: the fields of its log line. */
export type Facts = Readonly<Record<string, string | number | undefined>>;

export interface Outages {
  /** True while Atlas does not answer. */
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
