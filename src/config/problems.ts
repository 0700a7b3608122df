/**
 * What is wrong with a configuration, and where. A problem contains no secret and no line of the file: its message says what
 * would be right, and its position leads to the rest. Also access to the values of a file that the schema has not checked yet.
 */
export type Path = readonly PropertyKey[];
export type Mapping = Readonly<Record<string, unknown>>;

export interface Problem {
  readonly file?: string;
  /** From 1, as editors count. */
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
}

/** Finds a key or value in the file; if the path does not exist, the nearest thing around it. */
export type Locate = (path: Path, part: 'key' | 'value') => { readonly line: number; readonly column: number };

/** Collects what is found in a config file, in the environment and in flags. */
export interface Report {
  /** Adds what is wrong with the value (or the key) at a path; the message follows the path. */
  add(path: Path, message: string, part?: 'key' | 'value'): void;
  /** The same, but the message does not name the last key of the path, which may be a secret. */
  addUnnamed(path: Path, message: string, part?: 'key' | 'value'): void;
  /** Adds problems with a message of their own: about a place, or about something outside of the file. */
  addWhole(...problems: readonly Problem[]): void;
  /** Adds a problem if the name was given to another path before. */
  addIfRepeated(name: string, path: Path, message: (firstLine: number) => string): void;
  /** In the order of the file, each with the file's name; those without a line, which are not about the file, come last. */
  problems(): readonly Problem[];
  readonly warnings: string[];
}

const MOST_PROBLEMS = 100;

export function createReport(file = '', locate: Locate = () => ({ line: 1, column: 1 })): Report {
  const found: Problem[] = [];
  const firstLines = new Map<string, number>();
  function addAs(shown: string, path: Path, message: string, part: 'key' | 'value' = 'value'): void {
    found.push({ ...locate(path, part), message: shown === '' ? message : `${shown}: ${message}` });
  }
  const report: Report = {
    add: (path, message, part) => addAs(formatPath(path), path, message, part),
    addUnnamed: (path, message, part) => addAs(formatPath(path.slice(0, -1)), path, message, part),
    addWhole: (...problems) => void found.push(...problems),
    addIfRepeated(name, path, message) {
      const firstLine = firstLines.get(name);
      if (firstLine !== undefined) report.add(path, message(firstLine));
      else firstLines.set(name, locate(path, 'value').line);
    },
    problems() {
      const sorted = found.toSorted((a, b) => compare(a.line, b.line) || compare(a.column, b.column));
      const shown = sorted.slice(0, MOST_PROBLEMS).map((problem) => (problem.line ? { file, ...problem } : problem));
      const rest = sorted.length - shown.length;
      return rest > 0 ? [...shown, { message: `and ${rest} more problems` }] : shown;
    },
    warnings: [],
  };
  return report;
}

export function formatProblem({ file, line, column, message }: Problem): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  return place === '' ? message : `${place}: ${message}`;
}

function compare(a = Number.MAX_VALUE, b = Number.MAX_VALUE): number {
  return a - b;
}

/** A mapping in a list. */
export interface Item {
  readonly path: Path;
  readonly value: Mapping;
}

/** Undefined if there is no mapping. */
export function mappingAt(config: unknown, path: Path = []): Mapping | undefined {
  const value = valueAt(config, path);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Mapping) : undefined;
}

/** The mappings in the list `name`, each with its path. */
export function itemsOf(config: unknown, name: string): readonly Item[] {
  const list = valueAt(config, [name]);
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry: unknown, index) => {
    const value = mappingAt(entry);
    return value === undefined ? [] : [{ path: [name, index], value }];
  });
}

export function valueAt(config: unknown, path: Path): unknown {
  let value: unknown = config;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Readonly<Record<PropertyKey, unknown>>)[step];
  }
  return value;
}

/** `targets[0].clusters` */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? String(step) : `${text}.${String(step)}`;
  }, '');
}
