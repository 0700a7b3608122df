/** The documents and generated files agree with the code, examples are valid, and links lead somewhere. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { compareSync } from 'bcryptjs';
import { parse } from 'yaml';
import { CHART, COPIES, namesIn } from '../../scripts/deploy-copies.ts';
import { generatedFiles } from '../../scripts/generated-files.ts';
import { FLAGS } from '../../src/cli/flags.ts';
import type { Field } from '../../src/collectors/collector.ts';
import { JOB_FIELDS } from '../../src/collectors/exports/fields.ts';
import { COLLECTORS, familiesOf } from '../../src/collectors/index.ts';
import { loadConfig } from '../../src/config/load.ts';
import { configSchema } from '../../src/config/schema.ts';
import { loadWebConfig } from '../../src/config/web/web-config.ts';
import { DEFAULT_DEMO_SPEED } from '../../src/simulator/demo-world.ts';
import {
  BUDGET_FIELDS,
  OUTAGE_FIELDS,
  PROJECT_FIELDS,
  READ_FIELDS,
  TARGET_FIELDS,
  targetsJson,
} from '../../src/web/api.ts';
import { createAuthority } from '../support/certificates.ts';
import { files } from '../support/files.ts';
import { FLEET_NOW, fleet, NOT_ALLOWED } from '../support/fleet.ts';
import { job } from '../support/jobs.ts';
import { overviewOf } from '../support/pages.ts';
import { snapshot, withSnapshots } from '../support/snapshots.ts';
import { polledState, withRecord, withSchedule } from '../support/states.ts';
import { temporaryFolder } from '../support/temporary.ts';

test('every family has a unique name and a HELP text without double quotes', () => {
  const families = familiesOf(COLLECTORS);
  expect(new Set(families.map(({ name }) => name)).size).toBe(families.length);
  for (const { name, help, type } of families) {
    expect(name).toMatch(/^mongodbatlas_backup_[a-z_]+$/);
    expect(help).toMatch(/^[^"\n]+\.$/);
    expect(name.endsWith('_total')).toBe(type === 'counter');
  }
});

test('every family has a sample in a golden page, so that a change of any shows there', () => {
  const page = readFileSync('test/fixtures/golden-metrics.txt', 'utf8');
  const missing = familiesOf(COLLECTORS).filter(({ name }) => !page.includes(`\n# TYPE ${name} `));
  expect(missing.map(({ name }) => name)).toEqual([]);
});

const root = join(import.meta.dirname, '../..');
const example = join(root, 'deploy/config/mongodbatlas-backup-exporter.example.yml');
const schema = join(root, 'deploy/config/mongodbatlas-backup-exporter.schema.json');

test('the default speed of the demo is the one in its help', () => {
  expect(FLAGS.find(({ name }) => name === 'speed')).toMatchObject({ defaults: { demo: String(DEFAULT_DEMO_SPEED) } });
});

test('the example config loads as it is', async () => {
  const text = readFileSync(example, 'utf8');
  const env = { MONGODB_ATLAS_CLIENT_ID: 'id', MONGODB_ATLAS_CLIENT_SECRET: 'secret' };
  const minimal = await loadConfig({ paths: [example], targets: [], env, cwd: '/', files });
  expect(minimal).toMatchObject({ warnings: [], config: { targets: [{ clusterName: 'Cluster0' }] } });
  expect(text.split('\n')[0]).toBe(`# yaml-language-server: $schema=./${basename(schema)}`);
  expect(dirname(schema)).toBe(dirname(example));
});

test('the example config loads with all commented lines included', async () => {
  const directory = temporaryFolder('example');
  mkdirSync(join(directory, 'secrets'));
  for (const name of ['production', 'legacy']) writeFileSync(join(directory, 'secrets', name), 'x\n');
  // Comments that are sentences have a space after the sign.
  const text = readFileSync(example, 'utf8')
    .replaceAll(/^( *)#(?! |$)/gm, '$1')
    .replaceAll(/^( *)#(?= {2})/gm, '$1');
  writeFileSync(join(directory, 'c.yml'), text);
  const env = { PRODUCTION_CLIENT_ID: 'id' };
  expect(await loadConfig({ paths: ['c.yml'], targets: [], env, cwd: directory, files })).toMatchObject({
    warnings: [],
    config: {
      atlas: { baseUrl: 'https://cloud.mongodbgov.com' },
      credentials: [{ name: 'production' }, { name: 'legacy' }],
      targets: [{ clusterName: 'Cluster0' }, { clusterName: 'analytics' }, { clusterName: 'billing' }],
      discoveries: [{ exclude: ['tmp-*', 'scratch', 'ci-*'], discoveryIntervalSeconds: 600 }],
      organizations: [{ excludeProjects: ['*-sandbox'], include: ['prod-*'], overrides: [{ match: '*-weekly' }] }],
    },
  });
});

test('the patterns of the JSON Schema have no classes of Unicode, which Python and old editors do not know', () => {
  const patterns = readFileSync(schema, 'utf8').match(/"pattern": .*/g) ?? [];
  expect(patterns.length).toBeGreaterThan(3);
  expect(patterns.filter((pattern) => pattern.includes(String.raw`\\p`))).toEqual([]);
});

