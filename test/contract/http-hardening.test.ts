/** What comes in over HTTP that shouldn't, on real sockets: how it is turned away, and what nobody gets to see. */
import { once } from 'node:events';
import { Agent } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { hashSync } from 'bcryptjs';
import express from 'express';
import { createBcrypt } from '../../src/web/guards/bcrypt.ts';
import { limitRequests } from '../../src/web/guards/limits.ts';
import { startWeb } from '../../src/web/guards/listen.ts';
import { createApp, type WebSettings } from '../../src/web/server.ts';
import { ask, basic, QUIET_WEB, sendRaw } from '../support/web.ts';

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function serve(settings: Partial<WebSettings> = {}): Promise<string> {
  const web = await startWeb(createApp({ ...QUIET_WEB, ...settings }), [{ host: '127.0.0.1', port: 0 }]);
  open.push(web);
  return web.urls[0] ?? '';
}

const get = (line: string, ...headers: string[]): string =>
  `${[`${line} HTTP/1.1`, 'Host: here', 'Connection: close', ...headers].join('\r\n')}\r\n\r\n`;

describe('a request', () => {
  test.each([
    ['with a path that can’t be decoded', get('GET /%E0%A4%A'), 400],
    ['with a lone percent sign', get('GET /%'), 400],
    ['whose headers are too large', get('GET /metrics', `X: ${'x'.repeat(20_000)}`), 431],
    ['whose URL is too long', get(`GET /?${'x'.repeat(20_000)}`), 431],
    ['with a large body', get('GET /metrics', 'Content-Length: 5000'), 413],
    ['with a body of any length', `${get('GET /metrics', 'Transfer-Encoding: chunked')}1\r\nx\r\n`, 413],
    ['with a small body', `${get('GET /metrics', 'Content-Length: 5')}hello`, 200],
    ['without a host', 'GET /metrics HTTP/1.1\r\n\r\n', 400],
    ['that is none', 'hello\r\n\r\n', 400],
    ['with two lengths', get('GET /', 'Content-Length: 1', 'Content-Length: 2'), 400],
    ['with a length and chunks', get('GET /', 'Content-Length: 5', 'Transfer-Encoding: chunked'), 400],
    ['for a tunnel', get('CONNECT example.com:443'), 405],
    ['to echo it', get('TRACE /'), 405],
    ['to write', get('PUT /metrics'), 405],
    ['to know what it may', get('OPTIONS *'), 405],
    [
      'for WebSocket',
      get('GET /metrics', 'Upgrade: websocket', 'Connection: upgrade').replace('close\r\n', 'x\r\n'),
      200,
    ],
    ['for another host', get('GET http://evil.example/metrics'), 200],
    ['for a path of dots', get('GET /../../etc/passwd'), 404],
  ])('%s', async (_what, bytes, status) => {
    const answer = await sendRaw(await serve(), bytes);
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    expect(head.split('\r\n')[0]).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    // Node.js itself answers some of them, without a text.
    if (status !== 200 && !['', '0'].includes(body.trim())) expect(body).toMatch(/^[\w .,]{1,60}\n$/);
  });

  test('that can’t be answered says so in few words, and nothing of what was asked comes back', async () => {
    const url = await serve({ page: () => Promise.reject(new Error('internals of evil.example')) });
    const headers = {
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'evil',
      referer: 'evil',
    };
    for (const path of ['/', '/metrics', '/evil', '/evil%00', '/-/healthy', '//evil/']) {
      const answer = await ask(url + path, { headers });
      expect(`${JSON.stringify(answer.headers)}${answer.body}`).not.toContain('evil');
    }
  });

  test('with a large body ends the connection, so that it need not be read', async () => {
    const bytes = 'GET /metrics HTTP/1.1\r\nHost: here\r\nContent-Length: 5000\r\n\r\n';
    expect(await sendRaw(await serve(), bytes)).toMatch(/\r\nConnection: close\r\n/);
  });

  test('with HEAD is answered like GET, without the body', async () => {
    const url = await serve({ page: () => Promise.resolve(Buffer.from('a page')) });
    for (const path of ['/', '/metrics', '/-/ready', '/nothing']) {
      const [whole, head] = [await ask(url + path), await ask(url + path, { method: 'HEAD' })];
      const of = ({ status, headers: { date, ...rest } }: typeof whole) => ({
        status,
        rest,
        hasDate: date !== undefined,
      });
      expect(of(head)).toEqual(of(whole));
      expect([head.body, whole.body === '']).toEqual(['', false]);
    }
  });
});

