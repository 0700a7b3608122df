/**
 * The HTTP server's routes. No request causes a request to Atlas. The guards run in the order of `createApp`. Many clients that
 * ask for a page within one second get the same one: in an incident a whole team looks at the status page, and with 1,000 clusters
 * it takes up to 0.2 seconds.
 */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import type { Format } from '../metrics/lines.ts';
import type { Runtime } from '../support/runtime.ts';
import { parseTargetQuery, targetObject, targetsJson } from './api.ts';
import {
  addHeaders,
  allowHosts,
  allowMethods,
  type GuardSettings,
  limitRequests,
  negotiate,
  sendBytes,
  sendText,
} from './guards/answer.ts';
import { type AuthSettings, authenticate } from './guards/auth.ts';
import { PAGE_POLICY, type PageFacts, type PageLinks } from './pages/layout.ts';
import { overviewOf, parseFilter, type Sources, statusOf } from './pages/status.ts';
import { renderStatusPage } from './pages/status-page.ts';
import { renderTargetPage } from './pages/target-page.ts';

export interface WebSettings extends AuthSettings, Sources {
  /** The settings of the web config file, read at each request. */
  guards(): GuardSettings;
  /** Maximum number of concurrent requests; 0 for no limit. */
  readonly maxRequests: number;
  /** Accepted names in the Host header, in lower case. Empty: all. */
  readonly allowedHosts: readonly string[];
  readonly telemetryPath: string;
  readonly version: string;
  /** The page of metrics. */
  page(format: Format, gzip: boolean): Promise<Buffer>;
  links(): PageLinks;
  /** The current config as YAML, without secrets. */
  config(): string;
  isHealthy(): boolean;
  /** Why the program isn't ready, or undefined if it is. */
  notReadyBecause(): string | undefined;
  /** Absent: reloading over HTTP is disabled. */
  reload?(): Promise<ReloadAnswer>;
  /** Called with internal errors, which the client has not caused. */
  onError(error: unknown): void;
  readonly runtime: Pick<Runtime, 'after' | 'wallSeconds'>;
}

export interface ReloadAnswer {
  /** Of the response: 200 reloaded, 400 problems in the config, 500 an internal error, 503 the program stops. */
  readonly status: 200 | 400 | 500 | 503;
  readonly text: string;
}

/** As in Prometheus servers. */
const RELOAD_PATH = '/-/reload';
const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};
/** Maximum number of cached bodies; each URL has its own. */
const MAX_KEPT = 20;
const HTML = 'text/html; charset=utf-8';
const JSON_TYPE = 'application/json; charset=utf-8';
const zip = promisify(gzip);

export function createApp(settings: WebSettings): Express {
  const app = express();
  app.disable('x-powered-by');
  // Otherwise Express hashes each body.
  app.disable('etag');
  app.use(addHeaders(settings.guards), allowMethods([RELOAD_PATH]));
  addProbes(app, settings);
  // The password is checked first, so that a client without one takes no place from other clients.
  app.use(allowHosts(settings.allowedHosts), authenticate(settings));
  app.use(limitRequests(settings.maxRequests, settings.runtime.after));
  // allowMethods has already refused a POST from a browser.
  app.post(RELOAD_PATH, async (_request, response) => {
    const off = { status: 403, text: 'Reloading over HTTP is off: --web.enable-lifecycle allows it.' };
    const { status, text } = settings.reload ? await settings.reload() : off;
    sendText(response, status, text);
  });
  app.get(settings.telemetryPath, async (request, response) => {
    const { format, gzip } = negotiate(request.headers);
    const bytes = await settings.page(format, gzip);
    sendBytes(response.vary('Accept'), CONTENT_TYPES[format], bytes, gzip);
  });
  addPages(app, settings);
  app.use((_request, response) => sendText(response, 404, 'Not found.'));
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    // A path that cannot be decoded.
    if (error instanceof URIError) return sendText(response, 400, 'Bad request.');
    settings.onError(error);
    if (response.headersSent) request.socket.destroy();
    else sendText(response, 500, 'Internal error; see the log.');
  });
  return app;
}

