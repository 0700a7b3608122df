/** Real programs that end-to-end tests run: found, or a clear word on how to get them. */
import { spawnSync } from 'node:child_process';

export interface Ran {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a program to its end with this input. */
export function runTool(command: string, args: readonly string[], input = ''): Ran {
  const { status, stdout, stderr, error } = spawnSync(command, [...args], { input, encoding: 'utf8' });
  if (error) throw new Error(`${command} can’t be run (${error.message}). ${HOW_TO_GET}`);
  return { code: status, output: stdout + stderr };
}

export const HOW_TO_GET = 'On Debian and Ubuntu: apt-get install openssl curl prometheus python3-prometheus-client';
