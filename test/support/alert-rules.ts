/** The Prometheus rules that are shipped, as data. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

export const PROMETHEUS_FOLDER = 'deploy/prometheus';
export const RULES_FILE = `${PROMETHEUS_FOLDER}/rules.yml`;

export interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export function readRules(): readonly Rule[] {
  const { groups } = parse(readFileSync(RULES_FILE, 'utf8')) as { groups: { rules: Rule[] }[] };
  return groups.flatMap(({ rules }) => rules);
}
