/**
 * The process: arguments, environment, signals, exit codes. Beside main.ts the only file that touches `process`. What a command
 * is made of is loaded when it is the one that was asked for: most of the program is of no use to `health`, which is run every
 * half a minute, or to `--help`.
 */
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import {
  type DemoFlags,
  type LogFlags,
  parseCommandLine,
  type ServeFlags,
  type WatchFlags,
  type WebFlags,
} from '../cli/parse.ts';
import { type CommandSettings, EXIT, type ExitCode } from '../commands/command.ts';
import type { Terminal } from '../commands/terminal.ts';
import { createFileReader } from '../config/files.ts';
import type { ConfigSource, Loaded } from '../config/load.ts';
import { formatProblem, type Problem } from '../config/problems.ts';
import type { LoadedWebConfig } from '../config/web/web-config.ts';
import { lookAt } from '../support/file-watch.ts';
import { createRedactor } from '../support/redaction.ts';
import { systemRuntime } from '../support/runtime.ts';
import type { Daemon, DaemonSettings } from './daemon.ts';

/**
 * How far the heap may grow beyond what is alive before it is collected, and that its young generation doesn't grow. V8's own
 * choices follow the machine's memory, and there this program's pages of jobs pile up as garbage: measured in docs/decisions.md.
 */
const HEAP_FLAGS = ['--heap-growing-percent=40', '--semi-space-growth-factor=1'];

/** Takes out what the log must not show; told of every secret that is read. */
const redactor = createRedactor();
/** Reads the files of the config, and knows which of them hang. */
const files = createFileReader({ runtime: systemRuntime });

/** What becomes of SIGHUP. Until it is said, it waits. */
export interface HangUps {
  /** It gets this answer from now on, also one that has come before. */
  answer(how: () => void): void;
  /** It ends the program, as it does where nobody minds it. */
  leave(): void;
}

/** What is heeded before the program is there. */
export interface EarlySignals {
  readonly hangUps: HangUps;
  /** From now on SIGTERM and SIGINT are the program's to heed. */
  leaveStops(): void;
}

export function run(early: EarlySignals): void {
  // By itself Node.js would print everything that hangs on the error: of a request, its headers.
  process.on('uncaughtException', crash);
  main(early).catch(crash);
}

function crash(error: unknown): void {
  tell(`${describe(error)}\n`);
  process.exit(EXIT.failure);
}

async function main(early: EarlySignals): Promise<void> {
  for (const flag of HEAP_FLAGS) setFlagsFromString(flag);
  mindOutputs();
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const line = parseCommandLine(process.argv.slice(2), process.env, version);
  // A terminal that is closed ends what was tried in it; a daemon is told to reload.
  if (line.command !== 'serve') early.hangUps.leave();
  switch (line.command) {
    case 'exit':
      process.stdout.write(line.stdout);
      tell(line.stderr);
      process.exitCode = line.code;
      return;
    case 'health': {
      const { runHealth } = await import('../commands/health.ts');
      process.exitCode = await runHealth({ ...line.flags, terminal: terminal(), runtime: systemRuntime });
      return;
    }
    case 'check': {
      const { runCheck } = await import('../commands/check.ts');
      return runToEnd((common) => runCheck({ ...common, flags: line.flags }), line.flags, version, early);
    }
    case 'once': {
      const { runOnce } = await import('../commands/once.ts');
      return runToEnd((common) => runOnce({ ...common, flags: line.flags }), line.flags, version, early);
    }
    case 'demo':
      return demonstrate(line.flags, version, early);
    case 'serve':
      return serve(line.flags, version, early);
  }
}

async function serve(flags: ServeFlags, version: string, early: EarlySignals): Promise<void> {
  if (flags.autoReload && flags.targets.length > 0) {
    tell('--config.auto-reload: with --target there is no file that could change\n');
    process.exitCode = EXIT.usage;
    return;
  }
  const { configFileOf, loadConfig } = await import('../config/load.ts');
  const common = await commonOf(flags, version);
  const source = sourceOf(flags);
  const file = flags.autoReload ? await configFileOf(source) : undefined;
  // Before it is read: a change in between is one.
  const autoReload = file === undefined ? {} : { autoReload: { file, since: await lookAt([file]) } };
  const readConfig = (): Promise<Loaded> => loadConfig(source);
  const [loaded, { web, problems }] = [await readConfig(), await guardedWeb(flags.web)];
  if (refuse([...('problems' in loaded ? loaded.problems : []), ...problems]) || 'problems' in loaded) return;
  for (const warning of loaded.warnings) common.log.warn({}, warning);
  const { config } = loaded;
  const shard = flags.shard ? { shard: flags.shard } : {};
  await runUntilSignalled(early, async () => {
    const { startDaemon } = await import('./daemon.ts');
    const daemon = await startDaemon({ ...common, ...autoReload, ...shard, web, config, readConfig });
    early.hangUps.answer(() => void daemon.reload('SIGHUP'));
    return daemon;
  });
}

