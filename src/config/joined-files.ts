/**
 * Joins several config files: mappings key by key, lists one after the other. A key that two files set is a problem.
 * Each value keeps the place that it has in its own file.
 */
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  formatPath,
  type Locate,
  type Mapping,
  mappingAt,
  type Path,
  type Problem,
  placeWords,
  valueAt,
} from './problems.ts';

export interface ParsedFile {
  /** The path as the user wrote it. */
  readonly name: string;
  readonly value: unknown;
  readonly locate: Locate;
}

/** @returns a problem for each key that two files set */
export function joinFiles(files: readonly ParsedFile[]): {
  readonly value: unknown;
  readonly problems: readonly Problem[];
} {
  const problems: Problem[] = [];

  function joined(path: Path, [first, ...others]: readonly ParsedFile[]): unknown {
    const all = first === undefined ? [] : [first, ...others];
    const values = all.map(({ value }) => valueAt(value, path));
    if (others.length === 0) return values[0];
    const mappings = values.flatMap((value): readonly Mapping[] => [mappingAt(value) ?? []].flat());
    if (values.every(Array.isArray)) return values.flat();
    if (mappings.length === values.length) {
      const keys = new Set(mappings.flatMap((mapping) => Object.keys(mapping)));
      return Object.fromEntries(
        Array.from(keys, (key): [string, unknown] => {
          const holders = all.filter((_file, index) => Object.hasOwn(mappings[index] ?? {}, key));
          return [key, joined([...path, key], holders)];
        }),
      );
    }
    for (const other of others) {
      const place = other.locate(path, 'key');
      const where = first && placeWords({ file: first.name, ...first.locate(path, 'key') }, { file: other.name });
      problems.push({
        file: other.name,
        ...place,
        message: `${formatPath(path)}: is in ${where} too: keep one of them`,
      });
    }
    return values[0];
  }

  return { value: joined([], files), problems };
}

/** The file that has the value at a path of the joined value, and the path in this file. */
export function ownerOf<File extends ParsedFile>(files: readonly File[], path: Path) {
  const at = path.findIndex((step) => typeof step === 'number');
  const list = path.slice(0, at < 0 ? path.length : at);
  let index = Number(path[at] ?? 0);
  for (const file of files) {
    const value = valueAt(file.value, list);
    if (at < 0 && value !== undefined) return { file, path };
    const { length } = Array.isArray(value) ? value : [];
    if (at >= 0 && index < length) return { file, path: [...list, index, ...path.slice(at + 1)] };
    index -= length;
  }
  return { file: files[0], path };
}

/**
 * The files of `--config.file`: a folder stands for its files `*.yml` and `*.yaml`, in the order of their names. An
 * empty folder stands for a file that does not exist.
 */
export async function listFiles(names: readonly string[], cwd: string): Promise<readonly string[]> {
  const lists = await Promise.all(names.map((name) => filesIn(name, cwd)));
  return lists.flat();
}

async function filesIn(name: string, cwd: string): Promise<readonly string[]> {
  const path = resolve(cwd, name);
  // What cannot be read is reported by the read that follows.
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
  const entries = isFolder ? await readdir(path).catch(() => []) : [];
  const files = entries.filter((entry) => /^[^.].*\.ya?ml$/.test(entry)).toSorted();
  if (!isFolder) return [name];
  return (files.length > 0 ? files : ['*.yml']).map((entry) => join(name, entry));
}
