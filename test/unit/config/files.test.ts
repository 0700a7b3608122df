import { execFile, execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { createFileReader } from '../../../src/config/files.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { createFakeRuntime } from '../../support/fake-runtime.ts';
import { directoryWith, GROUP, printed } from './workspace.ts';

const HANGS = 'the file could not be read within 5 seconds: is its disk reachable?';

/** A disk that answers when the test decides. */
function createHangingDisk() {
  const started: string[] = [];
  const answers: ((text: string) => void)[] = [];
  const runtime = createFakeRuntime();
  const reader = createFileReader(runtime, async (path, { mustBeRegular }) => {
    if (!mustBeRegular) return await readFile(path);
    started.push(path);
    return await new Promise((resolve) => answers.push((text) => resolve(Buffer.from(text))));
  });
  const read = async (path: string): Promise<string> => {
    const text = await reader.readSmall(path, 100, 'a secret');
    return 'value' in text ? text.value : text.problem;
  };
  return { runtime, reader, read, started, answer: (text: string) => answers.shift()?.(text) };
}

describe('a disk that hangs', () => {
  test('ends every read after five seconds and is read once for any number of callers', async () => {
    const { runtime, read, started } = createHangingDisk();
    const reads = [read('/a'), read('/a'), read('/a')];
    await runtime.advance(5);
    expect(await Promise.all(reads)).toEqual([HANGS, HANGS, HANGS]);
    expect(await read('/a')).toBe(HANGS);
    expect(started).toEqual(['/a']);
  });

  test('does not keep other files from being read', async () => {
    const { read, answer, started } = createHangingDisk();
    const [hanging, other] = [read('/a'), read('/b')];
    answer('a');
    answer('b');
    expect([await hanging, await other, started]).toEqual(['a', 'b', ['/a', '/b']]);
  });

  test('is read again after it has answered', async () => {
    const { runtime, read, answer, started } = createHangingDisk();
    const first = read('/a');
    await runtime.advance(5);
    expect(await first).toBe(HANGS);
    answer('too late');
    await runtime.settle();
    const second = read('/a');
    answer('in time');
    expect([await second, started.length]).toEqual(['in time', 2]);
  });

  test('does not block a reload: the config has a problem with its place, at once if the disk still hangs', async () => {
    const { runtime, reader, started } = createHangingDisk();
    const cwd = directoryWith({
      'c.yml': `credentials: [{name: a, access_token_file: token}]\ntargets: [{group_id: ${GROUP}, clusters: [a]}]\n`,
    });
    const load = () => loadConfig({ paths: ['c.yml'], targets: [], env: {}, cwd, files: reader });
    const problems = [`c.yml:1:44: credentials[0].access_token_file: file ${join(cwd, 'token')}: ${HANGS}`];
    const first = load();
    while (started.length === 0) await runtime.settle();
    await runtime.advance(5);
    expect(printed(await first)).toEqual(problems);
    expect(printed(await load())).toEqual(problems);
  });
});

test('a pipe without a writer is not a secret, and as a config file it causes a timeout after 30 seconds', async () => {
  const directory = directoryWith();
  const path = join(directory, 'pipe');
  execFileSync('mkfifo', [path]);
  const runtime = createFakeRuntime();
  const reader = createFileReader(runtime);
  expect(await reader.readSmall(path, 100, 'a secret')).toEqual({
    problem: 'the file is not a regular file',
  });
  const text = reader.readText(path, 'pipe', 'config file');
  await runtime.advance(30);
  expect(await text).toEqual({ problem: expect.stringContaining('could not be read within 30 seconds') });
  await promisify(execFile)('sh', ['-c', `: > ${path}`]);
});

test('a config file may be a pipe, whose writer may come later', async () => {
  const path = join(directoryWith(), 'pipe');
  execFileSync('mkfifo', [path]);
  const text = createFileReader(createFakeRuntime()).readText(path, 'pipe', 'config file');
  await promisify(execFile)('sh', ['-c', `echo 'targets: []' > ${path}`]);
  expect(await text).toEqual({ value: 'targets: []\n' });
});

test('a missing file is reported with the folder for relative paths', async () => {
  const directory = directoryWith({ a: '' });
  const reader = createFileReader(createFakeRuntime());
  for (const path of [join(directory, 'b'), join(directory, 'a/b')]) {
    const problem = `the file does not exist (a relative path begins at the folder of the config file)`;
    expect(await reader.readSmall(path, 100, 'a secret')).toEqual({ problem });
  }
});
