import { describe, expect, test } from '@jest/globals';
import { type Bad, cases, check, GROUP, indented, load, OTHER_GROUP, printed } from './workspace.ts';

const CREDENTIALS = 'credentials:\n  - name: main\n    access_token_env: TOKEN\n';
const GOOD = `${CREDENTIALS}targets:\n  - group_id: ${GROUP}\n    clusters: [Cluster0]\n`;
const NUMBER = 'must be a whole number from 1 to';

/** In front of a good config, from line 1. */
function before(text: string): string {
  return text + GOOD;
}

/** Further keys of the first target, from line 7. */
function inTarget(text: string): string {
  return GOOD + indented(text);
}

/** Instead of the value of `clusters`, line 6. */
function clusters(text: string): string {
  return GOOD.replace('[Cluster0]', text.trim());
}

/** Instead of the secret of the credential, from line 3. */
function credential(text: string): string {
  return GOOD.replace('    access_token_env: TOKEN\n', () => indented(text));
}

const OTHERS: readonly Bad[] = [
  {
    what: 'an empty file',
    text: '',
    problems: ['1:1: the file must contain keys with values, at least targets'],
  },
  {
    what: 'a tab',
    text: `${CREDENTIALS}targets:\n\t- a\n`,
    problems: ['5:1: a tab indents this line: use spaces'],
  },
  {
    what: 'braces inside braces',
    text: `credentials:\n  - name: main\n    service_account: { client_id: \${ID}, client_secret: \${SECRET} }\ntargets: []\n`,
    problems: ['3:36: this is not expected here: a value with a bracket or brace in it needs quotes'],
  },
  {
    what: 'an unknown escape',
    text: 'a: "\\q"\n',
    problems: ['1:5: this backslash sequence is not valid in double quotes: use single quotes'],
  },
  {
    what: 'thousands of nested lists',
    text: '- '.repeat(50_000),
    problems: ['1:1: the values are nested too deeply'],
  },
  {
    what: 'thousands of open brackets',
    text: '['.repeat(500_000),
    problems: ['1:101: the values are nested too deeply'],
  },
  {
    what: 'aliases that multiply',
    text: [
      'a: &a [1,1,1,1,1,1,1,1,1]',
      'b: &b [*a,*a,*a,*a,*a,*a,*a,*a]',
      'c: [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]',
    ].join('\n'),
    problems: ['2:20: the aliases (*) expand to too many values: write them out'],
  },
  {
    what: 'no targets',
    text: CREDENTIALS,
    problems: ['1:1: targets: is missing'],
  },
  {
    what: 'a misspelt key',
    text: GOOD.replace('targets', 'target'),
    problems: ['4:1: target: unknown key; did you mean targets?'],
  },
  {
    what: 'a misspelt key for the credentials, which is not also reported as missing',
    text: GOOD.replace('credentials', 'credential'),
    problems: ['1:1: credential: unknown key; did you mean credentials?'],
  },
  {
    what: 'a number that is no group id, as it is written',
    text: GOOD.replace(GROUP, '0x1F'),
    problems: [
      '5:15: targets[0].group_id: "0x1F" is not a project id: 24 characters of 0-9 and a-f, as in the URL of the project’s page in Atlas',
    ],
  },
  {
    what: 'a merge key',
    text: `${CREDENTIALS}targets:\n  - &a {group_id: ${GROUP}, clusters: [a]}\n  - <<: *a\n    clusters: [b]\n`,
    problems: [
      '6:5: targets[1].<<: is not supported: write the keys that it merges here',
      '6:5: targets[1].group_id: is missing; for every project write projects: all',
    ],
  },
  {
    what: 'a group id in capitals, and long',
    text: GOOD.replace(GROUP, GROUP.toUpperCase().repeat(2)),
    problems: [
      '5:15: targets[0].group_id: "32B6E34B3D91647ABB20E7B832B6E34B3D91647A…" is not a project id: 24 characters of 0-9 and a-f, as in the URL of the project’s page in Atlas',
    ],
  },
  {
    what: 'a target without one of several credentials',
    text: GOOD.replace('targets', '  - name: other\n    access_token_env: TOKEN\ntargets'),
    problems: ['7:5: targets[0].credential: is missing: there are several credentials (main, other)'],
  },
  {
    what: 'an empty list of credentials',
    text: GOOD.replace(CREDENTIALS, 'credentials: []\n'),
    problems: [
      '1:14: credentials: is empty: list a credential, or leave out the key to use the MONGODB_ATLAS_… variables',
    ],
  },
  {
    what: 'a text as a credential',
    text: GOOD.replace(CREDENTIALS, 'credentials: [main]\n'),
    problems: ['1:15: credentials[0]: must be keys with values, not text'],
  },
  {
    what: 'no kind',
    text: credential(''),
    problems: ['2:5: credentials[0]: has no secret: give it service_account, api_key or access_token_file'],
  },
  {
    what: 'a name with a space',
    text: GOOD.replace('main', 'a b'),
    problems: ['2:11: credentials[0].name: must be letters, digits, hyphens and underscores, at most 64'],
  },
  {
    what: 'no name',
    text: GOOD.replace('name: main', 'api_key: {public_key: a, private_key: b}').replace(
      '    access_token_env: TOKEN\n',
      '',
    ),
    problems: ['2:5: credentials[0].name: is missing'],
  },
  {
    what: 'a repeated name',
    text: GOOD.replace('targets', '  - name: main\n    access_token_env: TOKEN\ntargets'),
    problems: ['4:11: credentials[1].name: a credential with this name is in line 2 too'],
  },
  ...['$TOKEN', `$\{TOKEN}`].map((text) => ({
    what: `a variable instead of its value, ${text}`,
    text: credential(`access_token: ${text}`),
    problems: [
      '3:19: credentials[0].access_token: variables are not replaced here: write the name of the variable, without $ and braces, as …_env',
    ],
  })),
];

