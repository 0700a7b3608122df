/** What Atlas' own word does to the budget: a 429 pauses a lane, little that is left slows it down. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createBudget } from '../../../../src/atlas/admission/budget.ts';
import type { AtlasResponse } from '../../../../src/atlas/http/exchange.ts';
import { createWork } from '../../../../src/atlas/time-budget.ts';
import { createFakeRuntime } from '../../../support/fake-runtime.ts';
import { answer, gate, never, outcomeOf, recordingObserver, refusal, request } from '../support.ts';

type Answering = (lane: string, number: number) => AtlasResponse | Promise<AtlasResponse>;

const busy = (retryAfter?: string, headers: Record<string, string> = {}) =>
  refusal(429, 'RATE_LIMITED', { ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }), ...headers });

interface Settings {
  readonly requestsPerMinute?: number;
  readonly concurrency?: number;
  readonly randomNumbers?: readonly number[];
}

function setUp(answering: Answering, settings: Settings = {}) {
  const { requestsPerMinute = 600, concurrency = 10, randomNumbers = [0] } = settings;
  const runtime = createFakeRuntime(1_790_000_000, randomNumbers);
  const observer = recordingObserver();
  const sent: { readonly lane: string; readonly atSeconds: number }[] = [];
  const transport = createBudget({ requestsPerMinute, concurrency, runtime, observer }).guard(async ({ lane }) => {
    const name = lane?.groupId ?? 'none';
    sent.push({ lane: name, atSeconds: runtime.monotonicSeconds() });
    return answering(name, sent.length);
  });
  return {
    runtime,
    observer,
    sent,
    times: (lane = 'A') => sent.filter((one) => one.lane === lane).map(({ atSeconds }) => round(atSeconds)),
    send: (lane = 'A', signal = never, work = createWork(60)) =>
      transport(request({ lane: { groupId: lane, budget: 'cloud_backups' }, work }), signal),
  };
}

const round = (seconds: number): number => Math.round(seconds * 1000) / 1000;
/** The first request is answered with this, the others are fine. */
const once =
  (first: AtlasResponse): Answering =>
  (_lane, number) =>
    number === 1 ? first : answer(200);

describe('a 429 pauses its lane', () => {
  // The clock of these tests shows Mon, 21 Sep 2026 14:13:20 GMT.
  test.each([
    ['7', 7],
    ['0', 1],
    ['Mon, 21 Sep 2026 14:13:50 GMT', 30],
    ['Monday, 21-Sep-26 14:13:50 GMT', 30],
    ['Mon Sep 21 14:13:50 2026', 30],
    ['Mon, 21 Sep 2026 14:00:00 GMT', 1],
    ['-5', 1],
    ['1.5', 1],
    ['soon 2099', 1],
    ['', 1],
    [undefined, 1],
  ])('for as long as Retry-After %j says', async (retryAfter, seconds) => {
    const { send, runtime, times, observer } = setUp(once(busy(retryAfter)));
    await send();
    const next = send();
    await runtime.advance(40);
    expect((await next).status).toBe(200);
    expect(times()).toEqual([0, seconds]);
    expect(observer.pauses).toMatchObject([{ groupId: 'A', budget: 'cloud_backups', seconds }]);
  });

  test('by the clock of who names a date, where that says what time it is there', async () => {
    const headers = { date: 'Mon, 21 Sep 2026 13:00:00 GMT' };
    const { send, runtime, times } = setUp(once(busy('Mon, 21 Sep 2026 13:00:09 GMT', headers)));
    await send();
    void send();
    await runtime.advance(40);
    expect(times()).toEqual([0, 9]);
  });

  test.each([
    ['86400', 86_400],
    ['99999999999999999999', Number.MAX_SAFE_INTEGER],
  ])('for ten minutes at most (%s), and tells what was asked', async (retryAfter, askedSeconds) => {
    const { send, runtime, observer, times } = setUp(once(busy(retryAfter)));
    await send();
    const patient = outcomeOf(send('A', never, createWork(601)));
    await runtime.advance(600);
    expect(await patient).toMatchObject({ status: 200 });
    expect(times()).toEqual([0, 600]);
    expect(observer.pauses).toEqual([{ groupId: 'A', budget: 'cloud_backups', seconds: 600, askedSeconds }]);
  });

  test.each([
    [0.5, '10', 10.5],
    [0.99, '100', 109.9],
  ])('and wakes it with jitter (%d of it)', async (random, retryAfter, wakesAt) => {
    const { send, runtime, times } = setUp(once(busy(retryAfter)), { randomNumbers: [random] });
    await send();
    void send('A', never, createWork(600));
    await runtime.advance(200);
    expect(times()).toEqual([0, wakesAt]);
  });

  test('but no other lane', async () => {
    const { send, sent } = setUp(once(busy('30')));
    await send('A');
    await send('B');
    expect(sent.map(({ lane }) => lane)).toEqual(['A', 'B']);
  });

  test('and not by a 503, though it names a time as well', async () => {
    const { send, times } = setUp(once(refusal(503, undefined, { 'retry-after': '30' })));
    await send();
    await send();
    expect(times()).toEqual([0, 0]);
  });

  test('for as long as the longest of those under way is told', async () => {
    const open = [gate<AtlasResponse>(), gate<AtlasResponse>()];
    const { send, runtime, times } = setUp((_lane, number) => open[number - 1]?.promise ?? answer(200));
    void send();
    void send();
    await runtime.settle();
    const next = send();
    await runtime.settle();
    expect(times()).toEqual([0, 0, 0]);
    await next;
    open[0]?.open(busy('20'));
    await runtime.advance(1);
    open[1]?.open(busy('5'));
    void send();
    await runtime.advance(40);
    expect(times()).toEqual([0, 0, 0, 20]);
  });

  test('after which it goes on one by one at its rate, not in a burst', async () => {
    const { send, runtime, times } = setUp(once(busy('10')), { requestsPerMinute: 60 });
    await send();
    for (let count = 0; count < 4; count += 1) void send();
    await runtime.advance(20);
    expect(times()).toEqual([0, 10, 11, 12, 13]);
  });
});

