/** The dashboard "Atlas backup exports", for people who are responsible for the backups: problems first, then running exports, then history. */
import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { startDashboard, variableOf } from './dashboard.ts';
import {
  ANY_IS_BAD,
  bars,
  type Column,
  OF_THE_LIMIT,
  PLAIN,
  STATE_COLORS,
  type Step,
  series,
  stat,
  table,
} from './panels.ts';
import {
  ageShare,
  attention,
  count,
  dataAge,
  EXPORT,
  lastKnown,
  neverSucceeded,
  newestFailed,
  ofClusters,
  overdue,
  perCluster,
  stillWatched,
  successAge,
  unreadable,
  unwatched,
  withProjectName,
} from './queries.ts';

const CLUSTER_COLUMNS: readonly Column[] = [
  { field: 'project_name', title: 'Project', width: 130 },
  {
    field: 'cluster_name',
    title: 'Cluster',
    width: 150,
    link: {
      title: 'Show the cluster on the status page',
      url: '${status_page}/targets/${__data.fields.group_id}/${__data.fields.Cluster}',
    },
  },
];
const OK_IS_ONE: readonly Step[] = [
  ['red', Number.NEGATIVE_INFINITY],
  ['green', 1],
];
const ACTIVE_JOB = 'group_id, cluster_name, export_id';

export function exportsDashboard(): DashboardBuilder {
  const dashboard = startDashboard({
    title: 'Atlas backup exports',
    uid: 'atlas-backup-exports',
    description: 'Which MongoDB Atlas clusters have no recent backup export, why, and which exports run now.',
    from: 'now-24h',
    alerts: 'AtlasBackupExport[A-Z].*',
    variables: [
      variableOf('project', 'Project', `label_values(${EXPORT}target_info, group_id)`),
      variableOf('cluster', 'Cluster', `label_values(${EXPORT}target_info{group_id=~"$project"}, cluster_name)`),
    ],
  });
  addAttention(dashboard);
  addRunning(dashboard);
  addHistory(dashboard);
  addDetails(dashboard);
  return dashboard;
}

function addAttention(dashboard: DashboardBuilder): void {
  const size = { unit: 'short', width: 4, height: 3 };
  dashboard
    .withPanel(
      stat(
        {
          ...size,
          title: 'Monitored clusters',
          description: 'Clusters that are named in the config or were found by a discovery.',
        },
        { expr: count(perCluster('target_info')) },
      ),
    )
    .withPanel(
      stat(
        {
          ...size,
          title: 'Overdue',
          description:
            'Clusters whose last successful export into the scheduled bucket, or else into any bucket, is older than its limit. The number stays during an Atlas outage.',
          steps: ANY_IS_BAD,
        },
        { expr: count(overdue) },
      ),
    )
    .withPanel(
      stat(
        {
          ...size,
          title: 'Newest export failed',
          description:
            'Clusters whose newest export into the scheduled bucket, or else into any bucket, has failed. Atlas does not retry it, and its partial data stays in the bucket.',
          steps: ANY_IS_BAD,
        },
        { expr: count(newestFailed) },
      ),
    )
    .withPanel(
      stat(
        {
          ...size,
          title: 'No success listed',
          description:
            'Clusters for which Atlas lists no successful export into the scheduled bucket, or else into any bucket.',
          steps: ANY_IS_BAD,
        },
        { expr: count(neverSucceeded) },
      ),
    )
    .withPanel(
      stat(
        {
          ...size,
          title: 'Cannot be read',
          description: 'Clusters whose last poll failed. The dashboard Atlas backup exporter shows the reason.',
          steps: ANY_IS_BAD,
        },
        { expr: count(unreadable) },
      ),
    )
    .withPanel(
      stat(
        {
          ...size,
          title: 'No limit known',
          description:
            'Clusters without a maximum age, neither from the config nor from a backup schedule. They can never be overdue.',
          steps: [
            ['green', Number.NEGATIVE_INFINITY],
            ['orange', 1],
          ],
        },
        { expr: count(unwatched) },
      ),
    )
    .withPanel(
      table(
        {
          title: 'Needs attention',
          description:
            'One row for each cluster and problem, with the age of the last success. The cluster links to its status page, which has advice.',
          unit: 'dtdurations',
          width: 14,
          height: 10,
        },
        [
          ...CLUSTER_COLUMNS,
          { field: 'problem', title: 'Problem', width: 190 },
          { field: 'Value', title: 'Age of last success', unit: 'dtdurations', width: 170, texts: { '-1': 'never' } },
          { field: 'group_id', title: 'group_id' },
        ],
        { expr: attention },
      ),
    )
    .withPanel(
      bars(
        {
          title: 'Age of last success / limit',
          description: 'A cluster is overdue above 100 %. The chart shows the 20 clusters with the highest share.',
          unit: 'percentunit',
          width: 10,
          height: 10,
          steps: OF_THE_LIMIT,
        },
        { expr: `sort_desc(topk(20, ${ageShare}))`, legend: '{{cluster_name}}' },
      ),
    );
}

