/** The routes for people: the status page, the page of one target, the same data as JSON, and the current config. */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Express, Request, Response } from 'express';
import type { PollingSettings, TargetState } from '../../collectors/collector.ts';
import { parseTargetQuery, targetJson, targetsJson } from '../api.ts';
import { negotiate, sendBytes } from '../guards/answer.ts';
import { PAGE_POLICY, type PageFacts, type PageLinks } from './layout.ts';
import { overviewOf, parseFilter, type Sources, statusOf, type View } from './status.ts';
import { renderStatusPage } from './status-page.ts';
import { renderTargetPage } from './target-page.ts';

export interface PageSettings extends Sources, Pick<View, 'collectors' | 'nextPollAtSeconds'> {
  readonly telemetryPath: string;
  readonly version: string;
  state(key: string): TargetState | undefined;
  settings(): PollingSettings;
  links(): PageLinks;
  /** The current config as YAML, without secrets. */
  config(): string;
  wallSeconds(): number;
}

const HTML = 'text/html; charset=utf-8';
const JSON_TYPE = 'application/json; charset=utf-8';
const zip = promisify(gzip);

export function addPages(app: Express, settings: PageSettings): void {
  const { version, telemetryPath, collectors, nextPollAtSeconds } = settings;

  function viewNow(): View {
    return { nowSeconds: settings.wallSeconds(), settings: settings.settings(), collectors, nextPollAtSeconds };
  }

  function factsOf({ nowSeconds }: View, root: string): PageFacts {
    return { version, telemetryPath, nowSeconds, root, links: settings.links() };
  }

  app.get('/', (request, response) => {
    const view = viewNow();
    const filter = parseFilter(queryOf(request));
    return send(response, HTML, renderStatusPage(overviewOf(settings, view), filter, factsOf(view, '')));
  });

  app.get('/targets/:groupId/:clusterName', (request, response, next) => {
    const state = settings.state(`${request.params.groupId}/${request.params.clusterName}`);
    if (state === undefined) return next();
    // The links of the page are relative, so its path must not end with a slash. A relative redirect keeps the path of a proxy.
    if (request.path.endsWith('/')) return response.redirect(308, `../${state.target.clusterName}`);
    const view = viewNow();
    return send(response, HTML, renderTargetPage(statusOf(state, view), factsOf(view, '../../')));
  });

  app.get('/api/v1/targets', (request, response) => {
    const filter = parseTargetQuery(queryOf(request));
    if ('problem' in filter) return response.status(400).json({ error: filter.problem });
    const view = viewNow();
    return send(response, JSON_TYPE, targetsJson(overviewOf(settings, view), { version, ...view }, filter.value));
  });

  app.get('/api/v1/targets/:groupId/:clusterName', (request, response) => {
    const state = settings.state(`${request.params.groupId}/${request.params.clusterName}`);
    if (state === undefined) return response.status(404).json({ error: 'this exporter does not monitor this cluster' });
    return send(response, JSON_TYPE, targetJson(statusOf(state, viewNow()), collectors));
  });

  app.get('/config', (_request, response) => response.type('text').send(settings.config()));
}

function queryOf({ url }: Request): URLSearchParams {
  return new URLSearchParams(url.split('?', 2)[1]);
}

async function send(response: Response, type: string, body: string): Promise<void> {
  const { gzip: isZipped } = negotiate(response.req.headers);
  // Only pages may load resources. The policy of all other responses allows nothing.
  if (type === HTML) response.setHeader('Content-Security-Policy', PAGE_POLICY);
  sendBytes(response, type, isZipped ? await zip(body) : Buffer.from(body), isZipped);
}
