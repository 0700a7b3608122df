import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { loadConfig, lookAtConfig } from '../../../src/config/load.ts';
import { DEFAULT_RUNBOOKS } from '../../../src/config/schema.ts';
import { files } from '../../support/files.ts';
import { configOf, directoryWith, GROUP, load, OTHER_GROUP, printed } from './workspace.ts';

const TARGETS = `targets:\n  - group_id: ${GROUP}\n    clusters: [Cluster0]\n`;
const TOKEN = { MONGODB_ATLAS_ACCESS_TOKEN: 't0ken' };
const PAIR = `${GROUP}/Cluster0`;

test('a file of three lines is enough, because all other keys have defaults', async () => {
  const config = configOf(await load(TARGETS, TOKEN));
  expect(JSON.parse(JSON.stringify(config))).toEqual({
    atlas: {
      baseUrl: 'https://cloud.mongodb.com',
      requestTimeoutSeconds: 10,
      pageSize: 500,
      maxPages: 200,
      requestsPerMinute: 150,
      concurrency: 8,
    },
    credentials: [
      {
        name: 'default',
        kind: 'access_token',
        secrets: {
          access_token: {
            identity: expect.anything(),
            description: 'environment variable MONGODB_ATLAS_ACCESS_TOKEN',
          },
        },
      },
    ],
    polling: {
      intervalSeconds: 60,
      idleIntervalSeconds: 300,
      maxStaleSeconds: 900,
      maxActiveJobs: 50,
      isRead: { schedule: true, snapshots: true },
    },
    targets: [{ groupId: GROUP, clusterName: 'Cluster0', credential: 'default' }],
    discoveries: [],
    organizations: [],
    webLinks: { runbooks: DEFAULT_RUNBOOKS },
  });
});

const FULL = `
atlas:
  base_url: http://localhost:8080/
  request_timeout: 5s
  page_size: 100
  max_pages: 7
  requests_per_minute: 90
  concurrency: 2
credentials:
  - name: account
    service_account: { client_id: mdb_sa_id_1, client_secret_file: secret }
    expires_at: 2027-03-01
  - name: key
    api_key: { public_key_env: PUBLIC, private_key: private }
    expires_at: 2027-03-01T12:00:00+02:00
  - name: token
    access_token_file: secret
polling: { interval: 90s, idle_interval: 1h30m, max_stale: 1d, max_active_jobs: 0, read_schedule: false, read_snapshots: false }
defaults: { success_max_age: 26h, duration_max: 2h, owner: platform }
targets:
  - { group_id: ${GROUP}, credential: account, clusters: [a, b] }
  - { group_id: ${OTHER_GROUP}, credential: key, clusters: [a], success_max_age: 8d, duration_max: 1w, owner: payments }
  - { group_id: ${OTHER_GROUP}, credential: token, clusters: [b] }
  - { group_id: ${OTHER_GROUP}, credential: key, clusters: all, exclude: [scratch, "ci-*"], discovery_interval: 1h, duration_max: 1h, owner: Équipe 7 }
web_links: { runbooks: "https://example.com/runbooks", dashboard: "https://grafana/d/x?orgId=1" }
`;

