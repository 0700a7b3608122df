/** The events of Atlas as lines in the log. Counters are in the metrics. */
import type {
  AtlasCounter,
  AtlasObserver,
  CircuitOpened,
  Deprecated,
  NotRevoked,
  Operation,
  Paused,
} from '../atlas/observer.ts';
import type { Log } from '../support/log.ts';

export type AtlasLog = Omit<AtlasObserver, keyof AtlasCounter | 'secret'>;

export function createAtlasLog(log: Log): AtlasLog {
  return {
    paused: (event) => tellOfPause(log, event),
    deprecated: createDeprecationTeller(log),
    notRevoked: (event) => tellOfToken(log, event),
    circuitOpened: (event) => tellOfCircuit(log, event),
    circuitClosed: () => log.info({}, 'Atlas answers again'),
  };
}

/** An ordinary pause is not logged; one that is shorter than Atlas demands is. */
function tellOfPause(log: Log, { groupId: group_id, budget, seconds, askedSeconds }: Paused): void {
  if (askedSeconds <= seconds) return;
  const facts = { group_id, budget, pause_seconds: seconds, retry_after_seconds: askedSeconds };
  log.warn(facts, 'Atlas asks for a longer pause than the exporter makes');
}

function tellOfCircuit(log: Log, { reason, problem, advice }: CircuitOpened): void {
  log.warn({ reason, problem, advice }, 'Atlas does not answer: polls fail at once until it does');
}

function tellOfToken(log: Log, event: NotRevoked): void {
  const { credential, reason, status, errorCode: error_code, problem, expiresAtSeconds } = event;
  const expires_at = new Date(expiresAtSeconds * 1000).toISOString();
  const facts = { credential, reason, status, error_code, problem, expires_at };
  log.warn(facts, 'an access token could not be revoked: it counts among the 100 of its account until it expires');
}

/** Once per operation. */
function createDeprecationTeller(log: Log): (event: Deprecated) => void {
  const told = new Set<Operation>();
  return function tellOfDeprecation({ operation, sinceSeconds, endsAtSeconds }) {
    if (told.has(operation)) return;
    told.add(operation);
    const facts = { operation, deprecated_since: dayOf(sinceSeconds), ends_on: dayOf(endsAtSeconds) };
    log.warn(facts, 'Atlas will remove the API version that this exporter uses: upgrade the exporter before that');
  };
}

function dayOf(unixSeconds: number | undefined): string | undefined {
  return unixSeconds === undefined ? undefined : new Date(unixSeconds * 1000).toISOString().slice(0, 10);
}
