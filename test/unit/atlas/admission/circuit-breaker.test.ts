import { describe, expect, test } from '@jest/globals';
import { createCircuitBreaker } from '../../../../src/atlas/admission/circuit-breaker.ts';
import { AtlasError } from '../../../../src/atlas/error.ts';
import type { AtlasRequest } from '../../../../src/atlas/http/transport.ts';
import { createFakeRuntime } from '../../../support/fake-runtime.ts';
import { answer, gate, never, outcomeOf, recordingObserver, request, type Step, scripted } from '../support.ts';

const reset = new AtlasError('network', 'the connection failed (ECONNRESET)');
const late = new AtlasError('timeout', 'no complete answer in time');

/** A circuit breaker in front of a server that fails or answers as the test decides. */
function setUp() {
  const runtime = createFakeRuntime();
  const observer = recordingObserver();
  const breaker = createCircuitBreaker(runtime, observer);
  let step: Step = reset;
  const server = scripted((sent, signal) => {
    if (step instanceof Error) throw step;
    return typeof step === 'function' ? step(sent, signal) : { ...step };
  });
  const watched = breaker.watch(server.transport);
  const transport = breaker.guard(watched);
  const ask = (target: string, changes: Partial<AtlasRequest> = {}, signal = never) =>
    outcomeOf(transport(request({ target, ...changes }), signal));
  return {
    breaker,
    isOpen: () => breaker.outage() !== undefined,
    runtime,
    observer,
    ask,
    /** A token request of a service account. */
    askToken: () => outcomeOf(watched(request({ target: '/token', operation: 'token' }), never)),
    requests: server.requests,
    sent: () => server.requests.length,
    server(does: Step) {
      step = does;
    },
    /** Sends `count` requests, for `resources` different resources in turn. */
    async askFor(count: number, resources = 3) {
      for (let index = 0; index < count; index += 1) await ask(`/${index % resources}?pageNum=${index}`);
    },
  };
}

describe('a circuit', () => {
  test('opens after ten requests without an answer for three resources, and reports the cause', async () => {
    const { isOpen, askFor, ask, observer, sent, breaker, runtime } = setUp();
    const startedAt = runtime.wallSeconds();
    await askFor(9);
    expect([isOpen(), breaker.isReachable()]).toEqual([false, undefined]);
    await runtime.advance(7);
    await askFor(1);
    expect(breaker.outage()).toMatchObject({ sinceSeconds: startedAt, reason: 'network', problem: reset.message });
    expect(breaker.isReachable()).toBe(false);
    expect([isOpen(), observer.circuit]).toEqual([true, ['network']]);
    expect(await ask('/4')).toMatchObject({
      reason: 'network',
      message: 'Atlas does not answer: the connection failed (ECONNRESET)',
      advice: reset.advice,
      isFinal: true,
    });
    expect(sent()).toBe(10);
  });

  test('stays closed for one resource that never answers, if there are others', async () => {
    const { isOpen, ask, server, askFor } = setUp();
    server(answer(200));
    await askFor(3);
    server(late);
    for (let times = 0; times < 20; times += 1) await ask('/0');
    expect(isOpen()).toBe(false);
  });

  test.each([1, 2])('opens with only %d resources if there are no more', async (resources) => {
    const { isOpen, askFor } = setUp();
    await askFor(10, resources);
    expect(isOpen()).toBe(true);
  });

  test('opens after 60 seconds of requests without an answer', async () => {
    const { isOpen, ask, askFor, server, runtime } = setUp();
    server(answer(200));
    await askFor(3);
    server(late);
    await ask('/0');
    await runtime.advance(59);
    await ask('/1');
    expect(isOpen()).toBe(false);
    await runtime.advance(1);
    await ask('/0');
    expect(isOpen()).toBe(true);
  });

  test.each([
    ['an answer', answer(200)],
    ['an error of Atlas', answer(500)],
    ['an answer that is broken', new AtlasError('invalid_response', 'not gzip', { status: 200 })],
    ['an answer that never ends', new AtlasError('timeout', 'too slow', { status: 200 })],
  ])('starts to count again after %s', async (_what, step) => {
    const { isOpen, ask, askFor, server } = setUp();
    await askFor(9);
    server(step);
    await ask('/0');
    server(reset);
    await askFor(9);
    expect(isOpen()).toBe(false);
  });

  test('counts token requests, too', async () => {
    const { isOpen, askFor, askToken } = setUp();
    await askFor(5, 2);
    for (let times = 0; times < 5; times += 1) await askToken();
    expect(isOpen()).toBe(true);
  });

  test.each([
    ['a failed signature', new AtlasError('network', 'no access token: …', { isFinal: true }), 60],
    ['an unreadable secret', new AtlasError('unauthorized', 'a secret can’t be read'), 60],
    ['a bug', new Error('a bug'), 60],
    ['a timeout at the end of a poll', late, 2.9],
  ])('does not count %s', async (_what, step, seconds) => {
    const { isOpen, ask, server } = setUp();
    server(step);
    for (let index = 0; index < 20; index += 1) await ask(`/${index}`, { timeBudget: { remainingSeconds: seconds } });
    expect(isOpen()).toBe(false);
  });
});

