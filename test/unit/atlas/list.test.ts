import { describe, expect, test } from '@jest/globals';
import { createAdmission } from '../../../src/atlas/admission/admission.ts';
import { type AtlasApi, createClient, type Resource } from '../../../src/atlas/client.ts';
import { AtlasError } from '../../../src/atlas/error.ts';
import type { JsonObject, Page } from '../../../src/atlas/http/answer.ts';
import { readList } from '../../../src/atlas/list.ts';
import { createFakeRuntime } from '../../support/fake-runtime.ts';
import { answer, GROUP_ID, never, recordingObserver } from './support.ts';

const resource: Resource = { operation: 'list_exports', budget: 'cloud_backups', groupId: GROUP_ID, path: '/x' };

const page = (ids: string, totalCount?: number): Page => ({
  results: ids.split('').map((id) => ({ id })),
  ...(totalCount === undefined ? {} : { totalCount }),
});

/**
 * Reads a list. `readings` has the pages of the first reading, of the second one, and so on. The fold collects the ids
 * of each page.
 */
async function read(readings: readonly (readonly (Page | Error)[])[], wantsSecondReading = false) {
  let begun = 0;
  const api: AtlasApi = {
    async eachPage(_resource, _signal, take) {
      for (const one of readings[begun++] ?? []) {
        if (one instanceof Error) throw one;
        take(one);
      }
    },
    get: () => Promise.reject(new Error('not asked for')),
  };
  const folds: string[] = [];
  const reading = await readList(api, resource, never, (which) => {
    folds.push(which);
    const added: JsonObject[][] = [];
    return {
      add: (items) => added.push([...items]),
      wantsSecondReading: wantsSecondReading && which === 'first',
      result: () => added.map((items) => items.map(({ id }) => (typeof id === 'string' ? id : '-')).join('')),
    };
  });
  const { result, pages, items, reportedItems } = reading;
  return { result, pages, items, reportedItems, folds, readings: begun };
}

test('a fold receives the ids of the pages before, without those of the page itself', async () => {
  const told: string[] = [];
  const api: AtlasApi = {
    async eachPage(_resource, _signal, take) {
      for (const ids of ['ab', 'c', 'd']) take(page(ids));
    },
    get: () => Promise.reject(new Error('not asked for')),
  };
  await readList(api, resource, never, () => ({
    add: (_items, seenBefore) => told.push([...seenBefore].join('')),
    wantsSecondReading: false,
    result: () => undefined,
  }));
  expect(told).toEqual(['', 'ab', 'abc']);
});

describe('a list', () => {
  test('is read once, page by page, if it does not shift', async () => {
    expect(await read([[page('ab', 3), page('c', 3)]])).toEqual({
      result: ['ab', 'c'],
      pages: 2,
      items: 3,
      reportedItems: 3,
      folds: ['first'],
      readings: 1,
    });
  });

  test.each<[string, readonly Page[]]>([
    ['an id that comes again on a later page', [page('ab', 3), page('bc', 3)]],
    ['an id that comes twice on one page', [page('aab', 3)]],
    ['a total that moves', [page('ab', 4), page('cd', 5)]],
  ])('is read once more after %s', async (_what, shifting) => {
    expect(await read([shifting, [page('xab', 5), page('cd', 5)]])).toEqual({
      result: ['xab', 'cd'],
      pages: 2,
      items: 5,
      reportedItems: 5,
      folds: ['first', 'second'],
      readings: 2,
    });
  });

  test('that shifts in the second reading as well counts as in that reading, each item once', async () => {
    expect(
      await read([
        [page('ab'), page('bc')],
        [page('xa'), page('ab')],
      ]),
    ).toMatchObject({
      result: ['xa', 'b'],
      items: 3,
      readings: 2,
    });
  });

  test('keeps no id that is longer than the ids of Atlas', async () => {
    const odd: Page = {
      results: [{ id: 'a'.repeat(65) }, { id: 'a'.repeat(65) }, { id: 'b'.repeat(64) }, { id: 'b'.repeat(64) }],
    };
    expect(await read([[odd], [odd]])).toMatchObject({ items: 3 });
  });

  test('fails after four consecutive pages without a new item, including empty pages', async () => {
    for (const last of ['ba', '']) {
      const pages = [page('ab'), ...Array.from({ length: 9 }, () => page(last))];
      await expect(read([pages])).rejects.toMatchObject({
        reason: 'truncated',
        message: 'the list does not end: page 5 and the pages before it have no new items',
        advice: 'check the proxies in between: they repeat the same page',
      });
    }
  });

  test('fails when it has far more items than its total, but not for a few', async () => {
    const long = (items: number): Page => ({
      results: Array.from({ length: items }, (_, index) => ({ id: `${index}` })),
      totalCount: 1,
    });
    await expect(read([[long(5002)]])).rejects.toMatchObject({
      reason: 'truncated',
      message: 'the list does not end: it has more than 5001 items, but its total is 1',
      advice: 'check the proxies in between: the pages do not belong to one list',
    });
    expect(await read([[long(5001)]])).toMatchObject({ items: 5001, reportedItems: 1 });
    const wrongAtTheEnd = [{ ...long(5002), totalCount: 5002 }, page('', 0)];
    expect(await read([wrongAtTheEnd, wrongAtTheEnd])).toMatchObject({ items: 5002, reportedItems: 0 });
  });

  test('continues after three pages without a new item', async () => {
    const pages = ['ab', 'ab', 'b', '', 'c', 'c', 'c', 'c', 'd'].map((ids) => page(ids));
    expect(await read([pages, pages])).toMatchObject({ items: 4, pages: 9 });
  });

  test.each<[unknown]>([[null], ['a'], [7], [['a']]])('that holds %j is an invalid response', async (item) => {
    await expect(read([[{ results: [{ id: 'a' }, item] }]])).rejects.toMatchObject({ reason: 'invalid_response' });
  });

  test('with a page that cannot be read fails', async () => {
    const failure = new AtlasError('server_error', 'Atlas answered 500');
    await expect(read([[page('ab'), failure]])).rejects.toBe(failure);
  });
});

test('eight long lists of one project cost as many requests as they have pages', async () => {
  const runtime = createFakeRuntime();
  const observer = recordingObserver();
  let requests = 0;
  const admission = createAdmission({ requestsPerMinute: 150, concurrency: 8 }, runtime);
  const transport = admission.guard(
    async ({ target }) => {
      requests += 1;
      await runtime.sleep(0.05);
      const pageNum = Number(target.split('pageNum=')[1]);
      const results = Array.from({ length: 500 }, (_, index) => ({
        id: `${target.split('?')[0]}-${pageNum}-${index}`,
      }));
      return answer(200, { results, links: [{ rel: pageNum < 7 ? 'next' : 'self' }] });
    },
    () => undefined,
  );
  const fold = () => ({ add: () => undefined, wantsSecondReading: false, result: () => undefined });
  const readings = Array.from({ length: 8 }, (_, cluster) => {
    const client = createClient({
      transport,
      credential: 'default',
      pageSize: 500,
      maxPages: 200,
      requestTimeoutSeconds: 10,
      runtime,
      observer,
    });
    return readList(client, { ...resource, path: `/${cluster}` }, never, fold);
  });
  await runtime.advance(60);
  expect((await Promise.all(readings)).map(({ items }) => items)).toEqual(Array(8).fill(3500));
  expect(requests).toBe(56);
});
