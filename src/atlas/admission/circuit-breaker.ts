/**
 * Whether Atlas can be reached at all. After some failures in a row without any answer, requests fail at once with what is
 * known, but for one short probe at a time: a thousand targets learn of a black hole in seconds, not in an hour of timeouts,
 * and the first probe that is answered ends it. An answer is any answer, also a 500. What was not answered the last time
 * either says nothing new of Atlas: clusters whose lists never come don't make the others look lost again and again.
 * Token calls are neither refused nor hurried: they are few, and without a token nothing else can probe.
 */
import type { Runtime } from '../../support/runtime.ts';
import { AtlasError } from '../error.ts';
import type { AtlasRequest, Transport } from '../http/exchange.ts';
import type { AtlasObserver } from '../observer.ts';

export interface Reachability {
  isLost(): boolean;
  /** Whether another attempt in the same poll is in vain, as far as anyone can tell. */
  isHopeless(target: string): boolean;
  /** Watches what becomes of requests; while Atlas is lost it lets nothing but probes through. Goes around the exchange. */
  watch(next: Transport): Transport;
  /** Refuses what `watch` would refuse, before it waits for a turn and spends budget. Goes around the budget. */
  refuseEarly(next: Transport): Transport;
}

const LOST_AFTER_FAILURES = 10;
/** One cluster whose list never comes must not make the others look lost. */
const LOST_AFTER_RESOURCES = 3;
/** Of a resource: as many as a poll makes attempts. */
const HOPELESS_AFTER_FAILURES = 3;
/** Resources that were not answered the last time; more are forgotten all at once. */
const SILENT_KEPT = 10_000;
const PROBE_SECONDS = 3;
/** Without any answer for so long, also failures that are no news count. */
const QUIET_SECONDS = 60;
/** So long is waited for a better probe than a resource that was not answered the last time either. */
const PATIENCE_SECONDS = 6;
/** One probe in so many may take as long as any request, so that an Atlas that is merely slow is found again. */
const PATIENT_PROBE_EVERY = 4;

export function createReachability(runtime: Runtime, observer: Pick<AtlasObserver, 'lost' | 'found'>): Reachability {
  let lost = false;
  let last: AtlasError | undefined;
  let answeredAtSeconds = Number.NEGATIVE_INFINITY;
  /** Since the last answer: all failures, and those of resources that were answered before that or never asked. */
  const all = createFailures();
  const news = createFailures();
  /** How often in a row each resource was not answered. */
  const silent = new Map<string, number>();
  let probes = 0;
  let probeUnderWay = false;
  let probedAtSeconds = Number.NEGATIVE_INFINITY;

  function refusal({ lane, target }: AtlasRequest): AtlasError | undefined {
    if (last === undefined || lane === undefined || !lost) return undefined;
    const waitSeconds = silent.has(resourceOf(target)) ? PATIENCE_SECONDS : PROBE_SECONDS;
    const mayProbe = !probeUnderWay && runtime.monotonicSeconds() - probedAtSeconds >= waitSeconds;
    return mayProbe ? undefined : new AtlasError(last.reason, `Atlas does not answer: ${last.message}`);
  }

  function reached({ target }: AtlasRequest): void {
    const wasLost = lost;
    lost = false;
    probes = 0;
    answeredAtSeconds = runtime.monotonicSeconds();
    for (const failures of [all, news]) failures.clear();
    silent.delete(resourceOf(target));
    if (wasLost) observer.found();
  }

  /** @param hadTime whether it was given enough time to say anything about Atlas */
  function failed(request: AtlasRequest, error: unknown, hadTime: boolean): void {
    if (!(error instanceof AtlasError)) return;
    // A bad answer is an answer, and so is one that never ends.
    if (error.status !== undefined) reached(request);
    else if (error.reason === 'network' || (error.reason === 'timeout' && hadTime)) unanswered(request, error);
  }

  function unanswered({ target }: AtlasRequest, error: AtlasError): void {
    const resource = resourceOf(target);
    const before = silent.get(resource) ?? 0;
    if (silent.size >= SILENT_KEPT) silent.clear();
    silent.set(resource, before + 1);
    last = error;
    all.add(resource);
    if (before === 0 || news.has(resource)) news.add(resource);
    const isQuiet = runtime.monotonicSeconds() - answeredAtSeconds >= QUIET_SECONDS;
    if (lost || !(news.areMany() || (isQuiet && all.areMany()))) return;
    lost = true;
    observer.lost({ reason: error.reason, problem: error.message, advice: error.advice });
  }

  async function watched(next: Transport, request: AtlasRequest, signal: AbortSignal): ReturnType<Transport> {
    const hadTime = request.work.remainingSeconds() >= PROBE_SECONDS;
    const { sign } = request;
    let isSent = sign === undefined;
    async function signed(signing: AbortSignal): Promise<string | undefined> {
      const authorization = await sign?.(signing);
      isSent = true;
      return authorization;
    }
    try {
      const response = await next(sign ? { ...request, sign: signed } : request, signal);
      reached(request);
      return response;
    } catch (error) {
      // What could not be signed, as without a token, says nothing of what it was not sent to.
      if (isSent) failed(request, error, hadTime);
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
      return lost && request.lane ? probe(next, request, signal) : watched(next, request, signal);
    };
  }

  function refuseEarly(next: Transport): Transport {
    return async function refusedEarly(request, signal) {
      const refused = refusal(request);
      if (refused) throw refused;
      return next(request, signal);
    };
  }

  function isHopeless(target: string): boolean {
    return lost || (silent.get(resourceOf(target)) ?? 0) > HOPELESS_AFTER_FAILURES;
  }

  return { isLost: () => lost, isHopeless, watch, refuseEarly };
}

/** All pages of a list are one. */
function resourceOf(target: string): string {
  return target.split('?', 1)[0] ?? '';
}

/** Failures in a row, and of which resources. */
function createFailures() {
  const resources = new Set<string>();
  let count = 0;
  return {
    add(resource: string) {
      count += 1;
      resources.add(resource);
    },
    has: (resource: string) => resources.has(resource),
    areMany: () => count >= LOST_AFTER_FAILURES && resources.size >= LOST_AFTER_RESOURCES,
    clear() {
      count = 0;
      resources.clear();
    },
  };
}
