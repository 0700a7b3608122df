/**
 * Secrets appear nowhere. A recording proxy between the built program and Atlas keeps what was really sent: secrets,
 * tokens, digests. None of it may appear in the output of the program, neither in normal operation nor during failures.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import { createFixedWorld } from '../support/fixed-world.js';
import { job } from '../support/jobs.ts';
import { type Program, startProgram } from '../support/program.ts';
import { seriesOf } from '../support/series.ts';
import { GROUP_ID } from '../support/states.ts';

const SECRETS = {
  clientId: 'mdb_sa_id_5e00000000000000000000aa',
  clientSecret: 'mdb_sa_sk_SECRET-of-the-account',
  publicKey: 'publickey',
  privateKey: '99999999-aaaa-4bbb-8ccc-SECRETOFKEY0',
  accessToken: 'SECRET-ready-made-token',
} as const;
/** A project whose names are the access token. */
const ECHO = '5e0000000000000000000002';
const HIDDEN = [SECRETS.clientSecret, SECRETS.privateKey, SECRETS.accessToken];

let folder: string;
let simulator: Simulator;
let proxy: Server;
let sent: Set<string>;
/** The latest access token that Atlas has issued. */
let issued: string;
const programs: Program[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'secrets-'));
  sent = new Set();
  issued = 'Shop';
  const clusters = [{ name: 'one', exports: [job('Failed')] }];
  // Atlas uses the token as the name of a project, so that the name reaches every output and the log.
  const named = {
    id: ECHO,
    get name() {
      return issued;
    },
    get clusters() {
      return [{ name: issued, failing: { status: 500 } }];
    },
  };
  simulator = await startSimulator({
    world: createFixedWorld([{ id: GROUP_ID, name: 'Shop', clusters }, named]),
    credentials: SECRETS,
  });
  proxy = createServer((incoming, response) => {
    remember(incoming.headers.authorization);
    const outgoing = httpRequest(
      simulator.origin + incoming.url,
      { method: incoming.method, headers: incoming.headers },
      (answer) => {
        answer.on('data', (chunk: Buffer) => {
          const [, token] = /"access_token":"([^"]+)"/.exec(chunk.toString()) ?? [];
          issued = token ?? issued;
          remember(token);
        });
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      },
    );
    incoming.pipe(outgoing);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => proxy.once('listening', resolve));
});
afterEach(async () => {
  for (const program of programs.splice(0)) if (program.process.exitCode === null) await program.stop('SIGKILL');
  proxy.closeAllConnections();
  proxy.close();
  await simulator.close();
  rmSync(folder, { recursive: true });
});

/**
 * The parts of an Authorization header that must not be shown: the token, the Basic credentials, a digest's response.
 */
function remember(header: string | undefined): void {
  if (header === undefined) return;
  const response = /response="([^"]+)"/.exec(header)?.[1];
  sent.add(response ?? header.replace(/^\w+ /, ''));
}

