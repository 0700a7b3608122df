/** Slow networks, networks without an answer, and certificates of private authorities. */
import dns from 'node:dns';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, type LookupFunction, type Socket } from 'node:net';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { createAtlas } from '../../src/atlas/atlas.ts';
import { systemRuntime } from '../../src/support/runtime.ts';
import { closeLater } from '../support/atlas.ts';
import { type Certificate, createAuthority } from '../support/certificates.ts';
import { startProxy, startTlsAtlas } from '../support/proxies.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { exchangeWith, failureOf } from '../unit/atlas/loopback.ts';
import { credential, GROUP_ID, never, outcomeOf, recordingObserver } from '../unit/atlas/support.ts';

afterEach(() => void jest.restoreAllMocks());

const authority = createAuthority();
const certificate = authority.issue('localhost');
const caPem = readFileSync(authority.certFile, 'utf8');
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * The code of a thread that listens but accepts no connection until it gets a message; then it answers every request
 * with `{}`.
 */
const LISTENER = `
  const { createServer } = require('node:http');
  const { parentPort, workerData } = require('node:worker_threads');
  const server = createServer((request, response) => response.end('{}'));
  server.listen({ host: workerData.host, port: workerData.port, backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    Atomics.wait(workerData.gate, 0, 0);
  });`;

/** A server whose queue of connections is full, so that the system drops further ones until `accept` is called. */
async function startDeaf(host: string, port = 0) {
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(LISTENER, { eval: true, workerData: { host, port, gate } });
  const listening = await new Promise<number>((resolve, reject) => {
    worker.once('message', resolve).once('error', reject);
  });
  const fill: Socket[] = [];
  function accept(): void {
    Atomics.store(gate, 0, 1);
    Atomics.notify(gate, 0);
  }
  closeLater({
    async close() {
      for (const socket of fill) socket.destroy();
      accept();
      await worker.terminate();
    },
  });
  for (let isOpen = true; isOpen; ) {
    const socket = connect(listening, host).on('error', () => undefined);
    fill.push(socket);
    isOpen = await Promise.race([
      new Promise<boolean>((resolve) => socket.once('connect', () => resolve(true))),
      // On a busy machine the event may wait behind the timer.
      pause(200)
        .then(() => new Promise((resolve) => setImmediate(resolve)))
        .then(() => !socket.connecting),
    ]);
  }
  return { port: listening, accept };
}

/** Resolves the name to these addresses. */
function resolveTo(name: string, addresses: readonly string[]): void {
  const original = dns.lookup as unknown as LookupFunction;
  const all = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  const lookup: LookupFunction = (asked, options, callback) => {
    if (asked !== name) original(asked, options, callback);
    else if (options.all) callback(null, all);
    else callback(null, addresses[0] ?? '', 4);
  };
  jest.spyOn(dns, 'lookup').mockImplementation(lookup as unknown as typeof dns.lookup);
}

describe('a host with two addresses', () => {
  test('is reached at the one that answers, if one has no route or one never answers', async () => {
    const { baseUrl } = await startTlsAtlas(certificate);
    await startDeaf('127.0.0.2', Number(new URL(baseUrl).port));
    resolveTo('localhost', ['100::1', '127.0.0.2', '127.0.0.1']);
    const { send } = exchangeWith(baseUrl, { caPem, requestTimeoutSeconds: 4 });
    expect((await send()).status).toBe(200);
  });

  test('may be a proxy', async () => {
    const { baseUrl } = await startTlsAtlas(certificate);
    const { address, heads } = await startProxy({});
    const url = new URL(`http://${address}`);
    await startDeaf('127.0.0.2', Number(url.port));
    url.hostname = 'proxy.example';
    resolveTo('proxy.example', ['100::1', '127.0.0.2', '127.0.0.1']);
    const proxy = { address: url.host, url: () => url };
    const { send } = exchangeWith(baseUrl, { proxy, caPem, requestTimeoutSeconds: 4 });
    expect((await send()).status).toBe(200);
    expect(heads).toHaveLength(1);
  });

  test('is reached over a network that needs a second for each connection', async () => {
    const slow = await startDeaf('127.0.0.2');
    await startDeaf('127.0.0.3', slow.port);
    resolveTo('localhost', ['127.0.0.2', '127.0.0.3']);
    // The system repeats the dropped packet after one second. Node's own limit for an address is 250 ms.
    setTimeout(slow.accept, 300);
    const { send } = exchangeWith(`http://localhost:${slow.port}`, { requestTimeoutSeconds: 10 });
    expect((await send()).status).toBe(200);
  });

  test('causes a timeout within the time limit if no address answers', async () => {
    const hole = await startDeaf('127.0.0.2');
    await startDeaf('127.0.0.3', hole.port);
    resolveTo('localhost', ['127.0.0.2', '127.0.0.3']);
    const { send } = exchangeWith(`http://localhost:${hole.port}`, { requestTimeoutSeconds: 1 });
    const startedAtMs = Date.now();
    expect(['timeout', 'network']).toContain((await failureOf(send())).reason);
    expect(Date.now() - startedAtMs).toBeLessThan(3000);
  });
});

