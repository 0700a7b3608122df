/** The dashboard "Atlas backup exporter", for people who operate the exporter: polls, API requests, credentials, process. */
import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { startDashboard, variableOf } from './dashboard.ts';
import { ANY_IS_BAD, bars, type Series, type Step, series, stat, table } from './panels.ts';
import { count, EXPORT, EXPORTER, perCluster } from './queries.ts';

const THIRD = { width: 8, height: 7 };
const HERE = 'instance=~"$instance"';
const own = (name: string): string => `${EXPORTER}${name}{${HERE}}`;
const rate = (name: string): string => `rate(${EXPORTER}${name}{${HERE}}[$__rate_interval])`;

export function exporterDashboard(): DashboardBuilder {
  const dashboard = startDashboard({
    title: 'Atlas backup exporter',
    uid: 'atlas-backup-exporter',
    description: 'Whether polls succeed, how many API requests they need, and the health of the exporter process.',
    from: 'now-6h',
    alerts: 'AtlasBackupExporter.*|AtlasBackupExport(TargetDown|DataStale|AccessDenied|DiscoveryFailing)',
    variables: [
      variableOf('instance', 'Exporter', `label_values(${EXPORTER}build_info, instance)`),
      variableOf('project', 'Project', `label_values(${EXPORT}target_info, group_id)`),
      variableOf('cluster', 'Cluster', `label_values(${EXPORT}target_info{group_id=~"$project"}, cluster_name)`),
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
  const size = { unit: 'short', width: 4, height: 3 };
  const stale: readonly Step[] = [
    ['green', Number.NEGATIVE_INFINITY],
    ['orange', 900],
    ['red', 3600],
  ];
  dashboard
    .withPanel(
      stat(
        { ...size, title: 'Exporters', description: 'Running exporters. There should be one for each shard.' },
        { expr: `count(${own('build_info')})` },
      ),
    )
    .withPanel(
      stat(
        { ...size, title: 'Monitored clusters', description: 'Of all selected exporters.' },
        { expr: `sum(${own('targets')})` },
      ),
    )
    .withPanel(
      stat(
        {
          ...size,
          title: 'Clusters that cannot be read',
          description: 'Clusters whose last poll failed. The table below shows the reasons.',
          steps: ANY_IS_BAD,
        },
        { expr: count(`${perCluster('up')} == 0`) },
      ),
    )
    .withPanel(
      stat(
        {
          ...size,
          title: 'Oldest successful poll',
          description:
            'The longest time since the last successful poll of a cluster. More than three poll intervals mean an outage.',
          unit: 'dtdurations',
          steps: stale,
        },
        { expr: `max(time() - ${perCluster('last_poll_success_timestamp_seconds')})` },
      ),
    )
    .withPanel(
      stat(
        {
          ...size,
          title: 'Last tick of the scheduler',
          description: 'The scheduler ticks every second. If it does not, the health check fails.',
          unit: 's',
          steps: [
            ['green', Number.NEGATIVE_INFINITY],
            ['red', 120],
          ],
        },
        { expr: `max(time() - ${own('scheduler_last_tick_timestamp_seconds')})` },
      ),
    )
    .withPanel(
      stat(
        {
          ...size,
          title: 'Dropped series',
          description:
            'Active exports, error codes and buckets beyond the limits. They count in sums, but have no series of their own.',
          steps: ANY_IS_BAD,
        },
        { expr: `sum(${own('series_dropped')})` },
      ),
    );
}

function addPolls(dashboard: DashboardBuilder): void {
  dashboard
    .withRow(new RowBuilder('Polls'))
    .withPanel(
      series(
        { ...THIRD, title: 'Polls', description: 'Finished polls per second.', unit: 'ops' },
        { expr: `sum(rate(${EXPORT}polls_total{${HERE}}[$__rate_interval]))`, legend: 'polls' },
        {
          expr: `sum by (reason) (rate(${EXPORT}poll_failures_total{${HERE}}[$__rate_interval])) > 0`,
          legend: 'failed: {{reason}}',
        },
      ),
    )
    .withPanel(
      series(
        {
          ...THIRD,
          title: 'Duration of polls',
          description:
            'Duration of the last poll of each cluster: median and maximum. It includes the wait for the request budget.',
          unit: 's',
        },
        { expr: `quantile(0.5, ${perCluster('last_poll_duration_seconds')})`, legend: 'median' },
        { expr: `max(${perCluster('last_poll_duration_seconds')})`, legend: 'slowest' },
      ),
    )
    .withPanel(
      series(
        {
          ...THIRD,
          title: 'Time since the last successful poll',
          description: 'The five clusters with the longest time. Each line should fall once in each poll interval.',
          unit: 's',
        },
        {
          expr: `topk(5, time() - ${perCluster('last_poll_success_timestamp_seconds')})`,
          legend: '{{cluster_name}}',
        },
      ),
    )
    .withPanel(
      table(
        {
          ...THIRD,
          title: 'Reasons of failed polls',
          description:
            'forbidden, unauthorized: a problem of the credential. not_found: a wrong name. network, timeout: a problem of the connection to Atlas.',
          unit: 'short',
        },
        [
          { field: 'cluster_name', title: 'Cluster' },
          { field: 'reason', title: 'Reason', width: 160 },
        ],
        { expr: `max by (group_id, cluster_name, reason) (${EXPORT}poll_failing{${HERE}})` },
      ),
    )
    .withPanel(
      bars(
        {
          ...THIRD,
          title: 'Longest lists',
          description: 'Clusters with the most listed export jobs. Every 500 jobs need one request in each poll.',
          unit: 'none',
        },
        { expr: `sort_desc(topk(10, ${perCluster('last_poll_jobs')}))`, legend: '{{cluster_name}}' },
      ),
    )
    .withPanel(
      table(
        {
          ...THIRD,
          title: 'Discovery',
          description:
            'Projects with `clusters: all`. While their clusters can’t be listed, the known clusters stay monitored.',
          unit: 'short',
        },
        [
          { field: 'group_id', title: 'Project' },
          {
            field: 'Value',
            title: 'Successful',
            width: 90,
            texts: { '0': 'no', '1': 'yes' },
            steps: [
              ['red', Number.NEGATIVE_INFINITY],
              ['green', 1],
            ],
          },
        ],
        { expr: `max by (group_id) (${EXPORT}discovery_up{${HERE}})` },
      ),
    );
}

function addApi(dashboard: DashboardBuilder): void {
  const requests: Series = {
    ...THIRD,
    title: 'Requests by status code',
    description:
      '200 is a success. 401 includes the first request of each HTTP Digest handshake. 429 means that the project’s API quota is used up.',
    unit: 'reqps',
    stacked: true,
  };
  dashboard
    .withRow(new RowBuilder('Atlas API'))
    .withPanel(series(requests, { expr: `sum by (code) (${rate('api_requests_total')})`, legend: '{{code}}' }))
    .withPanel(
      series(
        {
          ...THIRD,
          title: 'Requests by operation',
          description: 'Requests to Atlas per second, by kind.',
          unit: 'reqps',
          stacked: true,
        },
        { expr: `sum by (operation) (${rate('api_requests_total')})`, legend: '{{operation}}' },
      ),
    )
    .withPanel(
      series(
        {
          ...THIRD,
          title: 'Latency of list_exports',
          description: 'Duration of single requests, with their body, without the wait for the request budget.',
          unit: 's',
        },
        ...[0.5, 0.9, 0.99].map((quantile) => ({
          expr: `histogram_quantile(${quantile}, sum by (le) (rate(${EXPORTER}api_request_duration_seconds_bucket{${HERE}, operation="list_exports"}[$__rate_interval])))`,
          legend: `${quantile * 100} %`,
        })),
      ),
    )
    .withPanel(
      series(
        {
          ...THIRD,
          title: 'API quota left (all clients)',
          description:
            'RateLimit-Remaining divided by RateLimit-Limit, for each project. All clients of a project share the quota, Terraform included. Below a quarter the exporter slows down.',
          unit: 'percentunit',
          steps: [
            ['red', Number.NEGATIVE_INFINITY],
            ['green', 0.25],
          ],
        },
        {
          expr: `min by (group_id, budget) (${own('api_rate_limit_remaining_requests')} / ${own('api_rate_limit_requests')})`,
          legend: '{{group_id}} {{budget}}',
        },
      ),
    )
    .withPanel(
      series(
        {
          ...THIRD,
          title: 'Requests waiting for the budget',
          description: 'Average number of requests that wait for the exporter’s own request budget.',
          unit: 'short',
        },
        {
          expr: `sum by (group_id, budget) (${rate('api_throttled_seconds_total')})`,
          legend: '{{group_id}} {{budget}}',
        },
      ),
    )
    .withPanel(
      series(
        {
          ...THIRD,
          title: 'Retries',
          description: 'Repeated requests within a poll. They count against the request budget, too.',
          unit: 'reqps',
        },
        { expr: `sum(${rate('api_retries_total')}) or vector(0)`, legend: 'all' },
        { expr: `sum by (operation, reason) (${rate('api_retries_total')})`, legend: '{{operation}} {{reason}}' },
      ),
    );
}

function addCredentials(dashboard: DashboardBuilder): void {
  const days: readonly Step[] = [
    ['red', Number.NEGATIVE_INFINITY],
    ['orange', 7 * 86_400],
    ['green', 21 * 86_400],
  ];
  dashboard
    .withRow(new RowBuilder('Credentials'))
    .withPanel(
      stat(
        {
          ...THIRD,
          title: 'Credentials expire in',
          description:
            'From expires_at in the config. A service account can have two valid secrets at once: create the new one, update the file, then delete the old one.',
          unit: 'dtdurations',
          steps: days,
        },
        {
          expr: `min by (credential) (${own('credential_expiry_timestamp_seconds')} - time())`,
          legend: '{{credential}}',
        },
      ),
    )
    .withPanel(
      series(
        {
          ...THIRD,
          title: 'Access tokens expire in',
          description:
            'A token is renewed after two thirds of its life. A line below one third means that the renewal fails.',
          unit: 's',
        },
        { expr: `min by (credential) (${own('token_expiry_timestamp_seconds')} - time())`, legend: '{{credential}}' },
      ),
    )
    .withPanel(
      series(
        {
          ...THIRD,
          title: 'Requested access tokens',
          description: 'Per hour. 1.5 is normal. A much higher number means that Atlas does not accept the tokens.',
          unit: 'short',
        },
        { expr: `sum by (credential) (increase(${own('token_requests_total')}[1h]))`, legend: '{{credential}}' },
        {
          expr: `sum by (credential) (increase(${own('token_request_failures_total')}[1h]))`,
          legend: '{{credential}} failed',
        },
      ),
    );
}

function addProcess(dashboard: DashboardBuilder): void {
  const job = `on (job, instance) group_left () ${own('build_info')}`;
  const process = (metric: string): string => `${metric}{${HERE}} * ${job}`;
  dashboard
    .withRow(new RowBuilder('Process'))
    .withPanel(
      series(
        {
          ...THIRD,
          title: 'Memory',
          description: 'Resident memory, and the used part of the JavaScript heap.',
          unit: 'bytes',
        },
        { expr: process('process_resident_memory_bytes'), legend: '{{instance}} resident' },
        { expr: process('nodejs_heap_size_used_bytes'), legend: '{{instance}} heap' },
      ),
    )
    .withPanel(
      series(
        { ...THIRD, title: 'CPU', description: 'Processor cores in use.', unit: 'short' },
        {
          expr: `rate(process_cpu_seconds_total{${HERE}}[$__rate_interval]) * ${job}`,
          legend: '{{instance}}',
        },
      ),
    )
    .withPanel(
      series(
        {
          ...THIRD,
          title: 'Scrapes and event loop',
          description: 'Duration of a scrape, and delay of the event loop (99th percentile).',
          unit: 's',
        },
        { expr: `scrape_duration_seconds{${HERE}} * ${job}`, legend: '{{instance}} scrape' },
        { expr: process('nodejs_eventloop_lag_p99_seconds'), legend: '{{instance}} event loop' },
      ),
    )
    .withPanel(
      table(
        {
          width: 24,
          height: 5,
          title: 'Versions',
          description: 'The running version of each exporter.',
          unit: 'short',
        },
        [
          { field: 'instance', title: 'Exporter', width: 220 },
          { field: 'version', title: 'Version', width: 120 },
          { field: 'revision', title: 'Revision', width: 320 },
          { field: 'node_version', title: 'Node.js' },
        ],
        { expr: own('build_info') },
      ),
    );
}
