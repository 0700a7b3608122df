/**
 * Refuses requests for other hosts, with other methods, and beyond the number of concurrent requests. The paths below `/-/` are
 * as Prometheus servers have them. Probes send no password and must not fail while many scrapes run, so these paths have neither
 * authentication nor limits, and reveal only one sentence.
 */
import { type NextFunction, type Request, type Response, Router } from 'express';
import type { Runtime } from '../../support/runtime.ts';
import { sendText } from './answer.ts';

const HEALTHY = '/-/healthy';
const READY = '/-/ready';
export const RELOAD_PATH = '/-/reload';

export function isProbe(path: string): boolean {
  return path === HEALTHY || path === READY;
}

type Middleware = (request: Request, response: Response, next: NextFunction) => void;

/** Maximum time to read a response. A slower client is not a scraper, and it would block a place that scrapers need. */
export const MAX_RESPONSE_SECONDS = 60;

/**
 * With a list, a web page whose domain an attacker points at this address (DNS rebinding) cannot read anything. Probes
 * are exempt, because the kubelet sends the address of the pod.
 * @param names host names and addresses without a port, in lower case; empty for no check
 */
export function allowHosts(names: readonly string[]): Middleware {
  return ({ headers: { host = '' }, path }, response, next) => {
    const isAllowed = names.length === 0 || names.includes(host.toLowerCase().replace(/:\d*$/, ''));
    if (isAllowed || isProbe(path)) next();
    else sendText(response, 421, 'Not a host name of this server: see --web.allowed-hosts.');
  };
}

/**
 * Allows GET and HEAD; for `postPaths` only POST. A POST has an effect, so a web page must not be able to send one:
 * browsers mark each POST with its origin, the operators' tools don't.
 */
export function allowMethods(postPaths: readonly string[]): Middleware {
  return ({ method, path, headers }, response, next) => {
    const allowed = postPaths.includes(path) ? ['POST'] : ['GET', 'HEAD'];
    if (!allowed.includes(method)) {
      response.setHeader('Allow', allowed.join(', '));
      sendText(response, 405, `Only ${allowed.join(' and ')}.`);
    } else if (method === 'POST' && (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined)) {
      sendText(response, 403, 'Not from a browser.');
    } else next();
  };
}

/** @param maxRequests 0 for no limit */
export function limitRequests(maxRequests: number, sleep: Runtime['sleep']): Middleware {
  let running = 0;
  return (request, response, next) => {
    if (isProbe(request.path)) {
      next();
      return;
    }
    if (maxRequests > 0 && running >= maxRequests) {
      response.setHeader('Retry-After', '1');
      sendText(response, 503, `Limit of concurrent requests reached (${maxRequests}), try again later.`);
      return;
    }
    // The client has disconnected during the password check, so no close event would free its place.
    if (response.destroyed) return;
    running += 1;
    const ended = new AbortController();
    response.once('close', () => {
      running -= 1;
      ended.abort();
    });
    sleep(MAX_RESPONSE_SECONDS, ended.signal).then(
      () => request.socket.destroy(),
      () => undefined,
    );
    next();
  };
}

export interface ManagementSettings {
  isHealthy(): boolean;
  /** Why the program isn't ready, or undefined if it is. */
  notReadyBecause(): string | undefined;
  /** Absent: reloading over HTTP is disabled. */
  reload?(): Promise<ReloadAnswer>;
}

export interface ReloadAnswer {
  readonly result: 'reloaded' | 'refused' | 'failed' | 'stopping';
  readonly text: string;
}

const RELOAD_STATUS = { reloaded: 200, refused: 400, failed: 500, stopping: 503 } as const;

export function createManagement({ isHealthy, notReadyBecause, reload }: ManagementSettings): Router {
  const router = Router();
  router.get(HEALTHY, (_request, response) => {
    const healthy = isHealthy();
    sendText(response, healthy ? 200 : 503, healthy ? 'The exporter is healthy.' : 'The scheduler is stuck.');
  });
  router.get(READY, (_request, response) => {
    const reason = notReadyBecause();
    sendText(response, reason === undefined ? 200 : 503, reason ?? 'The exporter is ready.');
  });
  // allowMethods has already refused a POST from a browser.
  router.post(RELOAD_PATH, async (_request, response) => {
    if (reload === undefined) {
      sendText(response, 403, 'Reloading over HTTP is off: --web.enable-lifecycle allows it.');
      return;
    }
    const { result, text } = await reload();
    sendText(response, RELOAD_STATUS[result], text);
  });
  return router;
}
