/**
 * Parses YAML 1.2 into plain values with their places: one document, no tags, no merge keys, no key twice. The messages
 * of the YAML library are replaced, because they quote the file and so secrets.
 */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml';
import type { Locate, Problem } from './problems.ts';

export interface ParsedYaml {
  /** All scalars are texts, or null: the schema knows which are numbers. Undefined if the text is not YAML. */
  readonly value: unknown;
  readonly problems: readonly Problem[];
  readonly locate: Locate;
}

const OPTIONS = {
  schema: 'failsafe',
  // problemsOf names the line of the first key too.
  uniqueKeys: false,
  stringKeys: true,
  resolveKnownTags: false,
  prettyErrors: false,
} as const;
const START = { line: 1, column: 1 };
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

export function parseYaml(text: string): ParsedYaml {
  const tooDeep = depthProblem(text);
  if (tooDeep !== undefined) return failed([tooDeep]);
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { ...OPTIONS, customTags: ['null'], lineCounter });
  // A warning of the YAML library is reported like an error.
  const found = [...document.errors, ...document.warnings];
  const { unsupported, repeatedKeys } = problemsOf(document, lineCounter);
  const problems = [...syntaxProblems(found, lineCounter), ...unsupported];
  if (problems.length > 0) return failed(firstPerLine(problems));
  try {
    const value: unknown = document.toJS();
    // A file with a repeated key still has a value, so that its other problems are found too.
    return { value, problems: repeatedKeys, locate: locateIn(document, lineCounter) };
  } catch {
    return failed([{ ...START, message: 'the aliases (*) expand to too many values: write them out' }]);
  }
}

/**
 * Refuses deep nesting, which a template that expands itself writes. The YAML library runs out of stack there, in
 * places where the error cannot be caught. Brackets in quotes and comments count too.
 */
function depthProblem(text: string): Problem | undefined {
  let depth = 0;
  for (const { 0: found, index } of text.matchAll(/[[{]|[\]}]|(?:[-?:][ \t]+){100}/g)) {
    depth = found === ']' || found === '}' ? Math.max(0, depth - 1) : depth + 1;
    if (found.length > 1 || depth > DEEPEST) {
      const before = text.slice(0, index).split('\n');
      return { line: before.length, column: (before.at(-1) ?? '').length + 1, message: TOO_DEEP };
    }
  }
  return undefined;
}

function syntaxProblems(errors: readonly YAMLError[], lines: LineCounter): readonly Problem[] {
  // Only the first problem is reported: after one unexpected token, nearly every token is unexpected.
  const first = errors.find(({ code }) => code === 'UNEXPECTED_TOKEN');
  return errors
    .filter((error) => error.code !== 'UNEXPECTED_TOKEN' || error === first)
    .map(({ code, pos }) => at(lines, pos[0], MESSAGES[code] ?? 'this is not YAML'));
}

function problemsOf(document: Document.Parsed, lines: LineCounter) {
  const unsupported: Problem[] = [];
  const repeatedKeys: Problem[] = [];
  visit(document, {
    Alias(_key, alias) {
      const message = 'no anchor above has the name of this alias (*): a value that begins with * needs quotes';
      if (alias.resolve(document) === undefined) unsupported.push(at(lines, startOf(alias), message));
    },
    Map(_key, { items }) {
      const firstLines = new Map<string, number>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        const name = String(key.value);
        const offset = startOf(key);
        const firstLine = firstLines.get(name);
        if (firstLine === undefined) firstLines.set(name, lines.linePos(offset).line);
        else repeatedKeys.push(at(lines, offset, `this key is in line ${firstLine} too: keep one of them`));
      }
    },
  });
  return { unsupported, repeatedKeys };
}

function firstPerLine(problems: readonly Problem[]): readonly Problem[] {
  const lines = new Set<number | undefined>();
  return problems.filter(({ line }) => !lines.has(line) && lines.add(line));
}

function locateIn(document: Document.Parsed, lines: LineCounter): Locate {
  return (path, part) => {
    let node: Node | null | undefined = document.contents;
    let place = startOf(node);
    for (const [index, step] of path.entries()) {
      const child = childOf(isAlias(node) ? node.resolve(document) : node, step);
      if (child === undefined) break;
      const wantsKey = index === path.length - 1 && part === 'key';
      // An empty value has no position, so the position of its key is used.
      place = startOf(wantsKey || isEmpty(child.value) ? (child.key ?? child.value) : child.value);
      node = child.value;
    }
    const { line, col: column } = lines.linePos(place);
    return { line, column };
  };
}

function childOf(parent: Node | null | undefined, step: PropertyKey) {
  if (isSeq<Node>(parent)) {
    const value = parent.items[Number(step)];
    return value === undefined ? undefined : { key: undefined, value };
  }
  if (!isMap<Node, Node>(parent)) return undefined;
  // Of two equal keys the value of the last one counts.
  return parent.items.findLast(({ key }) => isScalar(key) && String(key.value) === String(step));
}

function isEmpty(node: Node | null): boolean {
  return node === null || (isScalar(node) && node.value === null && node.source === '');
}

function startOf(node: Node | null): number {
  return node?.range?.[0] ?? 0;
}

function at(lines: LineCounter, offset: number, message: string): Problem {
  const { line, col: column } = lines.linePos(offset);
  return { line, column, message };
}

function failed(problems: readonly Problem[]): ParsedYaml {
  return { value: undefined, problems, locate: () => START };
}