/** In front of a good config. */
const BEFORE = cases(
  before,
  `
atlas: {bas_url: 1}
=> 1:9: atlas.bas_url: unknown key; did you mean base_url?
atlas: {client_secret_fil: 1, discovery_interval: 10m}
=> 1:9: atlas.client_secret_fil: unknown key; did you mean client_secret_file, which belongs under credentials.service_account?
=> 1:31: atlas.discovery_interval: unknown key: it belongs under targets
mdb_sa_sk_0: 2
=> 1:1: unknown key; allowed are atlas, credentials, polling, defaults, targets, web_links
atlas: {__proto__: {}}
=> 1:9: atlas.__proto__: unknown key; allowed are base_url, ca_file, request_timeout, page_size, max_pages, requests_per_minute, concurrency
atlas: {page_size: 1, page_size: 2}
=> 1:23: this key is in line 1 too: keep one of them
polling:
=> 1:1: polling: is empty: give it a value or leave the key out
polling: 60s
=> 1:10: polling: must be keys with values, not text
polling: {read_schedule: "no"}
=> 1:26: polling.read_schedule: must be true or false
polling: {interval: 60, idle_interval: "300"}
=> 1:21: polling.interval: 60 has no unit: write 60s or 60m
=> 1:40: polling.idle_interval: 300 has no unit: write 300s or 300m
polling: {interval: 500ms, idle_interval: 1.5h, max_stale: 2y}
=> 1:21: polling.interval: must be at least 1s
=> 1:43: polling.idle_interval: must be a duration such as 90s, 1h30m or 8d
=> 1:60: polling.max_stale: must be at most 365d
atlas: {page_size: 501, max_pages: 0, requests_per_minute: many, concurrency: 1.5}
=> 1:20: atlas.page_size: ${NUMBER} 500, not 501
=> 1:36: atlas.max_pages: ${NUMBER} 1000000, not 0
=> 1:60: atlas.requests_per_minute: ${NUMBER} 1000000, not "many"
=> 1:79: atlas.concurrency: ${NUMBER} 100, not 1.5
atlas: {page_size: [1], request_timeout: true, base_url: {a: b}}
=> 1:20: atlas.page_size: must be a whole number, not a list
=> 1:42: atlas.request_timeout: must be a duration such as 90s, 1h30m or 8d
=> 1:58: atlas.base_url: must be text, not keys with values
polling: {max_active_jobs: -1}
=> 1:28: polling.max_active_jobs: must be a whole number from 0 to 1000, not -1
polling:
  interval:60s
=> 2:3: polling: must be keys with values, not text: a space has to follow the colon
interval: 60s
group_id: x
=> 1:1: interval: unknown key: it belongs under polling
=> 2:1: group_id: unknown key: it belongs under targets
polling: {interval: 10m, idle_interval: 5m}
=> 1:41: polling.idle_interval: is shorter than interval (10m): make it the same or longer
polling: {max_stale: 1m}
=> 1:22: polling.max_stale: is shorter than idle_interval (5m): make it the same or longer
`,
);

