/** Settings for a web server without a daemon, and requests to it, down to raw bytes on a socket. */
import { once } from 'node:events';
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { connect } from 'node:net';
import { TLSSocket } from 'node:tls';
import { systemRuntime } from '../../src/support/runtime.ts';
import { UNGUARDED } from '../../src/web/guards/answer.ts';
import type { WebSettings } from '../../src/web/server.ts';
import { LINKS, QUIET_SOURCES } from './pages.ts';

export const QUIET_WEB: WebSettings = {
  ...QUIET_SOURCES,
  telemetryPath: '/metrics',
  version: '0',
  links: () => LINKS,
  config: () => '',
  maxRequests: 40,
  allowedHosts: [],
  guards: () => UNGUARDED,
  comparePassword: () => Promise.resolve(false),
  passwordKey: '',
  page: () => Promise.resolve(Buffer.alloc(0)),
  isHealthy: () => true,
  notReadyBecause: () => undefined,
  onError: () => undefined,
  runtime: { after: systemRuntime.after, wallSeconds: () => 0 },
};

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The name in the server's certificate. */
  readonly peer: string | undefined;
}

/** Opens a new connection for each request, unless an agent is given. */
export async function ask(url: string, options: RequestOptions = {}): Promise<Answer> {
  const request = (url.startsWith('https:') ? httpsRequest : httpRequest)(url, { agent: false, ...options });
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const { socket } = response;
  const peer = socket instanceof TLSSocket ? socket.getPeerCertificate().subject?.CN : undefined;
  let body = '';
  for await (const chunk of response) body += String(chunk);
  return { status: response.statusCode ?? 0, headers: response.headers, body, peer: peer?.toString() };
}

export function basic(name: string, password: string): RequestOptions {
  return { headers: { authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` } };
}

/** Sends these bytes and resolves to everything that the server sends until it closes the connection. */
export async function sendRaw(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk.toString();
  });
  // The server may close the connection before it has read everything.
  socket.on('error', () => undefined);
  socket.end(bytes);
  await once(socket, 'close');
  return answer;
}
