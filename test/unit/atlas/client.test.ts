import { describe, expect, test } from '@jest/globals';
import { ACCEPT, createClient, type Resource } from '../../../src/atlas/client.ts';
import { AtlasError, REASONS } from '../../../src/atlas/error.ts';
import type { Page } from '../../../src/atlas/http/answer.ts';
import type { Transport } from '../../../src/atlas/http/transport.ts';
import { createFakeRuntime } from '../../support/fake-runtime.ts';
import { answer, GROUP_ID, never, outcomeOf, recordingObserver, refusal, type Step, scripted } from './support.ts';

const resource: Resource = {
  operation: 'list_exports',
  budget: 'cloud_backups',
  groupId: GROUP_ID,
  path: `/groups/${GROUP_ID}/clusters/Cluster0/backup/exports`,
};
const ok = answer(200, { id: 'a' });
const busy = (retryAfter?: string) =>
  refusal(429, 'RATE_LIMITED', retryAfter === undefined ? {} : { 'retry-after': retryAfter });

interface Options {
  readonly pageSize?: number;
  readonly maxPages?: number;
  readonly randomNumbers?: readonly number[];
  /** Seconds that each exchange takes from the poll's time. When no time is left, an exchange fails with a timeout. */
  readonly exchangeSeconds?: number;
  readonly requestTimeoutSeconds?: number;
}

function setUp(script: readonly Step[], options: Options = {}) {
  const {
    pageSize = 2,
    maxPages = 10,
    randomNumbers = [0.5],
    exchangeSeconds = 0,
    requestTimeoutSeconds = 10,
  } = options;
  const runtime = createFakeRuntime(1_790_000_000, randomNumbers);
  const observer = recordingObserver();
  const atlas = scripted(...script);
  const transport: Transport = async (sent, signal) => {
    if (sent.timeBudget.remainingSeconds <= 0)
      throw new AtlasError('timeout', 'the time limit of the poll is exceeded');
    sent.timeBudget.remainingSeconds -= exchangeSeconds;
    return atlas.transport(sent, signal);
  };
  const client = createClient({
    transport,
    credential: 'default',
    pageSize,
    maxPages,
    requestTimeoutSeconds,
    runtime,
    observer,
  });
  /** Waits for a call of the client, with enough fake time for all its pauses. */
  async function withTime(promise: Promise<unknown>): Promise<unknown> {
    const outcome = outcomeOf(promise);
    await runtime.advance(3600);
    return outcome;
  }
  return {
    runtime,
    observer,
    requests: atlas.requests,
    get: (signal = never) => withTime(client.get(resource, signal)),
    /** The items of each page and how reading them ended: undefined at the end of the list. */
    pages: async (signal = never) => {
      const taken: Page[] = [];
      const end = await withTime(client.eachPage(resource, signal, (page) => taken.push(page)));
      return { pages: taken.map(({ results }) => results.join('')), end };
    },
    startGet: (signal: AbortSignal) => outcomeOf(client.get(resource, signal)),
  };
}

describe('a request', () => {
  test('goes to /api/atlas/v2 with our API version and the budget of its project', async () => {
    const { get, requests } = setUp([ok]);
    expect(await get()).toEqual({ id: 'a' });
    expect(requests).toEqual([
      expect.objectContaining({
        operation: 'list_exports',
        credential: 'default',
        method: 'GET',
        target: `/api/atlas/v2/groups/${GROUP_ID}/clusters/Cluster0/backup/exports`,
        headers: { accept: ACCEPT },
        budget: { groupId: GROUP_ID, name: 'cloud_backups' },
      }),
    ]);
    expect(ACCEPT).toMatch(/^application\/vnd\.atlas\.\d{4}-\d{2}-\d{2}\+json$/);
  });
});

describe('attempts', () => {
  test('are three, with random pauses below 1 and 2 seconds', async () => {
    const { get, requests, runtime, observer } = setUp([refusal(503)], { randomNumbers: [0.5, 0.25] });
    expect(await get()).toMatchObject({ reason: 'server_error', status: 503 });
    expect([requests.length, runtime.slept]).toEqual([3, [0.5, 0.5]]);
    expect(observer.retries).toEqual(Array(2).fill({ operation: 'list_exports', reason: 'server_error' }));
  });

  test.each(REASONS)('after %s are made only if the failure is temporary', async (reason) => {
    const { get, requests, observer } = setUp([new AtlasError(reason, 'failed'), ok]);
    const passes = ['network', 'timeout', 'rate_limited', 'server_error'].includes(reason);
    expect(await get()).toMatchObject(passes ? { id: 'a' } : { reason });
    expect([requests.length, observer.retries.length]).toEqual(passes ? [2, 1] : [1, 0]);
  });

  test('end with an error that is final', async () => {
    const { get, requests } = setUp([new AtlasError('network', 'no access token: …', { isFinal: true }), ok]);
    expect(await get()).toMatchObject({ reason: 'network' });
    expect(requests).toHaveLength(1);
  });
});

