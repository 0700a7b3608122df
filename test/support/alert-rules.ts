/** The Prometheus rules that are shipped, and their unit tests, as data. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export const PROMETHEUS_FOLDER = 'deploy/prometheus';
export const RULES_FILE = `${PROMETHEUS_FOLDER}/rules.yml`;
export const RULE_TEST_FILES: readonly string[] = readdirSync(`${PROMETHEUS_FOLDER}/tests`)
  .filter((file) => file.endsWith('.yml'))
  .sort()
  .map((file) => join(PROMETHEUS_FOLDER, 'tests', file));

export interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface RuleTest {
  readonly name: string;
  readonly alert_rule_test?: readonly {
    readonly eval_time: string;
    readonly alertname: string;
    readonly exp_alerts: readonly { readonly exp_annotations?: Readonly<Record<string, string>> }[];
  }[];
}

export function readRules(): readonly Rule[] {
  const { groups } = parse(readFileSync(RULES_FILE, 'utf8')) as { groups: { rules: Rule[] }[] };
  return groups.flatMap(({ rules }) => rules);
}

export function readRuleTests(): readonly RuleTest[] {
  return RULE_TEST_FILES.flatMap((file) => (parse(readFileSync(file, 'utf8')) as { tests: RuleTest[] }).tests);
}
