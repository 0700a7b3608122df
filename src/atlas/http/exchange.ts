/**
 * One HTTP exchange with Atlas: one request, one response, limited in time and size; and the connections for it.
 * It follows no redirect (a credential must not travel to another host) and retries nothing. got's errors contain the
 * request with its headers, so none of them leaves this file: not as `cause`, not in a message.
 */
import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import got, { AbortError, type Agents, RequestError, type Request as Stream } from 'got';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { getProxyForUrl } from 'proxy-from-env';
import { unlessAborted } from '../../support/abortable.ts';
import type { Runtime } from '../../support/runtime.ts';
import { BOUNDS } from '../bounds.ts';
import { AtlasError } from '../error.ts';
import type { AtlasObserver } from '../observer.ts';
import { ACCEPT_ENCODING, decodeBody, deprecationOf, rateLimitOf, tooLarge } from './answer.ts';
import type { AtlasRequest, AtlasResponse, Transport } from './transport.ts';

export interface ExchangeSettings {
  readonly baseUrl: string;
  readonly userAgent: string;
  /** Read before each request: a reload may change it. */
  readonly requestTimeoutSeconds: () => number;
  readonly agents: Agents;
  readonly runtime: Runtime;
  readonly observer: Pick<AtlasObserver, 'request' | 'deprecated'>;
}

/** Options of a request that Node hands on to its agent; unlike `signal`, which it keeps to itself. */
interface ExchangeOptions {
  readonly exchangeSignal?: AbortSignal;
}

/** Idle connections are kept until they are closed. */
const KEEP_ALIVE = { keepAlive: true };

/**
 * The connections to one base URL, through the proxy that HTTPS_PROXY and NO_PROXY name (read by proxy-from-env). Plain HTTP is
 * used only with loopback, where no proxy is wanted.
 */
export function createConnections(baseUrl: string): { readonly agents: Agents; readonly close: () => void } {
  const proxy = baseUrl.startsWith('https:') ? getProxyForUrl(baseUrl) : '';
  const http = new HttpAgent(KEEP_ALIVE);
  const https = proxy === '' ? new HttpsAgent(KEEP_ALIVE) : createProxyAgent(proxy);
  return {
    // got types its https agent as the one of node:https, but passes it to https.request, which accepts any http.Agent.
    agents: { http, https: https as HttpsAgent },
    close() {
      for (const agent of [http, https]) agent.destroy();
    },
  };
}

/**
 * https-proxy-agent keeps its socket to the proxy to itself until CONNECT is answered: a proxy that never answers would hold
 * one socket per attempt for ever. The signal of the request destroys it.
 */
function createProxyAgent(proxy: string): HttpsProxyAgent<string> {
  const agent = new HttpsProxyAgent(proxy, KEEP_ALIVE);
  const connect = agent.connect.bind(agent);
  agent.connect = (request, options) => {
    // Read synchronously by `connect`, so requests in parallel do not share a signal.
    Object.assign(agent.connectOpts, { signal: (options as ExchangeOptions).exchangeSignal });
    return connect(request, options);
  };
  return agent;
}

export function createExchange(settings: ExchangeSettings): Transport {
  const { runtime, observer } = settings;
  return async function exchange({ sign, ...unsigned }, signal) {
    signal.throwIfAborted();
    const authorization = await sign?.(signal);
    const headers = { ...unsigned.headers, ...(authorization === undefined ? {} : { authorization }) };
    const request = { ...unsigned, headers };
    const { credential, operation, timeBudget, budget } = request;
    const timeoutSeconds = Math.min(settings.requestTimeoutSeconds(), timeBudget.remainingSeconds);
    if (timeoutSeconds <= 0) throw new AtlasError('timeout', 'the poll has used up its time');
    const startedAtSeconds = runtime.monotonicSeconds();
    let response: AtlasResponse | undefined;
    try {
      response = await send(settings, request, timeoutSeconds, signal);
      const deprecation = deprecationOf(response);
      if (deprecation) observer.deprecated({ operation, ...deprecation });
      return response;
    } finally {
      const durationSeconds = runtime.monotonicSeconds() - startedAtSeconds;
      timeBudget.remainingSeconds -= durationSeconds;
      if (!signal.aborted) {
        observer.request({
          credential,
          operation,
          code: response?.status ?? 'error',
          durationSeconds,
          groupId: budget?.groupId,
          budget: budget?.name,
          rateLimit: response && rateLimitOf(response),
        });
      }
    }
  };
}