describe('who waits through a pause', () => {
  test.each([[false], [true]])('and has no time for it is told at once (coming after the 429: %j)', async (after) => {
    const told = gate<AtlasResponse>();
    const { send, runtime, times } = setUp(() => told.promise, { concurrency: 1 });
    void send();
    const before = outcomeOf(after ? Promise.resolve() : send());
    await runtime.settle();
    told.open(busy('60'));
    await runtime.settle();
    expect(await (after ? outcomeOf(send()) : before)).toMatchObject({
      reason: 'rate_limited',
      isFinal: true,
      message: 'Atlas wants no requests of this project for another 60 s',
    });
    expect(times()).toEqual([0]);
  });

  test('spends its time to work, so that pause after pause fails it', async () => {
    const { send, runtime, times } = setUp(() => busy('25'), { concurrency: 1 });
    const work = createWork(60);
    void send();
    const ends: string[] = [];
    // A poll that never gets its turn, since another's request is always first.
    for (let count = 0; count < 9; count += 1) {
      void send('A', never, count === 4 ? work : createWork(60)).catch(() => ends.push(String(count)));
    }
    await runtime.advance(24);
    expect(work.remainingSeconds()).toBe(35);
    await runtime.advance(200);
    expect(times()).toEqual([0, 25, 50]);
    expect(ends.sort()).toEqual(['2', '3', '4', '5', '6', '7', '8']);
  });

  test('doesn’t spend it on waiting for our own budget', async () => {
    const { send, runtime } = setUp(() => answer(200), { requestsPerMinute: 3 });
    const work = createWork(60);
    void send();
    const waiting = send('A', never, work);
    await runtime.advance(20);
    await waiting;
    expect(work.remainingSeconds()).toBe(60);
  });

  test('leaves when it is aborted, and leaves no alarm behind', async () => {
    const { send, runtime, times } = setUp(once(busy('30')));
    await send();
    const giveUp = new AbortController();
    const leaving = outcomeOf(send('A', giveUp.signal));
    await runtime.advance(10);
    giveUp.abort(new Error('the target is gone'));
    expect(await leaving).toEqual(new Error('the target is gone'));
    expect(runtime.sleepers()).toBe(0);
    await runtime.advance(60);
    expect(times()).toEqual([0]);
  });

  test('has its waiting counted, whatever becomes of it', async () => {
    const { send, runtime, observer } = setUp(once(busy('30')));
    await send();
    const giveUp = new AbortController();
    void outcomeOf(send('A', giveUp.signal));
    void send();
    await runtime.advance(10);
    giveUp.abort(new Error('stop'));
    await runtime.advance(60);
    expect(observer.waits.map(({ seconds }) => seconds)).toEqual([10, 30]);
  });
});

