/**
 * From the text of a file to plain values, and from a path in them back to a line. YAML 1.2 core, strictly: no second
 * document, no key twice, no tags, few aliases, little depth. Its own messages are never passed on: they quote the file,
 * and so a secret.
 */
import {
  type Alias,
  Composer,
  type Document,
  isScalar,
  Lexer,
  LineCounter,
  type ParsedNode,
  Parser,
  visit,
  type YAMLError,
} from 'yaml';
import { type Locate, locateIn } from './positions.ts';
import type { Problem } from './problems.ts';

export interface ParsedYaml {
  readonly value: unknown;
  readonly problems: readonly Problem[];
  readonly locate: Locate;
}

const OPTIONS = {
  version: '1.2',
  schema: 'core',
  strict: true,
  // Its own check takes hours for a mapping of a million keys.
  uniqueKeys: false,
  stringKeys: true,
  merge: false,
  resolveKnownTags: false,
  prettyErrors: false,
} as const;
const DEEPEST = 100;
const MOST_ALIASES = 100;
const MOST_PROBLEMS = 20;
/** A file that is no YAML at all has a mistake for each of its bytes. */
const MOST_LOOKED_AT = 1000;

const MESSAGES: Readonly<Record<string, string>> = {
  BAD_ALIAS: 'an alias (*) is used wrongly here: a value that begins with * needs quotes',
  BAD_DIRECTIVE: 'a line that begins with % is not understood here',
  BAD_DQ_ESCAPE: 'a backslash in double quotes that YAML does not know: use single quotes',
  BAD_INDENT: 'the indentation is wrong here, or a bracket above is not closed',
  BAD_SCALAR_START: 'a value cannot begin with this character: put it in quotes',
  BLOCK_AS_IMPLICIT_KEY:
    'a second colon in one value, or a line that is indented too far: use quotes or indent it less',
  MISSING_CHAR: 'a quote, bracket, comma or colon is missing here or above, or this line is indented wrongly',
  MULTILINE_IMPLICIT_KEY: 'this line has no key: write a key, a colon and a space',
  NON_STRING_KEY: 'a key has to be a plain word',
  UNEXPECTED_TOKEN: 'this is not expected here: a value with a bracket or brace in it needs quotes',
  TAB_AS_INDENT: 'a tab indents this line: use spaces',
  TAG_RESOLVE_FAILED: 'tags (!) are not supported: a value that begins with ! needs quotes',
};

/** `wants` is what a file can't do without: `the key targets`. */
export function parseYaml(text: string, wants: string): ParsedYaml {
  const lines = new LineCounter();
  const tokens = tokensOf(text, lines);
  if (!Array.isArray(tokens)) return failed([at(lines, tokens.offset, 'the values are nested too deeply')]);
  const [document, second] = [...new Composer(OPTIONS).compose(tokens, true, text.length)];
  // Comments alone are no document's content either.
  if (document?.contents == null && !document?.errors.length) {
    return failed([{ line: 1, column: 1, message: `the file is empty: it needs at least ${wants}` }]);
  }
  if (second !== undefined) {
    return failed([at(lines, second.range[0], 'a second YAML document begins here: one is allowed')]);
  }
  // Without tags and with just one document, a warning is a mistake like any other.
  const found = [...document.errors, ...document.warnings].slice(0, MOST_LOOKED_AT).filter(isNoEcho);
  const problems = found.map(({ code, pos }) => at(lines, pos[0], MESSAGES[code] ?? 'this is no YAML'));
  problems.push(...danglingAliases(document, lines));
  if (problems.length > 0) return failed(firstPerLine(problems).slice(0, MOST_PROBLEMS));
  try {
    const value: unknown = document.toJS({ maxAliasCount: MOST_ALIASES });
    // A key given twice leaves the rest readable, so that the rest can be judged too.
    return { value, problems: repeatedKeys(document, lines), locate: locateIn(document, lines) };
  } catch {
    return failed([{ line: 1, column: 1, message: 'the aliases (*) stand for too many values: write them out' }]);
  }
}

/** Stops at too much depth by itself: composing it would overflow the stack, in places where that can't be caught. */
function tokensOf(text: string, lines: LineCounter) {
  const parser = new Parser(lines.addNewLine);
  const tokens = [];
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme));
    if (parser.stack.length > DEEPEST) return { offset: parser.offset };
  }
  tokens.push(...parser.end());
  return tokens;
}

function danglingAliases(document: Document.Parsed<ParsedNode>, lines: LineCounter): readonly Problem[] {
  const dangling: Alias[] = [];
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) === undefined) dangling.push(alias);
    },
  });
  return dangling.map(({ range }) =>
    at(lines, range?.[0] ?? 0, 'this alias (*) names no anchor above it: a value that begins with * needs quotes'),
  );
}

function repeatedKeys(document: Document, lines: LineCounter): readonly Problem[] {
  const problems: Problem[] = [];
  visit(document, {
    Map(_key, { items }) {
      const firstLines = new Map<string, number>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        const place = lines.linePos(key.range?.[0] ?? 0);
        const firstLine = firstLines.get(String(key.value));
        if (firstLine === undefined) firstLines.set(String(key.value), place.line);
        else problems.push({ line: place.line, column: place.col, message: twice(firstLine) });
      }
    },
  });
  return problems.slice(0, MOST_LOOKED_AT);
}

function twice(line: number): string {
  return `this key is in line ${line} too: keep one of them`;
}

/** After something unexpected nearly everything is. */
function isNoEcho({ code }: YAMLError, index: number, all: readonly YAMLError[]): boolean {
  return code !== 'UNEXPECTED_TOKEN' || all.findIndex((other) => other.code === code) === index;
}

function firstPerLine(problems: readonly Problem[]): readonly Problem[] {
  return problems.filter(({ line }, index) => problems.findIndex((other) => other.line === line) === index);
}

function at(lines: LineCounter, offset: number, message: string): Problem {
  const { line, col: column } = lines.linePos(offset);
  return { line, column, message };
}

function failed(problems: readonly Problem[]): ParsedYaml {
  return { value: undefined, problems, locate: () => ({ line: 1, column: 1 }) };
}
