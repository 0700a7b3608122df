/**
 * Sends an answer wrongly: not at all, slowly, in part, or with far too many bytes. It stops when the client disconnects,
 * and large bodies are never in memory as a whole.
 */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { Answer } from '../../../src/simulator/answers.ts';
import type { WireFault } from './faults.ts';

const megabyte = 1_000_000;
/** Between two pieces of a dripping body. */
const dripMs = 50;

/** Resolves when nothing more is to be sent, or when the signal is aborted. */
export async function deliverBadly(
  response: ServerResponse,
  { status, headers, body }: Answer,
  fault: WireFault,
  signal: AbortSignal,
): Promise<void> {
  const bytes = Buffer.from(body);
  const half = bytes.subarray(0, bytes.length >> 1);
  const whole = { ...headers, 'Content-Length': String(bytes.length) };
  switch (fault.kind) {
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'hang':
      return untilClosed(response, signal);
    case 'stall':
      response.writeHead(status, whole).write(half);
      return untilClosed(response, signal);
    case 'drip':
      response.writeHead(status, whole);
      return drip(response, bytes, fault.bytesPerSecond, signal);
    case 'truncate':
      // Closed after the half is written, so that the client receives it.
      response.writeHead(status, whole).write(half, () => response.destroy());
      return;
    case 'not-gzip':
      response.writeHead(status, { ...whole, 'Content-Encoding': 'gzip' }).end(bytes);
      return;
    case 'flood':
      response.writeHead(status, headers);
      return repeat(response, Buffer.alloc(megabyte, ' '), fault.megabytes);
    case 'gzip-bomb':
      // Several gzip members in a row are a valid gzip file (RFC 1952, section 2.2).
      response.writeHead(status, { ...headers, 'Content-Encoding': 'gzip' });
      return repeat(response, gzipSync(Buffer.alloc(megabyte, ' ')), fault.megabytes);
  }
}

async function untilClosed(response: ServerResponse, signal: AbortSignal): Promise<void> {
  if (!response.closed) {
    await once(response, 'close', { signal }).catch(() => undefined);
  }
}

async function drip(response: ServerResponse, bytes: Buffer, perSecond: number, signal: AbortSignal): Promise<void> {
  const drop = Math.max(1, Math.round((perSecond * dripMs) / 1000));
  for (let at = 0; at < bytes.length && !response.closed && !signal.aborted; at += drop) {
    response.write(bytes.subarray(at, at + drop));
    await delay(dripMs, undefined, { signal }).catch(() => undefined);
  }
  response.end();
}

async function repeat(response: ServerResponse, piece: Buffer, times: number): Promise<void> {
  for (let sent = 0; sent < times && !response.closed; sent += 1) {
    if (!response.write(piece)) {
      await drained(response);
    }
  }
  response.end();
}

/** Resolves also if the client disconnects. */
async function drained(response: ServerResponse): Promise<void> {
  const either = new AbortController();
  const { signal } = either;
  await Promise.race([once(response, 'drain', { signal }), once(response, 'close', { signal })]).catch(() => undefined);
  either.abort();
}
