/**
 * What people look at: the status page, one target in full, the same as JSON, the configuration in force. All are made of what
 * is known already, and repeated within a second by nobody: a page that many ask for is made once.
 */
import type { Express, Request, Response } from 'express';
import type { TargetState } from '../collectors/collector.ts';
import { targetsJson } from './api.ts';
import { parseFilter } from './filter.ts';
import { PAGE_POLICY } from './layout.ts';
import { type Budget, projectsOf, type Search } from './projects.ts';
import { statusOf, statusOfAll } from './status.ts';
import { type Overview, renderStatusPage } from './status-page.ts';
import { renderTargetPage } from './target-page.ts';

export interface PageSettings {
  readonly telemetryPath: string;
  readonly version: string;
  states(): Iterable<TargetState>;
  state(key: string): TargetState | undefined;
  searches(): Iterable<Search>;
  budgets(): Iterable<Budget>;
  /** Whether backup schedules are read. */
  readsSchedules(): boolean;
  /** Where Atlas' own pages are. */
  atlasUrl(): string;
  /** The configuration in force as YAML, without a secret. */
  config(): string;
  wallSeconds(): number;
}

/** Pages of the current second that are kept; each filter makes one of its own. */
const MOST_KEPT = 20;

export function addPages(app: Express, settings: PageSettings): void {
  const { version, telemetryPath } = settings;
  const moment = () => ({ nowSeconds: settings.wallSeconds(), readsSchedules: settings.readsSchedules() });
  const kept = keepForASecond(settings.wallSeconds);

  function overview(): Overview {
    const targets = statusOfAll(settings.states(), moment());
    return { targets, projects: projectsOf(targets, settings.searches(), settings.budgets()) };
  }

  app.get('/', (request, response) => {
    const filter = parseFilter(queryOf(request));
    const body = kept(`/ ${filter.condition ?? ''} ${filter.text}`, (nowSeconds) =>
      renderStatusPage(overview(), filter, { version, telemetryPath, nowSeconds, root: '' }),
    );
    send(response, 'text/html; charset=utf-8', body);
  });

  app.get('/targets/:groupId/:clusterName', (request, response, next) => {
    const state = settings.state(`${request.params.groupId}/${request.params.clusterName}`);
    if (state === undefined) {
      next();
      return;
    }
    const { nowSeconds } = moment();
    const facts = { version, telemetryPath, nowSeconds, root: '../../', atlasUrl: settings.atlasUrl() };
    send(response, 'text/html; charset=utf-8', renderTargetPage(statusOf(state, moment()), facts));
  });

  app.get('/api/v1/targets', (_request, response) => {
    const body = kept('/api', (nowSeconds) => targetsJson(overview(), { version, nowSeconds }));
    send(response, 'application/json; charset=utf-8', body);
  });

  app.get('/config', (_request, response) => send(response, 'text/plain; charset=utf-8', settings.config()));
}

function keepForASecond(wallSeconds: () => number) {
  const bodies = new Map<string, string>();
  let second = 0;
  return function keep(key: string, make: (nowSeconds: number) => string): string {
    const nowSeconds = wallSeconds();
    if (Math.floor(nowSeconds) !== second || bodies.size > MOST_KEPT) bodies.clear();
    second = Math.floor(nowSeconds);
    const body = bodies.get(key) ?? make(nowSeconds);
    bodies.set(key, body);
    return body;
  };
}

function queryOf({ url }: Request): URLSearchParams {
  return new URLSearchParams(url.split('?', 2)[1]);
}

function send(response: Response, type: string, body: string): void {
  response.setHeader('Content-Security-Policy', PAGE_POLICY);
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.setHeader('Content-Type', type);
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.end(response.req.method === 'HEAD' ? undefined : body);
}
