/**
 * The life of an alert, from the built program to a webhook. The test decides which exports the simulated Atlas has.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { JsonObject } from '../../src/atlas/http/answer.ts';
import { defaultCredentials, type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import { type AlertChain, namesInState, startAlertChain } from '../support/alert-chain.ts';
import { createFixedWorld } from '../support/fixed-world.js';
import { type JobOptions, job, objectId } from '../support/jobs.ts';
import { type Program, startProgram } from '../support/program.ts';
import { freePort, until } from '../support/servers.ts';
import { GROUP_ID } from '../support/states.ts';

const RUNBOOKS =
  'https://github.com/mongodbatlas-backup-exporter/mongodbatlas-backup-exporter/blob/main/deploy/runbooks/';
const PATIENCE_MS = 30_000;
const DAY_SECONDS = 86_400;

/** Newest first. One cluster was exported an hour ago, the other has had no export for three days. */
const orders: JsonObject[] = [finished('Successful', 3600)];
const reports: JsonObject[] = [finished('Successful', 3 * DAY_SECONDS)];
/** The bucket of the backup schedules, and one that a script feeds. */
const SCHEDULED = '5f0000000000000000000002';
const SIDE = '5f0000000000000000000001';
const sideFed = finished('Successful', 3600);
const failures = Array.from({ length: 7 }, (_, index) => 2 * (index + 1) * 3600).flatMap((secondsAgo) => [
  finished('Successful', secondsAgo - 3600),
  finished('Failed', secondsAgo, { bucket: SCHEDULED }),
]);
const ofOneSnapshot = (secondsAgo: number): JsonObject => ({
  ...finished('Successful', secondsAgo, { bucket: SCHEDULED }),
  snapshotId: objectId(Date.now() / 1000 - 90 * DAY_SECONDS),
});
const scheduledFed = finished('Successful', 7200, { bucket: SCHEDULED });
/** What is expected of each cluster: its condition on the page, and the alerts that fire. */
const destinations = [
  {
    name: 'starved',
    exports: [sideFed, finished('Successful', 40 * DAY_SECONDS, { bucket: SCHEDULED })],
    schedule: exporting('daily'),
    expected: { conditions: ['overdue'], alerts: ['Overdue'] },
  },
  {
    name: 'failing',
    exports: [...failures, finished('Successful', 16 * 3600, { bucket: SCHEDULED })],
    schedule: exporting('daily'),
    expected: { conditions: ['failed'], alerts: ['FailingRepeatedly'] },
  },
  {
    name: 'old',
    exports: [ofOneSnapshot(3600), ofOneSnapshot(DAY_SECONDS)],
    schedule: exporting('daily'),
    expected: { conditions: ['data_old'], alerts: ['DataOld'] },
  },
  {
    name: 'never',
    exports: [scheduledFed],
    schedule: exporting('monthly'),
    expected: { conditions: ['no_policy_item'], alerts: ['PolicyWithoutItem'] },
  },
  {
    name: 'fed',
    exports: [
      sideFed,
      scheduledFed,
      finished('Failed', 30 * DAY_SECONDS, { bucket: SIDE.replace('1', '3') }),
      finished('Successful', 60 * DAY_SECONDS, { bucket: SIDE.replace('1', '4') }),
    ],
    schedule: exporting('daily'),
    expected: { conditions: ['fine'], alerts: [] },
  },
  { name: 'scripts', exports: [sideFed], schedule: undefined, expected: { conditions: ['fine'], alerts: [] } },
];
const world = createFixedWorld([
  {
    id: GROUP_ID,
    name: 'Shop',
    clusters: [{ name: 'orders', exports: () => orders }, { name: 'reports', exports: () => reports }, ...destinations],
  },
]);

interface Judged {
  readonly cluster_name: string;
  readonly findings: readonly { readonly condition: string }[];
}

let folder: string;
let atlas: Simulator;
let exporter: Program;
let address: string;
let chain: AlertChain;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'alert-life-'));
  atlas = await startSimulator({ world });
  writeConfig();
  address = `127.0.0.1:${await freePort()}`;
  exporter = await startExporter();
  chain = await startAlertChain(address);
}, 60_000);

