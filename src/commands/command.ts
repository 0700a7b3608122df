/** What every command receives, its exit codes, and how it prints: colours, tables and progress. */
import { stripVTControlCharacters } from 'node:util';
import type { MonitorSettings } from '../app/monitor.ts';
import type { ConfigSource } from '../config/load.ts';
import type { Progress } from '../polling/scheduler.ts';
import type { Runtime } from '../support/runtime.ts';

export interface CommandSettings<Flags>
  extends Pick<MonitorSettings, 'version' | 'collectors' | 'onToken' | 'runtime' | 'log'> {
  readonly flags: Flags;
  readonly source: ConfigSource;
  readonly terminal: Terminal;
  /** Removes secrets from a text that is written to a file. */
  readonly redact: (text: string) => string;
  /** Aborted if the user interrupts the command. */
  readonly signal: AbortSignal;
}

export const EXIT = { fine: 0, failure: 1, usage: 2, interrupted: 130 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export interface Terminal {
  readonly say: (text: string) => void;
  /** Writes to standard error: progress and errors. */
  readonly tell: (text: string) => void;
  /** Width of standard output; undefined if it is not a terminal. */
  readonly columns: number | undefined;
  readonly hasColours: boolean;
  readonly isWatched: boolean;
}

function painter(code: number) {
  return (text: string): string => `\u001B[${code}m${text}\u001B[0m`;
}

/** Colours, for a terminal that has them; `forScreen` removes them for others. */
export const PAINT = { good: painter(32), bad: painter(31), warning: painter(33), strong: painter(1) } as const;

export function forScreen(text: string, { hasColours }: Pick<Terminal, 'hasColours'>): string {
  return hasColours ? text : stripVTControlCharacters(text);
}

/** How a column is aligned. In a narrow terminal the texts of `shrink` are cut at the beginning: names differ at the end. */
type Column = 'left' | 'right' | 'shrink';

const GAP = '  ';
const NARROWEST = 12;

/** The columns are by title; the width is that of the terminal. */
export function formatTable(
  columns: Readonly<Record<string, Column>>,
  rows: readonly (readonly (string | number)[])[],
  width = Number.POSITIVE_INFINITY,
): string {
  const lines = [Object.keys(columns), ...rows.map((cells) => cells.map(String))];
  const kinds = Object.values(columns);
  const needed = kinds.map((_kind, index) => lines.reduce((most, cells) => Math.max(most, widthOf(cells[index])), 0));
  const excess = needed.reduce((sum, one) => sum + one, GAP.length * (needed.length - 1)) - width;
  const widths = needed.map((own, index) => {
    return kinds[index] === 'shrink' && excess > 0 ? Math.max(Math.min(own, NARROWEST), own - excess) : own;
  });
  const formatted = lines.map((cells) =>
    kinds
      .map((kind, index) => fill(cells[index] ?? '', widths[index] ?? 0, kind))
      .join(GAP)
      .trimEnd(),
  );
  return `${formatted.join('\n')}\n`;
}

/** Colours have no width. */
function widthOf(text = ''): number {
  return stripVTControlCharacters(text).length;
}

function fill(text: string, width: number, kind: Column): string {
  const shown = widthOf(text) > width ? `…${text.slice(text.length - width + 1)}` : text;
  const space = ' '.repeat(width - widthOf(shown));
  return kind === 'right' ? space + shown : shown + space;
}

const CLEAR_LINE = '\u001B[2K';

/**
 * Shows progress on standard error: in a terminal one line that changes, else a line every ten seconds. The number of
 * requests shows activity while a few long lists are read. @returns its end
 */
export function startProgress(
  { tell, isWatched }: Terminal,
  runtime: Runtime,
  progress: () => Progress & { readonly requests: number },
): () => void {
  const startedAtSeconds = runtime.monotonicSeconds();
  let isShown = false;
  const showLater = (): (() => void) => runtime.after(isWatched ? 1 : 10, show);
  let cancel = showLater();

  function show(): void {
    const { ended, total, requests } = progress();
    const seconds = Math.round(runtime.monotonicSeconds() - startedAtSeconds);
    const text = `polling Atlas: ${ended} of ${total} reads done, ${requests} requests in ${seconds} s`;
    // The cursor stays at the start of the line, so that the next output replaces it.
    tell(isWatched ? `${CLEAR_LINE}${text}\r` : `${text}\n`);
    isShown = isWatched;
    cancel = showLater();
  }

  return () => {
    cancel();
    if (isShown) tell(CLEAR_LINE);
  };
}
