import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { formatProblem } from '../../../../src/config/problems.ts';
import { UNSUPPORTED } from '../../../../src/config/web/schema.ts';
import { loadWebConfig } from '../../../../src/config/web/web-config.ts';
import { createAuthority, encryptedKey } from '../../../support/certificates.ts';
import { files } from '../../../support/files.ts';
import { directoryWith } from '../workspace.ts';

const HASH = `$2y$10$${'a'.repeat(53)}`;
const TLS = 'tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n';
const NO_HASH = 'is not a bcrypt hash: create one with htpasswd -nBC 10 NAME';
const NO_CERTIFICATE = 'this is not a certificate in PEM format';

let folder: string;

beforeAll(() => {
  const authority = createAuthority();
  const [server, other] = [authority.issue('server'), authority.issue('other')];
  const pem = (path: string): string => readFileSync(path, 'utf8');
  folder = directoryWith({
    'server.pem': pem(server.certFile),
    'server.key': pem(server.keyFile),
    'other.key': pem(other.keyFile),
    'encrypted.key': encryptedKey(server),
    'ca.pem': pem(authority.certFile),
    'two.pem': pem(server.certFile) + pem(authority.certFile),
    'half.pem': pem(server.certFile) + pem(authority.certFile).replace(/\n.{20}/, '\n!'),
    empty: '',
    large: 'x'.repeat(1024 * 1024 + 1),
  });
});

async function load(text: string) {
  writeFileSync(join(folder, 'web.yml'), text);
  return await loadWebConfig({ file: 'web.yml', cwd: folder, files });
}

async function good(text: string) {
  const loaded = await load(text);
  if ('problems' in loaded) throw new Error(loaded.problems.map(formatProblem).join('\n'));
  return loaded.webConfig;
}

async function problemsOf(text: string): Promise<readonly string[]> {
  const loaded = await load(text);
  return 'problems' in loaded ? loaded.problems.map(formatProblem) : [];
}

/** Adds a line to the TLS part, as line 4. */
const withTls = (line: string): string => `${TLS}  ${line}\n`;
const withHeader = (header: string): string => `http_server_config:\n  headers:\n    ${header}\n`;

