import { describe, expect, test } from '@jest/globals';
import { AtlasError } from '../../../src/atlas/error.ts';
import type { Finding } from '../../../src/collectors/collector.ts';
import { fileChecksAsText, outcomeAsText } from '../../../src/commands/check-table.ts';
import { formatTable, forScreen, PAINT, startProgress } from '../../../src/commands/command.ts';
import type { Outcome, TargetOutcome, Unread } from '../../../src/commands/poll-once.ts';
import type { CredentialConfig } from '../../../src/config/config.ts';
import { failureOf } from '../../../src/polling/failure-log.ts';
import { createRecordingTerminal } from '../../support/commands.ts';
import { configFor, secret } from '../../support/daemon.ts';
import { createFakeRuntime } from '../../support/fake-runtime.ts';
import { GROUP_ID } from '../../support/states.ts';

type Screen = Parameters<typeof outcomeAsText>[3];

const PLAIN: Screen = { columns: undefined, hasColours: false };
const NOW = 1_790_000_000;

function polled(clusterName: string, rest: Partial<TargetOutcome> = {}): TargetOutcome {
  const target = { ...targetOf(clusterName), credential: 'main' };
  return {
    target,
    read: readOf(31),
    newestSuccessAtSeconds: NOW - 3 * 3600,
    findings: [{ condition: 'fine' }],
    failures: [],
    ...rest,
  };
}

function targetOf(clusterName: string) {
  const key = `${GROUP_ID}/${clusterName}`;
  return { key, groupId: GROUP_ID, clusterName, projectName: 'Shop', discovered: false };
}

function readOf(items: number) {
  return { pages: 1, items, dropped: {} };
}

function unreadExports(error: AtlasError): Unread {
  return { what: 'exports', resource: 'list of export jobs', isPart: false, failure: failureOf(error) };
}

const unread = { read: undefined, newestSuccessAtSeconds: undefined };
const forbidden = unreadExports(new AtlasError('forbidden', 'Atlas answered 403', { status: 403 }));
const notFound = unreadExports(new AtlasError('not_found', 'Atlas answered 404 CLUSTER_NOT_FOUND'));

const forbiddenSchedule: Unread = { ...forbidden, what: 'schedule', resource: 'backup schedule', isPart: true };

const overdue = (days: number): Finding => ({
  condition: 'overdue',
  problem: `the last success is ${days} days old`,
  advice: 'check the schedule',
});
const failed: Finding = { condition: 'failed', problem: 'the latest export failed', advice: 'export it again' };

const NOTHING: Outcome = { listings: [], rules: [], warnings: [], projects: [], targets: [] };
const show = (outcome: Partial<Outcome>, isAll = false, screen: Screen = PLAIN) =>
  outcomeAsText({ ...NOTHING, ...outcome }, NOW, isAll, screen);

