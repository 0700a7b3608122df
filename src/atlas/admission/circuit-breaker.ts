/**
 * A circuit breaker for one origin. Requests that get no answer open it. While it is open, requests fail at once with
 * the last failure, so a thousand targets show an outage within seconds, and not after an hour of timeouts. The breaker
 * then sends probes by itself. Any answer closes the circuit, even a 500.
 */
import type { Runtime } from '../../support/runtime.ts';
import { BOUNDS } from '../bounds.ts';
import { AtlasError } from '../error.ts';
import type { Transport } from '../http/transport.ts';
import type { AtlasObserver, Outage } from '../observer.ts';

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
  /** Defined while the circuit is open. */
  let outage: Outage | undefined;
  let hasAnswered = false;
  let failures = 0;
  let failingSince = { wallSeconds: 0, monotonicSeconds: 0 };
  const failing = new Set<string>();
  /** Resources that were requested, up to the number that opens the circuit: a config may have fewer. */
  const known = new Set<string>();
  /** Sends the latest request again, refused or not: it belongs to a credential that is in use. */
  let sendProbe: (() => Promise<unknown>) | undefined;
  const closing = new AbortController();

  /** The error for a queued request that must no longer be sent; undefined if it may be sent. */
  function refusal(): AtlasError | undefined {
    if (outage === undefined) return undefined;
    const { reason, problem, advice } = outage;
    return new AtlasError(reason, `Atlas does not answer: ${problem}`, { advice, isFinal: true });
  }

  /** Wraps signing and queueing: refuses requests while the circuit is open. */
  function guard(next: Transport): Transport {
    return async function guarded(request, signal) {
      // A probe has its own time, and it does not wait in the project's queue.
      const { budget: _budget, ...probe } = request;
      sendProbe = () => next({ ...probe, timeBudget: { remainingSeconds: BOUNDS.pollSeconds } }, closing.signal);
      const refused = refusal();
      if (refused) throw refused;
      return next(request, signal);
    };
  }

  async function probeUntilAnswered(): Promise<void> {
    // During a pause a token request may get an answer. Then this outage ends, and a new one, with its own probes, may begin.
    const since = failingSince;
    const isOpen = (): boolean => outage !== undefined && failingSince === since && !closing.signal.aborted;
    for (let probes = 0; isOpen(); probes += 1) {
      const seconds = Math.min(PROBE_PAUSE_SECONDS.most, PROBE_PAUSE_SECONDS.first * 2 ** probes);
      await runtime.sleep(seconds * (0.5 + runtime.random() / 2), closing.signal).catch(() => undefined);
      // `watch` counts the result.
      if (isOpen()) await sendProbe?.().catch(() => undefined);
    }
  }

  /** Counts answers and failures of the HTTP exchange. Token requests use only this, so they are never refused. */
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
    const ended = outage;
    hasAnswered = true;
    outage = undefined;
    failures = 0;
    failing.clear();
    if (ended && !closing.signal.aborted) observer.circuitClosed(ended);
  }

  function unanswered(resource: string, { reason, message: problem, advice }: AtlasError): void {
    const now = { wallSeconds: runtime.wallSeconds(), monotonicSeconds: runtime.monotonicSeconds() };
    if (failures === 0) failingSince = now;
    failures += 1;
    failing.add(resource);
    const isMany = failures >= OPENS_AFTER.failures && failing.size >= known.size;
    // One cluster whose list always times out must not open the circuit between two polls of the other clusters.
    const seconds = now.monotonicSeconds - failingSince.monotonicSeconds;
    const isLong = seconds >= OPENS_AFTER.seconds && failing.size >= Math.min(2, known.size);
    const wasOpen = outage !== undefined;
    if (closing.signal.aborted || !(wasOpen || isMany || isLong)) return;
    outage = { sinceSeconds: failingSince.wallSeconds, reason, problem, advice };
    if (wasOpen) return;
    void probeUntilAnswered();
    observer.circuitOpened(outage);
  }

  return {
    outage: (): Outage | undefined => outage,
    /** Undefined before the first answer. */
    isReachable: (): boolean | undefined => (outage === undefined ? hasAnswered || undefined : false),
    guard,
    watch,
    refusal,
    /** Sends no more probes and reports nothing more: after a reload, the last requests to a former address may still end. */
    close: () => closing.abort(),
  };
}
