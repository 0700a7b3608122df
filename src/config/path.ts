/** Access to the values of a config file before the schema has checked them: values of an unexpected kind are left out. */
export type Path = readonly PropertyKey[];
export type Mapping = Readonly<Record<string, unknown>>;

export interface Item {
  readonly path: Path;
  readonly value: Mapping;
}

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
