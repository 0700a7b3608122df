import { describe, expect, test } from '@jest/globals';
import type { AtlasApi } from '../../../src/atlas/client.ts';
import { AtlasError } from '../../../src/atlas/error.ts';
import type { Collector, Read } from '../../../src/collectors/collector.ts';
import type { ExportSummary } from '../../../src/collectors/exports/summary.ts';
import type { BackupSchedule } from '../../../src/collectors/schedule.ts';
import { startScheduler } from '../../../src/polling/scheduler.ts';
import { createStates } from '../../../src/polling/states.ts';
import { createLaterTask, createPollTask } from '../../../src/polling/tasks.ts';
import { createFakeRuntime } from '../../support/fake-runtime.ts';
import { createRecordingLog } from '../../support/recording-log.ts';
import { summaryOf, target } from '../../support/states.ts';

const HOUR = { intervalSeconds: 3600, idleIntervalSeconds: 3600 };

/** Polls of so many clusters that take `lastsSeconds`, and reads of something else behind them that take a second. */
function setUp(clusters: number, lastsSeconds: number, laterAnswer: BackupSchedule | Error) {
  const runtime = createFakeRuntime();
  const { log, lines } = createRecordingLog();
  const states = createStates({ exports: 60, schedule: 3600 }, () => undefined);
  const targets = Array.from({ length: clusters }, (_, index) => target(`c${index}`));
  states.replace(targets);
  const ended: { what: string; at: number }[] = [];
  let laterUnderWay = 0;
  let mostLater = 0;
  const exports: Collector<'exports'> = {
    slot: 'exports',
    families: [],
    isActive: () => true,
    async read(_api, { clusterName }, signal): Promise<Read<ExportSummary>> {
      await runtime.sleep(lastsSeconds, signal);
      ended.push({ what: clusterName, at: runtime.monotonicSeconds() });
      return { summary: summaryOf([]), notices: [] };
    },
  };
  const schedule: Collector<'schedule'> = {
    slot: 'schedule',
    families: [],
    advice: { forbidden: 'ask for the reading role' },
    isActive: () => false,
    async read(_api, _target, signal): Promise<Read<BackupSchedule>> {
      laterUnderWay += 1;
      mostLater = Math.max(mostLater, laterUnderWay);
      await runtime.sleep(1, signal);
      laterUnderWay -= 1;
      ended.push({ what: 'later', at: runtime.monotonicSeconds() });
      if (laterAnswer instanceof Error) throw laterAnswer;
      return { summary: laterAnswer, notices: [] };
    },
  };
  const common = { states, runtime, log, apiFor: () => ({}) as AtlasApi };
  const scheduler = startScheduler({ lanePlaces: 2, runtime, onTick: () => undefined });
  scheduler.set([
    ...targets.map((each) => createPollTask(each, { ...common, collector: exports, settings: HOUR })),
    ...targets.map((each) =>
      createLaterTask(each, 'exports', {
        ...common,
        collector: schedule,
        settings: { ...HOUR, retryIntervalSeconds: 300 },
      }),
    ),
  ]);
  const later = () => ended.filter(({ what }) => what === 'later').map(({ at }) => at);
  return { runtime, scheduler, states, ended, later, lines, mostLater: () => mostLater };
}

describe('polls that may wait', () => {
  test('begin when every target of the project was polled, and go one at a time', async () => {
    const { runtime, scheduler, ended, later, mostLater } = setUp(6, 10, { autoExportEnabled: false });
    await runtime.advance(60);
    const polls = ended.filter(({ what }) => what !== 'later');
    expect(polls.map(({ at }) => at)).toEqual([10, 10, 20, 20, 30, 30]);
    expect(later()).toHaveLength(6);
    expect(Math.min(...later())).toBeGreaterThan(30);
    expect(mostLater()).toBe(1);
    await scheduler.stop();
  });

  test('wait ten minutes at most for a first poll that doesn’t end', async () => {
    const { runtime, scheduler, later } = setUp(1, 10_000, { autoExportEnabled: false });
    await runtime.advance(599);
    expect(later()).toEqual([]);
    await runtime.advance(5);
    expect(later()).toHaveLength(1);
    await scheduler.stop();
  });

  test('are tried again in minutes after a failure that may pass, though nothing is going on', async () => {
    const { runtime, scheduler, later } = setUp(1, 1, new AtlasError('server_error', 'Atlas answered 503'));
    await runtime.advance(2000);
    expect(later().length).toBeGreaterThan(5);
    await scheduler.stop();
  });

  test('are tried again in an hour where permission is missing, with one line in the log, and harm no other poll', async () => {
    const { runtime, scheduler, states, later, lines } = setUp(1, 1, new AtlasError('forbidden', 'Atlas answered 403'));
    await runtime.advance(7300);
    expect(later().length).toBeLessThanOrEqual(3);
    expect(later().length).toBeGreaterThanOrEqual(2);
    expect(lines.filter(({ msg }) => msg === 'polling fails')).toEqual([
      expect.objectContaining({ collector: 'schedule', reason: 'forbidden', advice: 'ask for the reading role' }),
    ]);
    const { exports, schedule } = states.get(target('c0').key) ?? {};
    expect(exports?.last).not.toHaveProperty('failure');
    expect(schedule).toMatchObject({ failures: { forbidden: schedule?.polls }, intervalSeconds: 3600 });
    await scheduler.stop();
  });
});
