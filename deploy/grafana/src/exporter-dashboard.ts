/** The dashboard "Atlas backup exporter", for people who operate the exporter: polls, API requests, credentials, process. */
import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { addPanels, startDashboard, variableOf } from './dashboard.ts';
import { type Step, series, stat, TICKETS, table, top, UNTIL_EXPIRY, YES_OR_NO } from './panels.ts';
import { cannotBeRead, EXPORTER, greatest, NAME, named, ofClusters, perCluster } from './queries.ts';

const OWN = 'job=~"$job", instance=~"$instance"';
/** The metrics of a project. The budget of the list of all projects has an empty group_id. */
const OF_PROJECTS = 'group_id=~"$project|"';
/** What tells installations apart. Without the Prometheus Operator there is no namespace. */
const INSTALLATION = 'namespace, job';
const PROJECT = { field: 'project_name', title: 'Project' };
const CLUSTERS = [
  { ...PROJECT, width: 150 },
  { field: 'cluster_name', title: 'Cluster', width: 150 },
];
const NEUTRAL: Step = ['text', Number.NEGATIVE_INFINITY];

function own(name: string, ...matchers: readonly string[]): string {
  return `${EXPORTER}${name}{${[OWN, ...matchers].join(', ')}}`;
}

function rate(name: string, ...matchers: readonly string[]): string {
  return rateOf(own(name, ...matchers));
}

function rateOf(selector: string): string {
  return `rate(${selector}[$__rate_interval])`;
}

export function exporterDashboard(): DashboardBuilder {
  const dashboard = startDashboard({
    title: 'Atlas backup exporter',
    uid: 'atlas-backup-exporter',
    description: 'Whether polls succeed, how many API requests they need, and the health of the exporter process.',
    from: 'now-6h',
    alerts: 'AtlasBackupExporter.*|AtlasBackupExport(TargetDown|DataStale|AccessDenied|RateLimited|DiscoveryFailing)',
    variables: [
      variableOf('instance', 'Exporter', `label_values(${EXPORTER}build_info{job=~"$job"}, instance)`).allValue('.*'),
    ],
  });
  addOverview(dashboard);
  addPolls(dashboard);
  addApi(dashboard);
  addCredentials(dashboard);
  addProcess(dashboard);
  return dashboard;
}

function addOverview(dashboard: DashboardBuilder): void {
  const distinctShards = `count by (${INSTALLATION}) (count_values by (${INSTALLATION}) ("shard", ${own('shard_index')}))`;
  addPanels(dashboard, { height: 3, widths: [3] }, [
    stat(
      'Exporters',
      'Exporters that Prometheus can scrape. There should be one for each shard.',
      `count(${own('build_info')})`,
    ),
    stat(
      'Missing shards',
      'The configured number of shards, without the shards that run. The clusters of a missing shard are not monitored.',
      `sum(max by (${INSTALLATION}) (${own('shard_count')}) - ${distinctShards})`,
      { steps: [NEUTRAL, ['green', 0], ['red', 1]] },
    ),
    stat(
      'Atlas reachable',
      '“no” while an exporter has had no answer from Atlas for some time. Until then it knows only what it read before.',
      `min(${own('atlas_reachable')})`,
      { ...YES_OR_NO, steps: [NEUTRAL, ['red', 0], ['green', 1]] },
    ),
    stat('Monitored clusters', 'Of all selected exporters.', `count(${perCluster('target_info')})`),
    stat(
      'Cannot be read',
      'Clusters whose polls have failed for 15 minutes. The table below shows the reasons of all failed polls.',
      cannotBeRead,
      { steps: TICKETS },
    ),
    stat(
      'Oldest success',
      'The longest time since the last successful poll of a cluster, over all clusters. More than three poll intervals mean an outage.',
      `max(time() - ${perCluster('last_poll_success_timestamp_seconds')})`,
      { unit: 'dtdurations', steps: [NEUTRAL, ['green', -1e12], ['yellow', 900], ['orange', 3600]] },
    ),
    stat(
      'Last tick',
      'Time since the last tick of the scheduler. It ticks every second. If it does not, the health check fails.',
      `max(time() - ${own('scheduler_last_tick_timestamp_seconds')})`,
      { unit: 's', steps: [NEUTRAL, ['green', -1e12], ['red', 120]] },
    ),
    stat(
      'Web certificate',
      'Time until the certificate of the exporter’s own web server expires. “No data” without TLS.',
      `min(${own('web_certificate_expiry_timestamp_seconds')} - time())`,
      UNTIL_EXPIRY,
    ),
  ]);
}

