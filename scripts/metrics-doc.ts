/** docs/metrics.md, made from the metric families and the registry of the program's own metrics. */
import type { MetricObject } from 'prom-client';
import { REASONS } from '../src/atlas/error.ts';
import { type Collector, type Collectors, type Family, PREFIX } from '../src/collectors/collector.ts';
import { COLLECTORS, recordFamiliesOf, targetFamilies } from '../src/collectors/index.ts';
import { createSelfMetrics } from '../src/metrics/self.ts';

type OwnMetric = MetricObject & { labelNames: string[] };

const INTRODUCTION = `# Metrics

<!-- Made from the code by \`npm run docs\`; a test fails when it differs. -->

Every name, label and meaning here is part of the public interface. There are two prefixes:

- \`mongodbatlas_backup_export_\`: the export jobs of one cluster, and the polls of this cluster. Every series has the labels
  \`group_id\` and \`cluster_name\` (T below), which are Atlas’ own names in snake case. The metrics of a discovery have no
  \`cluster_name\`.
- \`mongodbatlas_backup_exporter_\`: the program itself.

These rules apply to all metrics:

- **Job metrics depend only on Atlas’ list**, the config and the backup schedule. The same list gives the same values before and
  after a restart. \`jobs\` is a gauge, because Atlas may remove old jobs from its list.
- **Times are timestamps, not ages**, in seconds of Unix time: \`time() - …_timestamp_seconds\` is the age. The values come from the last
  successful poll.
- **An absent series means never or unknown**, not zero. A label with a fixed set of values (\`state\`, and
  \`reason\` of counters) always has a series for each value.
- **Durations start at the creation of a job** and include its time in the queue. Atlas does not report when a job starts.
- **Only active jobs have series of their own**, at most \`polling.max_active_jobs\` for each cluster, the oldest first. Finished
  jobs are aggregated. \`mongodbatlas_backup_exporter_series_dropped\` counts what the limits leave out.
- *Newest* means created last; of two jobs with the same creation time, the one with the greater id. *Active* means queued, in
  progress, or in an unknown state without an end time. A job that is a component of another listed job, as with sharded clusters,
  is not counted again.
- **Facts and volatile metrics.** *Facts* stay as long as the cluster is monitored. If they disappeared during an Atlas outage, an
  alert for an overdue cluster would resolve. *Volatile* metrics become absent when the last successful poll is older than
  \`polling.max_stale\` or than twice the current poll interval, because outdated progress would be misleading.
- **After a restart** the job metrics of a cluster are absent until its first successful poll. So alerts should read facts through
  \`last_over_time(…[1d])\`.
`;

export function metricsDocument(collectors: Collectors = COLLECTORS): string {
  const self = createSelfMetrics({
    build: { version: '', revision: '', nodeVersion: '' },
    withProcessMetrics: false,
    collectors,
    credentials: () => [],
    budgets: () => [],
    states: () => [],
    discoveries: () => [],
    listings: () => [],
    lastReload: () => ({ successful: true, successAtSeconds: 0 }),
    isAtlasReachable: () => undefined,
    lastTickAtSeconds: () => undefined,
    webCertificateExpiresAtSeconds: () => undefined,
  });
  const own = self.registry.getMetricsAsArray() as OwnMetric[];
  return `${INTRODUCTION}
${collectors.map(collectorSection).join('\n')}
## Polls of a cluster

${table([...recordFamiliesOf(collectors), ...targetFamilies])}

The values of \`reason\` in \`poll_failing\` and \`poll_failures_total\`:
${REASONS.map((reason) => `\`${reason}\``).join(', ')}.

## Discovery of clusters and projects

One series for each project with \`clusters: all\`, and one for each credential with \`projects: all\`.

${ownTable(own.filter(isOfExports))}

## The program

${ownTable(own.filter((metric) => !isOfExports(metric)))}

The program also has the metrics \`process_*\` and \`nodejs_*\` of prom-client, unless \`--web.disable-exporter-metrics\` is given.
\`nodejs_active_handles_total\`, \`nodejs_active_requests_total\` and \`nodejs_active_resources_total\` are left out, because they are
gauges with names of counters. Each is the sum of the family without \`_total\`.
`;
}

function collectorSection({ words, role, families }: Collector<unknown>): string {
  return `## ${words.title}

${words.cadence} The credential needs the role ${role}.

${table(families)}
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
