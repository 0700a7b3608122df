/** The dashboard "Atlas backup exports", for people who are responsible for the backups: problems first, then running exports, then history. */
import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { addPanels, startDashboard } from './dashboard.ts';
import {
  type Column,
  OF_THE_LIMIT,
  PAGES,
  RUNBOOKS,
  STATE_COLORS,
  series,
  stat,
  TICKETS,
  table,
  top,
  YES_OR_NO,
} from './panels.ts';
import {
  ageShare,
  attention,
  CLUSTER,
  cannotBeRead,
  countFiring,
  dataAge,
  firing,
  greatest,
  lastRecorded,
  NAME,
  named,
  OF_CLUSTERS,
  ofClusters,
  perCluster,
  successAge,
} from './queries.ts';

const PROJECT: Column = { field: 'project_name', title: 'Project', width: 150 };
const PLAIN_CLUSTER: Column = { field: 'cluster_name', title: 'Cluster', width: 150 };
const CLUSTERS: readonly Column[] = [PROJECT, PLAIN_CLUSTER];
const LINKED_CLUSTER: readonly Column[] = [
  PROJECT,
  {
    ...PLAIN_CLUSTER,
    link: {
      title: 'Show the cluster on the status page',
      url: '${status_page}/targets/${__data.fields.group_id}/${__data.fields.Cluster}',
    },
  },
];
const GROUP_ID: Column = { field: 'group_id', title: 'group_id', hidden: true };
const ACTIVE_JOB = 'group_id, cluster_name, export_id';
const DESTINATION = 'the scheduled bucket, or else into any bucket';

export function exportsDashboard(): DashboardBuilder {
  const dashboard = startDashboard({
    title: 'Atlas backup exports',
    uid: 'atlas-backup-exports',
    description: 'Which MongoDB Atlas clusters have no recent backup export, why, and which exports run now.',
    from: 'now-24h',
    alerts: OF_CLUSTERS,
  });
  addAttention(dashboard);
  addRunning(dashboard);
  addHistory(dashboard);
  addDetails(dashboard);
  return dashboard;
}

function addAttention(dashboard: DashboardBuilder): void {
  addPanels(dashboard, { height: 3, widths: [3] }, [
    stat(
      'Monitored clusters',
      'Clusters that are named in the config or were found by a discovery.',
      `count(${perCluster('target_info')})`,
    ),
    alerts('Overdue', 'Overdue', `the last successful export into ${DESTINATION}, is older than the limit`, PAGES),
    alerts('No success listed', 'NoSuccessListed', `Atlas lists no successful export into ${DESTINATION}`, PAGES),
    alerts(
      'Newest failed',
      'Failed|FailingRepeatedly',
      `the newest export into ${DESTINATION}, has failed. Atlas does not retry it, and its partial data stays in the bucket`,
    ),
    alerts('Old data', 'DataOld', 'exports succeed, but their newest data is older than twice the limit'),
    alerts(
      'Not exported',
      'NotStarted|PolicyWithoutItem',
      'the export of a snapshot has not started, or the backup schedule takes no snapshots of the exported frequency',
    ),
    stat(
      'Cannot be read',
      'Clusters whose polls have failed for 15 minutes. The dashboard Atlas backup exporter shows the reason.',
      cannotBeRead,
      { steps: TICKETS },
    ),
    alerts(
      'No limit known',
      'Unwatched',
      'there is no maximum age, neither from the config nor from a backup schedule. They can never be overdue',
    ),
  ]);
  addPanels(dashboard, { height: 10, widths: [14, 10] }, [
    table(
      'Needs attention',
      'The firing alerts, pages first, with the age of the last success. The cluster links to its status page, which has advice. The alert links to its runbook.',
      [
        ...LINKED_CLUSTER,
        {
          field: 'alertname',
          title: 'Alert',
          width: 290,
          link: { title: 'Show the runbook', url: `${RUNBOOKS}/\${__value.raw}.md` },
        },
        { field: 'severity', title: 'Severity', width: 80 },
        { field: 'Value', title: 'Age of last success', unit: 'dtdurations', texts: { '-1': 'unknown or none' } },
        GROUP_ID,
      ],
      [attention],
      { sortBy: ['Severity'] },
    ),
    top(
      'Age of last success / limit',
      'The 20 clusters with the highest share, without paused clusters. Above 100 % a cluster is overdue, unless an export runs or its schedule has just changed.',
      20,
      CLUSTERS,
      named(ageShare),
      { title: 'Of the limit', unit: 'percentunit', steps: OF_THE_LIMIT },
    ),
  ]);
}

/** A stat of the clusters for which such an alert fires. `names` is a regular expression, without the prefix of the alerts' names. */
function alerts(title: string, names: string, what: string, steps = TICKETS) {
  const description = `Clusters with a firing alert: ${what}. “No data” means that the exporter or the rules are missing.`;
  return stat(title, description, countFiring(`AtlasBackupExport(${names})`), { steps });
}