/** As further keys of the first target. */
const IN_TARGET = cases(
  inTarget,
  `
labels: [a]
=> 7:5: targets[0].labels: unknown key; allowed are group_id, projects, include_projects, exclude_projects, clusters, include, exclude, discovery_interval, credential, success_max_age, duration_max, owner, overrides
exclude: [a]
discovery_interval: 1h
=> 7:5: targets[0].exclude: has an effect only with clusters: all
=> 8:5: targets[0].discovery_interval: has an effect only with clusters: all
success_max_age: 26
duration_max: soon
=> 7:22: targets[0].success_max_age: 26 has no unit: write 26h, 26d or 26s
=> 8:19: targets[0].duration_max: must be a duration such as 90s, 1h30m or 8d
owner: " payments"
=> 7:12: targets[0].owner: must begin with a letter or digit, and be letters, digits, spaces and . _ @ : / + -, at most 64
owner: mdb_sa_sk_abcdefghijklmnopqrstuvwxyz0123456789ABCD
=> 7:12: targets[0].owner: looks like a secret: metrics and alerts show it
duration_max: 2
=> 7:19: targets[0].duration_max: 2 has no unit: write 2h, 2m or 2s
<<: {success_max_age: 1h}
=> 7:5: targets[0].<<: is not supported: write the keys that it merges here
credential: mian
=> 7:17: targets[0].credential: no credential has the name "mian": did you mean main?
credential: zzz
=> 7:17: targets[0].credential: no credential has the name "zzz": the credentials are main
`,
);

/** As the value of `clusters`. */
const CLUSTERS = cases(
  clusters,
  `
All
=> 6:15: targets[0].clusters: must be a list or all: put the name in brackets, such as [Cluster0]
{all: true}
=> 6:15: targets[0].clusters: must be a list, not keys with values: each entry begins with a hyphen
Cluster0
=> 6:15: targets[0].clusters: must be a list or all: put the name in brackets, such as [Cluster0]
[]
=> 6:15: targets[0].clusters: is empty: list the names of the clusters, such as [Cluster0], or write all
["*"]
=> 6:16: targets[0].clusters[0]: "*" is not a cluster name: for every cluster of the project write clusters: all in the config file, without brackets
"*"
=> 6:15: targets[0].clusters: must be a list or all: for every cluster of the project write clusters: all in the config file, without brackets
["prod-?"]
=> 6:16: targets[0].clusters[0]: "prod-?" is not a cluster name: for every cluster of the project write clusters: all in the config file, without brackets, and leave some out with exclude
2026
=> 6:15: targets[0].clusters: must be a list or all: put the name in brackets, such as [Cluster0]
[1e5, true, -x, {a: 1}]
=> 6:27: targets[0].clusters[2]: "-x" is not a cluster name: letters, digits and hyphens, at most 64, no hyphen at the front
=> 6:31: targets[0].clusters[3]: must be text, not keys with values
`,
);

