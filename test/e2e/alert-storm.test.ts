/** One cause for many clusters, in a real Prometheus and Alertmanager, in which all takes many times less. */
import { setTimeout } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { type AlertChain, type Notification, startAlertChain } from '../support/alert-chain.ts';
import { createFakeFleet, type FakeExporter, type FakeFleet, startFakeExporter } from '../support/fake-fleet.ts';
import { fastAlerting } from '../support/fast-alerting.ts';
import { until } from '../support/servers.ts';

const FACTOR = 30;
const MINUTE_MS = 60_000 / FACTOR;

let chain: AlertChain | undefined;
let exporter: FakeExporter | undefined;

afterEach(async () => {
  await exporter?.stop();
  await chain?.stop();
});

test('Atlas is lost for 950 clusters: at most three notifications in fifteen minutes, and none when it is back', async () => {
  const fleet = createFakeFleet({ projects: 38, clustersPerProject: 25, factor: FACTOR, isDiscovered: true });
  const arrived = await startWatching(fleet);

  fleet.loseAtlas();
  await setTimeout(15 * MINUTE_MS);
  expect(arrived().length).toBeLessThanOrEqual(3);
  const unreachable = 'firing AtlasBackupExporterAtlasUnreachable (pager)';
  await until(
    async () => summariesOf(arrived()).length > 0,
    60_000,
    () => 'no notification',
  );
  // Until every alert on a single cluster would have been sent.
  await setTimeout(20 * MINUTE_MS);
  expect(summariesOf(arrived())).toEqual([unreachable]);

  fleet.findAtlas();
  await until(
    async () => summariesOf(arrived()).length > 1,
    90_000,
    () => 'not resolved',
  );
  await setTimeout(15 * MINUTE_MS);
  expect(summariesOf(arrived())).toEqual([unreachable, unreachable.replace('firing', 'resolved')]);
}, 360_000);

test('the exports of 250 clusters fail at once: one notification for each project', async () => {
  const fleet = createFakeFleet({ projects: 10, clustersPerProject: 25, factor: FACTOR });
  const arrived = await startWatching(fleet);

  fleet.failAll();
  await until(
    async () => arrived().length >= 10,
    180_000,
    () => `${arrived().length} notifications`,
  );
  await setTimeout(30_000);
  expect([...new Set(summariesOf(arrived()))]).toEqual(['firing AtlasBackupExportFailed (tickets)']);
  expect(arrived().length).toBe(10);
  expect(new Set(arrived().map(({ groupLabels }) => groupLabels['group_id'])).size).toBe(10);
  expect(arrived().flatMap(({ alerts }) => alerts).length).toBe(250);
}, 360_000);

/** Waits until every cluster is known and no alert is left from the start of Prometheus. */
async function startWatching(fleet: FakeFleet): Promise<() => readonly Notification[]> {
  exporter = await startFakeExporter(fleet);
  chain = await startAlertChain({ exporter: [exporter.host] }, fastAlerting(FACTOR));
  const { arrived, held, query, log } = chain;
  const known = 'count(cluster:mongodbatlas_backup_export_success_age_seconds:max) >= 250';
  await until(async () => (await query(known)).length > 0, 60_000, log);
  await setTimeout(6 * MINUTE_MS);
  await until(async () => (await held()).length === 0, 60_000, log);
  await setTimeout(10 * MINUTE_MS);
  const before = arrived.length;
  return () => arrived.slice(before);
}

function summariesOf(notifications: readonly Notification[]): readonly string[] {
  return notifications.flatMap(({ receiver, alerts }) => [
    ...new Set(alerts.map(({ status, labels }) => `${status} ${labels['alertname']} (${receiver})`)),
  ]);
}
