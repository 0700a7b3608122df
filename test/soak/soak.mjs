#!/usr/bin/env node
/**
 * The built daemon against a simulated Atlas in which every fault strikes at random, for a long time. Faults pause now and
 * then, and so does the story: in such a quiet moment what the daemon shows must equal the simulator's own lists.
 *
 *   npm run build && node test/soak/soak.mjs [--minutes 20] [--speed 50] [--seed 1]
 *
 * It ends with 1 at the first of: a crash, an internal error, a line in the log that is none, counts that are not the truth,
 * more requests than the budget grants, more than 250 MB, memory that has grown by more than a tenth since the third minute
 * of a life, other job metrics after kill -9 than before.
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
import { createChaos } from '../../dist/simulator/chaos.js';
import { createDemoWorld } from '../../dist/simulator/scenario.js';
import { startSimulator } from '../../dist/simulator/simulator.js';
import { differences, jobLines, median, shownOf, truthOf, worstWindow } from './checks.mjs';

const number = (fallback) => ({ type: 'string', default: String(fallback) });
const { values } = parseArgs({ options: { minutes: number(20), speed: number(50), seed: number(1) } });
const [minutes, speed, seed] = [values.minutes, values.speed, values.seed].map(Number);

const REQUESTS_PER_MINUTE = 300;
const CONCURRENCY = 8;
const MOST_MEGABYTES = 250;
const LOUD_SECONDS = 25;
/** Long enough for a project to come back from what it has been told to wait, and for its budget. */
const SETTLE_SECONDS = 90;
const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'soak-'));
const startedAtMs = Date.now();

// The story, which can stand still.
let storyMs = startedAtMs;
let runsSinceMs = startedAtMs;
const storyNow = () => (runsSinceMs === undefined ? storyMs : storyMs + Date.now() - runsSinceMs);
function pauseStory() {
  storyMs = storyNow();
  runsSinceMs = undefined;
}
function resumeStory() {
  runsSinceMs = Date.now();
}

const told = createDemoWorld({ seed, startedAtMs, speed });
const world = { ...told, exports: (groupId, name) => told.exports(groupId, name, storyNow()) };
const readable = told.targets.filter(({ groupId, clusterName }) => {
  const [project, cluster] = [told.project(groupId), told.cluster(groupId, clusterName)];
  return project.forbidden === undefined && cluster && cluster.kind !== 'flex' && cluster.failing === undefined;
});

// Faults, and how often each was met.
const chaos = createChaos({ chance: createChance(seed), momentMs: 3000, share: 0.35 });
const met = {};
let loud = true;
function faults(asked) {
  const fault = loud ? disarmed(chaos(asked), asked) : undefined;
  if (fault) {
    const name = [fault.kind ?? fault.status, fault.as].filter(Boolean).join(' ');
    met[name] = (met[name] ?? 0) + 1;
  }
  return fault;
}

/**
 * Two things pass by themselves only after minutes, which no quiet moment can wait for: a year of patience rests a bucket
 * for ten minutes, so it strikes the names of projects alone; and an account asks for a new token at most every five
 * minutes because of a 401, so only real ends of tokens are met by it.
 */
function disarmed(fault, { operation, groupId }) {
  if (operation === 'group') return { status: 429, errorCode: 'RATE_LIMITED', retryAfterSeconds: 31_536_000 };
  const isAccount = told.project(groupId)?.credentials?.[0] === 'service-account';
  return fault?.status === 401 && isAccount ? { ...fault, errorCode: 'NOT_IN_GROUP' } : fault;
}

/** By the life of the daemon, the project and the bucket: when requests came. */
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

const simulator = await startSimulator({ world, faults, onRequest: remember });
const config = join(folder, 'soak.yml');
writeFileSync(config, configText());
const problems = [];
const lives = [];
let moments = 0;

function configText() {
  const { clientId, clientSecret, publicKey, privateKey, accessToken } = simulator.credentials;
  const named = new Map();
  for (const one of told.targets) named.set(one.groupId, [...(named.get(one.groupId) ?? []), one]);
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
    if (!daemon.isExpectedToEnd) problems.push(`the daemon ended by itself: ${code ?? signal}`);
  });
  lives.push(daemon);
  return daemon;
}

function readLog(daemon, line) {
  let facts;
  try {
    facts = JSON.parse(line);
  } catch {
    problems.push(`a line that is no log line: ${line}`);
    return;
  }
  if (facts.level === 'error' || facts.reason === 'internal') problems.push(`the log says: ${line}`);
  if (facts.msg === 'listening') daemon.url = facts.urls[0];
}

function sampleMemory({ child, samples, startedAtMs: since }) {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  const megabytesOf = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
  samples.push({ second: (Date.now() - since) / 1000, rss: megabytesOf('VmRSS'), peak: megabytesOf('VmHWM') });
}

async function scrape(daemon) {
  const response = await fetch(`${daemon.url}/metrics`);
  if (response.status !== 200) throw new Error(`/metrics answered ${response.status}`);
  const healthy = await fetch(`${daemon.url}/-/healthy`);
  if (healthy.status !== 200) problems.push('the daemon says that it is not healthy');
  return response.text();
}

