/** How long data is shown: facts as long as the target is watched, volatile metrics only while the data is fresh. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import { CREDENTIALS, configFor, runDaemon } from '../support/daemon.ts';
import { createFastRuntime } from '../support/fast-runtime.ts';
import { createFixedWorld } from '../support/fixed-world.js';
import { job } from '../support/jobs.ts';
import { createPollChain } from '../support/poll-chain.ts';
import { GROUP_ID } from '../support/states.ts';

const PREFIX = 'mongodbatlas_backup_export_';
const RUNNING = job('InProgress', { number: 3 });
const SHARDED = job('InProgress', {
  number: 4,
  fields: { exportStatus: undefined, components: [{ exportId: 'a', replicaSetName: 'r' }] },
});
const FINISHED = [job('Failed', { number: 2 }), job('Successful', { number: 1 })];

/** The list is repeated here, so that a family cannot change its class unnoticed. */
const VOLATILE = [
  'jobs',
  'failed_jobs',
  'oldest_active_created_timestamp_seconds',
  'active_collections',
  'active_collections_exported',
  'active_job_info',
  'active_job_state',
  'active_job_created_timestamp_seconds',
  'active_job_collections',
  'active_job_collections_exported',
  'active_job_progress_ratio',
  'active_job_shards',
];

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function atlas(exports: () => readonly unknown[]): Promise<Simulator> {
  const schedule = { autoExportEnabled: true, export: { exportBucketId: '5f01', frequencyType: 'daily' } };
  const clusters = [{ name: 'one', exports, schedule }];
  const simulator = await startSimulator({ world: createFixedWorld([{ id: GROUP_ID, name: 'Shop', clusters }]) });
  open.push(simulator);
  return simulator;
}

const linesOf = (page: string) => page.split('\n').filter((line) => line.startsWith(`${PREFIX}`));
const familiesIn = (page: string) =>
  new Set(linesOf(page).map((line) => line.slice(PREFIX.length).replace(/[{ ].*/, '')));

describe('when Atlas is away for longer than max_stale', () => {
  test('exactly the volatile metrics disappear; facts keep their values', async () => {
    const simulator = await atlas(() => [SHARDED, RUNNING, ...FINISHED]);
    const config = configFor(simulator, {
      targets: [{ groupId: GROUP_ID, clusterName: 'one', credential: 'token', durationMaxSeconds: 7200 }],
      polling: { intervalSeconds: 1, idleIntervalSeconds: 1, maxStaleSeconds: 20, isRead: { schedule: true } },
    });
    const { daemon, until, metrics } = await runDaemon(config, { runtime: createFastRuntime(4) });
    open.push({ close: daemon.stop });
    await until('export_schedule_up', ({ one }) => one === 1);
    await until('export_target_info', (info) => 'one,token,Shop,one,' in info);
    const before = await metrics();
    await simulator.close();
    await until('export_jobs', (jobs) => Object.keys(jobs).length === 0);
    const after = await metrics();
    const shown = familiesIn(before);
    expect(VOLATILE.filter((name) => !shown.has(name))).toEqual([]);
    const gone = [...shown].filter((name) => !familiesIn(after).has(name));
    expect(gone.toSorted()).toEqual(VOLATILE.toSorted());
    expect([...familiesIn(after)].filter((name) => !shown.has(name))).toEqual(['poll_failing']);
    const facts = linesOf(before).filter((line) => !/poll|_up\{/.test(line));
    const stillThere = new Set(linesOf(after));
    expect(
      facts.filter((line) => !stillThere.has(line) && !VOLATILE.some((name) => line.startsWith(`${PREFIX}${name}{`))),
    ).toEqual([]);
  });
});

describe('a job', () => {
  test('that was active and is no longer listed loses its own series at that poll', async () => {
    let listed: readonly unknown[] = [RUNNING, ...FINISHED];
    const simulator = await atlas(() => listed);
    const chain = createPollChain({
      origin: simulator.origin,
      named: { groupId: GROUP_ID, clusterName: 'one', credential: 'token' },
      parts: { credentials: [CREDENTIALS.token] },
      runtime: createFastRuntime(10),
    });
    open.push(chain);
    const ownLines = async () => linesOf(await chain.metrics()).filter((line) => line.includes(String(RUNNING['id'])));
    await chain.poll();
    expect((await ownLines()).length).toBeGreaterThan(5);
    listed = ['garbage'];
    await chain.poll();
    expect((await ownLines()).length).toBeGreaterThan(5);
    listed = FINISHED;
    await chain.poll();
    expect(await ownLines()).toEqual([]);
    expect([...familiesIn(await chain.metrics())].filter((name) => name.includes('active'))).toEqual([]);
  });
});
