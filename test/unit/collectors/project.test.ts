import { describe, expect, test } from '@jest/globals';
import type { AtlasApi, Resource } from '../../../src/atlas/client.ts';
import type { Page } from '../../../src/atlas/http/answer.ts';
import { projectSource, readProjectName } from '../../../src/collectors/project.ts';
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

describe('the list of projects', () => {
  function listOf(...pages: readonly (readonly unknown[])[]) {
    const asked: Resource[] = [];
    const api: Pick<AtlasApi, 'eachPage'> = {
      async eachPage(resource, _signal, take) {
        asked.push(resource);
        for (const results of pages) take({ results } satisfies Page);
      },
    };
    return { asked, read: () => projectSource.read(api as AtlasApi, new AbortController().signal) };
  }
  const project = (digit: string, name?: unknown) => ({ id: digit.repeat(24), name });

  test('is read page by page, in the budget for projects, and ordered by id', async () => {
    const { asked, read } = listOf(
      [project('b', 'Shop'), project('c', 7)],
      [project('a', 'a\nb'), { id: 'A1', name: 'odd' }],
    );
    expect(await read()).toEqual({
      projects: [
        { groupId: 'a'.repeat(24), name: 'a\uFFFDb' },
        { groupId: 'b'.repeat(24), name: 'Shop' },
        { groupId: 'c'.repeat(24), name: '' },
      ],
      notices: [expect.objectContaining({ facts: { projects: '1' } })],
    });
    expect(asked).toEqual([{ operation: 'list_groups', budget: 'projects', groupId: '', path: '/groups' }]);
  });

  test('is a failure if it is empty', async () => {
    await expect(listOf([]).read()).rejects.toMatchObject({
      reason: 'not_found',
      message: expect.stringContaining('no project'),
    });
  });
});
