import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createAdmission } from '../../../../src/atlas/admission/admission.ts';
import { AtlasError } from '../../../../src/atlas/error.ts';
import type { AtlasResponse } from '../../../../src/atlas/http/transport.ts';
import { createFakeRuntime } from '../../../support/fake-runtime.ts';
import { answer, gate, never, outcomeOf, refusal, request } from '../support.ts';

interface Settings {
  readonly requestsPerMinute?: number;
  readonly concurrency?: number;
  /** Seconds until the server answers. */
  readonly serverSeconds?: number;
  /** The answer of the server to the n-th request, from 1. */
  readonly answering?: (number: number) => AtlasResponse | Promise<AtlasResponse>;
  readonly errorBeforeSending?: () => AtlasError | undefined;
}

function setUp(settings: Settings = {}) {
  const { requestsPerMinute = 600, concurrency = 10, serverSeconds = 0, answering = () => answer(200) } = settings;
  const { errorBeforeSending = () => undefined } = settings;
  const runtime = createFakeRuntime(1_790_000_000, [0]);
  const sent: { readonly project: string; readonly atSeconds: number }[] = [];
  let now = 0;
  let most = 0;
  const admission = createAdmission({ requestsPerMinute, concurrency }, runtime);
  const transport = admission.guard(async ({ budget }) => {
    sent.push({ project: budget?.groupId ?? 'none', atSeconds: runtime.monotonicSeconds() });
    const number = sent.length;
    now += 1;
    most = Math.max(most, now);
    try {
      if (serverSeconds > 0) await runtime.sleep(serverSeconds);
      return await answering(number);
    } finally {
      now -= 1;
    }
  }, errorBeforeSending);
  return {
    admission,
    runtime,
    sent,
    most: () => most,
    projects: () => sent.map(({ project }) => project).join(''),
    times: (of = 'A') => sent.filter(({ project }) => project === of).map(({ atSeconds }) => round(atSeconds)),
    send: (project = 'A', signal = never, timeBudget = { remainingSeconds: 60 }) =>
      transport(request({ budget: { groupId: project, name: 'cloud_backups' }, timeBudget }), signal),
    sendToken: () => transport(request({ operation: 'token' }), never),
  };
}

const round = (seconds: number): number => Math.round(seconds * 1000) / 1000;
const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
const busy = (retryAfter?: string) =>
  refusal(429, 'RATE_LIMITED', retryAfter === undefined ? {} : { 'retry-after': retryAfter });
/** The first request is answered with this, the others are fine. */
const first = (response: AtlasResponse) => (number: number) => (number === 1 ? response : answer(200));