function addRunning(dashboard: DashboardBuilder): void {
  const created = `max by (${ACTIVE_JOB}) (${ofClusters('active_job_created_timestamp_seconds')})`;
  const progress = `max by (${ACTIVE_JOB}) (${ofClusters('active_job_progress_ratio')})`;
  const eta = `clamp_min(${created} + on (${CLUSTER}) group_left () ${perCluster('typical_duration_seconds')} - time(), 0)`;
  addPanels(dashboard, { title: 'Running', height: 8, widths: [14, 10] }, [
    table(
      'Queued and running exports',
      'Progress counts collections, not bytes. It is not known for sharded clusters. The remaining time is an estimate from the usual duration of the cluster’s exports.',
      [
        ...CLUSTERS,
        { field: 'state', title: 'State', width: 100 },
        { field: 'Value #B', title: 'Exported', unit: 'percentunit', width: 90 },
        { field: 'Value #C', title: 'Since creation', unit: 'dtdurations', width: 140 },
        { field: 'Value #D', title: 'Estimated rest', unit: 'dtdurations', width: 140 },
        { field: 'export_id', title: 'Export' },
      ],
      [
        `max by (${ACTIVE_JOB}, state) (${ofClusters('active_job_state')} == 1)`,
        progress,
        `time() - ${created}`,
        eta,
      ].map(named),
    ),
    series(
      'Oldest queued and running exports',
      'Time since the oldest active export was created, of the ten oldest. Atlas queues exports while five or more replica sets of a project are exported. A line that only rises means a stuck export.',
      {
        [`${NAME} {{state}}`]: named(
          greatest(
            10,
            `time() - ${perCluster('oldest_active_created_timestamp_seconds', { by: ['state'] })}`,
            `${CLUSTER}, state`,
          ),
        ),
      },
      { unit: 's' },
    ),
    series(
      'Progress',
      'Share of collections that the ten oldest active exports have exported.',
      {
        [`${NAME} {{export_id}}`]: named(
          `${progress} and on (${ACTIVE_JOB}) (${greatest(10, `time() - ${created}`, ACTIVE_JOB)})`,
        ),
      },
      { unit: 'percentunit' },
    ),
    series(
      'Active exports',
      'Queued and running exports of all selected clusters.',
      {
        '{{state}}': `sum by (state) (${perCluster('jobs', { matchers: ['state=~"queued|in_progress"'], by: ['state'] })})`,
      },
      { stacked: true, colors: STATE_COLORS },
    ),
  ]);
}

function addHistory(dashboard: DashboardBuilder): void {
  const incomplete = firing('AtlasBackupExportIncomplete');
  addPanels(dashboard, { title: 'History', height: 8, widths: [12] }, [
    series(
      'Firing alerts',
      'For how many clusters, or projects, each alert fires.',
      { '{{alertname}}': `count by (alertname) (${firing(OF_CLUSTERS)})` },
      { stacked: true },
    ),
    series(
      'Age of the last success',
      'The ten clusters with the oldest success. The line falls with each success. A line that only rises means that there are no new exports.',
      { [NAME]: named(greatest(10, successAge)) },
      { unit: 's' },
    ),
    series(
      'Duration of the last success',
      'From creation to the end, time in the queue included, for the ten longest. With a steady rise, exports will one day take longer than the time between snapshots.',
      { [NAME]: named(greatest(10, perCluster('last_success_duration_seconds'))) },
      { unit: 's' },
    ),
    series(
      'Listed exports by state',
      'All export jobs that Atlas lists. Atlas may remove old jobs from its list, so the number can fall.',
      { '{{state}}': `sum by (state) (${perCluster('jobs', { by: ['state'] })})` },
      { stacked: true, colors: STATE_COLORS },
    ),
    top(
      'Failures in a row',
      `Failed exports into ${DESTINATION}, since the last success. Cancelled exports don’t count and don’t end the row.`,
      15,
      CLUSTERS,
      named(`${perCluster('destination_consecutive_failures')} > 0`),
      { title: 'Failures' },
    ),
    top(
      'Listed failures by error code',
      'The error codes that Atlas reports. There is no public list of them.',
      15,
      [{ field: 'error_code', title: 'Error code', width: 290 }],
      `sum by (error_code) (${perCluster('failed_jobs', { by: ['error_code'] })})`,
      { title: 'Failures' },
    ),
    table(
      'Successes that may be incomplete',
      'Clusters whose newest successful export has fewer exported collections than collections in total. Check the bucket before you rely on this export.',
      [
        ...CLUSTERS,
        { field: 'Value #A', title: 'Exported', width: 110 },
        { field: 'Value #B', title: 'Collections', width: 110 },
      ],
      ['last_success_collections_exported', 'last_success_collections'].map((name) =>
        named(`${perCluster(name)} and on (${CLUSTER}) ${incomplete}`),
      ),
    ),
    top(
      'Age of the newest data',
      'The time since the newest snapshot in the bucket was taken, for the 15 clusters with the oldest data.',
      15,
      CLUSTERS,
      named(dataAge),
      { title: 'Age', unit: 'dtdurations' },
    ),
  ]);
}

function addDetails(dashboard: DashboardBuilder): void {
  addPanels(dashboard, { title: 'All clusters', height: 14, widths: [24] }, [
    table(
      'Clusters',
      'For each cluster the limit, the latest results, and whether its backup schedule exports automatically. The cluster links to its status page.',
      [
        ...LINKED_CLUSTER,
        { field: 'Value #A', title: 'Readable', width: 90, ...YES_OR_NO },
        { field: 'Value #B', title: 'Age of last success', unit: 'dtdurations', width: 160 },
        { field: 'Value #C', title: 'Limit', unit: 's', width: 120 },
        { field: 'Value #D', title: 'Age of the data', unit: 'dtdurations', width: 140 },
        { field: 'Value #E', title: 'Usual duration', unit: 'dtdurations', width: 150 },
        { field: 'Value #F', title: 'Failures in a row', width: 130, steps: TICKETS },
        { field: 'Value #G', title: 'Auto export', width: 110, texts: { '0': 'off', '1': 'on' } },
        GROUP_ID,
      ],
      [
        perCluster('up'),
        successAge,
        lastRecorded('success_max_age_seconds'),
        dataAge,
        perCluster('typical_duration_seconds'),
        perCluster('destination_consecutive_failures'),
        perCluster('auto_export_enabled'),
      ].map(named),
    ),
  ]);
}
