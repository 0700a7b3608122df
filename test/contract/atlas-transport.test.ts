import type { RequestListener } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { BOUNDS } from '../../src/atlas/bounds.ts';
import type { Reason } from '../../src/atlas/error.ts';
import type { TimeBudget } from '../../src/atlas/http/transport.ts';
import { atlas, endAll, exchangeWith, failureOf, listening, rawServer, SECRET } from '../unit/atlas/loopback.ts';
import { GROUP_ID, outcomeOf } from '../unit/atlas/support.ts';

/** Answers with this text again and again, without an end. */
const dripping =
  (text: string): RequestListener =>
  (_req, res) => {
    const timer = setInterval(() => res.write(text), 20);
    res.on('close', () => clearInterval(timer));
  };

const gzipped =
  (text: string): RequestListener =>
  (_req, res) =>
    res.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync(text));

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n';

describe('an exchange', () => {
  test('returns status, headers and body, also of a failure', async () => {
    const { baseUrl } = await atlas((_req, res) => {
      res.writeHead(404, { 'X-Error-Code': 'CLUSTER_NOT_FOUND', 'Content-Type': 'application/json' });
      res.end('{"detail":"größer ☃"}');
    });
    const headers = { 'x-error-code': 'CLUSTER_NOT_FOUND' };
    expect(await exchangeWith(baseUrl).send()).toMatchObject({ status: 404, headers, body: '{"detail":"größer ☃"}' });
  });

  test('sends the method, the target, the headers and our User-Agent, byte for byte', async () => {
    const { baseUrl, asked } = await atlas((_req, res) => res.end('{}'));
    const target = '/api/atlas/v2/x%20y?includeCount=true&itemsPerPage=500&pageNum=1&odd=%5F+~';
    await exchangeWith(baseUrl).send({ target });
    expect(asked[0]).toMatchObject({
      method: 'GET',
      url: target,
      headers: { accept: 'application/json', authorization: SECRET, 'user-agent': 'backup-exporter/1.2.3' },
    });
  });

  test('sends a body with its type', async () => {
    let body = '';
    const { baseUrl, asked } = await atlas((req, res) => {
      req.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      req.on('end', () => res.end('{}'));
    });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    await exchangeWith(baseUrl).send({ method: 'POST', headers, body: 'grant_type=client_credentials' });
    expect(body).toBe('grant_type=client_credentials');
    expect(asked[0]).toMatchObject({ method: 'POST', headers: { ...headers, 'content-length': '29' } });
  });

  test.each<[string, RequestListener]>([
    ['is cut off', (_req, res) => res.writeHead(429, { 'Retry-After': '7' }).write('{"err', () => res.destroy())],
    ['never ends', (_req, res) => res.writeHead(429, { 'Retry-After': '7' }).write('{"err')],
    [
      'is in no known coding',
      (_req, res) => res.writeHead(429, { 'Retry-After': '7', 'Content-Encoding': 'br' }).end('x'),
    ],
    ['is too large', (_req, res) => res.writeHead(429, { 'Retry-After': '7' }).end('x'.repeat(100_000))],
  ])('keeps status and headers of a failure whose body %s', async (_what, listener) => {
    const { baseUrl } = await atlas(listener);
    const response = await exchangeWith(baseUrl, { requestTimeoutSeconds: 0.5 }).send();
    expect(response).toMatchObject({ status: 429, headers: { 'retry-after': '7' }, body: '' });
  });

  test('is aborted by its signal also while the body of a failure is read', async () => {
    const { baseUrl } = await atlas((_req, res) => res.writeHead(429).write('{"err'));
    const giveUp = new AbortController();
    const sent = outcomeOf(exchangeWith(baseUrl).send({}, giveUp.signal));
    setTimeout(() => giveUp.abort(new Error('the target is gone')), 100);
    expect(await sent).toEqual(new Error('the target is gone'));
  });

  test.each([[301], [302], [303], [307], [308]])(
    'follows no redirect: a %d is an answer like any other',
    async (status) => {
      const elsewhere = await atlas((_req, res) => res.end('{}'));
      const { baseUrl, asked } = await atlas((_req, res) => {
        res.writeHead(status, { Location: `${elsewhere.baseUrl}/steal` });
        res.end();
      });
      expect((await exchangeWith(baseUrl).send()).status).toBe(status);
      expect([asked.length, elsewhere.asked.length]).toEqual([1, 0]);
    },
  );
});