/** As the secret of the credential. */
const IN_CREDENTIAL = cases(
  credential,
  `
access_token: x
api_key: {public_key: a, private_key: b}
=> 2:5: credentials[0]: has api_key and access_token: keep one of them
access_token: x
access_token_file: y
=> 4:5: credentials[0].access_token_file: access_token is given too: keep one of them
api_key: {public_key: p}
=> 3:14: credentials[0].api_key: private_key is missing: give private_key_file, private_key_env or private_key
service_account:
=> 3:5: credentials[0].service_account: is empty: give it a value or leave the key out
access_token: ""
=> 3:19: credentials[0].access_token: is empty
access_token: "a\\nb"
=> 3:19: credentials[0].access_token: the secret has more than one line
access_token: a b
=> 3:19: credentials[0].access_token: the secret has a space or a character outside of ASCII
access_token_env: NOPE
=> 3:23: credentials[0].access_token_env: this environment variable is not set
access_token_env: EMPTY
=> 3:23: credentials[0].access_token_env: this environment variable is not set
access_token_env: $TOKEN
=> 3:23: credentials[0].access_token_env: must be the name of an environment variable
access_token_file: .
=> 3:24: credentials[0].access_token_file: file $CWD: the file is a directory
access_token_file: /dev/zero
=> 3:24: credentials[0].access_token_file: file /dev/zero: the file is not a regular file
access_token_file: missing
=> 3:24: credentials[0].access_token_file: file $CWD/missing: the file does not exist (a relative path begins at the folder of the config file)
access_token_file: /no/such/token-2.txt
=> 3:24: credentials[0].access_token_file: file /no/such/token-2.txt: the file does not exist (a relative path begins at the folder of the config file)
access_token_file: Zm9vYmFyYmF6cXV4
=> 3:24: credentials[0].access_token_file: the file does not exist (a relative path begins at the folder of the config file)
access_token_file: /mdb_sa_sk_0123456789
=> 3:24: credentials[0].access_token_file: the file does not exist (a relative path begins at the folder of the config file)
access_token: "'abc'"
=> 3:19: credentials[0].access_token: the secret is in quotes: remove them
access_token: “abc”
=> 3:19: credentials[0].access_token: the secret is in quotes: remove them
access_token_file: quoted
=> 3:24: credentials[0].access_token_file: file $CWD/quoted: the secret is in quotes: remove them
service_account: {client_id: mdb_sa_sk_12, client_secret: mdb_sa_id_34}
=> 3:34: credentials[0].service_account.client_id: this is a client secret, which belongs in client_secret: are two secrets swapped?
=> 3:63: credentials[0].service_account.client_secret: this is a client id, which belongs in client_id: are two secrets swapped?
api_key: {public_key: 01234567-89ab-cdef-0123-456789abcdef, private_key: abcdefgh}
=> 3:27: credentials[0].api_key.public_key: this is a private key, which belongs in private_key: are two secrets swapped?
=> 3:78: credentials[0].api_key.private_key: this is a public key, which belongs in public_key: are two secrets swapped?
access_token: mdb_sa_sk_12
=> 3:19: credentials[0].access_token: this is a client secret, which belongs in client_secret: are two secrets swapped?
access_token_file: newline
=> 3:24: credentials[0].access_token_file: file $CWD/newline: the secret is empty
access_token_file: large
=> 3:24: credentials[0].access_token_file: file $CWD/large: the file is too large for a secret
access_token_env: TOKEN
expires_at: 2027-02-30
=> 4:17: credentials[0].expires_at: must be a date such as 2027-03-01 or a time such as 2027-03-01T12:00:00Z
access_token_env: TOKEN
expires_at: 2027
=> 4:17: credentials[0].expires_at: must be a date such as 2027-03-01 or a time such as 2027-03-01T12:00:00Z
client_id: a
client_secret: b
=> 2:5: credentials[0]: has no secret: give it service_account, api_key or access_token_file
=> 3:5: credentials[0].client_id: unknown key: it belongs under credentials.service_account
=> 4:5: credentials[0].client_secret: unknown key: it belongs under credentials.service_account
service_account: {client_id: x, client_secret_fil: y}
=> 3:37: credentials[0].service_account: unknown key; did you mean client_secret_file?
access_token_fil: x
=> 3:5: credentials[0]: unknown key; did you mean access_token_file?
`,
);