const webExample = readFileSync('deploy/config/web-config.example.yml', 'utf8');

test('the example of the web config is valid as it is, and with every commented line enabled', async () => {
  const folder = temporaryFolder('web-example');
  const authority = createAuthority();
  const { certFile, keyFile } = authority.issue('server');
  copyFileSync(certFile, join(folder, 'server.pem'));
  copyFileSync(keyFile, join(folder, 'server.key'));
  copyFileSync(authority.certFile, join(folder, 'clients.pem'));
  const load = async (text: string) => {
    writeFileSync(join(folder, 'web.yml'), text);
    return await loadWebConfig('web.yml', { cwd: folder, files }, Date.now() / 1000);
  };
  expect(await load(webExample)).toMatchObject({ webConfig: { tls: { clientAuthType: 'NoClientCert' }, headers: {} } });
  const whole = await load(webExample.replaceAll(/^( *)#(?! |$)/gm, '$1').replaceAll(/^#(?= {2})/gm, ''));
  expect(whole).toMatchObject({
    webConfig: {
      tls: { clientAuthType: 'RequireAndVerifyClientCert' },
      headers: { 'Strict-Transport-Security': 'max-age=31536000' },
    },
  });
  if ('problems' in whole) throw new Error();
  expect(whole.webConfig.tls?.context().minVersion).toBe('TLSv1.3');
  expect(compareSync('example', whole.webConfig.users.get('prometheus') ?? '')).toBe(true);
});

const read = (path: string) => readFileSync(path, 'utf8');

test('the chart and the manifests are for this version', () => {
  const { version } = JSON.parse(read('package.json')) as { version: string };
  const chart = parse(read(`${CHART}/Chart.yaml`)) as { annotations: Record<string, string> };
  expect(chart).toMatchObject({ version, appVersion: version });
  expect(chart.annotations['artifacthub.io/images']).toContain(`exporter:${version}\n`);
  expect(parse(read('deploy/kubernetes/base/kustomization.yaml'))).toMatchObject({ images: [{ newTag: version }] });
});

test('the chart runs the image that a release pushes, and its README installs the chart that a release pushes', () => {
  const { repository } = JSON.parse(read('package.json')) as { repository: { url: string } };
  const [, path, owner] = /github\.com\/(([^/]+)\/.*)\.git$/.exec(repository.url) ?? [];
  const release = read('.github/workflows/release.yml');
  expect(release).toMatch(/ IMAGE: ghcr\.io\/\$\{\{ github\.repository \}\}\n/);
  expect(release).toMatch(/ CHARTS: ghcr\.io\/\$\{\{ github\.repository_owner \}\}\/charts\n/);
  expect(parse(read(`${CHART}/values.yaml`))).toMatchObject({ image: { registry: 'ghcr.io', repository: path } });
  const addresses = read(`${CHART}/README.md`).match(/oci:\/\/\S+/g);
  expect(new Set(addresses)).toEqual(
    new Set([`oci://ghcr.io/${owner}/charts`, `oci://ghcr.io/${owner}/charts/${basename(CHART)}`]),
  );
});

test.each([
  ['deploy/kubernetes/base/mongodbatlas-backup-exporter.yml', (text: string) => parse(text) as unknown],
  [`${CHART}/ci/config-values.yaml`, (text: string) => (parse(text) as { config: unknown }).config],
  [`${CHART}/ci/corporate-proxy-values.yaml`, (text: string) => (parse(text) as { config: unknown }).config],
  [`${CHART}/ci/everything-values.yaml`, (text: string) => (parse(text) as { config: unknown }).config],
])('the config in %s is valid', (path, configIn) => {
  expect(configSchema.safeParse(configIn(read(path))).error).toBeUndefined();
});

test('values.yaml gives every value a default, and the README’s example is part of a tested values file', () => {
  expect(read(`${CHART}/README.md`)).not.toContain('`undefined`');
  const [example = ''] = /(?<=```yaml\n)[\s\S]*?(?=```)/.exec(read(`${CHART}/README.md`)) ?? [];
  expect(parse(read(`${CHART}/ci/config-values.yaml`))).toMatchObject(
    parse(example.replace('32b6e34b3d91647abb20e7b8', '123456789012345678901234')) as object,
  );
});

const documents = ['.', 'docs', 'deploy']
  .flatMap((folder) =>
    readdirSync(folder, { recursive: folder !== '.', encoding: 'utf8' }).map((file) => join(folder, file)),
  )
  .filter((file) => file.endsWith('.md'));

test('the scan finds the documents', () => {
  expect(documents).toEqual(expect.arrayContaining(['README.md', 'docs/metrics.md', 'deploy/prometheus/README.md']));
});

test.each(documents)('the relative links of %s lead to files', (document) => {
  const links = [...readFileSync(document, 'utf8').matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map(
    ([, link = '']) => link,
  );
  expect(links.filter((link) => !existsSync(join(dirname(document), link)))).toEqual([]);
});

const generated = await generatedFiles();

test.each([...generated])('%s is up to date; if not, run npm run docs and read the difference', (path, text) => {
  expect(readFileSync(path, 'utf8')).toBe(text);
});

test('the chart has no copy of a deleted file; if it does, run npm run docs', () => {
  const copies = ['rules', 'dashboards'].flatMap((folder) =>
    namesIn(`${COPIES}/${folder}`).map((name) => `${COPIES}/${folder}/${name}`),
  );
  expect(copies.filter((path) => !generated.has(path))).toEqual([]);
});

/** An answer that contains every field. */
function answer(): Record<string, unknown> {
  const jobs = [
    job('Failed', { createdAtSeconds: FLEET_NOW - 900, number: 2 }),
    job('InProgress', { createdAtSeconds: FLEET_NOW - 300, number: 3 }),
    job('Successful', { fields: { components: [{ exportId: 'a' }] } }),
  ];
  const settings = { paused: false, durationMaxSeconds: 60, successMaxAgeSeconds: 60, owner: 'payments' };
  const export_ = { bucketId: '5f0000000000000000000001', frequency: 'daily', hasPolicyItem: true };
  const schedule = { autoExportEnabled: true, export: export_, nextSnapshotAtSeconds: FLEET_NOW + 900 };
  const state = withSnapshots(withSchedule(polledState(jobs, settings), schedule), [snapshot(FLEET_NOW - 900)]);
  const last = { endedAtSeconds: FLEET_NOW - 1, durationSeconds: 1, failure: NOT_ALLOWED };
  const { groupId } = state.target;
  const discovery = { groupId, tried: true, up: false, goodAtSeconds: FLEET_NOW - 60, failure: NOT_ALLOWED };
  const level = {
    capacityRequests: 50,
    remainingRequests: 41.5,
    waitingRequests: 0,
    pausedForSeconds: 0,
    throttledSeconds: 0,
  };
  const atlas = { limit: 500, remaining: 480, ageSeconds: 1 };
  const budgets = [{ groupId, name: 'cloud_backups' as const, ...level, atlas }];
  const overview = overviewOf([withRecord(state, 'exports', { last })], {
    nowSeconds: FLEET_NOW,
    discoveries: [discovery],
    budgets,
    outage: { sinceSeconds: FLEET_NOW - 60, reason: 'timeout', problem: 'no answer', advice: 'wait' },
  });
  return JSON.parse(
    targetsJson(overview, { version: '1.2.3', nowSeconds: FLEET_NOW, collectors: COLLECTORS }),
  ) as Record<string, unknown>;
}

/** All of these objects, merged. */
function allOf(objects: unknown): Record<string, unknown> {
  return Object.assign({}, ...(objects as object[])) as Record<string, unknown>;
}

test.each<[string, readonly Field<never>[], (whole: ReturnType<typeof answer>) => unknown]>([
  [
    'targets',
    [
      ...TARGET_FIELDS,
      ...COLLECTORS.flatMap(({ fields = [] }) => fields),
      { name: 'reads', type: 'object' } as Field<never>,
    ],
    (whole) => whole['targets'],
  ],
  ['reads', READ_FIELDS, (whole) => Object.values(allOf(whole['targets'])['reads'] as object)],
  [
    'jobs',
    JOB_FIELDS,
    (whole) => [allOf(whole['targets'])].flatMap((one) => [one['newest_jobs'], one['active_jobs']].flat()),
  ],
  ['projects', PROJECT_FIELDS, (whole) => whole['projects']],
  ['the outage', OUTAGE_FIELDS, (whole) => [whole['outage']]],
  ['budgets', BUDGET_FIELDS, (whole) => allOf(whole['projects'])['budgets']],
])('the answer has every documented field of %s, with its type, and no other', (_what, fields, pick) => {
  const found = allOf(pick(answer()));
  expect(Object.keys(found).sort()).toEqual(fields.map(({ name }) => name).sort());
  for (const { name, type } of fields) {
    expect([name, Array.isArray(found[name]) ? 'array' : typeof found[name]]).toEqual([name, type]);
  }
});

test('the answer has the documented structure', () => {
  const fields = ['generated_timestamp_seconds', 'exporter_version', 'outage', 'targets', 'projects'];
  expect(Object.keys(answer())).toEqual(fields);
  expect(allOf(answer()['targets'])).toMatchObject({
    cluster_name: 'Cluster0',
    condition: 'overdue',
    findings: [
      { condition: 'overdue' },
      {
        condition: 'failed',
        problem: expect.stringContaining('EXPORT_FAILED'),
        advice: expect.any(String),
        alert: 'AtlasBackupExportFailed',
      },
      { condition: 'stuck' },
      { condition: 'unreachable' },
      { condition: 'running' },
    ],
    up: false,
    poll_failure: { reason: 'forbidden', status: 403, error_code: 'IP_ADDRESS_NOT_ON_ACCESS_LIST' },
    jobs: { queued: 0, in_progress: 1, successful: 1, failed: 1, cancelled: 0, unknown: 0 },
    failed_jobs: { EXPORT_FAILED: 1 },
  });
});

test('unknown values are absent', () => {
  const overview = overviewOf(fleet(1), { nowSeconds: FLEET_NOW });
  const { targets } = JSON.parse(
    targetsJson(overview, { version: '', nowSeconds: FLEET_NOW, collectors: COLLECTORS }),
  ) as {
    targets: object[];
  };
  expect(targets[0]).not.toHaveProperty('paused');
  expect(targets[0]).not.toHaveProperty('poll_failure');
  expect(targets[0]).toHaveProperty('up', true);
});
