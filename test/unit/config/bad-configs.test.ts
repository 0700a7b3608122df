import { describe, expect, test } from '@jest/globals';
import { check, GROUP, load, OTHER_GROUP, printed } from './workspace.ts';

const CREDENTIALS = 'credentials:\n  - name: main\n    access_token_env: TOKEN\n';
const GOOD = `${CREDENTIALS}targets:\n  - group_id: ${GROUP}\n    clusters: [Cluster0]\n`;
const NUMBER = 'must be a whole number from 1 to';

interface Bad {
  readonly what: string;
  readonly text: string;
  readonly problems: readonly string[];
}

/** In front of a good config, so that it takes line 1. */
function before(text: string): string {
  return `${text}\n${GOOD}`;
}

/** A last line for the first target, line 7. */
function inTarget(text: string): string {
  return `${GOOD}    ${text}\n`;
}

/** Instead of the value of `clusters`, line 6. */
function clusters(text: string): string {
  return GOOD.replace('[Cluster0]', text);
}

const BAD_YAML: readonly Bad[] = [
  { what: 'an empty file', text: '', problems: ['1:1: the file must contain keys with values, at least targets'] },
  { what: 'only comments', text: '# x\n', problems: ['1:1: the file must contain keys with values, at least targets'] },
  {
    what: 'a text',
    text: 'hello',
    problems: ['1:1: the file must contain keys with values, at least targets'],
  },
  { what: 'a list', text: '[1]', problems: ['1:1: the file must contain keys with values, at least targets'] },
  {
    what: 'a second document',
    text: `${GOOD}---\na: 1\n`,
    problems: ['7:1: a second YAML document begins here: only one is allowed'],
  },
  { what: 'a tab', text: `${CREDENTIALS}targets:\n\t- a\n`, problems: ['5:1: a tab indents this line: use spaces'] },
  {
    what: 'an open quote',
    text: 'a: "x\nb: 1\n',
    problems: ['3:1: a quote, bracket, comma or colon is missing here or above, or this line is indented wrongly'],
  },
  {
    what: 'a line indented by one space too many',
    text: `targets:\n  - group_id: ${GROUP}\n   clusters: [Cluster0]\n`,
    problems: ['3:1: a quote, bracket, comma or colon is missing here or above, or this line is indented wrongly'],
  },
  {
    what: 'braces inside braces',
    text: `credentials:\n  - name: main\n    service_account: { client_id: \${ID}, client_secret: \${SECRET} }\ntargets: []\n`,
    problems: ['3:36: this is not expected here: a value with a bracket or brace in it needs quotes'],
  },
  {
    what: 'two colons',
    text: 'a: b: c\n',
    problems: ['1:4: a value has a second colon, or this line is indented too far: use quotes or indent the line less'],
  },
  {
    what: 'an open bracket',
    text: 'a: [1,\nb: 2',
    problems: ['2:1: the indentation is wrong here, or a bracket above is not closed'],
  },
  {
    what: 'an alias without an anchor',
    text: 'a: *x\n',
    problems: ['1:4: no anchor above has the name of this alias (*): a value that begins with * needs quotes'],
  },
  {
    what: 'a tag',
    text: 'a: !foo x\n',
    problems: ['1:4: tags (!) are not supported: a value that begins with ! needs quotes'],
  },
  { what: 'an @', text: 'a: @x\n', problems: ['1:4: a value cannot begin with this character: put it in quotes'] },
  {
    what: 'a line without a key',
    text: 'x\ny: 1\n',
    problems: ['1:1: this line has no key: write a key, a colon and a space'],
  },
  {
    what: 'an unknown escape',
    text: 'a: "\\q"\n',
    problems: ['1:5: YAML does not know this backslash in double quotes: use single quotes'],
  },
  { what: 'a list as a key', text: '? [a]\n: 1\n', problems: ['1:3: a key has to be a plain word'] },
  { what: 'thousands of nested lists', text: '- '.repeat(50_000), problems: ['1:1: the values are nested too deeply'] },
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
      'c: [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]',
    ].join('\n'),
    problems: ['1:1: the aliases (*) stand for too many values: write them out'],
  },
];

