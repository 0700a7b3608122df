/**
 * The health of the program, and how soon it reports that Atlas cannot be reached. Real sockets, the whole daemon, a
 * clock that runs faster than real time.
 */
import { createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { createFixedWorld } from '../../src/simulator/world.ts';
import type { Runtime } from '../../src/support/runtime.ts';
import { type ConfigParts, configFor, type RunningDaemon, runDaemon } from '../support/daemon.ts';
import { createFastRuntime } from '../support/fast-runtime.ts';
import { startFaultySimulator } from '../support/faults/faulty-simulator.ts';
import { job } from '../support/jobs.ts';

const TIMES = 8;

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function watch(origin: string, parts: ConfigParts, runtime: Runtime): Promise<RunningDaemon> {
  const running = await runDaemon(configFor({ origin }, parts), { runtime });
  open.push({ close: running.daemon.stop });
  return running;
}

const projectId = (index: number) => (0x5e000000 + index).toString(16).padEnd(24, '0');

function manyTargets(projects: number, clusters: number) {
  return Array.from({ length: projects * clusters }, (_, index) => ({
    groupId: projectId(index % projects),
    clusterName: `c${index}`,
    credential: 'token',
  }));
}

async function healthOf({ url }: RunningDaemon): Promise<number> {
  return (await fetch(`${url}/-/healthy`)).status;
}

/** Resolves when the health page has this status; rejects after a time limit. */
async function untilHealthIs(running: RunningDaemon, status: number): Promise<void> {
  for (const deadline = Date.now() + 50_000; (await healthOf(running)) !== status; ) {
    if (Date.now() > deadline) throw new Error(`the health was never ${status}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('the health', () => {
  test('is bad while the scheduler is stuck; metrics are served all the time', async () => {
    const runtime = createFastRuntime(TIMES);
    let unstuck: Promise<void> = Promise.resolve();
    const running = await watch(
      'http://127.0.0.1:9',
      {},
      {
        ...runtime,
        async sleep(seconds, signal) {
          await runtime.sleep(seconds, signal);
          await unstuck;
        },
      },
    );
    await untilHealthIs(running, 200);
    let free: () => void = () => undefined;
    unstuck = new Promise((resolve) => {
      free = resolve;
    });
    // Also if this test fails, because a stuck scheduler cannot be stopped.
    open.push({ close: free });
    await untilHealthIs(running, 503);
    const answer = await fetch(`${running.url}/-/healthy`);
    expect(await answer.text()).toBe('The scheduler is stuck.\n');
    expect(await running.metrics()).toContain('build_info');
    free();
    await untilHealthIs(running, 200);
  });

  test('is good while Atlas does not answer', async () => {
    const runtime = createFastRuntime(TIMES);
    const world = createFixedWorld([{ id: projectId(0), name: 'p', clusters: [{ name: 'c0', exports: [] }] }]);
    const simulator = await startSimulator({ world });
    const running = await watch(simulator.origin, { targets: manyTargets(1, 1) }, runtime);
    await running.until('export_up', ({ c0 }) => c0 === 1);
    await simulator.close();
    await running.until('export_up', ({ c0 }) => c0 === 0);
    const downSinceSeconds = runtime.monotonicSeconds();
    while (runtime.monotonicSeconds() < downSinceSeconds + 12) expect(await healthOf(running)).toBe(200);
  });
});

describe('an Atlas that accepts connections and never answers', () => {
  const atlas = { requestTimeoutSeconds: 10, requestsPerMinute: 150 };
  const pollingEvery = (seconds: number) => ({
    intervalSeconds: seconds,
    idleIntervalSeconds: seconds,
    maxStaleSeconds: 900,
  });
  const everyoneIs = (value: number, count: number) => (up: Record<string, number>) =>
    Object.values(up).filter((one) => one === value).length === count;

  test('causes up 0 on hundreds of targets within two minutes of the start', async () => {
    const sockets = new Set<Socket>();
    const hole = createServer((socket) => {
      sockets.add(socket.on('error', () => undefined));
    }).listen(0, '127.0.0.1');
    open.push({
      close: () => {
        for (const socket of sockets) socket.destroy();
        hole.close();
      },
    });
    await new Promise((resolve) => hole.once('listening', resolve));
    const { port } = hole.address() as { port: number };
    // So many targets need real CPU time.
    const times = 4;
    const runtime = createFastRuntime(times);
    const parts = { targets: manyTargets(40, 10), atlas, polling: pollingEvery(60) };
    const { logLines, until, series } = await watch(`http://127.0.0.1:${port}`, parts, runtime);
    while (logLines.length < 400 && runtime.monotonicSeconds() < 120)
      await new Promise((resolve) => setTimeout(resolve, 50));
    await until('export_up', everyoneIs(0, 400));
    expect(runtime.monotonicSeconds()).toBeLessThan(120);
    const reasons = Object.keys(await series('export_poll_failing')).map((labels) => labels.split(',')[1]);
    expect(new Set(reasons)).toEqual(new Set(['timeout']));
  });

  test('causes up 0 within two minutes on targets that were read before, and up 1 when it answers again', async () => {
    const projects = 10;
    const targets = manyTargets(projects, 10);
    const clustersOf = (index: number) =>
      targets
        .filter(({ groupId }) => groupId === projectId(index))
        .map(({ clusterName: name }) => ({ name, exports: [job('Queued')] }));
    const world = createFixedWorld(
      Array.from({ length: projects }, (_, index) => ({
        id: projectId(index),
        name: 'p',
        clusters: clustersOf(index),
      })),
    );
    let isDark = false;
    const simulator = await startFaultySimulator({ world, faults: () => (isDark ? { kind: 'hang' } : undefined) });
    open.push(simulator);
    const runtime = createFastRuntime(TIMES);
    const parts = { targets, atlas, polling: pollingEvery(30) };
    const { until, series } = await watch(simulator.origin, parts, runtime);
    await until('export_up', everyoneIs(1, targets.length));
    isDark = true;
    const darkSinceSeconds = runtime.monotonicSeconds();
    await until('export_up', everyoneIs(0, targets.length));
    expect(runtime.monotonicSeconds() - darkSinceSeconds).toBeLessThan(120);
    expect((await series('export_jobs'))['c0,queued']).toBe(1);
    isDark = false;
    await until('export_up', everyoneIs(1, targets.length));
  });
});
