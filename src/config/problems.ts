/**
 * The problems of a configuration with their positions, and functions to read values that the schema has not checked
 * yet. A message says what is valid. It contains no secret and quotes no line of the file.
 */
export type Path = readonly PropertyKey[];
export type Mapping = Readonly<Record<string, unknown>>;

export interface Place {
  readonly file?: string;
  /** Both count from 1, as in editors. */
  readonly line: number;
  readonly column: number;
}

export interface Problem extends Partial<Place> {
  readonly message: string;
}

export type Report = ReturnType<typeof createReport>;

const MOST_PROBLEMS = 100;

/** @param locate returns the place of a key or value */
export function createReport(locate: (path: Path, part: 'key' | 'value') => Place = () => ({ line: 1, column: 1 })) {
  const found: Problem[] = [];
  const warnings: string[] = [];
  const firstPlaces = new Map<string, Place>();
  const misspelt = new Set<string>();
  /**
   * Adds a problem with the value (or the key) at a path. The message is written after the path.
   * @param shown without the last key, if that may be a secret
   */
  function add(path: Path, message: string, part: 'key' | 'value' = 'value', shown = path): void {
    found.push({ ...locate(path, part), message: withPath(shown, message) });
  }
  return {
    add,
    /** Adds problems whose message is complete without a path. */
    addWhole(...problems: readonly Problem[]): void {
      found.push(...problems);
    },
    /** @param what as the subject of a sentence: `this cluster is` */
    addIfRepeated(name: string, path: Path, what: string): void {
      const place = locate(path, 'value');
      const first = firstPlaces.get(name);
      if (first !== undefined) add(path, `${what} in ${placeWords(first, place)} too`);
      else firstPlaces.set(name, place);
    },
    /** The unknown key is reported, so this key is not reported as missing too. */
    addMisspelt(meant: Path): void {
      misspelt.add(formatPath(meant));
    },
    isMisspelt: (parent: Path, keys: readonly string[]): boolean =>
      keys.some((key) => misspelt.has(formatPath([...parent, key]))),
    /** Where a value is, such as `config.yml:12`. */
    placeOf(path: Path): string {
      const { file, line } = locate(path, 'value');
      return `${file}:${line}`;
    },
    warn(path: Path, message: string): void {
      warnings.push(formatProblem({ ...locate(path, 'value'), message: withPath(path, message) }));
    },
    /** In the order of the files. Problems without a line are not about a file; they come last. */
    problems(): readonly Problem[] {
      const sorted = found.toSorted(
        (a, b) =>
          Number(a.line === undefined) - Number(b.line === undefined) ||
          (a.file ?? '').localeCompare(b.file ?? '', 'en') ||
          (a.line ?? 0) - (b.line ?? 0) ||
          (a.column ?? 0) - (b.column ?? 0),
      );
      const shown = sorted.slice(0, MOST_PROBLEMS);
      const rest = sorted.length - shown.length;
      return rest > 0 ? [...shown, { message: `and ${rest} more problems` }] : shown;
    },
    warnings,
  };
}

function withPath(path: Path, message: string): string {
  return path.length === 0 ? message : `${formatPath(path)}: ${message}`;
}

export function formatProblem({ file, line, column, message }: Problem): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  return place === '' ? message : `${place}: ${message}`;
}

/** A place as seen from a text in another place: the file is named only if it is another one. */
export function placeWords({ file, line }: Place, from: Pick<Place, 'file'>): string {
  return file === undefined || file === from.file ? `line ${line}` : `line ${line} of ${file}`;
}

export interface Item {
  readonly path: Path;
  readonly value: Mapping;
}

export function mappingAt(config: unknown, path: Path = []): Mapping | undefined {
  const value = valueAt(config, path);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Mapping) : undefined;
}

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
