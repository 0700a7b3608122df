/**
 * The whole chain: the demo, a real Prometheus with the shipped rules, a real Alertmanager with the shipped example, and a
 * webhook. Only waiting is shortened: every `for` to a second, the Alertmanager's waits too; no condition is another one.
 */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { RULES_FILE } from '../support/alert-rules.ts';
import { type Program, startProgram } from '../support/program.ts';
import { freePort, type Server, startServer, until } from '../support/servers.ts';

interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface Held extends Alert {
  readonly status: { readonly state: string };
}

const RUNBOOKS =
  'https://github.com/mongodbatlas-backup-exporter/mongodbatlas-backup-exporter/blob/main/deploy/runbooks/';

let folder: string;
let demo: Program;
let webhook: HttpServer;
let prometheus: Server;
let alertmanager: Server;
let alertmanagerUrl: string;
/** What has arrived, by the receiver's name. */
const arrived: { readonly receiver: string; readonly groupLabels: Record<string, string>; readonly alerts: Alert[] }[] =
  [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'e2e-'));
  const webhookUrl = await startWebhook();
  demo = startProgram(['demo', '--web.listen-address', '127.0.0.1:0', '--log.level', 'info']);
  const address = (await demo.listening()).replace('http://', '');
  const [prometheusPort, alertmanagerPort] = [await freePort(), await freePort()];
  alertmanagerUrl = `http://127.0.0.1:${alertmanagerPort}`;
  const example = readFileSync('deploy/alertmanager/alertmanager.yml', 'utf8');
  writeFileSync(
    join(folder, 'alertmanager.yml'),
    example.replace(/http:\/\/\w+\.example\.com/g, webhookUrl).replace(/(group_wait|group_interval): \w+/g, '$1: 1s'),
  );
  const rules = readFileSync(RULES_FILE, 'utf8');
  writeFileSync(join(folder, 'rules.yml'), rules.replace(/^( +(?:for|keep_firing_for|interval)): \w+$/gm, '$1: 1s'));
  writeFileSync(
    join(folder, 'prometheus.yml'),
    `global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }
rule_files: [rules.yml]
alerting: { alertmanagers: [ { static_configs: [ { targets: ["127.0.0.1:${alertmanagerPort}"] } ] } ] }
scrape_configs: [ { job_name: whatever, static_configs: [ { targets: ["${address}"] } ] } ]
`,
  );
  alertmanager = await startServer(
    alertmanagerCommand(),
    [
      `--config.file=${join(folder, 'alertmanager.yml')}`,
      `--storage.path=${join(folder, 'alertmanager')}`,
      `--web.listen-address=127.0.0.1:${alertmanagerPort}`,
      '--cluster.listen-address=',
    ],
    `${alertmanagerUrl}/-/ready`,
  );
  prometheus = await startServer(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'prometheus')}`,
      `--web.listen-address=127.0.0.1:${prometheusPort}`,
      '--rules.alert.resend-delay=1s',
    ],
    `http://127.0.0.1:${prometheusPort}/-/ready`,
  );
}, 60_000);

afterAll(async () => {
  await prometheus?.stop();
  await alertmanager?.stop();
  await demo?.stop();
  webhook?.close();
  rmSync(folder, { recursive: true });
});

/** Debian has a name of its own for it. */
function alertmanagerCommand(): string {
  return spawnSync('prometheus-alertmanager', ['--version']).error ? 'alertmanager' : 'prometheus-alertmanager';
}

async function startWebhook(): Promise<string> {
  webhook = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      arrived.push(JSON.parse(body));
      response.end();
    });
  });
  webhook.listen(0, '127.0.0.1');
  await once(webhook, 'listening');
  return `http://127.0.0.1:${(webhook.address() as AddressInfo).port}`;
}

function findArrived(alertname: string, clusterName?: string): Alert | undefined {
  return arrived
    .flatMap(({ alerts }) => alerts)
    .find(({ labels }) => labels['alertname'] === alertname && labels['cluster_name'] === clusterName);
}

async function heldAlerts(): Promise<readonly Held[]> {
  return (await (await fetch(`${alertmanagerUrl}/api/v2/alerts`)).json()) as Held[];
}

function inState(alerts: readonly Held[], clusterName: string, state: 'active' | 'suppressed'): readonly string[] {
  return alerts
    .filter(({ labels, status }) => labels['cluster_name'] === clusterName && status.state === state)
    .map(({ labels }) => labels['alertname'] ?? '')
    .sort();
}

