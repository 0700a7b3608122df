/**
 * One whole page of metrics in both formats: the golden files in test/fixtures. A change in them is a change for every user's
 * queries: after `npm run docs` read the difference line by line.
 */
import { COLLECTORS, familiesOf } from '../../src/collectors/index.ts';
import { createMetricsPage } from '../../src/metrics/page.ts';
import { createSelfMetrics } from '../../src/metrics/self.ts';
import { createFakeRuntime } from './fake-runtime.ts';
import { DAY_ZERO_SECONDS, job, objectId } from './jobs.ts';
import { snapshot, withSnapshots } from './snapshots.ts';
import { newState, polledState, target, unpolled, withRecord, withSchedule } from './states.ts';

const hour = (hours: number) => DAY_ZERO_SECONDS + hours * 3600;
const collections = (exportedCollections: number, totalCollections: number) => ({
  exportStatus: { exportedCollections, totalCollections },
});

/** A replica set in the middle of an export, a sharded cluster, one that can't be read, and one not read yet. */
function states() {
  const shop = polledState(
    [
      job('Queued', { createdAtSeconds: hour(25), fields: collections(0, 0) }),
      job('InProgress', { createdAtSeconds: hour(24), fields: collections(3, 12) }),
      job('Failed', { createdAtSeconds: hour(20) }),
      job('Cancelled', { createdAtSeconds: hour(19) }),
      job('Successful', { createdAtSeconds: hour(18), fields: collections(11, 12) }),
      job('Successful', { createdAtSeconds: hour(1), durationSeconds: 1000, bucket: '5f0000000000000000000002' }),
    ],
    { successMaxAgeSeconds: 93_600, durationMaxSeconds: 7_200, projectName: 'Shop', owner: 'payments' },
    'orders',
  );
  const scheduled = withSchedule(shop, {
    autoExportEnabled: true,
    export: { bucketId: '5f0000000000000000000001', frequency: 'daily', hasPolicyItem: true },
    nextSnapshotAtSeconds: hour(42),
  });
  const snapshots = [snapshot(hour(18)), snapshot(hour(19), { status: 'inProgress' })];
  const components = [1, 2].map((shard) => ({ exportId: objectId(hour(23), shard), replicaSetName: `shard-${shard}` }));
  const sharded = { exportStatus: undefined, finishedAt: undefined, components };
  const analytics = polledState(
    [
      job('InProgress', { createdAtSeconds: hour(23), fields: sharded }),
      job('Successful', { createdAtSeconds: hour(2), fields: { ...sharded, components: [] } }),
      job('Thawing', { createdAtSeconds: hour(3) }),
    ],
    {},
    'analytics',
  );
  const weekly = { autoExportEnabled: true, export: { bucketId: '5f0000000000000000000002', frequency: 'WEEKLY' } };
  const failure = {
    reason: 'forbidden',
    status: 403,
    problem: 'Atlas answered 403',
    advice: 'ask for the role',
  } as const;
  const blocked = withRecord(newState('blocked'), 'exports', {
    polls: 3,
    intervalSeconds: 300,
    failures: { ...unpolled().failures, forbidden: 2, timeout: 1 },
    last: { endedAtSeconds: hour(26), durationSeconds: 0.125, failure },
  });
  return [
    withSnapshots(scheduled, snapshots),
    withSchedule(analytics, weekly),
    blocked,
    newState('new', { discovered: true, paused: true }),
  ];
}

export async function goldenPage(format: 'text' | 'openmetrics'): Promise<string> {
  const all = states();
  const self = createSelfMetrics({
    build: { version: '1.2.3', revision: 'abcdef0', nodeVersion: 'v24.0.0' },
    withProcessMetrics: false,
    collectors: COLLECTORS,
    credentials: () => [{ name: 'default', kind: 'service_account', expiresAtSeconds: hour(1000) }],
    budgets: () => [
      {
        groupId: target().groupId,
        name: 'cloud_backups',
        throttledSeconds: 0,
        atlas: { limit: 1200, remaining: 1180, ageSeconds: 0 },
      },
    ],
    states: () => all,
    listings: () => [{ credential: 'default', tried: true, projects: 1, up: true, goodAtSeconds: hour(26) }],
    discoveries: () => [
      { groupId: target().groupId, tried: true, up: true, goodAtSeconds: hour(26) },
      { groupId: '5e0000000000000000000002', tried: true, up: false },
    ],
    lastReload: () => ({ successful: true, successAtSeconds: hour(0) }),
    isAtlasReachable: () => true,
    lastTickAtSeconds: () => hour(26),
    webCertificateExpiresAtSeconds: () => hour(2000),
  });
  self.observer.request({ credential: 'default', operation: 'list_exports', code: 200, durationSeconds: 0.3 });
  const families = familiesOf(COLLECTORS);
  const page = createMetricsPage({ families, own: self.registry, runtime: createFakeRuntime() });
  page.update(all, []);
  return (await page.render(format, false)).toString();
}
