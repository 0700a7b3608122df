/** The files that deploy/ holds twice, because kustomize and Helm read files of their own folder only. */
import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { valuesSchemaFile, valuesTable } from './helm-values.ts';
import { ruleGroups, rulesFile } from './rules/index.ts';

export const CHART = 'deploy/helm/mongodbatlas-backup-exporter';
/** Every file in this folder is a copy. */
export const COPIES = `${CHART}/files`;

/** Paths and texts; takes the dashboards by file name. */
export function deployCopies(dashboards: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([
    ['deploy/kubernetes/components/prometheus-operator/prometheusrule.yaml', prometheusRule()],
    [`${CHART}/values.schema.json`, valuesSchemaFile(RULES)],
    [`${CHART}/README.md`, chartReadme()],
    ['deploy/prometheus/rules.yml', rulesFile({ groups: PLAIN })],
    [`${COPIES}/rules/rules.yml`, rulesFile({ groups: IN_KUBERNETES })],
    ...[...dashboards].map(([name, text]) => [`${COPIES}/dashboards/${name}`, text] as const),
  ]);
}

/** The plain file distinguishes installations by the scrape job; the files for Kubernetes also by the namespace. */
const PLAIN = ruleGroups('job');
const IN_KUBERNETES = ruleGroups('namespace, job');
const RULES = IN_KUBERNETES.flatMap(({ rules }) => rules);

function prometheusRule(): string {
  return rulesFile({
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: {
      name: 'mongodbatlas-backup-exporter',
      labels: { 'app.kubernetes.io/name': 'mongodbatlas-backup-exporter' },
    },
    spec: { groups: IN_KUBERNETES },
  });
}

function chartReadme(): string {
  const readme = readFileSync(`${CHART}/README.md`, 'utf8');
  const table = valuesTable(RULES, parse(readFileSync(`${CHART}/values.yaml`, 'utf8')));
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
