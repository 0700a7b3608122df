/**
 * Each fault between a poll and Atlas, and its effects: metrics, reason, log line, number of requests. Each fault happens to a
 * target that was read before and to one that was not. After the fault the target is read again. Redirects and foreign links
 * point to a second server, which must get no request.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Operation } from '../../src/simulator/request-handler.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { CREDENTIALS } from '../support/daemon.ts';
import { createFastRuntime } from '../support/fast-runtime.ts';
import type { Fault } from '../support/faults/faults.ts';
import { startFaultySimulator } from '../support/faults/faulty-simulator.ts';
import { createFixedWorld } from '../support/fixed-world.js';
import { DAY_ZERO_SECONDS, job } from '../support/jobs.ts';
import { createPollChain, type PollChain } from '../support/poll-chain.ts';
import { seriesOf } from '../support/series.ts';
import { GROUP_ID } from '../support/states.ts';

/** The speed of the clock. Failing polls have pauses, which it shortens. Good polls have few pauses and may read long lists. */
const TIMES = { failing: 20, good: 2 };
/** Timeout in seconds of the fast clock: short if the test waits for it, else long enough for a busy machine. */
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
  /** Which operation meets the fault, and which request of it. Default: each request of list_exports. */
  readonly meets?: { readonly operation?: Operation; readonly only?: number };
  readonly credential?: keyof typeof CREDENTIALS;
  readonly pageSize?: number;
  /** How the poll fails. Default: it succeeds. */
  readonly fails?: { readonly reason: string; readonly problem: string | RegExp; readonly error_code?: string };
  /** Requests for the list. Default: its number of pages. */
  readonly requests?: number;
  /** Requests for a token after the first poll. Default: 0. */
  readonly mints?: number;
  /** The states of the jobs that a successful poll shows. Default: those of the list. */
  readonly jobs?: Readonly<Record<string, number>>;
  /** Other series of a successful poll, by name. */
  readonly series?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Upper limit for the series of the target. */
  readonly mostSeries?: number;
  /** Other log lines. */
  readonly lines?: readonly Readonly<Record<string, unknown>>[];
  /** Whether requests are paused afterwards, for longer than a test can wait. */
  readonly pauses?: true;
}

const fails = (reason: string, problem: string | RegExp) => ({ fails: { reason, problem } });
const unknownState = (state: string) => ({
  level: 'warn',
  msg: 'an export job has a state that this version does not know; it is counted as unknown',
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
/** Pieces of hostile texts that must not be on /metrics. */
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
    what: 'an error as an HTML page',
    fault: { status: 503, html: true },
    ...fails('server_error', 'Atlas answered 503'),
    requests: 3,
  },
  {
    what: 'an address that is not on the access list',
    fault: status(403, 'IP_ADDRESS_NOT_ON_ACCESS_LIST'),
    ...fails('forbidden', 'Atlas answered 403 IP_ADDRESS_NOT_ON_ACCESS_LIST'),
    requests: 1,
  },
  {
    what: 'a cluster that does not exist',
    fault: status(404, 'CLUSTER_NOT_FOUND'),
    ...fails('not_found', 'Atlas answered 404 CLUSTER_NOT_FOUND'),
    requests: 1,
  },
  {
    what: 'a cluster without exports',
    fault: status(400, 'CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API'),
    ...fails('unsupported', 'Atlas answered 400 CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API'),
    requests: 1,
  },
  {
    what: 'an error that a retry solves',
    fault: status(500),
    meets: { only: 1 },
    requests: PAGES + 1,
  },
  {
    what: 'a refused access token',
    fault: status(401),
    ...fails('unauthorized', 'Atlas answered 401'),
    requests: 1,
  },
];

/** Status and headers decide, even if the body cannot be read. */
const BROKEN_REFUSALS: readonly Case[] = [
  {
    what: 'a 403 that is cut off',
    fault: { ...status(403, 'IP_ADDRESS_NOT_ON_ACCESS_LIST'), delivered: { kind: 'truncate' } },
    ...fails('forbidden', 'Atlas answered 403 IP_ADDRESS_NOT_ON_ACCESS_LIST'),
    requests: 1,
  },
  { what: 'a 429 that is cut off', fault: { ...limited, delivered: { kind: 'truncate' } }, ...isLimited },
  {
    what: 'an error of 600 MB',
    fault: { status: 502, html: true, delivered: { kind: 'flood', megabytes: 600 } },
    ...fails('server_error', 'Atlas answered 502'),
    requests: 3,
  },
];

