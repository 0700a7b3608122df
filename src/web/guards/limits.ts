/** Refuses requests for other hosts, with other methods, and beyond the number of concurrent requests. */
import type { NextFunction, Request, Response } from 'express';
import type { Runtime } from '../../support/runtime.ts';
import { sendText } from './answer.ts';
import { isProbe } from './management.ts';

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
