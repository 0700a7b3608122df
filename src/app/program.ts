/**
 * The process: arguments, environment, signals, exit codes. Only this file and main.ts use `process`. Each command
 * loads only the modules that it needs, because `health` runs every 30 seconds and `--help` should be quick.
 */
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { type DemoFlags, parseCommandLine, type ServeFlags, type WatchFlags, type WebFlags } from '../cli/parse.ts';
import { type CommandSettings, EXIT, type ExitCode, type Terminal } from '../commands/command.ts';
import { createFileReader } from '../config/files.ts';
import type { ConfigSource } from '../config/load.ts';
import { formatProblem, type Problem } from '../config/problems.ts';
import { createRedactor } from '../support/redaction.ts';
import { systemRuntime } from '../support/runtime.ts';
import type { Daemon } from './daemon.ts';

/** Redacts the log and all output. It learns every secret that the program reads. */
const redactor = createRedactor();
const files = createFileReader(systemRuntime);

/** The signals that main.ts handles until the program is loaded, and keeps until the command decides what they mean. */
export interface EarlySignals {
  readonly hangUps: {
    /** Calls the handler for each later SIGHUP, and for one that came before. */
    handle(handler: () => void): void;
    /** From now on SIGHUP ends the program: the default of the operating system. */
    release(): void;
  };
  /** SIGTERM and SIGINT. */
  readonly stops: {
    /** Calls the handler for the first signal; the second one ends the program at once. */
    handleFirst(handler: () => void): void;
    /** From now on these signals have the default action of the operating system. */
    release(): void;
  };
}

export function run(early: EarlySignals): void {
  // The default handler prints all properties of an error: for a failed request, its headers.
  process.on('uncaughtException', crash);
  main(early).catch(crash);
}

const CRASHED = new Error('the program has crashed');
/** Work to finish before a crash ends the program: revoking the access tokens. */
const endings = new Set<() => Promise<unknown>>();
/** 1 second for polls to end, 2 seconds to revoke tokens. */
const MOST_ENDING_SECONDS = 3;

/** After an unexpected error the state is unknown, so the program ends; after a second one at once. */
function crash(error: unknown): void {
  tell(`${describe(error)}\n`);
  if (endings.size === 0) process.exit(EXIT.failure);
  const ended = Promise.allSettled([...endings].map((end) => end()));
  endings.clear();
  void Promise.race([ended, systemRuntime.sleep(MOST_ENDING_SECONDS)]).then(() => process.exit(EXIT.failure));
}

async function main(early: EarlySignals): Promise<void> {
  // The heap may grow by 40 % between two garbage collections. V8's default, which follows from the memory of the
  // machine, needs much more memory for decoded pages. docs/performance.md has the measurements.
  setFlagsFromString('--heap-growing-percent=40');
  handleClosedOutputs();
  const packageFile = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(packageFile) as { version: string };
  const line = parseCommandLine(process.argv.slice(2), process.env, version);
  // SIGHUP reloads a daemon. It ends any other command, because it says that the terminal was closed.
  if (line.command !== 'serve') early.hangUps.release();
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
    case 'check':
      return runToEnd((await import('../commands/check.ts')).runCheck, line.flags, version, early);
    case 'once':
      return runToEnd((await import('../commands/once.ts')).runOnce, line.flags, version, early);
    case 'demo':
      return demonstrate(line.flags, version, early);
    case 'serve':
      return serve(line.flags, version, early);
  }
}

async function serve(flags: ServeFlags, version: string, early: EarlySignals): Promise<void> {
  const hasNoFile = flags.autoReload && flags.targets.length > 0;
  if (hasNoFile && refuse([{ message: '--config.auto-reload: --target uses no config file' }])) return;
  const { loadConfig, lookAtConfig } = await import('../config/load.ts');
  const common = await commonOf(flags, version);
  const source = sourceOf(flags);
  const look = () => lookAtConfig(source);
  // The fingerprint is taken before the config is read, so that a change during the read is noticed.
  const autoReload = flags.autoReload ? { look, since: await look() } : undefined;
  const readConfig = () => loadConfig(source);
  const [loaded, { web, problems }] = [await readConfig(), await guardedWeb(flags.web)];
  if (refuse([...('problems' in loaded ? loaded.problems : []), ...problems]) || 'problems' in loaded) return;
  for (const warning of loaded.warnings) common.log.warn({}, warning);
  const { config } = loaded;
  await runUntilSignalled(early, async () => {
    const { startDaemon } = await import('./daemon.ts');
    const daemon = await startDaemon({ ...common, autoReload, shard: flags.shard, web, config, readConfig });
    early.hangUps.handle(() => void daemon.reload('SIGHUP'));
    return daemon;
  });
}

