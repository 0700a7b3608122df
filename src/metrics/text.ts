/**
 * Metric families as text. Sample lines are the same in both formats, so they are made once, by prom-client, from a registry
 * that lives for one rendering; only the lines above them differ: OpenMetrics names a counter's family without `_total`.
 * Formats: https://prometheus.io/docs/instrumenting/exposition_formats/ (text 0.0.4) and OpenMetrics 1.0.
 */
import { Counter, Gauge, Registry } from 'prom-client';
import { type Family, TARGET_LABELS, type TargetState } from '../collectors/collector.ts';

export type Format = 'text' | 'openmetrics';

export const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

export const OPENMETRICS_END = '# EOF\n';

/** The sample lines of one target, one string per family in the families' order; empty where a family has no sample. */
export async function renderTarget(families: readonly Family[], state: TargetState): Promise<readonly string[]> {
  const registry = new Registry();
  const { groupId: group_id, clusterName: cluster_name } = state.target;
  const rendered = families.map(async (family) => {
    const samples = family.volatile && state[family.volatile].stale ? [] : [...family.samples(state)];
    if (samples.length === 0) return '';
    const { name, help } = family;
    const metric = { name, help, labelNames: [...TARGET_LABELS, ...family.labels], registers: [registry] };
    if (family.type === 'counter') {
      const counter = new Counter(metric);
      for (const { labels, value } of samples) counter.inc({ group_id, cluster_name, ...labels }, value);
    } else {
      const gauge = new Gauge(metric);
      for (const { labels, value } of samples) gauge.set({ group_id, cluster_name, ...labels }, value);
    }
    // In text mode only: in OpenMetrics mode prom-client renames counters for good.
    return registry.getSingleMetricAsString(name);
  });
  return (await Promise.all(rendered)).map(samplesOf);
}

/** The HELP and TYPE lines of a family. */
export function headerOf({ name, help, type }: Pick<Family, 'name' | 'help' | 'type'>, format: Format): string {
  const shown = format === 'openmetrics' && type === 'counter' ? name.replace(/_total$/, '') : name;
  return `# HELP ${shown} ${help}\n# TYPE ${shown} ${type}\n`;
}

/** What a prom-client registry renders in text mode, as the given format wants it. */
export function registryText(text: string, format: Format): string {
  const lines = text
    .replace(/\n{2,}/g, '\n')
    // OpenMetrics wants bounds as floats; both formats say the same, or they would be different series.
    .replace(/\ble="(\d+)"/g, 'le="$1.0"')
    .replace(/\n*$/, '\n');
  return format === 'text'
    ? lines
    : lines.replace(/^# HELP (\S+)_total (.*)\n# TYPE \1_total counter$/gm, '# HELP $1 $2\n# TYPE $1 counter');
}

function samplesOf(metric: string): string {
  const lines = metric.split('\n').filter((line) => line !== '' && !line.startsWith('# '));
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}
