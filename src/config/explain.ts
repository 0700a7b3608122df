/**
 * What the schema finds wrong, in words: what is missing, empty, of the wrong kind or unknown is worded alike everywhere;
 * what is particular to a value is worded in the schema. Values are not repeated here, as they may be secrets.
 */
import type { z } from 'zod';
import type { Locate } from './positions.ts';
import { looksSecret, type Problem } from './problems.ts';
import { formatPath, type Path, valueAt } from './raw.ts';
import { nearest } from './suggestion.ts';

/** A kind of file: what may be in it, and how to speak of what may not. */
export interface Dialect {
  readonly schema: z.ZodType;
  /** Which keys it knows at a place. */
  keysAt(path: Path): readonly string[];
  /** Whether keys from there may be secrets that are out of place. */
  hidesKeys(path: Path): boolean;
  /** What to say of a key, by its path, that this format has and this program does not. */
  readonly unsupported?: Readonly<Record<string, string>>;
}

/** Of one mapping: a file that has more of them is no config of this program. */
const MOST_KEYS = 100;

export function schemaProblems(value: unknown, locate: Locate, dialect: Dialect): readonly Problem[] {
  const findings = (dialect.schema.safeParse(value, { error: wordingOf }).error?.issues ?? []).flatMap(opened);
  const unknown = findings
    .filter((found) => found.code === 'unrecognized_keys')
    .flatMap(({ path, keys }) => keys.slice(0, MOST_KEYS).map((key) => unknownKey(path, key, dialect)));
  const misspelt = new Set(unknown.map(({ meant }) => meant));
  const wrong = findings.flatMap(({ code, path, message }): readonly Problem[] => {
    const name = formatPath(path);
    if (code === 'unrecognized_keys') return [];
    if (valueAt(value, path) !== undefined) return [{ ...locate(path, 'value'), message: `${name}: ${message}` }];
    // A key that is there under a wrong name is told once.
    return misspelt.has(name) ? [] : [{ ...locate(path, 'value'), message: `${name}: is missing` }];
  });
  return [...unknown.map(({ path, message }) => ({ ...locate(path, 'key'), message })), ...wrong];
}

/** What may be of two kinds is told of as if it had to be of the first. */
function opened(found: z.core.$ZodIssue): readonly z.core.$ZodIssue[] {
  if (found.code !== 'invalid_union') return [found];
  return (found.errors[0] ?? []).map((inner) => ({ ...inner, path: [...found.path, ...inner.path] }));
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
  return `must be ${KINDS[expected] ?? expected}, not ${kindOf(input)}${hintAt(expected, input)}`;
}

/** Where it is plain what went wrong. */
function hintAt(expected: string, input: unknown): string {
  if (expected === 'array' && kindOf(input) === 'keys with values') return ': each entry begins with a hyphen';
  if (expected === 'object' && typeof input === 'string' && /^[a-z_]+:\S/.test(input))
    return ': a space has to follow the colon';
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
  readonly meant: string | undefined;
}

function unknownKey(path: Path, key: string, { keysAt, hidesKeys, unsupported = {} }: Dialect): UnknownKey {
  const full = formatPath([...path, key]);
  const why = Object.hasOwn(unsupported, full) ? unsupported[full] : undefined;
  if (why !== undefined) {
    return { path: [...path, key], message: `${full}: is not supported: ${why}`, meant: undefined };
  }
  const known = keysAt(path);
  const meant = nearest(key, known);
  const place = path.length === 0 ? '' : ` in ${formatPath(path)}`;
  const parent = known.find((one) => [...keysAt([...path, one]), ...keysAt([...path, one, 0])].includes(key));
  // A key with its end left out, credential for credentials, is a slip and not a key in the wrong place.
  const isCutShort = meant?.startsWith(key) ?? false;
  if (parent !== undefined && !isCutShort) {
    return {
      path: [...path, key],
      message: `unknown key ${key}${place}: it belongs under ${parent}`,
      meant: undefined,
    };
  }
  // With a colon or an indent forgotten, a secret becomes part of a key.
  const name = !hidesKeys(path) && /^[A-Za-z_-]{1,40}$/.test(key) && !looksSecret(key) ? ` ${key}` : '';
  const hint = meant === undefined ? `; known are ${known.join(', ')}` : `; did you mean ${meant}?`;
  return {
    path: [...path, key],
    message: `unknown key${name}${place}${hint}`,
    meant: meant && formatPath([...path, meant]),
  };
}
