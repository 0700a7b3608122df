/**
 * Parses YAML 1.2 into one plain value with its places: one document per file, no tags, no merge keys, no key twice.
 * Several files are joined: mappings key by key, lists one after the other. The messages of the YAML library are
 * replaced, because they quote the file and so secrets.
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit, type YAMLError } from 'yaml';
import { type Path, type Place, type Problem, placeWords } from './problems.ts';

type ParsedFile = ReturnType<typeof parseYaml>;

const OPTIONS: Parameters<typeof parseDocument>[1] = {
  schema: 'failsafe',
  customTags: ['null'],
  // joinFiles names the line of the first key too.
  uniqueKeys: false,
  stringKeys: true,
  resolveKnownTags: false,
  prettyErrors: false,
};
const MOST_USES = 100;
const TOO_MANY_ALIASES = 'the aliases (*) expand to too many values: write them out';
const DEEPEST = 100;
const TOO_DEEP = 'the values are nested too deeply';

const MESSAGES: Readonly<Record<string, string>> = {
  BAD_ALIAS: 'an alias (*) is used wrongly here: a value that begins with * needs quotes',
  BAD_DIRECTIVE: 'a line that begins with % is not supported here',
  BAD_DQ_ESCAPE: 'this backslash sequence is not valid in double quotes: use single quotes',
  BAD_INDENT: 'the indentation is wrong here, or a bracket above is not closed',
  BAD_SCALAR_START: 'a value cannot begin with this character: put it in quotes',
  BLOCK_AS_IMPLICIT_KEY:
    'a value has a second colon, or this line is indented too far: use quotes or indent the line less',
  MISSING_CHAR: 'a quote, bracket, comma or colon is missing here or above, or this line is indented wrongly',
  MULTILINE_IMPLICIT_KEY: 'this line has no key: write a key, a colon and a space',
  MULTIPLE_DOCS: 'a second YAML document begins here: only one is allowed',
  NON_STRING_KEY: 'a key has to be a plain word',
  RESOURCE_EXHAUSTION: TOO_DEEP,
  UNEXPECTED_TOKEN: 'this is not expected here: a value with a bracket or brace in it needs quotes',
  TAB_AS_INDENT: 'a tab indents this line: use spaces',
  TAG_RESOLVE_FAILED: 'tags (!) are not supported: a value that begins with ! needs quotes',
};

/** @param name of the file, for its places */
export function parseYaml(name: string, text: string) {
  const lines = new LineCounter();
  for (const { index } of `\n${text}`.matchAll(/\n/g)) lines.addNewLine(index);
  const placeAt = (offset: number): Required<Place> => {
    const { line, col: column } = lines.linePos(offset);
    return { file: name, line, column };
  };
  const tooDeep = depthProblem(text, placeAt);
  // The YAML library must not see the text then.
  const document = parseDocument(tooDeep === undefined ? text : '', OPTIONS);
  // A warning of the YAML library is reported like an error.
  const problems: Problem[] = tooDeep === undefined ? [] : [tooDeep];
  for (const { code, pos } of withoutFollowing([...document.errors, ...document.warnings])) {
    problems.push({ ...placeAt(pos[0]), message: MESSAGES[code] ?? 'this is not YAML' });
  }
  visit(document, {
    Alias(_key, alias) {
      const message = 'no anchor above has the name of this alias (*): a value that begins with * needs quotes';
      if (alias.resolve(document) === undefined) problems.push({ ...placeAt(startOf(alias)), message });
    },
  });
  return { name, placeAt, problems: firstPerLine(problems), document };
}

/**
 * Refuses deep nesting, which a template that expands itself writes. The YAML library runs out of stack there, in
 * places where the error cannot be caught. Brackets in quotes and comments count too.
 */
function depthProblem(text: string, placeAt: (offset: number) => Place): Problem | undefined {
  let depth = 0;
  for (const { 0: found, index } of text.matchAll(/[[{]|[\]}]|(?:[-?:][ \t]+){100}/g)) {
    depth = found === ']' || found === '}' ? Math.max(0, depth - 1) : depth + 1;
    if (found.length > 1 || depth > DEEPEST) {
      return { ...placeAt(index), message: TOO_DEEP };
    }
  }
  return undefined;
}

/** After one unexpected token, nearly every token is unexpected. */
function withoutFollowing(errors: readonly YAMLError[]): readonly YAMLError[] {
  const first = errors.find(({ code }) => code === 'UNEXPECTED_TOKEN');
  return errors.filter((error) => error.code !== 'UNEXPECTED_TOKEN' || error === first);
}

