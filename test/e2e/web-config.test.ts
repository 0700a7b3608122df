/** TLS, client certificates and users of a web config file over real handshakes, and what a changed file changes. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, type RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect } from 'node:tls';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { hashSync } from 'bcryptjs';
import { createWebGuard } from '../../src/app/web-guard.ts';
import { formatProblem } from '../../src/config/problems.ts';
import { CIPHER_SUITES, DEFAULT_CIPHER_SUITES } from '../../src/config/web/schema.ts';
import { loadWebConfig } from '../../src/config/web/web-config.ts';
import { createApp } from '../../src/web/server.ts';
import { type Authority, type Certificate, createAuthority } from '../support/certificates.ts';
import { createFakeRuntime } from '../support/fake-runtime.ts';
import { files } from '../support/files.ts';
import { createRecordingLog } from '../support/recording-log.ts';
import { ask, basic, QUIET_WEB } from '../support/web.ts';

const TLS = 'tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n';
const CLIENTS = `${TLS}  client_ca_file: clients.pem\n  client_auth_type: `;
const userLine = (name: string, password: string): string =>
  `basic_auth_users: {${name}: "${hashSync(password, 4)}"}\n`;

let authority: Authority;
let clients: Authority;
let strangers: Authority;
let server: Certificate;
let renewed: Certificate;
let rsa: Certificate;
let client: Certificate;
let stranger: Certificate;

beforeAll(() => {
  [authority, clients, strangers] = [createAuthority(), createAuthority('clients'), createAuthority('strangers')];
  [server, renewed, rsa] = [authority.issue('server'), authority.issue('renewed'), authority.issue('rsa', 'rsa')];
  [client, stranger] = [clients.issue('prometheus'), strangers.issue('prometheus')];
});

let folder: string;
const open: { close(): Promise<unknown> }[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'web-config-'));
});
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
  rmSync(folder, { recursive: true });
});

function write(text: string): void {
  writeFileSync(join(folder, 'web.yml'), text);
}

function install({ certFile, keyFile }: Certificate): void {
  copyFileSync(certFile, join(folder, 'server.pem'));
  copyFileSync(keyFile, join(folder, 'server.key'));
}

async function serve(text: string, certificate = server) {
  write(text);
  install(certificate);
  copyFileSync(clients.certFile, join(folder, 'clients.pem'));
  const load = () => loadWebConfig('web.yml', { cwd: folder, files }, Date.now() / 1000);
  const first = await load();
  if ('problems' in first) throw new Error(first.problems.map(formatProblem).join('\n'));
  const runtime = createFakeRuntime(Date.now() / 1000);
  const { log, lines } = createRecordingLog();
  const guard = createWebGuard({ first, load }, runtime, log);
  const web = await guard.listen(createApp({ ...QUIET_WEB, ...guard.settings }), [{ host: '127.0.0.1', port: 0 }]);
  open.push(web);
  const url = web.urls[0] ?? '';

  /** Reading the files takes real time: each fake second waits until the file watch sleeps again. */
  async function pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      await runtime.advance(1);
      while (runtime.sleepers() === 0) await runtime.settle();
    }
  }
  /** Long enough for the file watch to find a change, and to see that the file has stopped changing. */
  const lookAgain = () => pass(7);

  const logged = () => lines.filter(({ level }) => level !== 'debug').map(({ msg }) => msg);
  return { url, metrics: `${url}/metrics`, pass, lookAgain, lines, logged };
}

const trusting = (): RequestOptions => ({ ca: readFileSync(authority.certFile) });
const showing = ({ certFile, keyFile }: Certificate): RequestOptions => ({
  ...trusting(),
  cert: readFileSync(certFile),
  key: readFileSync(keyFile),
});

/** The name in the server's certificate. */
async function nameAt(url: string, options: RequestOptions = trusting()): Promise<string> {
  return String((await ask(url, options)).peer);
}

/** A handshake and a first response: in TLS 1.3 the client's handshake ends before the server can refuse it. */
async function shakeHands(url: string, options: ConnectionOptions) {
  const socket = connect(Number(new URL(url).port), '127.0.0.1', { ...trusting(), ...options } as ConnectionOptions);
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject).once('close', () => reject(new Error('closed')));
    socket.once('secureConnect', () => {
      socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
      socket.once('data', () => resolve());
    });
  });
  const agreed = {
    protocol: socket.getProtocol(),
    suite: socket.getCipher().standardName,
    isReused: socket.isSessionReused(),
  };
  socket.destroy();
  return agreed;
}