describe('a body', () => {
  const tooLarge = {
    reason: 'invalid_response',
    status: 200,
    message: 'the answer is larger than 4194304 bytes',
    advice: expect.stringContaining('lower atlas.page_size'),
  };

  test.each([
    ['as it is', (_req, res) => res.end('x'.repeat(BOUNDS.bodyBytes))],
    ['compressed', gzipped('x'.repeat(BOUNDS.bodyBytes))],
  ] satisfies [string, RequestListener][])('of 4 MiB is read (%s)', async (_how, listener) => {
    const { baseUrl } = await atlas(listener);
    expect((await exchangeWith(baseUrl).send()).body).toHaveLength(BOUNDS.bodyBytes);
  });

  test.each([
    ['as it is', (_req, res) => res.end('x'.repeat(BOUNDS.bodyBytes + 1))],
    ['compressed', gzipped('x'.repeat(BOUNDS.bodyBytes + 1))],
    ['without an end', dripping(' '.repeat(BOUNDS.bodyBytes))],
  ] satisfies [string, RequestListener][])('of more than 4 MiB fails (%s)', async (_how, listener) => {
    const { baseUrl } = await atlas(listener);
    expect(await failureOf(exchangeWith(baseUrl).send())).toMatchObject(tooLarge);
  });

  test('of headers beyond 16 KiB fails', async () => {
    const { baseUrl } = await atlas((_req, res) => res.writeHead(200, { 'X-Long': 'x'.repeat(20_000) }).end('{}'));
    expect(await failureOf(exchangeWith(baseUrl).send())).toMatchObject({ reason: 'network' });
  });
});

