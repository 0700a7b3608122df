/** The configs, versions and values in deploy/ fit the program. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { CHART } from '../../scripts/deploy-copies.ts';
import { configSchema } from '../../src/config/schema.ts';

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
