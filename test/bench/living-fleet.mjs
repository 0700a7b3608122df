#!/usr/bin/env node
/**
 * How long a scrape takes and what it costs, with 1,000 clusters and about 64,000 series: while all clusters are polled every
 * 15 s, and while nothing changes. Beside it as many series of prom-client with express, and of client_golang if Debian's
 * golang-go and golang-github-prometheus-client-golang-dev are installed. All servers run at the same time and are scraped in
 * turn, so that other work on the machine disturbs all of them.
 *
 *   npm run build && node test/bench/living-fleet.mjs [--rounds 9] [--dist dist] [--dist /another/build/dist]
 */
import { execFileSync, fork, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { NODE_FLAGS } from './node-flags.mjs';

const PROJECTS = 40;
const CLUSTERS_PER_PROJECT = 25;
const POLL_SECONDS = 15;
const HURRY_SECONDS = 5;
/** Meanwhile the backup schedules of all clusters are read, one at a time for each project. */
const WARM_UP_ROUNDS = 3;
const FIRST_SECONDS = 1_772_323_200;
const here = fileURLToPath(new URL('.', import.meta.url));
const agent = new Agent({ keepAlive: true });
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '9' },
    dist: { type: 'string', multiple: true, default: [join(here, '../../dist')] },
  },
});
const rounds = Number(values.rounds);
const folder = mkdtempSync(join(tmpdir(), 'bench-'));
const children = [];

if (process.env.BENCH_ATLAS) await serveAtlas();
else await measure().finally(stop);

function projectId(index) {
  return (0x5e000000 + index).toString(16).padEnd(24, '0');
}

async function serveAtlas() {
  const { createFixedWorld } = await import('../support/fixed-world.js');
  const { startSimulator } = await import('../../dist/simulator/simulator.js');
  const iso = (seconds) => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
  const job = (cluster, number, state) => {
    const createdSeconds = FIRST_SECONDS - number * 86_400 + ((cluster * 7919) % 3600);
    const id = createdSeconds.toString(16) + number.toString(16).padStart(16, '0');
    const finished =
      state === 'InProgress' ? {} : { finishedAt: iso(createdSeconds + 600 + ((cluster * 104_729) % 900)) };
    const failed = state === 'Failed' ? { stateReason: { errorCode: 'EXPORT_FAILED' } } : {};
    const exportStatus = { exportedCollections: 40, totalCollections: 40 };
    const bucket = { snapshotId: id, exportBucketId: '5f0000000000000000000001' };
    return { id, ...bucket, state, createdAt: iso(createdSeconds), exportStatus, ...finished, ...failed };
  };
  const others = ['Failed', ...Array.from({ length: 18 }, () => 'Successful')];
  const projects = Array.from({ length: PROJECTS }, (_, project) => {
    const clusters = Array.from({ length: CLUSTERS_PER_PROJECT }, (__, index) => {
      const number = project * CLUSTERS_PER_PROJECT + index;
      return {
        name: `cluster-${index}`,
        exports: ['InProgress', ...others].map((state, at) => job(number, at, state)),
      };
    });
    return { id: projectId(project), name: 'p', clusters };
  });
  const simulator = await startSimulator({ world: createFixedWorld(projects) });
  process.send({ origin: simulator.origin, accessToken: simulator.credentials.accessToken });
  process.on('disconnect', () => process.exit());
}