function addPolls(dashboard: DashboardBuilder): void {
  const sinceSuccess = `time() - ${perCluster('last_poll_success_timestamp_seconds')}`;
  addPanels(dashboard, { title: 'Polls', height: 7, widths: [8] }, [
    series(
      'Polls',
      'Finished polls per second.',
      {
        polls: `sum(${rateOf(ofClusters('polls_total'))})`,
        'failed: {{reason}}': `sum by (reason) (${rateOf(ofClusters('poll_failures_total'))}) > 0`,
      },
      { unit: 'ops' },
    ),
    series(
      'Duration of polls',
      'Duration of the last poll of each cluster: median and maximum. It includes the wait for the request budget.',
      {
        median: `quantile(0.5, ${perCluster('last_poll_duration_seconds')})`,
        slowest: `max(${perCluster('last_poll_duration_seconds')})`,
      },
      { unit: 's' },
    ),
    series(
      'Time since the last successful poll',
      'The five clusters with the longest time. Each line should fall once in each poll interval.',
      { [NAME]: named(greatest(5, sinceSuccess)) },
      { unit: 's' },
    ),
    table(
      'Reasons of failed polls',
      'forbidden, unauthorized: a problem of the credential. not_found: a wrong name. network, timeout: a problem of the connection to Atlas.',
      [...CLUSTERS, { field: 'reason', title: 'Reason' }],
      [named(perCluster('poll_failing', { by: ['reason'] }))],
    ),
    top(
      'Longest lists',
      'Clusters with the most listed export jobs. Every 500 jobs need one request in each poll.',
      10,
      CLUSTERS,
      named(perCluster('last_poll_jobs')),
      { title: 'Jobs' },
    ),
    table(
      'Discovery',
      'Projects with `clusters: all`. While their clusters can’t be listed, the known clusters stay monitored.',
      [PROJECT, { field: 'Value', title: 'Successful', width: 90, ...YES_OR_NO }],
      [named(`max by (group_id) (mongodbatlas_backup_export_discovery_up{job=~"$job", ${OF_PROJECTS}})`)],
    ),
  ]);
}

function addApi(dashboard: DashboardBuilder): void {
  const perBudget = 'group_id, budget';
  const quota = `${own('api_rate_limit_remaining_requests', OF_PROJECTS)} / ${own('api_rate_limit_requests', OF_PROJECTS)}`;
  const duration = `sum by (le) (${rate('api_request_duration_seconds_bucket', 'operation="list_exports"')})`;
  addPanels(dashboard, { title: 'Atlas API', height: 7, widths: [8] }, [
    series(
      'Requests by status code',
      '200 is a success. 401 includes the first request of each HTTP Digest handshake. 429 means that the project’s API quota is used up.',
      { '{{code}}': `sum by (code) (${rate('api_requests_total')})` },
      { unit: 'reqps', stacked: true },
    ),
    series(
      'Requests by operation',
      'Requests to Atlas per second, by kind.',
      { '{{operation}}': `sum by (operation) (${rate('api_requests_total')})` },
      { unit: 'reqps', stacked: true },
    ),
    series(
      'Latency of list_exports',
      'Duration of single requests, with their body, without the wait for the request budget.',
      Object.fromEntries(
        [0.5, 0.9, 0.99].map((share) => [`${share * 100} %`, `histogram_quantile(${share}, ${duration})`]),
      ),
      { unit: 's' },
    ),
    series(
      'API quota left (all clients)',
      'RateLimit-Remaining divided by RateLimit-Limit, of the ten projects and budgets with the least left. All clients of a project share the quota, Terraform included. Below a quarter the exporter slows down.',
      {
        '{{project_name}} {{budget}}': named(
          `-1 * (${greatest(10, `-1 * min by (${perBudget}) (${quota})`, perBudget)})`,
        ),
      },
      { unit: 'percentunit' },
    ),
    series(
      'Requests waiting for the budget',
      'Average number of requests that wait for the exporter’s own request budget, for the ten projects with the most.',
      {
        '{{project_name}} {{budget}}': named(
          greatest(10, `sum by (${perBudget}) (${rate('api_throttled_seconds_total', OF_PROJECTS)})`, perBudget),
        ),
      },
    ),
    series(
      'Retries',
      'Repeated requests within a poll. They count against the request budget, too.',
      { '{{operation}} {{reason}}': `sum by (operation, reason) (${rate('api_retries_total')})` },
      { unit: 'reqps' },
    ),
  ]);
}

