import { describe, expect, test } from '@jest/globals';
import { createReload } from '../../../src/app/reload.ts';
import type { Config } from '../../../src/config/config.ts';
import type { Loaded } from '../../../src/config/load.ts';
import { createFakeRuntime } from '../../support/fake-runtime.ts';
import { createRecordingLog } from '../../support/recording-log.ts';
import { newState } from '../../support/states.ts';
import { gate } from '../atlas/support.ts';

const CONFIG = { targets: [] } as unknown as Config;
const GOOD: Loaded = { config: CONFIG, warnings: [] };

/** A reload whose readings end when they are told to. */
function setUp() {
  const { log, lines } = createRecordingLog();
  const readings: ReturnType<typeof gate<Loaded>>[] = [];
  const events: string[] = [];
  let states = ['a', 'b', 'c', 'd', 'e'].map((name) => newState(name));
  const readConfig = () => {
    events.push('read');
    const reading = gate<Loaded>();
    readings.push(reading);
    return reading.promise;
  };
  const change = () => {
    events.push('apply');
    states = ['c', 'd', 'e', 'f'].map((name) => newState(name));
  };
  const { reload, close, latest } = createReload(
    { readConfig, runtime: createFakeRuntime(), log },
    { config: () => CONFIG, change, states: { all: () => states, get: () => undefined } },
    () => events.push(latest().successful ? 'success' : 'failure'),
  );
  return { reload, close, readings, events, lines };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('a reload', () => {
  test('reads a config and applies it', async () => {
    const { reload, readings, events, lines } = setUp();
    const outcome = reload('SIGHUP');
    await settle();
    readings[0]?.open({ ...GOOD, configFiles: ['/c.yml'] });
    expect(await outcome).toEqual({
      status: 200,
      text: 'The config is reloaded. Targets: 1 added, 2 removed, 3 kept.',
    });
    expect(events).toEqual(['read', 'apply', 'success']);
    expect(lines).toEqual([
      expect.objectContaining({ cause: 'SIGHUP', config_file: '/c.yml', added: 1, removed: 2, kept: 3 }),
    ]);
  });

  test('that is requested during another one runs after it', async () => {
    const { reload, readings, events } = setUp();
    const first = reload('SIGHUP');
    const second = reload('POST /-/reload');
    await settle();
    expect(events).toEqual(['read']);
    readings[0]?.open(GOOD);
    expect((await first).status).toBe(200);
    await settle();
    expect(events).toEqual(['read', 'apply', 'success', 'read']);
    readings[1]?.open({ problems: [{ message: 'bad' }] });
    expect((await second).status).toBe(400);
  });

  test('that fails because of a bug is in the log with its stack, and only there', async () => {
    const { reload, readings, events, lines } = setUp();
    const outcome = reload('SIGHUP');
    await settle();
    readings[0]?.fail(new Error('a bug'));
    expect(await outcome).toEqual({
      status: 500,
      text: 'The config could not be reloaded; see the log for the cause.',
    });
    expect(events).toEqual(['read', 'failure']);
    expect(lines).toEqual([expect.objectContaining({ level: 'error', error: expect.stringContaining('a bug') })]);
  });

  test.each([
    ['good', (reading: ReturnType<typeof gate<Loaded>> | undefined) => reading?.open(GOOD)],
    ['bad', (reading: ReturnType<typeof gate<Loaded>> | undefined) => reading?.open({ problems: [] })],
    ['impossible', (reading: ReturnType<typeof gate<Loaded>> | undefined) => reading?.fail(new Error('a bug'))],
  ])('that ends after it was too late, and is %s, changes nothing', async (_what, end) => {
    const { reload, close, readings, events, lines } = setUp();
    const outcome = reload('SIGHUP');
    await settle();
    close();
    end(readings[0]);
    expect((await outcome).status).toBe(503);
    expect(events.filter((event) => event !== 'read')).toEqual([]);
    expect(lines).toEqual([]);
    expect((await reload('SIGHUP')).status).toBe(503);
  });
});
