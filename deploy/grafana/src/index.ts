/** The dashboards, by file name. */
import type { Dashboard, DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { exporterDashboard } from './exporter-dashboard.ts';
import { exportsDashboard } from './exports-dashboard.ts';

export function dashboards(): ReadonlyMap<string, Dashboard> {
  return new Map([
    ['atlas-backup-exports.json', numbered(exportsDashboard())],
    ['atlas-backup-exporter.json', numbered(exporterDashboard())],
  ]);
}

/** Adds an id to every panel, because links to single panels need a stable id. */
function numbered(builder: DashboardBuilder): Dashboard {
  const dashboard = builder.build();
  const panels = (dashboard.panels ?? []).map((panel, index) => ({ ...panel, id: index + 1 }));
  return { ...dashboard, panels };
}
