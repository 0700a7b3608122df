/** Requests through real proxies, good and bad, with http:// and https://: what a proxy does is never taken for Atlas. */
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { createAtlas } from '../../src/atlas/atlas.ts';
import { systemRuntime } from '../../src/support/runtime.ts';
import { closeLater } from '../support/atlas.ts';
import { createAuthority } from '../support/certificates.ts';
import { startProxy, startTlsAtlas, type Tunnel } from '../support/proxies.ts';
import { exchangeWith, failureOf } from '../unit/atlas/loopback.ts';
import { credential, GROUP_ID, never, outcomeOf, recordingObserver } from '../unit/atlas/support.ts';

const authority = createAuthority();
const certificate = authority.issue('localhost');
const caPem = readFileSync(authority.certFile, 'utf8');
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const behindProxy = 'https://atlas.example';

describe.each([
  ['http://', undefined],
  ['https://', certificate],
])('through a proxy with %s', (_scheme, proxyCertificate) => {
  test('a request opens a tunnel with one CONNECT, and the next request uses the same tunnel', async () => {
    const { baseUrl } = await startTlsAtlas(certificate);
    const { proxy, heads } = await startProxy({}, proxyCertificate);
    const { send } = exchangeWith(baseUrl, { proxy, caPem });
    expect((await send()).status).toBe(200);
    expect((await send()).status).toBe(200);
    const target = baseUrl.replace('https://', '');
    expect(heads).toHaveLength(1);
    expect(heads[0]).toContain(`CONNECT ${target} HTTP/1.1\r\n`);
    expect(heads[0]).toMatch(new RegExp(`^host: ${target}\r$`, 'im'));
    expect(heads[0]).not.toMatch(/authorization/i);
  });

  test('user and password are percent-decoded and go to the proxy only', async () => {
    const { proxyAs, heads } = await startProxy({}, proxyCertificate);
    const { baseUrl } = await startTlsAtlas(certificate);
    const { send } = exchangeWith(baseUrl, { proxy: proxyAs('us%40er:100%@'), caPem });
    expect((await send()).status).toBe(200);
    expect(heads[0]).toContain(`proxy-authorization: Basic ${Buffer.from('us@er:100%').toString('base64')}`);
  });

  test.each([
    [403, /allow CONNECT to atlas\.example:443 at the proxy/],
    [404, /HTTPS_PROXY is the address of a proxy that allows CONNECT/],
    [407, /HTTPS_PROXY to http:\/\/USER:PASSWORD@HOST:PORT/],
    [429, /raise the limits of the proxy/],
    [502, /whether the proxy can reach atlas\.example:443/],
    [503, /whether the proxy can reach atlas\.example:443/],
  ])('an answer %d to CONNECT is the proxy’s, with advice of its own', async (status, advice) => {
    const refuse = ({ socket }: Tunnel) =>
      socket.end(`HTTP/1.1 ${status} No\r\nRetry-After: 60\r\nContent-Length: 2\r\n\r\nno`);
    const { address, proxy, heads } = await startProxy({ onConnect: refuse }, proxyCertificate);
    const { send, observer } = exchangeWith(behindProxy, { proxy, caPem });
    const error = await failureOf(send());
    expect(error).toMatchObject({
      reason: 'network',
      message: `the proxy ${address} answers CONNECT with ${status}`,
      advice: expect.stringMatching(advice),
    });
    expect([error.status, error.retryAfterSeconds, heads.length]).toEqual([undefined, undefined, 1]);
    expect(observer.requests).toMatchObject([{ code: 'error' }]);
  });

  test('a refused password is not shown, and the advice says that it is wrong', async () => {
    const refuse = ({ socket }: Tunnel) => socket.end('HTTP/1.1 407 No\r\n\r\n');
    const { proxyAs } = await startProxy({ onConnect: refuse }, proxyCertificate);
    const error = await failureOf(exchangeWith(behindProxy, { proxy: proxyAs('user:hunter22@'), caPem }).send());
    expect(error.advice).toMatch(/^check the user and the password in HTTPS_PROXY/);
    expect(`${error.message} ${error.advice}`).not.toMatch(/hunter22|user:/);
  });

  const end = (socket: Socket) => void socket.end();
  const reset = (socket: Socket) => void socket.resetAndDestroy();
  test.each([
    ['FIN', end],
    ['RST', reset],
  ])(
    'a proxy that closes by %s, at whatever moment, is a failure of the network and ends nothing',
    async (_how, close) => {
      const { baseUrl } = await startTlsAtlas(certificate);
      const atOnce = (raw: Socket): boolean => {
        close(raw);
        return true;
      };
      const afterHello = (raw: Socket): boolean => {
        raw.once('data', () => close(raw));
        return true;
      };
      const beforeAnswer = { onConnect: ({ raw }: Tunnel) => close(raw) };
      for (const behaviour of [{ onConnection: atOnce }, { onConnection: afterHello }, beforeAnswer]) {
        const { address, proxy } = await startProxy(behaviour, proxyCertificate);
        const error = await failureOf(exchangeWith(baseUrl, { proxy, caPem }).send());
        const message = `the proxy ${address} opens no connection (ECONNRESET)`;
        expect(error).toMatchObject({ reason: 'network', message });
        expect(error.advice).toMatch(/^check HTTPS_PROXY/);
      }
      const afterAnswer = ({ socket, raw }: Tunnel) => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        setTimeout(() => close(raw), 50);
      };
      const { address, proxy } = await startProxy({ onConnect: afterAnswer }, proxyCertificate);
      const error = await failureOf(exchangeWith(baseUrl, { proxy, caPem }).send());
      const message = `the connection through the proxy ${address} failed (ECONNRESET)`;
      expect(error).toMatchObject({ reason: 'network', message });
      await pause(50);
    },
  );

  test.each([
    ['FIN', end],
    ['RST', reset],
  ])('a tunnel that is closed by %s while it is idle is replaced', async (_how, close) => {
    const { baseUrl } = await startTlsAtlas(certificate);
    const raws: Socket[] = [];
    const onConnect = ({ raw, open }: Tunnel) => {
      raws.push(raw);
      open();
    };
    const { proxy, heads } = await startProxy({ onConnect }, proxyCertificate);
    const { send } = exchangeWith(baseUrl, { proxy, caPem });
    await send();
    for (const raw of raws) close(raw);
    await pause(100);
    expect((await send()).status).toBe(200);
    expect(heads).toHaveLength(2);
  });

  test.each([
    ['from the start', { onConnection: (raw: Socket) => raw.resume() !== undefined }],
    ['after CONNECT', { onConnect: () => undefined }],
    [
      'after it has accepted CONNECT',
      { onConnect: ({ socket }: Tunnel) => void socket.write('HTTP/1.1 200 OK\r\n\r\n') },
    ],
  ])('a proxy that is silent %s ends in a timeout in time, and no connection is left', async (_when, behaviour) => {
    const { address, proxy, heads, sockets } = await startProxy(behaviour, proxyCertificate);
    const { send } = exchangeWith(behindProxy, { proxy, caPem, requestTimeoutSeconds: 0.4 });
    const message = `no complete answer in time through the proxy ${address}`;
    expect(await failureOf(send())).toMatchObject({ reason: 'timeout', message });
    for (let tries = 0; tries < 100 && sockets.size > 0; tries += 1) await pause(20);
    expect([sockets.size, heads.length <= 1]).toEqual([0, true]);
  });
});

