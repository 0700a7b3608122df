/** The dashboards by the file each is kept in. */
import type { Dashboard, DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { exporterDashboard } from './exporter-dashboard.ts';
import { exportsDashboard } from './exports-dashboard.ts';

export function dashboards(): ReadonlyMap<string, Dashboard> {
  return new Map([
    ['atlas-backup-exports.json', numbered(exportsDashboard())],
    ['atlas-backup-exporter.json', numbered(exporterDashboard())],
  ]);
}

/** With an id for every panel: links to single panels need one that lasts. */
function numbered(builder: DashboardBuilder): Dashboard {
  const dashboard = builder.build();
  const panels = (dashboard.panels ?? []).map((panel, index) => ({ ...panel, id: index + 1 }));
  return { ...dashboard, panels };
}
