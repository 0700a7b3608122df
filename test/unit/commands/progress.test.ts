import { expect, test } from '@jest/globals';
import { startProgress } from '../../../src/commands/progress.ts';
import { createFakeRuntime } from '../../support/fake-runtime.ts';
import { createRecordingTerminal } from '../../support/terminal.ts';

function setUp(isWatched: boolean) {
  const runtime = createFakeRuntime();
  const { terminal, output } = createRecordingTerminal({ isWatched });
  let ended = 0;
  const stop = startProgress(terminal, runtime, () => ({ ended: ended++, total: 40, answers: 7 }));
  return { runtime, output, stop };
}

test('who watches sees one line that changes every second and is gone at the end', async () => {
  const { runtime, output, stop } = setUp(true);
  await runtime.advance(2);
  expect(output.stderr).toBe(
    '\u001B[2Kasking Atlas: 0 of 40 reads done, 7 requests in 1 s\r\u001B[2Kasking Atlas: 1 of 40 reads done, 7 requests in 2 s\r',
  );
  stop();
  expect(output.stderr.endsWith('\r\u001B[2K')).toBe(true);
  expect(output.stdout).toBe('');
});

test('a log gets a line every ten seconds', async () => {
  const { runtime, output, stop } = setUp(false);
  await runtime.advance(25);
  stop();
  await runtime.advance(25);
  expect(output.stderr).toBe(
    'asking Atlas: 0 of 40 reads done, 7 requests in 10 s\nasking Atlas: 1 of 40 reads done, 7 requests in 20 s\n',
  );
});

test('what ends soon says nothing', async () => {
  const { runtime, output, stop } = setUp(true);
  await runtime.advance(0.5);
  stop();
  await runtime.advance(5);
  expect(output.stderr).toBe('');
});
