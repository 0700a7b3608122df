/**
 * What is served over HTTP: metrics, health, and a page for people. Nothing here asks Atlas; every answer is made of what is
 * already known. What is let in, and how answers are guarded, is decided in files of their own, in the order of `createApp`.
 */
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { say } from './answer.ts';
import { addHeaders, type Headers } from './guards/answer.ts';
import { authenticate } from './guards/auth.ts';
import { createLifecycle, RELOAD_PATH, type ReloadAnswer } from './guards/lifecycle.ts';
import { allowMethods, limitRequests, refuseBodies, refuseMalformedPaths } from './guards/limits.ts';
import { addProbes, type ProbeSettings } from './guards/management.ts';
import type { PasswordSettings } from './guards/passwords.ts';
import { wantedBy } from './negotiation.ts';
import { addPages, type PageSettings } from './pages/pages.ts';

export interface WebSettings extends ProbeSettings, PageSettings {
  readonly contentTypes: Readonly<Record<'text' | 'openmetrics', string>>;
  /** Who may come in. */
  readonly passwords: PasswordSettings;
  /** Beyond and instead of those that answers have by themselves, as they are now. */
  headers(): Headers;
  /** Requests under way at once; 0 for any number. */
  readonly maxRequests: number;
  page(format: 'text' | 'openmetrics', gzip: boolean): Promise<Buffer>;
  /** Left out: nobody may over HTTP. */
  reload?(): Promise<ReloadAnswer>;
  /** Something in here went wrong that is not the client's fault. */
  onError(error: unknown): void;
}

export function createApp(settings: WebSettings): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(addHeaders(settings.headers), refuseMalformedPaths, allowMethods([RELOAD_PATH]), refuseBodies);
  // First who it is: whoever may not come in takes no place from those who may.
  app.use(authenticate(settings.passwords), limitRequests(settings.maxRequests));
  addProbes(app, settings);
  app.use(createLifecycle(settings.reload));
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
  addPages(app, settings);
  app.use((_request, response) => say(response, 404, 'Not found.'));
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    settings.onError(error);
    if (response.headersSent) request.socket.destroy();
    else say(response, 500, 'Internal error; the log says more.');
  });
  return app;
}
