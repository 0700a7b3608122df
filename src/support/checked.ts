/**
 * The result of a check: the value, or what is wrong with the input. A problem says what would be right and is written to
 * follow the name of the thing, as in `--log.level "loud": must be debug, info, warn or error`.
 */
export type Checked<T> = { readonly value: T } | { readonly problem: string };
