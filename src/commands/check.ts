/** `check`: what is wrong with the config, and with --online what fails when it is put to use. */
import { ownConfig } from '../app/monitor.ts';
import type { CheckFlags } from '../cli/parse.ts';
import { COLLECTORS } from '../collectors/index.ts';
import { findings } from './check-findings.ts';
import { checkAsJson } from './check-json.ts';
import { findingsAsText, outcomeAsText } from './check-table.ts';
import { type CommandSettings, EXIT, type ExitCode, interrupted } from './command.ts';
import { failuresIn, type Outcome, outcomeOf } from './outcome.ts';
import { pollOnce } from './poll-once.ts';

export async function runCheck(settings: CommandSettings<CheckFlags>): Promise<ExitCode> {
  const { flags, source, terminal, collectors = COLLECTORS, runtime, signal } = settings;
  const { say } = terminal;
  const found = await findings(source, flags);
  const checked = found.config ? { ...found, config: ownConfig(found.config, flags.shard) } : found;
  const isTable = flags.format === 'table';
  if (isTable) say(findingsAsText(checked, terminal));
  const { config } = checked;
  if (config === undefined || checked.problems.length > 0 || !flags.online) {
    if (!isTable) say(checkAsJson(checked));
    return checked.problems.length > 0 ? EXIT.usage : EXIT.fine;
  }
  const polled = await pollOnce({ ...settings, config });
  if (signal.aborted) return interrupted(terminal);
  const outcome: Outcome = outcomeOf(polled, config, collectors);
  say(isTable ? outcomeAsText(outcome, runtime.wallSeconds(), terminal) : checkAsJson(checked, outcome));
  return failuresIn(outcome) === 0 ? EXIT.fine : EXIT.failure;
}
