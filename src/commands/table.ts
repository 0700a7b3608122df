/** Rows as text in columns. In a terminal that is too narrow the column that may shrink loses letters at its front. */
import type { Paint } from './terminal.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'right';
  /** Where names begin alike, their ends tell them apart. */
  readonly mayShrink?: true;
}

export interface Cell {
  readonly text: string;
  readonly paint?: Paint;
}

const GAP = '  ';
const NARROWEST = 12;

/** @param width of the terminal; as wide as it needs to be where left out */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  width = Number.POSITIVE_INFINITY,
): string {
  const lines = [columns.map(({ title }): Cell => ({ text: title })), ...rows];
  const needed = columns.map((_column, index) => widest(lines.map((cells) => cells[index]?.text.length ?? 0)));
  const excess = needed.reduce((sum, one) => sum + one, GAP.length * (columns.length - 1)) - width;
  const widths = columns.map(({ mayShrink }, index) => {
    const own = needed[index] ?? 0;
    return mayShrink && excess > 0 ? Math.max(Math.min(own, NARROWEST), own - excess) : own;
  });
  const formatted = lines.map((cells) =>
    columns
      .map(({ align }, index) => fill(cells[index] ?? { text: '' }, widths[index] ?? 0, align))
      .join(GAP)
      .trimEnd(),
  );
  return `${formatted.join('\n')}\n`;
}

/** Painted after it was measured: what colours a text takes no room. */
function fill({ text, paint = (same) => same }: Cell, width: number, align: Column['align']): string {
  const shown = text.length > width ? `…${text.slice(text.length - width + 1)}` : text;
  const space = ' '.repeat(width - shown.length);
  return align === 'right' ? space + paint(shown) : paint(shown) + space;
}

/** Not by arguments of Math.max, of which there can't be any number. */
function widest(lengths: readonly number[]): number {
  return lengths.reduce((most, one) => Math.max(most, one), 0);
}
