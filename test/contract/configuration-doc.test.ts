import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { FLAGS } from '../../src/cli/flags.ts';
import { loadConfig } from '../../src/config/load.ts';
import { DEFAULT_DEMO_SPEED } from '../../src/simulator/demo-world.ts';
import { files } from '../support/files.ts';
import { temporaryFolder } from '../support/temporary.ts';

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
