import { expect, test } from '@jest/globals';
import { AtlasError } from '../../../src/atlas/error.ts';
import { createFailureLog, failureOf } from '../../../src/polling/failure-log.ts';
import { createFakeRuntime } from '../../support/fake-runtime.ts';
import { createRecordingLog } from '../../support/recording-log.ts';

const own = { forbidden: 'add the role Project Read Only' };

test('a failure has the advice of its collector, unless an error code has more precise advice', () => {
  expect(failureOf(new AtlasError('forbidden', 'no'), own).advice).toBe(own.forbidden);
  const byAddress = new AtlasError('forbidden', 'no', { errorCode: 'IP_ADDRESS_NOT_ON_ACCESS_LIST' });
  expect(failureOf(byAddress, own).advice).toBe(byAddress.advice);
  const timeout = new AtlasError('timeout', 'no answer');
  expect(failureOf(timeout, own).advice).toBe(timeout.advice);
  expect(failureOf(new AtlasError('forbidden', 'no')).advice).toContain('Project Backup Manager');
});

test('at most fifty different notices are in the log, each once', () => {
  const { log, lines } = createRecordingLog();
  const failureLog = createFailureLog('polling', {
    log,
    runtime: createFakeRuntime(),
    outages: { include: () => false },
  });
  for (const poll of [...Array(1000).keys(), 0]) {
    failureLog.notice({}, [{ message: 'a state', facts: { state: `state-${poll}` } }]);
  }
  expect(lines).toHaveLength(50);
});

test('a failure that is a bug shows its kind and place, but not its message', () => {
  const { reason, problem } = failureOf(new TypeError('reading mongodb://secret'));
  expect(reason).toBe('internal');
  expect(problem).toMatch(/^unexpected TypeError at \S+failure-log\.test\.ts:\d+:\d+$/);
  expect(failureOf('secret').problem).toBe('unexpected error');
});
