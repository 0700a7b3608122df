/**
 * Everything that can go wrong between a poll and Atlas, in one table: what happens, and what is seen of it (metrics, reason,
 * log line, number of requests). Each fault meets a target that has been read well before, and one that hasn't; when it is
 * over, both are read well again. A second server stands where redirects and links point to: nobody may come there.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Operation } from '../../src/simulator/request-handler.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { createFixedWorld } from '../../src/simulator/world.ts';
import { CREDENTIALS } from '../support/daemon.ts';
import { createFastRuntime } from '../support/fast-runtime.ts';
import type { Fault } from '../support/faults/faults.ts';
import { startFaultySimulator } from '../support/faults/faulty-simulator.ts';
import { DAY_ZERO_SECONDS, job } from '../support/jobs.ts';
import { createPollChain, type PollChain } from '../support/poll-chain.ts';
import { seriesOf } from '../support/series.ts';
import { GROUP_ID } from '../support/states.ts';

/**
 * How fast the clock is: pauses of a second take 50 ms, and the 60 s that a poll may work are three. Polls that go well have
 * hardly any pauses, but may have much to read.
 */
const TIMES = { failing: 20, good: 2 };
/** Of the fast clock: short if the test waits for a timeout, else long enough for a busy machine. */
const REQUEST_TIMEOUT_SECONDS = { awaited: 4, usual: 60 };
const PAGE_SIZE = 5;
const MAX_PAGES = 24;

const JOBS = ['Queued', 'Failed', ...Array.from({ length: 5 }, () => 'Successful')].map((state, index) =>
  job(state, { createdAtSeconds: DAY_ZERO_SECONDS - index * 86_400, number: index + 1 }),
);
const GOOD = { successful: 5, failed: 1, queued: 1 };
const PAGES = 2;
/** 2026-01-01T00:10:00Z */
const CROWD_ENDED = 1_767_226_200;
const DAY = 86_400;

interface Case {
  readonly what: string;
  readonly fault: Fault | ((elsewhere: string) => Fault);
  /** The operation and the how manieth request of it are struck; else lists of exports, always. */
  readonly strikes?: { readonly operation?: Operation; readonly only?: number };
  readonly credential?: keyof typeof CREDENTIALS;
  readonly pageSize?: number;
  /** What the poll fails with; left out where it is a good one. */
  readonly fails?: { readonly reason: string; readonly problem: string | RegExp; readonly error_code?: string };
  /** Requests for the list; as many as it has pages unless told otherwise. */
  readonly requests?: number;
  /** Requests for a token, once the target has been read before. */
  readonly mints?: number;
  /** Of a good poll: the states of the jobs, where they are others than those that there are. */
  readonly jobs?: Readonly<Record<string, number>>;
  /** Other series of a good poll, by name. */
  readonly series?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** How many series of the target there may be at the most. */
  readonly mostSeries?: number;
  /** Further lines of the log. */
  readonly lines?: readonly Readonly<Record<string, unknown>>[];
  /** Whether the project rests afterwards for longer than a test can wait. */
  readonly rests?: true;
}

