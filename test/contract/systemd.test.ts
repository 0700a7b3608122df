/** What the unit says of the program. That it boots was seen; how hard it is, the end-to-end tests ask systemd. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { FLAGS } from '../../src/cli/flags.ts';

const NAME = 'mongodbatlas-backup-exporter';
const UNIT = readFileSync(`deploy/systemd/${NAME}.service`, 'utf8').replaceAll(/\\\n\s*/g, '');
const README = readFileSync('deploy/systemd/README.md', 'utf8');

function settings(name: string): readonly string[] {
  return [...UNIT.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value = '']) => value);
}

test('it starts what the README installs, with flags that there are', () => {
  const { bin, files } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    bin: Record<string, string>;
    files: string[];
  };
  const prefix = /npm install --prefix (\S+)/.exec(README)?.[1];
  const [start = ''] = settings('ExecStart');
  expect(start).toContain(`${prefix}/node_modules/${NAME}/${bin[NAME]} `);
  const flags = start.slice(start.indexOf('main.js')).match(/(?<= --)[a-z.-]+/g) ?? [];
  expect(flags).toEqual(['config.file']);
  expect(FLAGS.map(({ name }) => name)).toEqual(expect.arrayContaining(flags));
  expect(files).toContain('deploy/systemd');
});

test('the secret is where the README’s config looks for it', () => {
  const [, id, source] = /^([^:]+):(.*)$/.exec(settings('LoadCredential')[0] ?? '') ?? [];
  expect(README).toContain(`client_secret_file: /run/credentials/${NAME}.service/${id}`);
  expect(README).toContain(`cat > ${source}`);
});

test('a wrong config, which exits with 2, is not started again and again', () => {
  expect(settings('Restart')).toEqual(['always']);
  expect(settings('RestartPreventExitStatus')).toEqual(['2']);
});
