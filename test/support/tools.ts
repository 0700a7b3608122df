/** Finds the real programs that end-to-end tests run; if one is missing, the error says how to install it. */
import { execFile, spawnSync } from 'node:child_process';

export interface Ran {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a program to its end with this input. */
export function runTool(command: string, args: readonly string[], input = '', howToGet = HOW_TO_GET): Ran {
  const { status, stdout, stderr, error } = spawnSync(command, [...args], { input, encoding: 'utf8' });
  if (error) throw new Error(`${command} can’t be run (${error.message}). ${howToGet}`);
  return { code: status, output: stdout + stderr };
}

/** The same, without waiting for it here: several may run side by side. */
export function runToolAside(command: string, args: readonly string[]): Promise<Ran> {
  return new Promise((resolve, reject) => {
    execFile(command, args, (error, stdout, stderr) => {
      if (error && typeof error.code === 'string')
        reject(new Error(`${command} can’t be run (${error.code}). ${HOW_TO_GET}`));
      else resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr });
    });
  });
}

export const HOW_TO_GET =
  'On Debian and Ubuntu: apt-get install openssl curl prometheus prometheus-alertmanager python3-prometheus-client systemd chromium (and promtool, where it is a package of its own)';