describe('little that is left', () => {
  const left = (remaining: number) =>
    answer(200, {}, { 'ratelimit-limit': '1200', 'ratelimit-remaining': `${remaining}` });

  test('slows the lane down before Atlas does', async () => {
    const { send, runtime, times } = setUp(() => left(0), { requestsPerMinute: 60, concurrency: 1 });
    for (let count = 0; count < 4; count += 1) void send();
    await runtime.advance(35);
    expect(times()).toEqual([0, 0, 0, 10]);
  });

  test('slows no other lane', async () => {
    const { send, runtime, times } = setUp((lane) => (lane === 'A' ? left(0) : left(1000)), { requestsPerMinute: 60 });
    await send('A');
    for (let count = 0; count < 5; count += 1) void send('B');
    await runtime.settle();
    expect(times('B')).toEqual([0, 0, 0, 0, 0]);
  });
});

test('in any window of time a lane sends at most what it may, through pauses and slow times, and wakes again', async () => {
  const reply = fc.constantFrom<AtlasResponse>(
    answer(200),
    answer(200, {}, { 'ratelimit-limit': '100', 'ratelimit-remaining': '3' }),
    answer(200, {}, { 'ratelimit-limit': '100', 'ratelimit-remaining': '90' }),
    busy('0'),
    busy('9'),
    busy(undefined, { 'ratelimit-limit': '100', 'ratelimit-remaining': '0' }),
  );
  const ask = fc.record({ lane: fc.constantFrom('A', 'B'), afterSeconds: fc.double({ min: 0, max: 6, noNaN: true }) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(ask, { minLength: 1, maxLength: 40 }),
      fc.array(reply, { minLength: 1, maxLength: 10 }),
      fc.integer({ min: 1, max: 120 }),
      fc.integer({ min: 1, max: 6 }),
      fc.double({ min: 0, max: 0.99, noNaN: true }),
      async (asks, replies, requestsPerMinute, concurrency, random) => {
        const answering: Answering = (_lane, number) => ({ ...(replies[number % replies.length] ?? answer(200)) });
        const settings = { requestsPerMinute, concurrency, randomNumbers: [random] };
        const { send, sent, runtime } = setUp(answering, settings);
        let settled = 0;
        for (const { lane, afterSeconds } of asks) {
          await runtime.advance(afterSeconds);
          void outcomeOf(send(lane)).then(() => {
            settled += 1;
          });
        }
        await runtime.advance(asks.length * (600 / requestsPerMinute + 15) + 60);
        expect(settled).toBe(asks.length);
        for (const lane of ['A', 'B']) {
          const at = sent.filter((one) => one.lane === lane).map(({ atSeconds }) => atSeconds);
          const capacity = Math.max(1, Math.floor(requestsPerMinute / 3));
          at.forEach((from, first) => {
            at.slice(first).forEach((to, index) => {
              expect(index + 1).toBeLessThanOrEqual(capacity + (requestsPerMinute / 60) * (to - from) + 1e-6);
            });
          });
        }
      },
    ),
    { numRuns: 60 },
  );
}, 60_000);

test('fair though paused: what waits in A’s lane holds no place that B could have', async () => {
  const { send, runtime, times } = setUp((lane) => (lane === 'A' ? busy('30') : answer(200)), { concurrency: 1 });
  await send('A');
  for (let count = 0; count < 100; count += 1) void outcomeOf(send('A'));
  await send('B');
  expect([times('A'), times('B')]).toEqual([[0], [0]]);
  await runtime.advance(100);
});

test('a pause outlives the coming and going of a thousand other projects', async () => {
  const { send, runtime, times } = setUp((lane) => (lane === 'paused' ? busy('300') : answer(200)));
  await send('paused');
  for (let count = 0; count < 1000; count += 1) {
    await send(`P${count}`);
    if (count % 100 === 0) await runtime.advance(1);
  }
  await runtime.advance(200);
  await send('new');
  const refused = await outcomeOf(send('paused'));
  expect(refused).toMatchObject({ reason: 'rate_limited' });
  expect(times('paused')).toEqual([0]);
});

test('a lane with a request under way is not forgotten, however long that takes: its 429 pauses it', async () => {
  const slow = gate<AtlasResponse>();
  const { send, runtime, times } = setUp((lane) => (lane === 'A' ? slow.promise : answer(200)));
  void send('A');
  await runtime.advance(100);
  await send('B');
  slow.open(busy('30'));
  await runtime.settle();
  void send('A');
  await runtime.advance(29);
  expect(times('A')).toEqual([0]);
  await runtime.advance(2);
  expect(times('A')).toEqual([0, 130]);
});
