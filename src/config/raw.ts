/**
 * Looking into a config file's values before anything is known of them: what is not of the expected kind is left out, as
 * the schema says so already.
 */
export type Path = readonly PropertyKey[];

export interface Item {
  readonly path: Path;
  readonly value: Readonly<Record<string, unknown>>;
}

export function mappingAt(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}

/** The mappings in the list `name`, each with its place. */
export function itemsOf(config: unknown, name: string): readonly Item[] {
  const list = mappingAt(config)?.[name];
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

/** `targets[0].clusters`, as people write it. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? String(step) : `${text}.${String(step)}`;
  }, '');
}
