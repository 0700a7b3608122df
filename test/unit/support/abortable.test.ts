import { describe, expect, test } from '@jest/globals';
import { withinDeadline } from '../../../src/support/abortable.ts';
import { createFakeRuntime } from '../../support/fake-runtime.ts';

describe('work with a deadline', () => {
  const late = new Error('late');
  const never = (): Promise<void> => new Promise(() => undefined);

  test('ends in time even if it never settles, and its signal is aborted then', async () => {
    const runtime = createFakeRuntime();
    let seen: AbortSignal | undefined;
    const work = withinDeadline({ runtime, seconds: 5, late: () => late }, (signal) => {
      seen = signal;
      return never();
    });
    const outcome = work.catch((error: unknown) => error);
    await runtime.advance(5);
    expect(await outcome).toBe(late);
    expect(seen?.reason).toBe(late);
  });

  test('leaves no timer behind, also if it was called off before it began', async () => {
    const runtime = createFakeRuntime();
    const called = AbortSignal.abort(new Error('called off'));
    await withinDeadline({ runtime, seconds: 600, late: () => late }, () => Promise.resolve());
    await expect(withinDeadline({ runtime, seconds: 600, late: () => late, signal: called }, never)).rejects.toThrow(
      'called off',
    );
    await runtime.settle();
    expect(runtime.sleepers()).toBe(0);
  });
});
