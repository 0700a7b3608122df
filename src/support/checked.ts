/**
 * The result of a check. A problem says which input is valid, and follows the name of the input: `--log.level: must be
 * …`.
 */
export type Checked<T> = { readonly value: T } | { readonly problem: string };

/** A copy of the object without undefined values. */
export function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as typeof values;
}
