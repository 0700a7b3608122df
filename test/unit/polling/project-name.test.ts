import { describe, expect, test } from '@jest/globals';
import type { AtlasApi } from '../../../src/atlas/client.ts';
import { AtlasError } from '../../../src/atlas/error.ts';
import { createProjectNameTask } from '../../../src/polling/project-name.ts';
import { createRecordingLog } from '../../support/recording-log.ts';
import { GROUP_ID } from '../../support/states.ts';

function setUp(answer: string | Error) {
  const { log, lines } = createRecordingLog();
  const learned: string[] = [];
  const task = createProjectNameTask(
    { groupId: GROUP_ID, credential: 'default' },
    {
      log,
      apiFor: () => ({}) as AtlasApi,
      async readName() {
        if (answer instanceof Error) throw answer;
        return answer;
      },
      onName: (groupId, name) => learned.push(`${groupId} ${name}`),
    },
  );
  return { run: (signal = new AbortController().signal) => task.run(signal), lines, learned };
}

describe('the name of a project', () => {
  test('is learned, and read again a day later', async () => {
    const { run, learned, lines } = setUp('Shop');
    expect(await run()).toBe(86_400);
    expect(learned).toEqual([`${GROUP_ID} Shop`]);
    expect(lines).toEqual([]);
  });

  test('that can’t be read is no trouble of anyone: it is tried again in an hour, and told of to those who debug', async () => {
    const { run, learned, lines } = setUp(new AtlasError('forbidden', 'Atlas answered 403'));
    expect(await run()).toBe(3600);
    expect(learned).toEqual([]);
    expect(lines).toEqual([expect.objectContaining({ level: 'debug', group_id: GROUP_ID, reason: 'forbidden' })]);
  });

  test.each([['Shop'], [new AtlasError('network', 'aborted')]])(
    'is left alone while the program stops',
    async (answer) => {
      const { run, learned, lines } = setUp(answer);
      await run(AbortSignal.abort());
      expect([learned, lines]).toEqual([[], []]);
    },
  );
});
