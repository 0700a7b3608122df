/** What deploy/ says of the program, and what it holds twice, must not drift apart. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { configSchema } from '../../src/config/schema.ts';
import { CHART, COPIES, deployCopies, namesIn } from '../support/deploy-copies.ts';

const read = (path: string) => readFileSync(path, 'utf8');

if (process.env['UPDATE_DOCS']) {
  rmSync(COPIES, { recursive: true, force: true });
  for (const [path, text] of deployCopies()) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

test.each([...deployCopies()])('%s is what `npm run docs` makes', (path, made) => {
  expect(read(path)).toBe(made);
});

test('the chart has no copy of what is gone', () => {
  const copies = ['rules', 'dashboards'].flatMap((folder) =>
    namesIn(`${COPIES}/${folder}`).map((name) => `${COPIES}/${folder}/${name}`),
  );
  expect(copies.filter((path) => !deployCopies().has(path))).toEqual([]);
});

test('the chart and the manifests are for this version', () => {
  const { version } = JSON.parse(read('package.json')) as { version: string };
  expect(parse(read(`${CHART}/Chart.yaml`))).toMatchObject({ version, appVersion: version });
  expect(parse(read('deploy/kubernetes/base/kustomization.yaml'))).toMatchObject({ images: [{ newTag: version }] });
});

test.each([
  ['deploy/kubernetes/base/mongodbatlas-backup-exporter.yml', (text: string) => parse(text) as unknown],
  [`${CHART}/ci/config-values.yaml`, (text: string) => (parse(text) as { config: unknown }).config],
  [`${CHART}/ci/everything-values.yaml`, (text: string) => (parse(text) as { config: unknown }).config],
])('the config in %s is one', (path, configIn) => {
  expect(configSchema.safeParse(configIn(read(path))).error).toBeUndefined();
});

test('values.yaml gives every value a default, and the README’s example is among those that are tried', () => {
  expect(read(`${CHART}/README.md`)).not.toContain('`undefined`');
  const [example = ''] = /(?<=```yaml\n)[\s\S]*?(?=```)/.exec(read(`${CHART}/README.md`)) ?? [];
  expect(parse(read(`${CHART}/ci/config-values.yaml`))).toMatchObject(
    parse(example.replace('32b6e34b3d91647abb20e7b8', '123456789012345678901234')) as object,
  );
});
