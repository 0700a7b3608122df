/**
 * A circuit breaker for one origin. Requests that get no answer open it. While it is open, requests fail at once with
 * the last failure, so a thousand targets show an outage within seconds, and not after an hour of timeouts. At
 * intervals one request is sent as a probe (half-open). Any answer closes the circuit, even a 500.
 */
import type { Runtime } from '../../support/runtime.ts';
import { AtlasError } from '../error.ts';
import type { AtlasRequest, Transport } from '../http/transport.ts';
import type { AtlasObserver } from '../observer.ts';

export type CircuitBreaker = ReturnType<typeof createCircuitBreaker>;

/**
 * The circuit opens after this many consecutive failures, of this many different resources. Several resources are
 * needed because one cluster whose list always times out must not open the circuit for the others.
 */
const OPENS_AFTER = { failures: 10, resources: 3, seconds: 60 };
/** A request that had less time than this, at the end of a poll, is not counted if it times out. */
const FAIR_SECONDS = 3;
/** Time between probes: doubled after each failed probe, with jitter. */
const PROBE_PAUSE_SECONDS = { first: 2, most: 30 };

export function createCircuitBreaker(
  runtime: Runtime,
  observer: Pick<AtlasObserver, 'circuitOpened' | 'circuitClosed'>,
) {
  let isOpen = false;
  /** True while a probe is in progress: the circuit is half-open. */
  let isProbing = false;
  let lastFailure: AtlasError | undefined;
  let failures = 0;
  let failingSinceSeconds = 0;
  const failing = new Set<string>();
  /** Resources that were requested, up to the number that opens the circuit: a config may have fewer. */
  const known = new Set<string>();
  let probes = 0;
  let nextProbeAtSeconds = 0;

  /** The error for a queued request that must no longer be sent; undefined if it may be sent. */
  function refusal({ isProbe = false }: AtlasRequest): AtlasError | undefined {
    if (!isOpen || isProbe || lastFailure === undefined) return undefined;
    const { reason, message, advice } = lastFailure;
    return new AtlasError(reason, `Atlas does not answer: ${message}`, { advice, isFinal: true });
  }

  /** Wraps signing and queueing: refuses requests while the circuit is open, and selects one of them as the probe. */
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
      // An aborted probe has no result, so the next probe may start at once.
      if (isOpen && !signal.aborted) putOffProbe();
    }
  }

  function putOffProbe(): void {
    const seconds = Math.min(PROBE_PAUSE_SECONDS.most, PROBE_PAUSE_SECONDS.first * 2 ** probes);
    probes += 1;
    nextProbeAtSeconds = runtime.monotonicSeconds() + seconds * (0.5 + runtime.random() / 2);
  }

  /**
   * Wraps the HTTP exchange: counts answers and failures. Token requests use only this wrapper, so they are never
   * refused.
   */
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
        // A final failure comes from signing: it was already counted as a failed token request.
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
    // One cluster whose list always times out must not open the circuit between two polls of the other clusters.
    const isLong = now - failingSinceSeconds >= OPENS_AFTER.seconds && failing.size >= Math.min(2, known.size);
    if (isOpen || !(isMany || isLong)) return;
    isOpen = true;
    putOffProbe();
    observer.circuitOpened({ reason: error.reason, problem: error.message, advice: error.advice });
  }

  return { isOpen: (): boolean => isOpen, guard, watch, refusal };
}
