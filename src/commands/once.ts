/** `once`: polls every target once and writes the metrics to standard output, or in one step to a file. */
import { access, chmod, constants, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { OnceFlags } from '../cli/parse.ts';
import { type Collectors, PREFIX } from '../collectors/collector.ts';
import { familiesOf } from '../collectors/index.ts';
import { loadConfig } from '../config/load.ts';
import { formatProblem } from '../config/problems.ts';
import { createMetricsPage } from '../metrics/page.ts';
import { registerDiscoveries } from '../metrics/self.ts';
import type { Polling } from '../polling/polling.ts';
import { unlessAborted } from '../support/abortable.ts';
import type { Runtime } from '../support/runtime.ts';
import { type CommandSettings, EXIT, type ExitCode } from './command.ts';
import { failuresIn, outcomeOf, pollOnce } from './poll-once.ts';

export async function runOnce(settings: CommandSettings<OnceFlags>): Promise<ExitCode> {
  const { flags, source, terminal, collectors, runtime, log, redact, signal } = settings;
  const { say, tell } = terminal;
  const { output } = flags;
  const loaded = await unlessAborted(loadConfig(source), signal);
  const problems = 'problems' in loaded ? loaded.problems.map(formatProblem) : [];
  const refuse = (error: unknown) => problems.push(`--output ${output}: ${reasonOf(error)}`);
  if (output !== undefined) await pathOf(output).catch(refuse);
  for (const problem of problems) tell(`${problem}\n`);
  if ('problems' in loaded || problems.length > 0) return EXIT.usage;
  const { config, warnings } = loaded;
  for (const warning of warnings) log.warn({}, warning);
  const polled = await pollOnce(settings, config);
  const text = redact(await metricsOf(polled, collectors, runtime));
  try {
    if (output === undefined) say(text);
    else await replaceFile(output, text, runtime.randomHex(8));
  } catch (error) {
    tell(`--output ${output}: ${reasonOf(error)}\n`);
    return EXIT.failure;
  }
  return failuresIn(outcomeOf(polled, config, collectors, runtime.wallSeconds())) === 0 ? EXIT.fine : EXIT.failure;
}

/** Only a daemon has intervals. Counters are left out, because each run would start them at zero. */
const DAEMON_ONLY = [`${PREFIX}poll_interval_seconds`];

async function metricsOf(polling: Polling, collectors: Collectors, runtime: Runtime) {
  const families = familiesOf(collectors).filter(({ name, type }) => type !== 'counter' && !DAEMON_ONLY.includes(name));
  const page = createMetricsPage({ families, own: registerDiscoveries(polling), runtime });
  page.update([...polling.states.all()], []);
  return (await page.render('text', false)).toString('utf8');
}

/** The file is readable for all, because node_exporter often runs as another user. */
const READABLE_BY_ALL = 0o644;

/**
 * Replaces the file in one step: a reader finds the old text or the complete new one. A symbolic link stays.
 * @param nonce in the name of the temporary file, so that two writers do not share it
 */
export async function replaceFile(output: string, text: string, nonce: string): Promise<void> {
  const path = await pathOf(output);
  // In the same folder, because a rename works within one file system only; node_exporter reads only names in `.prom`.
  const temporary = join(dirname(path), `.mongodbatlas-backup-exporter.${nonce}.tmp`);
  try {
    await writeFile(temporary, text, { flag: 'wx', flush: true });
    // Not as the mode of a new file, because the umask limits that.
    await chmod(temporary, READABLE_BY_ALL);
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** The file to replace. Rejects if it cannot be replaced: that should show before the polls, which can take minutes. */
async function pathOf(output: string): Promise<string> {
  const existing = await stat(output).catch(undefinedIfMissing);
  // Renaming onto /dev/null or a pipe would replace it for every program.
  if (existing?.isFile() === false) throw new Error('it exists and is no ordinary file');
  const path = existing ? await realpath(output) : output;
  await access(dirname(path), constants.W_OK);
  return path;
}

function undefinedIfMissing(error: unknown): undefined {
  if ((error as { code?: string }).code !== 'ENOENT') throw error;
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'its folder does not exist';
  return code === undefined ? message : `it cannot be written (${code})`;
}
