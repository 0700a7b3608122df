/** The result of `check` for scripts. Its fields are a public interface: docs/commands.md describes each of them. */
import type { Checked } from './check-findings.ts';
import { failuresIn, type Outcome, type ProjectOutcome, type TargetOutcome, type Unread } from './outcome.ts';

/** @param outcome left out where Atlas was not asked */
export function checkAsJson({ problems, warnings, config, file, webConfigFile }: Checked, outcome?: Outcome): string {
  const result = {
    ok: problems.length === 0 && (outcome === undefined || failuresIn(outcome) === 0),
    config_file: file ?? null,
    web_config_file: webConfigFile ?? null,
    problems: problems.map(({ file: name, line, column, message }) => ({
      file: name ?? null,
      line: line ?? null,
      column: column ?? null,
      message,
    })),
    warnings,
    credentials: (config?.credentials ?? []).map((credential) => ({
      name: credential.name,
      kind: credential.kind,
      expires_at: timeOf(credential.expiresAtSeconds),
      secrets: Object.fromEntries(
        Object.entries(credential.secrets).map(([slot, { description }]) => [slot, description]),
      ),
    })),
    projects: outcome?.projects.map(projectAsJson) ?? null,
    targets: outcome?.targets.map(targetAsJson) ?? null,
  };
  return `${JSON.stringify(result, null, 2)}\n`;
}

function projectAsJson({ groupId, credential, clusters, failures }: ProjectOutcome) {
  return { group_id: groupId, credential, clusters, ...resultOf(failures) };
}

function targetAsJson(target: TargetOutcome) {
  return {
    group_id: target.groupId,
    cluster_name: target.clusterName,
    project_name: target.projectName,
    credential: target.credential,
    discovered: target.discovered,
    jobs: target.jobs ?? null,
    pages: target.pages ?? null,
    newest_success_at: timeOf(target.newestSuccessAtSeconds),
    ...resultOf(target.failures),
  };
}

/** `failure` is the first of `failures`. */
function resultOf(failures: readonly Unread[]) {
  const all = failures.map(failureAsJson);
  return { result: all.length === 0 ? 'ok' : 'failed', failure: all[0] ?? null, failures: all };
}

function failureAsJson({ what, failure }: Unread) {
  const { reason, status, errorCode, problem, advice } = failure;
  return { what, reason, status: status ?? null, error_code: errorCode ?? null, problem, advice };
}

function timeOf(seconds: number | undefined): string | null {
  return seconds === undefined ? null : new Date(seconds * 1000).toISOString();
}
