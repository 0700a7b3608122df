import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createBudget } from '../../../../src/atlas/admission/budget.ts';
import { createLane } from '../../../../src/atlas/admission/token-bucket.ts';
import type { AtlasRequest, AtlasResponse, Transport } from '../../../../src/atlas/http/exchange.ts';
import { createFakeRuntime } from '../../../support/fake-runtime.ts';
import { answer, gate, never, outcomeOf, recordingObserver, request } from '../support.ts';

const inLane = (groupId: string): AtlasRequest => request({ lane: { groupId, budget: 'cloud_backups' } });

/** A budget before a server that takes `seconds` an answer, or answers when told. */
function setUp(requestsPerMinute: number, concurrency: number, serverSeconds: number | 'when told' = 0) {
  const runtime = createFakeRuntime();
  const observer = recordingObserver();
  const sent: { readonly lane: string; readonly name: string; readonly atSeconds: number }[] = [];
  const underWay: ReturnType<typeof gate<AtlasResponse>>[] = [];
  let now = 0;
  let most = 0;
  const server: Transport = async ({ lane, credential }) => {
    sent.push({ lane: lane?.groupId ?? 'none', name: credential, atSeconds: runtime.monotonicSeconds() });
    now += 1;
    most = Math.max(most, now);
    try {
      if (serverSeconds !== 'when told') {
        if (serverSeconds > 0) await runtime.sleep(serverSeconds);
        return answer(200);
      }
      const told = gate<AtlasResponse>();
      underWay.push(told);
      return await told.promise;
    } finally {
      now -= 1;
    }
  };
  const budget = createBudget({ requestsPerMinute, concurrency, runtime, observer });
  const transport = budget.guard(server);
  return {
    levels: budget.levels,
    runtime,
    observer,
    sent,
    underWay,
    lanes: () => sent.map(({ lane }) => lane).join(''),
    most: () => most,
    send: (lane: string, signal = never) => transport(inLane(lane), signal),
    /** Sends what nobody waits for. */
    start: (request: AtlasRequest) => void transport(request, never),
    transport,
  };
}

const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);

/** The most requests in any window, as a surplus over what the budget allows; at most 0 where it holds. */
function surplus(atSeconds: readonly number[], capacity: number, ratePerSecond: number): number {
  let worst = Number.NEGATIVE_INFINITY;
  atSeconds.forEach((from, first) => {
    atSeconds.slice(first).forEach((to, index) => {
      worst = Math.max(worst, index + 1 - capacity - ratePerSecond * (to - from));
    });
  });
  return worst;
}

