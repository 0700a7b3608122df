/** The built program and its config file: signals, the file's changes, POST. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { defaultCredentials, type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import { createAuthority } from '../support/certificates.ts';
import { createFixedWorld } from '../support/fixed-world.js';
import { job } from '../support/jobs.ts';
import { type Program, startProgram } from '../support/program.ts';
import { GROUP_ID } from '../support/states.ts';

let folder: string;
let simulator: Simulator;
const programs: Program[] = [];

beforeAll(async () => {
  const clusters = ['one', 'two'].map((name) => ({ name, exports: [job('Successful')] }));
  simulator = await startSimulator({ world: createFixedWorld([{ id: GROUP_ID, name: 'Shop', clusters }]) });
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'reload-'));
});
afterEach(async () => {
  for (const program of programs.splice(0)) if (program.process.exitCode === null) await program.stop('SIGKILL');
  rmSync(folder, { recursive: true });
});
afterAll(async () => simulator.close());

const configOf = (...clusters: string[]): string => `atlas: { base_url: ${JSON.stringify(simulator.origin)} }
credentials:
  - name: handed
    access_token: ${defaultCredentials.accessToken}
targets:
  - group_id: "${GROUP_ID}"
    clusters: ${JSON.stringify(clusters)}
`;

function run(...args: string[]): Program {
  const program = startProgram([...args, '--web.listen-address', '127.0.0.1:0'], { cwd: folder });
  programs.push(program);
  return program;
}

async function until(is: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 50_000;
  while (!(await is())) {
    if (Date.now() > deadline) throw new Error('it never became true');
    await setTimeout(20);
  }
}

const reloads = ({ output }: Program) =>
  output.stderr
    .split('\n')
    .filter((line) => line.includes('config reloaded'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/**
 * Whether the process has a handler for SIGHUP. If the system does not show this, the process has one as soon as it
 * listens.
 */
function minds({ process: { pid }, output }: Program): boolean {
  const status = `/proc/${pid}/status`;
  if (!existsSync('/proc/self/status')) return output.stderr.includes('listening');
  const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(status, 'utf8'))?.[1] ?? '0';
  return (Number.parseInt(caught.slice(-1), 16) & 1) === 1;
}

test('SIGHUP reloads the file that was there at the start', async () => {
  writeFileSync(join(folder, 'mongodbatlas-backup-exporter.yml'), configOf('one'));
  const program = run();
  const url = await program.listening();
  writeFileSync(join(folder, 'mongodbatlas-backup-exporter.yml'), configOf('one', 'two'));
  program.process.kill('SIGHUP');
  await until(async () =>
    (await (await fetch(`${url}/metrics`)).text()).includes(
      '_up{group_id="5e0000000000000000000001",cluster_name="two"} 1',
    ),
  );
  expect(reloads(program)).toEqual([
    expect.objectContaining({
      cause: 'SIGHUP',
      config_file: join(folder, 'mongodbatlas-backup-exporter.yml'),
      added: 1,
      removed: 0,
      kept: 1,
    }),
  ]);
  expect(await program.stop()).toBe(0);
});

test('a SIGHUP before the config is read does not end the program and is handled later', async () => {
  writeFileSync(join(folder, 'a.yml'), configOf('one'));
  const program = run('--config.file', 'a.yml');
  await until(() => minds(program));
  program.process.kill('SIGHUP');
  await until(() => reloads(program).length > 0);
  expect(program.output.stderr.indexOf('listening')).toBeLessThan(program.output.stderr.indexOf('config reloaded'));
  expect(await program.stop()).toBe(0);
});

test('SIGHUPs during the stop have no effect', async () => {
  writeFileSync(join(folder, 'a.yml'), configOf('one'));
  const program = run('--config.file', 'a.yml');
  await program.listening();
  program.process.kill('SIGTERM');
  for (let count = 0; count < 5; count += 1) program.process.kill('SIGHUP');
  expect(await program.ended).toBe(0);
  expect(program.output.stderr).not.toContain('not reloaded');
});

