import { describe, expect, test } from '@jest/globals';
import { createReachability } from '../../../../src/atlas/admission/circuit-breaker.ts';
import { AtlasError } from '../../../../src/atlas/error.ts';
import type { AtlasRequest, AtlasResponse, Transport } from '../../../../src/atlas/http/exchange.ts';
import { createWork } from '../../../../src/atlas/time-budget.ts';
import { createFakeRuntime } from '../../../support/fake-runtime.ts';
import { answer, gate, never, outcomeOf, recordingObserver, request } from '../support.ts';

const timeout = () => new AtlasError('timeout', 'no full answer in time (request)');
const network = () => new AtlasError('network', 'the connection failed (ECONNRESET)');

/** Atlas as it is at the moment, and what is asked of it. */
function setUp() {
  const runtime = createFakeRuntime();
  const asked: AtlasRequest[] = [];
  let atlas: Transport = async () => answer(200);
  const observer = recordingObserver();
  const reachability = createReachability(runtime, observer);
  const watched = reachability.watch(async (sent, signal) => {
    await sent.sign?.(signal);
    asked.push(sent);
    return atlas(sent, signal);
  });
  let waited = 0;
  const transport = reachability.refuseEarly((sent, signal) => {
    waited += 1;
    return watched(sent, signal);
  });
  const to = (name: string, changes: Partial<AtlasRequest> = {}): AtlasRequest =>
    request({ lane: { groupId: 'A', budget: 'cloud_backups' }, target: `/clusters/${name}?pageNum=1`, ...changes });
  const send = (name: string, signal = never, changes: Partial<AtlasRequest> = {}) =>
    outcomeOf(transport(to(name, changes), signal));
  const answers = (next: () => AtlasResponse | Error | Promise<AtlasResponse>) => {
    atlas = async () => {
      const result = await next();
      if (result instanceof Error) throw result;
      return result;
    };
  };
  /** Fails as often as told, over five clusters. */
  async function fail(times: number, error: () => Error = timeout): Promise<void> {
    answers(error);
    for (let time = 0; time < times; time += 1) await send(`c${time % 5}`);
  }
  return { runtime, reachability, watched, asked, send, answers, fail, to, waited: () => waited, told: observer.reach };
}

describe('Atlas is lost', () => {
  test('after ten failures in a row without an answer, not before', async () => {
    const { fail, reachability } = setUp();
    await fail(9);
    expect(reachability.isLost()).toBe(false);
    await fail(1, network);
    expect(reachability.isLost()).toBe(true);
  });

  test.each<[string, () => AtlasResponse | Error]>([
    ['a success', () => answer(200)],
    ['a 500', () => answer(500)],
    ['a 401', () => answer(401)],
    ['an answer that can’t be read', () => new AtlasError('invalid_response', 'too large', { status: 200 })],
    ['an answer that never ends', () => new AtlasError('timeout', 'no full answer in time', { status: 200 })],
    ['an answer that breaks off', () => new AtlasError('network', 'reset', { status: 200 })],
  ])('not where %s came between: any answer counts', async (_what, between) => {
    const { fail, answers, send, reachability } = setUp();
    await fail(9);
    answers(between);
    await send('c1');
    await fail(9);
    expect(reachability.isLost()).toBe(false);
  });

  test('not for what was called off, is our own fault, or had next to no time', async () => {
    const { fail, answers, send, reachability } = setUp();
    await fail(9);
    answers(() => new Error('the target is gone'));
    await send('c1');
    answers(() => new AtlasError('internal', 'a header that can’t be sent'));
    await send('c1');
    answers(() => new AtlasError('unauthorized', 'a secret can’t be read'));
    await send('c1');
    answers(timeout);
    for (let times = 0; times < 20; times += 1) await send('c1', never, { work: createWork(2.9) });
    expect(reachability.isLost()).toBe(false);
    await send('c1', never, { work: createWork(3) });
    expect(reachability.isLost()).toBe(true);
  });

  test('not because of one or two clusters, however often those fail', async () => {
    const { answers, send, reachability } = setUp();
    answers(timeout);
    for (let times = 0; times < 50; times += 1) await send(times % 2 === 0 ? 'c1' : 'c2');
    expect(reachability.isLost()).toBe(false);
    await send('c3');
    expect(reachability.isLost()).toBe(true);
  });
});

