/**
 * What people look at: the status page, one target in full, the same as JSON, the configuration in force. All are made of what
 * is known already. A page that many ask for within a second is made once, and packed once.
 */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Express, Request, Response } from 'express';
import type { Collectors, PollingSettings, TargetState } from '../../collectors/collector.ts';
import { targetsJson } from '../api.ts';
import { negotiate } from '../negotiation.ts';
import { parseFilter } from './filter.ts';
import { PAGE_POLICY } from './layout.ts';
import { type Budget, projectsOf, type Search } from './projects.ts';
import { statusOf, statusOfAll, type View } from './status.ts';
import { type Overview, renderStatusPage } from './status-page.ts';
import { renderTargetPage } from './target-page.ts';

export interface PageSettings {
  readonly telemetryPath: string;
  readonly version: string;
  states(): Iterable<TargetState>;
  state(key: string): TargetState | undefined;
  searches(): Iterable<Search>;
  budgets(): Iterable<Budget>;
  readonly collectors: Collectors;
  /** The settings in force. */
  settings(): PollingSettings;
  /** Unix time of the next poll; undefined while it runs, or if there is none. */
  nextPollAtSeconds(key: string, collector: string): number | undefined;
  /** Where Atlas' own pages are. */
  atlasUrl(): string;
  /** The configuration in force as YAML, without a secret. */
  config(): string;
  wallSeconds(): number;
}

interface Body {
  readonly bytes: Buffer;
  zipped(): Promise<Buffer>;
}

/** Pages of the current second that are kept; each filter makes one of its own. */
const MOST_KEPT = 20;
const zip = promisify(gzip);

export function addPages(app: Express, settings: PageSettings): void {
  const { version, telemetryPath, collectors, nextPollAtSeconds } = settings;
  const view = (): View => {
    return { nowSeconds: settings.wallSeconds(), settings: settings.settings(), collectors, nextPollAtSeconds };
  };
  const kept = keepForASecond(settings.wallSeconds);

  function overview(): Overview {
    const targets = statusOfAll(settings.states(), view());
    return { targets, projects: projectsOf(targets, settings.searches(), settings.budgets()) };
  }

  app.get('/', async (request, response) => {
    const filter = parseFilter(queryOf(request));
    const body = kept(`/ ${filter.condition ?? ''} ${filter.text}`, (nowSeconds) =>
      renderStatusPage(overview(), filter, { version, telemetryPath, nowSeconds, root: '' }),
    );
    await sendPage(response, body);
  });

  app.get('/targets/:groupId/:clusterName', async (request, response, next) => {
    const state = settings.state(`${request.params.groupId}/${request.params.clusterName}`);
    if (state === undefined) {
      next();
      return;
    }
    if (request.path.endsWith('/')) {
      // The page's links are relative to it, and so is this: whatever proxies put in front of the path stays.
      response.redirect(308, `../${state.target.clusterName}`);
      return;
    }
    const { nowSeconds } = view();
    const facts = { version, telemetryPath, nowSeconds, root: '../../', atlasUrl: settings.atlasUrl(), collectors };
    await sendPage(response, bodyOf(renderTargetPage(statusOf(state, view()), facts)));
  });

  app.get('/api/v1/targets', async (_request, response) => {
    const body = kept('/api', (nowSeconds) => targetsJson(overview(), { version, nowSeconds, collectors }));
    await send(response, 'application/json; charset=utf-8', body);
  });

  app.get('/config', async (_request, response) => {
    await send(response, 'text/plain; charset=utf-8', bodyOf(settings.config()));
  });
}

function keepForASecond(wallSeconds: () => number) {
  const bodies = new Map<string, Body>();
  let second = 0;
  return function keep(key: string, make: (nowSeconds: number) => string): Body {
    const nowSeconds = wallSeconds();
    if (Math.floor(nowSeconds) !== second || bodies.size >= MOST_KEPT) bodies.clear();
    second = Math.floor(nowSeconds);
    const body = bodies.get(key) ?? bodyOf(make(nowSeconds));
    bodies.set(key, body);
    return body;
  };
}

function bodyOf(text: string): Body {
  const bytes = Buffer.from(text);
  let zipped: Promise<Buffer> | undefined;
  return {
    bytes,
    zipped() {
      zipped ??= zip(bytes);
      return zipped;
    },
  };
}

function queryOf({ url }: Request): URLSearchParams {
  return new URLSearchParams(url.split('?', 2)[1]);
}

/** The one kind of answer that may load something: the policy of all the others lets nothing through. */
async function sendPage(response: Response, body: Body): Promise<void> {
  response.setHeader('Content-Security-Policy', PAGE_POLICY);
  await send(response, 'text/html; charset=utf-8', body);
}

async function send(response: Response, type: string, body: Body): Promise<void> {
  const { method, headers } = response.req;
  const isZipped = negotiate(headers).gzip;
  const bytes = isZipped ? await body.zipped() : body.bytes;
  response.setHeader('Content-Type', type);
  response.setHeader('Vary', 'Accept-Encoding');
  if (isZipped) response.setHeader('Content-Encoding', 'gzip');
  response.setHeader('Content-Length', bytes.length);
  response.end(method === 'HEAD' ? undefined : bytes);
}