/**
 * Probes send no password and the address of a pod as the host, and they must not fail while many scrapes run. So they come before
 * these guards, and reveal only one sentence.
 */
function addProbes(app: Express, { isHealthy, notReadyBecause }: WebSettings): void {
  app.get('/-/healthy', (_request, response) => {
    const healthy = isHealthy();
    sendText(response, healthy ? 200 : 503, healthy ? 'The exporter is healthy.' : 'The scheduler is stuck.');
  });
  app.get('/-/ready', (_request, response) => {
    const reason = notReadyBecause();
    sendText(response, reason === undefined ? 200 : 503, reason ?? 'The exporter is ready.');
  });
}

/** The routes for people and their JSON. */
function addPages(app: Express, settings: WebSettings): void {
  const { version, telemetryPath, collectors, states } = settings;
  const send = createSend(settings.runtime);

  function factsAt(nowSeconds: number, root: string): PageFacts {
    return { version, telemetryPath, nowSeconds, root, links: settings.links() };
  }

  app.get('/', (request, response) => {
    const filter = parseFilter(queryOf(request));
    return send(response, HTML, (now) => renderStatusPage(overviewOf(settings, now), filter, factsAt(now, '')));
  });

  app.get('/targets/:groupId/:clusterName', (request, response, next) => {
    const state = states.get(`${request.params.groupId}/${request.params.clusterName}`);
    if (state === undefined) return next();
    // The links of the page are relative, so its path must not end with a slash. A relative redirect keeps the path of a proxy.
    if (request.path.endsWith('/')) return response.redirect(308, `../${state.target.clusterName}`);
    return send(response, HTML, (now) => renderTargetPage(statusOf(state, settings, now), factsAt(now, '../../')));
  });

  app.get('/api/v1/targets', (request, response) => {
    const filter = parseTargetQuery(queryOf(request));
    if ('problem' in filter) return response.status(400).json({ error: filter.problem });
    return send(response, JSON_TYPE, (now) =>
      targetsJson(overviewOf(settings, now), { version, nowSeconds: now, collectors }, filter.value),
    );
  });

  app.get('/api/v1/targets/:groupId/:clusterName', (request, response) => {
    const state = states.get(`${request.params.groupId}/${request.params.clusterName}`);
    if (state === undefined) return response.status(404).json({ error: 'this exporter does not monitor this cluster' });
    return send(response, JSON_TYPE, (now) => JSON.stringify(targetObject(statusOf(state, settings, now), collectors)));
  });

  app.get('/config', (_request, response) => response.type('text').send(settings.config()));
}

function queryOf({ url }: Request): URLSearchParams {
  return new URLSearchParams(url.split('?', 2)[1]);
}

function createSend({ wallSeconds }: Pick<Runtime, 'wallSeconds'>) {
  const kept = new Map<string, Promise<Buffer>>();
  let second = 0;

  return async function send(response: Response, type: string, render: (nowSeconds: number) => string): Promise<void> {
    const nowSeconds = wallSeconds();
    if (Math.floor(nowSeconds) !== second || kept.size >= MAX_KEPT) kept.clear();
    second = Math.floor(nowSeconds);
    const { headers, url } = response.req;
    const isZipped = negotiate(headers).gzip;
    const make = async () => (isZipped ? zip(render(nowSeconds)) : Buffer.from(render(nowSeconds)));
    const bytes = kept.get(`${isZipped} ${url}`) ?? make();
    kept.set(`${isZipped} ${url}`, bytes);
    // Only pages may load resources. The policy of all other responses allows nothing.
    if (type === HTML) response.setHeader('Content-Security-Policy', PAGE_POLICY);
    sendBytes(response, type, await bytes, isZipped);
  };
}
