/**
 * An HTTP server on the loopback interface that behaves like the part of Atlas that a reader of backup exports meets.
 * What it says comes from a world; what it does on the way (credentials, versions, pages, budgets, errors) is Atlas'.
 * It imports nothing of the exporter, so that the two can only agree by both being right. It has no TLS and no HTTP/2.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createDigestAuth } from './digest-auth.ts';
import type { FaultPlan } from './faults.ts';
import { createRateLimits } from './rate-limits.ts';
import { type AuthScheme, answerReceived, type Gate, schemeOf } from './request-handler.ts';
import { createSender } from './sending.ts';
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
  /** With the query, as it was sent. */
  readonly path: string;
  readonly status: number;
  readonly authScheme: AuthScheme;
}

export interface SimulatorOptions {
  readonly world: World;
  /** Unix milliseconds; the machine's clock by default. */
  readonly now?: () => number;
  /** Unpredictable bytes for nonces and tokens. */
  readonly random?: (bytes: number) => Buffer;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Every answer takes this long. */
  readonly delayMs?: number;
  readonly tokenLifetimeSeconds?: number;
  readonly nonceLifetimeSeconds?: number;
  readonly credentials?: Partial<SimulatorCredentials>;
  /** Whether a spent budget is answered by 429. By default it is only counted and shown. */
  readonly enforceRateLimit?: boolean;
  /** Where the links of lists point to, as Atlas' do even behind a proxy; this server by default. */
  readonly linkOrigin?: string;
  /** What goes wrong, beside what the world says of its clusters. Asked for each request, before who sends it is known. */
  readonly faults?: FaultPlan;
  readonly onRequest?: (request: SeenRequest) => void;
}

export interface Simulator {
  readonly origin: string;
  /** Those accepted now. */
  readonly credentials: SimulatorCredentials;
  /** The newest requests, oldest first. */
  readonly requests: readonly SeenRequest[];
  /** Only minted tokens; the fixed one ends by being rotated. */
  expireTokens(): void;
  expireNonces(): void;
  /** The old secrets are refused from now on; tokens that were minted for them live on. */
  rotateCredentials(changed: Partial<SimulatorCredentials>): void;
  /** Cuts every connection and resolves when the port is free. */
  close(): Promise<void>;
}

/** Made up, and shaped like Atlas' own. */
export const defaultCredentials: SimulatorCredentials = {
  clientId: 'mdb_sa_id_5f0000000000000000000001',
  clientSecret: 'mdb_sa_sk_simulated_not-a-secret',
  publicKey: 'simulatd',
  privateKey: '00000000-1111-2222-3333-444444444444',
  accessToken: 'simulated-access-token',
};

const maxKeptRequests = 10_000;
const maxBodyBytes = 65_536;

export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  let credentials: SimulatorCredentials = { ...defaultCredentials, ...options.credentials };
  let origin = '';
  const gate = createGate(
    options,
    () => credentials,
    () => origin,
  );
  const requests: SeenRequest[] = [];
  const stopping = new AbortController();
  const server = createSimulatorServer(options, gate, requests, stopping.signal);
  origin = await listen(server, options.port ?? 0);
  return {
    origin,
    requests,
    get credentials() {
      return credentials;
    },
    expireTokens: () => gate.tokens.expireTokens(),
    expireNonces: () => gate.digest.expireNonces(),
    rotateCredentials: (changed) => {
      credentials = { ...credentials, ...changed };
    },
    close: async () => {
      stopping.abort();
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
    },
  };
}

function createGate(options: SimulatorOptions, credentials: () => SimulatorCredentials, origin: () => string): Gate {
  const { world, now = Date.now, random = randomBytes, linkOrigin, enforceRateLimit = false } = options;
  const { faults = () => undefined } = options;
  const { tokenLifetimeSeconds = 3600, nonceLifetimeSeconds = 300 } = options;
  return {
    world,
    now,
    digest: createDigestAuth({ now, random, nonceLifetimeSeconds, key: credentials }),
    tokens: createTokens({ now, random, lifetimeSeconds: tokenLifetimeSeconds, account: credentials }),
    limits: createRateLimits(now),
    enforceRateLimit,
    linkOrigin: () => linkOrigin ?? origin(),
    accessToken: () => credentials().accessToken,
    faults,
    counts: new Map(),
  };
}

function createSimulatorServer(
  { delayMs = 0, onRequest }: SimulatorOptions,
  gate: Gate,
  requests: SeenRequest[],
  signal: AbortSignal,
): Server {
  const sender = createSender(delayMs);

  function remember(seen: SeenRequest): void {
    requests.push(seen);
    if (requests.length > maxKeptRequests) {
      requests.shift();
    }
    onRequest?.(seen);
  }

  return createServer((request, response) => {
    const { method = '', url: target = '', headers } = request;
    readBody(request)
      .then((body) => {
        const served = answerReceived(gate, { method, target, headers, body });
        remember({ method, path: target, status: served.answer.status, authScheme: schemeOf(headers) });
        return sender.send(request, response, served, signal);
      })
      // Whatever goes wrong here, the client sees a broken connection and not a made-up answer.
      .catch(() => response.destroy());
  });
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) {
      throw new Error('The body is too long.');
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function listen(server: Server, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new Error('The simulator got no port.');
  }
  return `http://127.0.0.1:${address.port}`;
}