test('an https:// proxy without TLS gets advice for this case', async () => {
  const onConnection = (raw: Socket): boolean => {
    raw.once('data', () => raw.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    return true;
  };
  const { address } = await startProxy({ onConnection });
  const proxy = { address, url: () => new URL(`https://${address}`) };
  const error = await failureOf(exchangeWith(behindProxy, { proxy }).send());
  expect(error.advice).toMatch(/^write http:\/\/ instead of https:\/\//);
});

test('the address of the proxy refuses connections', async () => {
  const proxy = { address: '127.0.0.1:1', url: () => new URL('http://127.0.0.1:1') };
  const message = 'the proxy 127.0.0.1:1 opens no connection (ECONNREFUSED)';
  expect(await failureOf(exchangeWith(behindProxy, { proxy }).send())).toMatchObject({ reason: 'network', message });
});

test('a proxy that answers 429 to everything pauses no project and opens the circuit', async () => {
  const onConnect = ({ socket }: Tunnel) => void socket.end('HTTP/1.1 429 No\r\nRetry-After: 600\r\n\r\n');
  const { proxy, heads } = await startProxy({ onConnect });
  const settings = { baseUrl: behindProxy, proxy, requestTimeoutSeconds: 5, requestsPerMinute: 6000, concurrency: 8 };
  const observer = recordingObserver();
  const atlas = closeLater(
    createAtlas({
      settings: { ...settings, pageSize: 500, maxPages: 10 },
      credentials: [credential('access_token', { access_token: () => Promise.resolve('token') })],
      userAgent: 'test',
      runtime: { ...systemRuntime, random: () => 0 },
      observer,
    }),
  );
  const ask = (nth: number) =>
    atlas
      .apiFor({ credential: 'default' })
      .get({ operation: 'x', budget: 'clusters', groupId: GROUP_ID, path: `/${nth}` }, never);
  const outcomes = await Promise.all(Array.from({ length: 12 }, (_, nth) => outcomeOf(ask(nth))));
  expect(new Set(outcomes.map((error) => (error as { reason?: string }).reason))).toEqual(new Set(['network']));
  expect(heads.length).toBeGreaterThanOrEqual(10);
  expect(observer.circuit).toEqual(['network']);
  expect(atlas.budgets().every(({ pausedForSeconds }) => pausedForSeconds === 0)).toBe(true);
});
