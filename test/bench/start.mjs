#!/usr/bin/env node
/**
 * How long it takes from the start of the process to the first answer of /metrics while Atlas cannot be reached, and how long a
 * health check takes, beside bare programs that use only node:http. All are started in turn.
 *
 *   npm run build && node test/bench/start.mjs [--rounds 15] [--dist dist] [--dist /another/build/dist] [--node /another/node]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { freePort } from './free-port.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    node: { type: 'string', default: process.execPath },
    dist: { type: 'string', multiple: true, default: [fileURLToPath(new URL('../../dist', import.meta.url))] },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'bench-'));
const bareServer = join(folder, 'server.mjs');
const bareClient = join(folder, 'client.mjs');
const config = join(folder, 'config.yml');
writeFileSync(
  bareServer,
  `import { createServer } from 'node:http';
createServer((_, response) => response.end('up 1\\n')).listen(Number(process.argv[2]), '127.0.0.1');`,
);
writeFileSync(
  bareClient,
  `import { get } from 'node:http';
get(process.argv[2], (response) => { process.exitCode = response.statusCode === 200 ? 0 : 1; response.resume(); });`,
);
writeFileSync(
  config,
  `atlas: { base_url: 'http://127.0.0.1:9' }
credentials: [{ name: bench, access_token: not-a-token }]
targets: [{ group_id: 5e0000000000000000000001, clusters: [one, two] }]
`,
);

const figures = new Map();
const serves = [{ name: 'node:http', args: (port) => [bareServer, port] }];
const healths = [{ name: 'node:http', args: (url) => [bareClient, url] }];
for (const dist of values.dist) {
  const main = resolve(dist, 'main.js');
  serves.push({
    name: dist,
    args: (port) => [main, '--config.file', config, '--web.listen-address', `127.0.0.1:${port}`],
  });
  healths.push({ name: dist, args: (url) => [main, 'health', '--url', url] });
}
const healthy = createServer((_, response) => response.end('Healthy.')).listen(0, '127.0.0.1');
await once(healthy, 'listening');
const healthUrl = `http://127.0.0.1:${healthy.address().port}`;
for (let round = -1; round < Number(values.rounds); round += 1) {
  for (const { name, args } of serves) note(round, `serve ${name}`, await timeServe(args));
  for (const { name, args } of healths) note(round, `health ${name}`, await timeHealth(args(healthUrl)));
}
healthy.close();
rmSync(folder, { recursive: true });
const table = Object.fromEntries(Array.from(figures, ([name, all]) => [name, summaryOf(name, all)]));
console.table(table);
const [dist] = values.dist;
process.send?.({
  'start: serve, ms': table[`serve ${dist}`].ms,
  'start: serve, times node:http': table[`serve ${dist}`].timesBare,
  'start: health, times node:http': table[`health ${dist}`].timesBare,
});

async function timeServe(args) {
  const port = await freePort();
  const startedAt = performance.now();
  const child = spawn(values.node, args(String(port)), { stdio: 'ignore' });
  const ended = once(child, 'exit');
  while ((await statusOf(`http://127.0.0.1:${port}/metrics`)) !== 200) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    await sleep(1);
  }
  const ms = performance.now() - startedAt;
  child.kill('SIGKILL');
  await ended;
  return ms;
}

async function timeHealth(args) {
  const startedAt = performance.now();
  const [code] = await once(spawn(values.node, args, { stdio: 'ignore' }), 'exit');
  if (code !== 0) throw new Error(`the health check ended with ${code}`);
  return performance.now() - startedAt;
}

function statusOf(url) {
  return new Promise((done) => {
    const request = get(url, { agent: false }, (response) => {
      response.resume();
      response.on('end', () => done(response.statusCode));
    });
    request.on('error', () => done(undefined));
  });
}

function note(round, name, ms) {
  if (round >= 0) figures.set(name, [...(figures.get(name) ?? []), ms]);
}

/** The ratio is the median of the ratios of each round. */
function summaryOf(name, all) {
  const bare = figures.get(`${name.split(' ')[0]} node:http`);
  const ratio = median(all.map((ms, round) => ms / bare[round]));
  return {
    ms: Math.round(median(all)),
    leastMs: Math.round(Math.min(...all)),
    timesBare: Math.round(ratio * 100) / 100,
  };
}

function median(all) {
  return [...all].sort((a, b) => a - b)[all.length >> 1];
}