describe('an open circuit', () => {
  async function opened() {
    const all = setUp();
    await all.askFor(10);
    return all;
  }

  test('sends one probe by itself after a pause, with its full time; other requests still fail at once', async () => {
    const { ask, server, sent, runtime, isOpen, breaker, observer } = await opened();
    const probing = gate<ReturnType<typeof answer>>();
    server(() => probing.promise);
    await runtime.advance(2);
    expect(await ask('/1')).toMatchObject({ reason: 'network' });
    await runtime.advance(20);
    expect([sent(), isOpen()]).toEqual([11, true]);
    probing.open(answer(503));
    await runtime.settle();
    expect([isOpen(), breaker.isReachable(), observer.circuit]).toEqual([false, true, ['network', 'closed']]);
    server(answer(200));
    expect(await ask('/1')).toMatchObject({ status: 200 });
    await runtime.advance(100);
    expect(sent()).toBe(12);
  });

  test('probes with the latest request, outside of its project’s queue', async () => {
    const { ask, requests, runtime } = await opened();
    await ask('/latest', { budget: { groupId: 'g', name: 'clusters' }, timeBudget: { remainingSeconds: 1 } });
    await runtime.advance(2);
    expect(requests.at(-1)).toMatchObject({ target: '/latest', timeBudget: { remainingSeconds: 60 } });
    expect(requests.at(-1)).not.toHaveProperty('budget');
  });

  test('waits longer after each failed probe, up to 30 seconds', async () => {
    const { sent, runtime } = await opened();
    const probedAt: number[] = [];
    for (let seconds = 0; seconds < 200; seconds += 0.5) {
      const before = sent();
      await runtime.advance(0.5);
      if (sent() > before) probedAt.push(runtime.monotonicSeconds());
    }
    const pauses = probedAt.map((at, index) => at - (probedAt[index - 1] ?? 0));
    expect(pauses.slice(0, 4)).toEqual([1.5, 3, 6, 12]);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(30);
  });

  test('sends the probes of one outage only, if another outage begins right after it', async () => {
    const { askFor, askToken, server, sent, runtime, observer } = await opened();
    server(answer(200));
    await askToken();
    server(reset);
    await askFor(10);
    expect(observer.circuit).toEqual(['network', 'closed', 'network']);
    const before = sent();
    await runtime.advance(11);
    // After 1.5, 4.5 and 10.5 seconds.
    expect(sent() - before).toBe(3);
  });

  test('sends no more probes once it is no longer used', async () => {
    const { breaker, runtime, sent } = await opened();
    breaker.close();
    await runtime.advance(100);
    expect([sent(), runtime.sleepers()]).toEqual([10, 0]);
  });

  test('reports neither an end nor a beginning once it is no longer used', async () => {
    const { breaker, askToken, askFor, server, observer } = await opened();
    breaker.close();
    server(answer(200));
    await askToken();
    server(reset);
    await askFor(10);
    expect(observer.circuit).toEqual(['network']);
  });

  test('never refuses a token request, and is closed by its answer', async () => {
    const { askToken, server, isOpen } = await opened();
    server(answer(200));
    expect(await askToken()).toMatchObject({ status: 200 });
    expect(isOpen()).toBe(false);
  });
});
