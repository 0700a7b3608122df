/**
 * An HTTP server on loopback that behaves like the part of Atlas that the exporter uses. It imports nothing from the
 * exporter, so that a wrong understanding of the API shows as a difference between the two. It has no TLS and no
 * HTTP/2.
 */
import { setMaxListeners } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Answer } from './answers.ts';
import { createDigestAuth } from './digest-auth.ts';
import { createRateLimits } from './rate-limits.ts';
import { handleRequest, type Intercept } from './request-handler.ts';
import { createTokens } from './tokens.ts';
import type { World } from './world.ts';

export interface SimulatorCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly publicKey: string;
  readonly privateKey: string;
  readonly accessToken: string;
}

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly status: number;
}

export interface SimulatorOptions {
  readonly world: World;
  /** Unix milliseconds. Default: the machine's clock. */
  readonly now?: () => number;
  /** Default: 0, any free port. */
  readonly port?: number;
  /** Each answer is delayed by this. Default: 0. */
  readonly delayMs?: number;
  readonly tokenLifetimeSeconds?: number;
  readonly credentials?: Partial<SimulatorCredentials>;
  /** Whether requests over a rate limit are answered with 429. Default: false, they are only counted. */
  readonly enforceRateLimit?: boolean;
  readonly intercept?: Intercept;
  readonly onRequest?: (request: SeenRequest) => void;
}

export interface Simulator {
  readonly origin: string;
  readonly credentials: SimulatorCredentials;
  /** The newest requests, oldest first. */
  readonly requests: readonly SeenRequest[];
  /** Ends all tokens of the service account. The fixed access token stays valid. */
  expireTokens(): void;
  expireNonces(): void;
  /** Refuses the old secrets from now on. Tokens that were minted with them stay valid. */
  rotateCredentials(changed: Partial<SimulatorCredentials>): void;
  /** Cuts every connection. Resolves when the port is free. */
  close(): Promise<void>;
}

/** Invented credentials in the format of real ones. */
export const defaultCredentials: SimulatorCredentials = {
  clientId: 'mdb_sa_id_5f0000000000000000000001',
  clientSecret: 'mdb_sa_sk_simulated_not-a-secret',
  publicKey: 'simulatd',
  privateKey: '00000000-1111-2222-3333-444444444444',
  accessToken: 'simulated-access-token',
};

const maxKeptRequests = 10_000;
/** Smaller bodies are not compressed. */
const minGzipBytes = 1024;
const compress = promisify(gzip);

export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { world, now = Date.now, delayMs = 0, enforceRateLimit = false, tokenLifetimeSeconds = 3600 } = options;
  const { intercept = () => undefined, onRequest } = options;
  let credentials: SimulatorCredentials = { ...defaultCredentials, ...options.credentials };
  let origin = '';
  const digest = createDigestAuth(now, () => credentials);
  const tokens = createTokens(now, tokenLifetimeSeconds, () => credentials);
  const atlas = {
    world,
    now,
    digest,
    tokens,
    limits: createRateLimits(now),
    enforceRateLimit,
    origin: () => origin,
    accessToken: () => credentials.accessToken,
    intercept,
  };
  const requests: SeenRequest[] = [];
  const closing = new AbortController();
  // Each delayed answer waits for this signal, and Node.js warns of more than ten listeners.
  setMaxListeners(0, closing.signal);

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: target = '', headers } = request;
    const { answer, send } = handleRequest(atlas, { method, target, headers, body: await text(request) });
    const seen = { method, path: target, status: answer.status };
    requests.push(seen);
    if (requests.length > maxKeptRequests) requests.shift();
    onRequest?.(seen);
    if (delayMs > 0) await delay(delayMs, undefined, { signal: closing.signal });
    await (send?.(response, answer, closing.signal) ?? sendAnswer(response, answer, headers['accept-encoding']));
  }

  const server = createServer((request, response) => {
    // After an error here the client sees a broken connection.
    serve(request, response).catch(() => response.destroy());
  });
  origin = await listen(server, options.port ?? 0);
  return {
    origin,
    requests,
    get credentials() {
      return credentials;
    },
    expireTokens: tokens.expireAll,
    expireNonces: digest.expireNonces,
    rotateCredentials: (changed) => {
      credentials = { ...credentials, ...changed };
    },
    close: async () => {
      closing.abort();
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
    },
  };
}

async function sendAnswer(
  response: ServerResponse,
  { status, headers, body }: Answer,
  acceptEncoding: string | readonly string[] = '',
): Promise<void> {
  const plain = Buffer.from(body);
  const isZipped = plain.length > minGzipBytes && /\bgzip\b/i.test(String(acceptEncoding));
  const bytes = isZipped ? await compress(plain, { level: 1 }) : plain;
  response.writeHead(status, {
    ...headers,
    'Content-Length': bytes.length,
    ...(isZipped ? { 'Content-Encoding': 'gzip' } : {}),
  });
  response.end(bytes);
}

async function listen(server: Server, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The simulator has no port.');
  return `http://127.0.0.1:${address.port}`;
}
