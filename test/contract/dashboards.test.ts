/** The dashboards of deploy/grafana/src query only metrics that exist, and every panel is labelled. */
import { readFileSync } from 'node:fs';
import type { Dashboard, Panel, RowPanel } from '@grafana/grafana-foundation-sdk/dashboard';
import { describe, expect, test } from '@jest/globals';
import { dashboards } from '../../deploy/grafana/src/index.ts';

/** Metrics that Prometheus and Node.js define. */
const FOREIGN = /^(ALERTS|scrape_duration_seconds|process_|nodejs_)/;

function panelsOf({ panels = [] }: Dashboard): Panel[] {
  return panels.flatMap((panel: Panel | RowPanel) => (panel.type === 'row' ? [] : [panel as Panel]));
}

function queriesOf(panel: Panel): string[] {
  return (panel.targets ?? []).map((target) => (target as unknown as { expr: string }).expr);
}

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

  test('every metric in a query is documented', () => {
    const documented = readFileSync('docs/metrics.md', 'utf8');
    const names = panelsOf(dashboard)
      .flatMap(queriesOf)
      .flatMap((query) => query.match(/\b[a-zA-Z_:][a-zA-Z0-9_:]*(?=\{)/g) ?? []);
    expect(names.length).toBeGreaterThan(20);
    const missing = names
      .filter((name) => !FOREIGN.test(name))
      .filter((name) => {
        const short = name.replace(/_bucket$/, '').replace(/^mongodbatlas_backup_export(er)?_/, '');
        return !documented.includes(`\`${short}\``) && !documented.includes(`_${short}\``);
      });
    expect(missing).toEqual([]);
  });

  test('every series and bar of a panel has a legend', () => {
    for (const panel of panelsOf(dashboard).filter(({ type }) => type === 'timeseries' || type === 'bargauge')) {
      for (const target of panel.targets ?? [])
        expect(target).toMatchObject({ legendFormat: expect.stringMatching(/./) });
    }
  });
});
