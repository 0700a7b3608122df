/** Unwanted requests over real sockets: each is refused with a short answer that reveals nothing. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { hashSync } from 'bcryptjs';
import { MAX_RESPONSE_SECONDS } from '../../src/web/guards/answer.ts';
import { createBcrypt, MOST_PER_ADDRESS } from '../../src/web/guards/auth.ts';
import { startWeb, TIMEOUTS, type WebOptions } from '../../src/web/guards/listen.ts';
import { createApp, type WebSettings } from '../../src/web/server.ts';
import { deferred } from '../support/deferred.ts';
import { createFakeRuntime } from '../support/fake-runtime.ts';
import { ask, basic, QUIET_WEB, sendRaw } from '../support/web.ts';

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function serve(settings: Partial<WebSettings> = {}, options: WebOptions = {}): Promise<string> {
  const web = await startWeb(createApp({ ...QUIET_WEB, ...settings }), [{ host: '127.0.0.1', port: 0 }], options);
  open.push(web);
  return web.urls[0] ?? '';
}

function connectTo(url: string): Socket {
  const { hostname, port } = new URL(url);
  return connect(Number(port), hostname).on('error', () => undefined);
}

const get = (line: string, ...headers: string[]): string =>
  `${[`${line} HTTP/1.1`, 'Host: here', 'Connection: close', ...headers].join('\r\n')}\r\n\r\n`;

/** A page that is not ready until `finish`. */
function slowPage() {
  const { promise, resolve } = deferred<Buffer>();
  let requests = 0;
  return {
    page() {
      requests += 1;
      return promise;
    },
    requests: () => requests,
    finish: () => resolve(Buffer.from('page')),
  };
}

