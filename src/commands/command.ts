/** What every command that asks Atlas is handed, and what it ends with. */
import type { ConfigSource } from '../config/load.ts';
import type { Log } from '../support/log.ts';
import type { Runtime } from '../support/runtime.ts';
import type { Terminal } from './terminal.ts';

export interface CommandSettings<Flags> {
  readonly flags: Flags;
  readonly source: ConfigSource;
  readonly terminal: Terminal;
  /** The program's own. */
  readonly version: string;
  readonly runtime: Runtime;
  readonly log: Log;
  /** Told each access token that Atlas gives out. */
  readonly onToken?: (token: string) => void;
  /** Aborted when the user has enough. */
  readonly signal: AbortSignal;
}

export const EXIT = { fine: 0, failure: 1, usage: 2, interrupted: 130 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export function interrupted({ tell }: Terminal): ExitCode {
  tell('interrupted before every cluster was polled\n');
  return EXIT.interrupted;
}
