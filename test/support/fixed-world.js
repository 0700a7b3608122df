/** A simulated Atlas whose content is given as data. JavaScript, because the benchmarks use it too, without compiling. */

/**
 * @typedef {import('../../src/simulator/world.ts').Cluster & {
 *   exports?: readonly unknown[] | ((nowMs: number) => readonly unknown[]),
 *   snapshots?: readonly unknown[],
 *   schedule?: unknown,
 * }} FixedCluster Jobs and snapshots are in the API's own form, in the order of the list. Default: none.
 * @typedef {Omit<import('../../src/simulator/world.ts').Project, 'clusters'> & { clusters: readonly FixedCluster[] }} FixedProject
 */

/**
 * @param {readonly FixedProject[]} projects
 * @returns {import('../../src/simulator/world.ts').World}
 */
export function createFixedWorld(projects) {
  /** @param {string} groupId */
  const project = (groupId) => projects.find(({ id }) => id === groupId);
  /** @param {string} groupId @param {string} clusterName */
  const cluster = (groupId, clusterName) => project(groupId)?.clusters.find(({ name }) => name === clusterName);
  return {
    projects: () => projects,
    project,
    cluster,
    exports(groupId, clusterName, nowMs) {
      const jobs = cluster(groupId, clusterName)?.exports ?? [];
      return typeof jobs === 'function' ? jobs(nowMs) : jobs;
    },
    snapshots: (groupId, clusterName) => cluster(groupId, clusterName)?.snapshots ?? [],
    schedule: (groupId, clusterName) => cluster(groupId, clusterName)?.schedule,
  };
}
