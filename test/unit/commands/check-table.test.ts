import { describe, expect, test } from '@jest/globals';
import { AtlasError } from '../../../src/atlas/error.ts';
import { fileChecksAsText, outcomeAsText } from '../../../src/commands/check-table.ts';
import type { Outcome, TargetOutcome, Unread } from '../../../src/commands/poll-once.ts';
import type { CredentialConfig } from '../../../src/config/config.ts';
import { failureOf } from '../../../src/polling/failure-log.ts';
import { configFor, secret } from '../../support/daemon.ts';
import { GROUP_ID } from '../../support/states.ts';

type Screen = Parameters<typeof outcomeAsText>[2];

const PLAIN: Screen = { columns: undefined, hasColours: false };
const NOW = 1_790_000_000;

function polled(clusterName: string, rest: Partial<TargetOutcome> = {}): TargetOutcome {
  const target = { ...targetOf(clusterName), credential: 'main' };
  return { target, read: readOf(31), newestSuccessAtSeconds: NOW - 3 * 3600, failures: [], ...rest };
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

const show = (outcome: Outcome, screen: Screen = PLAIN) => outcomeAsText(outcome, NOW, screen);

describe('the outcome of polling once as a table', () => {
  test('has a row for each target, then a summary', () => {
    const targets = [polled('orders'), polled('new', { read: readOf(0), newestSuccessAtSeconds: undefined })];
    expect(show({ projects: [], targets })).toBe(`
TARGET                           CREDENTIAL  RESULT  JOBS  PAGES  NEWEST SUCCESS
${GROUP_ID}/orders  main        ok        31      1         3 h ago
${GROUP_ID}/new     main        ok         0      1            none

All is well: 2 clusters polled.
`);
  });

  test('has the failures at the end, with advice', () => {
    const targets = [
      polled('gone', { ...unread, failures: [notFound] }),
      polled('orders', { failures: [forbiddenSchedule] }),
      polled('fine'),
    ];
    const project = { groupId: '5e00000000000000000000ff', credential: 'main', clusters: 0 };
    const projects = [{ ...project, failures: [{ ...forbidden, what: 'clusters', resource: 'list of clusters' }] }];
    expect(show({ projects, targets })).toBe(
      `
TARGET                                   CREDENTIAL  RESULT               JOBS  PAGES  NEWEST SUCCESS
${GROUP_ID}/fine            main        ok                     31      1         3 h ago
${GROUP_ID}/gone            main        not_found
${GROUP_ID}/orders          main        schedule: forbidden    31      1         3 h ago
5e00000000000000000000ff (all clusters)  main        forbidden

not_found: Atlas answered 404 CLUSTER_NOT_FOUND; the list of export jobs cannot be read (1)
  → ${notFound.failure.advice}
    ${GROUP_ID}/gone

forbidden: Atlas answered 403; the backup schedule cannot be read (1)
  → ${forbidden.failure.advice}
    ${GROUP_ID}/orders

forbidden: Atlas answered 403; the list of clusters cannot be read (1)
  → ${forbidden.failure.advice}
    project 5e00000000000000000000ff

3 failures. Fine: 1 of 3 clusters.
`,
    );
  });

  test('groups a thousand targets with the same failure, the largest group first', () => {
    const many = Array.from({ length: 1000 }, (_, index) => polled(`c${index}`, { ...unread, failures: [forbidden] }));
    const text = show({ projects: [], targets: [polled('gone', { failures: [notFound] }), ...many] });
    const [, , failures] = text.split('\n\n');
    expect(text.split('\n')).toHaveLength(1 + 1 + 1001 + 1 + 8 + 1 + 3 + 1 + 1 + 1);
    expect(text).toContain(`
forbidden: Atlas answered 403; the list of export jobs cannot be read (1000)
  → ${forbidden.failure.advice}
    ${GROUP_ID}/c0
    ${GROUP_ID}/c1
    ${GROUP_ID}/c2
    ${GROUP_ID}/c3
    ${GROUP_ID}/c4
    and 995 more

not_found:`);
    expect(failures).toContain('not_found');
  });

  test('fits a terminal of 80 columns and keeps the ends of names', () => {
    const targets = [polled('orders'), polled('gone', { ...unread, failures: [notFound] })];
    const rows = show({ projects: [], targets }, { ...PLAIN, columns: 80 })
      .split('\n')
      .slice(1, 4);
    expect(Math.max(...rows.map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(rows[1]).toMatch(/^….*\/orders /);
  });

  test('warns about a project without a cluster to watch', () => {
    const projects = [{ groupId: GROUP_ID, credential: 'main', clusters: 0, failures: [] }];
    expect(show({ projects, targets: [] })).toContain(
      `warning: no cluster to watch was found in project ${GROUP_ID}\n`,
    );
  });

  test('has colours if the terminal shows them', () => {
    const targets = [polled('a'), polled('b', { failures: [notFound] })];
    const text = show({ projects: [], targets }, { ...PLAIN, hasColours: true });
    expect(text).toContain('\u001B[32mok\u001B[0m');
    expect(text).toContain('\u001B[31mnot_found\u001B[0m');
    const plain = [0, 1, 31, 32, 33].reduce((rest, code) => rest.replaceAll(`\u001B[${code}m`, ''), text);
    expect(plain).toBe(show({ projects: [], targets }));
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
    const text = fileChecksAsText(
      { problems: [], warnings: ['look at this'], config, configFiles: [{ path: '/c.yml', hasCredentials: true }] },
      PLAIN,
    );
    expect(text).toBe(`warning: look at this
ok: /c.yml

Watches 2 clusters by name in 1 project and every cluster of 1 project.

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
      configFiles: [{ path: '/c.yml', hasCredentials: true }],
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
