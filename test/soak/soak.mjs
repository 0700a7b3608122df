#!/usr/bin/env node
/**
 * Runs the built daemon against a simulated Atlas with random faults of every kind, for a long time. From time to time the
 * faults and the demo clock stop. In such a quiet period the daemon's metrics must equal the simulator's lists.
 *
 *   npm run build && node test/soak/soak.mjs [--minutes 20] [--speed 50] [--seed 1]
 *
 * It exits with 1 at the first of: a crash, an internal error, an invalid log line, wrong metrics, more requests than
 * requests_per_minute allows, more than 250 MB, memory that grows by more than 10 % after the third minute of a process,
 * job metrics that differ after kill -9.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createChance } from '../../dist/simulator/chance.js';
import { createDemoWorld } from '../../dist/simulator/demo-world.js';
import { differences, jobLines, median, shownOf, truthOf, worstWindow } from './checks.mjs';
import { loadFaults } from './load-faults.mjs';

const number = (fallback) => ({ type: 'string', default: String(fallback) });
const { values } = parseArgs({ options: { minutes: number(20), speed: number(50), seed: number(1) } });
const [minutes, speed, seed] = [values.minutes, values.speed, values.seed].map(Number);

const REQUESTS_PER_MINUTE = 300;
const CONCURRENCY = 8;
const MOST_MEGABYTES = 250;
const FAULTY_SECONDS = 25;
/** Long enough for pauses that a fault has caused, and for the rate limit. */
const QUIET_SECONDS = 90;
const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'soak-'));
const startedAtMs = Date.now();

// The clock of the demo's world, which can be stopped.
let worldMs = startedAtMs;
let runsSinceMs = startedAtMs;
const worldNow = () => (runsSinceMs === undefined ? worldMs : worldMs + Date.now() - runsSinceMs);
function stopWorld() {
  worldMs = worldNow();
  runsSinceMs = undefined;
}
function resumeWorld() {
  runsSinceMs = Date.now();
}

const running = createDemoWorld({ seed, startedAtMs, speed });
const world = { ...running, exports: (groupId, name) => running.exports(groupId, name, worldNow()) };
const readable = running.targets.filter(({ groupId, clusterName }) => {
  const [project, cluster] = [running.project(groupId), running.cluster(groupId, clusterName)];
  return project.forbidden === undefined && cluster && cluster.kind !== 'flex' && cluster.failing === undefined;
});

// Random faults, and how often each was met.
const { createRandomFaults, startFaultySimulator } = await loadFaults();
const randomFaults = createRandomFaults({ chance: createChance(seed), momentMs: 3000, share: 0.35 });
const met = {};
let withFaults = true;
function faults(request) {
  const fault = withFaults ? shortened(randomFaults(request), request) : undefined;
  if (fault) {
    const name = [fault.kind ?? fault.status, fault.as].filter(Boolean).join(' ');
    met[name] = (met[name] ?? 0) + 1;
  }
  return fault;
}

/**
 * Two faults have effects that last for minutes, longer than a quiet period. A Retry-After of a year pauses a rate limit for
 * ten minutes, so only requests for project names meet it. And because of a 401 the exporter mints a new token at most every
 * five minutes, so 401s for a service account say NOT_IN_GROUP, which mints none.
 */
function shortened(fault, { operation, groupId }) {
  if (operation === 'get_group') return { status: 429, errorCode: 'RATE_LIMITED', retryAfterSeconds: 31_536_000 };
  const isAccount = running.project(groupId)?.credentials?.[0] === 'service-account';
  return fault?.status === 401 && isAccount ? { ...fault, errorCode: 'NOT_IN_GROUP' } : fault;
}

/** The times of requests, by process, project and rate limit. */
const arrivals = new Map();
let requests = 0;
let life = 0;
function remember({ path, status }) {
  requests += 1;
  const [, groupId, rest = ''] = /^\/api\/atlas\/v2\/groups\/(\w+)(\/clusters)?/.exec(path) ?? [];
  if (groupId === undefined || status === undefined) return;
  const bucket = path.includes('/backup/') ? 'cloud_backups' : rest === '' ? 'projects' : 'clusters';
  const key = `${life} ${groupId} ${bucket}`;
  if (!arrivals.has(key)) arrivals.set(key, []);
  arrivals.get(key).push(performance.now() / 1000);
}

const simulator = await startFaultySimulator({ world, faults, onRequest: remember });
const config = join(folder, 'soak.yml');
writeFileSync(config, configText());
const problems = [];
const lives = [];
let quietPeriods = 0;

