/** A whole organization in five lines of config: two shards, a simulated Atlas, real sockets, clocks that run faster. */
import { describe, expect, test } from '@jest/globals';
import { loadConfig } from '../../src/config/load.ts';
import { defaultCredentials, startSimulator } from '../../src/simulator/simulator.ts';
import type { World } from '../../src/simulator/world.ts';
import { closeLater } from '../support/atlas.ts';
import { type RunningDaemon, runDaemon, TIMES } from '../support/daemon.ts';
import { createFastRuntime } from '../support/fast-runtime.ts';
import { files } from '../support/files.ts';
import { createFixedWorld, type FixedProject } from '../support/fixed-world.js';
import { job } from '../support/jobs.ts';
import { configOf, directoryWith } from '../unit/config/workspace.ts';

const FIVE_LINES = `targets:
  - projects: all
    exclude_projects: ["*-sandbox"]
    clusters: all
    discovery_interval: 1m
`;
/** Small pages, so that each list has several; and few polls, because only what is watched matters here. */
const PAGES = 'atlas: { page_size: 15 }\npolling: { idle_interval: 1h, read_schedule: false }\n';
const CLUSTERS = 25;

const two = (number: number): string => String(number).padStart(2, '0');
const idOf = (number: number): string => `5e00000000000000000000${two(number)}`;
const clustersOf = (number: number) => Array.from({ length: CLUSTERS }, (_, index) => `p${two(number)}-c${two(index)}`);

function projectOf(number: number, name = `project-${number}`): FixedProject {
  const exports = [job('Successful')];
  return { id: idOf(number), name, clusters: clustersOf(number).map((cluster) => ({ name: cluster, exports })) };
}

/** An Atlas whose projects change while it runs. */
async function organizationOf(projects: FixedProject[]) {
  const now = () => createFixedWorld(projects);
  const world: World = {
    projects: () => projects,
    project: (id) => now().project(id),
    cluster: (id, name) => now().cluster(id, name),
    exports: (id, name, nowMs) => now().exports(id, name, nowMs),
    snapshots: () => [],
    schedule: () => undefined,
  };
  const simulator = await startSimulator({ world });
  closeLater(simulator);
  return simulator;
}

async function startShards(origin: string, count: number): Promise<readonly RunningDaemon[]> {
  const cwd = directoryWith({ 'main.yml': FIVE_LINES, 'pages.yml': PAGES });
  const env = { MONGODB_ATLAS_BASE_URL: origin, MONGODB_ATLAS_ACCESS_TOKEN: defaultCredentials.accessToken };
  const config = configOf(await loadConfig({ paths: [cwd], targets: [], env, cwd, files }));
  const shards = Array.from({ length: count }, (_, index) =>
    runDaemon(config, { runtime: createFastRuntime(TIMES), shard: { index, count } }),
  );
  const running = await Promise.all(shards);
  for (const { daemon } of running) closeLater({ close: daemon.stop });
  return running;
}

/** Scrapes the shards until together they have polled clusters with these names and no others. Returns the names of each. */
async function untilWatched(shards: readonly RunningDaemon[], names: readonly string[]) {
  const wanted = [...names].sort().join();
  for (const deadline = Date.now() + 200_000; ; ) {
    const watched = await Promise.all(shards.map(async ({ series }) => Object.keys(await series('export_up'))));
    if (watched.flat().sort().join() === wanted) return watched;
    if (Date.now() > deadline) throw new Error(`the shards watch ${watched.map(({ length }) => length).join(' + ')}`);
    // A scrape of a thousand clusters takes processor time that the polls need.
    await new Promise((resolve) => setTimeout(resolve, 2000));
  }
}

describe('an organization with 40 projects and 1,000 clusters', () => {
  test('is split by two shards, which follow renamed, added and removed projects', async () => {
    const numbers = Array.from({ length: 40 }, (_, index) => index);
    const projects = [...numbers.map((number) => projectOf(number)), projectOf(90, 'old-sandbox')];
    const simulator = await organizationOf(projects);
    const shards = await startShards(simulator.origin, 2);

    const [first = [], second = []] = await untilWatched(shards, numbers.flatMap(clustersOf));
    expect(Math.min(first.length, second.length)).toBeGreaterThanOrEqual(10 * CLUSTERS);
    const projectsIn = (names: readonly string[]) => new Set(names.map((name) => name.slice(0, 3)));
    expect([...projectsIn(first)].filter((project) => projectsIn(second).has(project))).toEqual([]);
    for (const { series } of shards) {
      expect(await series('export_projects_discovery_up')).toEqual({ default: 1 });
      expect(Object.keys(await series('exporter_api_rate_limit_requests'))).toContain('projects');
    }

    projects[0] = projectOf(0, 'renamed');
    projects.splice(1, 1, projectOf(50));
    await untilWatched(shards, [0, 50, ...numbers.slice(2)].flatMap(clustersOf));
    const infos = await Promise.all(shards.map(({ series }) => series('export_target_info')));
    const labels = infos.flatMap((info) => Object.keys(info));
    expect(labels.filter((label) => label.includes('renamed'))).toHaveLength(CLUSTERS);
    expect(labels.filter((label) => label.includes('project-0'))).toEqual([]);
    expect(await Promise.all(shards.map(({ metrics }) => metrics()))).not.toContain(idOf(1));

    const paths = simulator.requests.map(({ path }) => path);
    expect(paths.some((path) => /\/groups\?.*pageNum=3$/.test(path))).toBe(true);
    expect(paths.filter((path) => /\/groups\/[0-9a-f]+$/.test(path))).toEqual([]);
    const changes = shards.flatMap(({ logLines }) => logLines.filter(({ msg }) => String(msg).includes('has changed')));
    expect(changes).toEqual(
      [1, 2].map(() => expect.objectContaining({ added: ['project-50'], removed: ['project-1'] })),
    );
  }, 400_000);
});
