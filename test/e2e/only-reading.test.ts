/**
 * The role that lists exports is also allowed to delete snapshots. So all requests of the exporter are checked, with every kind
 * of credential, every operation, failures, retries, a reload and a stop.
 */
import { afterEach, expect, test } from '@jest/globals';
import type { SeenRequest, Simulator } from '../../src/simulator/simulator.ts';
import { type ConfigParts, CREDENTIALS, configFor, type RunningDaemon, runDaemon } from '../support/daemon.ts';
import { createFaultPlan, type FaultRule } from '../support/faults/faults.ts';
import { startFaultySimulator } from '../support/faults/faulty-simulator.ts';
import { createFixedWorld } from '../support/fixed-world.js';

const SEARCHED = '5e0000000000000000000001';
const NAMED = '5e0000000000000000000002';
const FAILING: readonly FaultRule[] = [
  { operation: 'list_exports', groupId: NAMED, from: 2, to: 2, fault: { status: 500 } },
  { operation: 'list_exports', groupId: NAMED, from: 4, to: 4, fault: { kind: 'redirect', to: 'http://127.0.0.1:1' } },
  { operation: 'list_exports', groupId: SEARCHED, from: 2, to: 2, fault: { kind: 'expire-tokens' } },
  { operation: 'list_clusters', from: 2, to: 2, fault: { kind: 'reset' } },
];
const open: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** The distinct methods and paths, without ids. */
function kindsOf(requests: readonly SeenRequest[]): readonly string[] {
  const kinds = requests.map(({ method, path }) => {
    const [address = ''] = path.split('?', 1);
    return `${method} ${address.replace(/groups\/\w+/, 'groups/…').replace(/clusters\/[\w-]+/, 'clusters/…')}`;
  });
  return [...new Set(kinds)].sort();
}

function setUp(kind: keyof typeof CREDENTIALS, simulator: Simulator): Promise<RunningDaemon> {
  const credential = CREDENTIALS[kind];
  const parts: ConfigParts = {
    credentials: [credential],
    targets: [{ groupId: NAMED, clusterName: 'named', credential: credential.name }],
    discoveries: [{ groupId: SEARCHED, credential: credential.name, exclude: [], discoveryIntervalSeconds: 1 }],
    polling: { isRead: { schedule: true } },
  };
  return runDaemon(configFor(simulator, parts));
}

test.each(['account', 'key', 'token'] as const)(
  'with the credential %s every request is a GET, or a POST that mints or revokes a token',
  async (kind) => {
    const operations = new Set<string>();
    const plan = createFaultPlan(FAILING);
    const simulator = await startFaultySimulator({
      world: createFixedWorld([
        { id: NAMED, name: 'Shop', clusters: [{ name: 'named', exports: [] }] },
        { id: SEARCHED, name: 'Store', clusters: [{ name: 'found', exports: [] }] },
      ]),
      faults(request) {
        operations.add(request.operation);
        return plan(request);
      },
    });
    open.push(simulator.close);
    const running = await setUp(kind, simulator);
    open.push(() => running.daemon.stop());
    await running.until('export_polls_total', ({ named = 0, found = 0 }) => named >= 4 && found >= 3);
    await running.until('export_schedule_up', (up) => Object.keys(up).length > 0);
    const counted = (await running.metrics()).matchAll(/_api_requests_total\{[^}]*operation="(\w+)"/g);
    // The simulator determines the operations independently.
    expect([...operations]).toEqual(expect.arrayContaining(Array.from(counted, ([, operation]) => operation)));
    await running.reload(configFor(simulator, { credentials: [CREDENTIALS[kind]], targets: [] }));
    await running.daemon.stop();

    const api = '/api/atlas/v2/groups/…';
    const reads = ['', '/clusters', '/clusters/…/backup/exports', '/clusters/…/backup/schedule'];
    const tokens = kind === 'account' ? ['POST /api/oauth/revoke', 'POST /api/oauth/token'] : [];
    expect(kindsOf(simulator.requests)).toEqual([...reads.map((path) => `GET ${api}${path}`), ...tokens]);
  },
);
