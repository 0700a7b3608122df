/**
 * Words for what a schema finds wrong: missing, empty, unknown and values of the wrong kind are worded alike everywhere; what is
 * particular to a value is worded in the schema. Values are not repeated, because they may be secrets.
 */
import type { z } from 'zod';
import { nearest } from './nearest.ts';
import { looksSecret, type Problem } from './problems.ts';
import { formatPath, type Locate, type Path, valueAt } from './untyped-yaml.ts';

/** A kind of config file. */
export interface FileFormat {
  readonly schema: z.ZodType;
  /** The keys that are allowed at a path. */
  readonly keysAt: (path: Path) => readonly string[];
  /** Whether an unknown key at the path may be a misplaced secret, so that messages must not repeat it. */
  readonly hidesKeys: (path: Path) => boolean;
  /** Keys of the format that this program does not support, by path, and what to do instead. */
  readonly unsupported?: Readonly<Record<string, string>>;
}

/** In one mapping. */
const MOST_UNKNOWN_KEYS = 100;

export function schemaProblems(value: unknown, locate: Locate, format: FileFormat): readonly Problem[] {
  const issues = (format.schema.safeParse(value, { error: wordingOf }).error?.issues ?? []).flatMap(withoutUnion);
  const unknown = issues
    .filter((issue) => issue.code === 'unrecognized_keys')
    .flatMap(({ path, keys }) => keys.slice(0, MOST_UNKNOWN_KEYS).map((key) => unknownKey(path, key, format)));
  const misspelt = new Set(unknown.map(({ meant }) => meant));
  const wrong = issues
    .filter(({ code }) => code !== 'unrecognized_keys')
    .map(({ path, message }) => ({ path, message, isMissing: valueAt(value, path) === undefined }))
    // A misspelt key is not reported as missing too.
    .filter(({ path, isMissing }) => !isMissing || !misspelt.has(formatPath(path)));
  return [
    ...unknown.map(({ path, message }) => ({ ...locate(path, 'key'), message })),
    ...wrong.map(({ path, message, isMissing }) => ({
      ...locate(path, 'value'),
      message: `${formatPath(path)}: ${isMissing ? 'is missing' : message}`,
    })),
  ];
}

/** If a value may be of two kinds, the problems with the first kind are reported. */
function withoutUnion(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  return (issue.errors[0] ?? []).map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  int: 'a whole number',
  number: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  record: 'keys with values',
  object: 'keys with values',
};

function wordingOf({ code, input, ...rest }: z.core.$ZodRawIssue): string | undefined {
  if (code !== 'invalid_type') return undefined;
  if (input === null) return 'is empty: give it a value or leave the key out';
  const expected = 'expected' in rest ? String(rest.expected) : '';
  if (expected === 'string' && (typeof input === 'number' || typeof input === 'boolean')) {
    return `YAML reads this as ${typeof input === 'number' ? 'a number' : 'true or false'}: put it in quotes`;
  }
  return `must be ${KINDS[expected] ?? expected}, not ${kindOf(input)}${hintFor(expected, input)}`;
}

function hintFor(expected: string, input: unknown): string {
  if (expected === 'array' && kindOf(input) === 'keys with values') return ': each entry begins with a hyphen';
  if (expected === 'object' && typeof input === 'string' && /^[a-z_]+:\S/.test(input)) {
    return ': a space has to follow the colon';
  }
  return '';
}

function kindOf(input: unknown): string {
  if (Array.isArray(input)) return 'a list';
  if (typeof input === 'object') return 'keys with values';
  return typeof input === 'string' ? 'text' : 'a single value';
}

interface UnknownKey {
  readonly path: Path;
  readonly message: string;
  /** The path that was probably meant. */
  readonly meant?: string;
}

function unknownKey(parent: Path, key: string, { keysAt, hidesKeys, unsupported = {} }: FileFormat): UnknownKey {
  const path = [...parent, key];
  const name = formatPath(path);
  if (Object.hasOwn(unsupported, name)) {
    return { path, message: `${name}: is not supported: ${unsupported[name]}` };
  }
  const known = keysAt(parent);
  const meant = nearest(key, known);
  const place = parent.length === 0 ? '' : ` in ${formatPath(parent)}`;
  const owner = known.find((one) => [...keysAt([...parent, one]), ...keysAt([...parent, one, 0])].includes(key));
  // A key without its last letters, `credential` for `credentials`, is misspelt and not in the wrong place.
  const isCutShort = meant?.startsWith(key) ?? false;
  if (owner !== undefined && !isCutShort) {
    return { path, message: `unknown key ${key}${place}: it belongs under ${owner}` };
  }
  // If a colon or an indent is missing, a secret becomes part of a key.
  const shown = !hidesKeys(parent) && /^[A-Za-z_-]{1,40}$/.test(key) && !looksSecret(key) ? ` ${key}` : '';
  const message = `unknown key${shown}${place}`;
  return meant === undefined
    ? { path, message: `${message}; allowed are ${known.join(', ')}` }
    : { path, message: `${message}; did you mean ${meant}?`, meant: formatPath([...parent, meant]) };
}
