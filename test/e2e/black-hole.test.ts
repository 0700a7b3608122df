/**
 * The built program, with default settings and in real time, against an Atlas that never answers: all of a thousand
 * targets show this within two minutes, both from the start and after a sudden outage, and the log has one line about it.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { defaultCredentials } from '../../src/simulator/simulator.ts';
import { startFaultySimulator } from '../support/faults/faulty-simulator.ts';
import { createFixedWorld } from '../support/fixed-world.js';
import { job } from '../support/jobs.ts';
import { startProgram } from '../support/program.ts';
import { seriesOf } from '../support/series.ts';

const PROJECTS = 40;
const TARGETS = 1000;
/** The number of projects whose clusters are discovered. */
const DISCOVERED = 3;
const PATIENCE_MS = 120_000;
const BEGAN = 'Atlas does not answer: polls fail at once until it does';

const open: (() => unknown)[] = [];
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'black-hole-'));
});
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
  rmSync(folder, { recursive: true });
});

const projects = Array.from({ length: PROJECTS }, (_, index) => ({
  id: `5e${String(index).padStart(22, '0')}`,
  name: `Project ${index}`,
  clusters: Array.from({ length: TARGETS / PROJECTS }, (_one, nth) => ({
    name: `c${index}-${nth}`,
    exports: [job('Successful')],
  })),
}));

/** Accepts connections and never answers. */
async function startBlackHole(): Promise<string> {
  const sockets = new Set<Socket>();
  const hole = createServer((socket) => sockets.add(socket.on('error', () => undefined))).listen(0, '127.0.0.1');
  await new Promise((resolve) => hole.once('listening', resolve));
  open.push(() => {
    for (const socket of sockets) socket.destroy();
    hole.close();
  });
  return `http://127.0.0.1:${(hole.address() as AddressInfo).port}`;
}

/**
 * Only the address of Atlas and the credential are set; everything else has its default.
 * @param discovered the number of projects whose clusters are discovered
 */
async function watchThousand(name: string, origin: string, discovered = 0) {
  const config = join(folder, `${name}.json`);
  const named = projects.map(({ id, clusters }) => ({ group_id: id, clusters: clusters.map(({ name }) => name) }));
  const targets = [
    ...named.slice(discovered),
    ...named.slice(0, discovered).map(({ group_id }) => ({ group_id, clusters: 'all', discovery_interval: '1m' })),
  ];
  const credentials = [{ name: 'token', access_token: defaultCredentials.accessToken }];
  writeFileSync(config, JSON.stringify({ atlas: { base_url: origin }, credentials, targets }));
  const program = startProgram(['--config.file', config, '--web.listen-address', '127.0.0.1:0']);
  open.push(() => program.stop());
  const url = await program.listening();

  async function series(name: string): Promise<Record<string, number>> {
    return seriesOf(await (await fetch(`${url}/metrics`)).text(), name);
  }

  /** Resolves to the seconds until all targets show the outage; rejects after a time limit. */
  async function allTargetsAre(up: 0 | 1): Promise<number> {
    const sinceMs = Date.now();
    for (;;) {
      const count = Object.values(await series('export_up')).filter((value) => value === up).length;
      if (count === TARGETS) return (Date.now() - sinceMs) / 1000;
      if (Date.now() > sinceMs + PATIENCE_MS) throw new Error(`${count} of ${TARGETS} were up ${up} after two minutes`);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }

  async function reasons(): Promise<readonly string[]> {
    const failing = Object.keys(await series('export_poll_failing')).map((labels) => labels.split(',')[1] ?? '');
    return [...new Set(failing)];
  }

  /** What the log says, apart from the start. */
  const log = () =>
    program.output.stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ msg }) => msg !== 'listening');

  return { allTargetsAre, reasons, url, series, log };
}

async function darkFromTheStart(): Promise<void> {
  const { allTargetsAre, reasons, url, series, log } = await watchThousand('start', await startBlackHole());
  await allTargetsAre(0);
  expect(await reasons()).toEqual(['timeout']);
  expect((await fetch(`${url}/-/healthy`)).status).toBe(200);
  expect(await series('exporter_atlas_reachable')).toEqual({ '': 0 });
  expect(log()).toEqual([expect.objectContaining({ level: 'warn', msg: BEGAN, reason: 'timeout' })]);
}

/** When the outage begins, most targets are not due for minutes. */
async function darkAllOfASudden(): Promise<void> {
  let isDark = false;
  const faults = () => (isDark ? ({ kind: 'hang' } as const) : undefined);
  const simulator = await startFaultySimulator({ world: createFixedWorld(projects), faults });
  open.push(simulator.close);
  const { allTargetsAre, reasons, url, series, log } = await watchThousand('sudden', simulator.origin, DISCOVERED);
  await allTargetsAre(1);
  isDark = true;
  await allTargetsAre(0);
  expect(await reasons()).toEqual(['timeout']);
  // Metrics that are facts stay.
  expect(Object.entries(await series('export_jobs')).filter(([labels]) => labels.endsWith(',successful'))).toEqual(
    expect.arrayContaining([['c0-0,successful', 1]]),
  );
  const { outage } = (await (await fetch(`${url}/api/v1/targets`)).json()) as { outage: object };
  expect(outage).toMatchObject({ reason: 'timeout', problem: 'no complete answer in time' });
  isDark = false;
  await allTargetsAre(1);
  expect(await series('exporter_atlas_reachable')).toEqual({ '': 1 });
  expect(log()).toEqual([
    expect.objectContaining({ level: 'warn', msg: BEGAN }),
    expect.objectContaining({ level: 'info', msg: 'Atlas answers again', clusters: TARGETS, discoveries: DISCOVERED }),
  ]);
}

// Both run at the same time, because they mostly wait.
test(
  'an Atlas that never answers is noticed',
  () => Promise.all([darkFromTheStart(), darkAllOfASudden()]),
  4 * PATIENCE_MS,
);