test('a file with every key is loaded as it is written, with one target per cluster', async () => {
  const config = configOf(await load(FULL, { PUBLIC: 'public' }, { secret: 's3cret\n' }));
  expect(config.atlas).toEqual({
    baseUrl: 'http://localhost:8080',
    requestTimeoutSeconds: 5,
    pageSize: 100,
    maxPages: 7,
    requestsPerMinute: 90,
    concurrency: 2,
  });
  expect(config.polling).toEqual({
    intervalSeconds: 90,
    idleIntervalSeconds: 5400,
    maxStaleSeconds: 86_400,
    maxActiveJobs: 0,
    isRead: { schedule: false, snapshots: false },
  });
  expect(config.webLinks).toEqual({
    runbooks: 'https://example.com/runbooks',
    dashboard: 'https://grafana/d/x?orgId=1',
  });
  const byDefault = { successMaxAgeSeconds: 26 * 3600, durationMaxSeconds: 7200, owner: 'platform' };
  expect(config.targets).toEqual([
    { groupId: GROUP, clusterName: 'a', credential: 'account', ...byDefault },
    { groupId: GROUP, clusterName: 'b', credential: 'account', ...byDefault },
    {
      groupId: OTHER_GROUP,
      clusterName: 'a',
      credential: 'key',
      successMaxAgeSeconds: 8 * 86_400,
      durationMaxSeconds: 7 * 86_400,
      owner: 'payments',
    },
    { groupId: OTHER_GROUP, clusterName: 'b', credential: 'token', ...byDefault },
  ]);
  expect(config.discoveries).toEqual([
    {
      groupId: OTHER_GROUP,
      credential: 'key',
      place: 'c.yml:24',
      exclude: ['scratch', 'ci-*'],
      discoveryIntervalSeconds: 3600,
      successMaxAgeSeconds: 26 * 3600,
      durationMaxSeconds: 3600,
      owner: 'Équipe 7',
    },
  ]);
  expect(config.credentials).toMatchObject([
    { name: 'account', kind: 'service_account', expiresAtSeconds: Date.UTC(2027, 2, 1) / 1000 },
    { name: 'key', kind: 'api_key', expiresAtSeconds: Date.UTC(2027, 2, 1, 10) / 1000 },
    { name: 'token', kind: 'access_token' },
  ]);
  expect(config.credentials.map(({ secrets }) => Object.keys(secrets))).toEqual([
    ['client_id', 'client_secret'],
    ['public_key', 'private_key'],
    ['access_token'],
  ]);
  const sources = config.credentials.flatMap(({ secrets }) => Object.values(secrets));
  expect(await Promise.all(sources.map(({ read }) => read()))).toEqual([
    'mdb_sa_id_1',
    's3cret',
    'public',
    'private',
    's3cret',
  ]);
  expect(sources.map(({ description }) => description.replace(/ .*\//, ' …/'))).toEqual([
    'inline',
    'file …/secret',
    'environment variable PUBLIC',
    'inline',
    'file …/secret',
  ]);
});

test('with clusters: all, the list of clusters is read every ten minutes and no cluster is excluded', async () => {
  const config = configOf(
    await load(`targets:\n  - {group_id: ${GROUP}, clusters: all}\n  - {group_id: ${GROUP}, clusters: [a]}`, TOKEN),
  );
  expect(config.targets).toEqual([{ groupId: GROUP, clusterName: 'a', credential: 'default' }]);
  expect(config.discoveries).toEqual([
    { groupId: GROUP, credential: 'default', place: 'c.yml:2', exclude: [], discoveryIntervalSeconds: 600 },
  ]);
});

test('with projects: all, every project is watched that the credential can see', async () => {
  const config = configOf(
    await load(
      `defaults: { owner: platform, exclude: ["ci-*"] }
targets:
  - projects: all
    exclude_projects: ["* sandbox"]
    clusters: all
`,
      TOKEN,
    ),
  );
  expect([config.targets, config.discoveries]).toEqual([[], []]);
  expect(config.organizations).toEqual([
    {
      excludeProjects: ['* sandbox'],
      credential: 'default',
      owner: 'platform',
      place: 'c.yml:3',
      exclude: ['ci-*'],
      discoveryIntervalSeconds: 600,
    },
  ]);
});

describe('a setting of a cluster', () => {
  const BOTH = `
credentials: [{ name: one, access_token_env: TOKEN }, { name: two, access_token_env: TOKEN }]
defaults: { credential: two, exclude: ["ci-*"], owner: platform, duration_max: 2h }
targets:
  - group_id: ${GROUP}
    clusters: all
    include: ["prod-*"]
    exclude: [prod-old, "ci-*"]
    overrides: [{ match: "*-weekly", success_max_age: 8d }, { match: billing, owner: finance }]
  - { group_id: ${OTHER_GROUP}, clusters: [a, b], credential: one, overrides: [{ match: b, duration_max: 1h }] }
`;

  test('comes from the first override that matches, else from its target, else from the defaults', async () => {
    const { targets, discoveries } = configOf(await load(BOTH, { TOKEN: 't' }));
    expect(discoveries).toEqual([
      {
        groupId: GROUP,
        credential: 'two',
        owner: 'platform',
        durationMaxSeconds: 7200,
        place: 'c.yml:5',
        include: ['prod-*'],
        exclude: ['ci-*', 'prod-old'],
        overrides: [
          { match: '*-weekly', successMaxAgeSeconds: 691_200 },
          { match: 'billing', owner: 'finance' },
        ],
        discoveryIntervalSeconds: 600,
      },
    ]);
    expect(targets).toEqual([
      { groupId: OTHER_GROUP, clusterName: 'a', credential: 'one', owner: 'platform', durationMaxSeconds: 7200 },
      { groupId: OTHER_GROUP, clusterName: 'b', credential: 'one', owner: 'platform', durationMaxSeconds: 3600 },
    ]);
  });

  test('in an override that matches none of the named clusters causes a warning with its place', async () => {
    const overrides = '[{ match: "a*" }, { match: b }]';
    const loaded = await load(`targets: [{ group_id: ${GROUP}, clusters: [a], overrides: ${overrides} }]\n`, TOKEN);
    expect('warnings' in loaded ? loaded.warnings : []).toEqual([
      'c.yml:1:102: targets[0].overrides[1].match: "b" never counts: it matches none of the clusters',
    ]);
  });
});

describe('the defaults of intervals', () => {
  test.each([
    ['{interval: 10m}', 600, 600, 1800],
    ['{idle_interval: 10m}', 60, 600, 1800],
    ['{interval: 5s}', 5, 300, 900],
    ['{interval: 5s, idle_interval: 5s}', 5, 5, 15],
  ])('follow from %s', async (polling, intervalSeconds, idleIntervalSeconds, maxStaleSeconds) => {
    const config = configOf(await load(`polling: ${polling}\n${TARGETS}`, TOKEN));
    expect(config.polling).toMatchObject({ intervalSeconds, idleIntervalSeconds, maxStaleSeconds });
  });
});

test('ids and names are taken as they are written, also where YAML reads a number or a boolean', async () => {
  const names = '[9e999, 2026, 0x1F, 0o17, 007, 1e5, true, False, a, "12"]';
  const config = configOf(
    await load(`
atlas: { page_size: 16 }
credentials:
  - { name: 2026, access_token: 0123456789012345678901234567890 }
  - { name: yes, api_key: { public_key: 1e400, private_key: true } }
polling: { read_schedule: false }
targets:
  - { group_id: 523456789012345678901234, clusters: ${names}, credential: 2026 }
  - { group_id: 5e1234567890123456789012, clusters: &names [2027], credential: yes }
  - { group_id: 000000000000000000000001, clusters: *names, credential: 2026 }
  - { group_id: 000000000000000000000002, clusters: all, exclude: [2026, 9e999], credential: yes }
`),
  );
  const secrets = config.credentials.flatMap((credential) => Object.values(credential.secrets));
  expect(await Promise.all(secrets.map((secret) => secret.read()))).toEqual([
    '0123456789012345678901234567890',
    '1e400',
    'true',
  ]);
  expect(config.targets.map(({ groupId, clusterName, credential }) => [groupId, clusterName, credential])).toEqual([
    ...['9e999', '2026', '0x1F', '0o17', '007', '1e5', 'true', 'False', 'a', '12'].map((name) => [
      '523456789012345678901234',
      name,
      '2026',
    ]),
    ['5e1234567890123456789012', '2027', 'yes'],
    ['000000000000000000000001', '2027', '2026'],
  ]);
  expect(config.discoveries).toMatchObject([{ groupId: '000000000000000000000002', exclude: ['2026', '9e999'] }]);
  expect(config.atlas.pageSize).toBe(16);
  expect(config.polling.isRead).toMatchObject({ schedule: false });
});

test.each(['2027-03-01 10:00:00Z', '2027-03-01t10:00:00z', '2027-03-01 12:00:00+02:00', '2027-03-01T10:00:00Z'])(
  'a credential may expire at %s',
  async (text) => {
    const credential = `  - { name: a, access_token: x, expires_at: "${text}" }`;
    const config = configOf(await load(`credentials:\n${credential}\n${TARGETS}`));
    expect(config.credentials[0]?.expiresAtSeconds).toBe(Date.parse('2027-03-01T10:00:00Z') / 1000);
  },
);

test('a byte order mark, Windows line ends, anchors and quotes are accepted', async () => {
  const text = `\uFEFFpolling: {interval: &one "90s", idle_interval: *one}\n${TARGETS}`.replaceAll('\n', '\r\n');
  expect(configOf(await load(text, TOKEN)).polling.idleIntervalSeconds).toBe(90);
});

describe('a config file that cannot be read is one problem', () => {
  test.each([
    ['none', 'config file none does not exist'],
    ['file/below', 'config file file/below does not exist'],
    ['.', 'config file *.yml does not exist'],
    ['latin1', 'config file latin1 is not UTF-8: save it in that encoding'],
    ['large', 'config file large is larger than 5 MB: is this the config file?'],
    ['a\u0000b', 'config file a\u0000b cannot be read (ERR_INVALID_ARG_VALUE)'],
  ])('%s', async (file, problem) => {
    const cwd = directoryWith({ file: '', latin1: Buffer.from('# é\n', 'latin1'), large: '#'.repeat(5_000_001) });
    expect(printed(await loadConfig({ paths: [file], targets: [], env: {}, cwd, files }))).toEqual([problem]);
  });
});

test('the default file is read if it exists', async () => {
  const cwd = directoryWith({ 'mongodbatlas-backup-exporter.yml': 'targets: []' });
  expect(printed(await loadConfig({ targets: [], env: TOKEN, cwd, files }))).toEqual([
    'mongodbatlas-backup-exporter.yml:1:10: targets: is empty: list a project and its clusters',
  ]);
});

test('without a file and a target the message says how to start', async () => {
  const [text] = printed(await loadConfig({ targets: [], env: TOKEN, cwd: directoryWith(), files }));
  expect(text).toContain('nothing to watch: there is no --target, no --config.file');
  expect(text).toContain('mongodbatlas-backup-exporter demo');
  expect(text).toContain('mongodbatlas-backup-exporter --target GROUP_ID/CLUSTER');
});

describe('--target', () => {
  const cwd = directoryWith();

  test('and the environment are enough', async () => {
    const targets = [PAIR, `${OTHER_GROUP}/a`];
    const env = { ...TOKEN, MONGODB_ATLAS_BASE_URL: 'https://cloud.mongodbgov.com/' };
    const config = configOf(await loadConfig({ targets, env, cwd, files }));
    expect(config.atlas.baseUrl).toBe('https://cloud.mongodbgov.com');
    expect(config.targets).toEqual([
      { groupId: GROUP, clusterName: 'Cluster0', credential: 'default' },
      { groupId: OTHER_GROUP, clusterName: 'a', credential: 'default' },
    ]);
  });

  test.each([
    ['', 'write the project’s id, a slash and the name of one cluster'],
    [`${GROUP}:a`, 'write the project’s id, a slash and the name of one cluster'],
    [`${GROUP}/a/b`, 'write the project’s id, a slash and the name of one cluster'],
    [
      'A/b',
      'the part before the slash is not a project id: 24 characters of 0-9 and a-f, as in the URL of the project’s page in Atlas',
    ],
    [
      `${GROUP}/*`,
      'the part after the slash is not a cluster name: for every cluster of the project write clusters: all in the config file, without brackets',
    ],
    [
      `${GROUP}/`,
      'the part after the slash is not a cluster name: letters, digits and hyphens, at most 64, no hyphen at the front',
    ],
  ])('%j is refused', async (target, why) => {
    expect(printed(await loadConfig({ targets: [target], env: TOKEN, cwd, files }))).toEqual([
      `--target ${JSON.stringify(target)}: ${why}`,
    ]);
  });

  test('given twice and other problems are reported together', async () => {
    expect(printed(await loadConfig({ targets: [PAIR, PAIR], env: {}, cwd, files }))).toEqual([
      `--target "${PAIR}": is given twice`,
      expect.stringMatching(/^no credential: set MONGODB_ATLAS_CLIENT_ID and /),
    ]);
  });

  test('and --config.file exclude each other', async () => {
    expect(printed(await loadConfig({ paths: ['x'], targets: [PAIR], env: TOKEN, cwd, files }))).toEqual([
      '--target and --config.file exclude each other: put the targets into the file, or leave it out',
    ]);
  });

  test('takes precedence over the default file, with a warning', async () => {
    const withFile = directoryWith({ 'mongodbatlas-backup-exporter.yml': 'nonsense' });
    expect(await loadConfig({ targets: [PAIR], env: TOKEN, cwd: withFile, files })).toMatchObject({
      warnings: ['mongodbatlas-backup-exporter.yml is not read, because --target is given'],
    });
  });
});

describe('the MONGODB_ATLAS_… variables', () => {
  const ACCOUNT = { MONGODB_ATLAS_CLIENT_ID: 'id', MONGODB_ATLAS_CLIENT_SECRET: 'secret' };
  const KEY = { MONGODB_ATLAS_PUBLIC_API_KEY: 'public', MONGODB_ATLAS_PRIVATE_API_KEY: 'private' };

  test.each([
    ['a token', { ...TOKEN }, 'access_token', 0],
    ['a service account', { ...ACCOUNT }, 'service_account', 0],
    ['a key pair', { ...KEY }, 'api_key', 0],
    ['a token before a service account', { ...TOKEN, ...ACCOUNT }, 'access_token', 1],
    [
      'a service account before half a key pair',
      { ...ACCOUNT, MONGODB_ATLAS_PUBLIC_API_KEY: 'p' },
      'service_account',
      1,
    ],
    ['a token before all', { ...TOKEN, ...ACCOUNT, ...KEY }, 'access_token', 1],
    [
      'a key pair beside empty variables',
      { ...KEY, MONGODB_ATLAS_ACCESS_TOKEN: '', MONGODB_ATLAS_CLIENT_ID: '' },
      'api_key',
      0,
    ],
  ])('give %s', async (_what, env, kind, warnings) => {
    const loaded = await load(TARGETS, env);
    expect(configOf(loaded).credentials).toMatchObject([{ name: 'default', kind }]);
    expect(loaded).toHaveProperty('warnings.length', warnings);
  });

  test('cause a warning if they give several credentials', async () => {
    expect(await load(TARGETS, { ...ACCOUNT, ...KEY })).toMatchObject({
      warnings: [
        'MONGODB_ATLAS_CLIENT_ID and MONGODB_ATLAS_CLIENT_SECRET take precedence over MONGODB_ATLAS_PUBLIC_API_KEY and MONGODB_ATLAS_PRIVATE_API_KEY',
      ],
    });
  });

  test.each([
    [
      { MONGODB_ATLAS_CLIENT_ID: 'x', ...KEY },
      'MONGODB_ATLAS_CLIENT_ID is set, but MONGODB_ATLAS_CLIENT_SECRET is not: both are needed',
    ],
    [
      { MONGODB_ATLAS_PRIVATE_API_KEY: 'x' },
      'MONGODB_ATLAS_PRIVATE_API_KEY is set, but MONGODB_ATLAS_PUBLIC_API_KEY is not: both are needed',
    ],
    [
      { MCLI_PUBLIC_API_KEY: 'x' },
      'MCLI_PUBLIC_API_KEY is set, but MONGODB_ATLAS_PRIVATE_API_KEY is not: both are needed',
    ],
    [
      { MONGODB_ATLAS_CLIENT_ID: 'mdb_sa_sk_1', MONGODB_ATLAS_CLIENT_SECRET: 'x' },
      'MONGODB_ATLAS_CLIENT_ID: this is a client secret, which belongs in client_secret: are two secrets swapped?',
    ],
    [
      { MONGODB_ATLAS_ACCESS_TOKEN: 'a b' },
      'MONGODB_ATLAS_ACCESS_TOKEN: the secret has a space or a character outside of ASCII',
    ],
  ])('are refused if they give half of a pair or an invalid secret: %j', async (env, problem) => {
    expect(printed(await load(TARGETS, env))).toEqual([problem]);
  });

  test('are ignored for keys that the file has', async () => {
    const text = `atlas: {base_url: "https://a.example"}\ncredentials: [{name: c, access_token: x}]\n${TARGETS}`;
    const loaded = await load(text, { MONGODB_ATLAS_CLIENT_ID: 'x', MONGODB_ATLAS_BASE_URL: 'nonsense' });
    expect(configOf(loaded)).toMatchObject({ atlas: { baseUrl: 'https://a.example' }, credentials: [{ name: 'c' }] });
    expect(loaded).toMatchObject({
      warnings: [
        'the credentials of the config file take precedence over MONGODB_ATLAS_CLIENT_ID',
        'the base URL has the host a.example, which is not MongoDB’s: credentials are sent there',
      ],
    });
  });

  test('cause no warning if the file names them or says the same', async () => {
    const text = `atlas: {base_url: https://cloud.mongodb.com}\ncredentials: [{name: c, access_token_env: MCLI_ACCESS_TOKEN}]\n${TARGETS}`;
    const env = { MCLI_ACCESS_TOKEN: 'x', MCLI_OPS_MANAGER_URL: 'https://cloud.mongodb.com/' };
    expect(await load(text, env)).toMatchObject({ warnings: [] });
  });

  test.each([
    [{ MONGODB_ATLAS_PUBLIC_KEY: 'public', MONGODB_ATLAS_PRIVATE_KEY: 'private' }, ['public', 'private']],
    [{ MCLI_PUBLIC_API_KEY: 'public', MCLI_PRIVATE_API_KEY: 'private' }, ['public', 'private']],
    [{ MCLI_CLIENT_ID: 'id', MONGODB_ATLAS_CLIENT_SECRET: 'secret' }, ['id', 'secret']],
    [{ MCLI_ACCESS_TOKEN: 'token' }, ['token']],
  ])('have further names in other tools of MongoDB: %j', async (env, values) => {
    const loaded = await load(TARGETS, env);
    const [credential] = configOf(loaded).credentials;
    expect(await Promise.all(Object.values(credential?.secrets ?? {}).map(({ read }) => read()))).toEqual(values);
    expect(loaded).toMatchObject({ warnings: [] });
  });

  test.each([
    [{ MONGODB_ATLAS_OPS_MANAGER_URL: 'https://cloud-dev.mongodb.com/' }, 'https://cloud-dev.mongodb.com'],
    [{ MCLI_OPS_MANAGER_URL: 'https://cloud.mongodbgov.com/' }, 'https://cloud.mongodbgov.com'],
    [{ MONGODB_ATLAS_SERVICE: 'cloudgov' }, 'https://cloud.mongodbgov.com'],
    [{ MCLI_SERVICE: 'cloud' }, 'https://cloud.mongodb.com'],
  ])('may have the address of Atlas: %j', async (env, baseUrl) => {
    const loaded = await load(TARGETS, { ...TOKEN, ...env });
    expect(configOf(loaded).atlas.baseUrl).toBe(baseUrl);
    expect(loaded).toMatchObject({ warnings: [] });
  });

  test('may have the address of a host that is not MongoDB’s, with a warning', async () => {
    for (const host of ['ops-manager.example:8080', 'cloud.mongodb.com.example', 'cloud-mongodb.com']) {
      expect(await load(TARGETS, { ...TOKEN, MCLI_OPS_MANAGER_URL: `https://${host}/` })).toMatchObject({
        warnings: [`the base URL has the host ${host}, which is not MongoDB’s: credentials are sent there`],
      });
    }
  });
});

test('a cluster with the name all causes a warning, because its brackets are probably a mistake', async () => {
  const text = `targets: [ { group_id: ${GROUP}, clusters: [ all ] } ]`;
  expect(await load(text, TOKEN)).toMatchObject({
    warnings: [
      `in project ${GROUP} only the cluster with the name all is watched: for every cluster, write clusters: all in a config file, without brackets`,
    ],
  });
});

test('a credential that no target uses causes a warning', async () => {
  const names = ['a', 'b', 'c'].map((name) => `{name: ${name}, access_token: x}`).join();
  const all = `  - {group_id: ${OTHER_GROUP}, clusters: all, credential: b}\n`;
  expect(await load(`credentials: [${names}]\n${TARGETS}    credential: a\n${all}`)).toMatchObject({
    warnings: ['no target uses the credential c'],
  });
});

test('a secret file is read again each time, without the newline at its end', async () => {
  const cwd = directoryWith({
    'c.yml': `credentials: [{name: a, access_token_file: token}]\n${TARGETS}`,
    token: 'one',
  });
  const [credential] = configOf(await loadConfig({ paths: ['c.yml'], targets: [], env: {}, cwd, files })).credentials;
  const read = credential?.secrets['access_token']?.read ?? (() => Promise.reject(new Error()));
  const reads: unknown[] = [];
  for (const content of ['one', 'two\n', 'three\r\n', '\n', 'a\n\n']) {
    writeFileSync(join(cwd, 'token'), content);
    reads.push(await read().catch((error: Error) => error.message.replace(cwd, '')));
  }
  expect(reads).toEqual([
    'one',
    'two',
    'three',
    'file /token: the secret is empty',
    'file /token: the secret has more than one line',
  ]);
});

test('relative paths begin at the folder of the config file, not at the working directory', async () => {
  const elsewhere = directoryWith({
    'c.yml': `credentials: [{name: a, access_token_file: ./token}]\n${TARGETS}`,
    token: 'x',
  });
  const file = join(elsewhere, 'c.yml');
  expect(
    configOf(await loadConfig({ paths: [file], targets: [], env: {}, cwd: directoryWith(), files })).credentials,
  ).toHaveLength(1);
});

test('the config file is the default one if none is given and it exists', async () => {
  const env = TOKEN;
  const cwd = directoryWith({ 'mongodbatlas-backup-exporter.yml': TARGETS });
  const configFiles = [join(cwd, 'mongodbatlas-backup-exporter.yml')];
  expect(await loadConfig({ targets: [], env, cwd, files })).toMatchObject({ configFiles });
  expect(await loadConfig({ targets: [PAIR], env, cwd, files })).not.toHaveProperty('configFiles');
});

describe('several config files', () => {
  const CREDENTIAL = 'credentials: [{ name: a, access_token_file: token }]\n';
  const target = (cluster: string) => `targets: [{ group_id: ${GROUP}, clusters: [${cluster}] }]\n`;
  const folderWith = (texts: Readonly<Record<string, string>>) => {
    const cwd = directoryWith({ 'main.yml': CREDENTIAL, token: 'x' });
    mkdirSync(join(cwd, 'teams'));
    for (const [name, text] of Object.entries(texts)) writeFileSync(join(cwd, 'teams', name), text);
    const source = { paths: ['main.yml', 'teams'], targets: [], env: {}, cwd, files };
    return { source, read: () => loadConfig(source), cwd };
  };

  test('are joined: a folder stands for its files *.yml and *.yaml in the order of their names', async () => {
    const { read, cwd } = folderWith({
      'b.yml': `${target('b')}defaults: { owner: all }\n`,
      'a.yml': `${target('a')}defaults: { exclude: [x] }\npolling: { interval: 5s }\n`,
      'c.yaml': 'defaults: { exclude: [y] }\npolling: { idle_interval: 20s }\n',
      '.hidden.yml': 'not read',
      'notes.txt': 'not read',
    });
    const loaded = await read();
    const config = configOf(loaded);
    expect(config.targets.map(({ clusterName, owner }) => [clusterName, owner])).toEqual([
      ['a', 'all'],
      ['b', 'all'],
    ]);
    expect(config.polling).toMatchObject({ intervalSeconds: 5, idleIntervalSeconds: 20 });
    expect('configFiles' in loaded && loaded.configFiles).toEqual(
      ['main.yml', 'teams/a.yml', 'teams/b.yml', 'teams/c.yaml'].map((name) => join(cwd, name)),
    );
  });

  test('have their own folders for relative paths', async () => {
    const { source } = folderWith({
      'a.yml': `${target('a')}credentials: [{ name: b, access_token_file: token }]\n`,
    });
    expect(printed(await loadConfig(source))).toEqual([
      'teams/a.yml:1:11: targets[0].credential: is missing: there are several credentials (a, b)',
      expect.stringMatching(
        /^teams\/a\.yml:2:\d+: credentials\[1\]\.access_token_file: file .*\/teams\/token: the file does not exist/,
      ),
    ]);
  });

  test('must not set a key twice, nor name a cluster twice; the problem names both places', async () => {
    const { read } = folderWith({
      'a.yml': `${target('a')}polling:\n  interval: 5s\ndefaults: { owner: x }\n`,
      'b.yml': `polling:\n\n  interval: 6s\ndefaults: { owner: x }\n${target('b, a')}`,
      'c.yml': `${target('b')}credentials: [{ name: a, access_token: x }]\n`,
      'd.yml': 'targets: [{ clusters: [c] }]\nunknown: 1\n',
    });
    expect(printed(await read())).toEqual([
      'teams/b.yml:3:3: this key is in line 3 of teams/a.yml too: keep one of them',
      'teams/b.yml:4:13: this key is in line 4 of teams/a.yml too: keep one of them',
      'teams/b.yml:5:63: targets[1].clusters[1]: this cluster of this project is in line 1 of teams/a.yml too',
      'teams/c.yml:1:60: targets[2].clusters[0]: this cluster of this project is in line 5 of teams/b.yml too',
      'teams/c.yml:2:23: credentials[1].name: a credential with this name is in line 1 of main.yml too',
      'teams/d.yml:1:11: targets[3].group_id: is missing; for every project write projects: all',
      'teams/d.yml:2:1: unknown: unknown key; allowed are atlas, credentials, polling, defaults, targets, web_links',
    ]);
  });

  test('look different when one of them changes, appears or disappears', async () => {
    const { source, cwd } = folderWith({ 'a.yml': target('a') });
    const looks = [await lookAtConfig(source)];
    for (const change of [
      () => writeFileSync(join(cwd, 'teams/a.yml'), target('b')),
      () => writeFileSync(join(cwd, 'teams/b.yml'), target('c')),
      () => rmSync(join(cwd, 'teams/b.yml')),
    ]) {
      change();
      looks.push(await lookAtConfig(source));
    }
    expect(new Set(looks).size).toBe(3);
    expect(looks[3]).toEqual(looks[1]);
  });
});
