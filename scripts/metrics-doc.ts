/** docs/metrics.md, made from the families and the registry that make the metrics. */
import type { MetricObject } from 'prom-client';
import { REASONS } from '../src/atlas/error.ts';
import { type Family, PREFIX } from '../src/collectors/collector.ts';
import { createCollectors } from '../src/collectors/index.ts';
import { createSelfMetrics } from '../src/metrics/self.ts';
import { pollingFamilies } from '../src/polling/families.ts';

type OwnMetric = MetricObject & { labelNames: string[] };

const INTRODUCTION = `# Metrics

<!-- Made from the code by \`npm run docs\`; a test fails when it differs. -->

Every name, label and meaning here is a public interface. There are two prefixes:

- \`mongodbatlas_backup_export_\`: what is true of export jobs and of watching one cluster. Every series has the labels
  \`group_id\` and \`cluster_name\` (T below), Atlas’ own names in snake case; the two of finding clusters have the first alone.
- \`mongodbatlas_backup_exporter_\`: the program itself.

What to expect of them:

- **A job metric is a pure function of Atlas’ list** (plus config and schedule): the same list gives the same numbers before and
  after a restart. Atlas may drop old jobs from its list, so \`jobs\` is a gauge.
- **Timestamps, not ages**, in seconds of Unix time: \`time() - …_timestamp_seconds\` is the age. Values are as of the last good
  poll.
- **Absent means never or unknown**, not zero. Closed sets of label values (\`state\`, and \`reason\` of the counter) are always
  complete.
- **Durations count from creation**, queueing included: Atlas doesn’t say when a job has started.
- **Only active jobs have series of their own** (the oldest \`polling.max_active_jobs\` of a cluster); finished ones are
  aggregated. What caps drop is counted in \`mongodbatlas_backup_exporter_series_dropped\`.
- *Newest* means created last, and of two created at the same moment the one with the greater id. *Active* means queued, in
  progress, or in a state this version doesn’t know and without an end. A job that is a component of another listed job (a
  shard’s part) isn’t counted again.
- **Two classes.** *Facts* stay for as long as the cluster is watched: if they vanished in an outage of Atlas, "overdue" would
  resolve exactly when things are worst. *Volatile* metrics fall silent when the last good poll is older than
  \`polling.max_stale\` (or twice the interval in force): an old progress is worse than none.
  Between a restart and the first good poll both are absent: read facts through \`last_over_time(…[1d])\` in alerts.
`;

export function metricsDocument(): string {
  const collectors = createCollectors({ maxActiveJobs: 50 });
  const self = createSelfMetrics({
    build: { version: '', revision: '', nodeVersion: '' },
    withProcessMetrics: false,
    config: () => ({ credentials: [], lastReload: { successful: true, successAtSeconds: 0 } }),
    states: () => [],
    discoveries: () => [],
    lastTickAtSeconds: () => undefined,
  });
  const own = self.registry.getMetricsAsArray() as OwnMetric[];
  return `${INTRODUCTION}
## Export jobs

${table(collectors.exports.families)}

## Backup schedule

Read once an hour, unless \`polling.read_schedule\` is false.

${table(collectors.schedule.families)}

## Watching a cluster

${table(pollingFamilies)}

The reasons of \`poll_failing\` and \`poll_failures_total\`:
${REASONS.map((reason) => `\`${reason}\``).join(', ')}.

## Finding clusters

Of each project with \`clusters: all\`; they have the label \`group_id\` alone.

${ownTable(own.filter(isOfExports))}

## The program

${ownTable(own.filter((metric) => !isOfExports(metric)))}

Beside them \`process_*\` and \`nodejs_*\` as prom-client has them, unless \`--web.disable-exporter-metrics\` is given; without
\`nodejs_active_handles_total\`, \`nodejs_active_requests_total\` and \`nodejs_active_resources_total\`, gauges with the names of
counters, each the sum of the family without \`_total\`.
`;
}

function isOfExports({ name }: OwnMetric): boolean {
  return name.startsWith(PREFIX);
}

function ownTable(metrics: readonly OwnMetric[]): string {
  const rows = metrics.map(
    ({ name, type, labelNames, help }) =>
      `| \`${name}\` | ${String(type)} | ${labelNames.join(', ') || '–'} | ${help} |`,
  );
  return ['| name | type | labels | meaning |', '|---|---|---|---|', ...rows].join('\n');
}

function table(families: readonly Family[]): string {
  const rows = families.map((family) => {
    const labels = ['T', ...family.labels].join(', ');
    return `| \`${family.name}\` | ${family.type} | ${labels} | ${family.help} | ${family.volatile ? 'volatile' : 'fact'} |`;
  });
  return ['| name | type | labels | meaning | class |', '|---|---|---|---|---|', ...rows].join('\n');
}