async function measure() {
  const atlas = fork(fileURLToPath(import.meta.url), { env: { ...process.env, BENCH_ATLAS: '1' } });
  children.push(atlas);
  const atlasFacts = await new Promise((done) => atlas.once('message', done));
  const still = [];
  const living = [];
  for (const dist of values.dist) {
    still.push(await startOurs(dist, 'still', 3600, atlasFacts));
    living.push(await startOurs(dist, 'living', POLL_SECONDS, atlasFacts));
  }
  const page = join(folder, 'page.txt');
  const text = await (await fetch(`${living[0].url}/metrics`)).text();
  const samples = text.split('\n').filter((line) => /^\w+\{group_id=.*cluster_name=/.test(line));
  writeFileSync(page, samples.join('\n'));
  console.log({ targets: PROJECTS * CLUSTERS_PER_PROJECT, series: samples.length, bytes: text.length });
  const node = startServer('prom-client', [process.execPath, join(here, 'peers/prom-client.mjs'), page]);
  const peers = [await node, ...(await startGo(page))];
  const figures = new Map();
  for (let round = -WARM_UP_ROUNDS; round < rounds; round += 1) {
    for (const encoding of ['gzip', 'identity']) {
      // Meanwhile each living cluster is polled again.
      await sleep((POLL_SECONDS + 1) * 1000);
      for (const server of [...living, ...still, ...peers]) {
        const figure = await scrape(server, encoding);
        if (round >= 0) note(figures, `${server.name} ${encoding}`, figure);
      }
    }
    for (const server of living) {
      const figure = await scrape(server, 'gzip', '/');
      if (round >= 0) note(figures, `${server.name} status page`, figure);
    }
    for (const server of still) {
      await scrape(server, 'gzip');
      const figure = await scrape(server, 'gzip');
      if (round >= 0) note(figures, `${server.name} gzip, at once again`, figure);
    }
  }
  for (const server of living)
    for (const figure of await hurry(server)) note(figures, `${server.name} in a hurry`, figure);
  const table = Object.fromEntries(Array.from(figures, ([name, all]) => [name, summaryOf(all)]));
  console.table(table);
  const peer = table['client_golang gzip'];
  process.send?.({
    'living fleet: gzip scrape, ms': table['ours living gzip'].ms,
    'living fleet: processor time of a gzip scrape, ms': table['ours living gzip'].cpuMs,
    ...(peer && {
      'living fleet: gzip scrape, times as fast as client_golang': round(peer.ms / table['ours living gzip'].ms),
    }),
    'living fleet: unchanged gzip page, times as fast as prom-client': round(
      table['prom-client gzip'].ms / table['ours still gzip, at once again'].ms,
    ),
    'living fleet: longest block of the event loop in a scrape, ms': table['ours living gzip'].mostBlockMs,
    'living fleet: status page, ms': table['ours living status page'].ms,
  });
}

async function startOurs(dist, kind, seconds, { origin, accessToken }) {
  const config = join(folder, `${kind}.yml`);
  const clusters = Array.from({ length: CLUSTERS_PER_PROJECT }, (_, index) => `cluster-${index}`);
  const settings = {
    atlas: { base_url: origin, requests_per_minute: 1_000_000 },
    polling: { interval: `${seconds}s`, idle_interval: `${seconds}s` },
    credentials: [{ name: 'bench', access_token: accessToken }],
    targets: Array.from({ length: PROJECTS }, (_, index) => ({ group_id: projectId(index), clusters })),
  };
  writeFileSync(config, JSON.stringify(settings));
  const flags = ['--config.file', config, '--web.listen-address', '127.0.0.1:0', '--log.format', 'json'];
  const program = ['--import', join(here, 'peers/probe.mjs'), resolve(dist, 'main.js')];
  const command = [process.execPath, ...NODE_FLAGS, ...program, ...flags];
  const server = await startServer(`${dist === values.dist[0] ? 'ours' : dist} ${kind}`, command);
  while ((await fetch(`${server.url}/-/ready`)).status !== 200) await sleep(100);
  return server;
}

async function startGo(page) {
  const binary = join(folder, 'client-golang');
  const env = { ...process.env, GOPATH: '/usr/share/gocode', GO111MODULE: 'off' };
  try {
    execFileSync('go', ['build', '-o', binary, join(here, 'peers/client-golang.go')], { env, stdio: 'pipe' });
  } catch (error) {
    console.log(`without client_golang: ${error.stderr ?? error.message}`);
    return [];
  }
  return [await startServer('client_golang', [binary, page])];
}

async function startServer(name, [command, ...args]) {
  const isNode = args.includes('--import');
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe', ...(isNode ? ['ipc'] : [])] });
  children.push(child);
  const url = await new Promise((done, failed) => {
    let output = '';
    child.once('exit', () => failed(new Error(`${name} ended: ${output}`)));
    child.stderr.on('data', (chunk) => {
      output = (output + chunk).slice(-10_000);
      const found = /"urls":\["([^"]+)"/.exec(output)?.[1];
      if (found) done(found);
    });
  });
  return { name, url, child, isNode };
}

/** Processor time of a process in milliseconds, from Linux; without the probe it has a resolution of 10 ms. */
async function costOf({ child, isNode }) {
  if (isNode) {
    child.send('');
    return new Promise((done) => child.once('message', done));
  }
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return { cpuMs: (Number(fields[11]) + Number(fields[12])) * 10 };
}

async function scrape(server, encoding, path = '/metrics') {
  const before = await costOf(server);
  const startedAt = performance.now();
  const bytes = await fetchBytes(server.url + path, encoding);
  const ms = performance.now() - startedAt;
  const { cpuMs, blockMs } = await costOf(server);
  return { ms, bytes, cpuMs: cpuMs - before.cpuMs, blockMs, blockBetweenMs: before.blockMs };
}

async function hurry(server) {
  const figures = [];
  const until = performance.now() + HURRY_SECONDS * 1000;
  while (performance.now() < until) figures.push(await scrape(server, 'gzip'));
  return figures;
}

function fetchBytes(url, encoding) {
  return new Promise((done, failed) => {
    const headers = {
      accept: 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5',
      'accept-encoding': encoding,
    };
    const request = get(url, { agent, headers }, (response) => {
      let bytes = 0;
      response.on('data', (chunk) => {
        bytes += chunk.length;
      });
      response.on('end', () => done(bytes));
    });
    request.on('error', failed);
  });
}

function note(figures, name, figure) {
  figures.set(name, [...(figures.get(name) ?? []), figure]);
}

function summaryOf(figures) {
  const sorted = (key) => figures.map((figure) => figure[key] ?? Number.NaN).sort((a, b) => a - b);
  const median = (key) => round(sorted(key)[figures.length >> 1]);
  const most = (key) => round(sorted(key).at(-1));
  const times = { ms: median('ms'), mostMs: most('ms'), cpuMs: median('cpuMs') };
  const blocks = { blockMs: median('blockMs'), mostBlockMs: most('blockMs'), mostBetweenMs: most('blockBetweenMs') };
  return { ...times, ...blocks, kilobytes: round(median('bytes') / 1000), scrapes: figures.length };
}

function round(number) {
  return Math.round(number * 10) / 10;
}

function stop() {
  agent.destroy();
  for (const child of children) child.kill();
  rmSync(folder, { recursive: true });
}
