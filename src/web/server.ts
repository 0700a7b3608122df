/**
 * What is served over HTTP: metrics, health, and a page for people. Nothing here asks Atlas; every answer is made of what is
 * already known.
 */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { wantedBy } from './negotiation.ts';
import { addPages, type PageSettings } from './pages.ts';

export interface WebSettings extends PageSettings {
  readonly contentTypes: Readonly<Record<'text' | 'openmetrics', string>>;
  page(format: 'text' | 'openmetrics', gzip: boolean): Promise<Buffer>;
  /** Whether the scheduler ticks. */
  isHealthy(): boolean;
  /** Why the program isn't ready, or undefined when it is. */
  notReadyBecause(): string | undefined;
  /** Something in here went wrong that is not the client's fault. */
  onError(error: unknown): void;
}

export interface ListenAddress {
  /** All interfaces where it is left out. */
  readonly host?: string;
  readonly port: number;
}

export interface Web {
  /** Where it listens, one URL per address. */
  readonly urls: readonly string[];
  /** Takes no new requests, lets those in flight finish, for a while. */
  close(): Promise<void>;
}

const FINISH_MS = 3000;

export function createApp(settings: WebSettings): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(allowReadingOnly);
  app.get(settings.telemetryPath, async (request, response) => {
    const { format, gzip } = wantedBy(request.headers);
    const bytes = await settings.page(format, gzip);
    response.setHeader('Content-Type', settings.contentTypes[format]);
    response.setHeader('Vary', 'Accept, Accept-Encoding');
    if (gzip) response.setHeader('Content-Encoding', 'gzip');
    // Not response.send: it would hash the whole body.
    response.setHeader('Content-Length', bytes.length);
    response.end(request.method === 'HEAD' ? undefined : bytes);
  });
  app.get('/-/healthy', (_request, response) => {
    const healthy = settings.isHealthy();
    say(response, healthy ? 200 : 503, healthy ? 'The exporter is healthy.' : 'The scheduler is stuck.');
  });
  app.get('/-/ready', (_request, response) => {
    const why = settings.notReadyBecause();
    say(response, why === undefined ? 200 : 503, why ?? 'The exporter is ready.');
  });
  addPages(app, settings);
  app.use((_request, response) => say(response, 404, 'Not found.'));
  app.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
    settings.onError(error);
    if (response.headersSent) next(error);
    else say(response, 500, 'Internal error; the log says more.');
  });
  return app;
}

/** Rejects where one of the addresses can't be had, with the system's error; none of them is then left open. */
export async function startWeb(app: Express, addresses: readonly ListenAddress[]): Promise<Web> {
  const servers: Server[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(servers.map(closeServer));
  };
  try {
    const urls: string[] = [];
    for (const { host, port } of addresses) {
      const server = app.listen(port, host ?? '');
      servers.push(server);
      await once(server, 'listening');
      urls.push(urlOf(server.address() as AddressInfo, host));
    }
    return { urls, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  const cutOff = setTimeout(() => server.closeAllConnections(), FINISH_MS);
  await closed;
  clearTimeout(cutOff);
}

function urlOf({ port, address, family }: AddressInfo, host: string | undefined): string {
  const name = host === undefined ? 'localhost' : family === 'IPv6' ? `[${address}]` : address;
  return `http://${name}:${port}`;
}

function allowReadingOnly(request: Request, response: Response, next: NextFunction): void {
  response.setHeader('X-Content-Type-Options', 'nosniff');
  if (request.method === 'GET' || request.method === 'HEAD') {
    next();
    return;
  }
  response.setHeader('Allow', 'GET, HEAD');
  say(response, 405, 'Only GET and HEAD.');
}

function say(response: Response, status: number, text: string): void {
  response.status(status).type('text').send(`${text}\n`);
}