function addRunning(dashboard: DashboardBuilder): void {
  const created = `max by (${ACTIVE_JOB}) (${ofClusters('active_job_created_timestamp_seconds')})`;
  const eta = `clamp_min(${created} + on (group_id, cluster_name) group_left () ${perCluster('typical_duration_seconds')} - time(), 0)`;
  dashboard
    .withRow(new RowBuilder('Running'))
    .withPanel(
      table(
        {
          title: 'Queued and running exports',
          description:
            'Progress counts collections, not bytes. It is not known for sharded clusters. The remaining time is an estimate from the usual duration of the cluster’s exports.',
          unit: 'short',
          width: 14,
          height: 8,
        },
        [
          { field: 'cluster_name', title: 'Cluster', width: 150 },
          { field: 'state', title: 'State', width: 110 },
          { field: 'Value #B', title: 'Exported', unit: 'percentunit', width: 110 },
          { field: 'Value #C', title: 'Since creation', unit: 'dtdurations', width: 150 },
          { field: 'Value #D', title: 'Estimated rest', unit: 'dtdurations', width: 150 },
          { field: 'export_id', title: 'Export' },
        ],
        { expr: `max by (${ACTIVE_JOB}, state) (${ofClusters('active_job_state')} == 1)` },
        { expr: `max by (${ACTIVE_JOB}) (${ofClusters('active_job_progress_ratio')})` },
        { expr: `time() - ${created}` },
        { expr: eta },
      ),
    )
    .withPanel(
      series(
        {
          title: 'Oldest queued and running exports',
          description:
            'Time since the oldest active export was created. Atlas queues exports while five or more replica sets of a project are exported. A line that only rises means a stuck export.',
          unit: 's',
          width: 10,
          height: 8,
        },
        {
          expr: `time() - ${perCluster('oldest_active_created_timestamp_seconds', { by: 'state' })}`,
          legend: '{{cluster_name}} {{state}}',
        },
      ),
    )
    .withPanel(
      series(
        {
          title: 'Progress',
          description: 'Share of collections that each active export has exported.',
          unit: 'percentunit',
          width: 14,
          height: 7,
        },
        {
          expr: `max by (${ACTIVE_JOB}) (${ofClusters('active_job_progress_ratio')})`,
          legend: '{{cluster_name}} {{export_id}}',
        },
      ),
    )
    .withPanel(
      series(
        {
          title: 'Active exports',
          description: 'Queued and running exports of all selected clusters.',
          unit: 'short',
          width: 10,
          height: 7,
          stacked: true,
          colors: STATE_COLORS,
        },
        {
          expr: `sum by (state) (${perCluster('jobs', { matchers: 'state=~"queued|in_progress"', by: 'state' })})`,
          legend: '{{state}}',
        },
      ),
    );
}

