#!/usr/bin/env node
/**
 * How long the built daemon takes from its start to a complete /metrics, and how much memory: 40 projects of 25
 * clusters with 1,000 export jobs each (two pages), Atlas answers after 50 ms, and 8 requests run at once.
 *
 *   npm run build && node test/bench/first-page.mjs [--projects 40] [--clusters 25] [--jobs 1000] [--delay-ms 50]
 *
 * The lower limit is the time of the network: requests × delay / 8. A bare client, which only parses the same pages, shows what
 * HTTP, gunzip and JSON.parse take on the same machine.
 */
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { NODE_FLAGS } from './node-flags.mjs';

const CONCURRENCY = 8;
const PAGE_SIZE = 500;
const DAY_SECONDS = 86_400;
const FIRST_SECONDS = 1_772_323_200;
const root = fileURLToPath(new URL('../..', import.meta.url));
const text = (fallback) => ({ type: 'string', default: fallback });
const { values } = parseArgs({
  options: {
    projects: text('40'),
    clusters: text('25'),
    jobs: text('1000'),
    'delay-ms': text('50'),
  },
});
const size = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, Number(value)]));

if (process.env.BENCH_ATLAS) await serveAtlas();
else await measure();

function projectId(index) {
  return (0x5e000000 + index).toString(16).padEnd(24, '0');
}

/** The simulator runs in its own process, so that it does not slow the daemon down. */
async function serveAtlas() {
  const { createFixedWorld } = await import('../support/fixed-world.js');
  const { startSimulator } = await import('../../dist/simulator/simulator.js');
  const jobs = Array.from({ length: size.jobs }, (_, index) => syntheticJob(size.jobs - index));
  const clusters = Array.from({ length: size.clusters }, (_, index) => ({ name: `cluster-${index}`, exports: jobs }));
  const projects = Array.from({ length: size.projects }, (_, index) => ({ id: projectId(index), name: 'p', clusters }));
  const simulator = await startSimulator({ world: createFixedWorld(projects), delayMs: size['delay-ms'] });
  process.send({ origin: simulator.origin, accessToken: simulator.credentials.accessToken });
  process.on('disconnect', () => process.exit());
}

function syntheticJob(number) {
  const createdSeconds = FIRST_SECONDS + number * DAY_SECONDS;
  const iso = (seconds) => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
  const id = createdSeconds.toString(16) + number.toString(16).padStart(16, '0');
  return Object.freeze({
    id,
    snapshotId: id,
    exportBucketId: '5f0000000000000000000001',
    state: 'Successful',
    createdAt: iso(createdSeconds),
    finishedAt: iso(createdSeconds + 780),
    exportStatus: { exportedCollections: 40, totalCollections: 40 },
    customData: [],
    prefix: `exported_snapshots/000000000000000000000000/000000000000000000000000/cluster/${number}`,
  });
}

