import { describe, expect, test } from '@jest/globals';
import type { AtlasApi } from '../../../src/atlas/client.ts';
import { AtlasError } from '../../../src/atlas/error.ts';
import type { Collector, Notice, Read } from '../../../src/collectors/collector.ts';
import type { ExportSummary } from '../../../src/collectors/exports/summary.ts';
import { failureOf } from '../../../src/polling/failure-log.ts';
import { createPoll, type GivenUp, paced } from '../../../src/polling/poll.ts';
import { createStates } from '../../../src/polling/states.ts';
import { createFakeRuntime } from '../../support/fake-runtime.ts';
import { job } from '../../support/jobs.ts';
import { createRecordingLog } from '../../support/recording-log.ts';
import { polledState, summaryOf, target, unpolled } from '../../support/states.ts';

const KEY = target().key;

/** A poll whose collector answers from a script: jobs, or an error to throw. */
function setUp(...script: (readonly string[] | Error)[]) {
  return setUpWith(() => 'no', ...script);
}

function setUpWith(giveUp: () => GivenUp, ...script: (readonly string[] | Error)[]) {
  const runtime = createFakeRuntime();
  const { log, lines } = createRecordingLog();
  const states = createStates({ exports: 60, schedule: 3600 }, () => undefined);
  states.replace([target()]);
  let step = 0;
  let isLost = false;
  let notices: readonly Notice[] = [];
  const collector: Collector<'exports'> = {
    slot: 'exports',
    families: [],
    isActive: (summary) => summary.activeCount > 0,
    async read(_api, _target, signal): Promise<Read<ExportSummary>> {
      const answer = script[Math.min(step++, script.length - 1)] ?? [];
      await runtime.sleep(2, signal);
      if (answer instanceof Error) throw answer;
      const summary = summaryOf(answer.map((state, number) => job(state, { number })));
      return { summary, facts: { pages: 1, jobs: answer.length, dropped: {} }, notices };
    },
  };
  const poll = createPoll(KEY, {
    collector,
    states,
    settings: { intervalSeconds: 60, idleIntervalSeconds: 300 },
    runtime,
    log,
    apiFor: () => ({}) as AtlasApi,
    isLost: () => isLost,
    giveUp,
  });
  async function run(signal = new AbortController().signal): Promise<number> {
    const running = poll(signal);
    await runtime.advance(2);
    return running;
  }
  return {
    run,
    runtime,
    states,
    log,
    lines,
    exports: () => states.get(KEY)?.exports,
    lose: () => (isLost = true),
    notice: (...given: Notice[]) => (notices = given),
  };
}

const notFound = new AtlasError('not_found', 'Atlas answered 404 CLUSTER_NOT_FOUND', {
  status: 404,
  errorCode: 'CLUSTER_NOT_FOUND',
});
const timedOut = new AtlasError('timeout', 'no full answer in time (request)');

