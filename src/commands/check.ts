/**
 * `check`: lists every problem of the config and its files, and with --online what needs attention. The fields of its
 * JSON are a public interface, described in docs/commands.md.
 */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { CheckFlags } from '../cli/parse.ts';
import { type ConfigSource, loadConfig } from '../config/load.ts';
import { loadWebConfig } from '../config/web/web-config.ts';
import { ownShare } from '../polling/targets.ts';
import { unlessAborted } from '../support/abortable.ts';
import { type FileChecks, fileChecksAsText, outcomeAsText } from './check-table.ts';
import { type CommandSettings, EXIT, type ExitCode } from './command.ts';
import { failuresIn, type Outcome, outcomeOf, pollOnce, type Unread } from './poll-once.ts';

export async function runCheck(settings: CommandSettings<CheckFlags>): Promise<ExitCode> {
  const { flags, source, terminal, collectors, runtime, signal } = settings;
  const { say } = terminal;
  const checked = await unlessAborted(checkFiles(source, runtime.wallSeconds(), flags.webConfigFile), signal);
  const config = checked.config && ownShare(checked.config, flags.shard);
  const checks: FileChecks = config ? { ...checked, config } : checked;
  const isTable = flags.format === 'table';
  if (isTable) say(fileChecksAsText(checks, terminal));
  if (config === undefined || checks.problems.length > 0 || !flags.online) {
    if (!isTable) say(checkAsJson(checks));
    return checks.problems.length > 0 ? EXIT.usage : EXIT.fine;
  }
  const polled = await pollOnce(settings, config);
  const nowSeconds = runtime.wallSeconds();
  const outcome = outcomeOf(polled, config, collectors, nowSeconds);
  say(isTable ? outcomeAsText(outcome, nowSeconds, flags.all, terminal) : checkAsJson(checks, outcome));
  return failuresIn(outcome) === 0 ? EXIT.fine : EXIT.failure;
}

/** @param outcome absent if Atlas was not polled */
function checkAsJson(checks: FileChecks, outcome?: Outcome): string {
  const { problems, warnings, config, configFiles, webConfigFile } = checks;
  const result = {
    ok: problems.length === 0 && (outcome === undefined || failuresIn(outcome) === 0),
    config_file: configFiles?.[0],
    config_files: configFiles ?? [],
    web_config_file: webConfigFile,
    proxy: config?.atlas.proxy?.address,
    problems: problems.map(({ file: name, line, column, message }) => ({ file: name, line, column, message })),
    warnings: [...warnings, ...(outcome?.warnings ?? [])],
    credentials: (config?.credentials ?? []).map(({ name, kind, expiresAtSeconds, secrets }) => ({
      name,
      kind,
      expires_at: timeOf(expiresAtSeconds),
      secrets: Object.fromEntries(Object.entries(secrets).map(([slot, { description }]) => [slot, description])),
    })),
    listings: outcome?.listings.map(({ failures, ...listing }) => ({ ...listing, ...resultOf(failures) })),
    rules: outcome?.rules,
    projects: outcome?.projects.map(({ groupId: group_id, failures, ...project }) => {
      return { group_id, ...project, ...resultOf(failures) };
    }),
    targets: outcome?.targets.map(({ target, read, newestSuccessAtSeconds, findings, failures }) => ({
      group_id: target.groupId,
      cluster_name: target.clusterName,
      project_name: target.projectName,
      credential: target.credential,
      owner: target.owner,
      discovered: target.discovered,
      jobs: read?.items,
      pages: read?.pages,
      newest_success_at: timeOf(newestSuccessAtSeconds),
      condition: findings[0]?.condition,
      findings: findings.map(({ condition, problem, advice, alert }) => ({ condition, problem, advice, alert })),
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

/** Checks the config, its secret files and the web config file, without a request to Atlas. */
export async function checkFiles(source: ConfigSource, nowSeconds: number, webConfigFile?: string) {
  const loaded: FileChecks = { problems: [], warnings: [], ...(await loadConfig(source)) };
  const web = webConfigFile === undefined ? undefined : await loadWebConfig(webConfigFile, source, nowSeconds);
  const { tls, users } = web?.webConfig ?? {};
  const cleartext = `${webConfigFile} asks for passwords without TLS: they cross the network unencrypted; add tls_server_config`;
  const secretFiles = (loaded.config?.credentials ?? [])
    .flatMap(({ secrets }) => Object.entries(secrets))
    .flatMap(([slot, { file }]) => (file === undefined || NOT_SECRET.includes(slot) ? [] : [file]));
  const unsafe = await Promise.all(Array.from(new Set(secretFiles.concat(tls?.keyFile ?? [])), warningFor));
  return {
    ...loaded,
    ...(webConfigFile !== undefined && { webConfigFile: resolve(source.cwd, webConfigFile) }),
    problems: [...loaded.problems, ...(web?.problems ?? [])],
    warnings: [
      ...loaded.warnings,
      ...(web?.warnings ?? []),
      ...(users?.size && !tls ? [cleartext] : []),
      ...unsafe.filter((warning) => warning !== undefined),
    ],
  };
}

const NOT_SECRET = ['client_id', 'public_key'];

async function warningFor(path: string): Promise<string | undefined> {
  // The check of the config has already reported a file that cannot be read.
  const mode = (await stat(path).catch(() => undefined))?.mode ?? 0;
  if ((mode & 0o044) === 0) return undefined;
  const readers = mode & 0o004 ? 'everyone on this host' : 'its group';
  const octal = (mode & 0o777).toString(8).padStart(4, '0');
  return `${path} holds a secret and can be read by ${readers} (mode ${octal}): chmod 600 it unless this is intended`;
}
