/**
 * Answers that are badly delivered: not at all, slowly, in part, or far more than anyone wants. It never keeps a body in
 * memory that is not there already, and stops as soon as the client has left.
 */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { Answer } from './answers.ts';
import type { WireFault } from './faults.ts';

const megabyte = 1_000_000;
/** A drop every so often. */
const dripMs = 50;

/** Resolves when there is nothing more to deliver; also when the signal is aborted meanwhile. */
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
      return untilLeft(response, signal);
    case 'stall':
      response.writeHead(status, whole).write(half);
      return untilLeft(response, signal);
    case 'drip':
      response.writeHead(status, whole);
      return drip(response, bytes, fault.bytesPerSecond, signal);
    case 'truncate':
      // Ended only once the half is on its way: the client shall see it.
      response.writeHead(status, whole).write(half, () => response.destroy());
      return;
    case 'not-gzip':
      response.writeHead(status, { ...whole, 'Content-Encoding': 'gzip' }).end(bytes);
      return;
    case 'flood':
      response.writeHead(status, headers);
      return repeat(response, Buffer.alloc(megabyte, ' '), fault.megabytes);
    case 'gzip-bomb':
      // Compressed pieces in a row are a whole that is compressed.
      response.writeHead(status, { ...headers, 'Content-Encoding': 'gzip' });
      return repeat(response, gzipSync(Buffer.alloc(megabyte, ' ')), fault.megabytes);
  }
}

async function untilLeft(response: ServerResponse, signal: AbortSignal): Promise<void> {
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

/** Or the client has left. */
async function drained(response: ServerResponse): Promise<void> {
  const either = new AbortController();
  const { signal } = either;
  await Promise.race([once(response, 'drain', { signal }), once(response, 'close', { signal })]).catch(() => undefined);
  either.abort();
}
