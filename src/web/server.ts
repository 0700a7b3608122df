/** The HTTP server's routes. No request causes a request to Atlas. The guards run in the order of `createApp`. */
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import type { Runtime } from '../support/runtime.ts';
import { addHeaders, negotiate, sendBytes, sendText } from './guards/answer.ts';
import { type AuthSettings, authenticate } from './guards/auth.ts';
import { allowHosts, allowMethods, limitRequests } from './guards/limits.ts';
import { createManagement, type ManagementSettings, RELOAD_PATH } from './guards/management.ts';
import type { GuardSettings } from './guards/settings.ts';
import { addPages, type PageSettings } from './pages/pages.ts';

export interface WebSettings extends ManagementSettings, AuthSettings, PageSettings {
  /** The settings of the web config file, read at each request. */
  guards(): GuardSettings;
  /** Maximum number of concurrent requests; 0 for no limit. */
  readonly maxRequests: number;
  /** Accepted names in the Host header, in lower case. Empty: all. */
  readonly allowedHosts: readonly string[];
  readonly contentTypes: Readonly<Record<'text' | 'openmetrics', string>>;
  page(format: 'text' | 'openmetrics', gzip: boolean): Promise<Buffer>;
  /** Called with internal errors, which the client has not caused. */
  onError(error: unknown): void;
  readonly sleep: Runtime['sleep'];
}

export function createApp(settings: WebSettings): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(addHeaders(settings.guards), allowHosts(settings.allowedHosts), allowMethods([RELOAD_PATH]));
  // The password is checked first, so that a client without one takes no place from other clients.
  app.use(authenticate(settings), limitRequests(settings.maxRequests, settings.sleep));
  app.use(createManagement(settings));
  app.get(settings.telemetryPath, async (request, response) => {
    const { format, gzip } = negotiate(request.headers);
    const bytes = await settings.page(format, gzip);
    sendBytes(response.vary('Accept'), settings.contentTypes[format], bytes, gzip);
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
