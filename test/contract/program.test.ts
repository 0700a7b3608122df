/**
 * The command line, run in this process: what each command prints and with which code it ends. `test/e2e` tests the same program
 * with real signals and pipes.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import v8 from 'node:v8';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { createFixedWorld } from '../support/fixed-world.js';
import { job } from '../support/jobs.ts';
import { GROUP_ID } from '../support/states.ts';

// The program sets flags for the whole process, which runs other tests later.
jest.spyOn(v8, 'setFlagsFromString').mockReturnValue(undefined);
const { run } = await import('../../src/app/program.ts');
const { argv, env } = process;
const open: (() => unknown)[] = [];
let printed: string;
let exited: Promise<unknown>;
/** Does what the first SIGTERM does; absent until the program handles it. */
let stop: (() => void) | undefined;

beforeEach(() => {
  printed = '';
  stop = undefined;
  const print = (text: unknown): boolean => {
    printed += String(text);
    return true;
  };
  jest.spyOn(process.stdout, 'write').mockImplementation(print);
  jest.spyOn(process.stderr, 'write').mockImplementation(print);
  exited = new Promise((resolve) => {
    jest.spyOn(process, 'exit').mockImplementation(((code: unknown) => resolve(code)) as never);
  });
});
afterEach(async () => {
  process.removeAllListeners('uncaughtException');
  jest.restoreAllMocks();
  process.exitCode = undefined;
  process.argv = argv;
  process.env = env;
  for (const close of open.splice(0).reverse()) await close();
});

function start(...args: readonly string[]): void {
  process.argv = [...argv.slice(0, 2), ...args];
  const nothing = (): void => undefined;
  const handleFirst = (handler: () => void): void => {
    stop = handler;
  };
  run({ hangUps: { handle: nothing, release: nothing }, stops: { handleFirst, release: nothing } });
}

async function until(is: () => unknown): Promise<void> {
  for (const deadline = Date.now() + 30_000; !is(); ) {
    if (Date.now() > deadline) throw new Error(`it did not happen; printed: ${printed}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function codeOf(...args: readonly string[]): Promise<unknown> {
  start(...args);
  await until(() => process.exitCode !== undefined);
  return process.exitCode;
}

async function atlas(): Promise<string> {
  const clusters = [{ name: 'one', exports: [job('Successful')] }];
  const simulator = await startSimulator({ world: createFixedWorld([{ id: GROUP_ID, name: 'Shop', clusters }]) });
  open.push(simulator.close);
  process.env = {
    ...env,
    MONGODB_ATLAS_BASE_URL: simulator.origin,
    MONGODB_ATLAS_ACCESS_TOKEN: simulator.credentials.accessToken,
  };
  return `${GROUP_ID}/one`;
}

describe('a command that ends by itself', () => {
  test('prints its version', async () => {
    expect(await codeOf('--version')).toBe(0);
    expect(printed).toMatch(/\d+\.\d+\.\d+/);
  });

  test.each([
    ['a flag that does not exist', ['--web.listen-adress', ':1'], '--web.listen-address'],
    ['a config file that does not exist', ['check', '--config.file', '/nowhere/c.yml'], '/nowhere/c.yml'],
    ['the same for the daemon', ['--config.file', '/nowhere/c.yml'], '/nowhere/c.yml'],
    ['a web config file that does not exist', ['demo', '--web.config.file', '/nowhere/w.yml'], '/nowhere/w.yml'],
    ['a reload without a file', ['--config.auto-reload', '--target', `${GROUP_ID}/one`], '--config.auto-reload'],
  ])('ends with 2 and names %s', async (_what, args, named) => {
    expect(await codeOf(...args)).toBe(2);
    expect(printed).toContain(named);
  });

  test('once prints the metrics of each target', async () => {
    expect(await codeOf('once', '--target', await atlas())).toBe(0);
    expect(printed).toMatch(/mongodbatlas_backup_export_up\{.*cluster_name="one"\} 1/);
  });

  test('health ends with 1 if nothing listens', async () => {
    expect(await codeOf('health', '--web.listen-address', '127.0.0.1:9')).toBe(1);
  });
});

describe('a daemon', () => {
  const anywhere = ['--web.listen-address', '127.0.0.1:0'];

  test.each([
    ['serve', '"msg":"listening"', () => atlas().then((target) => ['--target', target])],
    ['demo', 'Press Ctrl-C', () => Promise.resolve(['demo'])],
  ])('%s runs until SIGTERM, and then ends with 0', async (_command, says, args) => {
    start(...(await args()), ...anywhere);
    await until(() => stop && printed.includes(says));
    stop?.();
    expect(await exited).toBe(0);
  });

  test('says which port is in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    open.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    start('--target', await atlas(), '--web.listen-address', `127.0.0.1:${port}`);
    expect(await exited).toBe(1);
    expect(printed).toContain(`another program uses port ${port}`);
  });
});