describe('the budget of a lane', () => {
  test('lets a third of a minute’s requests through at once, the others at an even pace', async () => {
    const { send, sent, runtime } = setUp(30, 100);
    const all = times(14, () => send('A'));
    await runtime.advance(60);
    await Promise.all(all);
    const pace = sent.map(({ atSeconds }) => Math.round(atSeconds * 1000) / 1000);
    expect(pace).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 4, 6, 8]);
  });

  test('is at least one request, however small the budget', async () => {
    const { send, sent, runtime } = setUp(1, 1);
    const all = times(2, () => send('A'));
    await runtime.advance(59.9);
    expect(sent).toHaveLength(1);
    await runtime.advance(0.2);
    await Promise.all(all);
    expect(sent).toHaveLength(2);
  });

  test('is never exceeded in any window of time, nor is the concurrency, whatever is asked for when', async () => {
    const ask = fc.record({
      lane: fc.constantFrom('A', 'B', 'C'),
      afterSeconds: fc.double({ min: 0, max: 5, noNaN: true }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(ask, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 90 }),
        fc.integer({ min: 1, max: 6 }),
        fc.constantFrom(0, 0.1, 1.7),
        async (asks, requestsPerMinute, concurrency, serverSeconds) => {
          const { send, sent, runtime, most } = setUp(requestsPerMinute, concurrency, serverSeconds);
          const all: Promise<AtlasResponse>[] = [];
          for (const { lane, afterSeconds } of asks) {
            await runtime.advance(afterSeconds);
            all.push(send(lane));
          }
          await runtime.advance(asks.length * (60 / requestsPerMinute + serverSeconds) + 1);
          await Promise.all(all);
          expect(sent).toHaveLength(asks.length);
          expect(most()).toBeLessThanOrEqual(concurrency);
          for (const lane of ['A', 'B', 'C']) {
            const mine = sent.filter((one) => one.lane === lane).map(({ atSeconds }) => atSeconds);
            const capacity = Math.max(1, Math.floor(requestsPerMinute / 3));
            expect(surplus(mine, capacity, requestsPerMinute / 60)).toBeLessThanOrEqual(1e-6);
          }
        },
      ),
      { numRuns: 40 },
    );
  }, 60_000);

  test('is its own: a lane that has spent its budget doesn’t hold up another', async () => {
    const { send, lanes, runtime } = setUp(3, 10);
    const waiting = times(3, () => send('A'));
    await send('B');
    expect(lanes()).toBe('AB');
    await runtime.advance(60);
    await Promise.all(waiting);
    expect(lanes()).toBe('ABAA');
  });

  test('still wakes the one that may go soonest when a later comer waits longer', async () => {
    const { send, sent, runtime } = setUp(6, 10);
    const first = times(3, () => send('A'));
    await runtime.advance(5);
    const second = times(3, () => send('B'));
    await runtime.advance(10);
    await Promise.all([...first, ...second]);
    expect(sent.map(({ lane, atSeconds }) => `${lane}${Math.round(atSeconds)}`)).toEqual([
      'A0',
      'A0',
      'B5',
      'B5',
      'A10',
      'B15',
    ]);
  });
});

describe('the requests under way', () => {
  test('are as many as the concurrency, over all lanes together', async () => {
    const { send, underWay, lanes, runtime } = setUp(600, 3, 'when told');
    const all = ['A', 'B', 'C', 'D'].map((lane) => send(lane));
    await runtime.settle();
    expect(lanes()).toBe('ABC');
    for (const one of underWay) one.open(answer(200));
    await runtime.settle();
    expect(lanes()).toBe('ABCD');
    underWay.at(-1)?.open(answer(200));
    await Promise.all(all);
  });

  test('are taken in turns: a hundred of A delay the single one of B by no more than the concurrency', async () => {
    const { underWay, lanes, runtime, start } = setUp(6000, 4, 'when told');
    times(100, () => start(inLane('A')));
    await runtime.settle();
    start(inLane('B'));
    while (!lanes().includes('B')) {
      underWay.shift()?.open(answer(200));
      await runtime.settle();
    }
    expect(lanes().indexOf('B') - 4).toBeLessThanOrEqual(4);
  });

  test('make room when they fail', async () => {
    const { send, underWay, lanes, runtime } = setUp(600, 1, 'when told');
    const failing = outcomeOf(send('A'));
    const next = send('B');
    await runtime.settle();
    underWay[0]?.fail(new Error('refused'));
    expect(await failing).toEqual(new Error('refused'));
    await runtime.settle();
    expect(lanes()).toBe('AB');
    underWay[1]?.open(answer(200));
    expect((await next).status).toBe(200);
  });

  test('don’t include those that wait for their budget', async () => {
    const { send, lanes, runtime } = setUp(3, 2);
    const waiting = times(10, () => send('A'));
    for (const lane of ['B', 'C', 'D']) await send(lane);
    expect(lanes()).toBe('ABCD');
    await runtime.advance(200);
    await Promise.all(waiting);
  });
});

