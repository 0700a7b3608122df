import { expect, test } from '@jest/globals';
import { formatTable, paletteOf, startProgress } from '../../../src/commands/command.ts';
import { createRecordingTerminal } from '../../support/commands.ts';
import { createFakeRuntime } from '../../support/fake-runtime.ts';

const COLUMNS = [{ title: 'NAME', mayShrink: true }, { title: 'RESULT' }, { title: 'JOBS', align: 'right' }] as const;
const ROWS = [
  [{ text: 'a-name-that-is-long/orders' }, { text: 'ok' }, { text: '12' }],
  [{ text: 'b/c' }, { text: 'not_found' }],
];

test('a table is as wide as its texts, without spaces at the ends of lines', () => {
  expect(formatTable(COLUMNS, ROWS)).toBe(`\
NAME                        RESULT     JOBS
a-name-that-is-long/orders  ok           12
b/c                         not_found
`);
});

test('in a narrow terminal names are cut at the beginning', () => {
  const table = formatTable(COLUMNS, ROWS, 34);
  expect(table.split('\n').map(({ length }) => length)).toEqual([34, 34, 28, 0]);
  expect(table).toContain('\n…t-is-long/orders  ok ');
});

test('a column keeps at least twelve characters', () => {
  expect(formatTable(COLUMNS, ROWS, 5)).toContain('…long/orders  ok');
});

test('colours do not change the width of columns, and a terminal without colours gets none', () => {
  const painted = (hasColours: boolean) =>
    formatTable(
      [{ title: 'A' }, { title: 'B' }],
      [[{ text: 'x', paint: paletteOf({ hasColours }).bad }, { text: 'y' }]],
    );
  expect(painted(true)).toBe('A  B\n\u001B[31mx\u001B[0m  y\n');
  expect(painted(false)).toBe('A  B\nx  y\n');
});

function setUp(isWatched: boolean) {
  const runtime = createFakeRuntime();
  const { terminal, output } = createRecordingTerminal({ isWatched });
  let ended = 0;
  const stop = startProgress(terminal, runtime, () => ({ ended: ended++, total: 40, requests: 7 }));
  return { runtime, output, stop };
}

test('progress in a terminal is one line that changes each second and is cleared at the end', async () => {
  const { runtime, output, stop } = setUp(true);
  await runtime.advance(2);
  expect(output.stderr).toBe(
    '\u001B[2Kpolling Atlas: 0 of 40 reads done, 7 requests in 1 s\r\u001B[2Kpolling Atlas: 1 of 40 reads done, 7 requests in 2 s\r',
  );
  stop();
  expect(output.stderr.endsWith('\r\u001B[2K')).toBe(true);
  expect(output.stdout).toBe('');
});

test('progress in a log is a line every ten seconds', async () => {
  const { runtime, output, stop } = setUp(false);
  await runtime.advance(25);
  stop();
  await runtime.advance(25);
  expect(output.stderr).toBe(
    'polling Atlas: 0 of 40 reads done, 7 requests in 10 s\npolling Atlas: 1 of 40 reads done, 7 requests in 20 s\n',
  );
});

test('a short command shows no progress', async () => {
  const { runtime, output, stop } = setUp(true);
  await runtime.advance(0.5);
  stop();
  await runtime.advance(5);
  expect(output.stderr).toBe('');
});
