/** What every command that polls Atlas receives, and its exit codes. */
import type { Collectors } from '../collectors/collector.ts';
import type { ConfigSource } from '../config/load.ts';
import type { Log } from '../support/log.ts';
import type { Runtime } from '../support/runtime.ts';
import type { Terminal } from './terminal.ts';

export interface CommandSettings<Flags> {
  readonly flags: Flags;
  readonly source: ConfigSource;
  readonly terminal: Terminal;
  /** The metrics about the program itself. */
  readonly version: string;
  readonly collectors: Collectors;
  readonly runtime: Runtime;
  readonly log: Log;
  /** Called with each access token that Atlas issues, so that it can be redacted. */
  readonly onToken: (token: string) => void;
  /** Removes secrets from a text that is written to a file. */
  readonly redact: (text: string) => string;
  /** Aborted if the user interrupts the command. */
  readonly signal: AbortSignal;
}

export const EXIT = { fine: 0, failure: 1, usage: 2, interrupted: 130 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
