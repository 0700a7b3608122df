/**
 * One HTTP exchange with Atlas: one request, one response, limited in time and size.
 * It follows no redirect (a credential must not travel to another host) and retries nothing. got's errors contain the
 * request with its headers, so none of them leaves this file: not as `cause`, not in a message.
 */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import got, { RequestError, type Request as Stream } from 'got';
import { withinDeadline } from '../../support/abortable.ts';
import type { Runtime } from '../../support/runtime.ts';
import { BOUNDS } from '../bounds.ts';
import { AtlasError, codeOf, tlsAdvice } from '../error.ts';
import type { AtlasObserver } from '../observer.ts';
import { ACCEPT_ENCODING, decodeBody, deprecationOf, tooLarge } from './answer.ts';
import type { Connections } from './connections.ts';
import type { AtlasRequest, AtlasResponse, Transport } from './transport.ts';

export interface ExchangeSettings {
  readonly baseUrl: string;
  readonly userAgent: string;
  /** Read before each request: a reload may change it. */
  readonly requestTimeoutSeconds: () => number;
  readonly connections: Connections;
  readonly runtime: Runtime;
  readonly observer: Pick<AtlasObserver, 'request' | 'deprecated'>;
}

export function createExchange(settings: ExchangeSettings): Transport {
  const { runtime, observer } = settings;
  return async function exchange({ sign, ...unsigned }, signal) {
    signal.throwIfAborted();
    const authorization = await sign?.(signal);
    signal.throwIfAborted();
    const headers = { ...unsigned.headers, ...(authorization === undefined ? {} : { authorization }) };
    const request = { ...unsigned, headers };
    const { credential, operation, timeBudget } = request;
    const timeoutSeconds = Math.min(settings.requestTimeoutSeconds(), timeBudget.remainingSeconds);
    if (timeoutSeconds <= 0) throw new AtlasError('timeout', 'the time limit of the poll is exceeded');
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
      if (!signal.aborted)
        observer.request({ credential, operation, code: response?.status ?? 'error', durationSeconds });
    }
  };
}

/** Advice for failures through a proxy. */
const SLOW_PROXY = 'check whether the proxy answers and whether it reaches Atlas, or raise atlas.request_timeout';
const BROKEN_TUNNEL =
  'check whether the proxy reaches Atlas and why it closes connections: the proxy’s log shows the cause';

async function send(
  settings: ExchangeSettings,
  request: AtlasRequest,
  timeoutSeconds: number,
  signal: AbortSignal,
): Promise<AtlasResponse> {
  const { connections, runtime } = settings;
  const late = () =>
    new AtlasError('timeout', `no complete answer in time${through(connections)}`, {
      advice: connections.proxy && SLOW_PROXY,
    });
  let stream: Stream | undefined;
  try {
    // An exchange that does not settle is abandoned here: got never ends a request through a proxy that accepts CONNECT
    // and then sends nothing.
    return await withinDeadline({ runtime, seconds: timeoutSeconds, late, signal }, (deadline) => {
      stream = open(settings, request, timeoutSeconds, deadline);
      return read(stream);
    });
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const answer = stream?.response;
    // Status and headers of a failure (429, 401, Retry-After) are used, even if its body is broken or never ends.
    if (answer && answer.statusCode !== 200) {
      return { status: answer.statusCode, headers: answer.headers, body: '' };
    }
    throw atlasErrorOf(error, answer?.statusCode, connections);
  } finally {
    // Ends the connection unless the response was read to its end.
    stream?.destroy();
  }
}

/** The options that all requests have. got checks and copies each option, so this is done once. */
const client = got.extend({
  decompress: false,
  maxHeaderSize: BOUNDS.headerBytes,
  retry: { limit: 0 },
  followRedirect: false,
  throwHttpErrors: false,
  mutableDefaults: true,
});
// Without this, V8 of Node.js 20 makes thirty new hidden classes for each request: a tenth of the time of a poll.
client.defaults.options.cacheOptions = {};

function open(settings: ExchangeSettings, request: AtlasRequest, timeoutSeconds: number, signal: AbortSignal): Stream {
  const stream = client.stream(settings.baseUrl + request.target, {
    method: request.method,
    headers: { 'user-agent': settings.userAgent, 'accept-encoding': ACCEPT_ENCODING, ...request.headers },
    ...(request.body === undefined ? {} : { body: request.body }),
    agent: settings.connections.agents,
    request(url, options, callback) {
      const all = { ...options, ...settings.connections.optionsFor(signal, timeoutSeconds) };
      return (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, all, callback);
    },
  });
  // got may still report errors when the stream is no longer read.
  stream.on('error', () => undefined);
  return stream;
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
  const body = decodeBody(Buffer.concat(chunks), answer.headers['content-encoding'], maxBytesOf(stream));
  return { status: answer.statusCode, headers: answer.headers, body };
}

function maxBytesOf({ response }: Stream): number {
  return response?.statusCode === 200 ? BOUNDS.bodyBytes : BOUNDS.errorBodyBytes;
}

/** @param status of an answer that has begun: then the server can be reached */
function atlasErrorOf(error: unknown, status: number | undefined, connections: Connections): AtlasError {
  // got wraps the errors of the proxy code, which are AtlasErrors already.
  const unwrapped = error instanceof RequestError && error.cause instanceof AtlasError ? error.cause : error;
  if (unwrapped instanceof AtlasError) {
    const { reason, message, advice } = unwrapped;
    return new AtlasError(reason, message, { status: unwrapped.status ?? status, advice });
  }
  // Error codes of got, of Node's argument checks and of TLS begin with ERR_.
  const isInternal =
    !(error instanceof RequestError) || (/^ERR_(?!SSL|TLS)/.test(error.code) && error.response === undefined);
  const code = codeOf(error);
  const shown = code === undefined ? '' : ` (${code})`;
  if (isInternal) return new AtlasError('internal', `the request could not be made${shown}`, { status });
  const problem = `the connection${through(connections)} failed${shown}`;
  return new AtlasError('network', problem, {
    status,
    advice: tlsAdvice(code) ?? (connections.proxy && BROKEN_TUNNEL),
  });
}

function through({ proxy }: Connections): string {
  return proxy ? ` through the proxy ${proxy.address}` : '';
}