function addHistory(dashboard: DashboardBuilder): void {
  const half = { width: 12, height: 8 };
  dashboard
    .withRow(new RowBuilder('History'))
    .withPanel(
      series(
        {
          ...half,
          title: 'Age of the last success',
          description: 'The line falls with each success. A line that only rises means that there are no new exports.',
          unit: 's',
        },
        { expr: `time() - ${perCluster('destination_last_success_timestamp_seconds')}`, legend: '{{cluster_name}}' },
      ),
    )
    .withPanel(
      series(
        {
          ...half,
          title: 'Duration of the last success',
          description:
            'From creation to the end, time in the queue included. With a steady rise, exports will one day take longer than the time between snapshots.',
          unit: 's',
        },
        { expr: perCluster('last_success_duration_seconds'), legend: '{{cluster_name}}' },
      ),
    )
    .withPanel(
      series(
        {
          ...half,
          title: 'Listed exports by state',
          description:
            'All export jobs that Atlas lists. Atlas may remove old jobs from its list, so the number can fall.',
          unit: 'short',
          stacked: true,
          colors: STATE_COLORS,
        },
        { expr: `sum by (state) (${perCluster('jobs', { by: 'state' })})`, legend: '{{state}}' },
      ),
    )
    .withPanel(
      series(
        {
          ...half,
          title: 'Failures in a row',
          description:
            'Failed exports into the scheduled bucket, or else into any bucket, since the last success. Cancelled exports don’t count and don’t end the row.',
          unit: 'short',
        },
        { expr: `${perCluster('destination_consecutive_failures')} > 0`, legend: '{{cluster_name}}' },
      ),
    )
    .withPanel(
      bars(
        {
          ...half,
          title: 'Listed failures by error code',
          description: 'The error codes that Atlas reports. There is no public list of them.',
          unit: 'none',
        },
        {
          expr: `sort_desc(topk(15, sum by (error_code) (${perCluster('failed_jobs', { by: 'error_code' })})))`,
          legend: '{{error_code}}',
        },
      ),
    )
    .withPanel(
      table(
        {
          ...half,
          title: 'Successes that may be incomplete',
          description:
            'Clusters whose newest successful export has fewer exported collections than collections in total. Check the bucket before you rely on this export.',
          unit: 'short',
        },
        [
          { field: 'cluster_name', title: 'Cluster' },
          { field: 'Value #A', title: 'Exported', width: 110 },
          { field: 'Value #B', title: 'Collections', width: 110 },
        ],
        { expr: `${perCluster('last_success_collections_exported')} < ${perCluster('last_success_collections')}` },
        {
          expr: `${perCluster('last_success_collections')} > ${perCluster('last_success_collections_exported')}`,
        },
      ),
    );
}

function addDetails(dashboard: DashboardBuilder): void {
  dashboard.withRow(new RowBuilder('All clusters')).withPanel(
    table(
      {
        title: 'Clusters',
        description:
          'For each cluster the limit, the latest results, and whether its backup schedule exports automatically. The cluster links to its status page.',
        unit: 'short',
        width: 24,
        height: 14,
      },
      [
        ...CLUSTER_COLUMNS,
        {
          field: 'Value #A',
          title: 'Readable',
          width: 90,
          steps: OK_IS_ONE,
          texts: { '0': 'no', '1': 'yes' },
        },
        { field: 'Value #B', title: 'Age of last success', unit: 'dtdurations', width: 160 },
        { field: 'Value #C', title: 'Limit', unit: 's', width: 120 },
        { field: 'Value #D', title: 'Usual duration', unit: 'dtdurations', width: 150 },
        { field: 'Value #E', title: 'Failures in a row', width: 130, steps: ANY_IS_BAD },
        { field: 'Value #F', title: 'Auto export', width: 110, steps: PLAIN, texts: { '0': 'off', '1': 'on' } },
        { field: 'Value #G', title: 'Age of the data', unit: 'dtdurations', width: 140 },
        { field: 'group_id', title: 'group_id' },
      ],
      { expr: withProjectName(perCluster('up')) },
      { expr: withProjectName(stillWatched(successAge)) },
      { expr: withProjectName(stillWatched(lastKnown('success_max_age_seconds'))) },
      { expr: withProjectName(perCluster('typical_duration_seconds')) },
      { expr: withProjectName(perCluster('destination_consecutive_failures')) },
      { expr: withProjectName(perCluster('auto_export_enabled')) },
      { expr: withProjectName(stillWatched(dataAge)) },
    ),
  );
}
