#!/usr/bin/env node
/**
 * How much memory the built daemon takes while many clusters at once send answers that are too large: 600 MB plain or
 * compressed, lists without an end, and answers just below the bounds: empty objects, jobs with long text or many components.
 * And all of these in turn.
 *
 *   npm run build && node test/bench/hostile-bodies.mjs [--clusters 40] [--seconds 20]
 */
import { fork, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadFaults } from '../soak/load-faults.mjs';
import { NODE_FLAGS } from './node-flags.mjs';

const CONCURRENCY = 8;
const PROJECTS = 8;
const root = fileURLToPath(new URL('../..', import.meta.url));
const { values } = parseArgs({
  options: { clusters: { type: 'string', default: '40' }, seconds: { type: 'string', default: '20' } },
});
const size = { clusters: Number(values.clusters), seconds: Number(values.seconds) };

const KINDS = {
  flood: () => ({ kind: 'flood', megabytes: 600 }),
  'gzip-bomb': () => ({ kind: 'gzip-bomb', megabytes: 600 }),
  ...Object.fromEntries([1, 2, 4].map((megabytes) => [`${megabytes} MB of {}`, () => emptyObjects(megabytes)])),
  '500 jobs of 8 KB': () => longJobs('x'),
  '500 jobs of 8 KB of wide letters': () => longJobs('\u2603\u2603'),
  'a job of 180,000 components': () => manyComponents(180_000),
  'a list that repeats one page': () => ({ kind: 'endless' }),
  'a list of new jobs without an end': () => ({ kind: 'endless', ids: 'new' }),
};
const MIX = 'all of these in turn';

if (process.env.BENCH_ATLAS) await serveAtlas(process.env.BENCH_ATLAS);
else for (const kind of [...Object.keys(KINDS), MIX]) await measure(kind);

function emptyObjects(megabytes) {
  return { kind: 'text', text: `{"results":[${'{},'.repeat((megabytes * 1_000_000) / 3)}{}]}` };
}

function longJobs(text) {
  const prefix = text.repeat(8_000 / Buffer.byteLength(text));
  const results = Array.from({ length: 500 }, (_, index) => ({ id: String(index), state: 'Queued', prefix }));
  return { kind: 'text', text: JSON.stringify({ results }) };
}

function manyComponents(count) {
  const components = Array.from({ length: count }, (_, index) => ({ exportId: projectId(index) }));
  return { kind: 'text', text: JSON.stringify({ results: [{ id: 'a', state: 'Queued', components }] }) };
}

function projectId(index) {
  return (0x5e000000 + index).toString(16).padEnd(24, '0');
}

async function serveAtlas(kind) {
  const { createFixedWorld } = await import('../support/fixed-world.js');
  const { startFaultySimulator } = await loadFaults();
  // A list without an end needs jobs to repeat under new ids.
  const exports = Array.from({ length: 500 }, (_, index) => ({ id: projectId(index), state: 'Queued' }));
  const clusters = Array.from({ length: size.clusters / PROJECTS }, (_, index) => ({
    name: `cluster-${index}`,
    exports,
  }));
  const projects = Array.from({ length: PROJECTS }, (_, index) => ({ id: projectId(index), name: 'p', clusters }));
  const faults = (kind === MIX ? Object.values(KINDS) : [KINDS[kind]]).map((make) => make());
  let asked = 0;
  const simulator = await startFaultySimulator({
    world: createFixedWorld(projects),
    faults: () => faults[asked++ % faults.length],
  });
  process.send({ origin: simulator.origin, accessToken: simulator.credentials.accessToken });
  process.on('disconnect', () => process.exit());
}

async function measure(kind) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const atlas = fork(fileURLToPath(import.meta.url), process.argv.slice(2), {
    env: { ...process.env, BENCH_ATLAS: kind },
  });
  const { origin, accessToken } = await new Promise((resolve) => atlas.once('message', resolve));
  const config = join(folder, 'bench.yml');
  const names = Array.from({ length: size.clusters / PROJECTS }, (_, index) => `cluster-${index}`);
  writeFileSync(
    config,
    JSON.stringify({
      atlas: { base_url: origin, requests_per_minute: 1_000_000, concurrency: CONCURRENCY },
      credentials: [{ name: 'bench', access_token: accessToken }],
      polling: { interval: '1s', idle_interval: '1s', read_schedule: false },
      targets: Array.from({ length: PROJECTS }, (_, index) => ({ group_id: projectId(index), clusters: names })),
    }),
  );
  const flags = ['--config.file', config, '--web.listen-address', '127.0.0.1:0', '--log.level', 'error'];
  const daemon = spawn(process.execPath, [...NODE_FLAGS, join(root, 'dist/main.js'), ...flags], { stdio: 'inherit' });
  try {
    await sleep(size.seconds * 1000);
    console.log({ kind, peakRssMegabytes: peakRssMegabytes(daemon.pid) });
  } finally {
    daemon.kill();
    atlas.disconnect();
    rmSync(folder, { recursive: true });
  }
}

/** The largest resident set that the process has had, from Linux. */
function peakRssMegabytes(pid) {
  const kilobytes = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(kilobytes) / 1024);
}
