/** `once`: every target polled once, and the metrics of that written: to standard output or, whole or not at all, to a file. */
import type { OnceFlags } from '../cli/command-line.ts';
import { type Family, PREFIX } from '../collectors/collector.ts';
import { familiesOf } from '../collectors/index.ts';
import { loadConfig } from '../config/load.ts';
import { formatProblem } from '../config/problems.ts';
import { createDiscoveryRegistry } from '../metrics/discovery.ts';
import { createExposition } from '../metrics/exposition.ts';
import { pollingFamilies } from '../polling/families.ts';
import type { Runtime } from '../support/runtime.ts';
import { type CommandSettings, EXIT, type ExitCode, interrupted } from './command.ts';
import { failuresIn, outcomeOf } from './outcome.ts';
import { type PolledOnce, pollOnce } from './poll-once.ts';
import { ownShareOf } from './share.ts';
import { obstacleTo, writeWhole } from './write-whole.ts';

export async function runOnce(settings: CommandSettings<OnceFlags>): Promise<ExitCode> {
  const { flags, source, terminal, runtime, log, signal } = settings;
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
  const config = ownShareOf(loaded.config, flags.shard);
  const polled = await pollOnce({ ...settings, config });
  if (signal.aborted) return interrupted(terminal);
  const text = await metricsOf(polled, runtime);
  try {
    if (output === undefined) say(text);
    else await writeWhole(output, text, runtime.randomHex(8));
  } catch (error) {
    tell(`--output ${output}: could not be written (${(error as { code?: string }).code ?? String(error)})\n`);
    return EXIT.failure;
  }
  return failuresIn(outcomeOf(polled, config)) === 0 ? EXIT.fine : EXIT.failure;
}

/** What is true of someone who polls again and again: counters would begin anew each time, and no interval is in force. */
const OF_A_DAEMON = [`${PREFIX}poll_interval_seconds`];

function isOfOnePoll({ name, type }: Family): boolean {
  return type !== 'counter' && !OF_A_DAEMON.includes(name);
}

async function metricsOf({ states, discoveries, collectors }: PolledOnce, runtime: Runtime): Promise<string> {
  const families = [...pollingFamilies, ...familiesOf(collectors)].filter(isOfOnePoll);
  const exposition = createExposition({ families, own: createDiscoveryRegistry(() => discoveries), runtime });
  await exposition.apply(states, []);
  return (await exposition.page('text', false)).toString('utf8');
}