function firstPerLine(problems: readonly Problem[]): readonly Problem[] {
  const lines = new Set<number | undefined>();
  return problems.filter(({ line }) => !lines.has(line) && lines.add(line));
}

/** A value in one of the files, and the key that it belongs to. */
interface Part {
  readonly file: ParsedFile;
  readonly key?: Node;
  readonly node: Node | null;
}

/** @param files without problems */
export function joinFiles(files: readonly ParsedFile[]) {
  const problems: Problem[] = [];
  const places = new Map<string, Readonly<Record<'key' | 'value', Place>>>();
  /** How often each anchor was used, also by aliases inside of others. */
  const uses = new Map<Node | null, number>();
  let tooMany: Problem | undefined;

  function resolved({ file, node }: Part): Part {
    if (!isAlias(node)) return { file, node };
    const target = node.resolve(file.document) ?? null;
    const count = (uses.get(target) ?? 0) + 1;
    uses.set(target, count);
    if (count <= MOST_USES) return { file, node: target };
    tooMany ??= { ...file.placeAt(startOf(node)), message: TOO_MANY_ALIASES };
    return { file, node: null };
  }

  function valueIn(path: Path, parts: readonly Part[]): unknown {
    const [first, ...others] = parts;
    if (first === undefined) return undefined;
    places.set(JSON.stringify(path), { key: placeOf(first, 'key'), value: placeOf(first, 'value') });
    const found = parts.map(resolved);
    if (found.every(({ node }) => isMap(node))) {
      const entries = Array.from(holdersOf(found), ([key, held]) => [key, valueIn([...path, key], held)] as const);
      return Object.fromEntries(entries);
    }
    if (found.every(({ node }) => isSeq(node))) {
      const items = found.flatMap(({ file, node }) =>
        isSeq<Node>(node) ? node.items.map((item): Part => ({ file, node: item })) : [],
      );
      return items.map((item, index) => valueIn([...path, index], [item]));
    }
    for (const other of others) addRepeated(first, other);
    if (others.length > 0) return valueIn(path, [first]);
    const node = found[0]?.node;
    return isScalar(node) ? node.value : null;
  }

  /** Each key with the values that the files have for it. */
  function holdersOf(mappings: readonly Part[]): ReadonlyMap<string, readonly Part[]> {
    const holders = new Map<string, readonly Part[]>();
    for (const { file, node } of mappings) {
      for (const { key, value } of isMap<Node, Node | null>(node) ? node.items : []) {
        const name = isScalar(key) ? String(key.value) : '';
        const held = holders.get(name) ?? [];
        const part = { file, key, node: value };
        const twin = held.find((other) => other.file === file);
        if (twin !== undefined) addRepeated(twin, part);
        holders.set(name, [...held.filter((other) => other !== twin), part]);
      }
    }
    return holders;
  }

  /** The message does not name the key, which may be a secret. */
  function addRepeated(first: Part, other: Part): void {
    const place = placeOf(other, 'key');
    const where = placeWords(placeOf(first, 'key'), place);
    problems.push({ ...place, message: `this key is in ${where} too: keep one of them` });
  }

  const roots = files.map((file) => ({ file, node: file.document.contents }));
  const value = valueIn([], roots);
  return {
    /** All scalars are texts, or null: the schema knows which are numbers. Undefined if there are too many aliases. */
    value: tooMany ? undefined : value,
    /** A key that is set twice still has a value, so that its other problems are found too. */
    problems: tooMany ? [tooMany] : problems,
    /** The place of the key or value at a path; if the path does not exist, of its nearest parent. */
    locate(path: Path, part: 'key' | 'value'): Place {
      for (let { length } = path; length >= 0; length -= 1) {
        const found = places.get(JSON.stringify(path.slice(0, length)));
        if (found !== undefined) return length < path.length ? found.value : found[part];
      }
      return { line: 1, column: 1 };
    },
  };
}

/** An empty value has no position, so the position of its key is used. */
function placeOf({ file, key, node }: Part, part: 'key' | 'value'): Place {
  const isEmpty = node === null || (isScalar(node) && node.value === null && node.source === '');
  return file.placeAt(startOf((part === 'key' || isEmpty ? key : node) ?? node));
}

function startOf(node: Node | null): number {
  return node?.range?.[0] ?? 0;
}