async function demonstrate(flags: DemoFlags, version: string, early: EarlySignals): Promise<void> {
  const { web, problems } = await guardedWeb(flags.web);
  if (refuse(problems)) return;
  const common = await commonOf(flags, version);
  const { say } = terminal();
  await runUntilSignalled(early, async () => {
    const { startDemonstration } = await import('./demo.ts');
    return startDemonstration({ ...common, web, flags, say });
  });
}

interface GuardedWeb {
  readonly web: DaemonSettings['web'];
  readonly problems: readonly Problem[];
}

/** The web as the flags have it, and the web config file, where they name one. */
async function guardedWeb({ configFile: file, ...web }: WebFlags): Promise<GuardedWeb> {
  if (file === undefined) return { web, problems: [] };
  const { loadWebConfig } = await import('../config/web/web-config.ts');
  const load = (): Promise<LoadedWebConfig> => loadWebConfig({ file, cwd: process.cwd(), files });
  const first = await load();
  if ('problems' in first) return { web, problems: first.problems };
  return { web: { ...web, config: { first, load } }, problems: [] };
}

/** Whether there are problems; then they are told, and the program ends. */
function refuse(problems: readonly Problem[]): boolean {
  for (const problem of problems) tell(`${formatProblem(problem)}\n`);
  if (problems.length > 0) process.exitCode = EXIT.usage;
  return problems.length > 0;
}

async function commonOf({ log }: { readonly log: LogFlags }, version: string) {
  const { createLog } = await import('../support/log.ts');
  const revision = process.env['MONGODBATLAS_BACKUP_EXPORTER_REVISION'] ?? '';
  return {
    build: { version, revision, nodeVersion: process.version },
    runtime: systemRuntime,
    log: createLog(log.level, log.format, process.stderr, redactor.line),
    onToken: redactor.hideToken,
  };
}

function sourceOf(flags: WatchFlags): ConfigSource {
  const { targets, configFile: file } = flags;
  return { file, targets, env: process.env, cwd: process.cwd(), files, onSecret: redactor.hide };
}

/** For a command that ends by itself. The first signal calls it off, a second one ends it at once. */
async function runToEnd(
  run: (common: Omit<CommandSettings<never>, 'flags'>) => Promise<ExitCode>,
  flags: WatchFlags,
  version: string,
  early: EarlySignals,
): Promise<void> {
  const { build: _build, ...common } = await commonOf(flags, version);
  const calledOff = new AbortController();
  onSignals(early, () => calledOff.abort(new Error('interrupted')));
  const { signal } = calledOff;
  process.exitCode = await run({ ...common, source: sourceOf(flags), terminal: terminal(), version, signal });
  // What was under way for all, such as a token, is waited for by nobody.
  if (signal.aborted) process.exit(EXIT.interrupted);
}

/** What people are told beside the log is redacted as that is. */
function tell(text: string): void {
  process.stderr.write(redactor.text(text));
}

function terminal(): Terminal {
  const { stdout, stderr, env } = process;
  return {
    say: (text) => stdout.write(redactor.text(text)),
    tell,
    columns: stdout.isTTY ? stdout.columns : undefined,
    hasColours: stdout.isTTY && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb',
    isWatched: stderr.isTTY,
  };
}

/** Whoever reads our output may stop before its end, as `head` does: that is no failure, and no reason to end a daemon. */
function mindOutputs(): void {
  process.stderr.on('error', () => undefined);
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    tell(`standard output could not be written (${error.code})\n`);
    process.exit(EXIT.failure);
  });
}

/** The first signal stops cleanly, a second one at once. */
async function runUntilSignalled(early: EarlySignals, start: () => Promise<Pick<Daemon, 'stop'>>): Promise<void> {
  const signalled = new Promise<void>((resolve) => onSignals(early, resolve));
  const daemon = await start();
  await signalled;
  await daemon.stop();
  process.exit(EXIT.fine);
}

function onSignals({ leaveStops }: EarlySignals, first: () => void): void {
  let signals = 0;
  function onSignal(): void {
    signals += 1;
    if (signals > 1) process.exit(EXIT.interrupted);
    first();
  }
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  leaveStops();
}

function describe(error: unknown): string {
  const { code, address, port } = error as { code?: string; address?: string; port?: number };
  const where = [address, port].filter((part) => part !== undefined).join(':');
  if (code === 'EADDRINUSE')
    return `can’t listen on ${where}: another program uses port ${port}; choose another with --web.listen-address`;
  if (code === 'EACCES')
    return `can’t listen on ${where}: not allowed; choose a port above 1023 with --web.listen-address`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `can’t listen on ${where}: this host has no such address (${code})`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
