/**
 * A circuit breaker for one origin. Requests without any answer open it; while it is open, requests fail at once with the last
 * failure, so a thousand targets learn of an outage in seconds, not in an hour of timeouts. From time to time one request is
 * let through as a probe (half-open); any answer closes the circuit, also a 500.
 */
import type { Runtime } from '../../support/runtime.ts';
import { AtlasError } from '../error.ts';
import type { AtlasRequest, Transport } from '../http/transport.ts';
import type { AtlasObserver } from '../observer.ts';

export type CircuitBreaker = ReturnType<typeof createCircuitBreaker>;

/** In a row. One cluster whose list never comes must not open the circuit for the others, hence the resources. */
const OPENS_AFTER = { failures: 10, resources: 3, seconds: 60 };
/** A request with less time than this, at the end of a poll, proves nothing when it times out. */
const FAIR_SECONDS = 3;
/** Between probes: doubled each time, with jitter. */
const PROBE_PAUSE_SECONDS = { first: 2, most: 30 };

export function createCircuitBreaker(
  runtime: Runtime,
  observer: Pick<AtlasObserver, 'circuitOpened' | 'circuitClosed'>,
) {
  let isOpen = false;
  /** Half-open: a probe is on its way. */
  let isProbing = false;
  let lastFailure: AtlasError | undefined;
  let failures = 0;
  let failingSinceSeconds = 0;
  const failing = new Set<string>();
  /** Some of the resources that there are, to know whether there are fewer than it takes to open the circuit. */
  const known = new Set<string>();
  let probes = 0;
  let nextProbeAtSeconds = 0;

  /** Why a request that has waited in a queue is not to be sent any more, if so. */
  function refusal({ isProbe = false }: AtlasRequest): AtlasError | undefined {
    if (!isOpen || isProbe || lastFailure === undefined) return undefined;
    const { reason, message, advice } = lastFailure;
    return new AtlasError(reason, `Atlas does not answer: ${message}`, { advice, isFinal: true });
  }

  /** Goes around signing and queueing: refuses requests while the circuit is open, and makes one of them the probe. */
  function guard(next: Transport): Transport {
    return async function guarded(request, signal) {
      const mayProbe = isOpen && !isProbing && runtime.monotonicSeconds() >= nextProbeAtSeconds;
      if (mayProbe) return probe(next, request, signal);
      const refused = refusal(request);
      if (refused) throw refused;
      return next(request, signal);
    };
  }

  async function probe(next: Transport, request: AtlasRequest, signal: AbortSignal): ReturnType<Transport> {
    isProbing = true;
    try {
      return await next({ ...request, isProbe: true }, signal);
    } finally {
      isProbing = false;
      // An aborted probe has found out nothing: the next may start at once.
      if (isOpen && !signal.aborted) putOffProbe();
    }
  }

  function putOffProbe(): void {
    const seconds = Math.min(PROBE_PAUSE_SECONDS.most, PROBE_PAUSE_SECONDS.first * 2 ** probes);
    probes += 1;
    nextProbeAtSeconds = runtime.monotonicSeconds() + seconds * (0.5 + runtime.random() / 2);
  }

  /** Goes around the exchange: counts answers and requests without one. Token requests pass here only, so never refused. */
  function watch(next: Transport): Transport {
    return async function watched(request, signal) {
      const resource = request.target.split('?', 1)[0] ?? '';
      if (known.size < OPENS_AFTER.resources) known.add(resource);
      const isFair = request.timeBudget.remainingSeconds >= FAIR_SECONDS;
      try {
        const response = await next(request, signal);
        answered();
        return response;
      } catch (error) {
        // A failure that is final is one of signing: it was counted where the token was requested.
        if (!(error instanceof AtlasError) || error.isFinal) throw error;
        if (error.status !== undefined) answered();
        else if (error.reason === 'network' || (error.reason === 'timeout' && isFair)) unanswered(resource, error);
        throw error;
      }
    };
  }

  function answered(): void {
    const wasOpen = isOpen;
    isOpen = false;
    failures = probes = 0;
    failing.clear();
    if (wasOpen) observer.circuitClosed();
  }

  function unanswered(resource: string, error: AtlasError): void {
    const now = runtime.monotonicSeconds();
    if (failures === 0) failingSinceSeconds = now;
    failures += 1;
    failing.add(resource);
    lastFailure = error;
    const isMany = failures >= OPENS_AFTER.failures && failing.size >= known.size;
    // One cluster whose list never comes must not open it between two polls of the others, either.
    const isLong = now - failingSinceSeconds >= OPENS_AFTER.seconds && failing.size >= Math.min(2, known.size);
    if (isOpen || !(isMany || isLong)) return;
    isOpen = true;
    putOffProbe();
    observer.circuitOpened({ reason: error.reason, problem: error.message, advice: error.advice });
  }

  return { isOpen: (): boolean => isOpen, guard, watch, refusal };
}
