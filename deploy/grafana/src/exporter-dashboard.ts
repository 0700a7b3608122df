/** "Atlas backup exporter": for whoever runs the exporter. Whether it can see, what it costs, how it feels. */
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
    description: 'Whether the exporter can ask Atlas, what that costs, and how the process feels.',
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
        { ...size, title: 'Exporters', description: 'Processes that are scraped; one per shard is right.' },
        { expr: `count(${own('build_info')})` },
      ),
    )
    .withPanel(
      stat(
        { ...size, title: 'Clusters watched', description: 'Over all exporters shown.' },
        { expr: `sum(${own('targets')})` },
      ),
    )
    .withPanel(
      stat(
        {
          ...size,
          title: 'Clusters that can’t be read',
          description: 'Their latest poll failed: the table of reasons says what to do.',
          steps: ANY_IS_BAD,
        },
        { expr: count(`${perCluster('up')} == 0`) },
      ),
    )
    .withPanel(
      stat(
        {
          ...size,
          title: 'Oldest good poll',
          description: 'The longest time since a cluster was read whole. More than three intervals is an outage.',
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
          description: 'It ticks every second; liveness is judged by it.',
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
          title: 'Series dropped by caps',
          description:
            'Active exports, error codes and buckets beyond their limits: they are in the sums, not on their own.',
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
        { ...THIRD, title: 'Polls', description: 'Polls that ended, a second.', unit: 'ops' },
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
          description: 'Of the latest poll of each cluster, waiting for the budget included: median and slowest.',
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
          title: 'Time since the last good poll',
          description: 'The worst five clusters. Each line should fall back once an interval.',
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
          title: 'Why clusters can’t be read',
          description:
            'forbidden and unauthorized: the credential. not_found: the name. network and timeout: the way to Atlas.',
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
          description: 'Export jobs in the list of a cluster; each 500 cost a request per poll.',
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
            'Projects whose clusters are found by asking Atlas. While it fails, the last known clusters stay watched.',
          unit: 'short',
        },
        [
          { field: 'group_id', title: 'Project' },
          {
            field: 'Value',
            title: 'Works',
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
    title: 'Requests by outcome',
    description: '200 is good; 401 counts the first leg of a digest too; 429 means that the project’s budget is spent.',
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
          description: 'What is asked of Atlas.',
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
          description: 'Of single requests, body included, waiting for the budget not.',
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
          title: 'Budget left, by Atlas’ own word',
          description:
            'RateLimit-Remaining by RateLimit-Limit, per project. All clients of a project share it, Terraform too; below a quarter the exporter slows down.',
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
          title: 'Waiting for the budget',
          description: 'Seconds that requests waited, a second: the number of requests that wait on average.',
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
          description: 'Requests that were made again within a poll. They spend budget too.',
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
          title: 'Credentials end in',
          description:
            'From expires_at in the config. Two secrets of a service account can live at once: add one, write the file, drop the other.',
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
          title: 'Tokens end in',
          description: 'Renewed at two thirds of their life: a line that falls below a third of it is not renewed.',
          unit: 's',
        },
        { expr: `min by (credential) (${own('token_expiry_timestamp_seconds')} - time())`, legend: '{{credential}}' },
      ),
    )
    .withPanel(
      series(
        {
          ...THIRD,
          title: 'Tokens asked for',
          description: 'An hour. One and a half is normal; many are a sign of tokens that Atlas does not accept.',
          unit: 'short',
        },
        { expr: `sum by (credential) (increase(${own('token_requests_total')}[1h]))`, legend: '{{credential}}' },
        {
          expr: `sum by (credential) (increase(${own('token_request_failures_total')}[1h]))`,
          legend: '{{credential}} in vain',
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
          description: 'Resident memory and what of it is the JavaScript heap.',
          unit: 'bytes',
        },
        { expr: process('process_resident_memory_bytes'), legend: '{{instance}} resident' },
        { expr: process('nodejs_heap_size_used_bytes'), legend: '{{instance}} heap' },
      ),
    )
    .withPanel(
      series(
        { ...THIRD, title: 'CPU', description: 'Cores in use.', unit: 'short' },
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
          description: 'How long Prometheus waits for the page, and how late the event loop runs (99th percentile).',
          unit: 's',
        },
        { expr: `scrape_duration_seconds{${HERE}} * ${job}`, legend: '{{instance}} scrape' },
        { expr: process('nodejs_eventloop_lag_p99_seconds'), legend: '{{instance}} event loop' },
      ),
    )
    .withPanel(
      table(
        { width: 24, height: 5, title: 'Versions', description: 'What runs.', unit: 'short' },
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
