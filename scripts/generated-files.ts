/**
 * Every generated file of the repository: its path and its text. `npm run docs` writes them; a test compares them with the
 * committed files. Paths are relative to the root of the repository, which must be the current directory.
 */
import { readFileSync } from 'node:fs';
import { dashboards } from '../deploy/grafana/src/index.ts';
import { goldenPage } from '../test/support/golden-page.ts';
import { apiDocument } from './api-doc.ts';
import { configurationDoc, schemaFile } from './configuration-doc.ts';
import { deployCopies } from './deploy-copies.ts';
import { metricsDocument } from './metrics-doc.ts';
import { webConfigurationDoc } from './web-configuration-doc.ts';

const CONFIG = 'deploy/config';

export async function generatedFiles(): Promise<ReadonlyMap<string, string>> {
  const dashboardFiles = new Map(
    [...dashboards()].map(([name, dashboard]) => [name, `${JSON.stringify(dashboard, null, 2)}\n`]),
  );
  return new Map([
    ['docs/metrics.md', metricsDocument()],
    ['docs/api.md', apiDocument()],
    ['docs/configuration.md', configurationDoc(read(`${CONFIG}/mongodbatlas-backup-exporter.example.yml`))],
    ['docs/web-configuration.md', webConfigurationDoc(read(`${CONFIG}/web-config.example.yml`))],
    [`${CONFIG}/mongodbatlas-backup-exporter.schema.json`, schemaFile()],
    ['test/fixtures/golden-metrics.txt', await goldenPage('text')],
    ['test/fixtures/golden-openmetrics.txt', await goldenPage('openmetrics')],
    ...[...dashboardFiles].map(([name, text]) => [`deploy/grafana/dashboards/${name}`, text] as const),
    ...deployCopies(dashboardFiles),
  ]);
}

function read(path: string): string {
  return readFileSync(path, 'utf8');
}
