/**
 * `check`: lists every problem of the config and its files. With --online it also polls each target once and shows what failed.
 * The fields of its JSON are a public interface: docs/commands.md describes each of them.
 */
import { ownConfig } from '../app/monitor.ts';
import type { CheckFlags } from '../cli/parse.ts';
import { unlessAborted } from '../support/abortable.ts';
import { checkFiles, type FileChecks } from './check-files.ts';
import { fileChecksAsText, outcomeAsText } from './check-table.ts';
import { type CommandSettings, EXIT, type ExitCode } from './command.ts';
import { failuresIn, type Outcome, outcomeOf, pollOnce, type Unread } from './poll-once.ts';

export async function runCheck(settings: CommandSettings<CheckFlags>): Promise<ExitCode> {
  const { flags, source, terminal, collectors, runtime, signal } = settings;
  const { say } = terminal;
  const checked = await unlessAborted(checkFiles(source, runtime.wallSeconds(), flags.webConfigFile), signal);
  const config = checked.config && ownConfig(checked.config, flags.shard);
  const checks: FileChecks = config ? { ...checked, config } : checked;
  const isTable = flags.format === 'table';
  if (isTable) say(fileChecksAsText(checks, terminal));
  if (config === undefined || checks.problems.length > 0 || !flags.online) {
    if (!isTable) say(checkAsJson(checks));
    return checks.problems.length > 0 ? EXIT.usage : EXIT.fine;
  }
  const polled = await pollOnce(settings, config);
  const outcome = outcomeOf(polled, config, collectors);
  say(isTable ? outcomeAsText(outcome, runtime.wallSeconds(), terminal) : checkAsJson(checks, outcome));
  return failuresIn(outcome) === 0 ? EXIT.fine : EXIT.failure;
}

/** @param outcome absent if Atlas was not polled */
function checkAsJson(checks: FileChecks, outcome?: Outcome): string {
  const { problems, warnings, config, file, webConfigFile } = checks;
  const result = {
    ok: problems.length === 0 && (outcome === undefined || failuresIn(outcome) === 0),
    config_file: file,
    web_config_file: webConfigFile,
    proxy: config?.atlas.proxy?.address,
    problems: problems.map(({ file: name, line, column, message }) => ({ file: name, line, column, message })),
    warnings,
    credentials: (config?.credentials ?? []).map(({ name, kind, expiresAtSeconds, secrets }) => ({
      name,
      kind,
      expires_at: timeOf(expiresAtSeconds),
      secrets: Object.fromEntries(Object.entries(secrets).map(([slot, { description }]) => [slot, description])),
    })),
    projects: outcome?.projects.map(({ groupId, credential, clusters, failures }) => ({
      group_id: groupId,
      credential,
      clusters,
      ...resultOf(failures),
    })),
    targets: outcome?.targets.map(({ target, read, newestSuccessAtSeconds, failures }) => ({
      group_id: target.groupId,
      cluster_name: target.clusterName,
      project_name: target.projectName,
      credential: target.credential,
      discovered: target.discovered,
      jobs: read?.items,
      pages: read?.pages,
      newest_success_at: timeOf(newestSuccessAtSeconds),
      ...resultOf(failures),
    })),
  };
  // Every field is always there: null where there is no value.
  return `${JSON.stringify(result, (_key, value: unknown) => value ?? null, 2)}\n`;
}

function resultOf(unread: readonly Unread[]) {
  const failures = unread.map(({ what, failure: { reason, status, errorCode, problem, advice } }) => {
    return { what, reason, status, error_code: errorCode, problem, advice };
  });
  return { result: failures.length === 0 ? 'ok' : 'failed', failure: failures[0], failures };
}

function timeOf(seconds: number | undefined): string | undefined {
  return seconds === undefined ? undefined : new Date(seconds * 1000).toISOString();
}
