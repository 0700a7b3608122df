/** Commands in this process, with a terminal whose output is kept. */
import type { WatchFlags } from '../../src/cli/parse.ts';
import { COLLECTORS } from '../../src/collectors/index.ts';
import type { CommandSettings, Terminal } from '../../src/commands/command.ts';
import { systemRuntime } from '../../src/support/runtime.ts';
import { files } from './files.ts';
import { createRecordingLog } from './recording-log.ts';

export interface RecordingTerminal {
  readonly terminal: Terminal;
  readonly output: { stdout: string; stderr: string };
}

export function createRecordingTerminal(settings: Partial<Terminal> = {}): RecordingTerminal {
  const output = { stdout: '', stderr: '' };
  const terminal: Terminal = {
    say(text) {
      output.stdout += text;
    },
    tell(text) {
      output.stderr += text;
    },
    columns: undefined,
    hasColours: false,
    isWatched: false,
    ...settings,
  };
  return { terminal, output };
}

type Given = 'env' | 'cwd';
export type CommandOptions = Pick<CommandSettings<unknown>['source'], Given> &
  Partial<Pick<CommandSettings<unknown>, 'collectors' | 'runtime' | 'signal'>>;

/** `ended` resolves to the exit code; `output` and `lines` of the log can be read while the command runs. */
export function startCommand<Flags extends WatchFlags>(
  command: (settings: CommandSettings<Flags>) => Promise<number>,
  flags: Flags,
  { env, cwd, ...options }: CommandOptions,
) {
  const { terminal, output } = createRecordingTerminal();
  const { log, lines } = createRecordingLog();
  const ended = command({
    flags,
    source: { paths: flags.configFiles, targets: flags.targets, env, cwd, files },
    terminal,
    version: '0',
    collectors: COLLECTORS,
    runtime: systemRuntime,
    log,
    onToken: () => undefined,
    redact: (text) => text,
    signal: new AbortController().signal,
    ...options,
  });
  return { ended, output, lines };
}

export async function runCommand<Flags extends WatchFlags>(...args: Parameters<typeof startCommand<Flags>>) {
  const { ended, output, lines } = startCommand(...args);
  return { code: await ended, ...output, lines };
}
