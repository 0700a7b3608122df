import { expect, test } from '@jest/globals';
import { type Discoveries, registerDiscoveries } from '../../../src/metrics/discovery.ts';

test('a project and a credential have their own series of its discovery, from the start to its end', async () => {
  let facts: ReturnType<Discoveries['discoveries']> = [{ groupId: 'a', credential: 'c', up: false }];
  let listings: ReturnType<Discoveries['listings']> = [];
  const registry = registerDiscoveries({ discoveries: () => facts, listings: () => listings });
  const lines = async () => (await registry.metrics()).split('\n').filter((line) => /^\w/.test(line));
  expect(await lines()).toEqual(['mongodbatlas_backup_export_discovery_up{group_id="a"} 0']);
  facts = [
    { groupId: 'a', credential: 'c', up: true, goodAtSeconds: 7 },
    {
      groupId: 'b',
      credential: 'c',
      up: false,
      failure: { reason: 'forbidden', problem: '', advice: '' },
      goodAtSeconds: 5,
    },
  ];
  expect(await lines()).toEqual([
    'mongodbatlas_backup_export_discovery_up{group_id="a"} 1',
    'mongodbatlas_backup_export_discovery_up{group_id="b"} 0',
    'mongodbatlas_backup_export_discovery_failing{group_id="b",credential="c",reason="forbidden"} 1',
    'mongodbatlas_backup_export_last_discovery_success_timestamp_seconds{group_id="a"} 7',
    'mongodbatlas_backup_export_last_discovery_success_timestamp_seconds{group_id="b"} 5',
  ]);
  facts = [];
  listings = [{ credential: 'main', up: true, goodAtSeconds: 9 }];
  expect(await lines()).toEqual([
    'mongodbatlas_backup_export_projects_discovery_up{credential="main"} 1',
    'mongodbatlas_backup_export_last_projects_discovery_success_timestamp_seconds{credential="main"} 9',
  ]);
  listings = [];
  expect(await lines()).toEqual([]);
});