const BAD_VALUES: readonly Bad[] = [
  { what: 'no targets', text: CREDENTIALS, problems: ['1:1: targets: is missing'] },
  {
    what: 'an empty list of targets',
    text: `${CREDENTIALS}targets: []`,
    problems: ['4:10: targets: is empty: list a project and its clusters'],
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
    what: 'a misspelt nested key',
    text: before('atlas: {bas_url: 1}'),
    problems: ['1:9: atlas.bas_url: unknown key; did you mean base_url?'],
  },
  {
    what: 'an unknown key',
    text: inTarget('labels: [a]'),
    problems: [
      '7:5: targets[0].labels: unknown key; allowed are group_id, clusters, exclude, discovery_interval, credential, success_max_age, duration_max',
    ],
  },
  {
    what: 'a key that may be a secret',
    text: before('mdb_sa_sk_0: 2'),
    problems: ['1:1: unknown key; allowed are atlas, credentials, polling, defaults, targets'],
  },
  {
    what: '__proto__',
    text: before('atlas: {__proto__: {}}'),
    problems: [
      '1:9: atlas.__proto__: unknown key; allowed are base_url, request_timeout, page_size, max_pages, requests_per_minute, concurrency',
    ],
  },
  {
    what: 'a repeated key',
    text: before('atlas: {page_size: 1, page_size: 2}'),
    problems: ['1:23: this key is in line 1 too: keep one of them'],
  },
  {
    what: 'a section without a value',
    text: before('polling:'),
    problems: ['1:1: polling: is empty: give it a value or leave the key out'],
  },
  {
    what: 'a section of the wrong kind',
    text: before('polling: 60s'),
    problems: ['1:10: polling: must be keys with values, not text'],
  },
  {
    what: 'text instead of true or false',
    text: before('polling: {read_schedule: "no"}'),
    problems: ['1:26: polling.read_schedule: must be true or false'],
  },
  {
    what: 'clusters: All',
    text: clusters('All'),
    problems: ['6:15: targets[0].clusters: must be a list or all: put the name in brackets, such as [Cluster0]'],
  },
  {
    what: 'clusters as keys with values',
    text: clusters('{all: true}'),
    problems: ['6:15: targets[0].clusters: must be a list, not keys with values: each entry begins with a hyphen'],
  },
  {
    what: 'all clusters of a project, repeated',
    text: `${clusters('all')}  - {group_id: ${GROUP}, clusters: [a]}\n  - {group_id: ${OTHER_GROUP}, clusters: all}\n  - {group_id: ${GROUP}, clusters: all}\n`,
    problems: ['9:52: targets[3].clusters: all clusters of this project are already listed in line 6'],
  },
  {
    what: 'keys for clusters: all with a list of clusters',
    text: inTarget('exclude: [a]\n    discovery_interval: 1h'),
    problems: [
      '7:5: targets[0].exclude: has an effect only with clusters: all',
      '8:5: targets[0].discovery_interval: has an effect only with clusters: all',
    ],
  },
  {
    what: 'invalid patterns',
    text: `${clusters('all')}    exclude: ["ci_*", "", 7]\n    discovery_interval: 1s\n`,
    problems: [
      '7:15: targets[0].exclude[0]: "ci_*" is not a pattern for cluster names: letters, digits, hyphens, * and ?, at most 64',
      '7:23: targets[0].exclude[1]: "" is not a pattern for cluster names: letters, digits, hyphens, * and ?, at most 64',
      '7:27: targets[0].exclude[2]: YAML reads this as a number: put it in quotes',
      '8:25: targets[0].discovery_interval: must be at least 10s',
    ],
  },
  {
    what: 'a pattern instead of a list',
    text: `${clusters('all')}    exclude: ci-*\n`,
    problems: ['7:14: targets[0].exclude: must be a list, such as [scratch, "ci-*"]'],
  },
  {
    what: 'a cluster instead of a list',
    text: clusters('Cluster0'),
    problems: ['6:15: targets[0].clusters: must be a list or all: put the name in brackets, such as [Cluster0]'],
  },
  {
    what: 'no clusters',
    text: clusters('[]'),
    problems: ['6:15: targets[0].clusters: is empty: list the names of the clusters, such as [Cluster0], or write all'],
  },
  {
    what: 'invalid cluster names',
    text: clusters('[1e5, true, -x, {a: 1}]'),
    problems: [
      '6:16: targets[0].clusters[0]: YAML reads this as a number: put it in quotes',
      '6:21: targets[0].clusters[1]: YAML reads this as true or false: put it in quotes',
      '6:27: targets[0].clusters[2]: "-x" is not a cluster name: letters, digits and hyphens, at most 64, no hyphen at the front',
      '6:31: targets[0].clusters[3]: must be text, not keys with values',
    ],
  },
  {
    what: 'a group id of digits',
    text: GOOD.replace(GROUP, '123456789012345678901234'),
    problems: ['5:15: targets[0].group_id: YAML reads this as a number: put it in quotes'],
  },
  {
    what: 'a group id in capitals, and long',
    text: GOOD.replace(GROUP, GROUP.toUpperCase().repeat(2)),
    problems: [
      '5:15: targets[0].group_id: "32B6E34B3D91647ABB20E7B832B6E34B3D91647A…" is not a project id: 24 characters of 0-9 and a-f, as in the address of the project’s page in Atlas',
    ],
  },
  {
    what: 'durations without a unit',
    text: before('polling: {interval: 60, idle_interval: "300"}'),
    problems: [
      '1:21: polling.interval: 60 has no unit: write 60s',
      '1:40: polling.idle_interval: 300 has no unit: write 300s',
    ],
  },
  {
    what: 'durations that are too short, too long or invalid',
    text: before('polling: {interval: 500ms, idle_interval: 1.5h, max_stale: 2y}'),
    problems: [
      '1:21: polling.interval: must be at least 1s',
      '1:43: polling.idle_interval: must be a duration such as 90s, 1h30m or 8d',
      '1:60: polling.max_stale: must be at most 365d',
    ],
  },
  {
    what: 'numbers out of range',
    text: before('atlas: {page_size: 501, max_pages: 0, requests_per_minute: many, concurrency: 1.5}'),
    problems: [
      `1:20: atlas.page_size: ${NUMBER} 500, not 501`,
      `1:36: atlas.max_pages: ${NUMBER} 1000000, not 0`,
      `1:60: atlas.requests_per_minute: ${NUMBER} 1000000, not "many"`,
      `1:79: atlas.concurrency: ${NUMBER} 100, not 1.5`,
    ],
  },
  {
    what: 'values of the wrong kind',
    text: before('atlas: {page_size: [1], request_timeout: true, base_url: {a: b}}'),
    problems: [
      '1:20: atlas.page_size: must be a whole number, not a list',
      '1:42: atlas.request_timeout: YAML reads this as true or false: put it in quotes',
      '1:58: atlas.base_url: must be text, not keys with values',
    ],
  },
];

