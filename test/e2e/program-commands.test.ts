/** `check`, `once` and `health` as processes of their own: exit codes, signals, closed pipes, TLS, secrets. */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { defaultCredentials, type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import { createFixedWorld } from '../support/fixed-world.js';
import { job } from '../support/jobs.ts';
import { type Program, startProgram } from '../support/program.ts';
import { GROUP_ID } from '../support/states.ts';

const SLOW = '5e0000000000000000000002';
/** A name that a cluster may have, and a secret. */
const NAMED_LIKE_A_SECRET = '00000000-aaaa-4bbb-8ccc-5EC2E7000000';

let folder: string;
let simulator: Simulator;
let slow: Simulator;
const programs: Program[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'program-commands-'));
  const history = Array.from({ length: 40 }, (_, number) => job('Successful', { number }));
  const clusters = Array.from({ length: 60 }, (_, index) => ({ name: `c${index}`, exports: history }));
  simulator = await startSimulator({
    world: createFixedWorld([{ id: GROUP_ID, name: 'Shop', clusters }]),
    credentials: { privateKey: NAMED_LIKE_A_SECRET },
  });
  slow = await startSimulator({
    world: createFixedWorld([{ id: SLOW, name: 'Slow', clusters: [{ name: 'one', exports: [] }] }]),
    delayMs: 100_000,
  });
});
afterEach(async () => {
  for (const program of programs.splice(0)) if (program.process.exitCode === null) await program.stop('SIGKILL');
});
afterAll(async () => {
  await simulator.close();
  await slow.close();
  rmSync(folder, { recursive: true });
});

const envFor = ({ origin }: Simulator) => ({
  MONGODB_ATLAS_BASE_URL: origin,
  MONGODB_ATLAS_ACCESS_TOKEN: defaultCredentials.accessToken,
});

function run(args: readonly string[], env: Readonly<Record<string, string>> = envFor(simulator)): Program {
  const program = startProgram(args, { env, cwd: folder });
  programs.push(program);
  return program;
}

const targets = (...names: string[]) => names.flatMap((name) => ['--target', `${GROUP_ID}/${name}`]);

