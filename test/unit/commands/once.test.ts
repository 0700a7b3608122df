import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { obstacleTo, replaceFile } from '../../../src/commands/once.ts';
import { directoryWith } from '../config/workspace.ts';

test('a file is replaced in one step, readable by all despite the umask, without other files in its folder', async () => {
  const folder = directoryWith({ 'x.prom': 'old\n' });
  const path = join(folder, 'x.prom');
  chmodSync(path, 0o600);
  const before = statSync(path).ino;
  const umask = process.umask(0o077);
  await replaceFile(path, 'new\n', '1').finally(() => process.umask(umask));
  expect(readFileSync(path, 'utf8')).toBe('new\n');
  expect((statSync(path).mode & 0o777).toString(8)).toBe('644');
  // A new file: a program that was reading the old one can read it to its end.
  expect(statSync(path).ino).not.toBe(before);
  expect(readdirSync(folder)).toEqual(['x.prom']);
});

test('a failed write keeps the old file and removes the temporary one', async () => {
  const folder = directoryWith();
  mkdirSync(join(folder, 'x.prom'));
  await expect(replaceFile(join(folder, 'x.prom'), 'new\n', '1')).rejects.toMatchObject({ code: 'EISDIR' });
  expect(readdirSync(folder)).toEqual(['x.prom']);
  await expect(replaceFile(join(folder, 'nowhere', 'x.prom'), 'new\n', '1')).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a temporary file of another writer is not overwritten', async () => {
  const folder = directoryWith({ '.x.prom.1.tmp': 'of someone else' });
  await expect(replaceFile(join(folder, 'x.prom'), 'new\n', '1')).rejects.toMatchObject({ code: 'EEXIST' });
  expect(readFileSync(join(folder, '.x.prom.1.tmp'), 'utf8')).toBe('of someone else');
});

test('a path that can never be written is found beforehand', async () => {
  const folder = directoryWith({ 'there.prom': '' });
  symlinkSync('/dev/null', join(folder, 'link.prom'));
  writeFileSync(join(folder, 'file'), '');
  expect(await obstacleTo(join(folder, 'new.prom'))).toBeUndefined();
  expect(await obstacleTo(join(folder, 'there.prom'))).toBeUndefined();
  expect(await obstacleTo(join(folder, 'nowhere', 'x.prom'))).toBe('its folder does not exist');
  expect(await obstacleTo(join(folder, 'file', 'x.prom'))).toBe('its folder does not exist');
  expect(await obstacleTo(join(folder, 'link.prom'))).toBe('it exists and is no ordinary file');
  expect(await obstacleTo(folder)).toBe('it exists and is no ordinary file');
});
