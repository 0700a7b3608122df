/** Which alerts the Alertmanager example suppresses, which it never suppresses, and what it sends as one notification. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type HeldAlert, startAlertmanager } from '../support/alert-chain.ts';
import { readRules } from '../support/alert-rules.ts';
import { impatientAlerting } from '../support/fast-alerting.ts';
import { freePort, type Server, until } from '../support/servers.ts';

type Labels = Readonly<Record<string, string>>;

const SUPPRESSED_BY: Readonly<Record<string, readonly string[]>> = {
  erAtlasUnreachable: ['erFleetShrunk'],
  erDown: ['erFleetShrunk'],
  Overdue: ['NoSuccessListed', 'Failed', 'FailingRepeatedly', 'DataOld', 'DataStale', 'NotStarted'],
  NoSuccessListed: ['Failed', 'FailingRepeatedly', 'DataOld', 'DataStale', 'NotStarted'],
  DataStale: ['QueuedTooLong', 'RunningTooLong', 'SlowerThanUsual', 'Stalled', 'UnknownState'],
  RunningTooLong: ['SlowerThanUsual'],
  Stalled: ['SlowerThanUsual'],
};
/** Alerts with other labels than those of a cluster or of an exporter. */
const LABELS: Readonly<Record<string, Labels>> = {
  AccessDenied: { group_id: 'g', credential: 'k' },
  RateLimited: { group_id: 'g' },
  DiscoveryFailing: { group_id: 'g' },
  erCredentialExpiring: { credential: 'k' },
  erSeriesDropped: { limit: 'l' },
};
const CLUSTER = { group_id: 'g', cluster_name: 'c' };

/** Every shipped alert, with the labels that it has. */
const alerts = new Map<string, Labels>(
  readRules()
    .flatMap(({ alert }) => alert?.replace('AtlasBackupExport', '') ?? [])
    .map((name) => [name, { alertname: `AtlasBackupExport${name}`, ...labelsOf(name) }]),
);

let folder: string;
let url: string;
let alertmanager: Server;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'alerts-suppressed-'));
  url = `http://127.0.0.1:${await freePort()}`;
  alertmanager = await startAlertmanager(folder, url, impatientAlerting().alertmanagerConfig('http://127.0.0.1:9/'));
});

afterAll(async () => {
  await alertmanager?.stop();
  rmSync(folder, { recursive: true });
});

test('an alert suppresses those that it explains, in one direction, and no other', async () => {
  const pairs = [...alerts].flatMap(([source, labels]) =>
    [...alerts].filter(([target]) => target > source).map(([target, other]) => ({ source, target, labels, other })),
  );
  const seen = await suppressedIn(pairs);
  const expected = Object.entries(SUPPRESSED_BY)
    .flatMap(([source, targets]) => targets.map((target) => [source, target]))
    .filter(([source = '', target = '']) => alerts.has(source) && alerts.has(target))
    .map(([source, target]) => `${source} suppresses ${target}`);
  expect(seen).toEqual(expected.sort());
}, 60_000);

test('an alert suppresses nothing of another installation, project or cluster', async () => {
  const pairs = Object.entries(SUPPRESSED_BY)
    .flatMap(([source, targets]) => targets.map((target) => [source, target] as const))
    .flatMap(([source, target]) => {
      const [labels, other] = [alerts.get(source), alerts.get(target)];
      if (labels === undefined || other === undefined) return [];
      const keys = 'job' in labels ? ['namespace', 'job'] : ['group_id', 'cluster_name'];
      return keys.map((key) => ({ source, target, labels, other: { ...other, [key]: 'other' } }));
    });
  expect(pairs.length).toBeGreaterThan(30);
  expect(await suppressedIn(pairs)).toEqual([]);
}, 60_000);