async function measure() {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const atlas = fork(fileURLToPath(import.meta.url), process.argv.slice(2), {
    env: { ...process.env, BENCH_ATLAS: '1' },
  });
  const { origin, accessToken } = await new Promise((resolve) => atlas.once('message', resolve));
  const config = join(folder, 'bench.yml');
  writeFileSync(config, configText(origin, accessToken));
  const startedAt = performance.now();
  const daemon = spawn(
    process.execPath,
    [
      ...NODE_FLAGS,
      join(root, 'dist/main.js'),
      '--config.file',
      config,
      '--web.listen-address',
      '127.0.0.1:0',
      '--log.format',
      'json',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  try {
    const url = await listeningUrl(daemon);
    const targets = size.projects * size.clusters;
    while (!(await isReady(url))) await new Promise((resolve) => setTimeout(resolve, 200));
    // The daemon is ready when it has polled each target, or after a minute. The page shows whether the polls succeeded.
    let up = 0;
    let pageBytes = 0;
    for (let scrapes = 0; up < targets && scrapes < 600; scrapes += 1) {
      if (scrapes > 0) await new Promise((resolve) => setTimeout(resolve, 200));
      const page = await (await fetch(`${url}/metrics`)).text();
      pageBytes = page.length;
      up = page.match(/^mongodbatlas_backup_export_up\{.*\} 1$/gm)?.length ?? 0;
    }
    if (up !== targets) throw new Error(`${targets - up} of ${targets} targets are not up`);
    const seconds = (performance.now() - startedAt) / 1000;
    const pages = Math.floor(size.jobs / PAGE_SIZE) + 1;
    const requests = targets * Math.max(1, Math.ceil(size.jobs / PAGE_SIZE));
    const floorSeconds = (requests * size['delay-ms']) / 1000 / CONCURRENCY;
    console.log({ targets, jobs: targets * size.jobs, requests, mostPages: pages });
    console.log({ floorSeconds, seconds: round(seconds), timesFloor: round(seconds / floorSeconds) });
    const megabytes = peakRssMegabytes(daemon.pid);
    const cpuSeconds = processorSeconds(daemon.pid);
    console.log({ peakRssMegabytes: megabytes, processorSeconds: cpuSeconds, pageMegabytes: round(pageBytes / 1e6) });
    daemon.kill();
    await once(daemon, 'exit');
    const bareSeconds = await readAllPages(origin, accessToken);
    console.log({ bareClientProcessorSeconds: bareSeconds });
    process.send?.({
      'first page: times the network floor': round(seconds / floorSeconds),
      'first page: processor time, times a bare client': round(cpuSeconds / bareSeconds),
      'first page: peak resident set, MB': megabytes,
      'first page: processor time, s': cpuSeconds,
    });
  } finally {
    daemon.kill();
    atlas.disconnect();
    rmSync(folder, { recursive: true });
  }
}

/** Reads and parses the same pages with node:http alone. @returns the processor time that this takes, in seconds */
async function readAllPages(origin, accessToken) {
  const { ACCEPT } = await import('../../dist/atlas/client.js');
  const before = process.cpuUsage();
  const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY });
  const headers = { authorization: `Bearer ${accessToken}`, accept: ACCEPT, 'accept-encoding': 'gzip' };
  const pages = Array.from({ length: Math.max(1, Math.ceil(size.jobs / PAGE_SIZE)) }, (_, index) => index + 1);
  const urls = Array.from({ length: size.projects * size.clusters }, (_, index) => {
    const cluster = `groups/${projectId(Math.floor(index / size.clusters))}/clusters/cluster-${index % size.clusters}`;
    const list = `${origin}/api/atlas/v2/${cluster}/backup/exports?includeCount=true&itemsPerPage=${PAGE_SIZE}`;
    return pages.map((page) => `${list}&pageNum=${page}`);
  }).flat();
  let jobs = 0;
  async function work() {
    for (let url = urls.pop(); url !== undefined; url = urls.pop()) {
      const [answer] = await once(get(url, { agent, headers }), 'response');
      const body = await promisify(gunzip)(Buffer.concat(await answer.toArray()));
      jobs += JSON.parse(body.toString()).results.length;
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  agent.destroy();
  const expected = size.projects * size.clusters * size.jobs;
  if (jobs !== expected) throw new Error(`the bare client read ${jobs} of ${expected} jobs`);
  const { user, system } = process.cpuUsage(before);
  return round((user + system) / 1e6);
}

function configText(origin, accessToken) {
  const names = Array.from({ length: size.clusters }, (_, index) => `cluster-${index}`);
  return JSON.stringify({
    atlas: { base_url: origin, requests_per_minute: 1_000_000, concurrency: CONCURRENCY },
    credentials: [{ name: 'bench', access_token: accessToken }],
    targets: Array.from({ length: size.projects }, (_, index) => ({ group_id: projectId(index), clusters: names })),
  });
}

async function isReady(url) {
  const answer = await fetch(`${url}/-/ready`);
  await answer.text();
  return answer.ok;
}

function listeningUrl(daemon) {
  return new Promise((resolve, reject) => {
    let output = '';
    daemon.once('exit', () => reject(new Error(`the daemon ended: ${output}`)));
    daemon.stderr.on('data', (chunk) => {
      output += chunk;
      const url = /"urls":\["([^"]+)"/.exec(output)?.[1];
      if (url !== undefined) resolve(url);
    });
  });
}

/** The largest resident set of the process so far, from Linux. */
function peakRssMegabytes(pid) {
  const kilobytes = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(kilobytes) / 1024);
}

/** The processor time of the process so far, in user and system mode, from Linux: in hundredths of a second. */
function processorSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function round(number) {
  return Math.round(number * 100) / 100;
}