/** As the whole file. */
const WHOLE = cases(
  (text) => text,
  `
# x
=> 1:1: the file must contain keys with values, at least targets
hello
=> 1:1: the file must contain keys with values, at least targets
[1]
=> 1:1: the file must contain keys with values, at least targets
${GOOD}---
a: 1
=> 7:1: a second YAML document begins here: only one is allowed
a: "x
b: 1
=> 3:1: a quote, bracket, comma or colon is missing here or above, or this line is indented wrongly
targets:
  - group_id: ${GROUP}
   clusters: [Cluster0]
=> 3:1: a quote, bracket, comma or colon is missing here or above, or this line is indented wrongly
a: b: c
=> 1:4: a value has a second colon, or this line is indented too far: use quotes or indent the line less
a: [1,
b: 2
=> 2:1: the indentation is wrong here, or a bracket above is not closed
a: *x
=> 1:4: no anchor above has the name of this alias (*): a value that begins with * needs quotes
a: !foo x
=> 1:4: tags (!) are not supported: a value that begins with ! needs quotes
a: !!int 1
=> 1:4: tags (!) are not supported: a value that begins with ! needs quotes
a: @x
=> 1:4: a value cannot begin with this character: put it in quotes
x
y: 1
=> 1:1: this line has no key: write a key, a colon and a space
? [a]
: 1
=> 1:3: a key has to be a plain word
${CREDENTIALS}targets: []
=> 4:10: targets: is empty: list a project and its clusters
${clusters('all')}  - {group_id: ${GROUP}, clusters: [a]}
  - {group_id: ${OTHER_GROUP}, clusters: all}
  - {group_id: ${GROUP}, clusters: all}
=> 9:52: targets[3].clusters: all clusters of this project are in line 6 too
${clusters('all')}    exclude: ["ci_*", "", 7]
    discovery_interval: 1s
=> 7:15: targets[0].exclude[0]: "ci_*" is not a pattern for cluster names: letters, digits, hyphens, * and ?, at most 64
=> 7:23: targets[0].exclude[1]: "" is not a pattern for cluster names: letters, digits, hyphens, * and ?, at most 64
=> 8:25: targets[0].discovery_interval: must be at least 10s
${clusters('all')}    exclude: ci-*
=> 7:14: targets[0].exclude: must be a list, such as [scratch, "ci-*"]
${clusters('all')}    include: []
    overrides: [{ success_max_age: 1h }, { match: "a_b" }]
=> 7:14: targets[0].include: is empty: list patterns, or leave out the key
=> 8:17: targets[0].overrides[0].match: is missing
=> 8:51: targets[0].overrides[1].match: "a_b" is not a pattern for cluster names: letters, digits, hyphens, * and ?, at most 64
${clusters('[a]')}    include: ["*"]
=> 7:5: targets[0].include: has an effect only with clusters: all
defaults: { credential: mani }
${GOOD}
=> 1:25: defaults.credential: no credential has the name "mani": did you mean main?
${GOOD}web_links: { runbooks: runbooks, dashboard: "https://me:secret@grafana/d/x" }
=> 7:24: web_links.runbooks: must be a URL that begins with https:// or http://, without a user, because the pages show it
=> 7:45: web_links.dashboard: must be a URL that begins with https:// or http://, without a user, because the pages show it
${GOOD}web_links: { runbooks: "https://git/runbooks?ref=main" }
=> 7:24: web_links.runbooks: must not contain ? or #, because names of files are appended
${CREDENTIALS}targets: {group_id: ${GROUP}, clusters: [a]}
=> 4:10: targets: must be a list, not keys with values: each entry begins with a hyphen
${CREDENTIALS}targets: [Cluster0]
=> 4:11: targets[0]: must be keys with values, not text
${CREDENTIALS}targets:
  - clusters: [a]
=> 5:5: targets[0].group_id: is missing; for every project write projects: all
${CREDENTIALS}targets:
  - { group-id: x, clusters: [a] }
=> 5:7: targets[0].group-id: unknown key; did you mean group_id?
${CREDENTIALS}targets:
  - { projects: Shop, clusters: [a], exclude_projects: [""] }
  - { projects: all, group_id: ${GROUP}, clusters: all }
  - { projects: all, clusters: all, owner: x }
  - { group_id: ${OTHER_GROUP}, clusters: all, include_projects: ["*"] }
=> 5:17: targets[0].projects: must be all: a single project has group_id instead
=> 5:33: targets[0].clusters: must be all, because the target has projects: all
=> 5:57: targets[0].exclude_projects[0]: is empty
=> 6:7: targets[1].projects: group_id is given too: keep one of them
=> 7:17: targets[2].projects: the same projects and clusters are in line 6 too
=> 8:58: targets[3].include_projects: has an effect only with projects: all
${GOOD}  - group_id: ${OTHER_GROUP}
    clusters: [Cluster0]
  - group_id: ${GROUP}
    clusters: [a, Cluster0]
=> 10:19: targets[2].clusters[1]: this cluster of this project is in line 6 too
`,
);

const env = { TOKEN: 't0ken', EMPTY: '' };
const files = { newline: '\r\n', quoted: '"abc"\n', large: 'x'.repeat(70_000) };

/** With `$CWD` for the folder of the test. */
function withoutFolder(text: string): string {
  return text.replaceAll(/\/\S+\/config-\w{6}/g, '$CWD');
}