describe('the web config', () => {
  test('is read into TLS settings, headers and users', async () => {
    const webConfig = await good(`${TLS}  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ca.pem
  min_version: TLS13
http_server_config:
  headers: {Strict-Transport-Security: max-age=1, X-Frame-Options: ""}
basic_auth_users:
  ann: ${HASH}
  __proto__: ${HASH}
`);
    expect(webConfig).toMatchObject({
      tls: { clientCertificates: 'required', minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3', preferServerCiphers: true },
      headers: { 'Strict-Transport-Security': 'max-age=1', 'X-Frame-Options': '' },
    });
    expect([...webConfig.users]).toEqual([
      ['ann', HASH],
      ['__proto__', HASH],
    ]);
    expect(webConfig.tls?.cert.toString()).toBe(readFileSync(join(folder, 'server.pem'), 'utf8'));
    expect(webConfig.tls?.key().toString()).toBe(readFileSync(join(folder, 'server.key'), 'utf8'));
    expect(webConfig.tls?.clientAuthorities?.toString()).toBe(readFileSync(join(folder, 'ca.pem'), 'utf8'));
    expect(inspect(webConfig, { depth: 9 })).not.toContain('PRIVATE KEY');
  });

  test('requires nothing that the file does not mention', async () => {
    const { tls, headers, users } = await good(TLS);
    expect(tls).toMatchObject({ clientCertificates: 'none', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' });
    expect(tls).not.toHaveProperty('clientAuthorities');
    expect([headers, users.size]).toEqual([{}, 0]);
    expect(await good(`basic_auth_users: {ann: ${HASH}}`)).not.toHaveProperty('tls');
  });

  test('translates cipher suites to OpenSSL’s names; the default has none with CBC', async () => {
    const { tls } = await good(withTls('cipher_suites: [TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA]'));
    expect(tls?.ciphers).toBe('ECDHE-RSA-AES256-SHA');
    expect((await good(TLS)).tls?.ciphers).not.toMatch(/SHA(:|$)/);
  });

  test('accepts a certificate with intermediate certificates', async () => {
    expect(await good(TLS.replace('server.pem', 'two.pem'))).toHaveProperty('tls');
  });

  test('has a fingerprint that changes exactly with the content of the files', async () => {
    const { fingerprint } = await load(TLS);
    expect((await load(TLS)).fingerprint).toBe(fingerprint);
    expect((await load(`${TLS}# a comment\n`)).fingerprint).not.toBe(fingerprint);
    const path = join(folder, 'server.pem');
    const before = readFileSync(path, 'utf8');
    writeFileSync(path, `${before}\n`);
    expect((await load(TLS)).fingerprint).not.toBe(fingerprint);
    rmSync(path);
    const gone = await load(TLS);
    expect((await load(TLS)).fingerprint).toBe(gone.fingerprint);
    writeFileSync(path, before);
    expect((await load(TLS)).fingerprint).toBe(fingerprint);
  });
});

describe('a web config with problems names the place and the solution', () => {
  test.each([
    [
      'an empty file',
      '',
      '1:1: the file must contain keys with values, at least tls_server_config or basic_auth_users',
    ],
    [
      'an empty mapping',
      '{}',
      '1:1: the file must contain keys with values, at least tls_server_config or basic_auth_users',
    ],
    ['a text', 'x', '1:1: the file must contain keys with values, at least tls_server_config or basic_auth_users'],
    [
      'an unknown key',
      'tls_config: {}',
      '1:1: tls_config: unknown key; allowed are tls_server_config, http_server_config, basic_auth_users',
    ],
    [
      'a misspelt key',
      withTls('min_versoin: TLS13'),
      '4:3: tls_server_config.min_versoin: unknown key; did you mean min_version?',
    ],
    ['no key', 'tls_server_config:\n  cert_file: server.pem', '2:3: tls_server_config.key_file: is missing'],
    [
      'an old TLS version',
      withTls('min_version: TLS10'),
      '4:16: tls_server_config.min_version: TLS10 is insecure and not supported: use TLS12 or TLS13',
    ],
    [
      'an unknown TLS version',
      withTls('max_version: "1.2"'),
      '4:16: tls_server_config.max_version: must be TLS12 or TLS13',
    ],
    [
      'a maximum version below the minimum',
      withTls('min_version: TLS13\n  max_version: TLS12'),
      '5:16: tls_server_config.max_version: is older than min_version',
    ],
    [
      'client certificates without verification',
      withTls('client_auth_type: RequireAnyClientCert'),
      '4:21: tls_server_config.client_auth_type: RequireAnyClientCert accepts certificates without verifying them: use VerifyClientCertIfGiven or RequireAndVerifyClientCert',
    ],
    [
      'an unknown client_auth_type',
      withTls('client_auth_type: Yes'),
      '4:21: tls_server_config.client_auth_type: must be NoClientCert, VerifyClientCertIfGiven or RequireAndVerifyClientCert',
    ],
    [
      'client certificates without an authority',
      withTls('client_auth_type: RequireAndVerifyClientCert'),
      '4:21: tls_server_config.client_auth_type: needs client_ca_file, the authorities that sign client certificates',
    ],
    [
      'an authority without client certificates',
      withTls('client_ca_file: ca.pem'),
      '4:3: tls_server_config.client_ca_file: needs a client_auth_type that uses it, such as RequireAndVerifyClientCert',
    ],
    [
      'a suite of TLS 1.3',
      withTls('cipher_suites: [TLS_AES_128_GCM_SHA256]'),
      '4:19: tls_server_config.cipher_suites[0]: "TLS_AES_128_GCM_SHA256" belongs to TLS 1.3, which always has all its suites: list suites of TLS 1.2 only',
    ],
    [
      'a weak suite',
      withTls('cipher_suites: [TLS_RSA_WITH_AES_128_CBC_SHA]'),
      '4:19: tls_server_config.cipher_suites[0]: "TLS_RSA_WITH_AES_128_CBC_SHA" is insecure according to Go and not supported',
    ],
    [
      'an empty list of suites',
      withTls('cipher_suites: []'),
      '4:18: tls_server_config.cipher_suites: is empty: list suites, or leave the key out',
    ],
    [
      'a missing certificate file',
      TLS.replace('server.pem', 'nope'),
      /^2:14: tls_server_config.cert_file: the file does not exist \(relative paths begin at .*\)$/,
    ],
    [
      'a key instead of a certificate',
      TLS.replace('server.pem', 'server.key'),
      `2:14: tls_server_config.cert_file: ${NO_CERTIFICATE}`,
    ],
    [
      'a chain with a broken certificate',
      TLS.replace('server.pem', 'half.pem'),
      `2:14: tls_server_config.cert_file: ${NO_CERTIFICATE}`,
    ],
    [
      'a large certificate',
      TLS.replace('server.pem', 'large'),
      '2:14: tls_server_config.cert_file: the file is too large for certificates and keys',
    ],
    [
      'a certificate instead of a key',
      TLS.replace('server.key', 'server.pem'),
      '3:13: tls_server_config.key_file: this is not a private key in PEM format',
    ],
    [
      'an encrypted key',
      TLS.replace('server.key', 'encrypted.key'),
      '3:13: tls_server_config.key_file: this key is encrypted: store it without a passphrase',
    ],
    [
      'the key of another certificate',
      TLS.replace('server.key', 'other.key'),
      '3:13: tls_server_config.key_file: this key does not belong to the certificate in cert_file',
    ],
    [
      'an empty authority file',
      withTls('client_auth_type: VerifyClientCertIfGiven\n  client_ca_file: empty'),
      `5:19: tls_server_config.client_ca_file: ${NO_CERTIFICATE}`,
    ],
    [
      'an unsupported header',
      withHeader('X-Powered-By: me'),
      '3:5: http_server_config.headers.X-Powered-By: unknown key; allowed are Content-Security-Policy, X-Frame-Options, X-Content-Type-Options, X-XSS-Protection, Strict-Transport-Security',
    ],
    [
      'an unknown header value',
      withHeader('X-Frame-Options: DENY'),
      '3:22: http_server_config.headers.X-Frame-Options: must be deny or sameorigin',
    ],
    [
      'a header of two lines',
      withHeader('X-XSS-Protection: "a\\r\\nb"'),
      '3:23: http_server_config.headers.X-XSS-Protection: must be one line of ASCII characters',
    ],
    [
      'an empty list of users',
      'basic_auth_users: {}',
      '1:19: basic_auth_users: is empty: add a user, or leave the key out to require no password',
    ],
    [
      'a password instead of a hash',
      'basic_auth_users: {ann: S3cret}',
      `1:25: basic_auth_users: the value of this user ${NO_HASH}`,
    ],
    [
      'a hash of another kind',
      `basic_auth_users: {ann: "$apr1$${HASH}"}`,
      `1:25: basic_auth_users: the value of this user ${NO_HASH}`,
    ],
    [
      'a missing space after a user name',
      'basic_auth_users: {ann:S3cret}',
      '1:20: basic_auth_users: the name of a user must not contain a colon or a control character',
    ],
    [
      'a user without a hash',
      'basic_auth_users: {ann: }',
      '1:20: basic_auth_users: the value of this user is empty: it must be the bcrypt hash of the password',
    ],
    [
      'an empty user name',
      `basic_auth_users: {"": "${HASH}"}`,
      '1:20: basic_auth_users: the name of this user is empty',
    ],
    [
      'a hash with a high cost',
      `basic_auth_users: {ann: "${HASH.replace('10', '31')}"}`,
      '1:25: basic_auth_users: the value of this user has the cost 31, which makes checks too slow: the maximum is 16',
    ],
    [
      'a hash with a low cost',
      `basic_auth_users: {ann: "${HASH.replace('10', '03')}"}`,
      '1:25: basic_auth_users: the value of this user has the cost 3: the minimum is 4',
    ],
    [
      'too many users',
      `basic_auth_users: {${Array.from({ length: 1001 }, (_, index) => `u${index}: 1`).join(', ')}}`,
      '1:19: basic_auth_users: has more than 1000 users: use a reverse proxy for so many',
    ],
  ])('%s', async (_what, text, problem) => {
    const [line = '', ...rest] = await problemsOf(text);
    expect(rest).toEqual([]);
    if (problem instanceof RegExp) expect(line.replace('web.yml:', '')).toMatch(problem);
    else expect(line).toBe(`web.yml:${problem}`);
    expect(line).not.toContain('S3cret');
  });

  test.each(Object.entries(UNSUPPORTED))(
    'an unsupported key of the exporter-toolkit: %s',
    async (path, alternative) => {
      const yaml = path.split('.').reduceRight<unknown>((value, key) => ({ [key]: value }), 'x');
      expect(await problemsOf(JSON.stringify(yaml))).toContainEqual(
        expect.stringContaining(`: ${path}: is not supported: ${alternative}`),
      );
    },
  );

  test('lists all problems in the order of the file', async () => {
    const text = `basic_auth_users: {ann: x}\n${TLS.replace('server.pem', 'nope')}  min_version: TLS9\nrate_limit: 1\n`;
    expect((await problemsOf(text)).map((line) => line.split(': ')[0])).toEqual([
      'web.yml:1:25',
      'web.yml:3:14',
      'web.yml:5:16',
      'web.yml:6:1',
    ]);
  });

  test('a missing file', async () => {
    const loaded = await loadWebConfig({ file: 'none.yml', cwd: folder, files });
    expect(loaded).toMatchObject({ problems: [{ message: 'web config file none.yml does not exist' }] });
  });
});
