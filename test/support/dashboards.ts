/** What the dashboards ask Prometheus. */
import type { Dashboard, Panel, RowPanel } from '@grafana/grafana-foundation-sdk/dashboard';

export interface PanelQuery {
  readonly title: string;
  readonly type: string;
  readonly expr: string;
  readonly legendFormat: string;
  readonly instant?: boolean;
}

export function panelsOf({ panels = [] }: Dashboard): readonly Panel[] {
  return panels.flatMap((panel: Panel | RowPanel) => (panel.type === 'row' ? [] : [panel as Panel]));
}

/** The queries of all panels. */
export function queriesOf(dashboard: Dashboard): readonly PanelQuery[] {
  return panelsOf(dashboard).flatMap(({ title = '', type, targets = [] }) =>
    targets.map((target) => ({ ...(target as unknown as PanelQuery), title, type })),
  );
}

/** The queries of annotations and variables. */
export function furtherQueriesOf({ annotations, templating }: Dashboard): readonly string[] {
  const inner = (templating?.list ?? []).map(
    ({ query }) => typeof query === 'string' && /^(?:query_result|label_values)\((.+?)(?:, \w+)?\)$/s.exec(query)?.[1],
  );
  const ofAnnotations = (annotations?.list ?? []).map(({ expr }) => expr);
  return [...ofAnnotations, ...inner].filter((expr) => typeof expr === 'string');
}

/** The query as Grafana sends it while nothing is filtered. */
export function valuesOf(expr: string): string {
  const times: Readonly<Record<string, string>> = { __rate_interval: '10s', __range: '1h' };
  return expr.replace(/\$([a-z_]+)/g, (_, name: string) => times[name] ?? '.*');
}
