/** The demo, scraped by a real Prometheus, linted by promtool, read by a strict OpenMetrics parser. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { dashboards } from '../../deploy/grafana/src/index.ts';
import { COLLECTORS, familiesOf } from '../../src/collectors/index.ts';
import { RULES_FILE } from '../support/alert-rules.ts';
import { furtherQueriesOf, queriesOf, valuesOf } from '../support/dashboards.ts';
import { type Program, startProgram } from '../support/program.ts';
import { type Prometheus, startPrometheus } from '../support/prometheus.ts';
import { until } from '../support/servers.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { runTool } from '../support/tools.ts';

const OPENMETRICS = 'application/openmetrics-text;version=1.0.0';
const NAMES = [
  ...familiesOf(COLLECTORS).map(({ name }) => name),
  'mongodbatlas_backup_export_discovery_up',
  'mongodbatlas_backup_export_last_discovery_success_timestamp_seconds',
];
const STRICT_PARSER = `
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
print(len(list(text_string_to_metric_families(sys.stdin.read()))))
`;
/** Reads the page compressed, and prints what follows the end of the first gzip file: nothing. */
const GZIP_READER = `
import sys, gzip, zlib, urllib.request
request = urllib.request.Request(sys.argv[1], headers={"Accept-Encoding": "gzip", "Accept": sys.argv[2]})
page = urllib.request.urlopen(request).read()
reader = zlib.decompressobj(31)
assert reader.decompress(page) == gzip.decompress(page)
print(reader.eof, len(reader.unused_data), gzip.decompress(page).decode().count("\\n# TYPE"))
`;

let demo: Program;
let demoUrl: string;
let prometheus: Prometheus;

beforeAll(async () => {
  demo = startProgram(['demo', '--web.listen-address', '127.0.0.1:0', '--log.level', 'info']);
  demoUrl = await demo.listening();
  // Alerts fire at once: each waits for at least a minute otherwise.
  const rules = readFileSync(RULES_FILE, 'utf8').replace(/^( +(?:for|keep_firing_for)): .*/gm, '$1: 0s');
  prometheus = await startPrometheus(new URL(demoUrl).host, {}, rules);
}, 60_000);

afterAll(async () => {
  await demo.stop();
  await prometheus.stop();
});

interface QueryAnswer {
  readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] };
}

async function ask(expr: string): Promise<QueryAnswer['data']['result']> {
  const answer = await fetch(`${prometheus.url}/api/v1/query?query=${encodeURIComponent(expr)}`);
  if (!answer.ok) throw new Error(`${expr}: ${await answer.text()}`);
  return ((await answer.json()) as QueryAnswer).data.result;
}

async function resultsOf(expr: string): Promise<number> {
  return (await ask(expr)).length;
}

/** The number of matching series, now or recently. */
async function countOf(selector: string): Promise<number> {
  const [first] = await ask(`count(last_over_time(${selector}[5m]))`);
  return Number(first?.value[1] ?? 0);
}

test('a real Prometheus finds every job and poll metric of the demo within its first minute', async () => {
  let missing: string[] = NAMES;
  await until(
    async () => {
      const counts = await Promise.all(missing.map(countOf));
      missing = missing.filter((_, index) => counts[index] === 0);
      return missing.length === 0;
    },
    65_000,
    () => missing.join(', '),
  );
});

test('it has scraped without an error', async () => {
  expect(await prometheus.targets()).toEqual([{ health: 'up', lastError: '' }]);
  expect(await countOf('up{job="demo"}')).toBe(1);
  expect(prometheus.log()).not.toMatch(/level=(warn|error).*(scrape|append)/i);
});

test('the queries of the README return data', async () => {
  const overdue =
    'time() - last_over_time(mongodbatlas_backup_export_last_success_timestamp_seconds[1d]) > last_over_time(mongodbatlas_backup_export_success_max_age_seconds[1d])';
  const answer = await fetch(`${prometheus.url}/api/v1/query?query=${encodeURIComponent(overdue)}`);
  const { data } = (await answer.json()) as { data: { result: { metric: Record<string, string> }[] } };
  expect(data.result.map(({ metric }) => metric['cluster_name'])).toContain('reports');
});

test('every query of both dashboards returns data', async () => {
  const queries = [...dashboards().values()].flatMap(queriesOf).map(({ expr }) => expr);
  expect(queries.length).toBeGreaterThan(50);
  // The demo has no TLS.
  let missing = queries.filter((expr) => !expr.includes('web_certificate_expiry')).map(valuesOf);
  await until(
    async () => {
      const counts = await Promise.all(missing.map(resultsOf));
      missing = missing.filter((_, index) => counts[index] === 0);
      return missing.length === 0;
    },
    60_000,
    () => missing.join('\n'),
  );
});

test('promtool can read every query of the dashboards, those of annotations and variables included', () => {
  const queries = [...dashboards().values()].flatMap((dashboard) => [
    ...queriesOf(dashboard).map(({ expr }) => expr),
    ...furtherQueriesOf(dashboard),
  ]);
  const rules = [...new Set(queries)].map((expr, index) => ({ record: `query:${index}`, expr: valuesOf(expr) }));
  const file = join(temporaryFolder('queries'), 'rules.yml');
  writeFileSync(file, JSON.stringify({ groups: [{ name: 'all', rules }] }));
  const { code, output } = runTool('promtool', ['check', 'rules', file]);
  expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining(`${rules.length} rules found`) });
});

test('promtool finds no error, but thinks that the number of shards belongs to a histogram', async () => {
  const page = await (await fetch(`${demoUrl}/metrics`)).text();
  const { output } = runTool('promtool', ['check', 'metrics'], page);
  expect(output).toMatch(/^mongodbatlas_backup_exporter_shard_count .* should not have "_count" suffix\n$/);
});

test('a strict OpenMetrics parser reads the page', async () => {
  const page = await (await fetch(`${demoUrl}/metrics`, { headers: { accept: OPENMETRICS } })).text();
  const { code, output } = runTool('/usr/bin/python3', ['-c', STRICT_PARSER], page);
  expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/^\d+\n$/) });
  expect(Number(output)).toBeGreaterThan(NAMES.length);
});

test('Python and curl read the compressed page as one gzip file', () => {
  const url = `${demoUrl}/metrics`;
  for (const format of ['text/plain', OPENMETRICS]) {
    const { code, output } = runTool('/usr/bin/python3', ['-c', GZIP_READER, url, format]);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/^True 0 \d{2,}\n$/) });
    const { output: text } = runTool('curl', [
      '--silent',
      '--fail',
      '--compressed',
      '--header',
      `Accept: ${format}`,
      url,
    ]);
    expect(text).toContain('\nmongodbatlas_backup_exporter_build_info{');
  }
});

test('without the exporter, the numbers of the dashboards are absent or alarming, and never 0', async () => {
  await demo.stop();
  const numbers = [...dashboards().values()].flatMap(queriesOf).filter(({ type }) => type === 'stat');
  expect(numbers.length).toBeGreaterThan(10);
  await until(
    async () => (await resultsOf('mongodbatlas_backup_exporter_build_info')) === 0,
    15_000,
    () => 'the exporter is still there',
  );
  const answers = await Promise.all(
    numbers.map(async ({ title, expr }) => ({ title, found: await ask(valuesOf(expr)) })),
  );
  expect(answers.filter(({ found }) => found.some(({ value }) => value[1] === '0'))).toEqual([]);
  // The cluster "reports" was overdue before.
  expect(answers.find(({ title }) => title === 'Overdue')?.found).toMatchObject([{ value: [expect.anything(), '1'] }]);
});
