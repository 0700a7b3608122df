/**
 * Whether Atlas can be reached at all. After some failures in a row without any answer, requests fail at once with what is
 * known, but for one short probe at a time: a thousand targets learn of a black hole in seconds, not in an hour of timeouts,
 * and the first probe that is answered ends it. An answer is any answer, also a 500.
 * Token calls are neither refused nor hurried: they are few, and without a token nothing else can probe.
 */
import type { Runtime } from '../runtime.ts';
import { AtlasError } from './error.ts';
import type { AtlasObserver } from './observer.ts';
import type { AtlasRequest, Transport } from './transport.ts';

export interface Reachability {
  isLost(): boolean;
  /** Watches what becomes of requests; while Atlas is lost it lets nothing but probes through. Goes around the exchange. */
  watch(next: Transport): Transport;
  /** Refuses what `watch` would refuse, before it waits for a turn and spends budget. Goes around the budget. */
  refuseEarly(next: Transport): Transport;
}

const LOST_AFTER_FAILURES = 10;
/** One cluster whose list never comes must not make the others look lost. */
const LOST_AFTER_RESOURCES = 3;
const PROBE_SECONDS = 3;
/** One probe in so many may take as long as any request, so that an Atlas that is merely slow is found again. */
const PATIENT_PROBE_EVERY = 4;

export function createReachability(
  runtime: Runtime,
  { lost, found }: Pick<AtlasObserver, 'lost' | 'found'>,
): Reachability {
  let failures = 0;
  let last: AtlasError | undefined;
  const failing = new Set<string>();
  let probes = 0;
  let probeUnderWay = false;
  let probedAtSeconds = Number.NEGATIVE_INFINITY;

  const isLost = (): boolean => failures >= LOST_AFTER_FAILURES && failing.size >= LOST_AFTER_RESOURCES;

  function refusal({ lane }: AtlasRequest): AtlasError | undefined {
    if (last === undefined || lane === undefined || !isLost()) return undefined;
    const mayProbe = !probeUnderWay && runtime.monotonicSeconds() - probedAtSeconds >= PROBE_SECONDS;
    return mayProbe ? undefined : new AtlasError(last.reason, `Atlas does not answer: ${last.message}`);
  }

  function reached(): void {
    const wasLost = isLost();
    failures = probes = 0;
    failing.clear();
    if (wasLost) found();
  }

  /** @param hadTime whether it was given enough time to say anything about Atlas */
  function failed({ target }: AtlasRequest, error: unknown, hadTime: boolean): void {
    if (!(error instanceof AtlasError)) return;
    // A bad answer is an answer, and so is one that never ends.
    if (error.status !== undefined) reached();
    else if (error.reason === 'network' || (error.reason === 'timeout' && hadTime)) unanswered(target, error);
  }

  function unanswered(target: string, error: AtlasError): void {
    const wasLost = isLost();
    failures += 1;
    last = error;
    if (failing.size < LOST_AFTER_RESOURCES) failing.add(target.split('?', 1)[0] ?? '');
    if (!wasLost && isLost()) lost({ reason: error.reason, problem: error.message, advice: error.advice });
  }

  async function watched(next: Transport, request: AtlasRequest, signal: AbortSignal): ReturnType<Transport> {
    const hadTime = request.work.remainingSeconds() >= PROBE_SECONDS;
    try {
      const response = await next(request, signal);
      reached();
      return response;
    } catch (error) {
      failed(request, error, hadTime);
      throw error;
    }
  }

  async function probe(next: Transport, request: AtlasRequest, signal: AbortSignal): ReturnType<Transport> {
    probeUnderWay = true;
    probes += 1;
    const isPatient = probes % PATIENT_PROBE_EVERY === 0;
    try {
      return await watched(next, isPatient ? request : { ...request, patienceSeconds: PROBE_SECONDS }, signal);
    } finally {
      probeUnderWay = false;
      // One that was called off has found out nothing: the next may come at once.
      if (!signal.aborted) probedAtSeconds = runtime.monotonicSeconds();
    }
  }

  function watch(next: Transport): Transport {
    return async function watchedOrProbed(request, signal) {
      const refused = refusal(request);
      if (refused) throw refused;
      return isLost() && request.lane ? probe(next, request, signal) : watched(next, request, signal);
    };
  }

  function refuseEarly(next: Transport): Transport {
    return async function refusedEarly(request, signal) {
      const refused = refusal(request);
      if (refused) throw refused;
      return next(request, signal);
    };
  }

  return { isLost, watch, refuseEarly };
}
