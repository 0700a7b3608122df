/**
 * What is wrong with a configuration, and where. A problem contains no secret and no line of the file: its message says what
 * would be right, and its position leads to the rest.
 */
import { formatPath, type Locate, type Path } from './untyped-yaml.ts';

export interface Problem {
  readonly file?: string;
  /** From 1, as editors count. */
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
}

/** Collects the problems of a file. */
export interface Report {
  readonly problems: Problem[];
  /** Adds what is wrong with the value (or the key) at a path; the message follows the path. */
  add(path: Path, message: string, part?: 'key' | 'value'): void;
  lineOf(path: Path): number;
}

export function createReport(locate: Locate): Report {
  const problems: Problem[] = [];
  return {
    problems,
    add(path, message, part = 'value') {
      problems.push({ ...locate(path, part), message: `${formatPath(path)}: ${message}` });
    },
    lineOf: (path) => locate(path, 'value').line,
  };
}

export function formatProblem({ file, line, column, message }: Problem): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  return place === '' ? message : `${place}: ${message}`;
}

const MOST_PROBLEMS = 100;

/** In the order of the file, each with the file's name; those without a line, which are not about the file, come last. */
export function problemsInFile(name: string, problems: readonly Problem[]): readonly Problem[] {
  const sorted = problems.toSorted((a, b) => compare(a.line, b.line) || compare(a.column, b.column));
  const shown = sorted.slice(0, MOST_PROBLEMS).map((problem) => (problem.line ? { file: name, ...problem } : problem));
  const rest = sorted.length - shown.length;
  return rest > 0 ? [...shown, { message: `and ${rest} more problems` }] : shown;
}

function compare(a = Number.MAX_VALUE, b = Number.MAX_VALUE): number {
  return a - b;
}

const LONGEST_QUOTE = 40;

/** A client secret of Atlas, an API key's private key, a token. */
const SECRET_FORM = /mdb_sa_sk_|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|^eyJ[\w-]+\./i;

/** Users write secrets in the place of names by mistake. */
export function looksSecret(text: string): boolean {
  return SECRET_FORM.test(text);
}

/** A value for a message: short, in quotes, on one line. Not for places where a secret belongs. */
export function quote(value: unknown): string {
  if (typeof value !== 'string') return String(value);
  if (looksSecret(value)) return '[redacted]';
  return JSON.stringify(value.length > LONGEST_QUOTE ? `${value.slice(0, LONGEST_QUOTE)}…` : value);
}