function configText() {
  const { clientId, clientSecret, publicKey, privateKey, accessToken } = simulator.credentials;
  const named = new Map();
  for (const one of running.targets) named.set(one.groupId, [...(named.get(one.groupId) ?? []), one]);
  return JSON.stringify({
    atlas: {
      base_url: simulator.origin,
      request_timeout: '2s',
      requests_per_minute: REQUESTS_PER_MINUTE,
      concurrency: CONCURRENCY,
      max_pages: 30,
    },
    credentials: [
      { name: 'service-account', service_account: { client_id: clientId, client_secret: clientSecret } },
      { name: 'api-key', api_key: { public_key: publicKey, private_key: privateKey } },
      { name: 'access-token', access_token: accessToken },
    ],
    polling: { interval: '1s', idle_interval: '3s', max_stale: '10s' },
    targets: [...named].map(([group_id, [first, ...others]]) => ({
      group_id,
      credential: first.credential,
      ...(first.projectName === 'Storefront'
        ? { clusters: 'all', discovery_interval: '10s' }
        : { clusters: [first, ...others].map(({ clusterName }) => clusterName) }),
    })),
  });
}

function startDaemon() {
  life += 1;
  const child = spawn(process.execPath, [main, '--config.file', config, '--web.listen-address', '127.0.0.1:0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const daemon = { child, url: undefined, startedAtMs: Date.now(), samples: [], isExpectedToEnd: false };
  let rest = '';
  child.stderr.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const line of lines) readLog(daemon, line);
  });
  child.once('exit', (code, signal) => {
    if (!daemon.isExpectedToEnd) problems.push(`the daemon exited: ${code ?? signal}`);
  });
  lives.push(daemon);
  return daemon;
}

function readLog(daemon, line) {
  let facts;
  try {
    facts = JSON.parse(line);
  } catch {
    problems.push(`an invalid log line: ${line}`);
    return;
  }
  if (facts.level === 'error' || facts.reason === 'internal') problems.push(`the log says: ${line}`);
  if (facts.msg === 'listening') daemon.url = facts.urls[0];
}

function sampleMemory({ child, samples, startedAtMs: since }) {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  const megabytesOf = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
  const [rss, peak] = [megabytesOf('VmRSS'), megabytesOf('VmHWM')];
  // A process that has just exited has a status without memory.
  if (!Number.isNaN(peak)) samples.push({ second: (Date.now() - since) / 1000, rss, peak });
}

async function scrape(daemon) {
  const response = await fetch(`${daemon.url}/metrics`);
  if (response.status !== 200) throw new Error(`/metrics answered ${response.status}`);
  const healthy = await fetch(`${daemon.url}/-/healthy`);
  if (healthy.status !== 200) problems.push('/-/healthy does not answer 200');
  return response.text();
}

/** Waits until each target was read by a poll that started after this call. */
async function settled(daemon) {
  const sinceSeconds = Date.now() / 1000;
  let waiting = [];
  for (const deadline = Date.now() + QUIET_SECONDS * 1000; Date.now() < deadline && problems.length === 0; ) {
    if (daemon.url !== undefined) {
      const page = await scrape(daemon);
      waiting = readable.filter((target) => !isReadSince(page, target, sinceSeconds));
      if (waiting.length === 0) return page;
    }
    await sleep(250);
  }
  const names = waiting.map(({ clusterName }) => clusterName).join(', ');
  problems.push(`not read in a quiet period of ${QUIET_SECONDS} s: ${names}`);
  return '';
}

function isReadSince(page, { groupId, clusterName }, sinceSeconds) {
  const labels = `{group_id="${groupId}",cluster_name="${clusterName}"}`;
  const read = (name) => Number(page.split(`\nmongodbatlas_backup_export_${name}${labels} `)[1]?.split('\n')[0]);
  const began = read('last_poll_success_timestamp_seconds') - read('last_poll_duration_seconds');
  return read('up') === 1 && began >= sinceSeconds;
}

/** Compares all targets. The world's clock is stopped when it returns. */
async function quietPeriod(daemon) {
  withFaults = false;
  stopWorld();
  const page = await settled(daemon);
  for (const target of page === '' ? [] : readable) {
    const truth = truthOf(world.exports(target.groupId, target.clusterName));
    const wrong = differences(truth, shownOf(page, target));
    if (wrong.length > 0) problems.push(`${target.clusterName} has wrong metrics: ${wrong.join('; ')}`);
  }
  quietPeriods += 1;
  return page;
}