test('a file that is replaced through symbolic links is reloaded automatically, also after an invalid one', async () => {
  for (const [name, text] of [
    ['..1', configOf('one')],
    ['..2', 'targets: nonsense\n'],
    ['..3', configOf('two')],
  ] as const) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'a.yml'), text);
  }
  function switchTo(name: string): void {
    symlinkSync(name, join(folder, '..data_tmp'));
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
  }
  switchTo('..1');
  symlinkSync('..data/a.yml', join(folder, 'a.yml'));
  const program = run('--config.file', 'a.yml', '--config.auto-reload');
  await program.listening();
  switchTo('..2');
  await until(() => program.output.stderr.includes('a.yml:1:10: targets'));
  switchTo('..3');
  await until(() => reloads(program).length === 1);
  expect(reloads(program)).toEqual([
    expect.objectContaining({ cause: 'the file has changed', added: 1, removed: 1, kept: 0 }),
  ]);
  expect(await program.stop()).toBe(0);
});

test('a file that was missing at a reload and returns unchanged is reloaded', async () => {
  const file = join(folder, 'a.yml');
  writeFileSync(file, configOf('one'));
  const program = run('--config.file', 'a.yml', '--config.auto-reload');
  const url = await program.listening();
  const successful = async () =>
    /^\w+_config_last_reload_successful (\d)/m.exec(await (await fetch(`${url}/metrics`)).text())?.[1];
  renameSync(file, `${file}.away`);
  program.process.kill('SIGHUP');
  await until(async () => (await successful()) === '0');
  renameSync(`${file}.away`, file);
  await until(async () => (await successful()) === '1');
  expect(reloads(program)).toEqual([expect.objectContaining({ cause: 'the file has changed', kept: 1 })]);
  expect(await program.stop()).toBe(0);
});

test('a changed atlas.ca_file is reloaded too', async () => {
  const [old, next] = [createAuthority('old'), createAuthority('new')];
  const file = join(folder, 'ca.pem');
  writeFileSync(file, readFileSync(old.certFile));
  writeFileSync(join(folder, 'a.yml'), configOf('one').replace('atlas: {', 'atlas: { ca_file: ca.pem,'));
  const program = run('--config.file', 'a.yml', '--config.auto-reload');
  await program.listening();
  writeFileSync(file, readFileSync(next.certFile));
  await until(() => reloads(program).length === 1);
  expect(reloads(program)).toEqual([expect.objectContaining({ cause: 'the file has changed', kept: 1 })]);
  expect(await program.stop()).toBe(0);
});

test('POST /-/reload answers with the problems of the file and their places', async () => {
  writeFileSync(join(folder, 'a.yml'), configOf('one'));
  const program = run('--config.file', 'a.yml', '--web.enable-lifecycle');
  const url = await program.listening();
  writeFileSync(join(folder, 'a.yml'), `${configOf('one')}polling: { interval: 60 }\nnonsense: true\n`);
  const response = await fetch(`${url}/-/reload`, { method: 'POST' });
  expect(response.status).toBe(400);
  expect((await response.text()).split('\n')).toEqual([
    expect.stringMatching(/^a\.yml:8:22: .*60s/),
    expect.stringMatching(/^a\.yml:9:1: .*nonsense/),
    '',
  ]);
  rmSync(join(folder, 'a.yml'));
  const gone = await fetch(`${url}/-/reload`, { method: 'POST' });
  expect(`${gone.status} ${await gone.text()}`).toBe('400 config file a.yml does not exist\n');
});

test('without a config file nothing is watched, and a reload keeps the current config', async () => {
  const target = ['--target', `${GROUP_ID}/one`];
  const refused = run(...target, '--config.auto-reload');
  expect(await refused.ended).toBe(2);
  expect(refused.output.stderr).toBe('--config.auto-reload: --target uses no config file\n');
  const env = { MONGODB_ATLAS_BASE_URL: simulator.origin, MONGODB_ATLAS_ACCESS_TOKEN: defaultCredentials.accessToken };
  const program = startProgram([...target, '--web.listen-address', '127.0.0.1:0'], { cwd: folder, env });
  programs.push(program);
  await program.listening();
  program.process.kill('SIGHUP');
  await until(() => reloads(program).length === 1);
  expect(reloads(program)[0]).toMatchObject({ added: 0, removed: 0, kept: 1 });
});

test('SIGHUP ends the demo, as when its terminal is closed', async () => {
  const program = run('demo');
  await until(() => program.output.stdout.includes('status page'));
  expect(await program.stop('SIGHUP')).toBe('SIGHUP');
});