const CREDENTIAL_FAULTS: readonly Case[] = [
  {
    what: 'a refused token of a service account: one new token, one retry',
    fault: status(401),
    credential: 'account',
    ...fails('unauthorized', 'Atlas answered 401'),
    requests: 2,
    mints: 1,
  },
  {
    what: 'a project of another organization: no new token',
    fault: status(401, 'NOT_IN_GROUP'),
    credential: 'account',
    ...fails('unauthorized', 'Atlas answered 401 NOT_IN_GROUP'),
    requests: 1,
    mints: 0,
  },
  {
    what: 'a token that expired early',
    fault: { kind: 'expire-tokens' },
    meets: { only: 1 },
    credential: 'account',
    requests: PAGES + 1,
    mints: 1,
  },
  {
    what: 'an expired nonce',
    fault: { kind: 'expire-nonces' },
    meets: { only: 1 },
    credential: 'key',
    requests: PAGES + 1,
  },
];

const RETRY_AFTERS: readonly Case[] = [
  { what: 'a 429 with seconds', fault: { ...limited, retryAfterSeconds: 2 }, ...isLimited },
  { what: 'a 429 without Retry-After', fault: limited, ...isLimited },
  {
    what: 'a 429 with a year',
    fault: { ...limited, retryAfterSeconds: 31_536_000 },
    ...isLimited,
    requests: 1,
    pauses: true,
  },
];

const ANSWERS: readonly Case[] = [
  {
    what: 'a redirect to another host',
    fault: (elsewhere) => ({ kind: 'redirect', to: elsewhere }),
    ...isGarbage('Atlas answered 302'),
  },
  { what: 'an HTML page', fault: { status: 200, html: true }, ...isGarbage('the answer is not JSON') },
  { what: 'incomplete JSON', fault: { kind: 'text', text: '{"results":[{' }, ...isGarbage('the answer is not JSON') },
  {
    what: 'an answer without results',
    fault: { kind: 'text', text: '{"totalCount":0}' },
    ...isGarbage('the answer to a list request has no results'),
  },
  {
    what: 'an answer with 100,000 levels',
    fault: { kind: 'text', text: nested },
    ...isGarbage('a list contains something that is not a JSON object'),
  },
  {
    what: 'a deprecated API version: one log line for many answers',
    fault: { kind: 'deprecated', sinceMs: Date.UTC(2024, 7, 5), endsAtMs: Date.UTC(2027, 6, 1) },
    lines: [
      {
        level: 'warn',
        msg: 'Atlas will remove the API version that this exporter uses: upgrade the exporter before that',
        operation: 'list_exports',
        ends_on: '2027-07-01',
      },
    ],
  },
];

const DELIVERIES: readonly Case[] = [
  {
    what: 'a connection reset',
    fault: { kind: 'reset' },
    ...fails('network', 'the connection failed (ECONNRESET)'),
    requests: 3,
  },
  { what: 'no answer', fault: { kind: 'hang' }, ...isLate },
  { what: 'a very slow answer', fault: { kind: 'drip', bytesPerSecond: 200 }, ...isLate },
  { what: 'a slow answer that is still in time', fault: { kind: 'drip', bytesPerSecond: 100_000 } },
  {
    what: 'an answer that is cut off',
    fault: { kind: 'truncate' },
    ...fails('network', /^the connection failed \(\w+\)$/),
    requests: 3,
  },
  { what: 'an answer of 600 MB', fault: { kind: 'flood', megabytes: 600 }, ...isTooLarge },
  { what: 'a compressed answer of 600 MB', fault: { kind: 'gzip-bomb', megabytes: 600 }, ...isTooLarge },
];

const LISTS: readonly Case[] = [
  { what: 'links to another host', fault: (elsewhere) => ({ kind: 'foreign-links', to: elsewhere }) },
  {
    what: 'an endless list with the same jobs on each page',
    fault: { kind: 'endless' },
    ...fails('truncated', 'the list does not end: page 5 and the pages before it have no new items'),
    requests: 5,
  },
  {
    what: 'an endless list with new jobs on each page',
    fault: { kind: 'endless', ids: 'new' },
    ...fails('truncated', `the list has more than ${MAX_PAGES} pages or ${MAX_PAGES * PAGE_SIZE} items`),
    requests: MAX_PAGES,
  },
  { what: 'a total that is too high', fault: { kind: 'total', as: 'higher' }, ...reported(1007) },
  { what: 'no total', fault: { kind: 'total', as: 'missing' }, ...reported() },
  {
    what: 'smaller pages than requested',
    fault: { kind: 'page-cap', items: 2 },
    requests: 4,
    series: { export_last_poll_pages: { one: 4 }, export_last_poll_jobs: { one: 7 } },
  },
  { what: 'a list that gets new jobs while it is read', fault: { kind: 'shift' }, requests: 4, ...reported(8) },
];

