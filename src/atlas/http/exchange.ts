/**
 * One exchange with Atlas over HTTP: one request, one answer, bounded in time and size.
 * It follows no redirect (a credential must not travel to another host) and retries nothing. got's errors carry the
 * request with its headers, so none of them leaves this file: not as `cause`, not in a message.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import got, { AbortError, type Agents, RequestError, TimeoutError } from 'got';
import type { Runtime } from '../../support/runtime.ts';
import { createTurns, type Turns } from '../admission/turns.ts';
import { AtlasError } from '../error.ts';
import type { AtlasObserver, BudgetName, Operation, RateLimit } from '../observer.ts';
import type { Work } from '../time-budget.ts';
import { deprecationOf } from './answer.ts';
import { ACCEPT_ENCODING, decodeBody, LARGE_BYTES, tooLarge } from './body.ts';

export interface AtlasRequest {
  readonly operation: Operation;
  readonly credential: string;
  readonly method: 'GET' | 'POST';
  /** Path and query, as Atlas will see them: also what a digest signs. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  /**
   * Makes the Authorization header when the request is about to be sent, where it must not grow old in a queue; undefined
   * leaves it out.
   */
  readonly sign?: (signal: AbortSignal) => Promise<string | undefined>;
  readonly body?: string;
  /** Whose budget pays; token calls have none. */
  readonly lane?: { readonly groupId: string; readonly budget: BudgetName };
  /** Whether it goes before what has not begun: a list that is half read, a challenge that is to be answered. */
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

const MAX_BODY_BYTES = 8 * 1024 * 1024;
/** Of an answer that is no success: what it says in its body is a code and a sentence. */
const MAX_ERROR_BYTES = 64 * 1024;

export function createExchange(settings: ExchangeSettings): Transport {
  const { runtime, observer } = settings;
  const turns = createTurns();
  return async function exchange({ sign, ...unsigned }, signal) {
    signal.throwIfAborted();
    const authorization = await sign?.(signal);
    const headers = { ...unsigned.headers, ...(authorization === undefined ? {} : { authorization }) };
    const request = { ...unsigned, headers };
    const { work, patienceSeconds = settings.requestTimeoutSeconds } = request;
    const timeoutSeconds = Math.min(settings.requestTimeoutSeconds, patienceSeconds, work.remainingSeconds());
    if (timeoutSeconds <= 0) throw new AtlasError('timeout', 'the poll has used up its time');
    const startedAt = runtime.monotonicSeconds();
    let response: AtlasResponse | undefined;
    try {
      response = await send({ ...settings, turns }, request, timeoutSeconds, signal);
      const deprecation = deprecationOf(response);
      if (deprecation) observer.deprecated({ operation: request.operation, ...deprecation });
      return response;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw error instanceof AtlasError ? error : translated(error);
    } finally {
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
  settings: ExchangeSettings & { readonly turns: Turns },
  request: AtlasRequest,
  timeoutSeconds: number,
  signal: AbortSignal,
): Promise<AtlasResponse> {
  const turn = createTurn(settings, timeoutSeconds, signal);
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
  const isError = (): boolean => stream.response !== undefined && stream.response.statusCode !== 200;
  const maxBytes = (): number => (isError() ? MAX_ERROR_BYTES : (settings.maxBodyBytes ?? MAX_BODY_BYTES));
  const isAnnouncedTooLarge = (): boolean => Number(stream.response?.headers['content-length']) > maxBytes();
  stream.once('response', () => {
    if (isAnnouncedTooLarge()) stream.destroy();
  });
  let switched: AtlasError | undefined;
  stream.once('upgrade', ({ statusCode: status }: IncomingMessage, socket: Socket) => {
    switched = new AtlasError('invalid_response', 'the answer switches to another protocol', { status });
    // After that got would neither time the answer out nor end its connection.
    socket.on('error', () => undefined).destroy();
    stream.destroy();
  });
  // Whatever got says after we have stopped listening, as of an abort while the body is unpacked: it has its request with it.
  stream.on('error', () => undefined);
  try {
    const bytes = await readAll(stream as AsyncIterable<Buffer>, maxBytes, turn.take);
    const answer = stream.response;
    stream.destroy();
    if (answer === undefined) throw new AtlasError('network', 'the connection ended without an answer');
    const body = await decodeBody(bytes, answer.headers['content-encoding'], maxBytes(), turn.take);
    return { status: answer.statusCode, headers: answer.headers, body };
  } catch (error) {
    const answer = stream.response;
    // What such an answer asks for is in its status and its headers: that must not be lost over a body that breaks.
    if (answer && isError() && !signal.aborted) return { status: answer.statusCode, headers: answer.headers, body: '' };
    throw switched ?? atlasErrorOf(isAnnouncedTooLarge() ? tooLarge(maxBytes()) : error, answer?.statusCode);
  } finally {
    // Ends the connection of an answer that was left, and takes got off the signal, which would hold each answer of a poll.
    stream.destroy();
    turn.end();
  }
}

async function readAll(
  stream: AsyncIterable<Buffer>,
  maxBytes: () => number,
  takeTurn: () => Promise<void>,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > maxBytes()) throw tooLarge(maxBytes());
    if (bytes > LARGE_BYTES) await takeTurn();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The turn of one large body. Most requests never take it; got's own timeout doesn't see whoever waits for it. */
function createTurn(
  { turns, runtime }: { readonly turns: Turns; readonly runtime: Runtime },
  timeoutSeconds: number,
  signal: AbortSignal,
) {
  const endsAtSeconds = runtime.monotonicSeconds() + timeoutSeconds;
  const ended = new AbortController();
  let endTurn: (() => void) | undefined;

  async function take(): Promise<void> {
    if (endTurn) return;
    const over = new AbortController();
    const leave = (): void => over.abort();
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true });
    runtime.sleep(endsAtSeconds - runtime.monotonicSeconds(), ended.signal).then(leave, () => undefined);
    endTurn = await turns.take(over.signal);
    signal.removeEventListener('abort', leave);
    if (over.signal.aborted) throw new AtlasError('timeout', 'no full answer in time (turn)');
  }

  function end(): void {
    ended.abort();
    endTurn?.();
  }

  return { take, end };
}

/** @param status where an answer has begun: then whoever gave it is there, however it failed */
function atlasErrorOf(error: unknown, status: number | undefined): AtlasError {
  const { reason, message } = error instanceof AtlasError ? error : translated(error);
  return new AtlasError(reason, message, { status });
}

function translated(error: unknown): AtlasError {
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
