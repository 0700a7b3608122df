/** The events of Atlas as lines in the log. Counters are in the metrics; outages are logged by the polling. */
import type { AtlasCounter, AtlasObserver } from '../atlas/observer.ts';
import type { Log } from '../support/log.ts';

export type AtlasLog = Omit<AtlasObserver, keyof AtlasCounter | 'secret' | 'circuitOpened' | 'circuitClosed'>;

export function createAtlasLog(log: Log): AtlasLog {
  /** The operations whose deprecation is logged: once for each. */
  const deprecated = new Set<string>();
  return {
    /** An ordinary pause is not logged; one that is shorter than Atlas demands is. */
    paused({ groupId: group_id, budget, seconds, askedSeconds }) {
      if (askedSeconds <= seconds) return;
      const facts = { group_id, budget, pause_seconds: seconds, retry_after_seconds: askedSeconds };
      log.warn(facts, 'Atlas asks for a longer pause than the exporter makes');
    },
    notRevoked({ credential, reason, status, errorCode: error_code, problem, expiresAtSeconds }) {
      const expires_at = new Date(expiresAtSeconds * 1000).toISOString();
      const facts = { credential, reason, status, error_code, problem, expires_at };
      log.warn(
        facts,
        'an access token could not be revoked: until it expires, it counts against the account’s limit of 100 tokens',
      );
    },
    deprecated({ operation, sinceSeconds, endsAtSeconds }) {
      if (deprecated.has(operation)) return;
      deprecated.add(operation);
      const facts = { operation, deprecated_since: dayOf(sinceSeconds), ends_on: dayOf(endsAtSeconds) };
      log.warn(facts, 'Atlas will remove the API version that this exporter uses: upgrade the exporter before that');
    },
  };
}

function dayOf(unixSeconds: number | undefined): string | undefined {
  return unixSeconds === undefined ? undefined : new Date(unixSeconds * 1000).toISOString().slice(0, 10);
}