/** The world's clock is stopped during the restart; there are faults. */
async function killAndRestart(daemon, page) {
  const before = jobLines(page, readable);
  withFaults = true;
  await sleep(4000);
  daemon.isExpectedToEnd = true;
  daemon.child.kill('SIGKILL');
  await once(daemon.child, 'exit');
  const next = startDaemon();
  await sleep(4000);
  withFaults = false;
  const after = jobLines(await settled(next), readable);
  if (before.length === 0 || before.join('\n') !== after.join('\n')) {
    const [missing, added] = [
      before.filter((line) => !after.includes(line)),
      after.filter((line) => !before.includes(line)),
    ];
    problems.push(`job metrics differ after kill -9: missing ${missing.join('; ')}, added ${added.join('; ')}`);
  }
  return { next, lines: after.length };
}

async function stop(daemon) {
  daemon.isExpectedToEnd = true;
  const askedAtMs = Date.now();
  daemon.child.kill('SIGTERM');
  const [code] = await once(daemon.child, 'exit');
  if (code !== 0) problems.push(`after SIGTERM it exited with ${code}`);
  return (Date.now() - askedAtMs) / 1000;
}

/** Of each process: the peak, and the medians of the third and of the last minute. */
function memoryOf({ samples }) {
  const lastSecond = samples.at(-1)?.second ?? 0;
  const of = (from, to) => median(samples.filter(({ second }) => second >= from && second <= to).map(({ rss }) => rss));
  const facts = {
    seconds: lastSecond,
    peak: samples.at(-1)?.peak,
    early: of(120, 180),
    last: of(lastSecond - 60, lastSecond),
  };
  if (facts.peak > MOST_MEGABYTES) problems.push(`it used ${facts.peak} MB`);
  if (lastSecond > 240 && facts.last > facts.early * 1.1)
    problems.push(`memory grew from ${facts.early} to ${facts.last} MB`);
  return Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, value && Math.round(value * 10) / 10]));
}

function checkBudget() {
  const worst = Object.fromEntries(
    [...arrivals].map(([key, times]) => [key, Math.round(worstWindow(times, REQUESTS_PER_MINUTE / 60) * 10) / 10]),
  );
  const capacity = Math.floor(REQUESTS_PER_MINUTE / 3);
  // Allowed requests can be delayed and then arrive together: at most as many as can run at once.
  for (const [key, most] of Object.entries(worst))
    if (most > capacity + CONCURRENCY)
      problems.push(`${key}: ${most} requests beyond the rate, ${capacity} are allowed`);
  return { capacity, worst: Math.max(...Object.values(worst)) };
}

let daemon = startDaemon();
const sampling = setInterval(() => {
  try {
    sampleMemory(daemon);
  } catch {
    // The process has just exited, which is reported elsewhere.
  }
}, 1000);
let restarted;
const endsAtMs = startedAtMs + minutes * 60_000;
while (Date.now() < endsAtMs && problems.length === 0) {
  withFaults = true;
  resumeWorld();
  await sleep(Math.min(FAULTY_SECONDS * 1000, Math.max(1000, endsAtMs - Date.now())));
  const page = await quietPeriod(daemon);
  if (restarted || problems.length > 0 || Date.now() < startedAtMs + minutes * 30_000) continue;
  restarted = await killAndRestart(daemon, page);
  daemon = restarted.next;
}
clearInterval(sampling);
const page = daemon.url === undefined ? '' : await scrape(daemon).catch(() => '');
const failures = Object.fromEntries(
  [
    'network',
    'timeout',
    'rate_limited',
    'server_error',
    'invalid_response',
    'truncated',
    'unauthorized',
    'internal',
  ].map((reason) => {
    const all = page.matchAll(new RegExp(`poll_failures_total\\{[^}]*reason="${reason}"\\} (\\d+)`, 'g'));
    return [reason, [...all].reduce((sum, [, count]) => sum + Number(count), 0)];
  }),
);
const stopSeconds = daemon.child.exitCode === null ? await stop(daemon) : undefined;
await simulator.close();
rmSync(folder, { recursive: true });
const figures = {
  minutes: Math.round((Date.now() - startedAtMs) / 6000) / 10,
  requests,
  faults: Object.values(met).reduce((sum, count) => sum + count, 0),
  kindsOfFaults: Object.keys(met).length,
  failedPollsOfTheLastLife: failures,
  quietPeriods,
  jobLinesEqualAfterKill9: restarted?.lines,
  windows: checkBudget(),
  megabytes: lives.map(memoryOf),
  stopSeconds,
};
console.log(JSON.stringify(figures, null, 2));
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