const ITEMS: readonly Case[] = [
  { what: 'null in every field', fault: { kind: 'nulls' }, jobs: { unknown: 7 }, lines: [unknownState('?')] },
  {
    what: 'null instead of jobs',
    fault: { kind: 'null-items' },
    ...isGarbage('a list contains something that is not a JSON object'),
  },
  { what: 'unknown fields', fault: { kind: 'unknown-fields' } },
  {
    what: 'unknown states',
    fault: { kind: 'unknown-states' },
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
      // The added jobs are older than the others and all of the same age, so the greatest ids stay.
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
    what: 'a thousand queued jobs',
    fault: { kind: 'crowd', of: 'queued', count: 1000 },
    pageSize: 500,
    requests: 3,
    jobs: { ...GOOD, queued: 1001 },
    series: { exporter_series_dropped: { active_jobs: 951, error_codes: 0, export_buckets: 0 } },
    mostSeries: 700,
  },
];

/** Only at the first poll: later the target has a token. */
const TOKENS: readonly Pick<Case, 'what' | 'fault' | 'fails'>[] = [
  {
    what: 'an error of the token endpoint',
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
  /** Switches the fault on or off. */
  setFault(on: boolean): Promise<void>;
  /** The number of requests since the last call. */
  countRequests(): { readonly lists: number; readonly mints: number };
}

async function setUp({ fault, fails, meets = {}, credential = 'token', pageSize = PAGE_SIZE }: Case): Promise<Scene> {
  const runtime = createFastRuntime(TIMES[fails ? 'failing' : 'good']);
  const { operation = 'list_exports', only } = meets;
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
    async setFault(on) {
      met = on ? 0 : Number.NaN;
      if (fails?.reason === 'timeout') chain.giveRequests(REQUEST_TIMEOUT_SECONDS[on ? 'awaited' : 'usual']);
    },
    countRequests() {
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

/** Compares the effects of the fault. */
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
  ['status', STATUSES],
  ['broken refusal', BROKEN_REFUSALS],
  ['Retry-After', RETRY_AFTERS],
  ['credential', CREDENTIAL_FAULTS],
  ['answer', ANSWERS],
  ['delivery', DELIVERIES],
  ['list', LISTS],
  ['job', ITEMS],
])('%s faults', (_kind, cases) => {
  test.each(cases)('$what, after a good poll', async (one) => {
    const scene = await setUp(one);
    const { chain, setFault, countRequests } = scene;
    await chain.poll();
    const before = withoutPolls(await chain.metrics());
    expect(countRequests().lists).toBe(
      one.credential === 'key' ? 3 : Math.ceil(JOBS.length / (one.pageSize ?? PAGE_SIZE)),
    );
    await setFault(true);
    await chain.poll();
    expect(countRequests()).toEqual({ lists: one.requests ?? PAGES, mints: one.mints ?? 0 });
    await expectTheFault(one, scene, GOOD);
    await setFault(false);
    if (one.pauses) return;
    await chain.poll();
    expect(withoutPolls(await chain.metrics())).toEqual(before);
    expect(chain.lines.map(({ msg }) => msg)).toEqual(one.fails ? ['polling works again'] : []);
    expect(visitors).toBe(0);
  });

  test.each(cases)('$what, at the first poll', async (one) => {
    const scene = await setUp(one);
    await scene.setFault(true);
    await scene.chain.poll();
    expect(scene.countRequests().lists).toBe(one.requests ?? PAGES);
    await expectTheFault(one, scene, {});
    expect(visitors).toBe(0);
  });
});

test.each(TOKENS)('token faults: $what', async (token) => {
  const one: Case = { ...token, credential: 'account', meets: { operation: 'token' } };
  const scene = await setUp(one);
  await scene.setFault(true);
  await scene.chain.poll();
  // Retries of the poll mint no token: after a failure the account waits for some time.
  expect(scene.countRequests()).toEqual({ lists: 0, mints: 1 });
  await expectTheFault(one, scene, {});
  expect(visitors).toBe(0);
});

test('unknown fields do not change Object.prototype', () => {
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});