/** Waits until each target has been read by a poll that began after this moment. */
async function settled(daemon) {
  const sinceSeconds = Date.now() / 1000;
  let waiting = [];
  for (const deadline = Date.now() + SETTLE_SECONDS * 1000; Date.now() < deadline && problems.length === 0; ) {
    if (daemon.url !== undefined) {
      const page = await scrape(daemon);
      waiting = readable.filter((target) => !isReadSince(page, target, sinceSeconds));
      if (waiting.length === 0) return page;
    }
    await sleep(250);
  }
  const names = waiting.map(({ clusterName }) => clusterName).join(', ');
  problems.push(`not read in a quiet moment of ${SETTLE_SECONDS} s: ${names}`);
  return '';
}

function isReadSince(page, { groupId, clusterName }, sinceSeconds) {
  const labels = `{group_id="${groupId}",cluster_name="${clusterName}"}`;
  const read = (name) => Number(page.split(`\nmongodbatlas_backup_export_${name}${labels} `)[1]?.split('\n')[0]);
  const began = read('last_poll_success_timestamp_seconds') - read('last_poll_duration_seconds');
  return read('up') === 1 && began >= sinceSeconds;
}

/** Compares everything; the story stands still when it returns. */
async function quietMoment(daemon) {
  loud = false;
  pauseStory();
  const page = await settled(daemon);
  for (const target of page === '' ? [] : readable) {
    const truth = truthOf(world.exports(target.groupId, target.clusterName));
    const wrong = differences(truth, shownOf(page, target));
    if (wrong.length > 0) problems.push(`${target.clusterName} shows what is not true: ${wrong.join('; ')}`);
  }
  moments += 1;
  return page;
}

/** The story stands still over the death, the faults don't. */
async function killAndRestart(daemon, page) {
  const before = jobLines(page, readable);
  loud = true;
  await sleep(4000);
  daemon.isExpectedToEnd = true;
  daemon.child.kill('SIGKILL');
  await once(daemon.child, 'exit');
  const next = startDaemon();
  await sleep(4000);
  loud = false;
  const after = jobLines(await settled(next), readable);
  if (before.length === 0 || before.join('\n') !== after.join('\n')) {
    const [gone, come] = [
      before.filter((line) => !after.includes(line)),
      after.filter((line) => !before.includes(line)),
    ];
    problems.push(`other job metrics after kill -9: without ${gone.join('; ')}, with ${come.join('; ')}`);
  }
  return { next, lines: after.length };
}

async function stop(daemon) {
  daemon.isExpectedToEnd = true;
  const askedAtMs = Date.now();
  daemon.child.kill('SIGTERM');
  const [code] = await once(daemon.child, 'exit');
  if (code !== 0) problems.push(`SIGTERM ended it with ${code}`);
  return (Date.now() - askedAtMs) / 1000;
}

/** Of each life: the peak, and the middle of the third minute and of the last one. */
function memoryOf({ samples }) {
  const lastSecond = samples.at(-1)?.second ?? 0;
  const of = (from, to) => median(samples.filter(({ second }) => second >= from && second <= to).map(({ rss }) => rss));
  const facts = {
    seconds: lastSecond,
    peak: samples.at(-1)?.peak,
    early: of(120, 180),
    last: of(lastSecond - 60, lastSecond),
  };
  if (facts.peak > MOST_MEGABYTES) problems.push(`it took ${facts.peak} MB`);
  if (lastSecond > 240 && facts.last > facts.early * 1.1)
    problems.push(`it grew from ${facts.early} to ${facts.last} MB`);
  return Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, value && Math.round(value * 10) / 10]));
}

function checkBudget() {
  const worst = Object.fromEntries(
    [...arrivals].map(([key, times]) => [key, Math.round(worstWindow(times, REQUESTS_PER_MINUTE / 60) * 10) / 10]),
  );
  const capacity = Math.floor(REQUESTS_PER_MINUTE / 3);
  // What was let through in time may come late, and all at once: as many as can be under way.
  for (const [key, most] of Object.entries(worst))
    if (most > capacity + CONCURRENCY)
      problems.push(`${key}: ${most} requests beyond the rate, ${capacity} are granted`);
  return { capacity, worst: Math.max(...Object.values(worst)) };
}

let daemon = startDaemon();
const sampling = setInterval(() => {
  try {
    sampleMemory(daemon);
  } catch {
    // It has just ended; what that means is told elsewhere.
  }
}, 1000);
let restarted;
const endsAtMs = startedAtMs + minutes * 60_000;
while (Date.now() < endsAtMs && problems.length === 0) {
  loud = true;
  resumeStory();
  await sleep(Math.min(LOUD_SECONDS * 1000, Math.max(1000, endsAtMs - Date.now())));
  const page = await quietMoment(daemon);
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
  quietMoments: moments,
  jobLinesEqualAfterKill9: restarted?.lines,
  windows: checkBudget(),
  megabytes: lives.map(memoryOf),
  stopSeconds,
};
console.log(JSON.stringify(figures, null, 2));
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