describe('the outcome of polling once as a table', () => {
  test('is one line if all is well, and has a row for each target with --all', () => {
    const targets = [polled('orders'), polled('new', { read: readOf(0), newestSuccessAtSeconds: undefined })];
    expect(show({ projects: [], targets })).toBe('\nAll is well: 2 clusters polled. --all lists them.\n');
    expect(show({ projects: [], targets }, true)).toBe(`
CLUSTER  PROJECT  CREDENTIAL  RESULT  JOBS  PAGES  NEWEST SUCCESS
orders   Shop     main        ok        31      1         3 h ago
new      Shop     main        ok         0      1            none

All is well: 2 clusters polled.
`);
  });

  test('has what could not be read first, then what is wrong, the most urgent first, each with advice', () => {
    const targets = [
      polled('fine'),
      polled('late', { findings: [overdue(3), failed] }),
      polled('broken', { findings: [failed] }),
      polled('older', { findings: [overdue(9)] }),
      {
        ...polled('gone', { findings: [{ condition: 'unreachable', problem: 'x' }], failures: [notFound] }),
        ...unread,
      },
      polled('orders', { failures: [forbiddenSchedule] }),
    ];
    const project = { groupId: '5e00000000000000000000ff', credential: 'main', clusters: 0 };
    const projects = [{ ...project, failures: [{ ...forbidden, what: 'clusters', resource: 'list of clusters' }] }];
    expect(show({ projects, targets })).toBe(
      `
CLUSTER  PROJECT                   CREDENTIAL  RESULT               JOBS  PAGES  NEWEST SUCCESS
(all)    5e00000000000000000000ff  main        forbidden
gone     Shop                      main        not_found
orders   Shop                      main        schedule: forbidden    31      1         3 h ago
late     Shop                      main        overdue, failed        31      1         3 h ago
older    Shop                      main        overdue                31      1         3 h ago
broken   Shop                      main        failed                 31      1         3 h ago

forbidden: the list of clusters cannot be read: Atlas answered 403 (1)
  → ${forbidden.failure.advice}
    project 5e00000000000000000000ff

not_found: the list of export jobs cannot be read: Atlas answered 404 CLUSTER_NOT_FOUND (1)
  → ${notFound.failure.advice}
    ${GROUP_ID}/gone (Shop)

forbidden: the backup schedule cannot be read: Atlas answered 403 (1)
  → ${forbidden.failure.advice}
    ${GROUP_ID}/orders (Shop)

overdue (2)
  → check the schedule
    ${GROUP_ID}/late (Shop): the last success is 3 days old
    ${GROUP_ID}/older (Shop): the last success is 9 days old

failed (2)
  → export it again
    ${GROUP_ID}/late (Shop): the latest export failed
    ${GROUP_ID}/broken (Shop): the latest export failed

3 failures. To look at: 5 clusters. Fine: 1 of 6 clusters. --all lists it.
`,
    );
    const table = (text: string) =>
      text
        .split('\n\n')[0]
        ?.split('\n')
        .map((line) => line.split(' ')[0]);
    expect(table(show({ projects, targets }, true))?.at(-1)).toBe('fine');
  });

  test('groups a thousand targets with the same failure, the largest group first', () => {
    const names = Array.from({ length: 1000 }, (_, index) => `c${index}`);
    const many = names.map((name) => ({ ...polled(name, { failures: [forbidden] }), ...unread }));
    const text = show({ projects: [], targets: [polled('gone', { failures: [notFound] }), ...many] });
    const [, , failures] = text.split('\n\n');
    expect(text.split('\n')).toHaveLength(1 + 1 + 1001 + 1 + 8 + 1 + 3 + 1 + 1 + 1);
    expect(text).toContain(`
forbidden: the list of export jobs cannot be read: Atlas answered 403 (1000)
  → ${forbidden.failure.advice}
    ${GROUP_ID}/c0 (Shop)
    ${GROUP_ID}/c1 (Shop)
    ${GROUP_ID}/c2 (Shop)
    ${GROUP_ID}/c3 (Shop)
    ${GROUP_ID}/c4 (Shop)
    and 995 more

not_found:`);
    expect(failures).toContain('not_found');
  });

  test('fits a terminal of 80 columns and keeps the ends of names', () => {
    const target = { ...targetOf('a-cluster-whose-name-is-too-long-orders'), credential: 'main' };
    const rows = show({ projects: [], targets: [polled('gone', { target, failures: [notFound] })] }, true, {
      ...PLAIN,
      columns: 80,
    })
      .split('\n')
      .slice(1, 3);
    expect(Math.max(...rows.map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(rows[1]).toMatch(/^….*-orders +Shop /);
  });

  test('warns about a project without a cluster to watch', () => {
    const projects = [{ groupId: GROUP_ID, credential: 'main', clusters: 0, failures: [] }];
    expect(show({ projects, targets: [] })).toContain(`no cluster to watch was found (1)\n    project ${GROUP_ID}\n`);
  });

  test('shows what each entry of the config has found, and patterns that match nothing', () => {
    const text = show({
      targets: [polled('a')],
      rules: [
        { place: 'c.yml:4', projects: 40, clusters: 1000 },
        { place: 'c.yml:9', projects: 1, clusters: 3 },
      ],
      warnings: ['c.yml:9: include "x*": a pattern of the config matches no cluster'],
    });
    expect(text).toContain(`
warning: c.yml:9: include "x*": a pattern of the config matches no cluster

ENTRY OF THE CONFIG  PROJECTS  CLUSTERS
c.yml:4                    40      1000
c.yml:9                     1         3
`);
  });

  test('shows a list of projects that cannot be read, as a failure', () => {
    const failures = [{ ...notFound, what: 'projects', resource: 'list of projects' }];
    const text = show({ listings: [{ credential: 'main', projects: 0, failures }] });
    expect(text).toContain('(all)    (all)    main        not_found');
    expect(text).toContain('the list of projects cannot be read: ');
    expect(text).toContain('credential main');
    expect(text).toContain('1 failure.');
  });

  test('has colours if the terminal shows them', () => {
    const targets = [polled('a'), polled('b', { failures: [notFound] }), polled('c', { findings: [failed] })];
    const text = show({ projects: [], targets }, true, { ...PLAIN, hasColours: true });
    expect(text).toContain('\u001B[32mok\u001B[0m');
    expect(text).toContain('\u001B[31mnot_found\u001B[0m');
    expect(text).toContain('\u001B[33mfailed\u001B[0m');
    const plain = [0, 1, 31, 32, 33].reduce((rest, code) => rest.replaceAll(`\u001B[${code}m`, ''), text);
    expect(plain).toBe(show({ projects: [], targets }, true));
  });
});

describe('the checks of files as a table', () => {
  const credentials: readonly CredentialConfig[] = [
    {
      name: 'main',
      kind: 'service_account',
      secrets: { client_id: secret('x'), client_secret: { ...secret('y'), description: 'file /s' } },
    },
    { name: 'legacy', kind: 'api_key', secrets: { public_key: secret('x'), private_key: secret('y') } },
  ];
  const config = configFor(
    { origin: 'http://localhost' },
    {
      credentials,
      targets: ['a', 'b'].map((clusterName) => ({ groupId: GROUP_ID, clusterName, credential: 'main' })),
      discoveries: [{ groupId: GROUP_ID, credential: 'legacy', exclude: [], discoveryIntervalSeconds: 600 }],
    },
  );

  test('shows what is watched, the credentials and where their secrets come from', () => {
    const text = fileChecksAsText({ problems: [], warnings: ['look at this'], config, configFiles: ['/c.yml'] }, PLAIN);
    expect(text).toBe(`warning: look at this
ok: /c.yml

Watches 2 named clusters in 1 project and the clusters found in 1 project.

CREDENTIAL  KIND             USED BY  SECRET         FROM
main        service account        2  client_id      inline
                                      client_secret  file /s
legacy      API key                1  public_key     inline
                                      private_key    inline
`);
  });

  test('names the web config file if it was checked', () => {
    const looked = {
      problems: [],
      warnings: [],
      configFiles: ['/c.yml'],
      webConfigFile: '/web.yml',
    };
    expect(fileChecksAsText(looked, PLAIN)).toBe('ok: /c.yml\nok: /web.yml\n');
  });

  test('shows every problem with its place, and nothing else', () => {
    const problems = [
      { file: 'c.yml', line: 1, column: 2, message: 'targets: is missing' },
      { message: 'no credential' },
    ];
    expect(fileChecksAsText({ problems, warnings: [] }, PLAIN)).toBe(
      'c.yml:1:2: targets: is missing\nno credential\n\n2 problems\n',
    );
  });

  test('says that a shard without a project watches nothing', () => {
    const empty = { ...config, targets: [], discoveries: [] };
    expect(fileChecksAsText({ problems: [], warnings: [], config: empty }, PLAIN)).toContain('Watches nothing.');
  });
});

const COLUMNS = { NAME: 'shrink', RESULT: 'left', JOBS: 'right' } as const;
const ROWS = [
  ['a-name-that-is-long/orders', 'ok', 12],
  ['b/c', 'not_found'],
];

test('a table is as wide as its texts, without spaces at the ends of lines', () => {
  expect(formatTable(COLUMNS, ROWS)).toBe(`\
NAME                        RESULT     JOBS
a-name-that-is-long/orders  ok           12
b/c                         not_found
`);
});

test('in a narrow terminal names are cut at the beginning', () => {
  const table = formatTable(COLUMNS, ROWS, 34);
  expect(table.split('\n').map(({ length }) => length)).toEqual([34, 34, 28, 0]);
  expect(table).toContain('\n…t-is-long/orders  ok ');
});

test('a column keeps at least twelve characters', () => {
  expect(formatTable(COLUMNS, ROWS, 5)).toContain('…long/orders  ok');
});

test('colours do not change the width of columns, and a terminal without colours gets none', () => {
  const painted = (hasColours: boolean) =>
    forScreen(formatTable({ A: 'left', B: 'left' }, [[PAINT.bad('x'), 'y']]), { hasColours });
  expect(painted(true)).toBe('A  B\n\u001B[31mx\u001B[0m  y\n');
  expect(painted(false)).toBe('A  B\nx  y\n');
});

function setUp(isWatched: boolean) {
  const runtime = createFakeRuntime();
  const { terminal, output } = createRecordingTerminal({ isWatched });
  let ended = 0;
  const stop = startProgress(terminal, runtime, () => ({ ended: ended++, total: 40, requests: 7 }));
  return { runtime, output, stop };
}

test('progress in a terminal is one line that changes each second and is cleared at the end', async () => {
  const { runtime, output, stop } = setUp(true);
  await runtime.advance(2);
  expect(output.stderr).toBe(
    '\u001B[2Kpolling Atlas: 0 of 40 reads done, 7 requests in 1 s\r\u001B[2Kpolling Atlas: 1 of 40 reads done, 7 requests in 2 s\r',
  );
  stop();
  expect(output.stderr.endsWith('\r\u001B[2K')).toBe(true);
  expect(output.stdout).toBe('');
});

test('progress in a log is a line every ten seconds', async () => {
  const { runtime, output, stop } = setUp(false);
  await runtime.advance(25);
  stop();
  await runtime.advance(25);
  expect(output.stderr).toBe(
    'polling Atlas: 0 of 40 reads done, 7 requests in 10 s\npolling Atlas: 1 of 40 reads done, 7 requests in 20 s\n',
  );
});

test('a short command shows no progress', async () => {
  const { runtime, output, stop } = setUp(true);
  await runtime.advance(0.5);
  stop();
  await runtime.advance(5);
  expect(output.stderr).toBe('');
});
