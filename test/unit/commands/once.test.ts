import { chmodSync, lstatSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { prepareOutput } from '../../../src/commands/once.ts';
import { directoryWith } from '../config/workspace.ts';

async function prepared(path: string): Promise<(text: string) => Promise<void>> {
  const output = await prepareOutput(path, '1');
  if ('problem' in output) throw new Error(output.problem);
  return output.value;
}

test('a file is replaced in one step, readable by all despite the umask, without other files in its folder', async () => {
  const folder = directoryWith({ 'x.prom': 'old\n' });
  const path = join(folder, 'x.prom');
  chmodSync(path, 0o600);
  const before = statSync(path).ino;
  const umask = process.umask(0o077);
  const write = await prepared(path);
  expect([readFileSync(path, 'utf8'), readdirSync(folder)]).toEqual(['old\n', ['x.prom']]);
  await write('new\n').finally(() => process.umask(umask));
  expect(readFileSync(path, 'utf8')).toBe('new\n');
  expect((statSync(path).mode & 0o777).toString(8)).toBe('644');
  // A new file: a program that was reading the old one can read it to its end.
  expect(statSync(path).ino).not.toBe(before);
  expect(readdirSync(folder)).toEqual(['x.prom']);
});

test('a symbolic link stays: the file that it names is replaced', async () => {
  const [folder, real] = [directoryWith(), directoryWith({ 'x.prom': 'old\n' })];
  symlinkSync(join(real, 'x.prom'), join(folder, 'link.prom'));
  await (await prepared(join(folder, 'link.prom')))('new\n');
  expect(readFileSync(join(real, 'x.prom'), 'utf8')).toBe('new\n');
  expect(lstatSync(join(folder, 'link.prom')).isSymbolicLink()).toBe(true);
  expect([readdirSync(folder), readdirSync(real)]).toEqual([['link.prom'], ['x.prom']]);
});

test('a write that fails keeps the old file and leaves no temporary one', async () => {
  const folder = directoryWith();
  const write = await prepared(join(folder, 'x.prom'));
  rmSync(folder, { recursive: true });
  await expect(write('new\n')).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a path that can never be written is found before the polls', async () => {
  const folder = directoryWith({ 'there.prom': '', file: '', '.mongodbatlas-backup-exporter.2.tmp': 'of another' });
  symlinkSync('/dev/null', join(folder, 'link.prom'));
  symlinkSync('nowhere', join(folder, 'dangling.prom'));
  const problem = async (path: string, nonce = '1') => {
    const output = await prepareOutput(path, nonce);
    return 'problem' in output ? output.problem : undefined;
  };
  expect(await problem(join(folder, 'new.prom'))).toBeUndefined();
  expect(await problem(join(folder, 'there.prom'))).toBeUndefined();
  expect(await problem(join(folder, `${'x'.repeat(250)}.prom`))).toBeUndefined();
  expect(await problem(join(folder, `${'x'.repeat(251)}.prom`))).toBe('it cannot be written (ENAMETOOLONG)');
  expect(await problem(join(folder, 'nowhere', 'x.prom'))).toBe('its folder does not exist');
  expect(await problem(join(folder, 'file', 'x.prom'))).toBe('its folder does not exist');
  expect(await problem(join(folder, 'link.prom'))).toBe('it exists and is no ordinary file');
  expect(await problem(join(folder, 'dangling.prom'))).toBe('it is a symbolic link to a file that does not exist');
  expect(await problem(folder)).toBe('it exists and is no ordinary file');
});