describe('the headers of every answer', () => {
  const paths = ['/', '/metrics', '/nothing', '/%', '/-/healthy'];

  test.each(paths)('of %s keep browsers from doing anything with it', async (path) => {
    const { headers } = await ask((await serve()) + path);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'deny',
      'content-security-policy': expect.stringMatching(/default-src 'none'.*frame-ancestors 'none'/),
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
    });
    expect(Object.keys(headers)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/powered|server|etag|strict-transport/)]),
    );
  });

  test('let nothing run or load but on pages: not in data, nor in an error', async () => {
    const url = await serve();
    const policyOf = async (path: string) => (await ask(url + path)).headers['content-security-policy'];
    for (const path of ['/metrics', '/config', '/api/v1/targets', '/-/ready', '/nothing', '/targets/a/b']) {
      expect([path, await policyOf(path)]).toEqual([path, expect.not.stringMatching(/script-src|connect-src/)]);
    }
    expect(await policyOf('/')).toMatch(/script-src 'sha256-/);
  });

  test('are replaced, added to and left out as configured, without HSTS over plain HTTP', async () => {
    const configured = {
      'X-Frame-Options': 'sameorigin',
      'X-XSS-Protection': '0',
      'X-Content-Type-Options': '',
      'Strict-Transport-Security': 'max-age=1',
    };
    const { headers } = await ask(`${await serve({ headers: () => configured })}/metrics`);
    expect(headers).toMatchObject({ 'x-frame-options': 'sameorigin', 'x-xss-protection': '0' });
    expect(headers).not.toHaveProperty('x-content-type-options');
    expect(headers).not.toHaveProperty('strict-transport-security');
  });
});

describe('a path that takes POST', () => {
  const post = { method: 'POST' };

  test('takes nothing else, and nothing else takes POST', async () => {
    const url = await serve();
    expect(await ask(`${url}/-/reload`)).toMatchObject({ status: 405, headers: { allow: 'POST' } });
    expect(await ask(`${url}/metrics`, post)).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
    // It came as far as the route, which is switched off.
    expect(await ask(`${url}/-/reload`, post)).toMatchObject({
      status: 403,
      body: expect.stringContaining('lifecycle'),
    });
  });

  test.each([
    ['origin', 'https://evil.example'],
    ['origin', 'null'],
    ['sec-fetch-site', 'cross-site'],
  ])('takes none from a browser: %s', async (name, value) => {
    const url = await serve();
    expect(await ask(`${url}/-/reload`, { ...post, headers: { [name]: value } })).toMatchObject({ status: 403 });
  });
});

describe('the number of requests at once', () => {
  /** Pages that come when they are told to. */
  function slowPages() {
    let finish: () => void = () => undefined;
    const page = new Promise<Buffer>((resolve) => {
      finish = () => resolve(Buffer.from('page'));
    });
    return { page: () => page, finish };
  }

  test('is limited: one more is told so at once, probes are not counted', async () => {
    const { page, finish } = slowPages();
    const url = await serve({ page, maxRequests: 3 });
    const scrapes = [1, 2, 3].map(() => ask(`${url}/metrics`));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await ask(`${url}/metrics`)).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
      body: 'Limit of concurrent requests reached (3), try again later.\n',
    });
    for (const path of ['/-/healthy', '/-/ready']) expect((await ask(url + path)).status).toBe(200);
    finish();
    expect((await Promise.all(scrapes)).map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await ask(`${url}/metrics`)).status).toBe(200);
  });

  test('counts those no more who went away', async () => {
    const { page, finish } = slowPages();
    const url = await serve({ page, maxRequests: 1 });
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.write(get('GET /metrics'));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await ask(`${url}/`)).status).toBe(503);
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await ask(`${url}/`)).status).toBe(200);
    finish();
  });

  test('does not count those who went away while their password was checked', async () => {
    const hash = 'h';
    const compare = async (): Promise<boolean> => {
      await new Promise((resolve) => setTimeout(resolve, 200));
      return true;
    };
    const url = await serve({ maxRequests: 1, passwords: { users: () => new Map([['a', hash]]), compare, key: 'k' } });
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.write(get('GET /metrics', `Authorization: Basic ${Buffer.from('a:b').toString('base64')}`));
    await new Promise((resolve) => setTimeout(resolve, 100));
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect((await ask(`${url}/metrics`, basic('a', 'b'))).status).toBe(200);
  });

  test('has no place for an answer that never ends', async () => {
    const app = express().use(limitRequests(1, 200));
    app.get('/endless', (_request, response) => void response.write('and'));
    app.get('/', (_request, response) => void response.send('here'));
    const web = await startWeb(app, [{ host: '127.0.0.1', port: 0 }]);
    open.push(web);
    const endless = ask(`${web.urls[0]}/endless`);
    await expect(endless).rejects.toThrow();
    const agent = new Agent({ keepAlive: true });
    open.push({ close: async () => agent.destroy() });
    expect((await ask(`${web.urls[0]}/`, { agent })).status).toBe(200);
    const [socket] = Object.values(agent.freeSockets).flatMap((sockets) => sockets ?? []);
    await new Promise((resolve) => setTimeout(resolve, 300));
    // An answer that has ended is no reason to close.
    expect(socket?.destroyed).toBe(false);
  });

  test('is not limited by 0', async () => {
    const { page, finish } = slowPages();
    const url = await serve({ page, maxRequests: 0 });
    const scrapes = Array.from({ length: 60 }, () => ask(`${url}/metrics`));
    await new Promise((resolve) => setTimeout(resolve, 200));
    finish();
    expect(new Set((await Promise.all(scrapes)).map(({ status }) => status))).toEqual(new Set([200]));
  });
});

