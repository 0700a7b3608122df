/**
 * What the daemon reads in addition to exports: schedules, clusters, names of projects. Simulated Atlas, real sockets.
 */
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import type { World } from '../../src/simulator/world.ts';
import { atlas, closeLater, project } from '../support/atlas.ts';
import { type ConfigParts, configFor, type RunningDaemon, runDaemon } from '../support/daemon.ts';
import { createFixedWorld, type FixedCluster, type FixedProject } from '../support/fixed-world.js';
import { startGatekeeper } from '../support/gatekeeper.ts';
import { job } from '../support/jobs.ts';
import { GROUP_ID } from '../support/states.ts';

const named = (clusterName: string) => ({ groupId: GROUP_ID, clusterName, credential: 'token' });

async function watch(simulator: Pick<Simulator, 'origin'>, parts: ConfigParts): Promise<RunningDaemon> {
  const running = await runDaemon(configFor(simulator, parts));
  closeLater({ close: running.daemon.stop });
  return running;
}

async function gatekeeper(simulator: Simulator, ...ends: string[]) {
  const front = await startGatekeeper(simulator, ...ends);
  closeLater(front);
  return front;
}

const asked = (simulator: Simulator, end: string) =>
  simulator.requests.filter(({ path }) => path.replace(/\?.*/, '').endsWith(end));

const BUCKET = '5f0000000000000000000001';
const schedule = (frequencyType: string) => ({
  autoExportEnabled: true,
  export: { exportBucketId: BUCKET, frequencyType },
});

describe('the backup schedule', () => {
  test('sets the maximum age of the last success, unless the config does', async () => {
    const simulator = await atlas([
      project([
        { name: 'daily', exports: [], schedule: schedule('DAILY') },
        { name: 'manual', exports: [] },
      ]),
    ]);
    const targets = [named('daily'), { ...named('manual'), successMaxAgeSeconds: 60 }];
    const { until, series } = await watch(simulator, { targets, polling: { isRead: { schedule: true } } });
    expect(await until('export_schedule_up', (up) => Object.keys(up).length === 2)).toEqual({ daily: 1, manual: 1 });
    expect(await series('export_auto_export_enabled')).toEqual({ daily: 1, manual: 0 });
    expect(await series('export_auto_export_info')).toEqual({ [`daily,${BUCKET},DAILY`]: 1 });
    expect(await series('export_success_max_age_seconds')).toEqual({ daily: 93_600, manual: 60 });
    expect((await series('exporter_api_requests_total'))['token,get_schedule,200']).toBeGreaterThanOrEqual(2);
  });

  test('that cannot be read shows its failure, and exports are still read', async () => {
    const simulator = await atlas([project([{ name: 'one', exports: [job('Successful')] }])]);
    const front = await gatekeeper(simulator, '/backup/schedule');
    const { until, series, logLines } = await watch(front, {
      targets: [named('one')],
      polling: { isRead: { schedule: true } },
    });
    expect(await until('export_schedule_up', ({ one }) => one !== undefined)).toEqual({ one: 0 });
    await until('export_polls_total', ({ one = 0 }) => one >= 3);
    expect(await series('export_up')).toEqual({ one: 1 });
    expect(await series('export_poll_failing')).toEqual({});
    expect(await series('export_auto_export_enabled')).toEqual({});
    expect(logLines.filter(({ msg }) => msg === 'polling fails')).toEqual([
      expect.objectContaining({ collector: 'schedule', advice: expect.stringContaining('Project Read Only') }),
    ]);
  });

  test('is not read if the config switches it off', async () => {
    const simulator = await atlas([project([{ name: 'one', exports: [], schedule: schedule('daily') }])]);
    const { until, series } = await watch(simulator, { targets: [named('one')] });
    await until('export_polls_total', ({ one = 0 }) => one >= 4);
    expect(await series('export_schedule_up')).toEqual({});
    expect(asked(simulator, '/backup/schedule')).toEqual([]);
  });
});

interface Living {
  clusters: readonly FixedCluster[];
}

/** A simulated Atlas whose clusters can be changed. */
async function livingAtlas(living: Living, settings: Partial<FixedProject> = {}, delayMs = 0): Promise<Simulator> {
  const now = () => createFixedWorld([project(living.clusters, settings)]);
  const world: World = {
    project: (groupId) => now().project(groupId),
    cluster: (groupId, clusterName) => now().cluster(groupId, clusterName),
    exports: (groupId, clusterName, nowMs) => now().exports(groupId, clusterName, nowMs),
    projects: () => now().projects(),
    snapshots: () => [],
    schedule: (groupId, clusterName, nowMs) => now().schedule(groupId, clusterName, nowMs),
  };
  const simulator = await startSimulator({ world, delayMs });
  closeLater(simulator);
  return simulator;
}

const all = (settings: object = {}) => ({
  groupId: GROUP_ID,
  credential: 'token',
  exclude: [],
  discoveryIntervalSeconds: 1,
  ...settings,
});
const one = (name: string): FixedCluster => ({ name, exports: [job('Successful')] });
const names = (series: Record<string, number>) => Object.keys(series).sort();

