/** The sleep of the real clock. Everything else is tested with a fake one. */
import { expect, test } from '@jest/globals';
import { systemRuntime } from '../../../src/support/runtime.ts';

const { sleep } = systemRuntime;

test('a sleep ends after its time, and no sooner', async () => {
  const startedAt = performance.now();
  await sleep(0.02);
  expect(performance.now() - startedAt).toBeGreaterThan(19);
});

test('a sleep rejects with the reason of the abort, at once', async () => {
  const reason = new Error('enough');
  const aborting = new AbortController();
  const sleeping = sleep(3600, aborting.signal);
  aborting.abort(reason);
  await expect(sleeping).rejects.toBe(reason);
  await expect(sleep(3600, aborting.signal)).rejects.toBe(reason);
});
