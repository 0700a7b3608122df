import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { formatProblem } from '../../../../src/config/problems.ts';
import { CIPHER_SUITES, UNSUPPORTED } from '../../../../src/config/web/schema.ts';
import { loadWebConfig } from '../../../../src/config/web/web-config.ts';
import type { GuardSettings } from '../../../../src/web/guards/answer.ts';
import { createAuthority, encryptedKey } from '../../../support/certificates.ts';
import { files } from '../../../support/files.ts';
import { cases, directoryWith } from '../workspace.ts';

const HASH = `$2y$10$${'a'.repeat(53)}`;
const TLS = 'tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n';
const NO_HASH = 'must be a bcrypt hash with a cost from 4 to 18: create one with htpasswd -nBC 10 NAME';
const NO_KEYS = '1:1: the file must contain keys with values, at least tls_server_config or basic_auth_users';
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
  return await loadWebConfig('web.yml', { cwd: folder, files }, Date.now() / 1000);
}

/** With the context of TLS in its place. */
const withContext = <T extends GuardSettings>({ tls, ...others }: T) => ({
  ...others,
  tls: tls && { ...tls, ...tls.context() },
});

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
const withTls = (lines: string): string => TLS + lines.replaceAll(/^(?=.)/gm, '  ');
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
    expect(withContext(webConfig)).toMatchObject({
      tls: {
        clientAuthType: 'RequireAndVerifyClientCert',
        minVersion: 'TLSv1.3',
        maxVersion: 'TLSv1.3',
        honorCipherOrder: true,
      },
      headers: { 'Strict-Transport-Security': 'max-age=1', 'X-Frame-Options': '' },
    });
    expect([...webConfig.users]).toEqual([
      ['ann', HASH],
      ['__proto__', HASH],
    ]);
    expect(webConfig.tls?.context().cert).toEqual(readFileSync(join(folder, 'server.pem'), 'utf8'));
    expect(webConfig.tls?.context().key).toEqual(readFileSync(join(folder, 'server.key'), 'utf8'));
    expect(webConfig.tls?.context().ca).toEqual(readFileSync(join(folder, 'ca.pem'), 'utf8'));
    expect(inspect(webConfig, { depth: 9 })).not.toContain('PRIVATE KEY');
  });

  test('requires nothing that the file does not mention', async () => {
    const { tls, headers, users } = withContext(await good(TLS));
    expect(tls).toMatchObject({ clientAuthType: 'NoClientCert', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' });
    expect(tls).not.toHaveProperty('ca');
    expect([headers, users.size]).toEqual([{}, 0]);
    expect(await good(`basic_auth_users: {ann: ${HASH}}`)).not.toHaveProperty('tls');
  });

  test('translates cipher suites to OpenSSL’s names; the default has none with CBC', async () => {
    const { tls } = await good(withTls('cipher_suites: [TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA]'));
    expect(tls?.context().ciphers).toBe('ECDHE-RSA-AES256-SHA');
    expect((await good(TLS)).tls?.context().ciphers).not.toMatch(/SHA(:|$)/);
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

describe('a web config of the exporter-toolkit is accepted', () => {
  test.each([
    ['HTTP/2 switched off', `${TLS}http_server_config: {http2: false}\n`, [], {}],
    ['HTTP/2 switched on', 'http_server_config: {http2: true}\n', [/HTTP\/1\.1/], {}],
    [
      'headers that YAML reads as numbers, and empty ones',
      withHeader('X-XSS-Protection: 1\n    X-Frame-Options:'),
      [],
      { headers: { 'X-XSS-Protection': '1', 'X-Frame-Options': '' } },
    ],
    [
      'suites of TLS 1.2 and TLS 1.3',
      withTls('cipher_suites: [TLS_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]'),
      [],
      { tls: { ciphers: 'ECDHE-RSA-AES128-GCM-SHA256', minVersion: 'TLSv1.2' } },
    ],
    [
      'suites of TLS 1.3 alone',
      withTls('cipher_suites: [TLS_AES_128_GCM_SHA256]'),
      [],
      { tls: { minVersion: 'TLSv1.3' } },
    ],
    ['curves', withTls('curve_preferences: [CurveP521, X25519]'), [], { tls: { ecdhCurve: 'P-521:X25519' } }],
    [
      'the client’s order of suites',
      withTls('prefer_server_cipher_suites: false'),
      [],
      { tls: { honorCipherOrder: false } },
    ],
    [
      'optional client certificates without authorities',
      withTls('client_auth_type: VerifyClientCertIfGiven'),
      [],
      { tls: { clientAuthType: 'VerifyClientCertIfGiven' } },
    ],
    [
      'unverified client certificates',
      withTls('client_auth_type: RequestClientCert'),
      [/RequestClientCert accepts certificates that anyone can make/],
      { tls: { clientAuthType: 'RequestClientCert' } },
    ],
    [
      'any client certificate',
      withTls('client_auth_type: RequireAnyClientCert'),
      [/RequireAnyClientCert accepts/],
      { tls: { clientAuthType: 'RequireAnyClientCert' } },
    ],
    [
      'allowed names of clients',
      withTls(
        'client_auth_type: RequireAndVerifyClientCert\nclient_ca_file: ca.pem\nclient_allowed_sans: [one, 10.0.0.1]',
      ),
      [],
      { tls: { allowedClientNames: ['one', '10.0.0.1'] } },
    ],
    ['a bcrypt cost of 14', `basic_auth_users: {ann: "${HASH.replace('10', '14')}"}`, [], {}],
    ['a bcrypt cost of 18', `basic_auth_users: {ann: "${HASH.replace('10', '18')}"}`, [/cost of 18/], {}],
  ])('with %s', async (_feature, text, warnings, expected) => {
    const loaded = await load(text);
    if ('problems' in loaded) throw new Error(loaded.problems.map(formatProblem).join('\n'));
    expect(withContext(loaded.webConfig)).toMatchObject(expected);
    expect(loaded.warnings).toEqual(warnings.map((warning) => expect.stringMatching(warning)));
  });
});

describe('a web config with problems names the place and the solution', () => {
  test.each([
    ...cases(
      (text) => text,
      `
{}
=> ${NO_KEYS}
x
=> ${NO_KEYS}
tls_config: {}
=> 1:1: tls_config: unknown key; allowed are tls_server_config, http_server_config, basic_auth_users
tls_server_config:
  cert_file: server.pem
=> 2:3: tls_server_config.key_file: is missing
basic_auth_users: {}
=> 1:19: basic_auth_users: is empty: add a user, or leave the key out to require no password
basic_auth_users: {ann: S3cret}
=> 1:25: basic_auth_users: the value of this user ${NO_HASH}
basic_auth_users: {ann: "$apr1$${HASH}"}
=> 1:25: basic_auth_users: the value of this user ${NO_HASH}
basic_auth_users: {ann:S3cret}
=> 1:20: basic_auth_users: the name of a user must not be empty or contain a colon or a control character
basic_auth_users: {ann: }
=> 1:20: basic_auth_users: the value of this user must be a bcrypt hash with a cost from 4 to 18: create one with htpasswd -nBC 10 NAME
basic_auth_users: {"": "${HASH}"}
=> 1:20: basic_auth_users: the name of a user must not be empty or contain a colon or a control character
basic_auth_users: {ann: "${HASH.replace('10', '31')}"}
=> 1:25: basic_auth_users: the value of this user must be a bcrypt hash with a cost from 4 to 18: create one with htpasswd -nBC 10 NAME
basic_auth_users: {ann: "${HASH.replace('10', '03')}"}
=> 1:25: basic_auth_users: the value of this user must be a bcrypt hash with a cost from 4 to 18: create one with htpasswd -nBC 10 NAME
`,
    ),
    ...cases(
      withTls,
      `
min_versoin: TLS13
=> 4:3: tls_server_config.min_versoin: unknown key; did you mean min_version?
min_version: TLS10
=> 4:16: tls_server_config.min_version: must be TLS12 or TLS13
max_version: "1.2"
=> 4:16: tls_server_config.max_version: must be TLS12 or TLS13
min_version: TLS13
max_version: TLS12
=> 5:16: tls_server_config.max_version: is older than min_version
client_auth_type: RequireClientCert
=> 4:21: tls_server_config.client_auth_type: must be NoClientCert, RequestClientCert, RequireAnyClientCert, VerifyClientCertIfGiven or RequireAndVerifyClientCert
client_allowed_sans: [a]
=> 4:3: tls_server_config.client_allowed_sans: needs client_auth_type: RequireAndVerifyClientCert, because the other types verify no name
client_auth_type: RequireAndVerifyClientCert
client_ca_file: ca.pem
client_allowed_sans: []
=> 6:24: tls_server_config.client_allowed_sans: is empty: list names, or leave the key out
curve_preferences: [P256]
=> 4:23: tls_server_config.curve_preferences[0]: must be X25519, CurveP256, CurveP384 or CurveP521
max_version: TLS12
cipher_suites: [TLS_AES_128_GCM_SHA256]
=> 5:18: tls_server_config.cipher_suites: has no suite of TLS 1.2, which max_version requires
client_auth_type: Yes
=> 4:21: tls_server_config.client_auth_type: must be NoClientCert, RequestClientCert, RequireAnyClientCert, VerifyClientCertIfGiven or RequireAndVerifyClientCert
client_auth_type: RequireAndVerifyClientCert
=> 4:21: tls_server_config.client_auth_type: needs client_ca_file: else a certificate of any public authority would be accepted
client_ca_file: ca.pem
=> 4:3: tls_server_config.client_ca_file: needs a client_auth_type that uses it, such as RequireAndVerifyClientCert
cipher_suites: [TLS_RSA_WITH_AES_128_CBC_SHA]
=> 4:19: tls_server_config.cipher_suites[0]: "TLS_RSA_WITH_AES_128_CBC_SHA" is not a supported cipher suite; supported are ${CIPHER_SUITES.join(', ')}
cipher_suites: []
=> 4:18: tls_server_config.cipher_suites: is empty: list suites, or leave the key out
client_auth_type: VerifyClientCertIfGiven
client_ca_file: empty
=> 5:19: tls_server_config.client_ca_file: ${NO_CERTIFICATE}
`,
    ),
    ...cases(
      withHeader,
      `
X-Powered-By: me
=> 3:5: http_server_config.headers.X-Powered-By: unknown key; allowed are Content-Security-Policy, X-Frame-Options, X-Content-Type-Options, X-XSS-Protection, Strict-Transport-Security
X-XSS-Protection: "a\\r\\nb"
=> 3:23: http_server_config.headers.X-XSS-Protection: must be one line of ASCII characters
X-Frame-Options: DENY
=> 3:22: http_server_config.headers.X-Frame-Options: must be deny or sameorigin
`,
    ),
  ])('$what', async ({ text, problems }) => {
    const found = await problemsOf(text);
    expect(found).toEqual(problems.map((problem) => `web.yml:${problem}`));
    expect(found.join()).not.toContain('S3cret');
  });

  test.each([
    ['server.pem', 'nope', 'does not exist (a relative path begins at the folder of the config file)'],
    ['server.pem', 'server.key', NO_CERTIFICATE],
    ['server.pem', 'half.pem', NO_CERTIFICATE],
    ['server.pem', 'large', 'the file is too large for certificates and keys'],
    ['server.key', 'server.pem', 'this is not a private key in PEM format'],
    ['server.key', 'encrypted.key', 'this key is encrypted: store it without a passphrase'],
    ['server.key', 'other.key', 'this key does not belong to the certificate in cert_file'],
  ])('a file that is unsuitable: instead of %s, %s', async (right, wrong, problem) => {
    const place = right === 'server.pem' ? '2:14: tls_server_config.cert_file' : '3:13: tls_server_config.key_file';
    expect(await problemsOf(TLS.replace(right, wrong))).toEqual([expect.stringContaining(problem)]);
    expect(await problemsOf(TLS.replace(right, wrong))).toEqual([expect.stringContaining(`web.yml:${place}: `)]);
  });

  test('an empty file', async () => {
    expect(await problemsOf('')).toEqual([`web.yml:${NO_KEYS}`]);
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
    const loaded = await loadWebConfig('none.yml', { cwd: folder, files }, Date.now() / 1000);
    expect(loaded).toMatchObject({ problems: [{ message: 'web config file none.yml does not exist' }] });
  });
});
