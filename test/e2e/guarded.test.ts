/** A real Prometheus scrapes the demo over TLS: with a password, with a client certificate, and without both. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { hashSync } from 'bcryptjs';
import { type Authority, type Certificate, createAuthority } from '../support/certificates.ts';
import { startProgram } from '../support/program.ts';
import { startPrometheus } from '../support/prometheus.ts';
import { until } from '../support/servers.ts';
import { runTool } from '../support/tools.ts';
import { ask } from '../support/web.ts';

let folder: string;
let authority: Authority;
const running: { stop(): Promise<unknown> }[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'guarded-'));
  authority = createAuthority();
  install(authority.issue('server'));
});
afterEach(async () => {
  for (const one of running.splice(0).reverse()) await one.stop();
});
afterAll(() => rmSync(folder, { recursive: true }));

function install({ certFile, keyFile }: Certificate): void {
  copyFileSync(certFile, join(folder, 'server.pem'));
  copyFileSync(keyFile, join(folder, 'server.key'));
}

/** Starts the demo with these lines added to its web config file. Resolves to its address. */
async function startDemo(...lines: readonly string[]): Promise<string> {
  const file = join(folder, 'web.yml');
  const certificate = ['tls_server_config:', '  cert_file: server.pem', '  key_file: server.key'];
  writeFileSync(file, `${[...certificate, ...lines].join('\n')}\n`);
  const listen = ['--web.listen-address', '127.0.0.1:0', '--log.level', 'info'];
  const demo = startProgram(['demo', '--web.config.file', file, ...listen]);
  running.push(demo);
  return await demo.listening();
}

/**
 * The state of the target in Prometheus after a completed scrape. On a busy machine a scrape may take longer than its
 * limit of one second.
 */
async function scrapedBy(url: string, scrape: Readonly<Record<string, unknown>>) {
  const prometheus = await startPrometheus(new URL(url).host, { scheme: 'https', ...scrape });
  running.push(prometheus);
  const tried = async () =>
    (await prometheus.targets()).some(
      ({ health, lastError }) => health !== 'unknown' && !lastError.includes('deadline exceeded'),
    );
  await until(tried, 20_000, prometheus.log);
  const [target] = await prometheus.targets();
  return target;
}

const tls_config = () => ({ ca_file: authority.certFile });

test('a real Prometheus scrapes over TLS with a password, and not without', async () => {
  const url = await startDemo(`basic_auth_users: { prometheus: "${hashSync('s3cret', 10)}" }`);
  const basic_auth = { username: 'prometheus', password: 's3cret' };
  expect(await scrapedBy(url, { tls_config: tls_config(), basic_auth })).toEqual({ health: 'up', lastError: '' });
  expect(await scrapedBy(url, { tls_config: tls_config() })).toEqual({
    health: 'down',
    lastError: 'server returned HTTP status 401 Unauthorized',
  });
  const curl = (...more: readonly string[]) =>
    runTool('curl', [
      '-s',
      '-o',
      '/dev/null',
      '-w',
      '%{http_code}',
      '--cacert',
      authority.certFile,
      ...more,
      `${url}/metrics`,
    ]);
  expect(curl().output).toBe('401');
  expect(curl('-u', 'prometheus:s3cret').output).toBe('200');
});

test('a real Prometheus scrapes with a client certificate, and not without', async () => {
  const clients = createAuthority('clients');
  copyFileSync(clients.certFile, join(folder, 'clients.pem'));
  const url = await startDemo('  client_ca_file: clients.pem', '  client_auth_type: RequireAndVerifyClientCert');
  const { certFile: cert_file, keyFile: key_file } = clients.issue('prometheus');
  const showing = { ...tls_config(), cert_file, key_file };
  expect(await scrapedBy(url, { tls_config: showing })).toEqual({ health: 'up', lastError: '' });
  expect(await scrapedBy(url, { tls_config: tls_config() })).toMatchObject({
    health: 'down',
    lastError: expect.stringMatching(/certificate required/),
  });
});

test('a renewed certificate is served within 30 s, without a restart', async () => {
  const url = await startDemo();
  const trusting = { ca: readFileSync(authority.certFile) };
  expect((await ask(`${url}/metrics`, trusting)).peer).toBe('server');
  install(authority.issue('renewed'));
  const isRenewed = async () => (await ask(`${url}/metrics`, trusting)).peer === 'renewed';
  await until(isRenewed, 30_000, () => 'the certificate');
});
