import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type FileWatch, fingerprintOf, startFileWatch } from '../../../src/support/file-watch.ts';
import { createFakeRuntime, type FakeRuntime } from '../../support/fake-runtime.ts';

let folder: string;
let runtime: FakeRuntime;
let watch: FileWatch | undefined;
let changes: number;
let isSleeping: boolean;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'files-'));
  const fake = createFakeRuntime();
  isSleeping = false;
  runtime = {
    ...fake,
    async sleep(seconds, signal) {
      isSleeping = true;
      await fake.sleep(seconds, signal);
      isSleeping = false;
    },
  };
  changes = 0;
});
afterEach(() => {
  watch?.stop();
  rmSync(folder, { recursive: true });
});

const at = (name: string): string => join(folder, name);

async function start(...names: string[]): Promise<void> {
  const paths = names.map(at);
  startSince(await fingerprintOf(paths), paths);
}

function startSince(since: string, paths: readonly string[]): void {
  watch = startFileWatch({ look: () => fingerprintOf(paths), since, runtime, onChange: () => (changes += 1) });
}

/**
 * Reading files takes real time, which the fake runtime does not know, so each fake second waits until the reads have
 * ended.
 */
async function pass(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    await runtime.advance(1);
    while (!isSleeping) await setImmediate();
  }
}

describe('a file', () => {
  test('that is overwritten has changed, once', async () => {
    writeFileSync(at('a'), 'one');
    await start('a');
    await pass(12);
    expect(changes).toBe(0);
    writeFileSync(at('a'), 'two');
    await pass(30);
    expect(changes).toBe(1);
  });

  test('with new content has changed, also with the same size and time', async () => {
    writeFileSync(at('a'), 'one');
    utimesSync(at('a'), 1000, 1000);
    await start('a');
    writeFileSync(at('a'), 'two');
    utimesSync(at('a'), 1000, 1000);
    await pass(12);
    expect(changes).toBe(1);
  });

  test('that is replaced by renaming, as editors do, has changed; with the same content it has not', async () => {
    writeFileSync(at('a'), 'one');
    await start('a');
    writeFileSync(at('.a.swp'), 'one');
    renameSync(at('.a.swp'), at('a'));
    await pass(12);
    expect(changes).toBe(0);
    writeFileSync(at('.a.swp'), 'two');
    renameSync(at('.a.swp'), at('a'));
    await pass(12);
    expect(changes).toBe(1);
  });

  test('behind a symbolic link that is switched, as in Kubernetes, has changed', async () => {
    for (const [name, content] of [
      ['..1', 'one'],
      ['..2', 'two'],
    ] as const) {
      mkdirSync(at(name));
      writeFileSync(at(`${name}/config.yml`), content);
    }
    symlinkSync('..1', at('..data'));
    symlinkSync('..data/config.yml', at('config.yml'));
    await start('config.yml');
    symlinkSync('..2', at('..data_tmp'));
    renameSync(at('..data_tmp'), at('..data'));
    rmSync(at('..1'), { recursive: true });
    await pass(12);
    expect(changes).toBe(1);
  });

  test('that is missing has changed, and again when it returns, with the same content too', async () => {
    writeFileSync(at('a'), 'one');
    await start('a');
    unlinkSync(at('a'));
    await pass(12);
    expect(changes).toBe(1);
    writeFileSync(at('a'), 'one');
    await pass(12);
    expect(changes).toBe(2);
    unlinkSync(at('a'));
    await pass(12);
    writeFileSync(at('a'), 'two');
    await pass(12);
    expect(changes).toBe(4);
  });

  test('that is missing for a moment between two looks has not changed', async () => {
    writeFileSync(at('a'), 'one');
    await start('a');
    await pass(3);
    unlinkSync(at('a'));
    await pass(1);
    writeFileSync(at('a'), 'one');
    await pass(12);
    expect(changes).toBe(0);
  });

  test('that is no longer known has changed, once', async () => {
    writeFileSync(at('a'), 'one');
    await start('a');
    watch?.forget();
    await pass(20);
    expect(changes).toBe(1);
  });

  test('that disappears while another changes is reported when it returns, also with its old content', async () => {
    writeFileSync(at('a'), 'one');
    writeFileSync(at('b'), 'one');
    await start('a', 'b');
    writeFileSync(at('a'), 'two');
    writeFileSync(at('b'), 'two');
    await pass(5);
    unlinkSync(at('b'));
    await pass(12);
    expect(changes).toBe(1);
    writeFileSync(at('b'), 'two');
    await pass(12);
    expect(changes).toBe(2);
  });

  test('that is still being written is reported when it stops changing', async () => {
    writeFileSync(at('a'), '');
    await start('a');
    for (let length = 1; length <= 10; length += 1) {
      writeFileSync(at('a'), 'x'.repeat(length));
      await pass(1);
      expect(changes).toBe(0);
    }
    await pass(3);
    expect(changes).toBe(1);
  });

  test('that changes after it was used and before the watch starts has changed', async () => {
    writeFileSync(at('a'), 'one');
    const since = await fingerprintOf([at('a')]);
    writeFileSync(at('a'), 'two');
    startSince(since, [at('a')]);
    await pass(12);
    expect(changes).toBe(1);
  });

  test('that is a folder or cannot be read never changes', async () => {
    await start('nothing', '.');
    await pass(12);
    expect(changes).toBe(0);
  });
});

test('files that change together are reported once', async () => {
  for (const name of ['cert', 'key']) writeFileSync(at(name), 'old');
  await start('cert', 'key');
  for (const name of ['cert', 'key']) {
    writeFileSync(at(name), 'new');
    await pass(1);
  }
  await pass(12);
  expect(changes).toBe(1);
});

test('a change found while the watch is being stopped is not reported', async () => {
  let endLook = (_look: string): void => undefined;
  let looks = 0;
  const changed = 'two';
  watch = startFileWatch({
    look() {
      looks += 1;
      return looks === 1 ? Promise.resolve(changed) : new Promise((resolve) => (endLook = resolve));
    },
    since: 'one',
    runtime,
    onChange: () => (changes += 1),
  });
  await runtime.advance(6);
  expect(looks).toBe(2);
  watch.stop();
  endLook(changed);
  await runtime.settle();
  expect(changes).toBe(0);
});

test('no file is read after the watch was stopped', async () => {
  writeFileSync(at('a'), 'one');
  await start('a');
  watch?.stop();
  writeFileSync(at('a'), 'two');
  await pass(20);
  expect(changes).toBe(0);
});
