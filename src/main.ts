#!/usr/bin/env node
/** The process: arguments, environment, signals, exit codes. The only file that touches `process`. */
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { parseCommandLine } from './cli.ts';
import { formatProblem, loadConfig, type Problem } from './config/load.ts';
import { type LoadedWebConfig, loadWebConfig } from './config/web-config.ts';
import { type Daemon, type DaemonSettings, startDaemon } from './daemon.ts';
import { startDemonstration } from './demonstration.ts';
import { createLog } from './log.ts';
import { systemRuntime } from './runtime.ts';
import type { WebConfigFile } from './web-from-config.ts';

const EXIT = { fine: 0, failure: 1, usage: 2, interrupted: 130 } as const;

/**
 * How far the heap may grow beyond what is alive before it is collected. V8's own choice follows the machine's memory, and
 * there this program's pages of jobs pile up as garbage: measured in docs/decisions.md.
 */
const HEAP_GROWING_PERCENT = 40;

async function main(): Promise<void> {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWING_PERCENT}`);
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const line = parseCommandLine(process.argv.slice(2), process.env, version);
  if (line.command === 'exit') {
    process.stdout.write(line.stdout);
    process.stderr.write(line.stderr);
    process.exitCode = line.code;
    return;
  }
  const { web: webFlags, log: logFlags } = line.flags;
  const log = createLog(logFlags.level, logFlags.format, process.stderr);
  const revision = process.env['MONGODBATLAS_BACKUP_EXPORTER_REVISION'] ?? '';
  const build = { version, revision, nodeVersion: process.version };
  const loadedWeb = await readWebConfig(webFlags.configFile);
  const web = { ...webFlags, config: loadedWeb.file };
  const common = { web, build, runtime: systemRuntime, log };
  if (line.command === 'demo') {
    if (refuse(loadedWeb.problems)) return;
    await runUntilSignalled(() =>
      startDemonstration({ ...common, flags: line.flags, say: (text) => process.stdout.write(text) }),
    );
    return;
  }
  const loaded = await loadConfig({ ...line.flags, file: line.flags.configFile, env: process.env, cwd: process.cwd() });
  if (refuse([...('problems' in loaded ? loaded.problems : []), ...loadedWeb.problems]) || 'problems' in loaded) return;
  for (const warning of loaded.warnings) log.warn({}, warning);
  const { shard } = line.flags;
  const settings: DaemonSettings = { ...common, config: loaded.config, ...(shard ? { shard } : {}) };
  await runUntilSignalled(() => startDaemon(settings));
}

interface ReadWebConfig {
  readonly file?: WebConfigFile;
  readonly problems: readonly Problem[];
}

async function readWebConfig(file: string | undefined): Promise<ReadWebConfig> {
  if (file === undefined) return { problems: [] };
  const load = (): Promise<LoadedWebConfig> => loadWebConfig({ file, cwd: process.cwd() });
  const first = await load();
  return 'problems' in first ? first : { file: { first, load }, problems: [] };
}

function refuse(problems: readonly Problem[]): boolean {
  for (const problem of problems) process.stderr.write(`${formatProblem(problem)}\n`);
  if (problems.length > 0) process.exitCode = EXIT.usage;
  return problems.length > 0;
}

/** The first signal stops cleanly, a second one at once. */
async function runUntilSignalled(start: () => Promise<Daemon>): Promise<void> {
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

main().catch((error: unknown) => {
  process.stderr.write(`${describe(error)}\n`);
  process.exit(EXIT.failure);
});

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
