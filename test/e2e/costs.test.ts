/** The requests of a fleet in one hour, counted by the simulated Atlas, are those of the formula in README.md. Time is simulated. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { createClient } from '../../src/atlas/client.ts';
import type { Transport } from '../../src/atlas/http/transport.ts';
import { COLLECTORS } from '../../src/collectors/index.ts';
import { clusterSource, projectSource, readProjectName } from '../../src/collectors/project.ts';
import { createPolling } from '../../src/polling/polling.ts';
import { findResource } from '../../src/simulator/api.ts';
import { createFakeRuntime } from '../support/fake-runtime.ts';
import { createFixedWorld } from '../support/fixed-world.js';
import { iso, job } from '../support/jobs.ts';
import { SETTINGS } from '../support/pages.ts';
import { createRecordingLog } from '../support/recording-log.ts';
import { snapshot } from '../support/snapshots.ts';

const PROJECTS = 40;
const CLUSTERS = 25;
/** Of each project: clusters whose export runs for the whole hour, and clusters whose next snapshot is in this hour. */
const EXPORTING = 5;
const SNAPSHOTS = 10;
const START = 1_790_000_000;
/** After this time everything has been read once. */
const WARM_UP_SECONDS = 120;
const HOUR = 3600;

const done = job('Successful', { createdAtSeconds: START - 7200 });
const running = job('InProgress', { createdAtSeconds: START - 600 });
const projects = Array.from({ length: PROJECTS }, (_, index) => ({
  id: (0x5e000000 + index).toString(16).padEnd(24, '0'),
  name: `Project ${index}`,
  clusters: Array.from({ length: CLUSTERS }, (_cluster, number) => ({
    name: `cluster-${number}`,
    exports: number < EXPORTING ? [running, done] : [done],
    snapshots: [snapshot(START - 7200)],
    schedule: {
      autoExportEnabled: true,
      export: { exportBucketId: '5f0000000000000000000001', frequencyType: 'daily' },
      nextSnapshot: iso(START + (number < SNAPSHOTS ? WARM_UP_SECONDS + 1800 : 20 * HOUR)),
    },
  })),
}));

test('1,000 clusters in 40 projects cost what the formula says', async () => {
  const runtime = createFakeRuntime(START);
  const world = createFixedWorld(projects);
  const counts: Record<string, number> = {};
  const transport: Transport = ({ operation, method, target, headers }) => {
    counts[operation] = (counts[operation] ?? 0) + 1;
    const [path = ''] = target.split('?');
    const nowMs = runtime.wallSeconds() * 1000;
    const answer = findResource(path)?.answer({
      method,
      target,
      headers,
      body: '',
      path,
      nowMs,
      caller: 'access-token',
      world,
      origin: 'http://atlas',
      changeList: (list) => list,
    });
    return Promise.resolve(answer ?? { status: 404, headers: {}, body: '{}' });
  };
  const settings = { transport, credential: 'c', pageSize: 500, maxPages: 200, requestTimeoutSeconds: 10, runtime };
  const polling = createPolling({
    wanted: {
      targets: [],
      discoveries: [],
      organizations: [{ credential: 'c', exclude: [], discoveryIntervalSeconds: 600 }],
    },
    collectors: COLLECTORS,
    clusterSource,
    projectSource,
    readProjectName,
    settings: () => SETTINGS,
    concurrency: () => 8,
    apiFor: () => createClient({ ...settings, observer: { retry: () => undefined } }),
    outage: () => undefined,
    onChange: () => undefined,
    runtime,
    log: createRecordingLog().log,
  });
  polling.start();
  await runtime.advance(WARM_UP_SECONDS);
  expect(
    [...polling.states.all()].filter(({ polled }) => Object.values(polled).some((one) => one.last === undefined)),
  ).toEqual([]);
  for (const operation of Object.keys(counts)) counts[operation] = 0;
  await runtime.advance(HOUR);
  await polling.stop();
  const [activeSeconds, idleSeconds, discoverySeconds] = [60, 300, 600];
  expect(counts).toEqual({
    list_exports: PROJECTS * (EXPORTING * (HOUR / activeSeconds) + (CLUSTERS - EXPORTING) * (HOUR / idleSeconds)),
    get_schedule: PROJECTS * CLUSTERS,
    list_snapshots: PROJECTS * (CLUSTERS + SNAPSHOTS),
    list_clusters: PROJECTS * (HOUR / discoverySeconds),
    list_groups: HOUR / discoverySeconds,
  });
  const { list_exports: exports = 0, get_schedule: schedules = 0, list_snapshots: snapshots = 0 } = counts;
  const words = [exports + schedules + snapshots, exports, schedules, snapshots].map((count) =>
    count.toLocaleString('en'),
  );
  expect(readFileSync('README.md', 'utf8').replaceAll(/\s+/g, ' ')).toContain(
    `${words[0]} requests per hour: ${words[1]} for exports, ${words[2]} for schedules and ${words[3]} for snapshots`,
  );
}, 120_000);
