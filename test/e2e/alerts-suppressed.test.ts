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

const UNPOLLED = ['TargetDown', 'DataStale', 'DiscoveryFailing', 'RateLimited', 'erFleetShrunk'];
const SUPPRESSED_BY: Readonly<Record<string, readonly string[]>> = {
  erAtlasUnreachable: UNPOLLED,
  erDown: [...UNPOLLED, 'AccessDenied', 'AccessDenied of a project', 'AccessDenied of a credential', 'Unwatched'],
  AccessDenied: ['TargetDown', 'DataStale'],
  'AccessDenied of a project': ['TargetDown', 'DataStale', 'DiscoveryFailing'],
  'AccessDenied of a credential': ['TargetDown', 'DataStale', 'DiscoveryFailing'],
  RateLimited: ['TargetDown', 'DataStale'],
  TargetDown: ['DataStale'],
  DataStale: ['QueuedTooLong', 'RunningTooLong', 'SlowerThanUsual', 'Stalled', 'UnknownState'],
  Overdue: ['NoSuccessListed', 'Failed', 'FailingRepeatedly', 'DataOld', 'DataStale'],
  NoSuccessListed: ['Failed', 'FailingRepeatedly', 'DataOld', 'DataStale'],
  FailingRepeatedly: ['Failed'],
  RunningTooLong: ['SlowerThanUsual'],
  Stalled: ['SlowerThanUsual'],
};
const POLLED = ['TargetDown', 'DataStale', 'AccessDenied', 'RateLimited', 'Unwatched'];
const CLUSTER = { group_id: 'g', cluster_name: 'c' };

/** Every shipped alert, with the labels that it has. */
const alerts = new Map<string, Labels>([
  ...readRules()
    .flatMap(({ alert }) => alert?.replace('AtlasBackupExport', '') ?? [])
    .map((name) => [name, { alertname: `AtlasBackupExport${name}`, ...labelsOf(name) }] as const),
  ['AccessDenied of a project', { alertname: 'AtlasBackupExportAccessDenied', group_id: 'g', job: 'j' }],
  ['AccessDenied of a credential', { alertname: 'AtlasBackupExportAccessDenied', credential: 'k', job: 'j' }],
]);

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

test('an alert suppresses nothing of another installation, project, cluster or credential', async () => {
  const pairs = Object.entries(SUPPRESSED_BY)
    .flatMap(([source, targets]) => targets.map((target) => [source, target] as const))
    .flatMap(([source, target]) => {
      const [labels, other] = [alerts.get(source), alerts.get(target)];
      if (labels === undefined || other === undefined) return [];
      return (
        ['namespace', 'job', 'group_id', 'cluster_name', 'credential']
          .filter(
            (key) => (key in labels && key in other) || (key === 'namespace' && 'job' in labels && 'job' in other),
          )
          // A credential can differ only where the whole credential is refused.
          .filter((key) => key !== 'credential' || source === 'AccessDenied of a credential')
          .map((key) => ({ source, target, labels, other: { ...other, [key]: 'other' } }))
      );
    });
  expect(pairs.length).toBeGreaterThan(50);
  expect(await suppressedIn(pairs)).toEqual([]);
}, 60_000);

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
  if (POLLED.includes(name)) return { ...CLUSTER, credential: 'k', job: 'j' };
  if (name === 'DiscoveryFailing') return { group_id: 'g', credential: 'k', job: 'j' };
  return name.startsWith('er') ? { job: 'j' } : CLUSTER;
}