describe('a project whose clusters are discovered', () => {
  test('shows them like named clusters, with the settings of the project', async () => {
    const living = { clusters: [one('a'), { ...one('b'), paused: true }, { name: 'flex', kind: 'flex' as const }] };
    const simulator = await livingAtlas(living);
    const { until, series } = await watch(simulator, {
      discoveries: [all({ successMaxAgeSeconds: 60, durationMaxSeconds: 70, exclude: ['scr*'] })],
    });
    expect(await until('export_up', (up) => names(up).length === 2)).toEqual({ a: 1, b: 1 });
    expect(await series('export_cluster_paused')).toEqual({ a: 0, b: 1 });
    expect(await series('export_success_max_age_seconds')).toEqual({ a: 60, b: 60 });
    expect(await series('export_duration_max_seconds')).toEqual({ a: 70, b: 70 });
    expect(await until('export_target_info', (info) => 'a,token,Shop,a,' in info)).toEqual({
      'a,token,Shop,a,': 1,
      'b,token,Shop,b,': 1,
    });
    const requests = await series('exporter_api_requests_total');
    expect(requests['token,get_group,200']).toBe(1);
    expect(requests['token,list_clusters,200']).toBeGreaterThanOrEqual(1);
    expect(Object.keys(await series('exporter_api_rate_limit_requests')).sort()).toEqual([
      'cloud_backups',
      'clusters',
      'projects',
    ]);
  });

  test('adds new clusters and removes deleted ones with their series; the others keep theirs', async () => {
    const living = { clusters: [one('stays'), one('goes')] };
    const simulator = await livingAtlas(living);
    const { until, metrics, series } = await watch(simulator, { discoveries: [all()] });
    await until('export_polls_total', ({ stays = 0 }) => stays >= 2);
    living.clusters = [one('comes'), one('stays')];
    const before = (await series('export_polls_total'))['stays'] ?? 0;
    expect(await until('export_up', (up) => 'comes' in up && !('goes' in up))).toEqual({ comes: 1, stays: 1 });
    expect(await metrics()).not.toContain('cluster_name="goes"');
    expect((await series('export_polls_total'))['stays']).toBeGreaterThanOrEqual(before);
  });

  test('keeps its clusters while discovery fails, and shows the failure', async () => {
    const simulator = await livingAtlas({ clusters: [one('a')] });
    const front = await gatekeeper(simulator);
    const { until, series, logLines } = await watch(front, { discoveries: [all()] });
    await until('export_up', ({ a }) => a === 1);
    expect(await until('export_discovery_up', (up) => Object.values(up)[0] === 1)).toEqual({ '': 1 });
    front.refused.add('/clusters');
    await until('export_discovery_up', (up) => Object.values(up)[0] === 0);
    const [success] = Object.values(await series('export_last_discovery_success_timestamp_seconds'));
    expect(success).toBeGreaterThan(Date.now() / 1000 - 20);
    expect(await series('export_up')).toEqual({ a: 1 });
    expect(logLines.filter(({ msg }) => msg === 'discovery fails')).toEqual([
      expect.objectContaining({ group_id: GROUP_ID, advice: expect.stringContaining('Project Read Only') }),
    ]);
    front.refused.delete('/clusters');
    await until('export_discovery_up', (up) => Object.values(up)[0] === 1);
  });

  test('shows from the start that discovery has not succeeded yet', async () => {
    const simulator = await livingAtlas({ clusters: [] }, {}, 700);
    const { series, url, until } = await watch(simulator, { discoveries: [all()] });
    expect(await series('export_discovery_up')).toEqual({ '': 0 });
    expect(await series('export_last_discovery_success_timestamp_seconds')).toEqual({});
    const waiting = await fetch(`${url}/-/ready`);
    expect([waiting.status, await waiting.text()]).toEqual([503, expect.stringContaining('1 project')]);
    await until('export_discovery_up', (up) => Object.values(up)[0] === 1);
    expect((await fetch(`${url}/-/ready`)).status).toBe(200);
  });

  test('is ready after a failed discovery too', async () => {
    const simulator = await livingAtlas({ clusters: [] }, { forbidden: 'IP_ADDRESS_NOT_ON_ACCESS_LIST' });
    const { url, series, logLines } = await watch(simulator, { discoveries: [all()] });
    const deadline = Date.now() + 50_000;
    while ((await fetch(`${url}/-/ready`)).status !== 200 && Date.now() < deadline) await setTimeout(20);
    expect((await fetch(`${url}/-/ready`)).status).toBe(200);
    expect(await series('export_discovery_up')).toEqual({ '': 0 });
    expect(logLines.filter(({ level }) => level !== 'info' && level !== 'debug')).toEqual([
      expect.objectContaining({ msg: 'discovery fails', advice: expect.stringContaining('API access list') }),
    ]);
  });
});

test('the name of a project may contain any characters, and a name that cannot be read does no harm', async () => {
  const simulator = await livingAtlas({ clusters: [one('a')] }, { name: `"Shop"\n${'x'.repeat(100)}` });
  const { until, metrics } = await watch(simulator, { targets: [named('a')] });
  await until('export_target_info', (info) => !('a,token,,a,' in info));
  expect(await metrics()).toContain(`project_name="\\"Shop\\"\uFFFD${'x'.repeat(57)}"`);
  const front = await gatekeeper(simulator, GROUP_ID);
  const nameless = await watch(front, { targets: [named('a')] });
  await nameless.until('export_polls_total', ({ a = 0 }) => a >= 2);
  expect(await nameless.series('export_target_info')).toEqual({ 'a,token,,a,': 1 });
  expect(nameless.logLines.filter(({ level }) => level === 'warn')).toEqual([]);
});