describe('a pause', () => {
  test.each([
    ['7', 7],
    ['0', 1],
    ['soon', 0.25],
    [undefined, 0.25],
  ])('after Retry-After %s lasts %d seconds', async (retryAfter, seconds) => {
    const { get, runtime } = setUp([busy(retryAfter), ok], { randomNumbers: [0.25] });
    expect(await get()).toEqual({ id: 'a' });
    expect(runtime.slept).toEqual([seconds]);
  });

  test.each([['60'], ['3600']])('that the poll has no time for (%s) is not begun', async (retryAfter) => {
    const { get, requests, runtime, observer } = setUp([busy(retryAfter)]);
    expect(await get()).toMatchObject({ reason: 'rate_limited' });
    expect([requests.length, runtime.slept, observer.retries]).toEqual([1, [], []]);
  });

  test('counts against the time of the poll: after two pauses of 25 seconds there is no time for a third', async () => {
    const { get, requests, runtime } = setUp([busy('25')], { exchangeSeconds: 6 });
    expect(await get()).toMatchObject({ reason: 'rate_limited' });
    expect([requests.length, runtime.slept]).toEqual([2, [25]]);
  });

  test('ends with the signal’s reason when the poll is aborted', async () => {
    const { startGet, requests, runtime } = setUp([busy('30'), ok]);
    const giveUp = new AbortController();
    const outcome = startGet(giveUp.signal);
    await runtime.advance(10);
    giveUp.abort(new Error('the target is gone'));
    expect(await outcome).toEqual(new Error('the target is gone'));
    await runtime.advance(60);
    expect(requests).toHaveLength(1);
  });
});

describe('a list', () => {
  const self = { rel: 'self', href: 'https://cloud.mongodb.com/x?pageNum=1' };
  const next = { rel: 'next', href: 'https://elsewhere.example/api/steal?pageNum=99' };
  const page = (results: readonly string[], links?: readonly object[], totalCount?: number) =>
    answer(200, { results, ...(links ? { links } : {}), ...(totalCount === undefined ? {} : { totalCount }) });

  test('is requested page by page, with its count, in the configured page size', async () => {
    const { pages, requests } = setUp([page(['a', 'b'], [self, next]), page(['c'], [self])]);
    expect(await pages()).toEqual({ pages: ['ab', 'c'], end: undefined });
    expect(requests.map(({ target }) => target)).toEqual([
      `/api/atlas/v2${resource.path}?includeCount=true&itemsPerPage=2&pageNum=1`,
      `/api/atlas/v2${resource.path}?includeCount=true&itemsPerPage=2&pageNum=2`,
    ]);
  });

  test.each<[string, readonly Step[], readonly string[]]>([
    ['goes on after a short page that links to a next one', [page(['a'], [next]), page(['b'], [self])], ['a', 'b']],
    ['goes on after an empty page that links to a next one', [page([], [next]), page(['b'], [self])], ['', 'b']],
    ['ends where the links name no next page, though the page is full', [page(['a', 'b'], [self])], ['ab']],
    ['without links ends on a short page', [page(['a', 'b']), page(['c'])], ['ab', 'c']],
    ['without links ends on an empty page', [page(['a', 'b']), page([])], ['ab', '']],
    ['may be empty', [page([], [self], 0)], ['']],
    ['isn’t ended by a total that is reached', [page(['a', 'b'], [next], 2), page(['c'], [self], 2)], ['ab', 'c']],
    ['isn’t continued by a total that isn’t reached', [page(['a'], [self], 99)], ['a']],
  ])('%s', async (_what, script, expected) => {
    const { pages, requests } = setUp(script);
    expect(await pages()).toEqual({ pages: expected, end: undefined });
    expect(requests).toHaveLength(expected.length);
  });

  test('longer than max_pages is truncated, which fails the poll', async () => {
    const { pages, requests } = setUp([page(['a', 'b'], [next])], { maxPages: 3 });
    expect((await pages()).end).toMatchObject({
      reason: 'truncated',
      message: 'the list has more than 3 pages or 6 items',
    });
    expect(requests).toHaveLength(3);
  });

  test('of pages longer than the page size ends at the same number of items', async () => {
    const { pages, requests } = setUp([page('abcdefg'.split(''), [next])], { maxPages: 3 });
    expect((await pages()).end).toMatchObject({ reason: 'truncated' });
    expect(requests).toHaveLength(1);
  });

  test('delivers each page once, for any number of attempts', async () => {
    const { pages } = setUp([page(['a', 'b'], [next]), refusal(502), busy('1'), page(['c'], [self])]);
    expect(await pages()).toEqual({ pages: ['ab', 'c'], end: undefined });
  });

  test('has 60 seconds for all its pages together, then it fails with a timeout', async () => {
    const { pages, requests } = setUp([page(['a', 'b'], [next])], { maxPages: 100, exchangeSeconds: 9 });
    expect((await pages()).end).toMatchObject({ reason: 'timeout' });
    expect(requests).toHaveLength(7);
  });

  test('has six times the timeout of a request if that is longer', async () => {
    const options = { maxPages: 100, exchangeSeconds: 9, requestTimeoutSeconds: 30 };
    const { pages, requests } = setUp([page(['a', 'b'], [next])], options);
    expect((await pages()).end).toMatchObject({ reason: 'timeout' });
    expect(requests).toHaveLength(20);
  });
});