describe('the requests of a project', () => {
  test('never exceed the budget in any window of time, nor all requests the concurrency', async () => {
    const ask = fc.record({
      project: fc.constantFrom('A', 'B', 'C'),
      afterSeconds: fc.double({ min: 0, max: 5, noNaN: true }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(ask, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 90 }),
        fc.integer({ min: 1, max: 6 }),
        fc.constantFrom(0, 0.1, 1.7),
        async (asks, requestsPerMinute, concurrency, serverSeconds) => {
          const { send, sent, runtime, most, times: sentAt } = setUp({ requestsPerMinute, concurrency, serverSeconds });
          const all: Promise<AtlasResponse>[] = [];
          for (const { project, afterSeconds } of asks) {
            await runtime.advance(afterSeconds);
            all.push(send(project));
          }
          await runtime.advance(asks.length * (60 / requestsPerMinute + serverSeconds) + 1);
          await Promise.all(all);
          expect(sent).toHaveLength(asks.length);
          expect(most()).toBeLessThanOrEqual(concurrency);
          const capacity = Math.max(1, Math.floor(requestsPerMinute / 3));
          for (const project of ['A', 'B', 'C']) {
            expect(surplus(sentAt(project), capacity, requestsPerMinute / 60)).toBeLessThanOrEqual(0.01);
          }
        },
      ),
      { numRuns: 30 },
    );
  }, 60_000);

  test('take turns with those of others: a hundred of A delay one of B by one place', async () => {
    const { send, projects, runtime } = setUp({ requestsPerMinute: 6000, concurrency: 4, serverSeconds: 1 });
    const all = times(100, () => send('A'));
    await runtime.settle();
    all.push(send('B'));
    await runtime.advance(60);
    await Promise.all(all);
    expect(projects().indexOf('B')).toBeLessThanOrEqual(5);
  });

  test('use no place while they wait for their budget', async () => {
    const { send, projects, runtime } = setUp({ requestsPerMinute: 3, concurrency: 2 });
    const waiting = times(10, () => send('A'));
    for (const project of ['B', 'C', 'D']) await send(project);
    expect(projects()).toBe('ABCD');
    await runtime.advance(200);
    await Promise.all(waiting);
  });

  test('give their place back when they fail', async () => {
    const failing = () => Promise.reject(new Error('reset'));
    const { send, projects } = setUp({ concurrency: 1, answering: failing });
    expect(await outcomeOf(send('A'))).toEqual(new Error('reset'));
    expect(await outcomeOf(send('B'))).toEqual(new Error('reset'));
    expect(projects()).toBe('AB');
  });

  test('that are aborted reject with the reason and take no token', async () => {
    const { send, times: sentAt, runtime } = setUp({ requestsPerMinute: 3 });
    await send();
    const giveUp = new AbortController();
    const leaving = outcomeOf(send('A', giveUp.signal));
    const staying = send();
    await runtime.advance(10);
    giveUp.abort(new Error('the target is gone'));
    expect(await leaving).toEqual(new Error('the target is gone'));
    expect(await outcomeOf(send('A', giveUp.signal))).toEqual(new Error('the target is gone'));
    await runtime.advance(15);
    await staying;
    expect(sentAt()).toEqual([0, 20]);
  });

  test('are refused without a token when their turn comes and the circuit has opened', async () => {
    let refused: AtlasError | undefined;
    const { send, sent, runtime, admission } = setUp({ requestsPerMinute: 6, errorBeforeSending: () => refused });
    const all = times(5, () => outcomeOf(send()));
    await runtime.settle();
    refused = new AtlasError('network', 'Atlas does not answer');
    await runtime.advance(20);
    expect((await Promise.all(all)).slice(2)).toEqual([refused, refused, refused]);
    expect(sent).toHaveLength(2);
    expect(admission.levels()).toMatchObject([{ remainingRequests: 2, waitingRequests: 0 }]);
  });
});

test('token requests have no budget: they pass at once', async () => {
  const answers = gate<AtlasResponse>();
  const { send, sendToken, projects, runtime } = setUp({ concurrency: 1, answering: () => answers.promise });
  void send();
  await runtime.settle();
  void sendToken();
  await runtime.settle();
  expect(projects()).toBe('Anone');
});

describe('a 429', () => {
  test.each([
    ['7', 7],
    [undefined, 1],
  ])('pauses its project for as long as Retry-After %j says, and a little', async (retryAfter, seconds) => {
    const { send, runtime, times: sentAt } = setUp({ answering: first(busy(retryAfter)) });
    await send();
    const next = send();
    await send('B');
    await runtime.advance(40);
    expect((await next).status).toBe(200);
    expect([sentAt(), sentAt('B')]).toEqual([[0, seconds], [0]]);
  });

  test('pauses for ten minutes at most', async () => {
    const { send, runtime, times: sentAt } = setUp({ answering: first(busy('86400')) });
    await send();
    const patient = send('A', never, { remainingSeconds: 601 });
    await runtime.advance(601);
    expect(await patient).toMatchObject({ status: 200 });
    expect(sentAt()).toEqual([0, 600]);
  });

  test('fails requests at once if their poll has less time than the pause', async () => {
    const { send, runtime } = setUp({ answering: first(busy('100')) });
    await send();
    const failed = times(50, () => outcomeOf(send()));
    await runtime.settle();
    expect(await Promise.all(failed)).toEqual(
      Array(50).fill(expect.objectContaining({ reason: 'rate_limited', isFinal: true, retryAfterSeconds: 100 })),
    );
  });

  test('is subtracted from the time of the poll that waits', async () => {
    const { send, runtime } = setUp({ answering: first(busy('20')) });
    await send();
    const timeBudget = { remainingSeconds: 60 };
    const waiting = send('A', never, timeBudget);
    await runtime.advance(30);
    await waiting;
    expect(timeBudget.remainingSeconds).toBeCloseTo(40);
  });
});

