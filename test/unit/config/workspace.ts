/** A directory of its own with the files a test needs, and a config that is right, to spoil. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCheck } from '../../../src/commands/check.ts';
import { type Loaded, loadConfig } from '../../../src/config/load.ts';
import { formatProblem } from '../../../src/config/problems.ts';
import { createFakeRuntime } from '../../support/fake-runtime.ts';
import { files } from '../../support/files.ts';
import { createRecordingLog } from '../../support/recording-log.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { createRecordingTerminal } from '../../support/terminal.ts';

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
  return loadConfig({ file: 'c.yml', targets: [], env, cwd, files });
}

/** What the command `check` prints of the same, and its exit code; nothing is asked of Atlas where something is wrong. */
export async function check(text: string, env: Env, others: Readonly<Record<string, string>>) {
  const { terminal, output } = createRecordingTerminal();
  const code = await runCheck({
    flags: { configFile: 'c.yml', targets: [], online: true, format: 'table', log: { level: 'error', format: 'json' } },
    source: { file: 'c.yml', targets: [], env, cwd: directoryWith({ ...others, 'c.yml': text }), files },
    terminal,
    version: '0',
    runtime: createFakeRuntime(),
    log: createRecordingLog().log,
    onToken: () => undefined,
    signal: new AbortController().signal,
  });
  return { code, ...output };
}

/** The problems as they are printed. */
export function printed(loaded: Loaded): readonly string[] {
  return 'problems' in loaded ? loaded.problems.map(formatProblem) : [];
}

export function configOf(loaded: Loaded) {
  if ('problems' in loaded) throw new Error(printed(loaded).join('\n'));
  return loaded.config;
}
