/**
 * Sends large pages so that clients that read slowly cost little: a connection holds no copy of a page but a small part of it, and
 * clients that are too slow are disconnected. Without that, clients that read nothing would keep one old page each in memory.
 */
import { once } from 'node:events';
import type { Response } from 'express';
import type { Runtime } from '../../support/runtime.ts';

/** Size of the parts that are written. Smaller parts need more system calls. */
const PART_BYTES = 64 * 1024;
/** The first period is also the time that a slow start may take. */
export const PERIOD_SECONDS = 10;
/** A slower client could not receive a page within the usual scrape timeout. */
export const LEAST_BYTES_PER_PERIOD = 160 * 1024;
/** Of pages that are being sent, each counted once however many clients receive it. The readers of the oldest give way. */
export const MOST_BYTES_KEPT = 32 * 1024 * 1024;
/** So many pages may always be sent, also if they are larger. */
const LEAST_PAGES_KEPT = 2;

export interface PageSender {
  /** Resolves when the page is sent or the client has left. Never rejects. */
  send(response: Response, page: Buffer): Promise<void>;
  /** The pages that are being sent. */
  kept(): number;
}

export function createPageSender(sleep: Runtime['sleep']): PageSender {
  /** The oldest page comes first. */
  const readers = new Map<Buffer, Set<Response>>();

  function add(page: Buffer, response: Response): void {
    const ofPage = readers.get(page) ?? new Set();
    readers.set(page, ofPage.add(response));
    let bytes = [...readers.keys()].reduce((sum, { length }) => sum + length, 0);
    for (const [oldest, slow] of [...readers].slice(0, -LEAST_PAGES_KEPT)) {
      if (bytes <= MOST_BYTES_KEPT) return;
      bytes -= oldest.length;
      for (const reader of slow) disconnect(reader);
      readers.delete(oldest);
    }
  }

  function remove(page: Buffer, response: Response): void {
    const ofPage = readers.get(page);
    ofPage?.delete(response);
    if (ofPage?.size === 0) readers.delete(page);
  }

  async function send(response: Response, page: Buffer): Promise<void> {
    if (response.destroyed) return;
    const ended = new AbortController();
    const { signal } = ended;
    let sentBytes = 0;
    add(page, response);
    response.once('close', () => {
      remove(page, response);
      ended.abort();
    });

    async function disconnectIfSlow(): Promise<void> {
      for (;;) {
        const before = sentBytes;
        await sleep(PERIOD_SECONDS, signal);
        if (sentBytes - before < LEAST_BYTES_PER_PERIOD) disconnect(response);
      }
    }

    // The check for slow clients and the loop below end when the response ends.
    disconnectIfSlow().catch(() => undefined);
    try {
      while (sentBytes < page.length) {
        const part = page.subarray(sentBytes, sentBytes + PART_BYTES);
        if (!response.write(part)) await once(response, 'drain', { signal });
        sentBytes += part.length;
      }
      response.end();
    } catch {
      // The client has left or was disconnected.
    }
  }

  return { send, kept: () => readers.size };
}

function disconnect(response: Response): void {
  response.req.socket.destroy();
}