/** Requests both clusters twice, because the second time uses cached data. */
async function untilPolled(url: string): Promise<void> {
  for (const deadline = Date.now() + 50_000; ; ) {
    const polls = seriesOf(await (await fetch(`${url}/metrics`)).text(), 'export_polls_total');
    if (['one', 'gone'].every((name) => (polls[name] ?? 0) >= 2)) return;
    if (Date.now() > deadline) throw new Error(`it was never polled twice: ${JSON.stringify(polls)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const INLINE = {
  account: `service_account: { client_id: ${SECRETS.clientId}, client_secret: ${SECRETS.clientSecret} }`,
  key: `api_key: { public_key: ${SECRETS.publicKey}, private_key: ${SECRETS.privateKey} }`,
  token: `access_token: ${SECRETS.accessToken}`,
};

describe.each(Object.entries(INLINE))('with the credential %s', (_kind, credential) => {
  async function everythingShown(rightSecret: boolean): Promise<string> {
    if (!rightSecret) simulator.rotateCredentials({ clientSecret: 'x', privateKey: 'x', accessToken: 'x' });
    const { port } = proxy.address() as AddressInfo;
    const file = join(folder, 'config.yml');
    writeFileSync(
      file,
      `atlas: { base_url: "http://127.0.0.1:${port}" }\ncredentials: [ { name: c, ${credential} } ]\npolling: { interval: 1s, idle_interval: 1s }\ntargets: [ { group_id: "${GROUP_ID}", clusters: [one, gone] } ]\n`,
    );
    const program = startProgram([
      '--config.file',
      file,
      '--web.listen-address',
      '127.0.0.1:0',
      '--log.level',
      'debug',
    ]);
    programs.push(program);
    const url = await program.listening();
    await untilPolled(url);
    const shown = [];
    for (const path of [
      '/metrics',
      '/',
      `/targets/${GROUP_ID}/one`,
      '/api/v1/targets',
      '/config',
      '/-/healthy',
      '/-/ready',
      '/nothing',
    ]) {
      const response = await fetch(url + path);
      shown.push(await response.text(), JSON.stringify([...response.headers]));
    }
    shown.push(
      readFileSync(`/proc/${program.process.pid}/cmdline`, 'utf8'),
      readFileSync(`/proc/${program.process.pid}/comm`, 'utf8'),
    );
    expect(await program.stop()).toBe(0);
    shown.push(program.output.stdout, program.output.stderr);
    return shown.join('\n');
  }

  test.each([
    ['right', true],
    ['wrong', false],
  ])('the %s secret is found nowhere', async (_what, right) => {
    const shown = await everythingShown(right);
    expect(shown).toContain(`cluster_name="one"} ${right ? 1 : 0}`);
    expect(sent.size).toBeGreaterThan(0);
    expect([...sent, ...HIDDEN].filter((secret) => shown.includes(secret))).toEqual([]);
  });
});

describe('an access token that Atlas has issued', () => {
  test.each([
    ['check, as a table', ['check', '--online']],
    ['check, as JSON', ['check', '--online', '--format', 'json']],
    ['once', ['once']],
    ['once, as a file', ['once', '--output', 'x.prom']],
  ])('is neither in the outputs nor in the log of a command: %s', async (_what, args) => {
    const { port } = proxy.address() as AddressInfo;
    writeFileSync(
      join(folder, 'c.yml'),
      `atlas: { base_url: "http://127.0.0.1:${port}" }\ncredentials: [ { name: c, ${INLINE.account} } ]\ntargets: [ { group_id: "${ECHO}", clusters: all } ]\n`,
    );
    const program = startProgram([...args, '--config.file', 'c.yml', '--log.level', 'debug'], { cwd: folder });
    programs.push(program);
    expect(await program.ended).toBe(1);
    const { stdout, stderr } = program.output;
    const file = args.includes('--output') ? readFileSync(join(folder, 'x.prom'), 'utf8') : '';
    expect(stderr).toMatch(/cluster_name[":=]+\[redacted\]/);
    expect(stdout + file).toContain('[redacted]');
    expect(issued).not.toBe('Shop');
    expect([...sent, ...HIDDEN].filter((secret) => (stdout + stderr + file).includes(secret))).toEqual([]);
  });
});

describe('an uncaught error', () => {
  const SECRET = 'SECRETSECRETSECRETSECRET';
  const error = `Object.assign(new Error('broken Bearer ${SECRET}'), { options: { headers: { authorization: '${SECRET}' } }, cause: new Error('${SECRET}') })`;

  test.each([
    ['thrown', `throw ${error}`],
    ['rejected', `Promise.reject(${error})`],
    ['thrown, and no error', `throw { authorization: '${SECRET}' }`],
  ])('ends the program with what it says, and nothing of what hangs on it: %s', async (_how, statement) => {
    const late = join(folder, 'late.mjs');
    // The error is thrown as soon as the program has a handler for uncaught errors. Without a handler, the test's
    // timeout ends the program.
    const when = "process.listenerCount('uncaughtException') > 0";
    writeFileSync(late, `setInterval(() => { if (${when}) { ${statement} } }, 50)`);
    const program = startProgram(['--target', `${GROUP_ID}/one`, '--web.listen-address', '127.0.0.1:0'], {
      env: {
        MONGODB_ATLAS_ACCESS_TOKEN: 'x',
        MONGODB_ATLAS_BASE_URL: simulator.origin,
        NODE_OPTIONS: `--import=${late}`,
      },
    });
    expect(await program.ended).toBe(1);
    const { stdout, stderr } = program.output;
    expect(stderr).toMatch(/broken Bearer \[redacted\]|Object/);
    expect(stdout + stderr).not.toContain(SECRET);
  });
});
