/** `once`: polls every target once and writes the metrics to standard output, or in one step to a file. */
import { open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ownConfig } from '../app/monitor.ts';
import type { OnceFlags } from '../cli/parse.ts';
import { type Collectors, type Family, PREFIX } from '../collectors/collector.ts';
import { familiesOf } from '../collectors/index.ts';
import { loadConfig } from '../config/load.ts';
import { formatProblem } from '../config/problems.ts';
import { createDiscoveryRegistry } from '../metrics/discovery.ts';
import { createMetricsPage } from '../metrics/page.ts';
import type { Runtime } from '../support/runtime.ts';
import { type CommandSettings, EXIT, type ExitCode, interrupted } from './command.ts';
import { failuresIn, outcomeOf, type PolledOnce, pollOnce } from './poll-once.ts';

export async function runOnce(settings: CommandSettings<OnceFlags>): Promise<ExitCode> {
  const { flags, source, terminal, collectors, runtime, log, redact, signal } = settings;
  const { say, tell } = terminal;
  const { output } = flags;
  const loaded = await loadConfig(source);
  if ('problems' in loaded) {
    for (const problem of loaded.problems) tell(`${formatProblem(problem)}\n`);
    return EXIT.usage;
  }
  const obstacle = output === undefined ? undefined : await obstacleTo(output);
  if (obstacle !== undefined) {
    tell(`--output ${output}: ${obstacle}\n`);
    return EXIT.usage;
  }
  for (const warning of loaded.warnings) log.warn({}, warning);
  const config = ownConfig(loaded.config, flags.shard);
  const polled = await pollOnce(settings, config);
  if (signal.aborted) return interrupted(terminal);
  const text = await metricsOf(polled, collectors, runtime);
  try {
    if (output === undefined) say(text);
    else await replaceFile(output, redact(text), runtime.randomHex(8));
  } catch (error) {
    tell(`--output ${output}: could not be written (${(error as { code?: string }).code ?? String(error)})\n`);
    return EXIT.failure;
  }
  return failuresIn(outcomeOf(polled, config, collectors)) === 0 ? EXIT.fine : EXIT.failure;
}

/**
 * The metrics about intervals make sense only for a daemon. Counters are omitted because each run would start them at
 * zero.
 */
const DAEMON_ONLY = [`${PREFIX}poll_interval_seconds`];

function isOfOnePoll({ name, type }: Family): boolean {
  return type !== 'counter' && !DAEMON_ONLY.includes(name);
}

async function metricsOf(
  { states, discoveries }: PolledOnce,
  collectors: Collectors,
  runtime: Runtime,
): Promise<string> {
  const families = familiesOf(collectors).filter(isOfOnePoll);
  const page = createMetricsPage({ families, own: createDiscoveryRegistry(() => discoveries), runtime });
  page.update(states, []);
  return (await page.render('text', false)).toString('utf8');
}

/** The file is readable for all, because node_exporter often runs as another user. */
const READABLE_BY_ALL = 0o644;

/** The reason if the file can never be written; undefined if writing may succeed. */
export async function obstacleTo(path: string): Promise<string | undefined> {
  const folder = await stat(dirname(path)).catch(() => undefined);
  if (!folder?.isDirectory()) return 'its folder does not exist';
  const existing = await stat(path).catch(() => undefined);
  // Renaming onto /dev/null or a pipe would replace it for every program.
  return existing === undefined || existing.isFile() ? undefined : 'it exists and is no ordinary file';
}

/**
 * Replaces a file in one step: a reader finds the old text or the complete new one.
 * @param nonce in the name of the temporary file, so that two writers do not share it
 */
export async function replaceFile(path: string, text: string, nonce: string): Promise<void> {
  // In the same folder, because a rename works within one file system only; node_exporter reads only names in `.prom`.
  const temporary = join(dirname(path), `.${basename(path)}.${nonce}.tmp`);
  const file = await open(temporary, 'wx', READABLE_BY_ALL);
  try {
    try {
      // chmod, because the umask limits the mode of a new file.
      await file.chmod(READABLE_BY_ALL);
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
