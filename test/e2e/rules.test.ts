/** The shipped Prometheus rules and the Alertmanager example, checked with Prometheus' own tools. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { ruleTests } from '../rules/index.ts';
import { PROMETHEUS_FOLDER, RULES_FILE, readRules } from '../support/alert-rules.ts';
import { runTool, runToolAside } from '../support/tools.ts';

const ALERTMANAGER = 'deploy/alertmanager/alertmanager.yml';

test('promtool finds every rule and no error', () => {
  const { code, output } = runTool('promtool', ['check', 'rules', RULES_FILE]);
  expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining(`${readRules().length} rules found`) });
  expect(runTool('promtool', ['check', 'config', `${PROMETHEUS_FOLDER}/prometheus.yml`])).toMatchObject({ code: 0 });
});

test('the queries of the runbooks are PromQL', () => {
  const folder = mkdtempSync(join(tmpdir(), 'runbooks-'));
  const pages = readdirSync('deploy/runbooks').map((page) => readFileSync(join('deploy/runbooks', page), 'utf8'));
  const queries = pages.flatMap((page) => page.match(/(?<=PromQL: `)[^`]+/g) ?? []);
  const rules = [...new Set(queries)].map((expr, index) => ({ record: `query:${index}`, expr }));
  writeFileSync(join(folder, 'queries.yml'), stringify({ groups: [{ name: 'runbooks', rules }] }));
  const { code, output } = runTool('promtool', ['check', 'rules', join(folder, 'queries.yml')]);
  rmSync(folder, { recursive: true });
  expect(queries.length).toBeGreaterThan(30);
  expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining(`${rules.length} rules found`) });
});

describe('in promtool', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rule-tests-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const files = ruleTests(resolve(RULES_FILE)).map((content, index) => {
    const file = join(folder, `${index}.yml`);
    writeFileSync(file, JSON.stringify(content));
    return [content.tests.map(({ name }) => name).join(), file] as const;
  });

  test.concurrent.each(files)('%s', async (_name, file) => {
    const { code, output } = await runToolAside('promtool', ['test', 'rules', file]);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('SUCCESS') });
  });

  test('with the addresses set, as README.md says, an alert on a cluster links its page and the dashboard', async () => {
    const [base, dashboard] = ['https://backups.example', 'https://grafana.example/d/exports'];
    const rules = readFileSync(RULES_FILE, 'utf8')
      .replaceAll('$status_page := ""', `$$status_page := "${base}"`)
      .replaceAll('$dashboard := ""', `$$dashboard := "${dashboard}"`);
    writeFileSync(join(folder, 'linked.yml'), rules);
    const world = ruleTests('linked.yml').find(({ tests }) => tests[0]?.name.startsWith('Failed fires'));
    const group = '5f1a00000000000000000001';
    const linked = JSON.stringify(world)
      .replaceAll('"status_page":""', `"status_page":"${base}/targets/${group}/orders"`)
      .replaceAll('"dashboard":""', `"dashboard":"${dashboard}?var-project=${group}&var-cluster=orders"`);
    writeFileSync(join(folder, 'linked-test.yml'), linked);
    const { code, output } = await runToolAside('promtool', ['test', 'rules', join(folder, 'linked-test.yml')]);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('SUCCESS') });
    expect(linked).toContain(`${base}/targets/`);
  });
});

test('amtool finds no error in the example', () => {
  expect(runTool('amtool', ['check-config', ALERTMANAGER])).toMatchObject({
    code: 0,
    output: expect.stringContaining('SUCCESS'),
  });
});

function receiverOf(...labels: readonly string[]): string | undefined {
  const { output } = runTool('amtool', ['config', 'routes', 'test', `--config.file=${ALERTMANAGER}`, ...labels]);
  return output.split('\n').find((line) => !line.startsWith('Warning'));
}

test('each alert is routed by its severity: to the pager, to the tickets or to no receiver', () => {
  const wanted: Record<string, string> = { critical: 'pager', warning: 'tickets', info: 'nobody' };
  for (const { alert, labels = {} } of readRules().filter((rule) => rule.alert !== undefined)) {
    const { severity = '' } = labels;
    const receiver = receiverOf(`alertname=${alert}`, `severity=${severity}`, 'group_id=p', 'cluster_name=c');
    expect({ alert, receiver }).toEqual({ alert, receiver: wanted[severity] });
  }
});

test('a team with a route by owner gets the pages and tickets about its clusters', () => {
  const overdue = ['alertname=AtlasBackupExportOverdue', 'group_id=p', 'cluster_name=c'];
  const receivers = ['critical', 'warning', 'info'].map((severity) =>
    ['payments', 'search'].map((owner) => receiverOf(...overdue, `severity=${severity}`, `owner=${owner}`)),
  );
  expect(receivers).toEqual([
    ['payments', 'pager'],
    ['payments', 'tickets'],
    ['nobody', 'nobody'],
  ]);
});

test('an alert of another system does not reach the pager through the example', () => {
  expect(receiverOf('alertname=DiskFull', 'severity=critical')).toBe('tickets');
});
