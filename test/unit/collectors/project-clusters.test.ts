import { describe, expect, test } from '@jest/globals';
import type { AtlasApi, Resource } from '../../../src/atlas/client.ts';
import type { JsonObject, Page } from '../../../src/atlas/http/answer.ts';
import { clusterSource } from '../../../src/collectors/project.ts';
import { GROUP_ID } from '../../support/states.ts';

function apiOf(...pages: readonly (readonly unknown[])[]) {
  const asked: Resource[] = [];
  const api: Pick<AtlasApi, 'eachPage'> = {
    async eachPage(resource, _signal, take) {
      asked.push(resource);
      for (const results of pages) take({ results } satisfies Page);
    },
  };
  return { api: api as AtlasApi, asked };
}

async function found(...pages: readonly (readonly unknown[])[]) {
  return clusterSource.read(apiOf(...pages).api, GROUP_ID, new AbortController().signal);
}

let number = 0;
const cluster = (name: unknown, fields: JsonObject = {}): JsonObject => ({
  id: String(number++),
  name,
  backupEnabled: true,
  paused: false,
  ...fields,
});
const hardware = (providerName: string, instanceSize: string) => ({
  replicationSpecs: [{ regionConfigs: [{ providerName, electableSpecs: { instanceSize } }] }],
});

describe('the clusters of a project', () => {
  test('come from all pages, each with its paused state', async () => {
    const { api, asked } = apiOf([cluster('one', hardware('AWS', 'M10'))], [cluster('two', { paused: true })]);
    expect(await clusterSource.read(api, GROUP_ID, new AbortController().signal)).toEqual({
      clusters: [
        { name: 'one', paused: false },
        { name: 'two', paused: true },
      ],
      notices: [],
    });
    expect(asked).toEqual([
      { operation: 'list_clusters', budget: 'clusters', groupId: GROUP_ID, path: `/groups/${GROUP_ID}/clusters` },
    ]);
  });

  test('fail if the list is empty, but its total is not 0', async () => {
    const empty = (totalCount?: number) =>
      ({
        eachPage: async (_resource, _signal, take) => {
          take({ results: [], ...(totalCount === undefined ? {} : { totalCount }) });
        },
      }) as Pick<AtlasApi, 'eachPage'> as AtlasApi;
    const read = (api: AtlasApi) => clusterSource.read(api, GROUP_ID, new AbortController().signal);
    await expect(read(empty(25))).rejects.toMatchObject({
      reason: 'invalid_response',
      message: 'the list is empty, but its total is 25 clusters',
    });
    for (const total of [0, undefined]) expect(await read(empty(total))).toEqual({ clusters: [], notices: [] });
  });

  test.each([
    ['has no backup', { backupEnabled: false }],
    ['leaves out whether it has backup', { backupEnabled: undefined }],
    ['has null for it', { backupEnabled: null }],
    ['is on a shared tier', hardware('TENANT', 'M2')],
    ['is free', hardware('TENANT', 'M0')],
    ['is flex', hardware('FLEX', 'FLEX')],
    ['is shared in its second region', { replicationSpecs: [{}, { regionConfigs: [{}, { providerName: 'TENANT' }] }] }],
  ])('leave out one that %s', async (_what, fields) => {
    expect((await found([cluster('odd', fields), cluster('good')])).clusters).toEqual([
      { name: 'good', paused: false },
    ]);
  });

  test.each([
    ['nothing of its hardware', {}],
    ['null everywhere', { replicationSpecs: null, paused: null }],
    ['things of other types', { replicationSpecs: [7, { regionConfigs: 'x' }, { regionConfigs: [null, 1] }] }],
  ])('keep one that says %s', async (_what, fields) => {
    expect((await found([cluster('good', fields)])).clusters).toEqual([{ name: 'good', paused: false }]);
  });

  test.each([['-x'], ['a b'], ['"'], ['x'.repeat(65)], [''], [7], [null], [undefined], ['naïve']])(
    'leave out one whose name is %p, and say so without the name',
    async (name) => {
      expect(await found([cluster(name), cluster('x'.repeat(64))])).toEqual({
        clusters: [{ name: 'x'.repeat(64), paused: false }],
        notices: [{ message: expect.stringContaining('ignored'), facts: { clusters: '1' } }],
      });
    },
  );

  test('have each name once', async () => {
    expect((await found([cluster('one')], [cluster('one', { paused: true })])).clusters).toEqual([
      { name: 'one', paused: true },
    ]);
  });
});
