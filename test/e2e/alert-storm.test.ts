/**
 * One cause for many clusters, in a real Prometheus and Alertmanager, in which all takes many times less. By hand in another size,
 * for example 1,000 clusters in 40 projects, five times faster than in truth (with 1 it takes two hours):
 *
 *   STORM_PROJECTS=40 STORM_CLUSTERS=25 STORM_FACTOR=5 npm run test:e2e -- alert-storm
 */
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { type AlertChain, type Notification, startAlertChain } from '../support/alert-chain.ts';
import { createFakeFleet, type FakeExporter, type FakeFleet, startFakeExporter } from '../support/fake-fleet.ts';
import { fastAlerting } from '../support/fast-alerting.ts';
import { until } from '../support/servers.ts';

const numberOf = (name: string, usual: number) => Number(process.env[name] ?? usual);
const FACTOR = numberOf('STORM_FACTOR', 100);
const MINUTE_MS = 60_000 / FACTOR;
const PROJECTS = numberOf('STORM_PROJECTS', 5);
const CLUSTERS_PER_PROJECT = numberOf('STORM_CLUSTERS', 20);
const CLUSTERS = PROJECTS * CLUSTERS_PER_PROJECT;
const PATIENCE_MS = Math.max(90_000, 25 * MINUTE_MS);
const TEST_MS = Math.max(300_000, 100 * MINUTE_MS);

// If a busy machine stops Prometheus for four seconds, no exporter was up for seven minutes of this world, and Down is right.
jest.retryTimes(2, { logErrorsBeforeRetry: true });

let fleet: FakeFleet;
let exporter: FakeExporter;
let chain: AlertChain;

beforeEach(async () => {
  fleet = createFakeFleet({
    projects: PROJECTS,
    clustersPerProject: CLUSTERS_PER_PROJECT,
    factor: FACTOR,
    isDiscovered: true,
  });
  exporter = await startFakeExporter(fleet);
  chain = await startAlertChain({ exporter: [exporter.host] }, fastAlerting(FACTOR));
  const known = `count(cluster:mongodbatlas_backup_export_success_age_seconds:max) == ${CLUSTERS}`;
  await until(async () => (await chain.query(known)).length > 0, PATIENCE_MS, chain.log);
}, TEST_MS);

afterEach(async () => {
  await exporter?.stop();
  await chain?.stop();
});

test(
  'Atlas is lost for all clusters: at most three notifications in fifteen minutes, and none when it is back',
  async () => {
    const arrived = await startWatching();
    fleet.loseAtlas();
    await setTimeout(15 * MINUTE_MS);
    expect(arrived().length).toBeLessThanOrEqual(3);
    const unreachable = 'firing AtlasBackupExporterAtlasUnreachable (pager)';
    await until(async () => arrived().length > 0, PATIENCE_MS, chain.log);
    // Until every alert on a single cluster would have been sent.
    await setTimeout(20 * MINUTE_MS);
    expect(summariesOf(arrived())).toEqual([unreachable]);

    fleet.findAtlas();
    await until(async () => arrived().length > 1, PATIENCE_MS, chain.log);
    await setTimeout(15 * MINUTE_MS);
    expect(summariesOf(arrived())).toEqual([unreachable, unreachable.replace('firing', 'resolved')]);
  },
  TEST_MS,
);

test(
  'the exports of all clusters fail at once: one notification for each project',
  async () => {
    const arrived = await startWatching();
    fleet.failAll();
    await until(async () => arrived().length >= PROJECTS, PATIENCE_MS, chain.log);
    await setTimeout(15 * MINUTE_MS);
    expect([...new Set(summariesOf(arrived()))]).toEqual(['firing AtlasBackupExportFailed (tickets)']);
    expect(arrived().length).toBe(PROJECTS);
    expect(new Set(arrived().map(({ groupLabels }) => groupLabels['group_id'])).size).toBe(PROJECTS);
    expect(arrived().flatMap(({ alerts }) => alerts).length).toBe(CLUSTERS);
  },
  TEST_MS,
);

/** Waits until no alert is left from before. */
async function startWatching(): Promise<() => readonly Notification[]> {
  await setTimeout(6 * MINUTE_MS);
  await until(async () => (await chain.held()).length === 0, PATIENCE_MS, chain.log);
  const before = chain.arrived.length;
  return () => chain.arrived.slice(before);
}

function summariesOf(notifications: readonly Notification[]): readonly string[] {
  return notifications.flatMap(({ receiver, alerts }) => [
    ...new Set(alerts.map(({ status, labels }) => `${status} ${labels['alertname']} (${receiver})`)),
  ]);
}