describe('a failure of the connection', () => {
  test.each<[string, (socket: Socket) => void, Reason]>([
    ['a reset', (socket) => socket.resetAndDestroy(), 'network'],
    ['an end without an answer', (socket) => socket.end(), 'network'],
    ['an end within the headers', (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-'), 'network'],
    [
      'a body shorter than announced',
      (socket) => socket.end(`${HEAD}Content-Length: 99\r\n\r\n{"results":[`),
      'network',
    ],
    [
      'a body that ends between chunks',
      (socket) => socket.end(`${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n`),
      'network',
    ],
    [
      'a reset within the body',
      (socket) => {
        socket.write(`${HEAD}Content-Length: 99\r\n\r\n{`);
        setTimeout(() => socket.resetAndDestroy(), 20);
      },
      'network',
    ],
    ['something that isn’t HTTP', (socket) => socket.end('220 mail.example ESMTP\r\n'), 'network'],
    [
      'a compressed body that is cut off',
      (socket) => {
        socket.write(`${HEAD}Content-Encoding: gzip\r\nContent-Length: 99\r\n\r\n`);
        socket.end(gzipSync('{"results":[]}').subarray(0, 20));
      },
      'network',
    ],
    [
      'a compressed body that is corrupt',
      (socket) => socket.end(`${HEAD}Content-Encoding: gzip\r\nContent-Length: 9\r\n\r\nnot gzip!`),
      'invalid_response',
    ],
  ])('%s', async (_what, treat, reason) => {
    const { send, observer } = exchangeWith(await rawServer(treat), { requestTimeoutSeconds: 3 });
    const error = await failureOf(send());
    expect([error.reason, error.message]).toEqual([reason, expect.stringMatching(/^the (connection|answer) /)]);
    expect(observer.requests).toMatchObject([{ code: 'error' }]);
  });

  test('the connection is refused', async () => {
    const { baseUrl } = await atlas((_req, res) => res.end());
    endAll();
    expect(await failureOf(exchangeWith(baseUrl).send())).toMatchObject({
      reason: 'network',
      message: 'the connection failed (ECONNREFUSED)',
    });
  });

  test('a header that cannot be sent is an internal error', async () => {
    const { baseUrl, asked } = await atlas((_req, res) => res.end());
    const error = await failureOf(exchangeWith(baseUrl).send({ headers: { authorization: `${SECRET}\n` } }));
    expect([error.reason, asked.length]).toEqual(['internal', 0]);
  });
});

describe('the time', () => {
  const hang: RequestListener = () => undefined;

  async function timed(promise: Promise<unknown>) {
    const startedAt = performance.now();
    const error = await failureOf(promise);
    return { error, seconds: (performance.now() - startedAt) / 1000 };
  }

  test.each<[string, RequestListener]>([
    ['never answers', hang],
    ['answers drop by drop', dripping(' ')],
  ])('ends an exchange with a server that %s', async (_what, listener) => {
    const { baseUrl } = await atlas(listener);
    const { send, observer } = exchangeWith(baseUrl, { requestTimeoutSeconds: 0.3 });
    const { error, seconds } = await timed(send());
    expect(error).toMatchObject({ reason: 'timeout', message: 'no complete answer in time' });
    expect(seconds).toBeGreaterThan(0.25);
    expect(seconds).toBeLessThan(10);
    expect(observer.requests).toMatchObject([{ code: 'error' }]);
  });

  test('of an exchange is limited by the time that the poll has left, and is subtracted from it', async () => {
    const { baseUrl } = await atlas(hang);
    const timeBudget: TimeBudget = { remainingSeconds: 0.2 };
    const { error, seconds } = await timed(exchangeWith(baseUrl).send({ timeBudget }));
    expect(error.reason).toBe('timeout');
    expect(seconds).toBeLessThan(10);
    expect(timeBudget.remainingSeconds).toBeLessThan(0.02);
  });

  test('of a poll is over, so nothing is sent', async () => {
    const { baseUrl, asked } = await atlas((_req, res) => res.end());
    const { send, observer } = exchangeWith(baseUrl);
    expect(await failureOf(send({ timeBudget: { remainingSeconds: 0 } }))).toMatchObject({ reason: 'timeout' });
    expect([asked.length, observer.requests]).toEqual([0, []]);
  });
});

describe('an abort', () => {
  const reason = new Error('the target is gone');

  test.each<[string, RequestListener]>([
    ['before the answer', () => undefined],
    ['within the body', (_req, res) => res.write('{')],
  ])('%s ends the exchange at once with the signal’s reason, and counts as no request', async (_when, listener) => {
    const giveUp = new AbortController();
    const { baseUrl } = await atlas((req, res) => {
      listener(req, res);
      setTimeout(() => giveUp.abort(reason), 50);
    });
    const { send, observer } = exchangeWith(baseUrl);
    expect(await outcomeOf(send({}, giveUp.signal))).toBe(reason);
    expect(observer.requests).toEqual([]);
  });

  test('before the exchange sends nothing', async () => {
    const { baseUrl, asked } = await atlas((_req, res) => res.end());
    expect(await outcomeOf(exchangeWith(baseUrl).send({}, AbortSignal.abort(reason)))).toBe(reason);
    expect(asked).toHaveLength(0);
  });

  test('while the request is signed opens no connection', async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    const baseUrl = await listening(server);
    const giveUp = new AbortController();
    const sign = (): Promise<undefined> => {
      giveUp.abort(reason);
      return Promise.resolve(undefined);
    };
    expect(await outcomeOf(exchangeWith(baseUrl).send({ sign }, giveUp.signal))).toBe(reason);
    await new Promise((resolve) => setTimeout(resolve, 50));
    server.close();
    expect(connections).toBe(0);
  });
});

describe('the observer', () => {
  test('receives each answer: its credential and its duration', async () => {
    const { baseUrl } = await atlas((_req, res) => {
      res.writeHead(429);
      setTimeout(() => res.end(), 50);
    });
    const { send, observer } = exchangeWith(baseUrl);
    await send({ budget: { groupId: GROUP_ID, name: 'cloud_backups' } });
    const [event] = observer.requests;
    expect(event).toEqual({
      credential: 'default',
      operation: 'list_exports',
      code: 429,
      durationSeconds: expect.any(Number),
    });
    expect(event?.durationSeconds).toBeGreaterThan(0.04);
    expect(event?.durationSeconds).toBeLessThan(2);
  });
});
