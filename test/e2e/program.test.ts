/** The built program as its user sees it: arguments, exit codes, signals, what it prints. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { defaultCredentials, type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import { createFixedWorld } from '../support/fixed-world.js';
import { job } from '../support/jobs.ts';
import { type Program, startProgram } from '../support/program.ts';
import { GROUP_ID } from '../support/states.ts';

let folder: string;
let simulator: Simulator;
const programs: Program[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'program-'));
  const clusters = [{ name: 'one', exports: [job('Successful')] }];
  simulator = await startSimulator({ world: createFixedWorld([{ id: GROUP_ID, name: 'Shop', clusters }]) });
});
afterEach(async () => {
  for (const program of programs.splice(0)) if (program.process.exitCode === null) await program.stop('SIGKILL');
});
afterAll(async () => {
  await simulator.close();
  rmSync(folder, { recursive: true });
});

function run(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  nodeArgs: readonly string[] = [],
): Program {
  const program = startProgram(args, { env, cwd: folder, nodeArgs });
  programs.push(program);
  return program;
}

const LOOPBACK = ['--web.listen-address', '127.0.0.1:0'];
const ONE = ['--target', `${GROUP_ID}/one`, ...LOOPBACK];
const atlasEnv = () => ({
  MONGODB_ATLAS_BASE_URL: simulator.origin,
  MONGODB_ATLAS_ACCESS_TOKEN: defaultCredentials.accessToken,
});

async function until(check: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 50_000;
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error('it never became true');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('the program', () => {
  test('prints its version', async () => {
    const program = run(['--version']);
    expect(await program.ended).toBe(0);
    expect(program.output.stdout).toMatch(/^mongodbatlas-backup-exporter \d+\.\d+\.\d+/);
  });

  test('watches a cluster with only a target and the variables of Atlas’ own tools', async () => {
    const program = run(ONE, atlasEnv());
    const url = await program.listening();
    await until(async () =>
      (await (await fetch(`${url}/metrics`)).text()).includes(`_up{group_id="${GROUP_ID}",cluster_name="one"} 1`),
    );
    expect(await program.stop()).toBe(0);
  });

  test('refuses a bad config with every problem and exit code 2, without a stack', async () => {
    const file = join(folder, 'bad.yml');
    writeFileSync(file, 'targets:\n  - group_id: nope\n    clusters: []\npolling:\n  interval: 60\n');
    const program = run(['--config.file', file], atlasEnv());
    expect(await program.ended).toBe(2);
    const problems = program.output.stderr.trimEnd().split('\n');
    expect(problems).toEqual([
      expect.stringMatching(/bad\.yml:2:15: .*group_id/),
      expect.stringMatching(/bad\.yml:3:15: .*clusters/),
      expect.stringMatching(/bad\.yml:5:13: .*60s/),
    ]);
    expect(program.output.stderr).not.toMatch(/^\s+at /m);
  });

  test.each([
    ['serve', []],
    ['the demo', ['demo']],
  ])('refuses a bad web config with exit code 2: %s', async (_what, command) => {
    const file = join(folder, 'bad-web.yml');
    writeFileSync(file, 'basic_auth_users: {ann: S3cret}\nrate_limit: {burst: 1}\n');
    const args = command.length > 0 ? [...command, ...LOOPBACK] : ONE;
    const program = run([...args, '--web.config.file', file], atlasEnv());
    expect(await program.ended).toBe(2);
    const lines = program.output.stderr.trim().split('\n');
    expect(lines).toEqual([
      expect.stringMatching(/bad-web\.yml:1:25: basic_auth_users: .*bcrypt/),
      expect.stringMatching(/bad-web\.yml:2:1: rate_limit: is not supported/),
    ]);
    expect(program.output.stderr).not.toContain('S3cret');
  });

  test('refuses a flag that it does not know with exit code 2', async () => {
    const program = run(['--confg.file', 'x']);
    expect(await program.ended).toBe(2);
    expect(program.output.stderr).toContain('--config.file');
  });

  test('ends with exit code 1 and names the port when it is in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const program = run([...ONE.slice(0, 2), '--web.listen-address', `127.0.0.1:${port}`], atlasEnv());
    expect(await program.ended).toBe(1);
    expect(program.output.stderr).toContain(`port ${port}`);
    expect(program.output.stderr).not.toMatch(/^\s+at /m);
    server.close();
  });

  test.each(['SIGTERM', 'SIGINT'] as const)(
    'ends with exit code 0 on %s, also while Atlas keeps it waiting',
    async (signal) => {
      const silent = createServer(() => undefined).listen(0, '127.0.0.1');
      await new Promise((resolve) => silent.once('listening', resolve));
      const { port } = silent.address() as AddressInfo;
      const program = run(ONE, { ...atlasEnv(), MONGODB_ATLAS_BASE_URL: `http://127.0.0.1:${port}` });
      await program.listening();
      const startedAt = Date.now();
      expect(await program.stop(signal)).toBe(0);
      expect(Date.now() - startedAt).toBeLessThan(20_000);
      silent.closeAllConnections();
      silent.close();
    },
  );

  test.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('ends on %s before it is loaded, also as the first process of a container', async (signal, code) => {
    // As the first process of a container: the kernel does not deliver signals that the process has no handler for, not
    // even its own.
    const whenHeeded = `
      process.kill = () => true;
      const looking = setInterval(() => process.listenerCount('${signal}') > 0 && process.emit('${signal}', '${signal}'));`;
    const program = run(ONE, atlasEnv(), ['--import', `data:text/javascript,${encodeURIComponent(whenHeeded)}`]);
    expect(await program.ended).toBe(code);
    expect(program.output.stderr).toBe('');
  });

  test('revokes its access token before an uncaught error ends it', async () => {
    const crash = `process.once('SIGUSR2', () => { throw new Error('broken'); })`;
    const { clientId, clientSecret } = simulator.credentials;
    const env = {
      MONGODB_ATLAS_BASE_URL: simulator.origin,
      MONGODB_ATLAS_CLIENT_ID: clientId,
      MONGODB_ATLAS_CLIENT_SECRET: clientSecret,
    };
    const program = run(ONE, env, ['--import', `data:text/javascript,${encodeURIComponent(crash)}`]);
    await program.listening();
    const calls = (path: string) => simulator.requests.filter((request) => request.path === path).length;
    await until(() => Promise.resolve(simulator.requests.some(({ path }) => path.includes('/exports'))));
    program.process.kill('SIGUSR2');
    expect(await program.ended).toBe(1);
    expect(program.output.stderr).toContain('Error: broken');
    expect(calls('/api/oauth/revoke')).toBe(1);
  });

  test('ignores SIGUSR1, which would open the inspector of Node.js, and SIGUSR2, which would end it', async () => {
    const program = run(ONE, atlasEnv());
    const url = await program.listening();
    for (const signal of ['SIGUSR1', 'SIGUSR2'] as const) program.process.kill(signal);
    for (let round = 0; round < 5; round += 1) expect((await fetch(`${url}/-/healthy`)).status).toBe(200);
    expect(program.output.stderr).not.toContain('Debugger');
    expect(await program.stop()).toBe(0);
  });

  test('ends at once on a second signal', async () => {
    const program = run(ONE, atlasEnv());
    const url = await program.listening();
    // A request whose body never ends delays a clean stop.
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n');
    await until(() => Promise.resolve(socket.bytesRead > 0));
    program.process.kill('SIGTERM');
    await until(() => Promise.resolve(program.output.stderr.includes('"stopping"')));
    expect(program.process.exitCode).toBeNull();
    program.process.kill('SIGTERM');
    expect(await program.ended).toBe('SIGTERM');
    socket.destroy();
  });

  test('shows a whole demo: addresses, and soon every target', async () => {
    const program = run(['demo', ...LOOPBACK]);
    await until(() => Promise.resolve(program.output.stdout.includes('Ctrl-C')));
    // The first address is the one to open: that of the exporter, not of the simulated Atlas.
    const url = /http:\/\/[\d.:]+/.exec(program.output.stdout)?.[0] ?? '';
    await until(async () => (await fetch(`${url}/-/ready`)).status === 200);
    const page = await (await fetch(`${url}/metrics`)).text();
    expect(page.match(/_up\{.*\} 1$/gm)?.length).toBeGreaterThan(6);
    expect(await program.stop()).toBe(0);
  });
});
