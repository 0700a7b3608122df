/**
 * What all responses have in common: short plain text or a body that is ready, its compression, and protective headers. Also refuses
 * requests for other hosts, with other methods, and beyond the number of concurrent requests.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { RequestHandler, Response } from 'express';
import Negotiator from 'negotiator';
import type { Format } from '../../metrics/lines.ts';
import type { Runtime } from '../../support/runtime.ts';
import type { TlsSettings } from './listen.ts';

/** The settings of the web config file. All of them can change while the program runs. */
export interface GuardSettings {
  /** Absent: plain HTTP. */
  readonly tls?: TlsSettings;
  /** Response headers that replace or extend the built-in ones. An empty value removes a header. */
  readonly headers: Readonly<Record<string, string>>;
  /** bcrypt hashes by user name. Without users no password is required. */
  readonly users: ReadonlyMap<string, string>;
}

/** The settings without a web config file: plain HTTP without passwords. */
export const UNGUARDED: GuardSettings = { headers: {}, users: new Map() };

/** `text` must not contain anything from the request. */
export function sendText(response: Response, status: number, text: string): void {
  response.status(status).type('text').send(`${text}\n`);
}

export function sendBytes(response: Response, type: string, bytes: Buffer, isZipped: boolean): void {
  if (isZipped) response.setHeader('Content-Encoding', 'gzip');
  response.vary('Accept-Encoding').type(type).send(bytes);
}

const OPENMETRICS = 'application/openmetrics-text';

/** RFC 9110, section 12.5. The format is text if the client has no preference or accepts neither. */
export function negotiate(headers: IncomingHttpHeaders): { readonly format: Format; readonly gzip: boolean } {
  // Only type and weight: scrapers also send versions and escaping schemes, which Negotiator would compare exactly.
  const accept = (headers.accept ?? '*/*').replace(/;\s*(?!q=)[\w-]+=("[^"]*"|[^;,]*)/gi, '');
  const negotiator = new Negotiator({ headers: { ...headers, accept } });
  const format = negotiator.mediaType(['text/plain', OPENMETRICS]) === OPENMETRICS ? 'openmetrics' : 'text';
  return { format, gzip: negotiator.encoding(['gzip', 'identity']) === 'gzip' };
}

/** Pages set their own Content-Security-Policy, which allows more. */
const HEADERS: GuardSettings['headers'] = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'deny',
  'Content-Security-Policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

export function addHeaders(guards: () => Pick<GuardSettings, 'headers'>): RequestHandler {
  return ({ socket }, response, next) => {
    for (const [name, value] of Object.entries({ ...HEADERS, ...guards().headers })) {
      // RFC 6797, section 7.2: this header must not be sent over plain HTTP.
      const isAllowed = name !== 'Strict-Transport-Security' || 'encrypted' in socket;
      if (value !== '' && isAllowed) response.setHeader(name, value);
    }
    next();
  };
}

/** Maximum time to read a response. A slower client is not a scraper, and it would block a place that scrapers need. */
export const MAX_RESPONSE_SECONDS = 60;

/**
 * With a list, a web page whose domain an attacker points at this address (DNS rebinding) cannot read anything.
 * @param names host names and addresses without a port, in lower case; empty for no check
 */
export function allowHosts(names: readonly string[]): RequestHandler {
  return ({ headers: { host = '' } }, response, next) => {
    if (names.length === 0 || names.includes(host.toLowerCase().replace(/:\d*$/, ''))) next();
    else sendText(response, 421, 'Not a host name of this server: see --web.allowed-hosts.');
  };
}

/**
 * Allows GET and HEAD; for `postPaths` only POST. A POST has an effect, so a web page must not be able to send one:
 * browsers mark each POST with its origin, the operators' tools don't.
 */
export function allowMethods(postPaths: readonly string[]): RequestHandler {
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
export function limitRequests(maxRequests: number, after: Runtime['after']): RequestHandler {
  let running = 0;
  return (request, response, next) => {
    if (maxRequests > 0 && running >= maxRequests) {
      response.setHeader('Retry-After', '1');
      sendText(response, 503, `Limit of concurrent requests reached (${maxRequests}), try again later.`);
      return;
    }
    // The client has disconnected during the password check, so no close event would free its place.
    if (response.destroyed) return;
    running += 1;
    const cancel = after(MAX_RESPONSE_SECONDS, () => request.socket.destroy());
    response.once('close', () => {
      running -= 1;
      cancel();
    });
    next();
  };
}
