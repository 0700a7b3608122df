/** `once`: polls every target once and writes the metrics, to standard output or in one step to a file. */
import { ownConfig } from '../app/monitor.ts';
import type { OnceFlags } from '../cli/parse.ts';
import { type Collectors, type Family, PREFIX } from '../collectors/collector.ts';
import { COLLECTORS, familiesOf } from '../collectors/index.ts';
import { loadConfig } from '../config/load.ts';
import { formatProblem } from '../config/problems.ts';
import { createDiscoveryRegistry } from '../metrics/discovery.ts';
import { createMetricsPage } from '../metrics/page.ts';
import type { Runtime } from '../support/runtime.ts';
import { type CommandSettings, EXIT, type ExitCode, interrupted } from './command.ts';
import { failuresIn, outcomeOf } from './outcome.ts';
import { type PolledOnce, pollOnce } from './poll-once.ts';
import { obstacleTo, writeWhole } from './write-whole.ts';

export async function runOnce(settings: CommandSettings<OnceFlags>): Promise<ExitCode> {
  const { flags, source, terminal, collectors = COLLECTORS, runtime, log, signal } = settings;
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
  const polled = await pollOnce({ ...settings, config });
  if (signal.aborted) return interrupted(terminal);
  const text = await metricsOf(polled, collectors, runtime);
  try {
    if (output === undefined) say(text);
    else await writeWhole(output, text, runtime.randomHex(8));
  } catch (error) {
    tell(`--output ${output}: could not be written (${(error as { code?: string }).code ?? String(error)})\n`);
    return EXIT.failure;
  }
  return failuresIn(outcomeOf(polled, config, collectors)) === 0 ? EXIT.fine : EXIT.failure;
}

/** Left out: only a daemon polls at intervals. Counters are left out too: they would begin anew each time. */
const OF_A_DAEMON = [`${PREFIX}poll_interval_seconds`];

function isOfOnePoll({ name, type }: Family): boolean {
  return type !== 'counter' && !OF_A_DAEMON.includes(name);
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