describe('a list that is half read', () => {
  test('goes on before another of its project is begun, but not before another project’s turn', async () => {
    const { sent, underWay, runtime, start } = setUp(600, 1, 'when told');
    const ask = (groupId: string, name: string, continues: boolean) =>
      start({ ...inLane(groupId), credential: name, continues });
    ask('A', 'first', false);
    await runtime.settle();
    ask('A', 'new', false);
    ask('B', 'other', false);
    ask('A', 'half read', true);
    ask('A', 'also half read', true);
    for (let answered = 0; answered < 4; answered += 1) {
      underWay[answered]?.open(answer(200));
      await runtime.settle();
    }
    expect(sent.map(({ name }) => name)).toEqual(['first', 'half read', 'other', 'also half read', 'new']);
  });

  test('leaves when it is aborted, and the others go on', async () => {
    const { transport, lanes, underWay, runtime, start } = setUp(600, 1, 'when told');
    start(inLane('A'));
    const giveUp = new AbortController();
    const leaving = outcomeOf(transport({ ...inLane('A'), continues: true }, giveUp.signal));
    start(inLane('A'));
    await runtime.settle();
    giveUp.abort(new Error('stop'));
    expect(await leaving).toEqual(new Error('stop'));
    underWay[0]?.open(answer(200));
    await runtime.settle();
    expect(lanes()).toBe('AA');
  });
});

