/**
 * Puts an answer on the wire: late or badly if that is wished, compressed if the client takes it and it is worth it.
 * It never looks into what it sends.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { deliverBadly } from './fault-wire.ts';
import type { Served } from './request-handler.ts';

export interface Sender {
  /** Resolves when the answer has been handed over; gives up without a word when the signal is aborted meanwhile. */
  send(request: IncomingMessage, response: ServerResponse, served: Served, signal: AbortSignal): Promise<void>;
}

const compress = promisify(gzip);
const worthwhileBytes = 1024;
const maxKept = 64;

export function createSender(delayMs: number): Sender {
  /** The last body of each address and its compressed form: a list of finished jobs is the same at each poll. */
  const kept = new Map<string, { readonly body: string; readonly bytes: Promise<Buffer> }>();

  function compressed(address: string, body: string): Promise<Buffer> {
    const last = kept.get(address);
    if (last?.body === body) {
      return last.bytes;
    }
    const bytes = compress(body, { level: 1 });
    kept.delete(address);
    kept.set(address, { body, bytes });
    const [oldest] = kept.keys();
    if (kept.size > maxKept && oldest !== undefined) {
      kept.delete(oldest);
    }
    return bytes;
  }

  async function send(
    request: IncomingMessage,
    response: ServerResponse,
    { answer, fault }: Served,
    signal: AbortSignal,
  ): Promise<void> {
    if (delayMs > 0) {
      await delay(delayMs, undefined, { signal }).catch(() => undefined);
    }
    if (signal.aborted) {
      return;
    }
    if (fault) {
      return deliverBadly(response, answer, fault, signal);
    }
    const plain = Buffer.from(answer.body);
    const zipped = plain.length > worthwhileBytes && takesGzip(request.headers['accept-encoding']);
    const bytes = zipped ? await compressed(request.url ?? '', answer.body) : plain;
    response.writeHead(answer.status, {
      ...answer.headers,
      'Content-Length': bytes.length,
      Vary: 'Accept-Encoding',
      ...(zipped ? { 'Content-Encoding': 'gzip' } : {}),
    });
    response.end(bytes);
  }

  return { send };
}

function takesGzip(acceptEncoding: string | string[] | undefined): boolean {
  const codings = String(acceptEncoding ?? '').split(',');
  return codings.some((coding) => /^\s*(gzip|\*)\s*(;|$)/i.test(coding) && !/;\s*q=0(\.0*)?\s*$/i.test(coding));
}
