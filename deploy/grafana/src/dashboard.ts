/** What both dashboards share: variables, links, alerts as annotations. */
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
  /** The time range at first, as Grafana writes it. */
  readonly from: string;
  /** A regular expression of the names of alerts that are shown as annotations. */
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
  // Where the exporter's own page is to be found from a browser: only its operator knows.
  return builder.withVariable(
    new TextBoxVariableBuilder('status_page').label('Status page').defaultValue('http://localhost:19017'),
  );
}

/** All values at first. */
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
