import { expect, test } from '@jest/globals';
import type { AtlasApi, Resource } from '../../../src/atlas/client.ts';
import { readProjectName } from '../../../src/collectors/project.ts';
import { GROUP_ID } from '../../support/states.ts';

async function nameOf(name: unknown): Promise<string> {
  const api = { get: async () => ({ name }) } as unknown as AtlasApi;
  return readProjectName(api, GROUP_ID, new AbortController().signal);
}

test.each([
  ['Shop', 'Shop'],
  ['Größe "42" \\ {x}', 'Größe "42" \\ {x}'],
  ['a\nb\u0000c\u2028d\u202Ee\uD800f', 'a\uFFFDb\uFFFDc\uFFFDd\uFFFDe\uFFFDf'],
  ['x'.repeat(1e6), 'x'.repeat(64)],
  ['🐘'.repeat(100), '🐘'.repeat(64)],
  ['', ''],
  [null, ''],
  [undefined, ''],
  [7, ''],
])('a project that is called %p is shown so that it can be a label', async (name, shown) => {
  expect(await nameOf(name)).toBe(shown);
});

test('the name of a project is read in one request that does not count against the budget for backups', async () => {
  const asked: Resource[] = [];
  const api = {
    async get(resource: Resource) {
      asked.push(resource);
      return {};
    },
  } as unknown as AtlasApi;
  await readProjectName(api, GROUP_ID, new AbortController().signal);
  expect(asked).toEqual([
    { operation: 'get_group', budget: 'projects', groupId: GROUP_ID, path: `/groups/${GROUP_ID}` },
  ]);
});