afterAll(async () => {
  await chain?.stop();
  await exporter?.stop();
  await atlas?.close();
  rmSync(folder, { recursive: true });
});

function writeConfig(): void {
  const { clientId, clientSecret } = defaultCredentials;
  const config = {
    atlas: { base_url: atlas.origin, requests_per_minute: 100_000 },
    credentials: [{ name: 'c', service_account: { client_id: clientId, client_secret: clientSecret } }],
    polling: { interval: '1s', idle_interval: '1s' },
    targets: [
      {
        group_id: GROUP_ID,
        clusters: ['orders', 'reports', ...destinations.map(({ name }) => name)],
        success_max_age: '26h',
      },
    ],
  };
  writeFileSync(join(folder, 'config.yml'), JSON.stringify(config));
}

async function startExporter(): Promise<Program> {
  const program = startProgram(['--config.file', join(folder, 'config.yml'), '--web.listen-address', address]);
  await program.listening();
  return program;
}

/** An export that took ten seconds. */
function finished(state: 'Successful' | 'Failed', endedSecondsAgo: number, options: JobOptions = {}): JsonObject {
  const createdAtSeconds = Math.floor(Date.now() / 1000) - endedSecondsAgo - 10;
  return job(state, { createdAtSeconds, durationSeconds: 10, number: endedSecondsAgo, ...options });
}

/** A backup schedule that takes hourly and daily snapshots, and exports those of one frequency. */
function exporting(frequencyType: string): JsonObject {
  const policyItems = ['hourly', 'daily'].map((frequency) => ({ frequencyType: frequency, frequencyInterval: 1 }));
  return { autoExportEnabled: true, export: { exportBucketId: SCHEDULED, frequencyType }, policies: [{ policyItems }] };
}

/** Waits until the query to Prometheus has a result. */
async function untilTrue(expr: string, why = expr): Promise<void> {
  await until(
    async () => (await chain.query(expr)).length > 0,
    PATIENCE_MS,
    () => `${why}\n${chain.log()}`,
  );
}

async function untilTold(alertname: string, clusterName: string, status: 'firing' | 'resolved'): Promise<void> {
  await until(
    async () => chain.told(alertname, clusterName).at(-1)?.status === status,
    PATIENCE_MS,
    () => `${alertname} ${status}\n${chain.log()}`,
  );
}

test('alerts and page judge by the bucket of the backup schedule, and by its policy', async () => {
  const firing = async () =>
    (await chain.query('ALERTS{alertstate="firing",alertname!="AtlasBackupExporterDown"}')).map(({ metric }) => metric);
  const alertsOf = (metrics: Awaited<ReturnType<typeof firing>>, name: string) =>
    metrics
      .filter(({ cluster_name }) => cluster_name === name)
      .map(({ alertname = '' }) => alertname.replace('AtlasBackupExport', ''))
      .sort();
  const expected = destinations.map(({ name, expected: { alerts } }) => [name, alerts]);
  const seen = async () => {
    const metrics = await firing();
    return destinations.map(({ name }) => [name, alertsOf(metrics, name)]);
  };
  await until(
    async () => JSON.stringify(await seen()) === JSON.stringify(expected),
    PATIENCE_MS,
    () => chain.log(),
  );
  // Some more evaluations, in which another alert might start.
  await setTimeout(5000);
  expect(await seen()).toEqual(expected);
  const answer = await fetch(`http://${address}/api/v1/targets`);
  const { targets } = (await answer.json()) as { targets: readonly Judged[] };
  const conditionsOf = (name: string) =>
    targets.find(({ cluster_name }) => cluster_name === name)?.findings.map(({ condition }) => condition);
  expect(destinations.map(({ name }) => [name, conditionsOf(name)])).toEqual(
    destinations.map(({ name, expected: { conditions } }) => [name, conditions]),
  );
}, 60_000);