test('the overdue cluster of the demo pages, with its age, its project and the way to the runbook', async () => {
  await until(
    async () => findArrived('AtlasBackupExportOverdue', 'reports') !== undefined,
    60_000,
    () => prometheus.log() + alertmanager.log(),
  );
  const alert = findArrived('AtlasBackupExportOverdue', 'reports');
  expect(alert).toMatchObject({
    labels: { severity: 'critical', group_id: '5f1a00c0000000000000a002' },
    annotations: {
      summary: expect.stringMatching(/^reports: no successful backup export for [45]d \d+h \d+m \d+s$/),
      description: expect.stringContaining('at most 1d 2h 0m 0s is thought right'),
      project: 'Insight',
      runbook_url: `${RUNBOOKS}AtlasBackupExportOverdue.md`,
    },
  });
  expect(Object.keys(alert?.labels ?? {}).sort()).toEqual(['alertname', 'cluster_name', 'group_id', 'severity']);
  const notification = arrived.find(({ alerts }) => alerts.includes(alert as Alert));
  expect(notification).toMatchObject({
    receiver: 'pager',
    groupLabels: { group_id: '5f1a00c0000000000000a002', cluster_name: 'reports' },
  });
}, 65_000);

test('the failing one is a ticket', async () => {
  await until(
    async () =>
      (findArrived('AtlasBackupExportFailed', 'billing') ??
        findArrived('AtlasBackupExportFailingRepeatedly', 'billing')) !== undefined,
    30_000,
    () => JSON.stringify(arrived),
  );
  const held = await heldAlerts();
  const failed = held.find(
    ({ labels }) => labels['alertname'] === 'AtlasBackupExportFailed' && labels['cluster_name'] === 'billing',
  );
  expect(failed?.annotations['description']).toMatch(
    /^The newest finished export of cluster billing .* failed .* ago\. Atlas does not try it again/,
  );
  expect(arrived.filter(({ receiver }) => receiver === 'pager').flatMap(({ alerts }) => alerts)).not.toContainEqual(
    expect.objectContaining({ labels: expect.objectContaining({ severity: 'warning' }) }),
  );
}, 35_000);

test('a refusal is told once: it explains why polls fail', async () => {
  await until(
    async () => inState(await heldAlerts(), 'vault', 'suppressed').includes('AtlasBackupExportTargetDown'),
    30_000,
    () => JSON.stringify(arrived),
  );
  expect(inState(await heldAlerts(), 'vault', 'active')).toContain('AtlasBackupExportAccessDenied');
  expect(findArrived('AtlasBackupExportTargetDown', 'vault')).toBeUndefined();
}, 35_000);

test('a healthy cluster is not told of', async () => {
  const held = await heldAlerts();
  expect([...inState(held, 'orders', 'active'), ...inState(held, 'orders', 'suppressed')]).toEqual([]);
  expect(held.filter(({ labels }) => labels['alertname'] === 'AtlasBackupExporterDown')).toEqual([]);
});

test('stale data mutes what rests on volatile metrics, and never what pages or is known', async () => {
  const volatile = ['QueuedTooLong', 'RunningTooLong', 'Stalled', 'UnknownState', 'SlowerThanUsual'];
  const lasting = ['Overdue', 'NoSuccessListed', 'Failed', 'Incomplete', 'Shrunk'];
  const made = ['DataStale', ...volatile, ...lasting].map((name) => ({
    labels: { alertname: `AtlasBackupExport${name}`, group_id: 'p', cluster_name: 'made', severity: 'warning' },
  }));
  const response = await fetch(`${alertmanagerUrl}/api/v2/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([
      ...made,
      { labels: { alertname: 'AtlasBackupExportStalled', group_id: 'p', cluster_name: 'other' } },
    ]),
  });
  expect(response.ok).toBe(true);
  await until(
    async () => {
      const held = await heldAlerts();
      return (
        [...inState(held, 'made', 'active'), ...inState(held, 'made', 'suppressed')].length === made.length &&
        inState(held, 'other', 'active').length === 1
      );
    },
    15_000,
    () => alertmanager.log(),
  );
  const held = await heldAlerts();
  const full = (names: readonly string[]) => names.map((name) => `AtlasBackupExport${name}`).sort();
  expect(inState(held, 'made', 'suppressed')).toEqual(full(volatile));
  expect(inState(held, 'made', 'active')).toEqual(full(['DataStale', ...lasting]));
}, 20_000);
