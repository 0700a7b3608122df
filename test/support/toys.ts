/** A further collector, for tests: everything about it is in this one value. */
import { type Collector, recordOf } from '../../src/collectors/collector.ts';
import { gauge, volatile } from '../../src/collectors/families.ts';

export interface Toys {
  readonly count: number;
}

const toysOf = recordOf<Toys>('toys');

/** @param path below the cluster; one that Atlas does not have fails with not_found */
export function createToys(path = '/backup/schedule'): Collector<Toys> {
  return {
    name: 'toys',
    words: {
      title: 'Toys',
      one: 'toy',
      many: 'toys',
      resource: 'list of toys',
      cadence: 'Read every ten minutes.',
    },
    role: 'Project Toy Keeper',
    advice: { not_found: 'ask the keeper of the toys' },
    operation: 'list_toys',
    upMetric: 'mongodbatlas_backup_export_toys_up',
    after: 'exports',
    limits: ['toys'],
    switchDescription: 'Whether to read the toys.',
    pace: () => ({ seconds: 600, retrySeconds: 60, failedSeconds: 600 }),
    async read(api, { target: { groupId, clusterName } }, _settings, signal) {
      const resource = { operation: 'list_toys', budget: 'cloud_backups', groupId } as const;
      await api.get({ ...resource, path: `/groups/${groupId}/clusters/${clusterName}${path}` }, signal);
      return { summary: { count: 7 }, facts: { pages: 1, items: 7, dropped: { toys: 2 } } };
    },
    families: volatile(toysOf, [gauge('toys', 'Toys of the cluster.', (state) => toysOf(state).summary?.count)]),
    findings: [
      (state) =>
        toysOf(state).summary
          ? { condition: 'incomplete', problem: 'toys are lying about', advice: 'tidy up' }
          : undefined,
    ],
    fields: [{ name: 'toy_count', type: 'number', meaning: 'Toys.', value: (state) => toysOf(state).summary?.count }],
  };
}
