/** What deploy/ holds twice, since kustomize and Helm only read files of their own: made from the one place where it is written. */
import { readdirSync, readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { valuesSchemaFile, valuesTable } from './helm-values.ts';

const RULES = 'deploy/prometheus';
const DASHBOARDS = 'deploy/grafana/dashboards';
export const CHART = 'deploy/helm/mongodbatlas-backup-exporter';
/** All that is in here is a copy. */
export const COPIES = `${CHART}/files`;

/** Paths and contents. */
export function deployCopies(): ReadonlyMap<string, string> {
  return new Map([
    ['deploy/kubernetes/components/prometheus-operator/prometheusrule.yaml', prometheusRule()],
    [`${CHART}/values.schema.json`, valuesSchemaFile()],
    [`${CHART}/README.md`, chartReadme()],
    ...ruleFiles().map(({ name, text }) => [`${COPIES}/rules/${name}`, text] as const),
    ...filesIn(DASHBOARDS, '.json').map(({ name, text }) => [`${COPIES}/dashboards/${name}`, text] as const),
  ]);
}

interface RuleFile {
  readonly groups?: readonly unknown[];
}

/** Beside the rules there may be other YAML, such as a scrape config. */
export function ruleFiles() {
  return filesIn(RULES, '.yml').filter(({ text }) => Array.isArray((parse(text) as RuleFile).groups));
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
  return `# Made of ${RULES} by \`npm run docs\`.\n${stringify(resource, { lineWidth: 0 })}`;
}

function chartReadme(): string {
  const readme = readFileSync(`${CHART}/README.md`, 'utf8');
  const table = valuesTable(parse(readFileSync(`${CHART}/values.yaml`, 'utf8')));
  return readme.replace(
    /(<!-- values: .*-->\n)[\s\S]*?(\n<!-- end of values -->)/,
    (_all, head, end) => `${head}\n${table}\n${end}`,
  );
}

function filesIn(folder: string, ending: string): readonly { readonly name: string; readonly text: string }[] {
  return namesIn(folder)
    .filter((name) => name.endsWith(ending))
    .map((name) => ({ name, text: readFileSync(`${folder}/${name}`, 'utf8') }));
}

/** Sorted; none where there is no such folder. */
export function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return [];
    throw error;
  }
}
