import { describe, expect, test } from '@jest/globals';
import { AtlasError } from '../../../src/atlas/error.ts';
import type { Outage } from '../../../src/atlas/observer.ts';
import { type Collector, type Notice, recordOf } from '../../../src/collectors/collector.ts';
import { createOutages, failureOf } from '../../../src/polling/failure-log.ts';
import { createPoll } from '../../../src/polling/poll.ts';
import { createStates } from '../../../src/polling/states.ts';
import { createFakeRuntime } from '../../support/fake-runtime.ts';
import { SETTINGS } from '../../support/pages.ts';
import { createRecordingLog } from '../../support/recording-log.ts';
import { target, withRecord } from '../../support/states.ts';
import { API, createScripted, OUTAGE } from './scripted-collector.ts';

const { key: KEY, groupId: GROUP_ID } = target();
const notFound = new AtlasError('not_found', 'Atlas answered 404 CLUSTER_NOT_FOUND', {
  status: 404,
  errorCode: 'CLUSTER_NOT_FOUND',
});
const timedOut = new AtlasError('timeout', 'no complete answer in time');

/** Polls of one target, of which each read takes 2 s and gives the next answer; the last answer is given again and again. */
function setUp(answers: readonly (number | Error)[], changes: Partial<Collector<unknown>> = {}) {
  const runtime = createFakeRuntime();
  const { log, lines } = createRecordingLog();
  const first = createScripted('first', runtime);
  const second = createScripted('second', runtime, { after: 'first' });
  const toy = createScripted('toy', runtime, changes);
  let step = 0;
  toy.lastsSeconds = 2;
  toy.answer = () => answers[Math.min(step++, answers.length - 1)] ?? 0;
  const collectors = [toy, first, second].map(({ collector }) => collector);
  const states = createStates({
    collectors,
    settings: () => SETTINGS,
    monotonicSeconds: runtime.monotonicSeconds,
    onChange: () => undefined,
  });
  states.replace([target()]);
  const atlas = { outage: undefined as Outage | undefined };
  const poll = createPoll(KEY, toy.collector, {
    states,
    settings: () => SETTINGS,
    runtime,
    log,
    apiFor: () => API,
    outages: createOutages(() => atlas.outage, { log, wallSeconds: runtime.wallSeconds }),
    dropTarget: () => false,
  });
  async function run(signal = new AbortController().signal): Promise<number> {
    const running = poll(signal);
    await runtime.advance(2);
    return running;
  }
  async function runTimes(count: number): Promise<void> {
    for (let poll = 0; poll < count; poll += 1) await run();
  }
  const record = () => recordOf<number>('toy')(states.get(KEY) ?? { target: target(), polled: {} });
  return { runtime, lines, states, toy, atlas, run, runTimes, record };
}

describe('a poll', () => {
  test('that succeeds records the summary, the facts of the list and the time', async () => {
    const { run, runtime, record } = setUp([7]);
    expect(await run()).toBe(SETTINGS.intervalSeconds);
    expect(record()).toEqual({
      polls: 1,
      failures: expect.objectContaining({ timeout: 0 }),
      stale: false,
      intervalSeconds: SETTINGS.intervalSeconds,
      summary: 7,
      read: { pages: 1, items: 7, dropped: {} },
      firstGoodAtSeconds: runtime.wallSeconds(),
      goodAtSeconds: runtime.wallSeconds(),
      goodAtMonotonicSeconds: 2,
      last: { endedAtSeconds: runtime.wallSeconds(), durationSeconds: 2 },
    });
  });

  test('that fails keeps the last good summary and its time, and counts the reason', async () => {
    const { run, runtime, record } = setUp([7, timedOut]);
    await run();
    const { summary, read, goodAtSeconds, goodAtMonotonicSeconds } = record();
    await run();
    expect(record()).toMatchObject({ summary, read: read ?? {}, goodAtSeconds, goodAtMonotonicSeconds });
    expect(record()).toMatchObject({
      polls: 2,
      failures: { timeout: 1, network: 0 },
      last: {
        endedAtSeconds: runtime.wallSeconds(),
        failure: { reason: 'timeout', problem: timedOut.message, advice: timedOut.advice },
      },
    });
  });

  test('that succeeds again removes the failure', async () => {
    const { runTimes, record } = setUp([timedOut, 0]);
    await runTimes(2);
    expect(record().last).not.toHaveProperty('failure');
    expect(record()).toMatchObject({ summary: 0, failures: { timeout: 1 } });
  });

  test.each([[7], [timedOut]])('that is aborted changes neither the state nor the log (%s)', async (answer) => {
    const { run, toy, states, lines } = setUp([answer]);
    toy.lastsSeconds = 0;
    const before = states.get(KEY);
    await run(AbortSignal.abort());
    expect(states.get(KEY)).toBe(before);
    expect(lines).toEqual([]);
  });

  test('of a target that is no longer watched reads nothing', async () => {
    const { run, toy, states } = setUp([7]);
    states.replace([]);
    await run();
    expect(toy.reads).toEqual([]);
  });

  test('that fails because of a bug has the reason internal, and its line in the log is an error', async () => {
    const { run, record, lines } = setUp([new TypeError('secret')]);
    await run();
    expect(record().last?.failure?.reason).toBe('internal');
    expect(lines).toMatchObject([{ level: 'error', reason: 'internal' }]);
    expect(JSON.stringify(lines)).not.toContain('secret');
  });

  test('clears the stale mark only if it succeeds', async () => {
    const { run, states, record } = setUp([0, timedOut, 0]);
    await run();
    states.markStale(1e6);
    expect(record().stale).toBe(true);
    await run();
    expect(record().stale).toBe(true);
    await run();
    expect(record().stale).toBe(false);
  });
});

