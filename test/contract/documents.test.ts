/** The documents agree with the code, their examples are valid, and their links lead somewhere. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { compareSync } from 'bcryptjs';
import { parse } from 'yaml';
import { CHART } from '../../scripts/deploy-copies.ts';
import { FLAGS } from '../../src/cli/flags.ts';
import { COLLECTORS, familiesOf } from '../../src/collectors/index.ts';
import { loadConfig } from '../../src/config/load.ts';
import { configSchema } from '../../src/config/schema.ts';
import { loadWebConfig } from '../../src/config/web/web-config.ts';
import { DEFAULT_DEMO_SPEED } from '../../src/simulator/demo-world.ts';
import { createAuthority } from '../support/certificates.ts';
import { files } from '../support/files.ts';
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
    return await loadWebConfig('web.yml', { cwd: folder, files });
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