const MORE_BAD_VALUES: readonly Bad[] = [
  {
    what: 'targets of the wrong kind',
    text: `${CREDENTIALS}targets: {group_id: ${GROUP}, clusters: [a]}\n`,
    problems: ['4:10: targets: must be a list, not keys with values: each entry begins with a hyphen'],
  },
  {
    what: 'a name as a target',
    text: `${CREDENTIALS}targets: [Cluster0]\n`,
    problems: ['4:11: targets[0]: must be keys with values, not text'],
  },
  {
    what: 'a target without a project',
    text: `${CREDENTIALS}targets:\n  - clusters: [a]\n`,
    problems: ['5:5: targets[0].group_id: is missing'],
  },
  {
    what: 'a number below zero',
    text: before('polling: {max_active_jobs: -1}'),
    problems: ['1:28: polling.max_active_jobs: must be a whole number from 0 to 1000, not -1'],
  },
  {
    what: 'invalid limits',
    text: inTarget('success_max_age: 26\n    duration_max: soon'),
    problems: [
      '7:22: targets[0].success_max_age: 26 has no unit: write 26s',
      '8:19: targets[0].duration_max: must be a duration such as 90s, 1h30m or 8d',
    ],
  },
];

const MISPLACED: readonly Bad[] = [
  {
    what: 'no space after a colon',
    text: before('polling:\n  interval:60s'),
    problems: ['2:3: polling: must be keys with values, not text: a space has to follow the colon'],
  },
  {
    what: 'keys of a section at the top level',
    text: before('interval: 60s\ngroup_id: x'),
    problems: [
      '1:1: interval: unknown key: it belongs under polling',
      '2:1: group_id: unknown key: it belongs under targets',
    ],
  },
];

