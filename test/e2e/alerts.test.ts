/** The shipped rules and the shipped Alertmanager example, tested with the demo's metrics. */
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type AlertChain, type HeldAlert, namesInState, startAlertChain } from '../support/alert-chain.ts';
import { type Program, startProgram } from '../support/program.ts';
import { until } from '../support/servers.ts';

const RUNBOOKS =
  'https://github.com/mongodbatlas-backup-exporter/mongodbatlas-backup-exporter/blob/main/deploy/runbooks/';

let demo: Program;
let chain: AlertChain;

beforeAll(async () => {
  demo = startProgram(['demo', '--web.listen-address', '127.0.0.1:0', '--log.level', 'info']);
  chain = await startAlertChain(new URL(await demo.listening()).host);
}, 60_000);

afterAll(async () => {
  await chain?.stop();
  await demo?.stop();
});

test('the overdue cluster of the demo pages, with its age, its project and a link to the runbook', async () => {
  await until(async () => chain.told('AtlasBackupExportOverdue', 'reports').length > 0, 60_000, chain.log);
  const [alert] = chain.told('AtlasBackupExportOverdue', 'reports');
  expect(alert).toMatchObject({
    labels: { severity: 'critical', group_id: '5f1a00c0000000000000a002' },
    annotations: {
      summary: expect.stringMatching(
        /^reports \(project Insight\): no successful backup export for [45]d \d+h \d+m \d+s$/,
      ),
      description: expect.stringContaining('The limit is 1d 2h 0m 0s.'),
      runbook_url: `${RUNBOOKS}AtlasBackupExportOverdue.md`,
    },
  });
  expect(Object.keys(alert?.labels ?? {}).sort()).toEqual(['alertname', 'cluster_name', 'group_id', 'severity']);
  const notification = chain.arrived.find(({ alerts }) => alert !== undefined && alerts.includes(alert));
  expect(notification).toMatchObject({
    receiver: 'pager',
    groupLabels: { group_id: '5f1a00c0000000000000a002' },
  });
}, 65_000);

test('the failing cluster of the demo causes a ticket', async () => {
  const failing = 'AtlasBackupExportFailingRepeatedly';
  await until(async () => chain.told(failing, 'billing').length > 0, 30_000, chain.log);
  expect(chain.told(failing, 'billing')[0]?.annotations['description']).toMatch(
    /^The newest \d+ exports of cluster billing .* into bucket \w+ have failed\. .* The newest success ended .* ago\.$/,
  );
  expect(
    chain.arrived.filter(({ receiver }) => receiver === 'pager').flatMap(({ alerts }) => alerts),
  ).not.toContainEqual(expect.objectContaining({ labels: expect.objectContaining({ severity: 'warning' }) }));
}, 35_000);

test('a refused credential causes one alert only, which explains why polls fail', async () => {
  const told = () => chain.arrived.flatMap(({ alerts }) => alerts.map(({ labels }) => labels));
  await until(
    async () => told().some(({ alertname }) => alertname === 'AtlasBackupExportAccessDenied'),
    30_000,
    chain.log,
  );
  expect(told().filter(({ cluster_name: name }) => name === 'vault')).toEqual([]);
}, 35_000);

test('an export that never started causes a ticket, which ends when the export is started by hand as the demo says', async () => {
  const notStarted = () => chain.told('AtlasBackupExportNotStarted', 'invoices');
  await until(async () => notStarted().length > 0, 60_000, chain.log);
  expect(notStarted()[0]).toMatchObject({
    status: 'firing',
    labels: { severity: 'warning', owner: 'payments' },
    annotations: {
      summary: expect.stringMatching(
        /^invoices \(project Storefront\): no export has started for the snapshot taken 3h .* ago$/,
      ),
    },
  });
  // The route by owner of the example leads there.
  const notification = chain.arrived.find(({ alerts }) => alerts.some((one) => one === notStarted()[0]));
  expect(notification?.receiver).toBe('payments');
  const command = /^ {2}curl .*?exports$/ms.exec(demo.output.stdout)?.[0] ?? '';
  expect(spawnSync('sh', ['-c', command], { encoding: 'utf8' })).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('"state":"Queued"'),
  });
  await until(async () => notStarted().at(-1)?.status === 'resolved', 60_000, chain.log);
}, 125_000);

test.each(['orders', 'search', 'archive'])('the healthy cluster %s causes no alert', async (name) => {
  const held = await chain.held();
  expect([...namesInState(held, name, 'active'), ...namesInState(held, name, 'suppressed')]).toEqual([]);
  const notStarted = `ALERTS{cluster_name="${name}",alertname="AtlasBackupExportNotStarted"}`;
  expect(await chain.query(`count_over_time(${notStarted}[1h])`)).toEqual([]);
});

test('an exporter that runs is not down', async () => {
  // Prometheus started first, so at first the exporter is missing.
  const isDown = ({ labels }: HeldAlert) => labels['alertname'] === 'AtlasBackupExporterDown';
  await until(async () => !(await chain.held()).some(isDown), 30_000, chain.log);
}, 35_000);
