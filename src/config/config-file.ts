/**
 * Opens config files: reads them, parses them and checks them against their schema. Problems do not repeat values,
 * because these may be secrets.
 */
import { resolve } from 'node:path';
import { isMap } from 'yaml';
import { z } from 'zod';
import { looksSecret, nearest } from '../support/words.ts';
import type { FileReader } from './files.ts';
import { createReport, formatPath, type Mapping, mappingAt, type Path, type Report, valueAt } from './problems.ts';
import { joinFiles, parseYaml } from './yaml.ts';

export interface FileFormat<Schema extends z.ZodType = z.ZodType> {
  readonly what: 'config file' | 'web config file';
  /** The keys that the file must have. */
  readonly required: string;
  readonly schema: Schema;
  /** Below this key, an unknown key may be a misplaced secret, so messages do not repeat its name. */
  readonly secretKey: string;
  /** Keys of the format that this program does not support, by path, and what to do instead. */
  readonly unsupported?: Readonly<Record<string, string>>;
}

export interface FileSource {
  readonly cwd: string;
  readonly files: FileReader;
}

/** @param names the paths as the user wrote them, at least one */
export async function openConfigFiles<Schema extends z.ZodType>(
  names: readonly string[],
  { cwd, files }: FileSource,
  format: FileFormat<Schema>,
) {
  const texts = await Promise.all(names.map((name) => files.readText(resolve(cwd, name), name, format.what)));
  const parsed = texts.flatMap((text, index) => ('value' in text ? [parseYaml(names[index] ?? '', text.value)] : []));
  const unusable = [
    ...texts.flatMap((text) => ('problem' in text ? [{ message: text.problem }] : [])),
    ...parsed.flatMap(({ name, document, problems }) => {
      if (problems.length > 0 || (isMap(document.contents) && document.contents.items.length > 0)) return problems;
      const message = `the file must contain keys with values, at least ${format.required}`;
      return [{ file: name, line: 1, column: 1, message }];
    }),
  ];
  const { value, problems, locate } = joinFiles(unusable.length > 0 ? [] : parsed);
  const report = createReport(locate);
  report.addWhole(...unusable, ...problems);
  const keys = mappingAt(value);
  return {
    /** What was read, or why nothing was read. */
    text: texts.map((text) => ('value' in text ? text.value : text.problem)).join('\n'),
    report,
    /** Before the schema has changed them; undefined if a file has none. */
    keys,
    /** As the schema returns them; undefined if they have problems. */
    checked: keys && checkSchema(keys, format, report),
    /** The absolute path of the file that has this value: relative paths in it start at its folder. */
    fileOf: (path: Path) => resolve(cwd, locate(path, 'value').file ?? ''),
  };
}

function checkSchema<Schema extends z.ZodType>(value: Mapping, format: FileFormat<Schema>, report: Report) {
  const { data, error } = format.schema.safeParse(value, { error: wordingOf });
  if (error === undefined) return data;
  const issues = error.issues.flatMap(withoutUnion);
  reportUnknownKeys(issues, format, report);
  for (const { code, path, message } of issues) {
    const isMissing = valueAt(value, path) === undefined;
    if (code === 'unrecognized_keys' || (isMissing && report.isMisspelt(path.slice(0, -1), [String(path.at(-1))])))
      continue;
    report.add(path, isMissing ? 'is missing' : message);
  }
  return undefined;
}

function reportUnknownKeys(issues: readonly z.core.$ZodIssue[], format: FileFormat, report: Report): void {
  const { schema, secretKey, unsupported = {} } = format;
  const unknown = issues.filter((issue) => issue.code === 'unrecognized_keys');
  const all = unknown.length > 0 ? keysIn(z.toJSONSchema(schema, { io: 'input' }) as KeySchema) : [];
  for (const { path: parent, keys } of unknown) {
    for (const key of keys) {
      const path = [...parent, key];
      const alternative = key === '<<' ? 'write the keys that it merges here' : unsupported[formatPath(path)];
      const { advice, meant } = adviceFor(parent, key, all);
      if (meant !== undefined) report.addMisspelt([...parent, meant]);
      // If a colon or an indent is missing, a secret becomes part of a key.
      const isPlain = parent[0] !== secretKey && /^[A-Za-z_-]{1,40}$/.test(key) && !looksSecret(key);
      const isNamed = alternative !== undefined || isPlain || all.some((known) => known.key === key);
      const message = alternative === undefined ? advice : `is not supported: ${alternative}`;
      report.add(path, message, 'key', isNamed ? path : parent);
    }
  }
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
  const found = Array.isArray(input) ? 'array' : typeof input;
  const wording = `must be ${KINDS[expected] ?? expected}, not ${KINDS[found]}`;
  if (expected === 'array' && found === 'object') return `${wording}: each entry begins with a hyphen`;
  const lacksSpace = expected === 'object' && typeof input === 'string' && /^[a-z_]+:\S/.test(input);
  return lacksSpace ? `${wording}: a space has to follow the colon` : wording;
}

/** Advice for an unknown key, and the key that was probably meant. */
function adviceFor(parent: Path, key: string, all: readonly KnownKey[]) {
  const place = placeOf(parent);
  const known = all.filter((one) => one.place === place).map((one) => one.key);
  const others = all.filter((one) => one.place !== place);
  const meant = nearest(key, known);
  const otherKeys = others.map((one) => one.key);
  const similar = nearest(key, otherKeys);
  const elsewhere = others.find((one) => one.key === similar);
  // A key without its last letters, `credential` for `credentials`, is misspelt and not in the wrong place.
  if (elsewhere?.key === key && !meant?.startsWith(key))
    return { advice: `unknown key: it belongs under ${elsewhere.place}` };
  if (meant !== undefined) return { advice: `unknown key; did you mean ${meant}?`, meant };
  return {
    advice: elsewhere
      ? `unknown key; did you mean ${elsewhere.key}, which belongs under ${elsewhere.place}?`
      : `unknown key; allowed are ${known.join(', ')}`,
  };
}

interface KnownKey {
  /** The path of the mapping without the indexes of lists, such as `credentials.service_account`. */
  readonly place: string;
  readonly key: string;
}

function placeOf(path: Path): string {
  return formatPath(path.filter((step) => typeof step !== 'number'));
}

/** The part of JSON Schema that leads to all keys. */
interface KeySchema {
  readonly properties?: Readonly<Record<string, KeySchema>>;
  readonly items?: KeySchema;
}

function keysIn({ properties = {}, items }: KeySchema, path: Path = []): readonly KnownKey[] {
  const own = Object.keys(properties).map((key) => ({ place: placeOf(path), key }));
  const inner = Object.entries(properties).flatMap(([key, schema]) => keysIn(schema, [...path, key]));
  return [...own, ...inner, ...(items ? keysIn(items, path) : [])];
}