const BAD_RULES: readonly Bad[] = [
  {
    what: 'an idle interval that is too short',
    text: before('polling: {interval: 10m, idle_interval: 5m}'),
    problems: ['1:41: polling.idle_interval: is shorter than interval (10m): make it the same or longer'],
  },
  {
    what: 'a max_stale shorter than the idle interval',
    text: before('polling: {max_stale: 1m}'),
    problems: ['1:22: polling.max_stale: is shorter than idle_interval (5m): make it the same or longer'],
  },
  {
    what: 'a misspelt credential',
    text: inTarget('credential: mian'),
    problems: ['7:17: targets[0].credential: no credential has the name "mian": did you mean main?'],
  },
  {
    what: 'an unknown credential',
    text: inTarget('credential: zzz'),
    problems: ['7:17: targets[0].credential: no credential has the name "zzz": the credentials are main'],
  },
  {
    what: 'a target without one of several credentials',
    text: GOOD.replace('targets', '  - name: other\n    access_token_env: TOKEN\ntargets'),
    problems: ['7:5: targets[0].credential: is missing: there are several credentials (main, other)'],
  },
  {
    what: 'a repeated cluster',
    text: `${GOOD}  - group_id: ${OTHER_GROUP}\n    clusters: [Cluster0]\n  - group_id: ${GROUP}\n    clusters: [a, Cluster0]\n`,
    problems: ['10:19: targets[2].clusters[1]: this cluster of this project is already listed in line 6'],
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
];

function credential(...lines: readonly string[]): string {
  return GOOD.replace('    access_token_env: TOKEN\n', lines.map((line) => `    ${line}\n`).join(''));
}

const BAD_CREDENTIALS: readonly Bad[] = [
  {
    what: 'no kind',
    text: credential(),
    problems: ['2:5: credentials[0]: has no secret: give it service_account, api_key or access_token_file'],
  },
  {
    what: 'two kinds',
    text: credential('access_token: x', 'api_key: {public_key: a, private_key: b}'),
    problems: ['2:5: credentials[0]: has api_key and access_token: keep one of them'],
  },
  {
    what: 'two forms',
    text: credential('access_token: x', 'access_token_file: y'),
    problems: ['4:5: credentials[0].access_token_file: access_token is given too: keep one of them'],
  },
  {
    what: 'half of a key pair',
    text: credential('api_key: {public_key: p}'),
    problems: [
      '3:14: credentials[0].api_key: private_key is missing: give private_key_file, private_key_env or private_key',
    ],
  },
  {
    what: 'a kind without a value',
    text: credential('service_account:'),
    problems: ['3:5: credentials[0].service_account: is empty: give it a value or leave the key out'],
  },
  {
    what: 'an empty secret',
    text: credential('access_token: ""'),
    problems: ['3:19: credentials[0].access_token: is empty'],
  },
  {
    what: 'a number as a secret',
    text: credential('access_token: 12'),
    problems: ['3:19: credentials[0].access_token: YAML reads this as a number: put it in quotes'],
  },
  {
    what: 'a secret of two lines',
    text: credential('access_token: "a\\nb"'),
    problems: ['3:19: credentials[0].access_token: the secret has more than one line'],
  },
  {
    what: 'a secret with a space',
    text: credential('access_token: a b'),
    problems: ['3:19: credentials[0].access_token: the secret has a space or a character outside of ASCII'],
  },
  {
    what: 'a variable that is not set',
    text: credential('access_token_env: NOPE'),
    problems: ['3:23: credentials[0].access_token_env: this environment variable is not set'],
  },
  {
    what: 'a variable that is empty',
    text: credential('access_token_env: EMPTY'),
    problems: ['3:23: credentials[0].access_token_env: this environment variable is not set'],
  },
  {
    what: 'an invalid name of a variable',
    text: credential('access_token_env: $TOKEN'),
    problems: ['3:23: credentials[0].access_token_env: must be the name of an environment variable'],
  },
  {
    what: 'a directory as a file',
    text: credential('access_token_file: .'),
    problems: ['3:24: credentials[0].access_token_file: the file is a directory'],
  },
  {
    what: 'a device as a file',
    text: credential('access_token_file: /dev/zero'),
    problems: ['3:24: credentials[0].access_token_file: the file is not a regular file'],
  },
  {
    what: 'a file that is empty',
    text: credential('access_token_file: newline'),
    problems: ['3:24: credentials[0].access_token_file: the secret is empty'],
  },
  {
    what: 'a file that is large',
    text: credential('access_token_file: large'),
    problems: ['3:24: credentials[0].access_token_file: the file is too large for a secret'],
  },
  {
    what: 'a date that does not exist',
    text: credential('access_token_env: TOKEN', 'expires_at: 2027-02-30'),
    problems: [
      '4:17: credentials[0].expires_at: must be a date such as 2027-03-01 or a time such as 2027-03-01T12:00:00Z',
    ],
  },
  {
    what: 'a year as a date',
    text: credential('access_token_env: TOKEN', 'expires_at: 2027'),
    problems: [
      '4:17: credentials[0].expires_at: must be a date such as 2027-03-01 or a time such as 2027-03-01T12:00:00Z',
    ],
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
    problems: ['4:11: credentials[1].name: the credential in line 2 has this name too'],
  },
  ...['$TOKEN', `$\{TOKEN}`].map((text) => ({
    what: `a variable instead of its value, ${text}`,
    text: credential(`access_token: ${text}`),
    problems: [
      '3:19: credentials[0].access_token: variables are not replaced here: write the name of the variable, without $ and braces, as …_env',
    ],
  })),
  {
    what: 'the keys of a service account a level too high',
    text: credential('client_id: a\n    client_secret: b'),
    problems: [
      '2:5: credentials[0]: has no secret: give it service_account, api_key or access_token_file',
      '3:5: credentials[0].client_id: unknown key: it belongs under service_account',
      '4:5: credentials[0].client_secret: unknown key: it belongs under service_account',
    ],
  },
  {
    what: 'a misspelt key',
    text: credential('access_token_fil: x'),
    problems: [
      '2:5: credentials[0]: has no secret: give it service_account, api_key or access_token_file',
      '3:5: credentials[0]: unknown key; did you mean access_token_file?',
    ],
  },
];

const env = { TOKEN: 't0ken', EMPTY: '' };
const files = { newline: '\r\n', large: 'x'.repeat(70_000) };

describe.each([
  ['YAML', BAD_YAML],
  ['a value', [...BAD_VALUES, ...MORE_BAD_VALUES, ...MISPLACED]],
  ['values that do not fit together', BAD_RULES],
  ['a credential', BAD_CREDENTIALS],
])('problems with %s are reported with their place and what would be right, also by check', (_of, table) => {
  test.each(table)('$what', async ({ text, problems }) => {
    const loaded = await load(text, env, files);
    const told = problems.map((problem) => `c.yml:${problem}`);
    expect(printed(loaded)).toEqual(told);
    const count = `${told.length} problem${told.length === 1 ? '' : 's'}`;
    const stdout = `${[...told, '', count].join('\n')}\n`;
    expect(await check(text, env, files)).toEqual({ code: 2, stdout, stderr: '' });
  });
});

test('a repeated key does not hide other problems, and the line of the first one is named', async () => {
  expect(printed(await load(`${GOOD}targets: []\n`, { TOKEN: 'x' }))).toEqual([
    'c.yml:7:1: this key is in line 4 too: keep one of them',
    'c.yml:7:10: targets: is empty: list a project and its clusters',
  ]);
});

test('a mapping with thousands of unknown keys causes at most a hundred problems', async () => {
  const text = Array.from({ length: 5000 }, (_, index) => `a${index}: 1\n`).join('');
  expect(printed(await load(text, { MONGODB_ATLAS_ACCESS_TOKEN: 'x' }))).toHaveLength(101);
});

describe('base_url', () => {
  test.each([
    ['http://cloud.mongodb.com', 'must begin with https://: http:// is allowed for loopback addresses only'],
    ['http://127.0.0.1.example.com', 'must begin with https://: http:// is allowed for loopback addresses only'],
    ['https://u:p@cloud.mongodb.com', 'must not contain a user or a password: credentials are given elsewhere'],
    ['https://cloud.mongodb.com/api', 'must end after the host or port: no path, no query'],
    ['https://cloud.mongodb.com?', 'must end after the host or port: no path, no query'],
    ['https://cloud.mongodb.com#', 'must end after the host or port: no path, no query'],
    ['ftp://cloud.mongodb.com', 'must begin with https://'],
    ['cloud.mongodb.com', 'must be a URL such as https://cloud.mongodb.com'],
  ])('%s is refused, in the file and in the environment', async (url, why) => {
    expect(printed(await load(before(`atlas: {base_url: "${url}"}`), { TOKEN: 'x' }))).toEqual([
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
    'c.yml:1:21: polling.interval: 5 has no unit: write 5s',
    'c.yml:4:23: credentials[0].access_token_env: this environment variable is not set',
    'c.yml:5:11: credentials[1].name: the credential in line 3 has this name too',
    'c.yml:6:14: credentials[1].api_key: private_key is missing: give private_key_file, private_key_env or private_key',
    'c.yml:9:19: targets[0].clusters[1]: this cluster of this project is already listed in line 9',
    'c.yml:10:17: targets[0].credential: no credential has the name "two": the credentials are one',
    'c.yml:11:5: targets[0].sucess_max_age: unknown key; did you mean success_max_age?',
    'MONGODB_ATLAS_BASE_URL must be a URL such as https://cloud.mongodb.com',
  ]);
});

test('a hundred problems are listed, the others are counted', async () => {
  const pairs = Array.from({ length: 150 }, () => '-').join(', ');
  const lines = printed(await load(clusters(`[${pairs.replaceAll('-', '"-"')}]`), { TOKEN: 'x' }));
  expect(lines).toHaveLength(101);
  expect(lines.at(-1)).toMatch(/^and \d+ more problems$/);
});