async function send(
  settings: ExchangeSettings,
  request: AtlasRequest,
  timeoutSeconds: number,
  signal: AbortSignal,
): Promise<AtlasResponse> {
  const late = new AtlasError('timeout', 'no complete answer in time');
  const deadline = startDeadline(settings.runtime, timeoutSeconds, late, signal);
  const { stream, refused } = open(settings, request, deadline.signal);
  try {
    // What does not settle is abandoned here: got never ends a request through a proxy that accepts CONNECT and is silent.
    return await unlessAborted(Promise.race([refused, read(stream)]), deadline.signal);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const answer = stream.response;
    // Status and headers of a failure count (429, 401, Retry-After), even if its body is broken or never ends.
    if (answer && answer.statusCode !== 200) {
      return { status: answer.statusCode, headers: answer.headers, body: '' };
    }
    throw atlasErrorOf(error, answer?.statusCode);
  } finally {
    deadline.end();
    // Ends the connection unless the response was read to its end, and removes got's listeners from the signal.
    stream.destroy();
  }
}

/** A signal that is aborted after that many seconds with the error, or before with the reason of `signal`. */
export function startDeadline(runtime: Runtime, seconds: number, error: Error, signal?: AbortSignal) {
  const ending = new AbortController();
  const done = new AbortController();
  const leave = (): void => ending.abort(signal?.reason);
  signal?.addEventListener('abort', leave, { once: true });
  runtime.sleep(seconds, done.signal).then(
    () => ending.abort(error),
    () => undefined,
  );
  return {
    signal: ending.signal,
    end() {
      done.abort();
      signal?.removeEventListener('abort', leave);
    },
  };
}

/** Begins the exchange. `refused` rejects where a proxy refuses it or another protocol begins; it never resolves. */
function open(settings: ExchangeSettings, request: AtlasRequest, signal: AbortSignal) {
  const stream = got.stream(settings.baseUrl + request.target, {
    method: request.method,
    headers: { 'user-agent': settings.userAgent, 'accept-encoding': ACCEPT_ENCODING, ...request.headers },
    decompress: false,
    ...(request.body === undefined ? {} : { body: request.body }),
    agent: settings.agents,
    request(url, options, callback) {
      const withSignal: typeof options & ExchangeOptions = { ...options, exchangeSignal: signal };
      return (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, withSignal, callback);
    },
    maxHeaderSize: BOUNDS.headerBytes,
    retry: { limit: 0 },
    followRedirect: false,
    throwHttpErrors: false,
    signal,
  });
  // got may still report errors, as after an abort, when nobody reads the stream any more.
  stream.on('error', () => undefined);
  const refused = new Promise<never>((_resolve, reject) => {
    // https-proxy-agent passes on what a proxy answers to CONNECT as if Atlas had answered.
    stream.once('request', (sent: ClientRequest) => {
      sent.once('proxyConnect', ({ statusCode }: { readonly statusCode: number }) => {
        if (statusCode !== 200) reject(new AtlasError('network', `the proxy refuses the connection (${statusCode})`));
      });
    });
    // A wrong server may answer 101. got would neither end that connection nor catch its errors.
    stream.once('upgrade', ({ statusCode: status }: IncomingMessage, socket: Socket) => {
      socket.on('error', () => undefined).destroy();
      reject(new AtlasError('invalid_response', 'the answer switches to another protocol', { status }));
    });
  });
  return { stream, refused };
}

async function read(stream: Stream): Promise<AtlasResponse> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytesOf(stream)) throw tooLarge(maxBytesOf(stream));
    chunks.push(chunk);
  }
  const answer = stream.response;
  if (answer === undefined) throw new AtlasError('network', 'the connection ended without an answer');
  const body = await decodeBody(Buffer.concat(chunks), answer.headers['content-encoding'], maxBytesOf(stream));
  return { status: answer.statusCode, headers: answer.headers, body };
}

function maxBytesOf({ response }: Stream): number {
  return response?.statusCode === 200 ? BOUNDS.bodyBytes : BOUNDS.errorBodyBytes;
}

/** @param status of an answer that has begun: then Atlas, or what stands in its place, can be reached */
function atlasErrorOf(error: unknown, status: number | undefined): AtlasError {
  if (error instanceof AtlasError) {
    const { reason, message, advice } = error;
    return new AtlasError(reason, message, { status: error.status ?? status, advice });
  }
  const isNotRequested = error instanceof AbortError || !(error instanceof RequestError);
  // Codes of got and of Node's argument checks begin with ERR_; those of TLS do, too.
  const isOurs = isNotRequested || (/^ERR_(?!SSL|TLS)/.test(error.code) && error.response === undefined);
  // Codes of Node and OpenSSL are constants (ECONNREFUSED, CERT_HAS_EXPIRED); any other text is left out.
  const { code } = error as { readonly code?: unknown };
  const shown = typeof code === 'string' && /^[A-Z0-9_]{1,64}$/.test(code) ? ` (${code})` : '';
  return isOurs
    ? new AtlasError('internal', `the request could not be made${shown}`, { status })
    : new AtlasError('network', `the connection failed${shown}`, { status });
}
