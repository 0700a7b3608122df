/**
 * Whether Atlas can be reached at all. After some failures in a row without any answer, requests fail at once with what is
 * known, but for one short probe at a time: a thousand targets learn of a black hole in seconds, not in an hour of timeouts,
 * and the first probe that is answered ends it. An answer is any answer, also a 500.
 */
import type { Runtime } from '../runtime.ts';
import { AtlasError } from './error.ts';
import type { Transport } from './transport.ts';

export interface Reachability {
  isLost(): boolean;
  /** Watches what becomes of requests; while Atlas is lost it lets nothing but probes through. Goes around the exchange. */
  watch(next: Transport): Transport;
  /** Refuses what `watch` would refuse, before it waits for a turn and spends budget. Goes around the budget. */
  refuseEarly(next: Transport): Transport;
}

const LOST_AFTER_FAILURES = 10;
const PROBE_SECONDS = 3;

export function createReachability(runtime: Runtime): Reachability {
  let failures = 0;
  let last: AtlasError | undefined;
  let probeUnderWay = false;
  let probedAtSeconds = Number.NEGATIVE_INFINITY;

  const isLost = (): boolean => failures >= LOST_AFTER_FAILURES;

  function refusal(): AtlasError | undefined {
    if (last === undefined || !isLost()) return undefined;
    const mayProbe = !probeUnderWay && runtime.monotonicSeconds() - probedAtSeconds >= PROBE_SECONDS;
    return mayProbe ? undefined : new AtlasError(last.reason, `Atlas does not answer: ${last.message}`);
  }

  function failed(error: unknown): void {
    if (!(error instanceof AtlasError) || (error.reason !== 'network' && error.reason !== 'timeout')) return;
    failures += 1;
    last = error;
  }

  async function probed<T>(send: () => Promise<T>): Promise<T> {
    probeUnderWay = true;
    try {
      return await send();
    } finally {
      probeUnderWay = false;
      probedAtSeconds = runtime.monotonicSeconds();
    }
  }

  function watch(next: Transport): Transport {
    async function watched(...[request, signal]: Parameters<Transport>): ReturnType<Transport> {
      try {
        const response = await next(request, signal);
        failures = 0;
        return response;
      } catch (error) {
        failed(error);
        throw error;
      }
    }

    return async function watchedOrProbed(request, signal) {
      const refused = refusal();
      if (refused) throw refused;
      if (!isLost()) return watched(request, signal);
      return probed(() => watched({ ...request, patienceSeconds: PROBE_SECONDS }, signal));
    };
  }

  function refuseEarly(next: Transport): Transport {
    return async function refusedEarly(request, signal) {
      const refused = refusal();
      if (refused) throw refused;
      return next(request, signal);
    };
  }

  return { isLost, watch, refuseEarly };
}
