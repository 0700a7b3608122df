/** Real programs that end-to-end tests run: found, or a clear word on how to get them. */
import { spawnSync } from 'node:child_process';

export interface Ran {
  readonly code: number | null;
  readonly output: string;
}

export const HOW_TO_GET = 'On Debian and Ubuntu: apt-get install prometheus python3-prometheus-client';

/** Runs a program to its end with this input. */
export function runTool(command: string, args: readonly string[], input = '', howToGet = HOW_TO_GET): Ran {
  const { status, stdout, stderr, error } = spawnSync(command, [...args], { input, encoding: 'utf8' });
  if (error) throw new Error(`${command} can’t be run (${error.message}). ${howToGet}`);
  return { code: status, output: stdout + stderr };
}
