/** A temporary folder with files for a test, and a valid config that a test can break. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCheck } from '../../../src/commands/check.ts';
import { type Loaded, loadConfig } from '../../../src/config/load.ts';
import { formatProblem } from '../../../src/config/problems.ts';
import { runCommand } from '../../support/commands.ts';
import { createFakeRuntime } from '../../support/fake-runtime.ts';
import { files } from '../../support/files.ts';
import { temporaryFolder } from '../../support/temporary.ts';

export const GROUP = '32b6e34b3d91647abb20e7b8';
export const OTHER_GROUP = '32b6e34b3d91647abb20e7b9';

export type Env = Readonly<Record<string, string | undefined>>;

export function directoryWith(texts: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const directory = temporaryFolder('config');
  for (const [name, content] of Object.entries(texts)) writeFileSync(join(directory, name), content);
  return directory;
}

export async function load(text: string | Uint8Array, env: Env = {}, others: Readonly<Record<string, string>> = {}) {
  const cwd = directoryWith({ ...others, 'c.yml': text });
  return loadConfig({ paths: ['c.yml'], targets: [], env, cwd, files });
}

/** What the command `check` prints of the same config, and its exit code. */
export async function check(text: string, env: Env, others: Readonly<Record<string, string>>) {
  const log = { level: 'error', format: 'json' } as const;
  const flags = { configFiles: ['c.yml'], targets: [], online: true, all: false, format: 'table', log } as const;
  const cwd = directoryWith({ ...others, 'c.yml': text });
  const { code, stdout, stderr } = await runCommand(runCheck, flags, { env, cwd, runtime: createFakeRuntime() });
  return { code, stdout, stderr };
}

/** The problems as they are printed. */
export function printed(loaded: Loaded): readonly string[] {
  return 'problems' in loaded ? loaded.problems.map(formatProblem) : [];
}

export function configOf(loaded: Loaded) {
  if ('problems' in loaded) throw new Error(printed(loaded).join('\n'));
  return loaded.config;
}

/** A text with its problems, each after the name of the file. */
export interface Bad {
  readonly what: string;
  readonly text: string;
  readonly problems: readonly string[];
}

/** Texts, each followed by its problems, which begin with an arrow. */
export function cases(wrap: (text: string) => string, table: string): readonly Bad[] {
  return [...table.matchAll(/((?:(?!=> ).*\n)+)((?:=> .*\n)+)/g)].map(([, text = '', problems = '']) => ({
    what: text.trim(),
    text: wrap(text.trimStart()),
    problems: problems
      .trim()
      .split('\n')
      .map((problem) => problem.slice(3)),
  }));
}

/** With four spaces in front of each line. */
export function indented(text: string): string {
  return text.replaceAll(/^.+$/gm, '    $&\n').replaceAll('\n\n', '\n');
}