async function until(check: () => boolean): Promise<void> {
  const deadline = Date.now() + 50_000;
  while (!check()) {
    if (Date.now() > deadline) throw new Error('it never became true');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('check', () => {
  test.each([
    [0, ['--online', ...targets('c1')]],
    [1, ['--online', ...targets('c1', 'gone')]],
    [2, ['--config.file', 'nowhere.yml']],
    [2, []],
    [2, ['--onlin']],
  ])('ends with %d: %j', async (code, args) => {
    const program = run(['check', ...args]);
    expect(await program.ended).toBe(code);
    expect(program.output.stdout + program.output.stderr).not.toMatch(/^\s+at /m);
  });

  test('prints problems without colour if the output is not a terminal', async () => {
    writeFileSync(join(folder, 'bad.yml'), 'targets:\n  - group_id: nope\n    clusters: []\n');
    const program = run(['check', '--config.file', 'bad.yml']);
    expect(await program.ended).toBe(2);
    expect(program.output.stdout).toMatch(/^bad\.yml:2:15: .*\nbad\.yml:3:15: .*\n\n2 problems\n$/);
    expect(program.output.stderr).toBe('');
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('ends soon on %s, with 130', async (signal) => {
    const program = run(['check', '--online', '--target', `${SLOW}/one`], envFor(slow));
    await until(() => program.output.stdout.includes('Watches 1 named cluster'));
    const signalledAt = Date.now();
    expect(await program.stop(signal)).toBe(130);
    expect(Date.now() - signalledAt).toBeLessThan(20_000);
    expect(program.output.stderr).toBe('interrupted before every cluster was polled\n');
  });
});

describe('a config file that is a pipe', () => {
  function pipe(name: string): string {
    const path = join(folder, name);
    if (spawnSync('mkfifo', [path]).status !== 0) throw new Error('mkfifo failed');
    return path;
  }

  test('is read when it has a writer', async () => {
    const path = pipe('written');
    const program = run(['check', '--config.file', path]);
    const text = `targets: [ { group_id: "${GROUP_ID}", clusters: [c1] } ]\n`;
    await promisify(execFile)('sh', ['-c', `sleep 0.3; echo '${text}' > '${path}'`]);
    expect(await program.ended).toBe(0);
    expect(program.output.stdout).toContain('Watches 1 named cluster');
  });

  test.each(['check', 'once', 'serve'])('does not keep %s from ending while it has no writer', async (command) => {
    const program = run([command, '--config.file', pipe(command)]);
    await until(() => readlinks(program).some((file) => file.endsWith(`/${command}`)));
    const signalledAt = Date.now();
    expect(await program.stop('SIGINT')).toBe(command === 'serve' ? 'SIGINT' : 130);
    expect(Date.now() - signalledAt).toBeLessThan(10_000);
  });

  /** The files that a process has open. */
  function readlinks({ process: { pid } }: Program): readonly string[] {
    const links = `/proc/${pid}/fd`;
    return readdirSync(links).flatMap((fd) => {
      try {
        return [readlinkSync(join(links, fd))];
      } catch {
        return [];
      }
    });
  }
});

describe('once', () => {
  test('writes its file for node_exporter', async () => {
    const program = run(['once', '--output', 'x.prom', ...targets('c1', 'gone')]);
    expect(await program.ended).toBe(1);
    expect(program.output.stdout).toBe('');
    expect(program.output.stderr).toMatch(/^time=\S+ level=warn msg="polling fails" .*cluster_name=gone.*\n$/);
    const file = join(folder, 'x.prom');
    expect(readFileSync(file, 'utf8')).toContain(`_up{group_id="${GROUP_ID}",cluster_name="gone"} 0\n`);
    expect(statSync(file).mode & 0o777).toBe(0o644);
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('ends normally if the reader of its output closes the pipe early', async () => {
    const config = `atlas: { requests_per_minute: 100000 }\ntargets: [ { group_id: "${GROUP_ID}", clusters: all } ]\n`;
    writeFileSync(join(folder, 'all.yml'), config);
    const once = `"${process.execPath}" "${resolve('dist/main.js')}" once --config.file "${join(folder, 'all.yml')}"`;
    // The text is longer than the buffer of a pipe, so the rest is written after the reader has closed the pipe.
    const child = spawn('bash', ['--norc', '-c', `set -o pipefail; ${once} | head -c 10`], {
      env: { PATH: process.env['PATH'] ?? '', ...envFor(simulator) },
    });
    const output = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect([code, output]).toEqual([0, { stdout: '# HELP mon', stderr: '' }]);
  });
});

describe('the log', () => {
  test('shows no secret, not even if a cluster has the same name', async () => {
    const config = `credentials: [ { name: key, api_key: { public_key: simulatd, private_key: ${NAMED_LIKE_A_SECRET} } } ]
targets: [ { group_id: "${GROUP_ID}", clusters: [c1, ${NAMED_LIKE_A_SECRET}] } ]\n`;
    writeFileSync(join(folder, 'secret.yml'), config);
    for (const format of ['json', 'logfmt']) {
      const args = ['once', '--config.file', 'secret.yml', '--log.format', format, '--log.level', 'debug'];
      const program = run([...args, '--output', 'secret.prom'], { MONGODB_ATLAS_BASE_URL: simulator.origin });
      expect(await program.ended).toBe(1);
      expect(program.output.stderr).toMatch(/cluster_name[":=]+\[redacted\]/);
      expect(program.output.stderr).not.toContain(NAMED_LIKE_A_SECRET);
    }
  });
});

describe('health', () => {
  test('asks the exporter whose address is in the same variable', async () => {
    const serve = run(['serve', ...targets('c1'), '--web.listen-address', '127.0.0.1:0']);
    const { port } = new URL(await serve.listening());
    const env = { MONGODBATLAS_BACKUP_EXPORTER_WEB_LISTEN_ADDRESS: `:${port}` };
    const health = run(['health'], env);
    expect(await health.ended).toBe(0);
    expect(health.output).toEqual({ stdout: `healthy: http://127.0.0.1:${port}/-/healthy\n`, stderr: '' });
    expect(await serve.stop()).toBe(0);
    const after = run(['health'], env);
    expect(await after.ended).toBe(1);
    expect(after.output.stderr).toMatch(/^not healthy: .*ECONNREFUSED.*\n$/);
  });

  function selfSigned(name: string): { readonly cert: Buffer; readonly key: Buffer } {
    const [certFile, keyFile] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile];
    const made = spawnSync('openssl', ['req', '-x509', ...key, '-days', '2', '-subj', `/CN=${name}`, '-out', certFile]);
    if (made.status !== 0) throw new Error(`openssl is needed: ${made.error?.message ?? made.stderr.toString()}`);
    return { cert: readFileSync(certFile), key: readFileSync(keyFile) };
  }

  async function listening(options: Parameters<typeof createServer>[0], answer: RequestListener) {
    const server = createServer(options, answer).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    return { server, port: (server.address() as AddressInfo).port };
  }

  test('accepts a certificate for another name only on this host', async () => {
    const { server, port } = await listening(selfSigned('exporter'), (_request, response) => response.end('ok'));
    const onLoopback = run(['health', '--url', `https://127.0.0.1:${port}`]);
    expect(await onLoopback.ended).toBe(0);
    // Another way to write the same host, which is not known to be loopback.
    const elsewhere = run(['health', '--url', `https://[::ffff:127.0.0.1]:${port}`]);
    expect(await elsewhere.ended).toBe(1);
    expect(elsewhere.output.stderr).toMatch(/self-signed certificate|DEPTH_ZERO_SELF_SIGNED_CERT/);
    server.close();
  });

  test('sends its certificate to an exporter that requires one', async () => {
    const options = { ...selfSigned('exporter'), requestCert: true, ca: selfSigned('client').cert };
    const { server, port } = await listening(options, (request, response) => {
      response.end(String((request.socket as TLSSocket).authorized));
    });
    const args = ['health', '--url', `https://127.0.0.1:${port}`];
    expect(await run(args).ended).toBe(1);
    expect(await run([...args, '--client.certificate', 'client.pem', '--client.key', 'client.key']).ended).toBe(0);
    const absent = run([...args, '--client.certificate', 'nowhere.pem', '--client.key', 'client.key']);
    expect(await absent.ended).toBe(1);
    expect(absent.output.stderr).toMatch(/^not healthy: .*ENOENT.*nowhere\.pem.*\n$/);
    server.close();
  });
});