test('RateLimit headers with little left slow the project down', async () => {
  const low = answer(200, '{}', { 'ratelimit-limit': '1000', 'ratelimit-remaining': '0' });
  const { send, runtime, times: sentAt } = setUp({ requestsPerMinute: 60, answering: () => low });
  await send();
  const all = times(3, () => send());
  await runtime.advance(40);
  await Promise.all(all);
  expect(sentAt()).toEqual([0, 0, 0, 10]);
});

describe('other limits', () => {
  test('apply to waiting requests, and taken tokens stay taken', async () => {
    const { send, admission, times: sentAt, runtime } = setUp({ requestsPerMinute: 3, concurrency: 100 });
    const all = times(20, () => send());
    await runtime.advance(1);
    expect(sentAt()).toHaveLength(1);
    admission.change({ requestsPerMinute: 300, concurrency: 100 });
    await runtime.advance(9);
    await Promise.all(all);
    expect(sentAt()).toHaveLength(20);
  });

  test('of concurrency admit requests that wait', async () => {
    const { send, admission, sent, runtime } = setUp({ requestsPerMinute: 6000, concurrency: 2, serverSeconds: 1000 });
    for (let index = 0; index < 9; index += 1) void send();
    await runtime.settle();
    expect(sent).toHaveLength(2);
    admission.change({ requestsPerMinute: 6000, concurrency: 5 });
    await runtime.settle();
    expect(sent).toHaveLength(5);
  });
});

describe('the levels', () => {
  test('show the remaining tokens of each budget, the waiting requests, and the limits that Atlas sent', async () => {
    const headers = { 'ratelimit-limit': '500', 'ratelimit-remaining': '480' };
    const { send, admission, runtime } = setUp({ requestsPerMinute: 30, answering: first(answer(200, '{}', headers)) });
    expect(admission.levels()).toEqual([]);
    const all = times(12, () => send());
    await runtime.advance(1);
    const common = { groupId: 'A', name: 'cloud_backups', capacityRequests: 10, pausedForSeconds: 0 };
    const atlas = { limit: 500, remaining: 480, ageSeconds: expect.closeTo(1) };
    expect(admission.levels()).toEqual([
      { ...common, remainingRequests: expect.closeTo(0.5), waitingRequests: 2, throttledSeconds: 0, atlas },
    ]);
    await runtime.advance(60);
    await Promise.all(all);
    // A token every two seconds: the last two requests have waited for them.
    expect(admission.levels()).toMatchObject([{ waitingRequests: 0, throttledSeconds: expect.closeTo(2 + 4) }]);
  });

  test.each<[Record<string, string>]>([
    [{}],
    [{ 'ratelimit-limit': '1200' }],
    [{ 'ratelimit-limit': '1200', 'ratelimit-remaining': 'many' }],
    [{ 'ratelimit-limit': '1200', 'ratelimit-remaining': '-1' }],
  ])('show no limit of Atlas for the headers %j', async (headers) => {
    const { send, admission } = setUp({ answering: () => answer(200, '{}', headers) });
    await send();
    expect(admission.levels()[0]?.atlas).toBeUndefined();
  });
});

/** The largest excess of requests over the budget in any time window. */
function surplus(atSeconds: readonly number[], capacity: number, ratePerSecond: number): number {
  return Math.max(
    ...atSeconds.flatMap((from, begin) =>
      atSeconds.slice(begin).map((to, index) => index + 1 - capacity - ratePerSecond * (to - from)),
    ),
    0,
  );
}
