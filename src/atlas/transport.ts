/**
 * One exchange with Atlas over HTTP: one request, one answer, bounded in time and size.
 * It follows no redirect (a credential must not travel to another host) and retries nothing. got's errors carry the
 * request with its headers, so none of them leaves this file: not as `cause`, not in a message.
 */
import got, { AbortError, type Agents, RequestError, TimeoutError } from 'got';
import type { Runtime } from '../runtime.ts';
import { ACCEPT_ENCODING, createPlaces, decodeBody, LARGE_BYTES, type Place, tooLarge } from './body.ts';
import { AtlasError } from './error.ts';
import type { AtlasObserver, BudgetName, Operation, RateLimit } from './observer.ts';
import type { Work } from './work.ts';

export interface AtlasRequest {
  readonly operation: Operation;
  readonly credential: string;
  readonly method: 'GET' | 'POST';
  /** Path and query, as Atlas will see them: also what a digest signs. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Whose budget pays; token calls have none. */
  readonly lane?: { readonly groupId: string; readonly budget: BudgetName };
  /** Whether it continues a list that is half read. */
  readonly continues?: boolean;
  /** How long to wait for the answer, where that is less than usual. */
  readonly patienceSeconds?: number;
  readonly work: Work;
}

export interface AtlasResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Emptied by whoever has decoded it. */
  body: string;
}

export type Transport = (request: AtlasRequest, signal: AbortSignal) => Promise<AtlasResponse>;

export interface ExchangeSettings {
  readonly baseUrl: string;
  readonly userAgent: string;
  readonly requestTimeoutSeconds: number;
  /** Of the body, decompressed. A page of 500 jobs has about 0.3 MB. */
  readonly maxBodyBytes?: number;
  readonly agents: Agents;
  readonly runtime: Runtime;
  readonly observer: AtlasObserver;
}

const MAX_BODY_BYTES = 16 * 1024 * 1024;

export function createExchange(settings: ExchangeSettings): Transport {
  const { runtime, observer } = settings;
  const placeForBody = createPlaces();
  return async function exchange(request, signal) {
    signal.throwIfAborted();
    const { work, patienceSeconds = settings.requestTimeoutSeconds } = request;
    const timeoutSeconds = Math.min(settings.requestTimeoutSeconds, patienceSeconds, work.remainingSeconds());
    if (timeoutSeconds <= 0) throw new AtlasError('timeout', 'the poll has used up its time');
    const startedAt = runtime.monotonicSeconds();
    const place = placeForBody();
    let response: AtlasResponse | undefined;
    try {
      response = await send({ settings, place }, request, timeoutSeconds, signal);
      return response;
    } catch (error) {
      throw signal.aborted ? signal.reason : atlasErrorOf(error);
    } finally {
      place.leave();
      const durationSeconds = runtime.monotonicSeconds() - startedAt;
      work.spend(durationSeconds);
      if (!signal.aborted) {
        observer.request({
          credential: request.credential,
          operation: request.operation,
          code: response?.status ?? 'error',
          durationSeconds,
          groupId: request.lane?.groupId,
          budget: request.lane?.budget,
          rateLimit: response && rateLimitOf(response),
        });
      }
    }
  };
}

async function send(
  { settings, place }: { readonly settings: ExchangeSettings; readonly place: Place },
  request: AtlasRequest,
  timeoutSeconds: number,
  signal: AbortSignal,
): Promise<AtlasResponse> {
  const maxBytes = settings.maxBodyBytes ?? MAX_BODY_BYTES;
  const stream = got.stream(settings.baseUrl + request.target, {
    method: request.method,
    headers: { 'user-agent': settings.userAgent, 'accept-encoding': ACCEPT_ENCODING, ...request.headers },
    decompress: false,
    ...(request.body === undefined ? {} : { body: request.body }),
    agent: settings.agents,
    timeout: { request: timeoutSeconds * 1000 },
    retry: { limit: 0 },
    followRedirect: false,
    throwHttpErrors: false,
    signal,
  });
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      if (bytes > LARGE_BYTES) await place.growLarge();
      chunks.push(chunk);
    }
  } finally {
    // Ends the connection of an answer that was left, and takes got off the signal, which would hold each answer of a poll.
    stream.destroy();
  }
  const answer = stream.response;
  if (answer === undefined) throw new AtlasError('network', 'the connection ended without an answer');
  const body = await decodeBody(Buffer.concat(chunks), answer.headers['content-encoding'], maxBytes, place);
  return { status: answer.statusCode, headers: answer.headers, body };
}

function atlasErrorOf(error: unknown): AtlasError {
  if (error instanceof AtlasError) return error;
  if (error instanceof TimeoutError) return new AtlasError('timeout', `no full answer in time (${error.event})`);
  if (error instanceof AbortError || !(error instanceof RequestError)) {
    return new AtlasError('internal', `the request could not be made${codeOf(error)}`);
  }
  if (/^ERR_(?!SSL|TLS)/.test(error.code) && error.response === undefined) {
    return new AtlasError('internal', `the request could not be made${codeOf(error)}`);
  }
  return new AtlasError('network', `the connection failed${codeOf(error)}`);
}

/** Codes of Node and OpenSSL are constants (ECONNREFUSED, CERT_HAS_EXPIRED); anything else is left out. */
function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' && /^[A-Z0-9_]{1,64}$/.test(code) ? ` (${code})` : '';
}

/** What Atlas says of the project's budget: RateLimit-Limit and RateLimit-Remaining, which come with most answers. */
export function rateLimitOf(response: AtlasResponse): RateLimit | undefined {
  const limit = wholeNumber(response.headers['ratelimit-limit']);
  const remaining = wholeNumber(response.headers['ratelimit-remaining']);
  return limit === undefined || remaining === undefined ? undefined : { limit, remaining };
}

function wholeNumber(header: string | readonly string[] | undefined): number | undefined {
  return typeof header === 'string' && /^\d{1,9}$/.test(header) ? Number(header) : undefined;
}