describe('the interval until the next poll', () => {
  const pace = () => ({ seconds: 10, retrySeconds: 20, failedSeconds: 30 });

  test('is chosen by the collector from what it has read', async () => {
    expect(await setUp([1]).run()).toBe(SETTINGS.intervalSeconds);
    expect(await setUp([0]).run()).toBe(SETTINGS.idleIntervalSeconds);
  });

  test.each([
    ['a good read', 0, 10],
    ['a failure that may pass by itself', timedOut, 20],
    ['any other failure', notFound, 30],
  ])('depends on what happened: %s', async (_what, answer, intervalSeconds) => {
    const { run, record } = setUp([answer], { pace });
    expect(await run()).toBe(intervalSeconds);
    expect(record().intervalSeconds).toBe(intervalSeconds);
  });

  test('is a minute at most after a failure while Atlas does not answer', async () => {
    const { run, atlas, record } = setUp([notFound, 0]);
    atlas.outage = OUTAGE;
    expect(await run()).toBe(60);
    expect(record().intervalSeconds).toBe(SETTINGS.idleIntervalSeconds);
    expect(await run()).toBe(SETTINGS.idleIntervalSeconds);
  });

  test('is not shortened by an outage if the collector waits for another one', async () => {
    const { run, atlas } = setUp([notFound], { after: 'first' });
    atlas.outage = OUTAGE;
    expect(await run()).toBe(SETTINGS.idleIntervalSeconds);
  });
});

describe('the log', () => {
  test('has one line when polls fail, with reason and advice, and one when they work again', async () => {
    const { runTimes, lines } = setUp([notFound, notFound, 3, 3], { advice: { not_found: 'look again' } });
    await runTimes(4);
    const facts = { group_id: GROUP_ID, cluster_name: 'Cluster0', collector: 'toy' };
    const failure = {
      reason: 'not_found',
      status: 404,
      error_code: 'CLUSTER_NOT_FOUND',
      problem: notFound.message,
      advice: 'look again',
    };
    expect(lines).toEqual([
      { level: 'warn', msg: 'polling fails', ...facts, ...failure },
      { level: 'info', msg: 'polling works again', ...facts, items: 3 },
    ]);
  });

  test('has one line an hour while polls still fail', async () => {
    const { run, runtime, lines } = setUp([timedOut]);
    for (let minute = 0; minute < 150; minute += 1) {
      await run();
      await runtime.advance(58);
    }
    expect(lines.map(({ msg }) => msg)).toEqual(['polling fails', 'polling still fails', 'polling still fails']);
  });

  test('has each kind of failure once while kinds alternate, and again after polls have worked', async () => {
    const { runTimes, lines } = setUp([timedOut, notFound, timedOut, notFound, 0, timedOut]);
    await runTimes(6);
    expect(lines.map(({ msg, reason }) => [msg, reason])).toEqual([
      ['polling fails', 'timeout'],
      ['polling fails', 'not_found'],
      ['polling works again', undefined],
      ['polling fails', 'timeout'],
    ]);
  });

  test('has the failure of a collector once, if the collector that it waits for fails in the same way', async () => {
    for (const [known, isWritten] of [
      [failureOf(notFound), false],
      [failureOf(notFound, { not_found: 'another advice' }), true],
      [failureOf(timedOut), true],
    ] as const) {
      const { run, states, lines } = setUp([notFound, 0], { after: 'first' });
      const last = { endedAtSeconds: 1, durationSeconds: 1, failure: known };
      states.update(KEY, (state) => withRecord(state, 'first', { last }));
      await run();
      expect(lines.map(({ msg }) => msg)).toEqual(isWritten ? ['polling fails'] : []);
      await run();
      expect(lines).toHaveLength(isWritten ? 2 : 0);
    }
  });

  test('has the failure of a collector although a collector that waits for it fails in the same way', async () => {
    const { run, states, lines } = setUp([notFound]);
    const last = { endedAtSeconds: 1, durationSeconds: 1, failure: failureOf(notFound) };
    states.update(KEY, (state) => withRecord(state, 'second', { last }));
    await run();
    expect(lines).toMatchObject([{ msg: 'polling fails', reason: 'not_found' }]);
  });

  test('has each notice of a read once', async () => {
    const notices: readonly Notice[] = [{ message: 'a job is in an unknown state', facts: { state: 'Paused' } }];
    const { runTimes, lines } = setUp([0], { read: async () => ({ summary: 0, notices }) });
    await runTimes(2);
    expect(lines).toMatchObject([{ level: 'warn', msg: 'a job is in an unknown state', state: 'Paused' }]);
  });
});