/** Checks again and again; the test's timeout is the limit. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await nextTurn();
}

describe('a request', () => {
  test.each([
    ['with a path that cannot be decoded', get('GET /targets/%E0%A4%A/x'), 400],
    ['with headers that are too large', get('GET /metrics', `X: ${'x'.repeat(20_000)}`), 431],
    ['with a URL that is too long', get(`GET /?${'x'.repeat(20_000)}`), 431],
    ['with a body', `${get('GET /metrics', 'Content-Length: 5')}hello`, 200],
    ['without Host', 'GET /metrics HTTP/1.1\r\n\r\n', 400],
    ['that is not HTTP', 'hello\r\n\r\n', 400],
    ['with two lengths', get('GET /', 'Content-Length: 1', 'Content-Length: 2'), 400],
    ['with a length and chunks', get('GET /', 'Content-Length: 5', 'Transfer-Encoding: chunked'), 400],
    ['with TRACE', get('TRACE /'), 405],
    ['with PUT', get('PUT /metrics'), 405],
    ['with OPTIONS', get('OPTIONS *'), 405],
    [
      'for WebSocket',
      get('GET /metrics', 'Upgrade: websocket', 'Connection: upgrade').replace('close\r\n', 'x\r\n'),
      200,
    ],
    ['with the URL of another host', get('GET http://evil.example/metrics'), 200],
    ['with dots in the path', get('GET /../../etc/passwd'), 404],
  ])('%s', async (_what, bytes, status) => {
    const answer = await sendRaw(await serve(), bytes);
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    expect(head.split('\r\n')[0]).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    // Node.js itself answers some of them, without a text.
    if (status !== 200 && !['', '0'].includes(body.trim())) expect(body).toMatch(/^[\w .,]{1,60}\n$/);
  });

  test('that fails gets a short answer without any text of the request or the error', async () => {
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

  test('with HEAD gets the status and headers of GET, without the body', async () => {
    const url = await serve({ page: () => Promise.resolve(Buffer.from('a page')) });
    for (const path of ['/', '/metrics', '/-/ready', '/nothing']) {
      const [whole, head] = [await ask(url + path), await ask(url + path, { method: 'HEAD' })];
      const withoutDate = ({ date: _date, ...rest }: typeof whole.headers) => rest;
      expect([head.status, withoutDate(head.headers)]).toEqual([whole.status, withoutDate(whole.headers)]);
      expect([head.body, whole.body === '']).toEqual(['', false]);
    }
  });
});

describe('response headers', () => {
  test.each(['/', '/metrics', '/nothing', '/%', '/-/healthy'])('of %s protect browsers', async (path) => {
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
    expect(Object.keys(headers).filter((name) => /powered|server|etag|strict-transport/.test(name))).toEqual([]);
  });

  test('allow scripts and connections on pages only, not in data or errors', async () => {
    const url = await serve();
    const policyOf = async (path: string) => (await ask(url + path)).headers['content-security-policy'];
    for (const path of ['/metrics', '/config', '/api/v1/targets', '/-/ready', '/nothing', '/targets/a/b']) {
      expect([path, await policyOf(path)]).toEqual([path, expect.not.stringMatching(/script-src|connect-src/)]);
    }
    expect(await policyOf('/')).toMatch(/script-src 'sha256-/);
  });

  test('are replaced, added and removed by the configured ones, without HSTS over plain HTTP', async () => {
    const configured = {
      'X-Frame-Options': 'sameorigin',
      'X-XSS-Protection': '0',
      'X-Content-Type-Options': '',
      'Strict-Transport-Security': 'max-age=1',
    };
    const guards = () => ({ headers: configured, users: new Map<string, string>() });
    const { headers } = await ask(`${await serve({ guards })}/metrics`);
    expect(headers).toMatchObject({ 'x-frame-options': 'sameorigin', 'x-xss-protection': '0' });
    expect(headers).not.toHaveProperty('x-content-type-options');
    expect(headers).not.toHaveProperty('strict-transport-security');
  });
});

describe('allowed hosts', () => {
  const answers = async (allowedHosts: readonly string[], path: string, hosts: readonly string[]) => {
    const url = await serve({ allowedHosts });
    return Promise.all(hosts.map(async (host) => (await ask(url + path, { headers: { host } })).status));
  };

  test('refuse the name of another site, which DNS may point at this address', async () => {
    const hosts = ['exporter.example', 'Exporter.Example:19017', 'evil.example', 'exporter.example.evil.example', 'x'];
    expect(await answers(['exporter.example', '[::1]'], '/metrics', hosts)).toEqual([200, 200, 421, 421, 421]);
    expect(await answers(['exporter.example', '[::1]'], '/', ['[::1]:19017', '[::1]', '[::2]'])).toEqual([
      200, 200, 421,
    ]);
  });

  test('do not concern health checks, which name the address of a pod', async () => {
    expect(await answers(['exporter.example'], '/-/healthy', ['10.0.0.7:19017'])).toEqual([200]);
    expect(await answers(['exporter.example'], '/-/ready', ['10.0.0.7:19017'])).toEqual([200]);
  });

  test('are all names if none is given', async () => {
    expect(await answers([], '/metrics', ['anything', '10.0.0.7'])).toEqual([200, 200]);
  });

  test('must be named in requests of old clients too', async () => {
    const url = await serve({ allowedHosts: ['exporter.example'] });
    expect(await sendRaw(url, 'GET /metrics HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 421 /);
  });
});

describe('POST', () => {
  test('is the only method of /-/reload, and of no other path', async () => {
    const url = await serve();
    const post = (path: string) => ask(url + path, { method: 'POST' });
    expect(await ask(`${url}/-/reload`)).toMatchObject({ status: 405, headers: { allow: 'POST' } });
    expect(await post('/metrics')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
    // This request has reached the route, which is switched off.
    expect(await post('/-/reload')).toMatchObject({ status: 403, body: expect.stringContaining('lifecycle') });
  });

  test.each([
    ['origin', 'https://evil.example'],
    ['origin', 'null'],
    ['sec-fetch-site', 'cross-site'],
  ])('from a browser is refused: %s %s', async (name, value) => {
    let reloads = 0;
    const url = await serve({
      reload() {
        reloads += 1;
        return Promise.resolve({ status: 200, text: '' });
      },
    });
    expect((await ask(`${url}/-/reload`, { method: 'POST', headers: { [name]: value } })).status).toBe(403);
    expect(reloads).toBe(0);
    expect((await ask(`${url}/-/reload`, { method: 'POST' })).status).toBe(200);
  });
});

describe('the limit of concurrent requests', () => {
  test('refuses one more request, but no probe', async () => {
    const { page, requests, finish } = slowPage();
    const url = await serve({ page, maxRequests: 3 });
    const scrapes = [1, 2, 3].map(() => ask(`${url}/metrics`));
    await until(() => requests() === 3);
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

  test('does not count a client that has disconnected', async () => {
    const { page, requests } = slowPage();
    const url = await serve({ page, maxRequests: 1 });
    const socket = connectTo(url);
    socket.write(get('GET /metrics'));
    await until(() => requests() === 1);
    expect((await ask(url)).status).toBe(503);
    socket.destroy();
    await until(async () => (await ask(url)).status === 200);
  });

  test('does not count a client that has disconnected during its password check', async () => {
    const { promise: compared, resolve: finish } = deferred<boolean>();
    const { promise: closed, resolve: close } = deferred<void>();
    let checks = 0;
    const app = createApp({
      ...QUIET_WEB,
      maxRequests: 1,
      guards: () => ({ headers: {}, users: new Map([['a', 'hash']]) }),
      comparePassword() {
        checks += 1;
        return compared;
      },
    });
    const web = await startWeb(
      (request, response) => app(request, response.once('close', close)),
      [{ host: '127.0.0.1', port: 0 }],
    );
    open.push(web);
    const url = web.urls[0] ?? '';
    const socket = connectTo(url);
    socket.write(get('GET /metrics', `Authorization: Basic ${Buffer.from('a:b').toString('base64')}`));
    await until(() => checks === 1);
    socket.destroy();
    await closed;
    finish(true);
    expect((await ask(`${url}/metrics`, basic('a', 'b'))).status).toBe(200);
  });

  test('disconnects a client that has not received its response in time', async () => {
    const runtime = createFakeRuntime();
    const { page, requests } = slowPage();
    const url = await serve({ page, maxRequests: 1, runtime });
    const scrape = ask(`${url}/metrics`);
    const outcome = expect(scrape).rejects.toThrow();
    await until(() => requests() === 1);
    await runtime.advance(MAX_RESPONSE_SECONDS);
    await outcome;
    expect((await ask(url)).status).toBe(200);
    // A response that has ended has no deadline any more.
    await until(() => runtime.sleepers() === 0);
  });

  test('does not exist if it is 0', async () => {
    const { page, requests, finish } = slowPage();
    const url = await serve({ page, maxRequests: 0 });
    const scrapes = Array.from({ length: 60 }, () => ask(`${url}/metrics`));
    await until(() => requests() === 60);
    finish();
    expect(new Set((await Promise.all(scrapes)).map(({ status }) => status))).toEqual(new Set([200]));
  });
});

test('the 501st connection is closed, the other 500 stay open', async () => {
  const url = await serve();
  const sockets = Array.from({ length: 501 }, () => connectTo(url));
  await Promise.race(sockets.map((socket) => once(socket.resume(), 'close')));
  expect(sockets.filter((socket) => socket.closed)).toHaveLength(1);
  for (const socket of sockets) socket.destroy();
});

test('a client that sends nothing, or one byte at a time, is disconnected', async () => {
  const timeouts = { ...TIMEOUTS, headersTimeout: 200, requestTimeout: 400, connectionsCheckingInterval: 20 };
  const url = await serve({}, { timeouts });
  const [silent, slow] = [connectTo(url).resume(), connectTo(url).resume()];
  slow.write('GET / HTTP/1.1\r\nHost: x\r\nX-A: ');
  const drip = setInterval(() => slow.write('a'), 20);
  await Promise.all([once(silent, 'close'), once(slow, 'close')]);
  clearInterval(drip);
});

describe('passwords', () => {
  const settings = { headers: {}, users: new Map([['prom', hashSync('s3cret', 4)]]) };
  const guards = () => settings;

  function startBcrypt() {
    const bcrypt = createBcrypt();
    open.push(bcrypt);
    return bcrypt;
  }

  test('are required for every path except probes', async () => {
    const url = await serve({ guards, comparePassword: startBcrypt().compare });
    const refused = [{}, basic('prom', 'wrong'), basic('nobody', 's3cret'), { headers: { authorization: 'Bearer x' } }];
    for (const path of ['/', '/metrics', '/nothing', '/-/healthy/x']) {
      for (const options of refused) {
        expect(await ask(url + path, options)).toMatchObject({
          status: 401,
          body: 'Unauthorized.\n',
          headers: { 'www-authenticate': 'Basic realm="mongodbatlas-backup-exporter", charset="UTF-8"' },
        });
      }
    }
    expect((await ask(`${url}/metrics`, basic('prom', 's3cret'))).status).toBe(200);
    for (const path of ['/-/healthy', '/-/ready']) expect((await ask(url + path)).status).toBe(200);
  });

  /** Comparisons wait until `finish`. */
  function slowComparisons() {
    const { promise, resolve } = deferred<void>();
    const compared: string[] = [];
    async function comparePassword(password: string): Promise<boolean> {
      compared.push(password);
      await promise;
      return password === 's3cret';
    }
    return { comparePassword, compared, finish: () => resolve() };
  }

  /** Requests with wrong passwords, all of which wait. */
  async function guess(url: string, count: number, localAddress: string) {
    const guesses = Array.from({ length: count }, (_, index) =>
      ask(`${url}/metrics`, { ...basic('prom', `guess ${index}`), localAddress }),
    );
    // Answers to requests that come later show that these have arrived.
    for (const _ of guesses) await ask(`${url}/-/healthy`);
    return guesses;
  }

  const statuses = async (answers: readonly Promise<{ status: number }>[]) =>
    new Set((await Promise.all(answers)).map(({ status }) => status));

  test('that are wrong delay a correct one from another address by a few comparisons, however many there are', async () => {
    const { comparePassword, compared, finish } = slowComparisons();
    const url = await serve({ guards, comparePassword });
    const guesses = await guess(url, 30, '127.0.0.2');
    const scrape = ask(`${url}/metrics`, basic('prom', 's3cret'));
    guesses.push(...(await guess(url, 1, '127.0.0.3')));
    finish();
    expect((await scrape).status).toBe(200);
    expect(compared.indexOf('s3cret')).toBeLessThanOrEqual(MOST_PER_ADDRESS + 1);
    expect(await statuses(guesses)).toEqual(new Set([401, 503]));
  });

  test('that are wrong lock out neither a correct one from the same address nor one that is already known', async () => {
    const { comparePassword, finish } = slowComparisons();
    finish();
    const url = await serve({ guards, comparePassword });
    const guesses = await guess(url, MOST_PER_ADDRESS - 1, '127.0.0.1');
    for (let scrape = 0; scrape < 3; scrape += 1) {
      expect((await ask(`${url}/metrics`, basic('prom', 's3cret'))).status).toBe(200);
    }
    expect(await statuses(guesses)).toEqual(new Set([401]));
  });

  test('get 503 while too many from the same address wait', async () => {
    const { comparePassword, compared, finish } = slowComparisons();
    const url = await serve({ guards, comparePassword });
    const guesses = await guess(url, MOST_PER_ADDRESS, '127.0.0.1');
    expect(await ask(`${url}/metrics`, basic('prom', 'one more'))).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
      body: 'Too many passwords are being checked, try again later.\n',
    });
    expect(compared).toHaveLength(MOST_PER_ADDRESS);
    finish();
    expect(await statuses(guesses)).toEqual(new Set([401]));
  });

  test('are compared outside the event loop', async () => {
    const { compare } = startBcrypt();
    const hash = hashSync('x', 10);
    expect(await compare('x', hash)).toBe(true);
    const before = performance.eventLoopUtilization();
    expect(await compare('y', hash)).toBe(false);
    // A comparison on the event loop would keep it busy all the time.
    expect(performance.eventLoopUtilization(before).utilization).toBeLessThan(0.5);
  });

  test('are compared by a new thread after the thread has ended', async () => {
    const { compare, close } = startBcrypt();
    const waiting = compare('s3cret', hashSync('s3cret', 12));
    // The thread starts in a later turn.
    await nextTurn();
    await close();
    await expect(waiting).rejects.toThrow('aborted');
    expect(await compare('s3cret', hashSync('s3cret', 4))).toBe(true);
  });

  test('are compared by a new thread after the thread has failed', async () => {
    const { compare } = startBcrypt();
    const [failing, waiting] = [compare(undefined as unknown as string, ''), compare('s3cret', hashSync('s3cret', 4))];
    await expect(failing).rejects.toThrow('Illegal arguments');
    expect(await waiting).toBe(true);
  });
});
