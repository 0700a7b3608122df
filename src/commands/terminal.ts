/** What a command may know of where it writes. It is handed in: no command looks for itself. */
export interface Terminal {
  /** To standard output. */
  readonly say: (text: string) => void;
  /** To standard error: progress, and what went wrong. */
  readonly tell: (text: string) => void;
  /** How wide standard output is; undefined where it is no terminal. */
  readonly columns: number | undefined;
  /** Whether standard output shows colours. */
  readonly hasColours: boolean;
  /** Whether someone watches standard error. */
  readonly isWatched: boolean;
}

export type Paint = (text: string) => string;
export type Palette = Readonly<Record<'good' | 'bad' | 'warning' | 'strong' | 'plain', Paint>>;

export function paletteOf({ hasColours }: Pick<Terminal, 'hasColours'>): Palette {
  const sequence =
    (code: number): Paint =>
    (text) =>
      hasColours && text !== '' ? `\u001B[${code}m${text}\u001B[0m` : text;
  return { good: sequence(32), bad: sequence(31), warning: sequence(33), strong: sequence(1), plain: (text) => text };
}
