/** A page must not end because nothing is known any more. In a real Prometheus, in which all takes 150 times less. */
import { setTimeout } from 'node:timers/promises';
import { afterEach, expect, jest, test } from '@jest/globals';
import { type AlertChain, startAlertChain } from '../support/alert-chain.ts';
import { createFakeFleet, type FakeExporter, type FleetOptions, startFakeExporter } from '../support/fake-fleet.ts';
import { fastAlerting } from '../support/fast-alerting.ts';
import { until } from '../support/servers.ts';

const FACTOR = 150;
const MINUTE_MS = 60_000 / FACTOR;
const LATE = 'cluster-0-1';
const OVERDUE = 'AtlasBackupExportOverdue';

// If a busy machine stops Prometheus for three seconds, no exporter was up for seven minutes of this world, and Down is right.
jest.retryTimes(2, { logErrorsBeforeRetry: true });

let chain: AlertChain | undefined;
const exporters: FakeExporter[] = [];

afterEach(async () => {
  await chain?.stop();
  for (const exporter of exporters.splice(0)) await exporter.stop();
});

test('the exporter is killed while a cluster is overdue: its absence pages, and the page of the cluster stays', async () => {
  const { watch, first } = await startOverdue({});
  const before = await activeSince(watch);
  first.turn('off');

  await until(async () => watch.told('AtlasBackupExporterDown').length > 0, 30 * MINUTE_MS, watch.log);
  await setTimeout(80 * MINUTE_MS);
  expect(await activeSince(watch)).toBe(before);
  expect(namesToldBy(watch)).toEqual([OVERDUE, 'AtlasBackupExporterDown']);
  expect(statusesOf(OVERDUE, watch)).toEqual(['firing']);
}, 150_000);

test('Atlas is lost, and the exporter with clusters: all starts anew elsewhere: the page of an overdue cluster stays', async () => {
  const { watch, fleet, first, second } = await startOverdue({ isDiscovered: true });
  const before = await activeSince(watch);
  fleet.loseAtlas();
  await setTimeout(20 * MINUTE_MS);

  fleet.restart();
  first.turn('off');
  second.turn('on');
  await setTimeout(80 * MINUTE_MS);
  expect(await watch.query('mongodbatlas_backup_export_target_info')).toEqual([]);
  expect(await activeSince(watch)).toBe(before);

  fleet.findAtlas();
  await setTimeout(20 * MINUTE_MS);
  expect(await watch.query('mongodbatlas_backup_export_target_info')).toHaveLength(4);
  expect(await activeSince(watch)).toBe(before);
  expect(namesToldBy(watch)).toEqual([OVERDUE, 'AtlasBackupExporterAtlasUnreachable']);
  expect(statusesOf(OVERDUE, watch)).toEqual(['firing']);
}, 180_000);

/** Waits until one cluster of four pages. The second exporter is another instance and still off. */
async function startOverdue(options: Partial<FleetOptions>) {
  const fleet = createFakeFleet({ projects: 1, clustersPerProject: 4, factor: FACTOR, overdue: LATE, ...options });
  const [first, second] = [await startFakeExporter(fleet), await startFakeExporter(fleet)];
  exporters.push(first, second);
  second.turn('off');
  const watch = await startAlertChain({ exporter: [first.host, second.host] }, fastAlerting(FACTOR));
  chain = watch;
  await until(async () => watch.told(OVERDUE, LATE).length > 0, 60_000, watch.log);
  return { watch, fleet, first, second };
}

/** The time since which the alert is active. It changes if the alert was inactive in between, even for one evaluation. */
async function activeSince({ query }: AlertChain): Promise<string> {
  const [series] = await query(`ALERTS_FOR_STATE{alertname="${OVERDUE}",cluster_name="${LATE}"}`);
  return series?.value[1] ?? 'inactive';
}

function namesToldBy({ arrived }: AlertChain): readonly string[] {
  const names = arrived.flatMap(({ alerts }) => alerts.map(({ labels }) => labels['alertname'] ?? ''));
  // Before the first scrape there is no exporter.
  return [...new Set(names.slice(names.indexOf(OVERDUE)))];
}

const statusesOf = (name: string, { told }: AlertChain): readonly string[] => [
  ...new Set(told(name, LATE).map(({ status }) => status)),
];