test('a failed export causes an alert with its labels and its runbook, and the next success resolves it', async () => {
  const failed = 'AtlasBackupExportFailed';
  await untilTrue('mongodbatlas_backup_export_destination_consecutive_failures{cluster_name="orders"} == 0');
  expect(chain.told(failed, 'orders')).toEqual([]);

  orders.unshift(finished('Failed', 60));
  await untilTold(failed, 'orders', 'firing');
  const [alert] = chain.told(failed, 'orders');
  expect(alert).toMatchObject({
    status: 'firing',
    annotations: {
      summary: 'orders (project Shop): the newest backup export has failed',
      description: expect.stringMatching(
        /^The newest finished export of cluster orders \(project 5e0+1\) failed\. .* cluster was 1m \d+s ago\. The newest success ended 1h \d+m \d+s ago\.$/,
      ),
      runbook_url: `${RUNBOOKS}${failed}.md`,
    },
  });
  // The alert has no label of the process, scrape job or host that reported it.
  expect(alert?.labels).toEqual({
    alertname: failed,
    severity: 'warning',
    group_id: GROUP_ID,
    cluster_name: 'orders',
  });
  expect(chain.arrived.find(({ alerts }) => alert !== undefined && alerts.includes(alert))).toMatchObject({
    receiver: 'tickets',
    groupLabels: { group_id: GROUP_ID },
  });

  orders.unshift(finished('Successful', 5));
  await untilTold(failed, 'orders', 'resolved');
  expect(await chain.query('ALERTS{cluster_name="orders"}')).toEqual([]);
  await until(
    async () => namesInState(await chain.held(), 'orders', 'active').length === 0,
    PATIENCE_MS,
    () => chain.log(),
  );
  const course = chain.told(failed, 'orders').map(({ status }) => status);
  expect(course.join(' ')).toMatch(/^(firing )+resolved$/);
}, 100_000);

test('during an Atlas outage with a restart of the exporter, one alert tells it, and an overdue cluster stays overdue until a success', async () => {
  const overdue = 'AtlasBackupExportOverdue';
  const lastSuccess = 'mongodbatlas_backup_export_last_success_timestamp_seconds{cluster_name="reports"}';
  const isUnreachable = 'ALERTS{alertname="AtlasBackupExporterAtlasUnreachable",alertstate="firing"}';
  const ofSingleClusters = 'ALERTS{alertname=~"AtlasBackupExport(DataStale|TargetDown)"}';
  await untilTold(overdue, 'reports', 'firing');
  // The time since which the alert is active. It changes if the alert was inactive in between, even for one evaluation.
  const overdueSince = async () =>
    (await chain.query(`ALERTS_FOR_STATE{alertname="${overdue}",cluster_name="reports"}`))[0]?.value[1];
  const before = await overdueSince();
  expect(before).toMatch(/^\d+$/);
  expect(await chain.query(isUnreachable)).toEqual([]);

  await atlas.close();
  expect(await exporter.stop()).toBe(0);
  exporter = await startExporter();
  await untilTrue(
    `absent(${lastSuccess}) and on () mongodbatlas_backup_export_up{cluster_name="reports"} == 0`,
    'the new process knows nothing',
  );
  await untilTrue(isUnreachable);
  // Waits for some more evaluations, because each of them could resolve the alert.
  await setTimeout(5000);
  expect(await chain.query(isUnreachable)).toHaveLength(1);
  expect(await chain.query(ofSingleClusters)).toEqual([]);
  expect(await chain.query(`absent(${lastSuccess})`)).toHaveLength(1);
  expect(await overdueSince()).toBe(before);
  expect(namesInState(await chain.held(), 'reports', 'active')).toContain(overdue);
  expect(chain.told(overdue, 'reports').filter(({ status }) => status === 'resolved')).toEqual([]);

  reports.unshift(finished('Successful', 5));
  atlas = await startSimulator({ world, port: Number(new URL(atlas.origin).port) });
  await untilTold(overdue, 'reports', 'resolved');
  await untilTrue(`absent(${isUnreachable})`);
}, 150_000);
