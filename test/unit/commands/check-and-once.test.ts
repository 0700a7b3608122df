import { chmodSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { checkFiles } from '../../../src/commands/check.ts';
import { replaceFile } from '../../../src/commands/once.ts';
import { createAuthority } from '../../support/certificates.ts';
import { files } from '../../support/files.ts';
import { directoryWith, type Env, GROUP } from '../config/workspace.ts';

const NOW = Date.now() / 1000;
const TARGETS = `targets: [ { group_id: ${GROUP}, clusters: [a] } ]\n`;

async function find(credential: string, modes: Readonly<Record<string, number>>, env: Env = {}) {
  const config = `credentials: [ { name: main, ${credential} } ]\n${TARGETS}`;
  const cwd = directoryWith({ 'c.yml': config, secret: 's3cret', id: 'x' });
  for (const [name, mode] of Object.entries({ 'c.yml': 0o600, secret: 0o600, id: 0o600, ...modes })) {
    chmodSync(join(cwd, name), mode);
  }
  const { warnings, ...found } = await checkFiles({ paths: ['c.yml'], targets: [], env, cwd, files }, NOW);
  return { ...found, warnings: warnings.map((warning) => warning.replace(`${cwd}/`, '')) };
}

const IN_FILES = 'service_account: { client_id_file: id, client_secret_file: secret }';
const INLINE = 'service_account: { client_id: x, client_secret: y }';
const warning = (file: string, readers: string, mode: string) =>
  `${file} holds a secret and can be read by ${readers} (mode ${mode}): chmod 600 it unless this is intended`;

test.each([
  ['only its owner', IN_FILES, { secret: 0o400 }, []],
  ['its group', IN_FILES, { secret: 0o640 }, [warning('secret', 'its group', '0640')]],
  ['everyone', IN_FILES, { secret: 0o644 }, [warning('secret', 'everyone on this host', '0644')]],
  ['everyone, but it holds no secret', IN_FILES, { id: 0o644 }, []],
  [
    'everyone, if the config holds a secret',
    INLINE,
    { 'c.yml': 0o604 },
    [warning('c.yml', 'everyone on this host', '0604')],
  ],
  ['everyone, if the config holds no secret', IN_FILES, { 'c.yml': 0o644 }, []],
  ['everyone, but no credential uses it', 'access_token_env: TOKEN', { secret: 0o644, 'c.yml': 0o644 }, []],
] as const)('warns about a secret file by its readers: %s', async (_who, credential, modes, expected) => {
  expect((await find(credential, modes, { TOKEN: 'x' })).warnings).toEqual(expected);
});

test('a missing secret file is a problem with its place in the config', async () => {
  const { problems, config } = await find('access_token_file: nowhere', {});
  expect(problems).toMatchObject([
    { file: 'c.yml', line: 1, message: expect.stringContaining('the file does not exist') },
  ]);
  expect(config).toBeUndefined();
});

test('returns the paths of the config files, if there are any', async () => {
  expect((await find(IN_FILES, {})).configFiles).toEqual([expect.stringMatching(/\/c\.yml$/)]);
  const env = { MONGODB_ATLAS_ACCESS_TOKEN: 'x' };
  const found = await checkFiles({ targets: [`${GROUP}/a`], env, cwd: directoryWith(), files }, NOW);
  expect([found.configFiles, found.problems, found.config?.targets.length]).toEqual([undefined, [], 1]);
});

describe('checks the web config file', () => {
  const HASH = '$2b$04$4Wmw4oFQgbQc4yS3P5Zq9.0cTEDnnCb2mPWfGqK1cL4ZqkHxLBn2K';
  const USERS = `basic_auth_users: { me: "${HASH}" }\n`;
  const TLS = 'tls_server_config: { cert_file: cert.pem, key_file: cert.key }\n';
  const authority = createAuthority();

  test.each([
    ['a TLS key that only its owner can read', TLS, 0o600, []],
    ['a TLS key that everyone can read', TLS, 0o644, [warning('cert.key', 'everyone on this host', '0644')]],
    ['users with TLS', TLS + USERS, 0o600, []],
    ['users without TLS', USERS, 0o600, [expect.stringMatching(/^web\.yml asks for passwords without TLS/)]],
    ['neither users nor TLS', 'http_server_config: {}\n', 0o600, []],
  ] as const)('%s', async (_what, text, mode, expected) => {
    const { certFile, keyFile } = authority.issue('localhost');
    const texts = { 'cert.pem': readFileSync(certFile), 'cert.key': readFileSync(keyFile) };
    const cwd = directoryWith({ 'web.yml': text, ...texts });
    chmodSync(join(cwd, 'cert.key'), mode);
    const source = { targets: [`${GROUP}/a`], env: { MONGODB_ATLAS_ACCESS_TOKEN: 'x' }, cwd, files };
    const { problems, warnings } = await checkFiles(source, NOW, 'web.yml');
    expect(problems).toEqual([]);
    expect(warnings.map((one) => one.replace(`${cwd}/`, ''))).toEqual(expected);
  });
});

test.each([
  ['has expired', -1, /has expired at .*: replace cert_file and key_file/],
  ['expires within 14 days', 13, /expires at .*: replace cert_file and key_file/],
])('warns about a certificate that %s', async (_what, days, expected) => {
  const { certFile, keyFile } = createAuthority().issue('localhost', 'ecdsa', days);
  const texts = { 'cert.pem': readFileSync(certFile), 'cert.key': readFileSync(keyFile) };
  const cwd = directoryWith({ 'web.yml': 'tls_server_config: {cert_file: cert.pem, key_file: cert.key}\n', ...texts });
  chmodSync(join(cwd, 'cert.key'), 0o600);
  const source = { targets: [`${GROUP}/a`], env: { MONGODB_ATLAS_ACCESS_TOKEN: 'x' }, cwd, files };
  expect((await checkFiles(source, NOW, 'web.yml')).warnings).toEqual([expect.stringMatching(expected)]);
});

test('the problems of the web config file are included, without its passwords', async () => {
  const cwd = directoryWith({ 'web.yml': 'basic_auth_users: { me: open-sesame }\n' });
  const source = { targets: [`${GROUP}/a`], env: { MONGODB_ATLAS_ACCESS_TOKEN: 'x' }, cwd, files };
  const { problems } = await checkFiles(source, NOW, 'web.yml');
  expect(problems).toMatchObject([{ file: 'web.yml', line: 1, message: expect.stringContaining('bcrypt') }]);
  expect(JSON.stringify(problems)).not.toContain('open-sesame');
  expect((await checkFiles(source, NOW, 'nowhere.yml')).problems).toHaveLength(1);
  expect((await checkFiles(source, NOW, 'web.yml')).webConfigFile).toBe(join(cwd, 'web.yml'));
});

test('a file is replaced in one step, readable by all despite the umask, without other files in its folder', async () => {
  const folder = directoryWith({ 'x.prom': 'old\n' });
  const path = join(folder, 'x.prom');
  chmodSync(path, 0o600);
  const before = statSync(path).ino;
  const umask = process.umask(0o077);
  await replaceFile(path, 'new\n', '1').finally(() => process.umask(umask));
  expect(readFileSync(path, 'utf8')).toBe('new\n');
  expect((statSync(path).mode & 0o777).toString(8)).toBe('644');
  // A new file: a program that was reading the old one can read it to its end.
  expect(statSync(path).ino).not.toBe(before);
  expect(readdirSync(folder)).toEqual(['x.prom']);
});

test('a symbolic link stays: the file that it names is replaced', async () => {
  const [folder, real] = [directoryWith(), directoryWith({ 'x.prom': 'old\n' })];
  symlinkSync(join(real, 'x.prom'), join(folder, 'link.prom'));
  await replaceFile(join(folder, 'link.prom'), 'new\n', '1');
  expect(readFileSync(join(real, 'x.prom'), 'utf8')).toBe('new\n');
  expect(lstatSync(join(folder, 'link.prom')).isSymbolicLink()).toBe(true);
  expect([readdirSync(folder), readdirSync(real)]).toEqual([['link.prom'], ['x.prom']]);
});

test('a file that cannot be written stays as it is, without a temporary one beside it', async () => {
  const folder = directoryWith({ file: '' });
  symlinkSync('/dev/null', join(folder, 'link.prom'));
  const codeOf = (path: string) => replaceFile(join(folder, path), 'new\n', '1').catch(({ code }) => code);
  expect(await codeOf(`${'x'.repeat(251)}.prom`)).toBe('ENAMETOOLONG');
  expect(await codeOf('nowhere/x.prom')).toBe('ENOENT');
  expect(await codeOf('file/x.prom')).toBe('ENOTDIR');
  for (const path of ['link.prom', '.'])
    await expect(replaceFile(join(folder, path), 'new\n', '1')).rejects.toThrow('no ordinary file');
  expect(readdirSync(folder)).toEqual(['file', 'link.prom']);
});