describe('the certificate of an authority that this host does not know', () => {
  const ownAuthority = /atlas\.ca_file, or in NODE_EXTRA_CA_CERTS/;

  test.each([
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', certificate],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', authority],
    ['SELF_SIGNED_CERT_IN_CHAIN', withChain(certificate)],
  ])('fails with %s, and the advice names ca_file', async (code, shown) => {
    const { baseUrl } = await startTlsAtlas(shown);
    const error = await failureOf(exchangeWith(baseUrl).send());
    expect(error).toMatchObject({ reason: 'network', message: `the connection failed (${code})` });
    expect(error.advice).toMatch(ownAuthority);
  });

  test('is trusted if the config names it, in addition to the default ones, also for the proxy', async () => {
    const { baseUrl } = await startTlsAtlas(certificate);
    const another = readFileSync(createAuthority('another').certFile, 'utf8');
    for (const pem of [caPem, `# ours\n${another}\n${caPem}`, caPem + caPem]) {
      expect((await exchangeWith(baseUrl, { caPem: pem }).send()).status).toBe(200);
    }
    const { proxy, address } = await startProxy({}, certificate);
    expect((await exchangeWith(baseUrl, { proxy, caPem }).send()).status).toBe(200);
    const error = await failureOf(exchangeWith(baseUrl, { proxy }).send());
    expect(error.message).toBe(`the proxy ${address} opens no connection (UNABLE_TO_VERIFY_LEAF_SIGNATURE)`);
    expect(error.advice).toMatch(ownAuthority);
  });

  test('is trusted as soon as a reload names it, and credentials keep their tokens', async () => {
    const { baseUrl } = await startTlsAtlas(certificate);
    const limits = { requestTimeoutSeconds: 5, requestsPerMinute: 6000, concurrency: 8, pageSize: 500, maxPages: 10 };
    const credentials = [credential('access_token', { access_token: () => Promise.resolve('token') })];
    const settings = { baseUrl, ...limits };
    const runtime = { ...systemRuntime, random: () => 0 };
    const atlas = closeLater(
      createAtlas({ settings, credentials, userAgent: 'test', runtime, observer: recordingObserver() }),
    );
    const resource = { operation: 'x', budget: 'clusters', groupId: GROUP_ID, path: '/x' } as const;
    const ask = () => outcomeOf(atlas.apiFor({ credential: 'default' }).get(resource, never));
    expect(await ask()).toMatchObject({ reason: 'network' });
    const { isOther } = atlas.change({ ...settings, ca: { file: '/own.pem', pem: caPem } }, credentials);
    expect([isOther('default'), await ask()]).toEqual([false, {}]);
  });

  test('is not trusted if the config names another one', async () => {
    const { baseUrl } = await startTlsAtlas(certificate);
    const other = readFileSync(createAuthority('another').certFile, 'utf8');
    expect((await failureOf(exchangeWith(baseUrl, { caPem: other }).send())).advice).toMatch(ownAuthority);
  });

  test('is for another name', async () => {
    const { baseUrl } = await startTlsAtlas(certificate);
    resolveTo('atlas.example', ['127.0.0.1']);
    const error = await failureOf(exchangeWith(baseUrl.replace('localhost', 'atlas.example'), { caPem }).send());
    expect(error.message).toBe('the connection failed (ERR_TLS_CERT_ALTNAME_INVALID)');
    expect(error.advice).toMatch(/another name/);
  });

  test('has expired', async () => {
    const { baseUrl } = await startTlsAtlas(authority.issue('localhost', 'ecdsa', -1));
    const error = await failureOf(exchangeWith(baseUrl, { caPem }).send());
    expect(error.message).toBe('the connection failed (CERT_HAS_EXPIRED)');
    expect(error.advice).toMatch(/has expired/);
  });
});

/** The server sends its authority too. */
function withChain({ certFile, keyFile }: Certificate): Certificate {
  const chainFile = join(temporaryFolder('chain'), 'chain.pem');
  writeFileSync(chainFile, readFileSync(certFile, 'utf8') + caPem);
  return { certFile: chainFile, keyFile };
}

test('a name that is never resolved causes a timeout within the time limit', async () => {
  jest.spyOn(dns, 'lookup').mockImplementation((() => undefined) as unknown as typeof dns.lookup);
  const { send } = exchangeWith('https://atlas.example', { requestTimeoutSeconds: 0.3 });
  expect(await failureOf(send())).toMatchObject({ reason: 'timeout', message: 'no complete answer in time' });
});