function addCredentials(dashboard: DashboardBuilder): void {
  const perHour = (name: string): string => greatest(10, `3600 * sum by (credential) (${rate(name)})`, 'credential');
  addPanels(dashboard, { title: 'Credentials', height: 7, widths: [8] }, [
    stat(
      'Credentials expire in',
      'From expires_at in the config, of the six that expire first. A service account can have two valid secrets at once: create the new one, update the file, then delete the old one.',
      `bottomk(6, min by (credential) (${own('credential_expiry_timestamp_seconds')} - time()))`,
      { ...UNTIL_EXPIRY, legend: '{{credential}}' },
    ),
    series(
      'Access tokens expire in',
      'A token is renewed after two thirds of its life. A line below one third means that the renewal fails. The ten that expire first.',
      {
        '{{credential}}': `-1 * (${greatest(10, `time() - min by (credential) (${own('token_expiry_timestamp_seconds')})`, 'credential')})`,
      },
      { unit: 's' },
    ),
    series(
      'Requested access tokens',
      'Per hour. 1.5 is normal. A much higher number means that Atlas does not accept the tokens.',
      {
        '{{credential}}': perHour('token_requests_total'),
        '{{credential}} failed': perHour('token_request_failures_total'),
      },
      { interval: '1h' },
    ),
  ]);
}

function addProcess(dashboard: DashboardBuilder): void {
  const job = `on (job, instance) group_left () ${own('build_info')}`;
  const process = (metric: string): string => `${metric}{${OWN}} * ${job}`;
  addPanels(dashboard, { title: 'Process', height: 7, widths: [8] }, [
    series(
      'Memory',
      'Resident memory, and the used part of the JavaScript heap.',
      {
        '{{instance}} resident': process('process_resident_memory_bytes'),
        '{{instance}} heap': process('nodejs_heap_size_used_bytes'),
      },
      { unit: 'bytes' },
    ),
    series('CPU', 'Processor cores in use.', {
      '{{instance}}': `${rateOf(`process_cpu_seconds_total{${OWN}}`)} * ${job}`,
    }),
    series(
      'Scrapes and event loop',
      'Duration of a scrape, and delay of the event loop (99th percentile).',
      {
        '{{instance}} scrape': process('scrape_duration_seconds'),
        '{{instance}} event loop': process('nodejs_eventloop_lag_p99_seconds'),
      },
      { unit: 's' },
    ),
  ]);
  addPanels(dashboard, { height: 5, widths: [16, 8] }, [
    table(
      'Versions',
      'The running version of each exporter.',
      [
        { field: 'instance', title: 'Exporter', width: 220 },
        { field: 'version', title: 'Version', width: 120 },
        { field: 'revision', title: 'Revision', width: 320 },
        { field: 'node_version', title: 'Node.js' },
      ],
      [own('build_info')],
    ),
    stat(
      'Dropped series',
      'Active exports, error codes and buckets beyond the limits. They count in sums, but have no series of their own.',
      `sum(${own('series_dropped')})`,
      { steps: TICKETS },
    ),
  ]);
}
