import { chmodSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { replaceFile } from '../../../src/commands/once.ts';
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

test('a symbolic link stays: the file that it names is replaced', async () => {
  const [folder, real] = [directoryWith(), directoryWith({ 'x.prom': 'old\n' })];
  symlinkSync(join(real, 'x.prom'), join(folder, 'link.prom'));
  await replaceFile(join(folder, 'link.prom'), 'new\n', '1');
  expect(readFileSync(join(real, 'x.prom'), 'utf8')).toBe('new\n');
  expect(lstatSync(join(folder, 'link.prom')).isSymbolicLink()).toBe(true);
  expect([readdirSync(folder), readdirSync(real)]).toEqual([['link.prom'], ['x.prom']]);
});

test('a file that cannot be written stays as it is, without a temporary one beside it', async () => {
  const folder = directoryWith({ file: '' });
  symlinkSync('/dev/null', join(folder, 'link.prom'));
  const codeOf = (path: string) => replaceFile(join(folder, path), 'new\n', '1').catch(({ code }) => code);
  expect(await codeOf(`${'x'.repeat(251)}.prom`)).toBe('ENAMETOOLONG');
  expect(await codeOf('nowhere/x.prom')).toBe('ENOENT');
  expect(await codeOf('file/x.prom')).toBe('ENOTDIR');
  for (const path of ['link.prom', '.'])
    await expect(replaceFile(join(folder, path), 'new\n', '1')).rejects.toThrow('no ordinary file');
  expect(readdirSync(folder)).toEqual(['file', 'link.prom']);
});
