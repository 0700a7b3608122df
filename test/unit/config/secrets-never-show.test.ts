import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { type Loaded, loadConfig } from '../../../src/config/load.ts';
import { files } from '../../support/files.ts';
import { GROUP, load, printed } from './workspace.ts';

const SECRET = 'S3cr3tS3cr3tS3cr3t';
const TARGETS = `targets:\n  - group_id: ${GROUP}\n    clusters: [Cluster0]\n`;

function credential(lines: string): string {
  return `credentials:\n  - name: main\n    ${lines}\n${TARGETS}`;
}

function everythingSaid(loaded: Loaded): string {
  return [JSON.stringify(loaded), inspect(loaded, { depth: 10 }), ...printed(loaded)].join('\n');
}

describe('a secret is in no printed config', () => {
  test.each([
    ['inline', credential(`access_token: ${SECRET}`), {}, {}],
    ['in a pair', credential(`service_account: {client_id: ${SECRET}, client_secret: ${SECRET}}`), {}, {}],
    ['in a key pair', credential(`api_key: {public_key: ${SECRET}, private_key: ${SECRET}}`), {}, {}],
    ['in a file', credential('access_token_file: token'), {}, { token: SECRET }],
    ['in a variable', credential('access_token_env: TOKEN'), { TOKEN: SECRET }, {}],
    [
      'in the variables of the Atlas tools',
      TARGETS,
      { MONGODB_ATLAS_CLIENT_ID: SECRET, MONGODB_ATLAS_CLIENT_SECRET: SECRET, MONGODB_ATLAS_ACCESS_TOKEN: SECRET },
      {},
    ],
  ] as const)('%s', async (_where, text, env, files) => {
    const loaded = await load(text, env, files);
    expect(printed(loaded)).toEqual([]);
    expect(everythingSaid(loaded)).not.toContain(SECRET);
  });
});

describe('a secret is in no problem', () => {
  const malformed: readonly string[] = [
    `access_token: [${SECRET}]`,
    `access_token: {${SECRET}: 1}`,
    `access_token: {${SECRET}}`,
    `access_token: "${SECRET} a"`,
    `access_token: "${SECRET}\\nb"`,
    `access_token: "${SECRET}`,
    `access_token: *${SECRET}`,
    `access_token: &${SECRET}`,
    `access_token: !${SECRET} x`,
    `access_token: @${SECRET}`,
    `access_token: %${SECRET}`,
    `access_token: |${SECRET}`,
    `access_token: "\\q${SECRET}"`,
    `access_token: ${SECRET}: x`,
    `access_token: ${SECRET}\n   access_token_env: x`,
    `access_token: ${SECRET}\n\tx: 1`,
    `access_token: ${SECRET}\n    access_token: ${SECRET}`,
    `access_token: ${SECRET}\n    access_token_file: ${SECRET}`,
    `access_token ${SECRET}`,
    `access_token: x\n    ${SECRET}: 1`,
    `access_token=${SECRET}: 1`,
    `access_tokn: ${SECRET}`,
    `access_token_file: ${SECRET}`,
    `access_token_env: ${SECRET}`,
    `access_token_env: "${SECRET} "`,
    `access_token: x\n    expires_at: ${SECRET}`,
    `access_token: x\n    expires_at: [${SECRET}]`,
    `service_account: ${SECRET}`,
    `service_account: {client_secret: ${SECRET}}`,
    `service_account: {client_id: x, client_secret ${SECRET}}`,
    `service_account: {client_id: [${SECRET}], client_secret_file: ${SECRET}}`,
    `api_key: {public_key: a, private_key: "${SECRET}}`,
    `? ${SECRET}\n    : ${SECRET}`,
    `? [${SECRET}]\n    : 1`,
    `<<: ${SECRET}`,
  ];

  test.each(malformed)('%j', async (lines) => {
    const loaded = await load(credential(lines));
    expect(printed(loaded)).not.toEqual([]);
    expect(everythingSaid(loaded)).not.toContain(SECRET);
  });

  test.each([
    `credentials: ${SECRET}\n${TARGETS}`,
    `credentials: [${SECRET}]\n${TARGETS}`,
    `credentials:\n  - name: "${SECRET} "\n    access_token: x\n  - name: "${SECRET} "\n${TARGETS}`,
    `atlas: {base_url: "https://u:${SECRET}@a.example"}\n${TARGETS}`,
    `atlas: {base_url: "nonsense:${SECRET}@"}\n${TARGETS}`,
    `client_secret: ${SECRET}\n${TARGETS}`,
    `${SECRET}: 1\n${TARGETS}`,
    `%${SECRET}\n---\n${TARGETS}`,
    SECRET,
    `${TARGETS}    client_secret: ${SECRET}\n`,
    `${TARGETS}---\n${SECRET}`,
  ])('%j', async (text) => {
    const loaded = await load(text);
    expect(printed(loaded)).not.toEqual([]);
    expect(everythingSaid(loaded)).not.toContain(SECRET);
  });

  test.each([
    { MONGODB_ATLAS_ACCESS_TOKEN: `${SECRET} ` },
    { MONGODB_ATLAS_CLIENT_SECRET: SECRET },
    { MONGODB_ATLAS_ACCESS_TOKEN: 'x', MONGODB_ATLAS_BASE_URL: `http://u:${SECRET}@a.example` },
  ])('%j', async (env) => {
    const loaded = await load(TARGETS, env);
    expect(printed(loaded)).not.toEqual([]);
    expect(everythingSaid(loaded)).not.toContain(SECRET);
  });
});

describe('a secret of Atlas in place of a name is not repeated', () => {
  const named = (name: string, more = '') => `credentials: [ { name: ${name}, access_token: x } ]\n${TARGETS}${more}`;

  describe.each([
    'mdb_sa_sk_SecretSecret',
    '5ec2e700-aaaa-4bbb-8ccc-5ec2e7000000',
    'eyJhbGciOiJ.eyJzdWIi.c2lnbmF0dXJl',
  ])('%s', (secret) => {
    test.each([
      ['the credential of a target', named('main', `    credential: ${secret}\n`)],
      ['the name of a credential', named(secret)],
      [
        'the name of a credential that targets could use',
        `${named(secret).replace(']', ', { name: b, access_token: y } ]')}    credential: c\n`,
      ],
      ['a project’s id', `${named('main')}  - { group_id: ${secret}, clusters: [ a ] }\n`],
      ['a cluster', `${named('main')}  - { group_id: "${GROUP}", clusters: [ _, ${secret}. ] }\n`],
      ['a number', `atlas: { page_size: ${secret} }\n${named('main')}`],
      ['a key', `${secret}: 1\n${named('main')}`],
    ])('%s', async (_where, text) => {
      const loaded = await load(text);
      expect(printed(loaded)).not.toEqual([]);
      expect(everythingSaid(loaded)).not.toContain(secret);
    });

    test('--target', async () => {
      const loaded = await loadConfig({ targets: [secret], env: {}, cwd: '/', files });
      expect(printed(loaded)).not.toEqual([]);
      expect(everythingSaid(loaded)).not.toContain(secret);
    });
  });
});
