import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { obstacleTo, writeWhole } from '../../../src/commands/write-whole.ts';
import { directoryWith } from '../config/workspace.ts';

test('a file is replaced as a whole, readable by all whatever the umask says, and nothing is left beside it', async () => {
  const folder = directoryWith({ 'x.prom': 'old\n' });
  const path = join(folder, 'x.prom');
  chmodSync(path, 0o600);
  const before = statSync(path).ino;
  const umask = process.umask(0o077);
  await writeWhole(path, 'new\n', '1').finally(() => process.umask(umask));
  expect(readFileSync(path, 'utf8')).toBe('new\n');
  expect((statSync(path).mode & 0o777).toString(8)).toBe('644');
  // Another file in its place: who was reading the old one reads it to its end.
  expect(statSync(path).ino).not.toBe(before);
  expect(readdirSync(folder)).toEqual(['x.prom']);
});

test('what can’t be written leaves the old file alone, and no draft behind', async () => {
  const folder = directoryWith();
  mkdirSync(join(folder, 'x.prom'));
  await expect(writeWhole(join(folder, 'x.prom'), 'new\n', '1')).rejects.toMatchObject({ code: 'EISDIR' });
  expect(readdirSync(folder)).toEqual(['x.prom']);
  await expect(writeWhole(join(folder, 'nowhere', 'x.prom'), 'new\n', '1')).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a draft that is there already is not written into', async () => {
  const folder = directoryWith({ '.x.prom.1.tmp': 'of someone else' });
  await expect(writeWhole(join(folder, 'x.prom'), 'new\n', '1')).rejects.toMatchObject({ code: 'EEXIST' });
  expect(readFileSync(join(folder, '.x.prom.1.tmp'), 'utf8')).toBe('of someone else');
});

test('what could never be replaced is known before', async () => {
  const folder = directoryWith({ 'there.prom': '' });
  symlinkSync('/dev/null', join(folder, 'link.prom'));
  writeFileSync(join(folder, 'file'), '');
  expect(await obstacleTo(join(folder, 'new.prom'))).toBeUndefined();
  expect(await obstacleTo(join(folder, 'there.prom'))).toBeUndefined();
  expect(await obstacleTo(join(folder, 'nowhere', 'x.prom'))).toBe('its folder does not exist');
  expect(await obstacleTo(join(folder, 'file', 'x.prom'))).toBe('its folder does not exist');
  expect(await obstacleTo(join(folder, 'link.prom'))).toBe('it is there, and no ordinary file');
  expect(await obstacleTo(folder)).toBe('it is there, and no ordinary file');
});