test('a project is one page and one ticket, and an exporter one notification for each scrape job', async () => {
  const cluster = (name: string, severity: string, project: string, clusterName: string) => ({
    alertname: `AtlasBackupExport${name}`,
    severity,
    group_id: project,
    cluster_name: clusterName,
  });
  const down = (namespace: string, job: string) => ({
    alertname: 'AtlasBackupExporterDown',
    severity: 'critical',
    namespace,
    job,
  });
  await post([
    cluster('Overdue', 'critical', 'p1', 'a'),
    cluster('NoSuccessListed', 'critical', 'p1', 'b'),
    cluster('Failed', 'warning', 'p1', 'c'),
    cluster('Stalled', 'warning', 'p1', 'd'),
    cluster('SlowerThanUsual', 'info', 'p1', 'e'),
    cluster('Overdue', 'critical', 'p2', 'a'),
    down('n', 'j1'),
    down('n', 'j2'),
    down('m', 'j2'),
    { alertname: 'DiskFull', severity: 'critical', group_id: 'p1' },
  ]);
  const expected = [
    'nobody: p1 SlowerThanUsual',
    'pager: j1,n erDown',
    'pager: j2,m erDown',
    'pager: j2,n erDown',
    'pager: p1 NoSuccessListed Overdue',
    'pager: p2 Overdue',
    'tickets: DiskFull DiskFull',
    'tickets: p1 Failed Stalled',
  ];
  const seen = async () => {
    const groups = (await (await fetch(`${url}/api/v2/alerts/groups`)).json()) as readonly Group[];
    return groups
      .filter(({ alerts: members }) => members.some(({ labels }) => !('pair' in labels)))
      .map(({ receiver, labels, alerts: members }) => {
        const own = members.filter((member) => !('pair' in member.labels));
        const names = own.map((member) => (member.labels['alertname'] ?? '').replace('AtlasBackupExport', ''));
        const values = Object.values(labels).toSorted().join();
        return `${receiver.name}: ${values} ${names.toSorted().join(' ')}`;
      })
      .sort();
  };
  await until(
    async () => JSON.stringify(await seen()) === JSON.stringify(expected),
    10_000,
    () => '',
  ).catch(() => {});
  expect(await seen()).toEqual(expected);
}, 60_000);

interface Group {
  readonly labels: Labels;
  readonly receiver: { readonly name: string };
  readonly alerts: readonly HeldAlert[];
}

interface Pair {
  readonly source: string;
  readonly target: string;
  readonly labels: Labels;
  readonly other: Labels;
}

/** Sends each pair of alerts with values of its own, so that pairs do not meet. */
async function suppressedIn(pairs: readonly Pair[]): Promise<readonly string[]> {
  const start = new Date().toISOString();
  const id = (pair: number, labels: Labels, role: string) => ({
    ...Object.fromEntries(
      Object.entries(labels).map(([key, value]) => [key, key === 'alertname' ? value : `${value}-${start}-${pair}`]),
    ),
    role,
    pair: `${start}-${pair}`,
  });
  await post(pairs.flatMap(({ labels, other }, index) => [id(index, labels, 'source'), id(index, other, 'target')]));
  await until(
    async () => {
      const held = (await list()).filter(({ labels }) => labels['pair']?.startsWith(start));
      return held.length === 2 * pairs.length && held.every(({ status }) => status.state !== 'unprocessed');
    },
    20_000,
    alertmanager.log,
  );
  // The Alertmanager compares alerts in the background.
  await setTimeout(1000);
  return (await list())
    .filter(({ labels, status }) => labels['pair']?.startsWith(start) && status.state === 'suppressed')
    .map(({ labels }) => {
      const pair = pairs[Number(labels['pair']?.slice(start.length + 1))];
      return labels['role'] === 'target'
        ? `${pair?.source} suppresses ${pair?.target}`
        : `${pair?.target} suppresses ${pair?.source}`;
    })
    .sort();
}

async function post(labels: readonly Labels[]): Promise<void> {
  const response = await fetch(`${url}/api/v2/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(labels.map((set) => ({ labels: set }))),
  });
  expect(response.ok).toBe(true);
}

const list = async () => (await (await fetch(`${url}/api/v2/alerts`)).json()) as readonly HeldAlert[];

function labelsOf(name: string): Labels {
  return LABELS[name] ?? (name.startsWith('er') ? { job: 'j' } : CLUSTER);
}