describe('a poll', () => {
  test('that is good records what it read and when', async () => {
    const { run, runtime, exports } = setUp(['Successful']);
    expect(await run()).toBe(300);
    expect(exports()).toMatchObject({
      polls: 1,
      stale: false,
      intervalSeconds: 300,
      goodAtSeconds: runtime.wallSeconds(),
      goodAtMonotonicSeconds: 2,
      last: { endedAtSeconds: runtime.wallSeconds(), durationSeconds: 2 },
      read: { pages: 1, jobs: 1 },
    });
    expect(exports()?.last).not.toHaveProperty('failure');
  });

  test('asks for the short interval while a job is active and says when the next one is', async () => {
    const { run, runtime, exports } = setUp(['Queued']);
    expect(await run()).toBe(60);
    const inSeconds = (exports()?.nextAtSeconds ?? 0) - runtime.wallSeconds();
    expect(inSeconds).toBeGreaterThan(0);
    expect(inSeconds).toBeLessThanOrEqual(60);
  });

  test('that fails keeps the last good summary and counts its reason', async () => {
    const { run, exports } = setUp(['Queued'], timedOut);
    await run();
    const { summary, goodAtSeconds } = exports() ?? {};
    expect(await run()).toBe(60);
    expect(exports()).toMatchObject({
      polls: 2,
      failures: { timeout: 1, network: 0 },
      last: { failure: { reason: 'timeout', advice: timedOut.advice } },
    });
    expect(exports()?.summary).toBe(summary);
    expect(exports()?.goodAtSeconds).toBe(goodAtSeconds);
  });

  test('that fails for good is tried again slowly, one that may pass soon', async () => {
    expect(await setUp(notFound).run()).toBe(300);
    expect(await setUp(timedOut).run()).toBe(60);
  });

  test('clears the mark of staleness only when it is good', async () => {
    const { run, states, exports } = setUp(timedOut, ['Queued']);
    states.update(KEY, (now) => ({ ...now, exports: { ...now.exports, stale: true } }));
    await run();
    expect(exports()?.stale).toBe(true);
    await run();
    expect(exports()?.stale).toBe(false);
  });

  test('that is aborted publishes nothing and logs nothing', async () => {
    const { run, exports, lines } = setUp(['Queued']);
    const controller = new AbortController();
    const running = run(controller.signal);
    controller.abort(new Error('stopped'));
    expect(await running).toBe(60);
    expect(exports()?.polls).toBe(0);
    expect(lines).toEqual([]);
  });

  test('of a target that is gone does nothing', async () => {
    const { run, states, lines } = setUp(['Queued']);
    states.replace([]);
    expect(await run()).toBe(300);
    expect(lines).toEqual([]);
  });

  test('of a target that is given up shows no failure, and tells of it as it is told to', async () => {
    let step = 0;
    const { run, exports, lines } = setUpWith(() => (step++ === 0 ? 'aloud' : 'silently'), notFound, notFound, [
      'Queued',
    ]);
    for (let poll = 0; poll < 3; poll += 1) await run();
    expect(exports()?.polls).toBe(1);
    expect(lines).toEqual([
      expect.objectContaining({
        level: 'info',
        cluster_name: 'Cluster0',
        reason: 'not_found',
        error_code: 'CLUSTER_NOT_FOUND',
      }),
    ]);
    expect(lines[0]).not.toHaveProperty('advice');
  });

  test('meets a bug as `internal`, and tells its kind but not its words', async () => {
    const { run, exports, lines } = setUp(new TypeError('secret words'));
    await run();
    expect(exports()?.last?.failure).toMatchObject({ reason: 'internal' });
    expect(lines[0]).toMatchObject({ level: 'error', reason: 'internal' });
    expect(JSON.stringify(lines)).toContain('TypeError');
    expect(JSON.stringify(lines)).not.toContain('secret words');
  });
});

test('while Atlas is lost the next poll comes within a minute, at the interval in force', async () => {
  const { run, exports, runtime, lose } = setUp(['Successful'], timedOut, timedOut, ['Successful']);
  expect(await run()).toBe(300);
  expect(await run()).toBe(300);
  lose();
  expect(await run()).toBe(60);
  expect((exports()?.nextAtSeconds ?? 0) - runtime.wallSeconds()).toBeLessThanOrEqual(60);
  expect(exports()?.intervalSeconds).toBe(300);
  expect(await run()).toBe(300);
});

