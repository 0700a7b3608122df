import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { findings } from '../../../src/commands/check-findings.ts';
import { createAuthority } from '../../support/certificates.ts';
import { files } from '../../support/files.ts';
import { directoryWith, type Env, GROUP } from '../config/workspace.ts';

const FLAGS = { targets: [], online: false, format: 'table', log: { level: 'error', format: 'json' } } as const;
const TARGETS = `targets: [ { group_id: ${GROUP}, clusters: [a] } ]\n`;

async function find(credential: string, modes: Readonly<Record<string, number>>, env: Env = {}) {
  const config = `credentials: [ { name: main, ${credential} } ]\n${TARGETS}`;
  const cwd = directoryWith({ 'c.yml': config, secret: 's3cret', id: 'x' });
  for (const [name, mode] of Object.entries({ 'c.yml': 0o600, secret: 0o600, id: 0o600, ...modes })) {
    chmodSync(join(cwd, name), mode);
  }
  const { warnings, ...found } = await findings({ file: 'c.yml', targets: [], env, cwd, files }, FLAGS);
  return { ...found, warnings: warnings.map((warning) => warning.replace(`${cwd}/`, '')) };
}

const IN_FILES = 'service_account: { client_id_file: id, client_secret_file: secret }';
const INLINE = 'service_account: { client_id: x, client_secret: y }';
const warning = (file: string, readers: string, mode: string) =>
  `${file} holds a secret and can be read by ${readers} (mode ${mode}): chmod 600 it if that is not meant`;

test.each([
  ['its owner alone', IN_FILES, { secret: 0o400 }, []],
  ['its group', IN_FILES, { secret: 0o640 }, [warning('secret', 'its group', '0640')]],
  ['everyone', IN_FILES, { secret: 0o644 }, [warning('secret', 'everyone on this host', '0644')]],
  ['everyone, which is no secret', IN_FILES, { id: 0o644 }, []],
  [
    'everyone, with a secret in the config',
    INLINE,
    { 'c.yml': 0o604 },
    [warning('c.yml', 'everyone on this host', '0604')],
  ],
  ['everyone, with no secret in the config', IN_FILES, { 'c.yml': 0o644 }, []],
  ['everyone, and used by nobody', 'access_token_env: TOKEN', { secret: 0o644, 'c.yml': 0o644 }, []],
] as const)('a file that may be read by %s', async (_who, credential, modes, expected) => {
  expect((await find(credential, modes, { TOKEN: 'x' })).warnings).toEqual(expected);
});

test('a secret that is not there is a problem, at its place', async () => {
  const { problems, config } = await find('access_token_file: nowhere', {});
  expect(problems).toMatchObject([
    { file: 'c.yml', line: 1, message: expect.stringContaining('the file does not exist') },
  ]);
  expect(config).toBeUndefined();
});

test('the path of the config is known where there is a file', async () => {
  expect((await find(IN_FILES, {})).file).toMatch(/\/c\.yml$/);
  const env = { MONGODB_ATLAS_ACCESS_TOKEN: 'x' };
  const found = await findings({ targets: [`${GROUP}/a`], env, cwd: directoryWith(), files }, FLAGS);
  expect([found.file, found.problems, found.config?.targets.length]).toEqual([undefined, [], 1]);
});

describe('of the web config file', () => {
  const HASH = '$2b$04$4Wmw4oFQgbQc4yS3P5Zq9.0cTEDnnCb2mPWfGqK1cL4ZqkHxLBn2K';
  const USERS = `basic_auth_users: { me: "${HASH}" }\n`;
  const TLS = 'tls_server_config: { cert_file: cert.pem, key_file: cert.key }\n';
  const authority = createAuthority();

  test.each([
    ['a key for its owner alone', TLS, 0o600, []],
    ['a key for all', TLS, 0o644, [warning('cert.key', 'everyone on this host', '0644')]],
    ['users behind TLS', TLS + USERS, 0o600, []],
    ['users without TLS', USERS, 0o600, [expect.stringMatching(/^web\.yml asks for passwords without TLS/)]],
    ['neither', 'http_server_config: {}\n', 0o600, []],
  ] as const)('%s', async (_what, text, mode, expected) => {
    const { certFile, keyFile } = authority.issue('localhost');
    const texts = { 'cert.pem': readFileSync(certFile), 'cert.key': readFileSync(keyFile) };
    const cwd = directoryWith({ 'web.yml': text, ...texts });
    chmodSync(join(cwd, 'cert.key'), mode);
    const source = { targets: [`${GROUP}/a`], env: { MONGODB_ATLAS_ACCESS_TOKEN: 'x' }, cwd, files };
    const { problems, warnings } = await findings(source, { ...FLAGS, webConfigFile: 'web.yml' });
    expect(problems).toEqual([]);
    expect(warnings.map((one) => one.replace(`${cwd}/`, ''))).toEqual(expected);
  });
});

test('the web config file is looked at too, where it is named', async () => {
  const cwd = directoryWith({ 'web.yml': 'basic_auth_users: { me: open-sesame }\n' });
  const source = { targets: [`${GROUP}/a`], env: { MONGODB_ATLAS_ACCESS_TOKEN: 'x' }, cwd, files };
  const { problems } = await findings(source, { ...FLAGS, webConfigFile: 'web.yml' });
  expect(problems).toMatchObject([{ file: 'web.yml', line: 1, message: expect.stringContaining('bcrypt') }]);
  expect(JSON.stringify(problems)).not.toContain('open-sesame');
  expect((await findings(source, { ...FLAGS, webConfigFile: 'nowhere.yml' })).problems).toHaveLength(1);
  expect((await findings(source, { ...FLAGS, webConfigFile: 'web.yml' })).webConfigFile).toBe(join(cwd, 'web.yml'));
});
