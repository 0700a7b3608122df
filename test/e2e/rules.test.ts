/** The shipped Prometheus rules and the Alertmanager example, before Prometheus' own tools. */
import { describe, expect, test } from '@jest/globals';
import { PROMETHEUS_FOLDER, RULE_TEST_FILES, RULES_FILE, readRules } from '../support/alert-rules.ts';
import { runTool, runToolAside } from '../support/tools.ts';

const ALERTMANAGER = 'deploy/alertmanager/alertmanager.yml';

test('promtool finds every rule, and nothing to complain of', () => {
  const { code, output } = runTool('promtool', ['check', 'rules', RULES_FILE]);
  expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining(`${readRules().length} rules found`) });
  expect(runTool('promtool', ['check', 'config', `${PROMETHEUS_FOLDER}/prometheus.yml`])).toMatchObject({ code: 0 });
});

describe('the unit tests of the rules', () => {
  test.concurrent.each(RULE_TEST_FILES)('%s', async (file) => {
    const { code, output } = await runToolAside('promtool', ['test', 'rules', file]);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('SUCCESS') });
  });
});

test('amtool finds nothing to complain of in the example', () => {
  expect(runTool('amtool', ['check-config', ALERTMANAGER])).toMatchObject({
    code: 0,
    output: expect.stringContaining('SUCCESS'),
  });
});

test('each alert goes where its severity says: to the pager, to the tickets or to nobody', () => {
  const alerts = readRules().filter(({ alert }) => alert !== undefined);
  const receivers = alerts.map(({ alert, labels = {} }) => {
    const set = [`alertname=${alert}`, `severity=${labels['severity']}`, 'group_id=p', 'cluster_name=c'];
    return runTool('amtool', ['config', 'routes', 'test', `--config.file=${ALERTMANAGER}`, ...set]).output.trim();
  });
  const wanted: Record<string, string> = { critical: 'pager', warning: 'tickets', info: 'nobody' };
  const lastLines = receivers.map((output) => output.split('\n').find((line) => !line.startsWith('Warning')));
  expect(lastLines).toEqual(alerts.map(({ labels = {} }) => wanted[labels['severity'] ?? '']));
});

test('an alert of somebody else does not reach the pager by the example', () => {
  const set = ['alertname=DiskFull', 'severity=critical'];
  const { output } = runTool('amtool', ['config', 'routes', 'test', `--config.file=${ALERTMANAGER}`, ...set]);
  expect(output).toMatch(/^tickets$/m);
});
