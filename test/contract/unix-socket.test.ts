/** Listening on a Unix socket: who may use the file, and when an existing file is replaced. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { runHealth } from '../../src/commands/health.ts';
import { systemRuntime } from '../../src/support/runtime.ts';
import { startWeb, type Web } from '../../src/web/guards/listen.ts';
import { createApp } from '../../src/web/server.ts';
import { ask, QUIET_WEB } from '../support/web.ts';

let folder: string;
let socket: string;
const open: Web[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'socket-'));
  socket = join(folder, 'web.sock');
});

afterEach(async () => {
  for (const web of open.splice(0)) await web.close();
  rmSync(folder, { recursive: true });
});

async function serve(): Promise<Web> {
  const web = await startWeb(createApp(QUIET_WEB), [{ host: '127.0.0.1', port: 0 }, { socket }]);
  open.push(web);
  return web;
}

const page = () => ask('http://localhost/metrics', { socketPath: socket });

async function health(): Promise<{ code: number; text: string }> {
  let text = '';
  const write = (more: string): void => {
    text += more;
  };
  const terminal = { say: write, tell: write };
  return { code: await runHealth({ url: `unix:${socket}`, terminal, runtime: systemRuntime }), text };
}

test('pages are served there, beside a port, to owner and group, and the file is removed at the end', async () => {
  const web = await serve();
  expect(web.urls).toEqual([expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/), `unix:${socket}`]);
  expect((await page()).status).toBe(200);
  expect(statSync(socket).mode & 0o777).toBe(0o660);
  await web.close();
  expect(existsSync(socket)).toBe(false);
});

test('health asks over the socket', async () => {
  expect(await health()).toEqual({ code: 1, text: expect.stringContaining('ENOENT') });
  await serve();
  expect(await health()).toEqual({ code: 0, text: `healthy: unix:${socket}\n` });
});

test('the file of a process that has died is replaced', async () => {
  const dying = `require('net').createServer().listen('${socket}', () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', dying]);
  expect(existsSync(socket)).toBe(true);
  await serve();
  expect((await page()).status).toBe(200);
});

test('the socket of a running process is not replaced', async () => {
  await serve();
  await expect(serve()).rejects.toMatchObject({ code: 'EADDRINUSE' });
  expect((await page()).status).toBe(200);
});

test('another kind of file is not replaced', async () => {
  writeFileSync(socket, 'precious');
  await expect(serve()).rejects.toMatchObject({ code: 'EADDRINUSE' });
  expect(existsSync(socket)).toBe(true);
});
