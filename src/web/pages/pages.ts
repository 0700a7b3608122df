/**
 * The routes for people and their JSON. Many clients that ask for a page within one second get the same one: in an incident a whole
 * team looks at the status page, and with 1,000 clusters it takes up to 0.2 seconds.
 */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Express, Request, Response } from 'express';
import type { PollingSettings, TargetState } from '../../collectors/collector.ts';
import { parseTargetQuery, targetJson, targetsJson } from '../api.ts';
import { negotiate, sendBytes } from '../guards/answer.ts';
import { PAGE_POLICY, type PageFacts, type PageLinks } from './layout.ts';
import { type Overview, overviewOf, parseFilter, type Sources, statusOf, type View } from './status.ts';
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

/** Maximum number of cached bodies; each URL has its own. */
const MAX_KEPT = 20;
const HTML = 'text/html; charset=utf-8';
const JSON_TYPE = 'application/json; charset=utf-8';
const zip = promisify(gzip);

export function addPages(app: Express, settings: PageSettings): void {
  const { version, telemetryPath, collectors, nextPollAtSeconds } = settings;
  const send = createSend(settings.wallSeconds);

  function viewAt(nowSeconds: number): View {
    return { nowSeconds, settings: settings.settings(), collectors, nextPollAtSeconds };
  }

  function overviewAt(nowSeconds: number): Overview {
    return overviewOf(settings, viewAt(nowSeconds));
  }

  function factsAt(nowSeconds: number, root: string): PageFacts {
    return { version, telemetryPath, nowSeconds, root, links: settings.links() };
  }

  app.get('/', (request, response) => {
    const filter = parseFilter(queryOf(request));
    return send(response, HTML, (now) => renderStatusPage(overviewAt(now), filter, factsAt(now, '')));
  });

  app.get('/targets/:groupId/:clusterName', (request, response, next) => {
    const state = settings.state(`${request.params.groupId}/${request.params.clusterName}`);
    if (state === undefined) return next();
    // The links of the page are relative, so its path must not end with a slash. A relative redirect keeps the path of a proxy.
    if (request.path.endsWith('/')) return response.redirect(308, `../${state.target.clusterName}`);
    return send(response, HTML, (now) => renderTargetPage(statusOf(state, viewAt(now)), factsAt(now, '../../')));
  });

  app.get('/api/v1/targets', (request, response) => {
    const filter = parseTargetQuery(queryOf(request));
    if ('problem' in filter) return response.status(400).json({ error: filter.problem });
    return send(response, JSON_TYPE, (now) =>
      targetsJson(overviewAt(now), { version, nowSeconds: now, collectors }, filter.value),
    );
  });

  app.get('/api/v1/targets/:groupId/:clusterName', (request, response) => {
    const state = settings.state(`${request.params.groupId}/${request.params.clusterName}`);
    if (state === undefined) return response.status(404).json({ error: 'this exporter does not monitor this cluster' });
    return send(response, JSON_TYPE, (now) => targetJson(statusOf(state, viewAt(now)), collectors));
  });

  app.get('/config', (_request, response) => response.type('text').send(settings.config()));
}

function queryOf({ url }: Request): URLSearchParams {
  return new URLSearchParams(url.split('?', 2)[1]);
}

function createSend(wallSeconds: () => number) {
  const kept = new Map<string, Promise<Buffer>>();
  let second = 0;

  function keep(key: string, make: () => Promise<Buffer>): Promise<Buffer> {
    const bytes = kept.get(key) ?? make();
    kept.set(key, bytes);
    return bytes;
  }

  return async function send(response: Response, type: string, render: (nowSeconds: number) => string): Promise<void> {
    const nowSeconds = wallSeconds();
    if (Math.floor(nowSeconds) !== second || kept.size >= MAX_KEPT) kept.clear();
    second = Math.floor(nowSeconds);
    const { headers, url } = response.req;
    const isZipped = negotiate(headers).gzip;
    const plain = keep(url, async () => Buffer.from(render(nowSeconds)));
    const bytes = await (isZipped ? keep(`gzip ${url}`, async () => zip(await plain)) : plain);
    // Only pages may load resources. The policy of all other responses allows nothing.
    if (type === HTML) response.setHeader('Content-Security-Policy', PAGE_POLICY);
    sendBytes(response, type, bytes, isZipped);
  };
}