describe('the log of polls', () => {
  test('has one line for a failure that goes on, and one when it is over', async () => {
    const { run, lines } = setUp(notFound, notFound, notFound, ['Successful']);
    for (let poll = 0; poll < 4; poll += 1) await run();
    expect(lines).toEqual([
      {
        level: 'warn',
        msg: 'polling fails',
        group_id: target().groupId,
        cluster_name: 'Cluster0',
        collector: 'exports',
        reason: 'not_found',
        status: 404,
        error_code: 'CLUSTER_NOT_FOUND',
        problem: notFound.message,
        advice: notFound.advice,
      },
      expect.objectContaining({ level: 'info', msg: 'polling works again', jobs: 1 }),
    ]);
  });

  test('tells of a change of reason, and reminds once an hour', async () => {
    const { run, runtime, lines } = setUp(timedOut, notFound, notFound);
    await run();
    await run();
    await runtime.advance(3500);
    await run();
    expect(lines.map(({ msg, reason }) => [msg, reason])).toEqual([
      ['polling fails', 'timeout'],
      ['polling fails', 'not_found'],
    ]);
    await runtime.advance(100);
    await run();
    expect(lines.at(-1)).toMatchObject({ msg: 'polling still fails', reason: 'not_found' });
  });

  test('of a schedule leaves out what the exports of this target have failed with, unless it is something else', async () => {
    const { states, runtime, log, lines } = setUp(notFound);
    const last = { endedAtSeconds: 1, durationSeconds: 1, failure: failureOf(notFound) };
    states.update(KEY, (now) => ({ ...now, exports: { ...now.exports, last } }));
    const failures = [notFound, new AtlasError('not_found', 'Atlas answered 404', { status: 404 }), timedOut];
    const settings = { intervalSeconds: 60, idleIntervalSeconds: 60 };
    const collector: Collector<'schedule'> = {
      slot: 'schedule',
      families: [],
      isActive: () => false,
      read: () => Promise.reject(failures.shift()),
    };
    const poll = createPoll(KEY, { collector, states, settings, runtime, log, apiFor: () => ({}) as AtlasApi });
    for (const shown of [0, 1, 2]) {
      await poll(new AbortController().signal);
      expect(lines).toHaveLength(shown);
    }
  });

  test('leaves out nothing for what the schedule of this target has failed with', async () => {
    const { run, states, lines } = setUp(notFound);
    const last = { endedAtSeconds: 1, durationSeconds: 1, failure: failureOf(notFound) };
    states.update(KEY, (now) => ({ ...now, schedule: { ...now.schedule, last } }));
    await run();
    expect(lines).toMatchObject([{ msg: 'polling fails', reason: 'not_found' }]);
  });

  test('tells of each way of failing once while ways alternate, and again when it has worked in between', async () => {
    const { run, lines } = setUp(timedOut, notFound, timedOut, notFound, ['Successful'], timedOut);
    for (let poll = 0; poll < 6; poll += 1) await run();
    expect(lines.map(({ msg, reason }) => [msg, reason])).toEqual([
      ['polling fails', 'timeout'],
      ['polling fails', 'not_found'],
      ['polling works again', undefined],
      ['polling fails', 'timeout'],
    ]);
  });

  test('tells a notice once', async () => {
    const { run, lines, notice } = setUp(['Queued']);
    notice({ message: 'a state nobody knows', facts: { state: 'Paused' } });
    await run();
    await run();
    expect(lines).toEqual([expect.objectContaining({ msg: 'a state nobody knows', state: 'Paused' })]);
  });
});

describe('other intervals', () => {
  const collector: Collector<'exports'> = {
    slot: 'exports',
    families: [],
    isActive: ({ activeCount }) => activeCount > 0,
    read: () => Promise.reject(new Error('not asked')),
  };
  const toBe = (intervalSeconds: number, idleIntervalSeconds: number) => ({
    collector,
    settings: { intervalSeconds, idleIntervalSeconds },
    runtime: createFakeRuntime(),
  });

  test('hold for what is known at once, by what goes on there', () => {
    const idle = { ...polledState([job('Successful')]).exports, intervalSeconds: 300, nextAtSeconds: 1 };
    const busy = { ...polledState([job('Queued')]).exports, intervalSeconds: 60, nextAtSeconds: 1 };
    const tools = toBe(10, 100);
    const now = tools.runtime.wallSeconds();
    const [pacedIdle, pacedBusy] = [paced(KEY, idle, tools), paced(KEY, busy, tools)];
    expect([pacedIdle.intervalSeconds, pacedBusy.intervalSeconds]).toEqual([100, 10]);
    expect(pacedBusy.nextAtSeconds).toBeGreaterThan(now);
    expect(pacedBusy.nextAtSeconds).toBeLessThanOrEqual(now + 10);
    expect(pacedIdle.summary).toBe(idle.summary);
  });

  test('change nothing where the interval in force is the same, and no beat where there was none', () => {
    const idle = { ...polledState([]).exports, intervalSeconds: 300 };
    expect(paced(KEY, idle, toBe(10, 300))).toBe(idle);
    expect(paced(KEY, unpolled<ExportSummary>(), toBe(10, 300))).toEqual({ ...unpolled(), intervalSeconds: 10 });
  });
});