describe('TLS', () => {
  test('replaces plain HTTP', async () => {
    const { url, metrics } = await serve(TLS);
    expect(url).toMatch(/^https:/);
    expect((await ask(metrics, trusting())).status).toBe(200);
    await expect(ask(metrics.replace('https:', 'http:'))).rejects.toThrow();
    await expect(ask(metrics)).rejects.toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
  });

  test('uses the versions that the file allows', async () => {
    const newest = await serve(`${TLS}  min_version: TLS13\n`);
    await expect(shakeHands(newest.url, { maxVersion: 'TLSv1.2' })).rejects.toThrow();
    expect((await shakeHands(newest.url, {})).protocol).toBe('TLSv1.3');
    const older = await serve(`${TLS}  max_version: TLS12\n`);
    await expect(shakeHands(older.url, { minVersion: 'TLSv1.3' })).rejects.toThrow();
    expect((await shakeHands(older.url, {})).protocol).toBe('TLSv1.2');
    const both = await serve(TLS);
    await expect(
      shakeHands(both.url, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }),
    ).rejects.toThrow();
  });

  test.each(CIPHER_SUITES)('can use only %s, and TLS 1.3', async (suite) => {
    const text = `${TLS}  cipher_suites: [${suite}]\n`;
    const { url } = await serve(text, suite.includes('_RSA_') ? rsa : server);
    const older = await shakeHands(url, { maxVersion: 'TLSv1.2' });
    expect(older.suite).toBe(suite);
    expect((await shakeHands(url, {})).protocol).toBe('TLSv1.3');
  });

  test('refuses suites that are not listed', async () => {
    const { url } = await serve(`${TLS}  cipher_suites: [${DEFAULT_CIPHER_SUITES.join(', ')}]\n`, rsa);
    const standard = await serve(TLS, rsa);
    for (const at of [url, standard.url]) {
      await expect(
        shakeHands(at, { maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA:ECDHE-RSA-AES128-SHA' }),
      ).rejects.toThrow();
    }
  });

  test('uses the server’s order of suites, or the client’s if configured', async () => {
    const suites = 'cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]';
    const wish = {
      maxVersion: 'TLSv1.2',
      ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384',
    } as const;
    const own = await serve(`${TLS}  ${suites}\n`);
    expect((await shakeHands(own.url, wish)).suite).toBe('TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384');
    const theirs = await serve(`${TLS}  ${suites}\n  prefer_server_cipher_suites: false\n`);
    expect((await shakeHands(theirs.url, wish)).suite).toBe('TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256');
  });

  test.each([
    ['CurveP521', 'P-521', 'X25519'],
    ['X25519', 'X25519', 'P-256'],
  ])('uses the curves of the file: %s', async (curve, same, other) => {
    const { url } = await serve(`${TLS}  curve_preferences: [${curve}]\n`);
    expect((await shakeHands(url, { ecdhCurve: same })).protocol).toBe('TLSv1.3');
    await expect(shakeHands(url, { ecdhCurve: other })).rejects.toThrow();
  });

  test('needs TLS 1.3 if the file lists suites of TLS 1.3 alone', async () => {
    const { url } = await serve(`${TLS}  cipher_suites: [TLS_AES_256_GCM_SHA384]\n`);
    expect((await shakeHands(url, {})).protocol).toBe('TLSv1.3');
    await expect(shakeHands(url, { maxVersion: 'TLSv1.2' })).rejects.toThrow();
  });

  test('sends the headers of the file, including HSTS', async () => {
    const { metrics } = await serve(`${TLS}http_server_config: {headers: {Strict-Transport-Security: max-age=9}}\n`);
    expect((await ask(metrics, trusting())).headers).toMatchObject({ 'strict-transport-security': 'max-age=9' });
  });
});

describe('client certificates', () => {
  test('that are required must be sent and signed by the right authority', async () => {
    const { metrics, lines } = await serve(`${CLIENTS}RequireAndVerifyClientCert\n`);
    expect((await ask(metrics, showing(client))).status).toBe(200);
    await expect(ask(metrics, trusting())).rejects.toThrow();
    await expect(ask(metrics, showing(stranger))).rejects.toThrow();
    await expect(ask(`${metrics.replace('/metrics', '/-/healthy')}`, trusting())).rejects.toThrow();
    expect(lines.filter(({ msg }) => msg === 'a TLS handshake failed')).toHaveLength(3);
  });

  test('that are optional may be missing, but must be signed by the right authority', async () => {
    const { metrics, lines } = await serve(`${CLIENTS}VerifyClientCertIfGiven\n`);
    expect((await ask(metrics, showing(client))).status).toBe(200);
    expect((await ask(metrics, trusting())).status).toBe(200);
    await expect(ask(metrics, showing(stranger))).rejects.toThrow();
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'a TLS handshake failed', level: 'debug' }));
  });

  test('that are optional without an authority of their own must be signed by a public one', async () => {
    const { metrics } = await serve(`${TLS}  client_auth_type: VerifyClientCertIfGiven\n`);
    expect((await ask(metrics, trusting())).status).toBe(200);
    await expect(ask(metrics, showing(client))).rejects.toThrow();
  });

  test('that need no verification may be of anyone; RequireAnyClientCert requires one', async () => {
    const requested = await serve(`${TLS}  client_auth_type: RequestClientCert\n`);
    const any = await serve(`${TLS}  client_auth_type: RequireAnyClientCert\n`);
    for (const { metrics } of [requested, any]) expect((await ask(metrics, showing(stranger))).status).toBe(200);
    expect((await ask(requested.metrics, trusting())).status).toBe(200);
    await expect(ask(any.metrics, trusting())).rejects.toThrow();
    expect(any.logged()).toEqual([
      expect.stringMatching(/RequireAnyClientCert accepts certificates that anyone can make/),
    ]);
  });

  test.each([
    ['localhost', 200],
    ['127.0.0.1', 200],
    ['local', undefined],
    ['*', undefined],
    ['prometheus', undefined],
    ['10.0.0.1', undefined],
  ])('must have an allowed name, also when a session is resumed: %s', async (name, status) => {
    const text = `${CLIENTS}RequireAndVerifyClientCert\n  client_allowed_sans: [other.example, "${name}"]\n`;
    const { url, metrics, lookAgain } = await serve(text);
    const answer = ask(metrics, showing(client)).then(
      (found) => found.status,
      () => undefined,
    );
    expect(await answer).toBe(status);
    if (status === undefined) return;
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const session = await sessionOf(url, { ...showing(client), maxVersion } as ConnectionOptions);
      expect((await shakeHands(url, { ...showing(client), maxVersion, session } as ConnectionOptions)).isReused).toBe(
        true,
      );
    }
    write(text.replace(name, 'else.example'));
    await lookAgain();
    await expect(ask(metrics, showing(client))).rejects.toThrow();
  });

  test.each(['RequireAndVerifyClientCert', 'VerifyClientCertIfGiven'])(
    'are accepted again when a TLS session is resumed: %s',
    async (type) => {
      for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
        const { url } = await serve(`${CLIENTS}${type}\n`);
        const session = await sessionOf(url, { ...showing(client), maxVersion } as ConnectionOptions);
        const again = await shakeHands(url, { ...showing(client), maxVersion, session } as ConnectionOptions);
        expect(again.isReused).toBe(true);
      }
    },
  );
});

