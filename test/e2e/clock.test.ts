/** The wall clock is set forward or back while the daemon runs: only Unix times change, intervals and ages do not. */
import { afterEach, expect, test } from '@jest/globals';
import { startSimulator } from '../../src/simulator/simulator.ts';
import type { Runtime } from '../../src/support/runtime.ts';
import { CREDENTIALS, configFor, type RunningDaemon, runDaemon, TIMES } from '../support/daemon.ts';
import { createFastRuntime } from '../support/fast-runtime.ts';
import { createFixedWorld } from '../support/fixed-world.js';
import { job } from '../support/jobs.ts';
import { GROUP_ID } from '../support/states.ts';

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const DAY = 86_400;

function createSettableRuntime(): { readonly runtime: Runtime; set(bySeconds: number): void } {
  const fast = createFastRuntime(TIMES);
  let offsetSeconds = 0;
  const wallSeconds = () => fast.wallSeconds() + offsetSeconds;
  return {
    runtime: { ...fast, wallSeconds },
    set(bySeconds) {
      offsetSeconds += bySeconds;
    },
  };
}

async function polledTimes({ until, series }: RunningDaemon, times: number): Promise<void> {
  const { one: before = 0 } = await series('export_polls_total');
  await until('export_polls_total', ({ one = 0 }) => one >= before + times);
}

test.each([
  ['a day forward', DAY],
  ['two days back', -2 * DAY],
])('a clock that is set %s makes nothing stale, late, early or twice', async (_what, bySeconds) => {
  const world = createFixedWorld([
    { id: GROUP_ID, name: 'Shop', clusters: [{ name: 'one', exports: [job('Queued'), job('Successful')] }] },
  ]);
  const simulator = await startSimulator({ world });
  open.push(simulator.close);
  const { runtime, set } = createSettableRuntime();
  const config = configFor(simulator, {
    credentials: [CREDENTIALS.account],
    targets: [{ groupId: GROUP_ID, clusterName: 'one', credential: 'account' }],
  });
  const running = await runDaemon(config, { runtime });
  open.push(running.daemon.stop);
  const { series, url, logLines } = running;
  await polledTimes(running, 2);
  const before = { jobs: await series('export_jobs'), active: await series('export_active_job_info') };
  const [{ one: polls = 0 }, sinceSeconds] = [await series('export_polls_total'), runtime.monotonicSeconds()];

  set(bySeconds);

  // Checked at once, before another poll: volatile metrics are as fresh as before.
  expect(await series('export_active_job_info')).toEqual(before.active);
  expect((await fetch(`${url}/-/healthy`)).status).toBe(200);
  await polledTimes(running, 4);
  const [{ one: later = 0 }, passedSeconds] = [
    await series('export_polls_total'),
    runtime.monotonicSeconds() - sinceSeconds,
  ];
  expect(later - polls).toBeLessThanOrEqual(passedSeconds + 1);
  expect(await series('export_up')).toEqual({ one: 1 });
  expect({ jobs: await series('export_jobs'), active: await series('export_active_job_info') }).toEqual(before);
  expect(Object.keys(before.active)).toHaveLength(1);
  const { one: readAt = 0 } = await series('export_last_poll_success_timestamp_seconds');
  expect(Math.abs(runtime.wallSeconds() - readAt)).toBeLessThan(30);
  const [tickAt = 0] = Object.values(await series('exporter_scheduler_last_tick_timestamp_seconds'));
  expect(Math.abs(runtime.wallSeconds() - tickAt)).toBeLessThan(60);
  expect(await series('exporter_token_requests_total')).toEqual({ account: 1 });
  expect((await fetch(`${url}/-/healthy`)).status).toBe(200);
  expect(logLines.filter(({ level }) => level !== 'info')).toEqual([]);
});
