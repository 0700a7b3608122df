/** The result of `check` for scripts. Its fields are a public interface: docs/commands.md describes each of them. */
import type { Checked } from './check-findings.ts';
import { type Failed, failuresIn, type Outcome, type ProjectOutcome, type TargetOutcome } from './outcome.ts';

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

function projectAsJson({ groupId, credential, clusters, failed }: ProjectOutcome) {
  return { group_id: groupId, credential, result: resultOf(failed), clusters, failure: failureAsJson(failed) };
}

function targetAsJson(target: TargetOutcome) {
  return {
    group_id: target.groupId,
    cluster_name: target.clusterName,
    project_name: target.projectName,
    credential: target.credential,
    discovered: target.discovered,
    result: resultOf(target.failed),
    jobs: target.jobs ?? null,
    pages: target.pages ?? null,
    newest_success_at: timeOf(target.newestSuccessAtSeconds),
    failure: failureAsJson(target.failed),
  };
}

function resultOf(failed: Failed | undefined): 'ok' | 'failed' {
  return failed === undefined ? 'ok' : 'failed';
}

function failureAsJson(failed: Failed | undefined) {
  if (failed === undefined) return null;
  const { reason, status, errorCode, problem, advice } = failed.failure;
  return { what: failed.what, reason, status: status ?? null, error_code: errorCode ?? null, problem, advice };
}

function timeOf(seconds: number | undefined): string | null {
  return seconds === undefined ? null : new Date(seconds * 1000).toISOString();
}
