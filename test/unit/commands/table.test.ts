import { expect, test } from '@jest/globals';
import { formatTable } from '../../../src/commands/table.ts';
import { paletteOf } from '../../../src/commands/terminal.ts';

const COLUMNS = [{ title: 'NAME', mayShrink: true }, { title: 'RESULT' }, { title: 'JOBS', align: 'right' }] as const;
const ROWS = [
  [{ text: 'a-name-that-is-long/orders' }, { text: 'ok' }, { text: '12' }],
  [{ text: 'b/c' }, { text: 'not_found' }],
];

test('a table is as wide as it needs to be, and has no spaces at the ends of its lines', () => {
  expect(formatTable(COLUMNS, ROWS)).toBe(`\
NAME                        RESULT     JOBS
a-name-that-is-long/orders  ok           12
b/c                         not_found
`);
});

test('where the terminal is narrow, names lose their beginnings', () => {
  const table = formatTable(COLUMNS, ROWS, 34);
  expect(table.split('\n').map(({ length }) => length)).toEqual([34, 34, 28, 0]);
  expect(table).toContain('\n…t-is-long/orders  ok ');
});

test('no column shrinks so far that it says nothing', () => {
  expect(formatTable(COLUMNS, ROWS, 5)).toContain('…long/orders  ok');
});

test('colours take no room, and are left out where there are none', () => {
  const painted = (hasColours: boolean) =>
    formatTable(
      [{ title: 'A' }, { title: 'B' }],
      [[{ text: 'x', paint: paletteOf({ hasColours }).bad }, { text: 'y' }]],
    );
  expect(painted(true)).toBe('A  B\n\u001B[31mx\u001B[0m  y\n');
  expect(painted(false)).toBe('A  B\nx  y\n');
});