async function demonstrate(flags: DemoFlags, version: string, early: EarlySignals): Promise<void> {
  const { web, problems } = await guardedWeb(flags.web);
  if (refuse(problems)) return;
  const settings = { ...(await commonOf(flags, version)), web, flags, say: terminal().say };
  await runUntilSignalled(early, async () => (await import('./demo.ts')).startDemonstration(settings));
}

async function guardedWeb({ configFile: file, ...web }: WebFlags) {
  if (file === undefined) return { web, problems: [] };
  const { loadWebConfig } = await import('../config/web/web-config.ts');
  const load = () => loadWebConfig(file, { cwd: process.cwd(), files }, systemRuntime.wallSeconds());
  const first = await load();
  if ('problems' in first) return { web, problems: first.problems };
  return { web: { ...web, config: { first, load } }, problems: [] };
}

/** Prints problems. @returns whether there are problems: then the program ends with exit code 2 */
function refuse(problems: readonly Problem[]): boolean {
  for (const problem of problems) tell(`${formatProblem(problem)}\n`);
  if (problems.length > 0) process.exitCode = EXIT.usage;
  return problems.length > 0;
}

async function commonOf({ log }: Pick<WatchFlags, 'log'>, version: string) {
  const { createLog } = await import('../support/log.ts');
  const { COLLECTORS } = await import('../collectors/index.ts');
  const revision = process.env['MONGODBATLAS_BACKUP_EXPORTER_REVISION'] ?? '';
  return {
    build: { version, revision, nodeVersion: process.version },
    collectors: COLLECTORS,
    runtime: systemRuntime,
    log: createLog(log.level, log.format, process.stderr, redactor.line),
    onToken: redactor.hideToken,
  };
}

function sourceOf(flags: WatchFlags): ConfigSource {
  const { targets, configFiles: paths } = flags;
  return { paths, targets, env: process.env, cwd: process.cwd(), files, onSecret: redactor.hide };
}

/** The first signal interrupts the command, a second one ends the program at once. */
async function runToEnd<Flags extends WatchFlags>(
  command: (settings: CommandSettings<Flags>) => Promise<ExitCode>,
  flags: Flags,
  version: string,
  early: EarlySignals,
): Promise<void> {
  const interrupt = new AbortController();
  early.stops.handleFirst(() => interrupt.abort(new Error('interrupted')));
  const { signal } = interrupt;
  const own = { flags, source: sourceOf(flags), terminal: terminal(), version, redact: redactor.text, signal };
  const running = command({ ...(await commonOf(flags, version)), ...own });
  endings.add(() => {
    interrupt.abort(CRASHED);
    return running;
  });
  process.exitCode = await running.catch((error: unknown) => {
    if (error !== signal.reason) throw error;
    tell('interrupted before every cluster was polled\n');
    return EXIT.interrupted;
  });
  // A request that several polls share, such as a token request, may still run.
  if (signal.aborted && signal.reason !== CRASHED) exit(early, EXIT.interrupted);
}

/** Standard output and standard error are redacted like the log. */
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

/** A reader such as `head` may close the pipe early. This is not an error, and it must not end a daemon. */
function handleClosedOutputs(): void {
  process.stderr.on('error', () => undefined);
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    tell(`standard output could not be written (${error.code})\n`);
    process.exit(EXIT.failure);
  });
}

/** process.exit waits for a read that hangs, such as of a dead network disk. The next signal then ends the program. */
function exit({ stops }: EarlySignals, code: ExitCode): never {
  stops.release();
  process.exit(code);
}

/** The first signal shuts the daemon down gracefully, a second one ends the program at once. */
async function runUntilSignalled(early: EarlySignals, start: () => Promise<Pick<Daemon, 'stop'>>): Promise<void> {
  const signalled = new Promise<void>((resolve) => early.stops.handleFirst(resolve));
  const daemon = await start();
  endings.add(daemon.stop);
  await signalled;
  await daemon.stop();
  exit(early, EXIT.fine);
}

function describe(error: unknown): string {
  const { code, address, port } = error as { code?: string; address?: string; port?: number };
  if (address?.startsWith('/')) {
    if (code === 'EADDRINUSE')
      return `cannot listen on unix:${address}: another process listens there, or the file is not a socket`;
    return `cannot listen on unix:${address}: ${code}; its folder must exist, and this user must be allowed to write there`;
  }
  const where = [address, port].filter((part) => part !== undefined).join(':');
  if (code === 'EADDRINUSE')
    return `cannot listen on ${where}: another program uses port ${port}; choose another with --web.listen-address`;
  if (code === 'EACCES')
    return `cannot listen on ${where}: not allowed; choose a port above 1023 with --web.listen-address`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `cannot listen on ${where}: this host has no such address (${code})`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
