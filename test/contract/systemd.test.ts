/** The systemd unit fits the program and its README. test/e2e checks its hardening with systemd itself. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { FLAGS } from '../../src/cli/flags.ts';

const NAME = 'mongodbatlas-backup-exporter';
const UNIT = readFileSync(`deploy/systemd/${NAME}.service`, 'utf8').replaceAll(/\\\n\s*/g, '');
const README = readFileSync('deploy/systemd/README.md', 'utf8');

function settings(name: string): readonly string[] {
  return [...UNIT.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value = '']) => value);
}

test('it starts the program that the README installs, with existing flags', () => {
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

test('the secret is at the path in the README’s config', () => {
  const [, id, source] = /^([^:]+):(.*)$/.exec(settings('LoadCredential')[0] ?? '') ?? [];
  expect(README).toContain(`client_secret_file: /run/credentials/${NAME}.service/${id}`);
  expect(README).toContain(`cat > ${source}`);
});

test('a service with an invalid config (exit code 2) is not restarted', () => {
  expect(settings('Restart')).toEqual(['always']);
  expect(settings('RestartPreventExitStatus')).toEqual(['2']);
});