test('that Atlas is lost, and that it is found, is told once each', async () => {
  const { fail, send, answers, told, runtime } = setUp();
  await fail(9);
  answers(() => answer(200));
  await send('c1');
  expect(told).toEqual([]);
  answers(() => answer(200));
  for (const name of ['c0', 'c1', 'c2', 'c3', 'c4']) await send(name);
  await fail(9);
  await fail(3, network);
  await runtime.advance(3);
  await fail(1);
  expect(told).toEqual(['network']);
  await runtime.advance(6);
  answers(() => answer(500));
  await Promise.all(['c1', 'c2'].map((name) => send(name)));
  await send('c3');
  expect(told).toEqual(['network', 'found']);
});

describe('clusters whose lists never come', () => {
  const bad = Array.from({ length: 20 }, (_, number) => `bad${number}`);

  test('make Atlas look lost once, until another is answered, and not again while they stay so', async () => {
    const { send, answers, reachability, told, runtime } = setUp();
    answers(timeout);
    for (const name of bad) await send(name);
    expect(reachability.isLost()).toBe(true);
    await runtime.advance(3);
    answers(() => answer(200));
    await send('good');
    for (let round = 0; round < 20; round += 1) {
      answers(timeout);
      for (const name of bad.slice(0, 11)) await send(name);
    }
    expect(reachability.isLost()).toBe(false);
    expect(told).toEqual(['timeout', 'found']);
  });

  test('count again once they have been answered', async () => {
    const { send, answers, reachability } = setUp();
    for (const next of [timeout, () => answer(200), timeout]) {
      answers(next);
      for (const name of bad.slice(0, 9)) await send(name);
    }
    expect(reachability.isLost()).toBe(false);
    await send('bad9');
    expect(reachability.isLost()).toBe(true);
  });

  test('are given one attempt in a poll, after all of a poll’s were in vain, until they are answered', async () => {
    const { send, answers, reachability } = setUp();
    const isHopeless = () => reachability.isHopeless('/clusters/c1?pageNum=7');
    answers(timeout);
    for (const hopeless of [false, false, false, true]) {
      await send('c1');
      expect(isHopeless()).toBe(hopeless);
    }
    expect(reachability.isHopeless('/clusters/c2?pageNum=1')).toBe(false);
    answers(() => answer(500));
    await send('c1');
    expect(isHopeless()).toBe(false);
  });
});

test('what can’t be signed says nothing of Atlas, whatever it fails with', async () => {
  const { send, answers, reachability, fail } = setUp();
  answers(() => answer(200));
  for (const details of [{}, { status: 401 }]) {
    await fail(details.status === undefined ? 0 : 9);
    const sign = () => Promise.reject(new AtlasError('timeout', 'no access token', details));
    for (let times = 0; times < 20; times += 1) await send(`d${times}`, never, { sign });
  }
  expect(reachability.isLost()).toBe(false);
  // Not even that it is there.
  await fail(1);
  expect(reachability.isLost()).toBe(true);
});

test('what was not answered the last time counts after a minute without any answer', async () => {
  const { send, answers, reachability, fail, runtime } = setUp();
  await fail(10);
  await runtime.advance(6);
  answers(() => answer(200));
  await send('c1');
  const others = ['c0', 'c2', 'c3', 'c4'];
  answers(timeout);
  for (let round = 0; round < 10; round += 1) for (const name of others) await send(name);
  expect(reachability.isLost()).toBe(false);
  await runtime.advance(60);
  await send('c2');
  expect(reachability.isLost()).toBe(true);
});

