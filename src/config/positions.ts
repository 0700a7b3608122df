/** Where in a YAML file a key or value is. What is not there is looked for in the nearest thing around it that is. */
import { type Document, isAlias, isMap, isScalar, isSeq, type LineCounter, type Node } from 'yaml';
import type { Path } from './raw.ts';

export interface Place {
  readonly line: number;
  readonly column: number;
}

export type Locate = (path: Path, part: 'key' | 'value') => Place;

export function locateIn(document: Document, lines: LineCounter): Locate {
  return (path, part) => {
    let place = startOf(document.contents);
    let node: Node | null | undefined = document.contents;
    for (const [index, step] of path.entries()) {
      const found = childOf(isAlias(node) ? node.resolve(document) : node, step);
      if (found === undefined) break;
      const wantsKey = index === path.length - 1 && part === 'key';
      // An empty value has no place of its own.
      place = wantsKey || isEmpty(found.value) ? startOf(found.key ?? found.value) : startOf(found.value);
      node = found.value;
    }
    const { line, col: column } = lines.linePos(place);
    return { line, column };
  };
}

interface Child {
  readonly key?: Node;
  readonly value: Node | null;
}

function childOf(parent: Node | null | undefined, step: PropertyKey): Child | undefined {
  if (isSeq(parent)) {
    const value = parent.items[Number(step)];
    return value === undefined ? undefined : { value: value as Node };
  }
  if (!isMap(parent)) return undefined;
  // The last of two equal keys is the one whose value counts.
  const pair = parent.items.findLast(({ key }) => isScalar(key) && String(key.value) === String(step));
  return pair && { key: pair.key as Node, value: pair.value as Node | null };
}

function isEmpty(node: Node | null): boolean {
  return node === null || (isScalar(node) && node.value === null && node.source === '');
}

function startOf(node: Node | null): number {
  return node?.range?.[0] ?? 0;
}
