/**
 * What is wrong with a configuration, and where. A problem never holds a secret nor a line of the file: whoever makes one
 * says what would be right, and the position shows the rest.
 */
export interface Problem {
  readonly file?: string;
  /** From 1, as editors count. */
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
}

export function formatProblem({ file, line, column, message }: Problem): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  return place === '' ? message : `${place}: ${message}`;
}

/** In the order of the file; those without a place come last. */
function sortProblems(problems: readonly Problem[]): readonly Problem[] {
  const rank = ({ line = Number.POSITIVE_INFINITY, column = 0 }: Problem): readonly [number, number] => [line, column];
  return problems.toSorted((left, right) => {
    const [leftLine, leftColumn] = rank(left);
    const [rightLine, rightColumn] = rank(right);
    return leftLine === rightLine ? leftColumn - rightColumn : leftLine - rightLine;
  });
}

const MOST_PROBLEMS = 100;

/** In the order of the file, each with its name; a problem without a line is not the file's. */
export function problemsInFile(name: string, problems: readonly Problem[]): readonly Problem[] {
  const sorted = sortProblems(problems);
  const told = sorted.slice(0, MOST_PROBLEMS).map((problem) => (problem.line ? { file: name, ...problem } : problem));
  const rest = sorted.length - told.length;
  return rest > 0 ? [...told, { message: `and ${rest} more problems` }] : told;
}

const LONGEST_QUOTE = 40;

/** A client secret of Atlas, an API key's private key, a token. */
const SECRET_FORM = /mdb_sa_sk_|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|^eyJ[\w-]+\./i;

/** Where a name is wanted, someone may have written the secret itself. */
export function looksSecret(text: string): boolean {
  return SECRET_FORM.test(text);
}

/** A value for a message: short, in quotes, on one line. Not where a secret belongs. */
export function quote(value: unknown): string {
  if (typeof value !== 'string') return String(value);
  if (looksSecret(value)) return '[redacted]';
  return JSON.stringify(value.length > LONGEST_QUOTE ? `${value.slice(0, LONGEST_QUOTE)}…` : value);
}