describe('while Atlas is lost', () => {
  test('one probe of three seconds goes out, all others fail at once with what is known', async () => {
    const { fail, send, asked, answers, waited } = setUp();
    await fail(10);
    const probe = gate<AtlasResponse>();
    answers(() => probe.promise);
    const before = [asked.length, waited()];
    void send('c1');
    const others = await Promise.all(Array.from({ length: 1000 }, (_, number) => send(`d${number}`)));
    expect([asked.length, waited()]).toEqual(before.map((count) => count + 1));
    expect(asked.at(-1)?.patienceSeconds).toBe(3);
    for (const other of others) {
      expect(other).toMatchObject({
        reason: 'timeout',
        message: 'Atlas does not answer: no full answer in time (request)',
      });
    }
    probe.open(answer(200));
  });

  test('the next probe comes three seconds after the last has failed', async () => {
    const { fail, send, asked, runtime } = setUp();
    await fail(10);
    await send('c1');
    expect(asked).toHaveLength(11);
    await runtime.advance(2.9);
    await send('new');
    expect(asked).toHaveLength(11);
    await runtime.advance(0.1);
    await send('new');
    expect(asked).toHaveLength(12);
  });

  test('what was not answered the last time either waits for a better probe, but not for ever', async () => {
    const { fail, send, asked, runtime } = setUp();
    await fail(10);
    await runtime.advance(5.9);
    await send('c1');
    expect(asked).toHaveLength(11);
    await runtime.advance(5.9);
    await send('c1');
    expect(asked).toHaveLength(11);
    await runtime.advance(0.1);
    await send('c1');
    expect(asked).toHaveLength(12);
  });

  test('the first probe that is answered ends it', async () => {
    const { fail, send, asked, answers, reachability } = setUp();
    await fail(10);
    answers(() => answer(503));
    expect(await send('c1')).toMatchObject({ status: 503 });
    expect(reachability.isLost()).toBe(false);
    await Promise.all(['a', 'b', 'c'].map((name) => send(name)));
    expect(asked.slice(-3).map(({ patienceSeconds }) => patienceSeconds)).toEqual([undefined, undefined, undefined]);
  });

  test('an answer to a request of before ends it too', async () => {
    const { fail, send, answers, reachability, runtime } = setUp();
    const slow = gate<AtlasResponse>();
    answers(() => slow.promise);
    void send('slow');
    await runtime.settle();
    await fail(10);
    slow.open(answer(200));
    await runtime.settle();
    expect(reachability.isLost()).toBe(false);
  });

  test('a probe that is called off says nothing, and the next may go at once', async () => {
    const { fail, send, asked, answers, runtime, reachability } = setUp();
    await fail(10);
    const probe = gate<AtlasResponse>();
    answers(() => probe.promise);
    const giveUp = new AbortController();
    const called = send('c1', giveUp.signal);
    await runtime.settle();
    giveUp.abort(new Error('the target is gone'));
    probe.fail(giveUp.signal.reason as Error);
    expect(await called).toEqual(new Error('the target is gone'));
    expect(reachability.isLost()).toBe(true);
    answers(() => answer(200));
    expect(await send('c2')).toMatchObject({ status: 200 });
    expect(asked).toHaveLength(12);
  });

  test('every fourth probe has the usual patience, so that an Atlas that is merely slow is found again', async () => {
    const { fail, send, asked, answers, runtime, reachability } = setUp();
    await fail(10);
    answers(timeout);
    for (let probes = 0; probes < 3; probes += 1) {
      await send('c1');
      await runtime.advance(6);
    }
    answers(() => answer(200));
    await send('c1');
    expect(asked.slice(10).map(({ patienceSeconds }) => patienceSeconds)).toEqual([3, 3, 3, undefined]);
    expect(reachability.isLost()).toBe(false);
  });

  test('who has waited for its turn meanwhile is refused as well', async () => {
    const { fail, watched, to, asked } = setUp();
    await fail(10);
    const both = await Promise.all(['c1', 'c2'].map((name) => outcomeOf(watched(to(name), never))));
    expect(both.map((error) => (error as Error).message)).toEqual([
      'no full answer in time (request)',
      'Atlas does not answer: no full answer in time (request)',
    ]);
    expect(asked).toHaveLength(11);
  });

  test('token calls go out, with all their time: without a token nothing can probe', async () => {
    const { fail, send, watched, asked, answers, reachability, runtime } = setUp();
    await fail(10);
    answers(() => gate<AtlasResponse>().promise);
    void send('probe');
    await runtime.settle();
    answers(() => answer(200));
    await watched(request({ operation: 'token', target: '/api/oauth/token' }), never);
    expect(asked.at(-1)?.patienceSeconds).toBeUndefined();
    expect(reachability.isLost()).toBe(false);
  });
});
