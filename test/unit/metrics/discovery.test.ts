import { expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { type DiscoveryFacts, registerDiscoveries } from '../../../src/metrics/discovery.ts';

test('a project has its own series of its discovery, from the start to its end', async () => {
  const registry = new Registry();
  let facts: DiscoveryFacts[] = [{ groupId: 'a', up: false }];
  registerDiscoveries(registry, () => facts);
  const lines = async () => (await registry.metrics()).split('\n').filter((line) => /^\w/.test(line));
  expect(await lines()).toEqual(['mongodbatlas_backup_export_discovery_up{group_id="a"} 0']);
  facts = [
    { groupId: 'a', up: true, goodAtSeconds: 7 },
    { groupId: 'b', up: false, goodAtSeconds: 5 },
  ];
  expect(await lines()).toEqual([
    'mongodbatlas_backup_export_discovery_up{group_id="a"} 1',
    'mongodbatlas_backup_export_discovery_up{group_id="b"} 0',
    'mongodbatlas_backup_export_last_discovery_success_timestamp_seconds{group_id="a"} 7',
    'mongodbatlas_backup_export_last_discovery_success_timestamp_seconds{group_id="b"} 5',
  ]);
  facts = [];
  expect(await lines()).toEqual([]);
});
