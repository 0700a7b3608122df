import { expect, test } from '@jest/globals';
import { AtlasError } from '../../../src/atlas/error.ts';
import { createFailureLog, failureOf } from '../../../src/polling/failure-log.ts';
import { createFakeRuntime } from '../../support/fake-runtime.ts';
import { createRecordingLog } from '../../support/recording-log.ts';

const own = { forbidden: 'ask for the reading role' };

test('a failure has the advice of what was asked for, where Atlas says nothing more special', () => {
  expect(failureOf(new AtlasError('forbidden', 'no'), own).advice).toBe(own.forbidden);
  const byAddress = new AtlasError('forbidden', 'no', { errorCode: 'IP_ADDRESS_NOT_ON_ACCESS_LIST' });
  expect(failureOf(byAddress, own).advice).toBe(byAddress.advice);
  const timeout = new AtlasError('timeout', 'no answer');
  expect(failureOf(timeout, own).advice).toBe(timeout.advice);
  expect(failureOf(new AtlasError('forbidden', 'no')).advice).toContain('Project Backup Manager');
});

test('of notices that differ each time fifty are written', () => {
  const { log, lines } = createRecordingLog();
  const failureLog = createFailureLog('polling', { log, runtime: createFakeRuntime() });
  const say = (state: string) => failureLog.notice({}, [{ message: 'a state', facts: { state } }]);
  for (let poll = 0; poll < 1000; poll += 1) say(`state-${poll}`);
  say('state-0');
  expect(lines).toHaveLength(50);
});