describe('a config with problems', () => {
  const all = [...WHOLE, ...BEFORE, ...CLUSTERS, ...IN_TARGET, ...IN_CREDENTIAL, ...OTHERS];
  test.each(all)('reports them with their place and the valid form, also by check: $what', async (bad) => {
    const loaded = await load(bad.text, env, files);
    const told = bad.problems.map((problem) => `c.yml:${problem}`);
    expect(printed(loaded).map(withoutFolder)).toEqual(told);
    const count = `${told.length} problem${told.length === 1 ? '' : 's'}`;
    const stdout = `${[...told, '', count].join('\n')}\n`;
    const checked = await check(bad.text, env, files);
    expect({ ...checked, stdout: withoutFolder(checked.stdout) }).toEqual({ code: 2, stdout, stderr: '' });
  });
});

test('a repeated key does not hide other problems, and the line of the first one is named', async () => {
  expect(printed(await load(`${GOOD}targets: []\n`, { TOKEN: 'x' }))).toEqual([
    'c.yml:7:1: this key is in line 4 too: keep one of them',
    'c.yml:7:10: targets: is empty: list a project and its clusters',
  ]);
});

test('a mapping with hundreds of unknown keys causes at most a hundred problems', async () => {
  const text = Array.from({ length: 300 }, (_, index) => `a${index}: 1\n`).join('');
  expect(printed(await load(text, { MONGODB_ATLAS_ACCESS_TOKEN: 'x' }))).toHaveLength(101);
});

describe('base_url', () => {
  test.each([
    ['http://cloud.mongodb.com', 'must begin with https://: http:// is allowed for loopback addresses only'],
    ['http://127.0.0.1.example.com', 'must begin with https://: http:// is allowed for loopback addresses only'],
    ['https://u:p@cloud.mongodb.com', 'must be a URL without user, path and query, such as https://cloud.mongodb.com'],
    ['https://cloud.mongodb.com/api', 'must be a URL without user, path and query, such as https://cloud.mongodb.com'],
    ['https://cloud.mongodb.com?', 'must be a URL without user, path and query, such as https://cloud.mongodb.com'],
    ['https://cloud.mongodb.com#', 'must be a URL without user, path and query, such as https://cloud.mongodb.com'],
    ['ftp://cloud.mongodb.com', 'must begin with https://: http:// is allowed for loopback addresses only'],
    ['cloud.mongodb.com', 'must be a URL without user, path and query, such as https://cloud.mongodb.com'],
  ])('%s is refused, in the file and in the environment', async (url, why) => {
    expect(printed(await load(before(`atlas: {base_url: "${url}"}\n`), { TOKEN: 'x' }))).toEqual([
      `c.yml:1:19: atlas.base_url: ${why}`,
    ]);
    const env = { TOKEN: 'x', MONGODB_ATLAS_BASE_URL: url };
    expect(printed(await load(GOOD, env))).toEqual([`MONGODB_ATLAS_BASE_URL ${why}`]);
  });
});

test('every problem of a file is reported at once, in the order of the file', async () => {
  const text = `polling: {interval: 5}
credentials:
  - name: one
    access_token_env: NOPE
  - name: one
    api_key: {public_key: a}
targets:
  - group_id: ${GROUP}
    clusters: [a, a]
    credential: two
    sucess_max_age: 1h
`;
  expect(printed(await load(text, { MONGODB_ATLAS_BASE_URL: 'x' }))).toEqual([
    'c.yml:1:21: polling.interval: 5 has no unit: write 5s or 5m',
    'c.yml:4:23: credentials[0].access_token_env: this environment variable is not set',
    'c.yml:5:11: credentials[1].name: a credential with this name is in line 3 too',
    'c.yml:6:14: credentials[1].api_key: private_key is missing: give private_key_file, private_key_env or private_key',
    'c.yml:9:19: targets[0].clusters[1]: this cluster of this project is in line 9 too',
    'c.yml:10:17: targets[0].credential: no credential has the name "two": the credentials are one',
    'c.yml:11:5: targets[0].sucess_max_age: unknown key; did you mean success_max_age?',
    'MONGODB_ATLAS_BASE_URL must be a URL without user, path and query, such as https://cloud.mongodb.com',
  ]);
});

test('a hundred problems are listed, the others are counted', async () => {
  const pairs = Array.from({ length: 150 }, () => '-').join(', ');
  const lines = printed(await load(clusters(`[${pairs.replaceAll('-', '"-"')}]`), { TOKEN: 'x' }));
  expect(lines).toHaveLength(101);
  expect(lines.at(-1)).toMatch(/^and \d+ more problems$/);
});
