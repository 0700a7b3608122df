#!/usr/bin/env node
/**
 * How long a real Prometheus takes to evaluate all rules once: over the metrics of the built daemon with 40 projects of 25
 * clusters, when all is fine, when Atlas is lost, and when the newest exports of all clusters have failed and all are overdue.
 *
 *   npm run build && node test/bench/rule-evaluation.mjs [--projects 40] [--clusters 25] [--evaluations 5] [--rules FILE]
 *     [--states fine,lost,failing]
 *
 * Prints the median of each group's durations and their sum. The aim is a sum below one second. On a busy machine only the
 * processor time of Prometheus tells something; it includes one scrape for each evaluation.
 */
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { freePort } from './free-port.mjs';

const BUCKET = '5f0000000000000000000001';
const EVALUATION_SECONDS = 15;
const root = fileURLToPath(new URL('../..', import.meta.url));
const text = (fallback) => ({ type: 'string', default: fallback });
const { values } = parseArgs({
  options: {
    projects: text('40'),
    clusters: text('25'),
    evaluations: text('5'),
    states: text('fine,lost,failing'),
    rules: text(join(root, 'deploy/prometheus/rules.yml')),
  },
});
const [projectCount, clusterCount, evaluations] = [values.projects, values.clusters, values.evaluations].map(Number);
/** The sum of all groups, in seconds, by the state of the fleet. */
const sums = {};
const projectId = (index) => (0x5e000000 + index).toString(16).padEnd(24, '0');

if (process.env.BENCH_ATLAS) await serveAtlas();
else {
  const states = values.states.split(',');
  await measure('fine', states.includes('lost') ? 'lost' : undefined);
  if (states.includes('failing')) await measure('failing');
  process.send?.(sums);
}

/** The simulator runs in its own process, so that it can be killed. */
async function serveAtlas() {
  const { createFixedWorld } = await import('../support/fixed-world.js');
  const { startSimulator } = await import('../../dist/simulator/simulator.js');
  const policyItems = [{ frequencyType: 'daily', frequencyInterval: 1 }];
  const schedule = {
    autoExportEnabled: true,
    export: { exportBucketId: BUCKET, frequencyType: 'daily' },
    policies: [{ policyItems }],
  };
  const exports =
    process.env.BENCH_ATLAS === 'failing'
      ? [job('Failed', 2), job('Failed', 26), job('Failed', 50), job('Successful', 74)]
      : [job('Successful', 2), job('Successful', 26), job('Successful', 50)];
  const clusters = Array.from({ length: clusterCount }, (_, index) => ({
    name: `cluster-${index}`,
    exports,
    schedule,
  }));
  const projects = Array.from({ length: projectCount }, (_, index) => ({ id: projectId(index), name: 'p', clusters }));
  const simulator = await startSimulator({ world: createFixedWorld(projects) });
  process.send({ origin: simulator.origin, accessToken: simulator.credentials.accessToken });
  process.on('disconnect', () => process.exit());
}

function job(state, hoursAgo) {
  const createdSeconds = Math.floor(Date.now() / 1000) - hoursAgo * 3600;
  const iso = (seconds) => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
  const id = createdSeconds.toString(16) + hoursAgo.toString(16).padStart(16, '0');
  return {
    id,
    snapshotId: id,
    exportBucketId: BUCKET,
    state,
    createdAt: iso(createdSeconds),
    finishedAt: iso(createdSeconds + 780),
    exportStatus: { exportedCollections: 40, totalCollections: 40 },
    customData: [],
    prefix: `exported_snapshots/${id}`,
  };
}

