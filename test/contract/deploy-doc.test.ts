/** The configs, versions and values in deploy/ fit the program. */
import { readFileSync } from 'node:fs';
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
