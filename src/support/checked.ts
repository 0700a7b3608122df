/**
 * The result of a check: the value, or what is wrong with the input. A problem says which input is valid, and is
 * written to follow the name of the input, as in `--log.level "loud": must be debug, info, warn or error`.
 */
export type Checked<T> = { readonly value: T } | { readonly problem: string };

/** A copy of the object without undefined values. */
export function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as typeof values;
}
