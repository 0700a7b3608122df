/** Alerts, their unit tests, their runbooks and their metrics match. test/e2e checks them with Prometheus' own tools. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parseDuration } from '../../src/support/words.ts';
import { ruleTests } from '../rules/index.ts';
import { PROMETHEUS_FOLDER, readRules } from '../support/alert-rules.ts';

const RUNBOOKS = 'deploy/runbooks';
const RUNBOOK_BASE =
  'https://github.com/mongodbatlas-backup-exporter/mongodbatlas-backup-exporter/blob/main/deploy/runbooks/';
const OURS = /(?<![\w:])mongodbatlas_[a-z_]+/g;

const rules = readRules();
const alerts = rules.filter((rule) => rule.alert !== undefined);
const names = [...new Set(alerts.map(({ alert = '' }) => alert))].sort();
const pages = readdirSync(RUNBOOKS).filter((file) => file !== 'README.md');
const documented = new Set(readFileSync('docs/metrics.md', 'utf8').match(/(?<=^\| `)mongodbatlas_\w+/gm));
const unitTests = ruleTests('').flatMap(({ tests }) => tests);

function secondsOf(duration: string): number {
  const parsed = parseDuration(duration);
  if ('problem' in parsed) throw new Error(`${duration}: ${parsed.problem}`);
  return parsed.value;
}

test('the scan finds alerts, runbooks and metrics', () => {
  expect(names.length).toBeGreaterThan(20);
  expect(documented.size).toBeGreaterThan(50);
});

test('every alert has a runbook, every runbook has an alert, and the index lists all of them', () => {
  expect(pages.sort()).toEqual(names.map((name) => `${name}.md`));
  const index = readFileSync(`${RUNBOOKS}/README.md`, 'utf8').match(/(?<=\]\()\w+(?=\.md\))/g);
  expect(index?.sort()).toEqual(names);
});

test.each(pages)('%s has the usual sections and the severity of its alert', (page) => {
  const text = readFileSync(`${RUNBOOKS}/${page}`, 'utf8');
  const alert = page.replace('.md', '');
  const severities = alerts.filter((rule) => rule.alert === alert).map(({ labels }) => labels?.['severity']);
  expect((text.match(/AtlasBackup[A-Z]\w+/gi) ?? []).filter((name) => !names.includes(name))).toEqual([]);
  const headings = text.match(/^#.*/gm);
  expect(headings).toEqual([
    `# ${alert}`,
    '## What it means',
    '## Impact',
    '## Where to look',
    '## Causes, most likely first',
    '## What to do',
  ]);
  expect(text).toContain(`\nSeverity: ${severities.join(', later ')}\n`);
});

describe.each(alerts)('$alert', ({ alert = '', expr, labels, annotations }) => {
  test('has the usual name, severity and annotations', () => {
    expect(alert).toMatch(/^AtlasBackupExport(er)?[A-Z]/);
    expect(labels?.['severity']).toMatch(/^(critical|warning|info)$/);
    expect(annotations?.['summary']).toBeTruthy();
    expect(annotations?.['description']).toContain('{{');
    expect(annotations?.['runbook_url']).toBe(`${RUNBOOK_BASE}${alert}.md`);
    expect(annotations).toHaveProperty('status_page');
    // Alerts on a cluster or a project have the label of its owner.
    if (/^AtlasBackupExport[A-Z]/.test(alert)) expect(expr).toMatch(/(group_left \(owner\)|by \(group_id, owner\))/);
    // An alert about a cluster also names its project.
    if (annotations?.['dashboard'] !== undefined) expect(annotations['summary']).toMatch(/cluster_name.*project_name/);
  });

  test('has a unit test in which it is inactive, fires with its text, and resolves', () => {
    const courses = unitTests.map(({ alert_rule_test }) =>
      alert_rule_test
        .filter(({ alertname }) => alertname === alert)
        .map(({ eval_time, exp_alerts }) => ({
          at: secondsOf(eval_time),
          fires: exp_alerts.length > 0,
        }))
        .sort((a, b) => a.at - b.at)
        .map(({ fires }) => (fires ? 'fires' : 'quiet'))
        .join(' '),
    );
    expect(courses).toContainEqual(expect.stringMatching(/quiet fires.* quiet$/));
  });
});

describe('rules', () => {
  test('use only documented metrics and recorded series', () => {
    const recorded = new Set(rules.map(({ record }) => record));
    const texts = rules.flatMap(({ expr, annotations = {} }) => [expr, ...Object.values(annotations)]).join('\n');
    expect([...new Set(texts.match(OURS))].filter((name) => !documented.has(name))).toEqual([]);
    expect([...new Set(texts.match(/\w+:mongodbatlas_\w+:\w+/g))].filter((name) => !recorded.has(name))).toEqual([]);
  });

  test('use ranges on recorded series only, so that a rollout fires no alert', () => {
    const lookingBack = rules.flatMap(({ expr }) => expr.match(/[\w:]+(\{[^}]*\})?(?=\[| offset )/g) ?? []);
    expect(lookingBack.length).toBeGreaterThan(5);
    expect(lookingBack.filter((series) => !series.includes(':'))).toEqual([]);
  });

  test('read only thresholds that exist, and every threshold is read', () => {
    const thresholds = rules.flatMap(({ record = '' }) => (record.startsWith('threshold:') ? [record] : []));
    const read = new Set(rules.flatMap(({ expr }) => expr.match(/threshold:\w+/g) ?? []));
    expect([...read].sort()).toEqual(thresholds.sort());
  });

  test('the chart and the operator tell installations apart by namespace and job, the plain file by job', () => {
    const chart = readFileSync('deploy/helm/mongodbatlas-backup-exporter/files/rules/rules.yml', 'utf8');
    const operator = readFileSync('deploy/kubernetes/components/prometheus-operator/prometheusrule.yaml', 'utf8');
    for (const text of [chart, operator])
      expect(text).toContain('max by (namespace, job) (mongodbatlas_backup_exporter_shard_count)');
    expect(readFileSync(`${PROMETHEUS_FOLDER}/rules.yml`, 'utf8')).not.toContain('namespace');
  });

  test('are described in runbooks and READMEs that use only documented metrics', () => {
    const files = [...pages.map((page) => `${RUNBOOKS}/${page}`), `${PROMETHEUS_FOLDER}/README.md`];
    const recorded = new Set(rules.map(({ record }) => record));
    for (const file of files) {
      const text = readFileSync(file, 'utf8');
      expect({ file, unknown: (text.match(OURS) ?? []).filter((name) => !documented.has(name)) }).toEqual({
        file,
        unknown: [],
      });
      const unknown = (text.match(/\w+:mongodbatlas_\w+:\w+/g) ?? []).filter((name) => !recorded.has(name));
      expect({ file, unknown }).toEqual({ file, unknown: [] });
    }
  });
});
