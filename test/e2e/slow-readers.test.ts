/**
 * Clients that ask for /metrics and read little or nothing, over real sockets: how much memory they use, and for how
 * long.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startWeb, type Web } from '../../src/web/guards/listen.ts';
import { MOST_BYTES_KEPT, PERIOD_SECONDS } from '../../src/web/guards/send-page.ts';
import { createApp } from '../../src/web/server.ts';
import { createFakeRuntime, type FakeRuntime } from '../support/fake-runtime.ts';
import { ask, QUIET_WEB } from '../support/web.ts';

const MIB = 1024 * 1024;
const PAGE_BYTES = 16 * MIB;
setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc') as () => void;

let runtime: FakeRuntime;
let web: Web;
let url: string;
let requests: number;
const sockets: Socket[] = [];

beforeEach(async () => {
  requests = 0;
  runtime = createFakeRuntime();
  // Each request finds another version of the page.
  function page(): Promise<Buffer> {
    requests += 1;
    return Promise.resolve(Buffer.alloc(PAGE_BYTES, '#'));
  }
  const app = createApp({ ...QUIET_WEB, page, sleep: runtime.sleep });
  web = await startWeb(app, [{ host: '127.0.0.1', port: 0 }]);
  url = `${web.urls[0]}/metrics`;
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await web.close();
});

/** A client that has asked for the page and has read nothing. */
async function startReader(): Promise<Socket> {
  const before = requests;
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => undefined).pause();
  socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
  while (requests === before) await nextTurn();
  return socket;
}

async function memoryBytes(): Promise<number> {
  await nextTurn();
  collectGarbage();
  await nextTurn();
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

const closed = (socket: Socket) => once(socket.resume(), 'close');

test('thirty clients that read nothing keep a few versions of the page in memory, not thirty', async () => {
  const before = await memoryBytes();
  for (let reader = 0; reader < 30; reader += 1) await startReader();
  expect((await memoryBytes()) - before).toBeLessThan(MOST_BYTES_KEPT + 2 * PAGE_BYTES);
  expect((await ask(url)).body).toHaveLength(PAGE_BYTES);
});

test('a client that reads nothing is disconnected, and its version of the page is freed', async () => {
  const before = await memoryBytes();
  const socket = await startReader();
  await runtime.advance(PERIOD_SECONDS);
  await runtime.advance(PERIOD_SECONDS);
  await closed(socket);
  while (runtime.sleepers() > 0) await nextTurn();
  expect((await memoryBytes()) - before).toBeLessThan(PAGE_BYTES / 2);
});

test('a client that reads slowly, but fast enough, gets the whole page', async () => {
  const socket = await startReader();
  let received = 0;
  socket.on('data', ({ length }: Buffer) => {
    received += length;
  });
  for (let period = 0; period < 5 && received < PAGE_BYTES; period += 1) {
    const until = received + MIB;
    socket.resume();
    while (received < until) await pause(1);
    socket.pause();
    await runtime.advance(PERIOD_SECONDS);
  }
  socket.resume();
  while (received < PAGE_BYTES) await pause(1);
  expect(socket.destroyed).toBe(false);
});