/** A session to resume; TLS 1.3 sends it after the handshake. */
async function sessionOf(url: string, options: ConnectionOptions): Promise<Buffer> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1', options);
  const session = await new Promise<Buffer>((resolve, reject) => {
    socket.once('session', resolve).once('error', reject);
  });
  socket.destroy();
  return session;
}

describe('after a change', () => {
  test('of the certificate, new requests get the new one, also from clients that keep connections', async () => {
    const { metrics, lookAgain, logged } = await serve(TLS);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    open.push({ close: async () => agent.destroy() });
    const kept = { ...trusting(), agent };
    expect([await nameAt(metrics), await nameAt(metrics, kept)]).toEqual(['server', 'server']);
    await lookAgain();
    expect(logged()).toEqual([]);
    install(renewed);
    expect(await nameAt(metrics)).toBe('server');
    await lookAgain();
    expect([await nameAt(metrics), await nameAt(metrics, kept)]).toEqual(['renewed', 'renewed']);
    expect(logged()).toEqual(['the web config file was read again']);
  });

  test('of the certificate to one that expires soon, the log warns, as it does at the start', async () => {
    const first = await serve(TLS, authority.issue('first', 'ecdsa', -1));
    expect(first.logged()).toEqual([expect.stringMatching(/has expired at 20.*: replace cert_file and key_file/)]);
    const { lookAgain, logged } = await serve(TLS);
    expect(logged()).toEqual([]);
    install(authority.issue('next', 'ecdsa', 13));
    await lookAgain();
    expect(logged()).toContainEqual(expect.stringMatching(/expires at 20.*: replace cert_file and key_file/));
  });

  test('of the client authority, clients of the old one are refused, also with an old TLS session', async () => {
    const { url, metrics, lookAgain } = await serve(`${CLIENTS}RequireAndVerifyClientCert\n`);
    const session = await sessionOf(url, showing(client) as ConnectionOptions);
    copyFileSync(strangers.certFile, join(folder, 'clients.pem'));
    await lookAgain();
    await expect(ask(metrics, showing(client))).rejects.toThrow();
    await expect(shakeHands(url, { ...showing(client), session } as ConnectionOptions)).rejects.toThrow();
    expect((await ask(metrics, showing(stranger))).status).toBe(200);
  });

  test('of the users, the next request is checked against the new ones', async () => {
    const { metrics, lookAgain } = await serve(userLine('ann', 'a'));
    const statusFor = async (name: string, password: string) => (await ask(metrics, basic(name, password))).status;
    expect([await statusFor('ann', 'a'), await statusFor('bob', 'b')]).toEqual([200, 401]);
    write(userLine('bob', 'b'));
    await lookAgain();
    expect([await statusFor('ann', 'a'), await statusFor('bob', 'b')]).toEqual([401, 200]);
    write(userLine('bob', 'new'));
    await lookAgain();
    expect([await statusFor('bob', 'b'), await statusFor('bob', 'new')]).toEqual([401, 200]);
  });

  test('to a file with problems, the old settings stay and the problems are logged once', async () => {
    const { metrics, lookAgain, lines, logged } = await serve(TLS + userLine('ann', 'a'));
    write(`${TLS}basic_auth_users: {ann: S3cret}\n`);
    for (let look = 0; look < 3; look += 1) await lookAgain();
    expect((await ask(metrics, { ...trusting(), ...basic('ann', 'a') })).status).toBe(200);
    expect(logged()).toEqual(['the web config file has problems: the previous settings stay in use']);
    expect(lines[0]).toMatchObject({ problems: [expect.stringMatching(/^web\.yml:4:25: basic_auth_users: /)] });
    expect(JSON.stringify(lines)).not.toContain('S3cret');
    rmSync(join(folder, 'web.yml'));
    await lookAgain();
    expect((await ask(metrics, trusting())).status).toBe(401);
    write(TLS + userLine('bob', 'b'));
    await lookAgain();
    expect((await ask(metrics, { ...trusting(), ...basic('bob', 'b') })).status).toBe(200);
    expect(logged().slice(1)).toEqual([
      'the web config file has problems: the previous settings stay in use',
      'the web config file was read again',
    ]);
  });

  test('that is still being written, the old users stay, even if the file is valid without users', async () => {
    const { metrics, pass, lookAgain, logged } = await serve(TLS + userLine('ann', 'a'));
    for (let length = 1; length <= 12; length += 1) {
      write(`${TLS}${'#'.repeat(length)}`);
      await pass(1);
      expect((await ask(metrics, trusting())).status).toBe(401);
    }
    write(TLS + userLine('bob', 'b'));
    await lookAgain();
    expect((await ask(metrics, trusting())).status).toBe(401);
    expect((await ask(metrics, { ...trusting(), ...basic('bob', 'b') })).status).toBe(200);
    expect(logged()).toEqual(['the web config file was read again']);
  });

  test('of the certificate without its key, the old pair stays until both are new', async () => {
    const { metrics, lookAgain, logged } = await serve(TLS);
    copyFileSync(renewed.certFile, join(folder, 'server.pem'));
    await lookAgain();
    expect(await nameAt(metrics)).toBe('server');
    copyFileSync(renewed.keyFile, join(folder, 'server.key'));
    await lookAgain();
    expect(await nameAt(metrics)).toBe('renewed');
    expect(logged()).toHaveLength(2);
  });

  test.each([
    ['TLS switched on', userLine('ann', 'a'), TLS],
    ['TLS switched off', TLS, userLine('ann', 'a')],
    ['another client_auth_type', TLS, `${CLIENTS}RequireAndVerifyClientCert\n`],
  ])('that needs a restart, the log says so and the old settings stay: %s', async (change, before, after) => {
    const { metrics, lookAgain, lines } = await serve(before);
    const status = async () => (await ask(metrics, trusting())).status;
    const was = await status();
    write(after);
    for (let look = 0; look < 2; look += 1) await lookAgain();
    expect(await status()).toBe(was);
    const restart = lines.filter(({ msg }) => String(msg).includes('needs a restart'));
    expect(restart).toEqual([expect.objectContaining({ level: 'error', change })]);
    write(before);
    await lookAgain();
    expect(await status()).toBe(was);
  });
});
