/** Servers on loopback with faults of Atlas and of the network, and an exchange with them. For contract tests only. */
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createSocketServer, type Server, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, expect } from '@jest/globals';
import { AtlasError } from '../../../src/atlas/error.ts';
import { createConnections } from '../../../src/atlas/http/connections.ts';
import { createExchange } from '../../../src/atlas/http/exchange.ts';
import type { AtlasRequest } from '../../../src/atlas/http/transport.ts';
import type { HttpProxy } from '../../../src/atlas/http/tunnel.ts';
import { systemRuntime } from '../../../src/support/runtime.ts';
import { never, outcomeOf, recordingObserver, request, TARGET } from './support.ts';

/** Texts that no error may contain. */
export const SECRET = 'Bearer very-secret-token';
const cleanups: (() => void)[] = [];

/** Ends every server and connection that was made here. */
export function endAll(): void {
  for (const cleanup of cleanups.splice(0)) cleanup();
}

afterEach(endAll);

export async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An HTTP server that answers with this and remembers what it was asked. */
export async function atlas(listener: RequestListener) {
  const asked: IncomingMessage[] = [];
  let connections = 0;
  const server = createServer((req, res) => {
    asked.push(req);
    listener(req, res);
  });
  server.on('connection', () => {
    connections += 1;
  });
  const baseUrl = await listening(server);
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { baseUrl, asked, connections: () => connections };
}

/** A server that calls this function for every connection after the first request data. */
export async function rawServer(treat: (socket: Socket) => void): Promise<string> {
  const server = createSocketServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => treat(socket));
    cleanups.push(() => socket.destroy());
  });
  const baseUrl = await listening(server);
  cleanups.push(() => server.close());
  return baseUrl;
}

export interface ExchangeChoices {
  readonly requestTimeoutSeconds?: number;
  readonly proxy?: HttpProxy | undefined;
  readonly caPem?: string | undefined;
}

export function exchangeWith(baseUrl: string, { requestTimeoutSeconds = 5, proxy, caPem }: ExchangeChoices = {}) {
  const observer = recordingObserver();
  const connections = createConnections({ proxy, caPem: () => caPem });
  cleanups.push(() => connections.close());
  const exchange = createExchange({
    baseUrl,
    userAgent: 'backup-exporter/1.2.3',
    requestTimeoutSeconds: () => requestTimeoutSeconds,
    connections,
    runtime: systemRuntime,
    observer,
  });
  const send = (changes: Partial<AtlasRequest> = {}, signal = never) =>
    exchange(request({ headers: { accept: 'application/json', authorization: SECRET }, ...changes }), signal);
  return { send, observer };
}

/** The error of a failed exchange, which must contain nothing of the request. */
export async function failureOf(promise: Promise<unknown>): Promise<AtlasError> {
  const error = await outcomeOf(promise);
  if (!(error instanceof AtlasError)) throw new Error(`not an AtlasError: ${inspect(error)}`);
  const everything = [
    error.message,
    error.stack,
    JSON.stringify(error),
    inspect(error, { showHidden: true, depth: Number.POSITIVE_INFINITY }),
  ].join('\n');
  expect(everything).not.toMatch(/very-secret|Bearer|authorization/i);
  expect(everything).not.toContain(TARGET);
  expect(error.cause).toBeUndefined();
  return error;
}
