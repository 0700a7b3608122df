/** The files that deploy/ holds twice, because kustomize and Helm read files of their own folder only. */
import { readdirSync, readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { type Rule, valuesSchemaFile, valuesTable } from './helm-values.ts';

const RULES = 'deploy/prometheus';
export const CHART = 'deploy/helm/mongodbatlas-backup-exporter';
/** Every file in this folder is a copy. */
export const COPIES = `${CHART}/files`;

/** Paths and texts; takes the dashboards by file name. */
export function deployCopies(dashboards: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([
    ['deploy/kubernetes/components/prometheus-operator/prometheusrule.yaml', prometheusRule()],
    [`${CHART}/values.schema.json`, valuesSchemaFile(rules())],
    [`${CHART}/README.md`, chartReadme()],
    ...ruleFiles().map(({ name, text }) => [`${COPIES}/rules/${name}`, text] as const),
    ...[...dashboards].map(([name, text]) => [`${COPIES}/dashboards/${name}`, text] as const),
  ]);
}

interface RuleFile {
  readonly groups?: readonly { readonly rules: readonly Rule[] }[];
}

function rules(): readonly Rule[] {
  return ruleFiles().flatMap(({ text }) => (parse(text) as RuleFile).groups?.flatMap((group) => group.rules) ?? []);
}

/** The folder also holds YAML files without rules, such as a scrape config. */
export function ruleFiles() {
  return namesIn(RULES)
    .filter((name) => name.endsWith('.yml'))
    .map((name) => ({ name, text: readFileSync(`${RULES}/${name}`, 'utf8') }))
    .filter(({ text }) => Array.isArray((parse(text) as RuleFile).groups));
}

function prometheusRule(): string {
  const resource = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: {
      name: 'mongodbatlas-backup-exporter',
      labels: { 'app.kubernetes.io/name': 'mongodbatlas-backup-exporter' },
    },
    spec: { groups: ruleFiles().flatMap(({ text }) => (parse(text) as RuleFile).groups ?? []) },
  };
  return `# Made from ${RULES} by \`npm run docs\`.\n${stringify(resource, { lineWidth: 0 })}`;
}

function chartReadme(): string {
  const readme = readFileSync(`${CHART}/README.md`, 'utf8');
  const table = valuesTable(rules(), parse(readFileSync(`${CHART}/values.yaml`, 'utf8')));
  return readme.replace(
    /(<!-- values: .*-->\n)[\s\S]*?(\n<!-- end of values -->)/,
    (_all, head, end) => `${head}\n${table}\n${end}`,
  );
}

/** File names, sorted; an empty list if the folder does not exist. */
export function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return [];
    throw error;
  }
}
