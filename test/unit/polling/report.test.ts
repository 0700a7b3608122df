import { expect, test } from '@jest/globals';
import { AtlasError } from '../../../src/atlas/error.ts';
import { failureOf } from '../../../src/polling/report.ts';

const own = { forbidden: 'ask for the reading role' };

test('a failure has the advice of what was asked for, where Atlas says nothing more special', () => {
  expect(failureOf(new AtlasError('forbidden', 'no'), own).advice).toBe(own.forbidden);
  const byAddress = new AtlasError('forbidden', 'no', { errorCode: 'IP_ADDRESS_NOT_ON_ACCESS_LIST' });
  expect(failureOf(byAddress, own).advice).toBe(byAddress.advice);
  const timeout = new AtlasError('timeout', 'no answer');
  expect(failureOf(timeout, own).advice).toBe(timeout.advice);
  expect(failureOf(new AtlasError('forbidden', 'no')).advice).toContain('Project Backup Manager');
});
