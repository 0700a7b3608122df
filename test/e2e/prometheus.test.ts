/** The demo, scraped by a real Prometheus, linted by promtool, read by a strict OpenMetrics parser. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { dashboards } from '../../deploy/grafana/src/index.ts';
import { COLLECTORS, familiesOf } from '../../src/collectors/index.ts';
import { type Program, startProgram } from '../support/program.ts';
import { type Prometheus, startPrometheus } from '../support/prometheus.ts';
import { until } from '../support/servers.ts';
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

let demo: Program;
let demoUrl: string;
let prometheus: Prometheus;

beforeAll(async () => {
  demo = startProgram(['demo', '--web.listen-address', '127.0.0.1:0', '--log.level', 'info']);
  demoUrl = await demo.listening();
  prometheus = await startPrometheus(new URL(demoUrl).host);
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
  const values: Readonly<Record<string, string>> = {
    __rate_interval: '10s',
    project: '.*',
    cluster: '.*',
    instance: '.*',
  };
  const queries = [...dashboards().values()].flatMap((dashboard) =>
    JSON.stringify(dashboard)
      .match(/"expr":"(?:[^"\\]|\\.)*"/g)
      ?.map((text) => JSON.parse(text.slice('"expr":'.length)) as string)
      .filter((expr) => !expr.startsWith('ALERTS')),
  );
  expect(queries.length).toBeGreaterThan(50);
  let missing = queries.map((expr = '') => expr.replace(/\$(\w+)/g, (whole, name: string) => values[name] ?? whole));
  await until(
    async () => {
      const counts = await Promise.all(missing.map(resultsOf));
      missing = missing.filter((_, index) => counts[index] === 0);
      return missing.length === 0;
    },
    30_000,
    () => missing.join('\n'),
  );
});

test('promtool finds no error', async () => {
  const page = await (await fetch(`${demoUrl}/metrics`)).text();
  expect(runTool('promtool', ['check', 'metrics'], page)).toEqual({ code: 0, output: '' });
});

test('a strict OpenMetrics parser reads the page', async () => {
  const page = await (await fetch(`${demoUrl}/metrics`, { headers: { accept: OPENMETRICS } })).text();
  const { code, output } = runTool('/usr/bin/python3', ['-c', STRICT_PARSER], page);
  expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/^\d+\n$/) });
  expect(Number(output)).toBeGreaterThan(NAMES.length);
});
