/** A terminal whose output is kept. */
import type { Terminal } from '../../src/commands/terminal.ts';

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
