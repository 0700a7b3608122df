/** The built program as a process of its own. `npm test` builds it first. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';

const PROGRAM = 'dist/main.js';

export interface Program {
  readonly process: ChildProcess;
  /** All output so far. */
  readonly output: { stdout: string; stderr: string };
  /** Resolves to the exit code, or to the signal that ended it. */
  readonly ended: Promise<number | string>;
  /** Resolves to the address that its log names. */
  listening(): Promise<string>;
  stop(signal?: NodeJS.Signals): Promise<number | string>;
}

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Arguments for Node.js itself. */
  readonly nodeArgs?: readonly string[];
}

export function startProgram(args: readonly string[], { env = {}, cwd, nodeArgs = [] }: ProgramOptions = {}): Program {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing: run npm run build first`);
  const child = spawn(process.execPath, [...nodeArgs, `${process.cwd()}/${PROGRAM}`, ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);

  async function listening(): Promise<string> {
    const deadline = Date.now() + 50_000;
    while (Date.now() < deadline && child.exitCode === null) {
      const url = /https?:\/\/[\w.:[\]]+/.exec(`${output.stderr.match(/.*listening.*/)?.[0] ?? ''}`)?.[0];
      if (url !== undefined) return url;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`the program never listened: ${output.stderr}`);
  }

  async function stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string> {
    child.kill(signal);
    return ended;
  }

  return { process: child, output, ended, listening, stop };
}