test('more than 500 connections are not taken, and those that are stay', async () => {
  const { hostname, port } = new URL(await serve());
  const sockets = Array.from({ length: 501 }, () => connect(Number(port), hostname).on('error', () => undefined));
  await Promise.race(sockets.map((socket) => once(socket.resume(), 'close')));
  expect(sockets.filter((socket) => socket.closed)).toHaveLength(1);
  for (const socket of sockets) socket.destroy();
});

test('whoever sends nothing, or a byte now and then, is dropped within 15 s', async () => {
  const url = await serve();
  const { hostname, port } = new URL(url);
  const dropped = async (drip: (socket: Socket, second: number) => void): Promise<number> => {
    const socket = connect(Number(port), hostname);
    const began = Date.now();
    let second = 0;
    const timer = setInterval(() => {
      second += 1;
      drip(socket, second);
    }, 1000);
    socket.on('error', () => undefined);
    socket.resume();
    drip(socket, 0);
    await once(socket, 'close');
    clearInterval(timer);
    return (Date.now() - began) / 1000;
  };
  const seconds = await Promise.all([
    dropped(() => undefined),
    dropped((socket, second) => socket.write(second === 0 ? 'GET / HTTP/1.1\r\nHost: x\r\nX-A: ' : 'a')),
  ]);
  expect(Math.min(...seconds)).toBeGreaterThan(5);
  expect(Math.max(...seconds)).toBeLessThan(17);
});

describe('passwords', () => {
  const users = new Map([['prom', hashSync('s3cret', 10)]]);

  async function guarded(): Promise<string> {
    const bcrypt = createBcrypt();
    open.push(bcrypt);
    return await serve({ passwords: { users: () => users, compare: bcrypt.compare, key: 'k' } });
  }

  test('are asked for everywhere but by probes, and a wrong one is like none', async () => {
    const url = await guarded();
    const paths = ['/', '/metrics', '/nothing'];
    for (const path of paths) {
      for (const options of [
        {},
        basic('prom', 'wrong'),
        basic('nobody', 's3cret'),
        { headers: { authorization: 'Bearer x' } },
      ]) {
        expect(await ask(url + path, options)).toMatchObject({
          status: 401,
          body: 'Unauthorized.\n',
          headers: { 'www-authenticate': 'Basic realm="mongodbatlas-backup-exporter", charset="UTF-8"' },
        });
      }
    }
    expect((await ask(`${url}/metrics`, basic('prom', 's3cret'))).status).toBe(200);
    for (const path of ['/-/healthy', '/-/ready']) expect((await ask(url + path)).status).toBe(200);
    expect((await ask(`${url}/-/healthy/x`)).status).toBe(401);
  });

  test('are checked for so many at once, the others are to come again', async () => {
    let finish: (same: boolean) => void = () => undefined;
    const comparing = new Promise<boolean>((resolve) => {
      finish = resolve;
    });
    const url = await serve({ passwords: { users: () => users, compare: () => comparing, key: 'k' } });
    const guesses = Array.from({ length: 16 }, (_, index) => ask(`${url}/metrics`, basic('prom', `guess ${index}`)));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await ask(`${url}/metrics`, basic('prom', 'one more'))).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
      body: 'Too many passwords are being checked, try again later.\n',
    });
    finish(false);
    expect(new Set((await Promise.all(guesses)).map(({ status }) => status))).toEqual(new Set([401]));
  });

  test('don’t hold up the event loop', async () => {
    const slow = createBcrypt();
    open.push(slow);
    const hash = hashSync('x', 11);
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 5);
    expect(await slow.compare('x', hash)).toBe(true);
    expect(await slow.compare('y', hash)).toBe(false);
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(10);
  });

  test('whose thread has died are checked by the next one', async () => {
    const bcrypt = createBcrypt();
    const asked = bcrypt.compare('s3cret', hashSync('s3cret', 12));
    await bcrypt.close();
    await expect(asked).rejects.toThrow('the thread that checks passwords has ended');
    expect(await bcrypt.compare('s3cret', users.get('prom') ?? '')).toBe(true);
    await bcrypt.close();
  });
});
