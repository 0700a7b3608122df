#!/usr/bin/env node
/**
 * Runs the benchmarks one after the other, several rounds each, and shows one table with the medians, the goals, and how far each
 * goal is reached. The same figures are in build/bench.json.
 *
 *   npm run bench [-- --small] [-- --rounds 3]
 *
 * It takes about nine minutes. `--small` takes about five, and exits with 1 if a ratio reaches less than half of its goal. Only
 * ratios of one run are compared with goals, so that the speed of the machine matters little. Small runs have a slower Atlas, so
 * that the first page is not bound by the processor.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { small: { type: 'boolean', default: false }, rounds: { type: 'string', default: '3' } },
});

/** `args`: for all rounds, because these benchmarks have rounds of their own; `rounds`: it is started so often. */
const ALL = [
  { file: 'start.mjs', args: ['--rounds', '11'], small: ['--rounds', '5'] },
  { file: 'living-fleet.mjs', args: ['--rounds', '3'], small: ['--rounds', '3'] },
  { file: 'first-page.mjs', args: [], small: ['--projects', '20', '--delay-ms', '100'], rounds: Number(values.rounds) },
  { file: 'rule-evaluation.mjs', args: ['--states', 'fine'] },
];

/** At most, or at least for those that are times as fast as another program. */
const GOALS = {
  'start: serve, times node:http': { most: 3 },
  'living fleet: gzip scrape, times as fast as client_golang': { least: 5 },
  'living fleet: unchanged gzip page, times as fast as prom-client': { least: 100 },
  'first page: times the network floor': { most: 1.25 },
  'first page: processor time, times a bare client': { most: 2.4 },
};

const figures = new Map();
for (const { file, args, small, rounds = 1 } of ALL) {
  if (values.small && small === undefined) continue;
  for (let round = 0; round < (values.small ? 1 : rounds); round += 1) {
    for (const [name, value] of Object.entries(await run(file, values.small ? small : args))) {
      figures.set(name, [...(figures.get(name) ?? []), value]);
    }
  }
}
const table = Object.fromEntries(Array.from(figures, ([name, all]) => [name, rowOf(name, all)]));
console.table(table);
mkdirSync(new URL('../../build/', import.meta.url), { recursive: true });
const facts = { node: process.version, processors: cpus().map(({ model }) => model), at: new Date().toISOString() };
writeFileSync(
  new URL('../../build/bench.json', import.meta.url),
  `${JSON.stringify({ ...facts, table }, undefined, 2)}\n`,
);
const missed = Object.entries(table).filter(([, { reached }]) => reached < 0.5);
if (values.small && missed.length > 0) {
  console.error(`less than half of the goal: ${missed.map(([name]) => name).join('; ')}`);
  process.exitCode = 1;
}

/** @returns {Promise<Record<string, number>>} the figures that the benchmark sends when it ends */
async function run(file, args) {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), args);
  let sent = {};
  child.on('message', (message) => {
    sent = message;
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${file} ended with ${code}`);
  return sent;
}

function rowOf(name, all) {
  const median = [...all].sort((a, b) => a - b)[all.length >> 1];
  const { most, least } = GOALS[name] ?? {};
  const goal = most === undefined ? least : most;
  if (goal === undefined) return { median };
  return {
    median,
    goal: `${most === undefined ? '≥' : '≤'} ${goal}`,
    reached: round(most === undefined ? median / least : most / median),
  };
}

function round(number) {
  return Math.round(number * 100) / 100;
}