const fails = (reason: string, problem: string | RegExp) => ({ fails: { reason, problem } });
const unknownState = (state: string) => ({
  level: 'warn',
  msg: 'an export job is in a state that this version does not know: it counts as unknown',
  state,
});
const reported = (jobs?: number) => ({
  series: { export_last_poll_reported_jobs: jobs === undefined ? {} : { one: jobs } },
});
const status = (code: number, errorCode?: string) => ({
  status: code,
  ...(errorCode === undefined ? {} : { errorCode }),
});
const limited = { status: 429, errorCode: 'RATE_LIMITED' } as const;
const isLimited = { ...fails('rate_limited', 'Atlas answered 429 RATE_LIMITED'), requests: 3 };
const isGarbage = (problem: string) => ({ ...fails('invalid_response', problem), requests: 1 });
const isTooLarge = isGarbage('the answer is larger than 4194304 bytes');
const isLate = { ...fails('timeout', 'no complete answer in time'), requests: 3 };
/** Of hostile texts, as they would be seen if they got through. */
const HOSTILE_PIECES = ['fake', 'script', '\u001b', 'x'.repeat(65)];
const nested = `{"results":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;

const STATUSES: readonly Case[] = [
  {
    what: 'an error of Atlas',
    fault: status(500, 'UNEXPECTED_ERROR'),
    fails: { reason: 'server_error', problem: 'Atlas answered 500 UNEXPECTED_ERROR', error_code: 'UNEXPECTED_ERROR' },
    requests: 3,
  },
  {
    what: 'a page for people with an error',
    fault: { status: 503, html: true },
    ...fails('server_error', 'Atlas answered 503'),
    requests: 3,
  },
  {
    what: 'an error code that is foreign text',
    fault: status(502, '"} 1 fake{'),
    ...fails('server_error', 'Atlas answered 502'),
    requests: 3,
  },
  {
    what: 'a refusal that nobody knows',
    fault: status(418),
    ...fails('client_error', 'Atlas answered 418'),
    requests: 1,
  },
  {
    what: 'a version that is gone',
    fault: status(410, 'VERSION_GONE'),
    ...fails('client_error', 'Atlas answered 410 VERSION_GONE'),
    requests: 1,
  },
  {
    what: 'an address that is not on the access list',
    fault: status(403, 'IP_ADDRESS_NOT_ON_ACCESS_LIST'),
    ...fails('forbidden', 'Atlas answered 403 IP_ADDRESS_NOT_ON_ACCESS_LIST'),
    requests: 1,
  },
  {
    what: 'a cluster that is gone',
    fault: status(404, 'CLUSTER_NOT_FOUND'),
    ...fails('not_found', 'Atlas answered 404 CLUSTER_NOT_FOUND'),
    requests: 1,
  },
  {
    what: 'a cluster that can’t have exports',
    fault: status(400, 'CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API'),
    ...fails('unsupported', 'Atlas answered 400 CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API'),
    requests: 1,
  },
  {
    what: 'an error that passes within the poll',
    fault: status(500),
    strikes: { only: 1 },
    requests: PAGES + 1,
  },
  {
    what: 'a token handed over that is refused',
    fault: status(401),
    ...fails('unauthorized', 'Atlas answered 401'),
    requests: 1,
  },
];

/** What such an answer says is in its status and its headers. */
const BROKEN_REFUSALS: readonly Case[] = [
  {
    what: 'a refusal that is cut off',
    fault: { ...status(403, 'IP_ADDRESS_NOT_ON_ACCESS_LIST'), delivered: { kind: 'truncate' } },
    ...fails('forbidden', 'Atlas answered 403 IP_ADDRESS_NOT_ON_ACCESS_LIST'),
    requests: 1,
  },
  { what: 'a 429 that is cut off', fault: { ...limited, delivered: { kind: 'truncate' } }, ...isLimited },
  {
    what: 'a 429 in another coding than it says',
    fault: { ...limited, delivered: { kind: 'not-gzip' } },
    ...isLimited,
  },
  {
    what: 'an error of 600 MB',
    fault: { status: 502, html: true, delivered: { kind: 'flood', megabytes: 600 } },
    ...fails('server_error', 'Atlas answered 502'),
    requests: 3,
  },
  {
    what: 'a refused token, half said',
    fault: { status: 401, delivered: { kind: 'truncate' } },
    credential: 'account',
    ...fails('unauthorized', 'Atlas answered 401'),
    requests: 2,
    mints: 1,
  },
];

const CREDENTIAL_FAULTS: readonly Case[] = [
  {
    what: 'a refused token of a service account: one new one, one more try',
    fault: status(401),
    credential: 'account',
    ...fails('unauthorized', 'Atlas answered 401'),
    requests: 2,
    mints: 1,
  },
  {
    what: 'a project of somebody else: no new token',
    fault: status(401, 'NOT_IN_GROUP'),
    credential: 'account',
    ...fails('unauthorized', 'Atlas answered 401 NOT_IN_GROUP'),
    requests: 1,
    mints: 0,
  },
  {
    what: 'a token that has ended too soon',
    fault: { kind: 'expire-tokens' },
    strikes: { only: 1 },
    credential: 'account',
    requests: PAGES + 1,
    mints: 1,
  },
  {
    what: 'a nonce that has ended',
    fault: { kind: 'expire-nonces' },
    strikes: { only: 1 },
    credential: 'key',
    requests: PAGES + 1,
  },
];

const RETRY_AFTERS: readonly Case[] = [
  { what: 'a spent budget, patience in seconds', fault: { ...limited, retryAfterSeconds: 2 }, ...isLimited },
  {
    what: 'a spent budget, patience until a date',
    fault: { ...limited, retryAfterSeconds: 2, retryAfterAs: 'date' },
    ...isLimited,
  },
  {
    what: 'a spent budget, patience until a date that is over',
    fault: { ...limited, retryAfterSeconds: -3600, retryAfterAs: 'date' },
    ...isLimited,
  },
  { what: 'a spent budget, patience of 0 seconds', fault: { ...limited, retryAfterSeconds: 0 }, ...isLimited },
  { what: 'a spent budget, patience that is no time', fault: { ...limited, retryAfterAs: 'nonsense' }, ...isLimited },
  { what: 'a spent budget without a word of patience', fault: limited, ...isLimited },
  {
    what: 'a spent budget, patience for a year',
    fault: { ...limited, retryAfterSeconds: 31_536_000 },
    ...isLimited,
    requests: 1,
    rests: true,
    lines: [
      {
        level: 'warn',
        msg: 'Atlas asks for a longer pause than the exporter makes',
        group_id: GROUP_ID,
        budget: 'cloud_backups',
        pause_seconds: 600,
        retry_after_seconds: 31_536_000,
      },
    ],
  },
];

const ANSWERS: readonly Case[] = [
  {
    what: 'a redirect to another host',
    fault: (elsewhere) => ({ kind: 'redirect', to: elsewhere }),
    ...isGarbage('Atlas answered 302'),
  },
  { what: 'a page for people', fault: { status: 200, html: true }, ...isGarbage('the answer is not JSON') },
  { what: 'half of an answer', fault: { kind: 'text', text: '{"results":[{' }, ...isGarbage('the answer is not JSON') },
  { what: 'an empty body', fault: { kind: 'text', text: '' }, ...isGarbage('the answer is not JSON') },
  { what: 'null', fault: { kind: 'text', text: 'null' }, ...isGarbage('the answer is not a JSON object') },
  {
    what: 'a list without its frame',
    fault: { kind: 'text', text: '[]' },
    ...isGarbage('the answer is not a JSON object'),
  },
  {
    what: 'an answer without results',
    fault: { kind: 'text', text: '{"totalCount":0}' },
    ...isGarbage('the answer to a list request has no results'),
  },
  {
    what: 'results that are null',
    fault: { kind: 'text', text: '{"results":null,"totalCount":null,"links":null}' },
    ...isGarbage('the answer to a list request has no results'),
  },
  {
    what: 'an answer nested a hundred thousand deep',
    fault: { kind: 'text', text: nested },
    ...isGarbage('a list holds something that is not a JSON object'),
  },
  { what: 'a clock two hours ahead', fault: { kind: 'clock', aheadSeconds: 7200 } },
  {
    what: 'an API version that will end: told once, whatever number of answers says so',
    fault: { kind: 'deprecated', sinceMs: Date.UTC(2024, 7, 5), endsAtMs: Date.UTC(2027, 6, 1) },
    lines: [
      {
        level: 'warn',
        msg: 'Atlas will remove the API version that this exporter uses: upgrade the exporter before that',
        operation: 'list_exports',
        deprecated_since: '2024-08-05',
        ends_on: '2027-07-01',
      },
    ],
  },
];

const DELIVERIES: readonly Case[] = [
  { what: 'a reset', fault: { kind: 'reset' }, ...fails('network', 'the connection failed (ECONNRESET)'), requests: 3 },
  { what: 'no answer', fault: { kind: 'hang' }, ...isLate },
  { what: 'an answer that stops halfway', fault: { kind: 'stall' }, ...isLate },
  { what: 'an answer that drips', fault: { kind: 'drip', bytesPerSecond: 200 }, ...isLate },
  { what: 'an answer that is slow', fault: { kind: 'drip', bytesPerSecond: 100_000 } },
  {
    what: 'an answer that is cut off',
    fault: { kind: 'truncate' },
    ...fails('network', /^the connection failed \(\w+\)$/),
    requests: 3,
  },
  {
    what: 'an answer that is not compressed as it says',
    fault: { kind: 'not-gzip' },
    ...isGarbage('the answer can’t be decompressed'),
  },
  { what: 'an answer of 600 MB', fault: { kind: 'flood', megabytes: 600 }, ...isTooLarge },
  { what: 'a compressed answer of 600 MB', fault: { kind: 'gzip-bomb', megabytes: 600 }, ...isTooLarge },
];

const LISTS: readonly Case[] = [
  { what: 'links to another host', fault: (elsewhere) => ({ kind: 'foreign-links', to: elsewhere }) },
  {
    what: 'a list that never ends, the same page again and again',
    fault: { kind: 'endless' },
    ...fails('truncated', 'the list does not end: page 5 and the pages before it have no new items'),
    requests: 5,
  },
  {
    what: 'a list that never ends, with new jobs on each page',
    fault: { kind: 'endless', ids: 'new' },
    ...fails('truncated', `the list has more than ${MAX_PAGES} pages or ${MAX_PAGES * PAGE_SIZE} items`),
    requests: MAX_PAGES,
  },
  { what: 'a total that is too high', fault: { kind: 'total', as: 'higher' }, ...reported(1007) },
  { what: 'a total that is too low', fault: { kind: 'total', as: 'lower' }, ...reported(4) },
  { what: 'no total', fault: { kind: 'total', as: 'missing' }, ...reported() },
  { what: 'a total below zero', fault: { kind: 'total', as: 'negative' }, ...reported() },
  { what: 'a total that is text', fault: { kind: 'total', as: 'text' }, ...reported() },
  {
    what: 'smaller pages than were asked for',
    fault: { kind: 'page-cap', items: 2 },
    requests: 4,
    series: { export_last_poll_pages: { one: 4 }, export_last_poll_jobs: { one: 7 } },
  },
  { what: 'no links', fault: { kind: 'no-links' } },
  { what: 'a list that shifts while it is read', fault: { kind: 'shift' }, requests: 4, ...reported(8) },
  { what: 'a list of repetitions', fault: { kind: 'repeat' }, requests: 6, ...reported(14) },
  { what: 'pages in envelopes', fault: { kind: 'envelope' } },
];

const ITEMS: readonly Case[] = [
  { what: 'nulls for everything', fault: { kind: 'nulls' }, jobs: { unknown: 7 }, lines: [unknownState('?')] },
  {
    what: 'nulls instead of jobs',
    fault: { kind: 'null-items' },
    ...isGarbage('a list holds something that is not a JSON object'),
  },
  { what: 'other types', fault: { kind: 'wrong-types' }, jobs: { unknown: 7 }, lines: [unknownState('?')] },
  { what: 'fields that nobody knows', fault: { kind: 'strange-fields' } },
  {
    what: 'states that nobody knows',
    fault: { kind: 'strange-states' },
    jobs: { successful: 1, in_progress: 1, unknown: 5 },
    lines: [unknownState('PAUSED'), unknownState('Replicating'), unknownState('?')],
  },
  {
    what: 'hostile text',
    fault: { kind: 'hostile' },
    series: { export_failed_jobs: { 'one,other': 1 }, export_active_job_info: {} },
  },
  {
    what: 'ten thousand error codes',
    fault: { kind: 'crowd', of: 'error-codes', count: 10_000 },
    pageSize: 500,
    requests: 21,
    jobs: { ...GOOD, failed: 10_001 },
    series: {
      export_failed_jobs: {
        ...Object.fromEntries(
          Array.from({ length: 20 }, (_, index) => [`one,CODE_${String(index).padStart(6, '0')}`, 1]),
        ),
        'one,other': 9981,
      },
      exporter_series_dropped: { active_jobs: 0, error_codes: 9981, export_buckets: 0 },
    },
  },
  {
    what: 'two thousand buckets',
    fault: { kind: 'crowd', of: 'buckets', count: 2000 },
    pageSize: 500,
    requests: 5,
    jobs: { ...GOOD, successful: 2005 },
    series: {
      // The jobs of that crowd are older than those that there are, and as old as each other: then the greatest id counts.
      export_bucket_last_success_timestamp_seconds: {
        'one,5f0000000000000000000001': DAY_ZERO_SECONDS - 2 * DAY + 780,
        ...Object.fromEntries(
          Array.from({ length: 19 }, (_, index) => [
            `one,b${(1999 - index).toString(16).padStart(23, '0')}`,
            CROWD_ENDED,
          ]),
        ),
      },
      exporter_series_dropped: { active_jobs: 0, error_codes: 0, export_buckets: 1981 },
    },
  },
  {
    what: 'a thousand jobs that are queued',
    fault: { kind: 'crowd', of: 'queued', count: 1000 },
    pageSize: 500,
    requests: 3,
    jobs: { ...GOOD, queued: 1001 },
    series: { exporter_series_dropped: { active_jobs: 951, error_codes: 0, export_buckets: 0 } },
    mostSeries: 700,
  },
  {
    what: 'times that lie ahead',
    fault: { kind: 'future', seconds: 3650 * DAY },
    series: { export_last_success_timestamp_seconds: { one: DAY_ZERO_SECONDS - 2 * DAY + 780 + 3650 * DAY } },
  },
];

/** Of getting a token, which a target that has one already does not meet. */
const TOKENS: readonly Pick<Case, 'what' | 'fault' | 'fails'>[] = [
  {
    what: 'trouble where tokens are made',
    fault: status(500),
    ...fails('server_error', 'no access token: Atlas answered 500'),
  },
  {
    what: 'too many tokens',
    fault: status(403, 'access_denied'),
    fails: {
      reason: 'forbidden',
      problem: 'no access token: Atlas answered 403 access_denied',
      error_code: 'access_denied',
    },
  },
  {
    what: 'a token endpoint that is a page for people',
    fault: { status: 200, html: true },
    ...fails('invalid_response', 'no access token: the answer is not JSON'),
  },
  {
    what: 'an answer without a token',
    fault: { kind: 'text', text: '{"expires_in":3600}' },
    ...fails('invalid_response', 'no access token: the answer to a token request has no access_token'),
  },
  {
    what: 'a token that breaks out of its header',
    fault: { kind: 'text', text: '{"access_token":"a\\r\\nb: c","expires_in":3600}' },
    ...fails('invalid_response', 'no access token: the answer to a token request has no access_token'),
  },
  {
    what: 'a token that never lived',
    fault: { kind: 'text', text: '{"access_token":"abc","expires_in":-1}' },
    ...fails('invalid_response', 'no access token: the access token lives for less than 10 s'),
  },
  {
    what: 'a redirect where tokens are made',
    fault: (elsewhere) => ({ kind: 'redirect', to: elsewhere }),
    ...fails('invalid_response', 'no access token: Atlas answered 302'),
  },
  {
    what: 'a token that never comes',
    fault: { kind: 'hang' },
    ...fails('timeout', 'no access token: no complete answer in time'),
  },
];

let elsewhere: Server;
let elsewhereOrigin = '';
let visitors = 0;
beforeAll(async () => {
  elsewhere = createServer((_request, response) => response.end()).listen(0, '127.0.0.1');
  elsewhere.on('connection', () => {
    visitors += 1;
  });
  await once(elsewhere, 'listening');
  elsewhereOrigin = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
});
afterAll(async () => {
  elsewhere.closeAllConnections();
  await new Promise((resolve) => elsewhere.close(resolve));
});

beforeEach(() => {
  visitors = 0;
});

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

interface Scene {
  readonly chain: PollChain;
  /** From now on the fault strikes, or no longer does. */
  strike(on: boolean): Promise<void>;
  /** How many requests there were since the last time of asking. */
  asked(): { readonly lists: number; readonly mints: number };
}

async function setUp({ fault, fails, strikes = {}, credential = 'token', pageSize = PAGE_SIZE }: Case): Promise<Scene> {
  const runtime = createFastRuntime(TIMES[fails ? 'failing' : 'good']);
  const { operation = 'list_exports', only } = strikes;
  let met = Number.NaN;
  const simulator: Simulator = await startFaultySimulator({
    world: createFixedWorld([{ id: GROUP_ID, name: 'Shop', clusters: [{ name: 'one', exports: JOBS }] }]),
    now: () => runtime.wallSeconds() * 1000,
    faults(asked) {
      if (Number.isNaN(met) || asked.operation !== operation) return undefined;
      met += 1;
      if (only !== undefined && met !== only) return undefined;
      return typeof fault === 'function' ? fault(elsewhereOrigin) : fault;
    },
  });
  open.push(simulator);
  const chain = createPollChain({
    origin: simulator.origin,
    named: { groupId: GROUP_ID, clusterName: 'one', credential },
    parts: {
      credentials: [CREDENTIALS[credential]],
      atlas: { requestTimeoutSeconds: REQUEST_TIMEOUT_SECONDS.usual, pageSize, maxPages: MAX_PAGES },
    },
    runtime,
  });
  open.push(chain);
  let seen = 0;
  return {
    chain,
    async strike(on) {
      met = on ? 0 : Number.NaN;
      if (fails?.reason === 'timeout') chain.giveRequests(REQUEST_TIMEOUT_SECONDS[on ? 'awaited' : 'usual']);
    },
    asked() {
      const since = simulator.requests.slice(seen);
      seen = simulator.requests.length;
      return {
        lists: since.filter(({ path }) => path.includes('/backup/exports')).length,
        mints: since.filter(({ path }) => path === '/api/oauth/token').length,
      };
    },
  };
}

function statesOf(exposition: string): Record<string, number> {
  const jobs = Object.entries(seriesOf(exposition, 'export_jobs')).filter(([, count]) => count > 0);
  return Object.fromEntries(jobs.map(([labels, count]) => [labels.replace('one,', ''), count]));
}

/** What is seen while the fault strikes. */
async function expectTheFault(one: Case, { chain }: Scene, knownJobs: Readonly<Record<string, number>>): Promise<void> {
  const page = await chain.metrics();
  expect(seriesOf(page, 'export_up')).toEqual({ one: one.fails ? 0 : 1 });
  expect(seriesOf(page, 'export_poll_failing')).toEqual(one.fails ? { [`one,${one.fails.reason}`]: 1 } : {});
  expect(statesOf(page)).toEqual(one.fails ? knownJobs : (one.jobs ?? GOOD));
  for (const [name, series] of Object.entries(one.series ?? {})) expect(seriesOf(page, name)).toEqual(series);
  expect(page.split(GROUP_ID).length - 1).toBeLessThan(one.mostSeries ?? 150);
  expect(HOSTILE_PIECES.filter((piece) => page.includes(piece))).toEqual([]);
  const problem = one.fails?.problem instanceof RegExp ? expect.stringMatching(one.fails.problem) : one.fails?.problem;
  const failure = one.fails && { level: 'warn', msg: 'polling fails', cluster_name: 'one', ...one.fails, problem };
  const expected = [...(one.lines ?? []), ...(failure ? [failure] : [])];
  const lines = chain.lines.splice(0);
  expect(lines).toEqual(expected.map((line) => expect.objectContaining(line)));
  if (failure && one.fails.error_code === undefined && !/[A-Z_]{8}/.test(String(one.fails.problem)))
    expect(lines.at(-1)).not.toHaveProperty('error_code');
}

const withoutPolls = (exposition: string) =>
  exposition.split('\n').filter((line) => line.startsWith('mongodbatlas_backup_export_') && !/poll/.test(line));

describe.each([
  ['a refusal', STATUSES],
  ['a refusal that breaks', BROKEN_REFUSALS],
  ['patience', RETRY_AFTERS],
  ['a credential', CREDENTIAL_FAULTS],
  ['an answer', ANSWERS],
  ['a delivery', DELIVERIES],
  ['a list', LISTS],
  ['a job', ITEMS],
])('of %s', (_kind, cases) => {
  test.each(cases)('$what, after a good poll', async (one) => {
    const scene = await setUp(one);
    const { chain, strike, asked } = scene;
    await chain.poll();
    const before = withoutPolls(await chain.metrics());
    expect(asked().lists).toBe(one.credential === 'key' ? 3 : Math.ceil(JOBS.length / (one.pageSize ?? PAGE_SIZE)));
    await strike(true);
    await chain.poll();
    expect(asked()).toEqual({ lists: one.requests ?? PAGES, mints: one.mints ?? 0 });
    await expectTheFault(one, scene, GOOD);
    await strike(false);
    if (one.rests) return;
    await chain.poll();
    expect(withoutPolls(await chain.metrics())).toEqual(before);
    expect(chain.lines.map(({ msg }) => msg)).toEqual(one.fails ? ['polling works again'] : []);
    expect(visitors).toBe(0);
  });

  test.each(cases)('$what, at the first poll', async (one) => {
    const scene = await setUp(one);
    await scene.strike(true);
    await scene.chain.poll();
    expect(scene.asked().lists).toBe(one.requests ?? PAGES);
    await expectTheFault(one, scene, {});
    expect(visitors).toBe(0);
  });
});

test.each(TOKENS)('of a token: $what', async (token) => {
  const one: Case = { ...token, credential: 'account', strikes: { operation: 'token' } };
  const scene = await setUp(one);
  await scene.strike(true);
  await scene.chain.poll();
  // However often the poll tries: after a failure the account is left alone for a while.
  expect(scene.asked()).toEqual({ lists: 0, mints: 1 });
  await expectTheFault(one, scene, {});
  expect(visitors).toBe(0);
});

test('the prototype of all objects is the same after strange fields', () => {
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});