async function measure(state, nextState) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const children = [];
  const start = (command, args) => {
    const child = spawn(command, args, { stdio: 'ignore' });
    children.push(child);
    return child;
  };
  try {
    const atlas = fork(fileURLToPath(import.meta.url), process.argv.slice(2), {
      env: { ...process.env, BENCH_ATLAS: state },
    });
    children.push(atlas);
    const [{ origin, accessToken }] = await once(atlas, 'message');
    const exporterPort = await freePort();
    writeFileSync(join(folder, 'bench.yml'), exporterConfig(origin, accessToken));
    const program = join(root, 'dist/main.js');
    const address = `127.0.0.1:${exporterPort}`;
    start(process.execPath, [program, `--config.file=${folder}/bench.yml`, `--web.listen-address=${address}`]);
    await until(async () => (await fetch(`http://${address}/-/ready`)).ok);

    const prometheus = `127.0.0.1:${await freePort()}`;
    writeFileSync(join(folder, 'prometheus.yml'), prometheusConfig(address));
    start('prometheus', [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/tsdb`,
      `--web.listen-address=${prometheus}`,
    ]);
    await report(prometheus, state);
    if (nextState === 'lost') {
      atlas.kill();
      await until(async () => /_up\{.*\} 0$/m.test(await (await fetch(`http://${address}/metrics`)).text()));
      // Every cluster is polled once more, and its data grows stale.
      await setTimeout(300_000);
      await report(prometheus, nextState);
    }
  } finally {
    for (const child of children) {
      const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
      child.kill();
      await ended;
    }
    rmSync(folder, { recursive: true });
  }
}

function exporterConfig(origin, accessToken) {
  const names = Array.from({ length: clusterCount }, (_, index) => `cluster-${index}`);
  return JSON.stringify({
    atlas: { base_url: origin, requests_per_minute: 1_000_000, concurrency: 8 },
    polling: { interval: '1m' },
    credentials: [{ name: 'bench', access_token: accessToken }],
    targets: Array.from({ length: projectCount }, (_, index) => ({ group_id: projectId(index), clusters: names })),
  });
}

function prometheusConfig(target) {
  const interval = `${EVALUATION_SECONDS}s`;
  return JSON.stringify({
    global: { scrape_interval: interval, evaluation_interval: interval },
    rule_files: [resolve(values.rules)],
    scrape_configs: [{ job_name: 'exporter', static_configs: [{ targets: [target] }] }],
  });
}

async function report(prometheus, state) {
  const rounds = [];
  const alerts = {};
  let cpuSeconds = 0;
  // Records that carry themselves on, and alerts, need some evaluations before all of them exist.
  for (let round = -4; round < evaluations; round += 1) {
    await setTimeout(EVALUATION_SECONDS * 1000);
    const page = await fetch(`http://${prometheus}/api/v1/rules`)
      .then((answer) => answer.json())
      .catch(() => undefined);
    if (round === -1) cpuSeconds = await cpuSecondsOf(prometheus);
    if (round < 0 || page === undefined) continue;
    rounds.push(page.data.groups.map(({ name, evaluationTime }) => [name, evaluationTime]));
    for (const rule of page.data.groups.flatMap(({ rules }) => rules))
      if (rule.type === 'alerting' && rule.alerts.length > 0) alerts[rule.name] = rule.alerts.length;
  }
  const names = rounds[0].map(([name]) => name);
  const medians = names.map((_, index) => median(rounds.map((groups) => groups[index][1])));
  const sumSeconds = rounded(median(rounds.map((groups) => groups.reduce((sum, [, seconds]) => sum + seconds, 0))));
  sums[`rules: evaluation of a fleet that is ${state}, s`] = sumSeconds;
  console.log({
    state,
    sumSeconds,
    cpuSecondsPerEvaluation: rounded(((await cpuSecondsOf(prometheus)) - cpuSeconds) / evaluations),
    groups: Object.fromEntries(names.map((name, index) => [name, rounded(medians[index])])),
    alerts,
    load: loadavg()[0],
  });
}

async function cpuSecondsOf(prometheus) {
  const page = await (await fetch(`http://${prometheus}/metrics`)).text();
  return Number(/^process_cpu_seconds_total (.*)$/m.exec(page)?.[1]);
}

async function until(check) {
  while (!(await check().catch(() => false))) await setTimeout(200);
}

function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

function rounded(number) {
  return Math.round(number * 1000) / 1000;
}
