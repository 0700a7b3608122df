/** The parts that both dashboards share: variables, links, alerts as annotations. */
import {
  AnnotationQueryBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  TextBoxVariableBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DATASOURCE, link } from './panels.ts';

export interface Frame {
  readonly title: string;
  readonly uid: string;
  readonly description: string;
  /** The initial time range, in Grafana's notation. */
  readonly from: string;
  /** A regular expression: the names of the alerts that are shown as annotations. */
  readonly alerts: string;
  readonly variables: readonly QueryVariableBuilder[];
}

export const RUNBOOKS =
  'https://github.com/mongodbatlas-backup-exporter/mongodbatlas-backup-exporter/tree/main/deploy/runbooks';
const TAG = 'mongodbatlas-backup-exporter';

export function startDashboard({ title, uid, description, from, alerts, variables }: Frame): DashboardBuilder {
  const builder = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags([TAG])
    .time({ from, to: 'now' })
    .timezone('browser')
    .refresh('1m')
    .tooltip(DashboardCursorSync.Crosshair)
    .withVariable(new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'))
    .annotation(
      new AnnotationQueryBuilder()
        .name('Alerts')
        .datasource(DATASOURCE)
        .enable(true)
        .iconColor('red')
        .expr(`ALERTS{alertname=~"${alerts}", alertstate="firing"}`)
        .titleFormat('{{alertname}}')
        .textFormat('{{cluster_name}} {{group_id}}'),
    )
    .link(link('Status page', '${status_page}'))
    .link(link('Runbooks', RUNBOOKS));
  for (const variable of variables) builder.withVariable(variable);
  // The address of the exporter's own page for a browser. Only the operator knows it.
  return builder.withVariable(
    new TextBoxVariableBuilder('status_page').label('Status page').defaultValue('http://localhost:19017'),
  );
}

/** A variable with all values selected initially. */
export function variableOf(name: string, label: string, query: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(DATASOURCE)
    .query(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ text: 'All', value: '$__all' });
}