describe('a request that waits', () => {
  test('leaves when it is aborted, with the reason, and takes nothing from the budget', async () => {
    const { send, sent, runtime } = setUp(3, 10);
    await send('A');
    const giveUp = new AbortController();
    const leaving = outcomeOf(send('A', giveUp.signal));
    const staying = send('A');
    await runtime.advance(10);
    giveUp.abort(new Error('the target is gone'));
    expect(await leaving).toEqual(new Error('the target is gone'));
    await runtime.advance(10.001);
    await staying;
    expect(sent.map(({ atSeconds }) => Math.round(atSeconds))).toEqual([0, 20]);
  });

  test('takes no place when it leaves while all places are taken', async () => {
    const { send, underWay, lanes, runtime, start } = setUp(600, 1, 'when told');
    start(inLane('A'));
    const giveUp = new AbortController();
    const leaving = outcomeOf(send('B', giveUp.signal));
    giveUp.abort(new Error('stop'));
    await leaving;
    start(inLane('C'));
    await runtime.settle();
    underWay[0]?.open(answer(200));
    await runtime.settle();
    expect(lanes()).toBe('AC');
  });

  test('is not even queued when it comes aborted', async () => {
    const { send, sent } = setUp(600, 1);
    await expect(send('A', AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop');
    expect(sent).toEqual([]);
  });

  test('reports how long it has waited; one that doesn’t wait reports nothing', async () => {
    const { send, observer, runtime } = setUp(6, 10);
    const all = times(3, () => send('A'));
    await runtime.advance(20);
    await Promise.all(all);
    expect(observer.waits).toEqual([{ groupId: 'A', budget: 'cloud_backups', seconds: expect.closeTo(10) }]);
  });
});

test('requests that take long to be signed leave within the bounds, and do so if signing fails', async () => {
  const runtime = createFakeRuntime();
  const left: number[] = [];
  const budget = createBudget({ requestsPerMinute: 30, concurrency: 8, runtime, observer: recordingObserver() });
  const transport = budget.guard(async ({ sign }) => {
    await sign?.(never);
    left.push(runtime.monotonicSeconds());
    return answer(200);
  });
  let signs = 0;
  async function sign(): Promise<string> {
    signs += 1;
    if (signs > 8) return 'signed';
    const fails = signs % 2 === 0;
    await runtime.sleep(9);
    if (fails) throw new Error('no key');
    return 'signed';
  }
  const all = times(40, () => outcomeOf(transport({ ...inLane('A'), sign }, never)));
  await runtime.advance(100);
  await Promise.all(all);
  expect(left).toHaveLength(36);
  expect(surplus(left, 10, 0.5)).toBeLessThanOrEqual(1e-6);
  await runtime.advance(60);
  expect(budget.levels()[0]?.remainingRequests).toBe(10);
});

test('requests without a lane pass at once and cost nobody anything', async () => {
  const { sent, observer, runtime, start } = setUp(3, 1, 'when told');
  start(inLane('A'));
  await runtime.settle();
  start(request({ operation: 'token' }));
  start(request({ operation: 'token' }));
  await runtime.settle();
  expect(sent.map(({ lane }) => lane)).toEqual(['A', 'none', 'none']);
  expect(observer.waits).toEqual([]);
});

describe('other limits', () => {
  test('leave spent what was spent, and go on with the same lanes', async () => {
    const runtime = createFakeRuntime();
    const sent: number[] = [];
    const budget = createBudget({ requestsPerMinute: 30, concurrency: 100, runtime, observer: recordingObserver() });
    const transport = budget.guard(async () => {
      sent.push(runtime.monotonicSeconds());
      return answer(200);
    });
    const start = (count: number): void => {
      for (let index = 0; index < count; index += 1) void transport(inLane('a'), never);
    };
    start(100);
    await runtime.settle();
    expect(sent).toHaveLength(10);
    for (let reload = 0; reload < 5; reload += 1) budget.change({ requestsPerMinute: 30, concurrency: 100 });
    await runtime.settle();
    expect(sent).toHaveLength(10);
    await runtime.advance(20);
    expect(surplus(sent, 10, 0.5)).toBeLessThanOrEqual(1e-6);
    const before = sent.length;
    // A greater budget fills faster, but is not full at once.
    budget.change({ requestsPerMinute: 300, concurrency: 100 });
    await runtime.advance(2);
    expect(sent.length - before).toBeGreaterThanOrEqual(9);
    expect(sent.length - before).toBeLessThanOrEqual(11);
  });

  test('of requests under way hold for those that wait', async () => {
    const runtime = createFakeRuntime();
    let underWay = 0;
    const budget = createBudget({ requestsPerMinute: 6000, concurrency: 2, runtime, observer: recordingObserver() });
    const transport = budget.guard(async () => {
      underWay += 1;
      await runtime.sleep(1000);
      return answer(200);
    });
    for (let index = 0; index < 9; index += 1) void transport(inLane('a'), never);
    await runtime.settle();
    expect(underWay).toBe(2);
    budget.change({ requestsPerMinute: 6000, concurrency: 5 });
    await runtime.settle();
    expect(underWay).toBe(5);
  });

  test('leave no more room than they grant', () => {
    const lane = createLane(1, 100, 0);
    lane.change(1, 3, 0);
    expect([1, 2, 3, 4].map(() => lane.take(0))).toEqual([true, true, true, false]);
  });
});

test('it forgets the lanes that nobody has asked for lately', async () => {
  const { levels, send, runtime } = setUp(30, 1);
  await send('A');
  await send('B');
  expect(levels().map(({ groupId }) => groupId)).toEqual(['A', 'B']);
  await runtime.advance(60);
  await send('C');
  expect(levels().map(({ groupId }) => groupId)).toEqual(['C']);
});

test('its levels tell what is left of each lane, who waits, and what Atlas last said', async () => {
  const { levels, send, underWay, runtime } = setUp(30, 1, 'when told');
  expect(levels()).toEqual([]);
  const all = times(2, () => send('A'));
  await runtime.settle();
  const common = { groupId: 'A', name: 'cloud_backups', capacityRequests: 10, pausedForSeconds: 0 };
  expect(levels()).toEqual([{ ...common, remainingRequests: 9, waitingRequests: 1 }]);
  underWay[0]?.open(answer(200, '{}', { 'ratelimit-limit': '500', 'ratelimit-remaining': '480' }));
  await runtime.settle();
  underWay[1]?.open(answer(429, '{}', { 'retry-after': '20' }));
  await Promise.all(all);
  await runtime.advance(2);
  expect(levels()).toEqual([
    {
      ...common,
      // What was saved up is void after a pause.
      remainingRequests: 1,
      waitingRequests: 0,
      pausedForSeconds: expect.any(Number),
      atlas: { limit: 500, remaining: 480, ageSeconds: expect.closeTo(2) },
    },
  ]);
  expect(levels()[0]?.pausedForSeconds).toBeGreaterThanOrEqual(18);
});
