/** The process: arguments, environment, signals, exit codes. Beside main.ts the only file that touches `process`. */
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { parseCommandLine, type ServeFlags } from './cli.ts';
import { configFileOf, formatProblem, loadConfig } from './config/load.ts';
import { type Daemon, type DaemonSettings, startDaemon } from './daemon.ts';
import { startDemonstration } from './demonstration.ts';
import { lookAt } from './files.ts';
import { createLog } from './log.ts';
import { systemRuntime } from './runtime.ts';

const EXIT = { fine: 0, failure: 1, usage: 2, interrupted: 130 } as const;

/**
 * How far the heap may grow beyond what is alive before it is collected. V8's own choice follows the machine's memory, and
 * there this program's pages of jobs pile up as garbage: measured in docs/decisions.md.
 */
const HEAP_GROWING_PERCENT = 40;

/** What becomes of SIGHUP. Until it is said, it waits. */
export interface HangUps {
  /** It gets this answer from now on, also one that has come before. */
  answer(how: () => void): void;
  /** It ends the program, as it does where nobody minds it. */
  leave(): void;
}

export function run(hangUps: HangUps): void {
  main(hangUps).catch((error: unknown) => {
    process.stderr.write(`${describe(error)}\n`);
    process.exit(EXIT.failure);
  });
}

async function main(hangUps: HangUps): Promise<void> {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWING_PERCENT}`);
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const line = parseCommandLine(process.argv.slice(2), process.env, version);
  // A terminal that is closed ends what was tried in it; a daemon is told to reload.
  if (line.command !== 'serve') hangUps.leave();
  if (line.command === 'exit') {
    process.stdout.write(line.stdout);
    process.stderr.write(line.stderr);
    process.exitCode = line.code;
    return;
  }
  const { web, log: logFlags } = line.flags;
  const log = createLog(logFlags.level, logFlags.format, process.stderr);
  const revision = process.env['MONGODBATLAS_BACKUP_EXPORTER_REVISION'] ?? '';
  const build = { version, revision, nodeVersion: process.version };
  const common = { web, build, runtime: systemRuntime, log };
  if (line.command === 'demo') {
    await runUntilSignalled(() =>
      startDemonstration({ ...common, flags: line.flags, say: (text) => process.stdout.write(text) }),
    );
    return;
  }
  await serve(line.flags, common, hangUps);
}

async function serve(flags: ServeFlags, common: Omit<DaemonSettings, 'config'>, hangUps: HangUps): Promise<void> {
  if (flags.autoReload && flags.targets.length > 0) {
    process.stderr.write('--config.auto-reload: with --target there is no file that could change\n');
    process.exitCode = EXIT.usage;
    return;
  }
  const source = { ...flags, file: flags.configFile, env: process.env, cwd: process.cwd() };
  const file = flags.autoReload ? await configFileOf(source) : undefined;
  // Before it is read: a change in between is one.
  const autoReload = file === undefined ? {} : { autoReload: { file, since: await lookAt([file]) } };
  const readConfig = (): ReturnType<typeof loadConfig> => loadConfig(source);
  const loaded = await readConfig();
  if ('problems' in loaded) {
    for (const problem of loaded.problems) process.stderr.write(`${formatProblem(problem)}\n`);
    process.exitCode = EXIT.usage;
    return;
  }
  for (const warning of loaded.warnings) common.log.warn({}, warning);
  const { config } = loaded;
  const shard = flags.shard ? { shard: flags.shard } : {};
  await runUntilSignalled(async () => {
    const daemon = await startDaemon({ ...common, ...autoReload, ...shard, config, readConfig });
    hangUps.answer(() => void daemon.reload('SIGHUP'));
    return daemon;
  });
}

/** The first signal stops cleanly, a second one at once. */
async function runUntilSignalled(start: () => Promise<Pick<Daemon, 'stop'>>): Promise<void> {
  const signalled = new Promise<void>((resolve) => {
    let signals = 0;
    const onSignal = (): void => {
      signals += 1;
      if (signals > 1) process.exit(EXIT.interrupted);
      resolve();
    };
    process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  });
  const daemon = await start();
  await signalled;
  await daemon.stop();
  process.exit(EXIT.fine);
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
