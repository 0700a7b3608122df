/** Credentials against a simulated Atlas over real sockets: tokens requested and revoked, secrets rotated meanwhile. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { CredentialConfig } from '../../src/config/config.ts';
import { openSecret } from '../../src/config/secrets.ts';
import {
  defaultCredentials,
  type Simulator,
  type SimulatorCredentials,
  type SimulatorOptions,
  startSimulator,
} from '../../src/simulator/simulator.ts';
import { basic } from '../support/call.ts';
import {
  type ConfigParts,
  CREDENTIALS,
  configFor,
  type DaemonOptions,
  type RunningDaemon,
  runDaemon,
  TIMES,
} from '../support/daemon.ts';
import { createFastRuntime } from '../support/fast-runtime.ts';
import { files } from '../support/files.ts';
import { createFixedWorld, type FixedCluster } from '../support/fixed-world.js';
import { job } from '../support/jobs.ts';
import { GROUP_ID } from '../support/states.ts';

const open: (() => unknown)[] = [];
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'credential-life-'));
});
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
  rmSync(folder, { recursive: true });
});

const WELL: readonly FixedCluster[] = ['one', 'two', 'three'].map((name) => ({ name, exports: [job('Successful')] }));

async function atlas(clusters = WELL, options: Partial<SimulatorOptions> = {}): Promise<Simulator> {
  const world = createFixedWorld([{ id: GROUP_ID, name: 'Shop', clusters }]);
  const simulator = await startSimulator({ world, ...options });
  open.push(simulator.close);
  return simulator;
}

async function watch(
  origin: string,
  credential: CredentialConfig,
  clusters = WELL,
  { atlas = {}, ...options }: DaemonOptions & Pick<ConfigParts, 'atlas'> = {},
): Promise<RunningDaemon> {
  const targets = clusters.map(({ name }) => ({ groupId: GROUP_ID, clusterName: name, credential: credential.name }));
  const running = await runDaemon(configFor({ origin }, { credentials: [credential], targets, atlas }), options);
  open.push(running.daemon.stop);
  return running;
}

/** A proxy in front of the simulator that can drop a request without an answer. */
async function between(simulator: Simulator, keeps: (incoming: IncomingMessage, response: ServerResponse) => boolean) {
  const server = createServer((incoming, response) => {
    if (keeps(incoming, response)) return;
    const { method, headers } = incoming;
    const outgoing = httpRequest(simulator.origin + incoming.url, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    incoming.pipe(outgoing);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  open.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const allPolled =
  (times: number) =>
  (polls: Record<string, number>): boolean =>
    Object.values(polls).filter((count) => count >= times).length === WELL.length;

function mint({ origin, credentials }: Simulator): Promise<Response> {
  const authorization = basic(credentials.clientId, credentials.clientSecret);
  const headers = { authorization, 'content-type': 'application/x-www-form-urlencoded' };
  return fetch(`${origin}/api/oauth/token`, { method: 'POST', headers, body: 'grant_type=client_credentials' });
}

const oauthCalls = ({ requests }: Simulator): string[] =>
  requests
    .filter(({ path }) => path.startsWith('/api/oauth/'))
    .map(({ path, status }) => `${path.slice(11)} ${status}`);

describe('a secret that is rotated while the daemon runs', () => {
  const write = (name: string, text: string) => writeFileSync(join(folder, name), `${text}\n`);
  const file = (name: string) => openSecret('file', name, { configFile: join(folder, 'c.yml'), env: {}, files }).source;
  type Kind = readonly [CredentialConfig['kind'], () => CredentialConfig, Partial<SimulatorCredentials>];

  const kinds: readonly Kind[] = [
    [
      'service_account',
      () => ({
        name: 'c',
        kind: 'service_account',
        secrets: { client_id: file('clientId'), client_secret: file('clientSecret') },
      }),
      { clientId: 'mdb_sa_id_second', clientSecret: 'mdb_sa_sk_second' },
    ],
    [
      'api_key',
      () => ({
        name: 'c',
        kind: 'api_key',
        secrets: { public_key: file('publicKey'), private_key: file('privateKey') },
      }),
      { publicKey: 'secondky', privateKey: 'second-private-key' },
    ],
    [
      'access_token',
      () => ({ name: 'c', kind: 'access_token', secrets: { access_token: file('accessToken') } }),
      { accessToken: 'second-token' },
    ],
  ];

  test.each(kinds)('(%s) is read again, and no poll fails for it', async (_kind, credential, rotated) => {
    for (const [name, text] of Object.entries(defaultCredentials)) write(name, text);
    // A token stays valid after its secret was rotated; the next token is requested with the new secret.
    const simulator = await atlas(WELL, { tokenLifetimeSeconds: 12 });
    const { until, series, logLines } = await watch(simulator.origin, credential());
    await until('export_polls_total', allPolled(1));
    for (const [name, text] of Object.entries(rotated)) write(name, text);
    simulator.rotateCredentials(rotated);
    const polls = Math.max(...Object.values(await series('export_polls_total')));
    await until('export_polls_total', allPolled(polls + 2));
    await until('exporter_token_requests_total', ({ c = 2 }) => c >= 2);
    await until('export_polls_total', allPolled(polls + 4));
    expect(await series('export_up')).toEqual({ one: 1, two: 1, three: 1 });
    expect(Object.entries(await series('export_poll_failures_total')).filter(([, count]) => count > 0)).toEqual([]);
    expect(logLines.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
  });

  test('is used by the next poll if Atlas accepted it first', async () => {
    for (const [name, text] of Object.entries(defaultCredentials)) write(name, text);
    const simulator = await atlas();
    const { until } = await watch(simulator.origin, kinds[1]?.[1]() ?? CREDENTIALS.key);
    await until('export_polls_total', allPolled(1));
    simulator.rotateCredentials({ privateKey: 'second' });
    expect(await until('export_poll_failing', (failing) => Object.keys(failing).length === 3)).toEqual({
      'one,unauthorized': 1,
      'two,unauthorized': 1,
      'three,unauthorized': 1,
    });
    write('privateKey', 'second');
    await until('export_up', (up) => Object.values(up).every((value) => value === 1));
  });
});

describe('a service account', () => {
  test('requests one token for all polls together, and revokes it when the program stops', async () => {
    const simulator = await atlas();
    const { daemon, until, secrets } = await watch(simulator.origin, CREDENTIALS.account);
    await until('export_polls_total', allPolled(2));
    await daemon.stop();
    expect(secrets).toEqual([expect.stringContaining('simulated-')]);
    expect(oauthCalls(simulator)).toEqual(['token 200', 'revoke 200']);
    expect(simulator.requests.at(-1)?.path).toBe('/api/oauth/revoke');
    // The limit is a hundred tokens: without the revocation the last of these requests would be refused.
    const minted = await Promise.all(Array.from({ length: 100 }, () => mint(simulator)));
    expect(minted.filter(({ status }) => status !== 200)).toEqual([]);
  });

  test('whose token Atlas no longer accepts requests another, and revokes both when the program stops', async () => {
    const simulator = await atlas();
    const { daemon, until, series } = await watch(simulator.origin, CREDENTIALS.account);
    await until('export_polls_total', allPolled(1));
    simulator.expireTokens();
    await until('exporter_token_requests_total', ({ account = 0 }) => account === 2);
    await until('export_polls_total', allPolled(4));
    expect(await series('export_up')).toEqual({ one: 1, two: 1, three: 1 });
    await daemon.stop();
    expect(oauthCalls(simulator)).toEqual(['token 200', 'token 200', 'revoke 200', 'revoke 200']);
  });

  test.each<[string, (simulator: Simulator) => unknown, string, string, RegExp]>([
    [
      'a wrong secret',
      (simulator) => simulator.rotateCredentials({ clientSecret: 'another' }),
      'unauthorized',
      'invalid_client',
      /client_id and client_secret/,
    ],
    [
      'a hundred live tokens',
      (simulator) => Promise.all(Array.from({ length: 100 }, () => mint(simulator))),
      'forbidden',
      'access_denied',
      /limit of 100 access tokens/,
    ],
  ])('with %s shows why on each target, and asks once', async (_what, spoil, reason, errorCode, advice) => {
    const simulator = await atlas();
    await spoil(simulator);
    const before = oauthCalls(simulator).length;
    const runtime = createFastRuntime(TIMES);
    const startedAtSeconds = runtime.monotonicSeconds();
    const { until, series, logLines } = await watch(simulator.origin, CREDENTIALS.account, WELL, { runtime });
    await until('export_polls_total', allPolled(2));
    expect(await series('export_poll_failing')).toEqual({
      [`one,${reason}`]: 1,
      [`two,${reason}`]: 1,
      [`three,${reason}`]: 1,
    });
    const asked = oauthCalls(simulator).length - before;
    expect(asked).toBeGreaterThan(0);
    // Repeated after ten seconds, because a slow machine may need that long.
    expect(asked).toBeLessThanOrEqual(1 + (runtime.monotonicSeconds() - startedAtSeconds) / 10);
    const { account: failures } = await series('exporter_token_request_failures_total');
    expect(failures).toBeLessThanOrEqual(asked);
    expect(failures).toBeGreaterThan(0);
    const line = logLines.find(({ msg }) => msg === 'polling fails');
    expect(line).toMatchObject({ reason, error_code: errorCode, advice: expect.stringMatching(advice) });
    expect(line?.['problem']).toMatch(/^no access token: Atlas answered 40[13] \w+$/);
  });

  test.each([
    ['/api/oauth/revoke', 2],
    ['/api/oauth/token', 2],
    ['/api/atlas/', 0],
  ])('stops in time though %s hangs', async (hangs, seconds) => {
    const simulator = await atlas();
    let kept = 0;
    const origin = await between(simulator, ({ url = '' }) => {
      const keeps = url.startsWith(hangs);
      kept += keeps ? 1 : 0;
      return keeps;
    });
    const runtime = createFastRuntime(TIMES);
    // A request that waits for an answer waits for a minute.
    const patient = { runtime, atlas: { requestTimeoutSeconds: 60 } };
    const { daemon, until, logLines } = await watch(origin, CREDENTIALS.account, WELL, patient);
    if (hangs === '/api/oauth/revoke') await until('export_polls_total', allPolled(1));
    else while (kept === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    const [stopsAt, stopsAtSeconds] = [Date.now(), runtime.monotonicSeconds()];
    await daemon.stop();
    expect(runtime.monotonicSeconds() - stopsAtSeconds).toBeGreaterThanOrEqual(seconds - 0.1);
    expect(Date.now() - stopsAt).toBeLessThan(30_000);
    expect(logLines.at(-1)).toMatchObject({ msg: 'stopped' });
  });
});

test('hundreds of targets show up 0 after a few timeouts if nothing answers', async () => {
  let asked = 0;
  const simulator = await atlas();
  const origin = await between(simulator, () => {
    asked += 1;
    return true;
  });
  const targets = Array.from({ length: 300 }, (_, number) => ({
    groupId: `5e${String(number % 4).padStart(22, '0')}`,
    clusterName: `c${number}`,
    credential: 'token',
  }));
  const polling = { intervalSeconds: 60, idleIntervalSeconds: 300, maxStaleSeconds: 900 };
  const config = configFor({ origin }, { targets, polling, atlas: { requestTimeoutSeconds: 0.5 } });
  const { daemon, until } = await runDaemon(config);
  open.push(daemon.stop);
  const up = await until('export_up', (series) => Object.keys(series).length === targets.length);
  expect(Object.values(up).filter((value) => value !== 0)).toEqual([]);
  expect(asked).toBeLessThan(60);
});
