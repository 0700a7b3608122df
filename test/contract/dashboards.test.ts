/** The dashboards of deploy/grafana/src query only metrics that exist, and every panel is labelled. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { dashboards } from '../../deploy/grafana/src/index.ts';
import { readRules } from '../support/alert-rules.ts';
import { furtherQueriesOf, panelsOf, queriesOf } from '../support/dashboards.ts';

const rules = readRules();
const documented = new Set(readFileSync('docs/metrics.md', 'utf8').match(/(?<=^\| `)mongodbatlas_\w+/gm));
const OURS = /[\w:]*mongodbatlas_[\w:]+/g;

describe.each([...dashboards()])('%s', (_file, dashboard) => {
  test('every panel has a title, a description, a unit and the chosen data source', () => {
    const panels = panelsOf(dashboard);
    expect(panels.length).toBeGreaterThan(15);
    for (const { title, description, fieldConfig, datasource } of panels) {
      expect({ title, datasource }).toEqual({
        title: expect.stringMatching(/./),
        datasource: { type: 'prometheus', uid: '${datasource}' },
      });
      expect(description).toMatch(/\.$/);
      expect(fieldConfig?.defaults.unit).toMatch(/./);
    }
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
    expect(new Set(dashboard.panels?.map(({ id }) => id)).size).toBe(dashboard.panels?.length);
  });

  const queries = queriesOf(dashboard);
  const all = [...queries.map(({ expr }) => expr), ...furtherQueriesOf(dashboard)];

  test('every metric in a query is documented or recorded by the rules', () => {
    const known = new Set([...documented, ...rules.map(({ record }) => record)]);
    const names = all.flatMap((expr) => expr.match(OURS) ?? []).map((name) => name.replace(/_bucket$/, ''));
    expect(names.length).toBeGreaterThan(20);
    expect(names.filter((name) => !known.has(name))).toEqual([]);
  });

  test('every alert that a query names exists', () => {
    const named = all.flatMap((expr) => expr.match(/(?<=alertname=~")[^"]+/g) ?? []);
    expect(named.length).toBeGreaterThan(1);
    // Each alternative of the regular expression alone: A(B|C) is AB and AC.
    const alternatives = named.flatMap((pattern) => {
      const parts = pattern.split(/\|(?![^(]*\))/);
      return parts.flatMap((part) => {
        const [whole, before, inner] = /^([^(]*)\((.*)\)$/.exec(part) ?? [];
        return whole === undefined ? [part] : (inner?.split('|').map((end) => `${before}${end}`) ?? []);
      });
    });
    const unknown = alternatives.filter(
      (one) => !rules.some(({ alert = '' }) => new RegExp(`^(?:${one})$`).test(alert)),
    );
    expect(unknown).toEqual([]);
  });

  test('without the exporter or the rules, no query answers 0 and no panel is green', () => {
    expect(all.filter((expr) => /vector\(|absent/.test(expr))).toEqual([]);
    const counts = all.filter((expr) => /^count.*ALERTS/.test(expr) && !expr.includes('by (alertname)'));
    expect(counts.filter((expr) => !/or 0 \* count\(cluster:.*target_info.* and on .*target_info/.test(expr))).toEqual(
      [],
    );
    // Grafana draws a number that is absent in the first colour.
    const colors = panelsOf(dashboard).flatMap(({ fieldConfig }) => [
      fieldConfig?.defaults.thresholds?.steps[0]?.color,
      ...(fieldConfig?.overrides ?? []).flatMap(({ properties }) =>
        properties
          .filter(({ id }) => id === 'thresholds')
          .map(({ value }) => (value as { steps: { color: string }[] }).steps[0]?.color),
      ),
    ]);
    expect(new Set(colors)).toEqual(new Set(['text']));
  });

  test('every line over time has a legend, names the project of a cluster, and is one of a limited number', () => {
    const lines = queries.filter(({ type }) => type === 'timeseries');
    expect(lines.filter(({ legendFormat, instant }) => legendFormat === '' || instant)).toEqual([]);
    const ofClusters = lines.filter(({ legendFormat }) => /cluster_name|project_name/.test(legendFormat));
    expect(ofClusters.length).toBeGreaterThan(0);
    for (const { legendFormat, expr } of ofClusters) {
      expect(legendFormat).toContain('{{project_name}}');
      const [unnamed = ''] = expr.split('group_left (project_name)');
      expect(unnamed).toMatch(/ topk\(\d+, .*@ end\(\)/s);
    }
    expect(queries.filter(({ type, instant }) => type !== 'timeseries' && !instant)).toEqual([]);
  });

  test('every table of clusters names their projects', () => {
    for (const { type, targets = [], transformations = [] } of panelsOf(dashboard)) {
      const columns = JSON.stringify(transformations);
      if (type !== 'table' || !columns.includes('cluster_name')) continue;
      expect(columns).toContain('project_name');
      expect(JSON.stringify(targets)).toContain('group_left (project_name)');
    }
  });

  test('every rate is taken over the interval that Grafana derives from the scrape interval', () => {
    expect(all.filter((expr) => /\b(rate|increase)\((?!.*?\[\$__rate_interval\])/.test(expr))).toEqual([]);
  });

  test('there are variables for data source, job, project and cluster', () => {
    const variables = dashboard.templating?.list?.map(({ name }) => name);
    expect(variables).toEqual(expect.arrayContaining(['datasource', 'job', 'project', 'cluster']));
  });
});
