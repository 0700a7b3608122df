/** The parts that both dashboards share: variables, links, alerts as annotations, rows of panels. */
import {
  AnnotationQueryBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  TextBoxVariableBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { type AnyPanel, DATASOURCE, link, RUNBOOKS } from './panels.ts';
import { EXPORT, EXPORTER } from './queries.ts';

export interface Frame {
  readonly title: string;
  readonly uid: string;
  readonly description: string;
  /** The initial time range, in Grafana's notation. */
  readonly from: string;
  /** A regular expression: the names of the alerts that are shown as annotations. */
  readonly alerts: string;
  readonly variables?: readonly QueryVariableBuilder[];
}

const TAG = 'mongodbatlas-backup-exporter';
const TARGETS = `${EXPORT}target_info`;
/** Each project with its name if it is known. All of the range counts, so that projects stay in the list after the exporter stopped. */
const PROJECTS = `last_over_time(max by (group_id, project_name) (${TARGETS}{job=~"$job", project_name!=""})[$__range:5m])
or on (group_id) last_over_time(max by (group_id) (${TARGETS}{job=~"$job"})[$__range:5m])`;

export function startDashboard({ title, uid, description, from, alerts, variables = [] }: Frame): DashboardBuilder {
  const builder = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags([TAG])
    .time({ from, to: 'now' })
    .timezone('browser')
    .refresh('1m')
    .tooltip(DashboardCursorSync.Crosshair)
    .withVariable(new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'))
    .withVariable(variableOf('job', 'Job', `label_values(${EXPORTER}build_info, job)`).allValue('.*'))
    .withVariable(
      // Without an own value for "All": then all means the projects of the chosen job.
      variableOf('project', 'Project', `query_result(${PROJECTS})`).regex(
        '/group_id="(?<value>[^"]+)"(?:.*project_name="(?<text>[^"]*)")?/',
      ),
    )
    .withVariable(
      variableOf(
        'cluster',
        'Cluster',
        `label_values(${TARGETS}{job=~"$job", group_id=~"$project"}, cluster_name)`,
      ).allValue('.*'),
    );
  for (const variable of variables) builder.withVariable(variable);
  for (const [name, severity, color] of [
    ['Pages', 'critical', 'red'],
    ['Tickets', 'warning', 'orange'],
  ] as const) {
    const chosen = `alertname=~"${alerts}", alertstate="firing", severity="${severity}", group_id=~"$project|", cluster_name=~"$cluster|"`;
    builder.annotation(
      new AnnotationQueryBuilder()
        .name(name)
        .datasource(DATASOURCE)
        .enable(true)
        .iconColor(color)
        // One for each alert, not for each cluster: a lost credential can concern a thousand clusters.
        .expr(`group by (alertname) (ALERTS{${chosen}})`)
        .titleFormat('{{alertname}}')
        .textFormat(`<a href="${RUNBOOKS}/{{alertname}}.md">Runbook</a>`),
    );
  }
  return (
    builder
      .link(link('Status page', '${status_page}'))
      .link(link('Runbooks', RUNBOOKS))
      // The address of the exporter's own page for a browser. Only the operator knows it.
      .withVariable(
        new TextBoxVariableBuilder('status_page').label('Status page').defaultValue('http://localhost:19017'),
      )
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
    .current({ text: 'All', value: '$__all' });
}

export interface Row {
  readonly title?: string;
  readonly height: number;
  /** In units of Grafana's 24 columns, used in turn. */
  readonly widths: readonly number[];
}

export function addPanels(
  dashboard: DashboardBuilder,
  { title, height, widths }: Row,
  panels: readonly AnyPanel[],
): void {
  if (title !== undefined) dashboard.withRow(new RowBuilder(title));
  for (const [index, panel] of panels.entries()) {
    dashboard.withPanel(panel.span(widths[index % widths.length] ?? 24).height(height));
  }
}
