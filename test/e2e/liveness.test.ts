/** The health of the program. Real sockets, the whole daemon, a clock that runs faster than real time. */
import { describe, expect, test } from '@jest/globals';
import { startSimulator } from '../../src/simulator/simulator.ts';
import type { Runtime } from '../../src/support/runtime.ts';
import { closeLater, project } from '../support/atlas.ts';
import { type ConfigParts, configFor, type RunningDaemon, runDaemon } from '../support/daemon.ts';
import { createFastRuntime } from '../support/fast-runtime.ts';
import { createFixedWorld } from '../support/fixed-world.js';
import { GROUP_ID } from '../support/states.ts';

const TIMES = 8;

async function watch(origin: string, parts: ConfigParts, runtime: Runtime): Promise<RunningDaemon> {
  const running = await runDaemon(configFor({ origin }, parts), { runtime });
  closeLater({ close: running.daemon.stop });
  return running;
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
    closeLater({ close: free });
    await untilHealthIs(running, 503);
    const answer = await fetch(`${running.url}/-/healthy`);
    expect(await answer.text()).toBe('The scheduler is stuck.\n');
    expect(await running.metrics()).toContain('build_info');
    free();
    await untilHealthIs(running, 200);
  });

  test('is good while Atlas does not answer', async () => {
    const runtime = createFastRuntime(TIMES);
    const world = createFixedWorld([project([{ name: 'c0', exports: [] }])]);
    const simulator = await startSimulator({ world });
    const running = await watch(
      simulator.origin,
      { targets: [{ groupId: GROUP_ID, clusterName: 'c0', credential: 'token' }] },
      runtime,
    );
    await running.until('export_up', ({ c0 }) => c0 === 1);
    await simulator.close();
    await running.until('export_up', ({ c0 }) => c0 === 0);
    const downSinceSeconds = runtime.monotonicSeconds();
    while (runtime.monotonicSeconds() < downSinceSeconds + 12) expect(await healthOf(running)).toBe(200);
  });
});
