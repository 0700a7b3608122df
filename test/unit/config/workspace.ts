/** A directory of its own with the files a test needs, and a config that is right, to spoil. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatProblem, type Loaded, loadConfig } from '../../../src/config/load.ts';

export const GROUP = '32b6e34b3d91647abb20e7b8';
export const OTHER_GROUP = '32b6e34b3d91647abb20e7b9';

export type Env = Readonly<Record<string, string | undefined>>;

export function directoryWith(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const directory = mkdtempSync(join(tmpdir(), 'config-'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
  return directory;
}

export async function load(text: string | Uint8Array, env: Env = {}, files: Readonly<Record<string, string>> = {}) {
  const cwd = directoryWith({ ...files, 'c.yml': text });
  return loadConfig({ file: 'c.yml', targets: [], env, cwd });
}

/** The problems as they are printed. */
export function printed(loaded: Loaded): readonly string[] {
  return 'problems' in loaded ? loaded.problems.map(formatProblem) : [];
}

export function configOf(loaded: Loaded) {
  if ('problems' in loaded) throw new Error(printed(loaded).join('\n'));
  return loaded.config;
}
