/**
 * Metric families as text. Sample lines are the same in both formats; only the HELP and TYPE lines differ: OpenMetrics
 * names a counter's family without `_total`. A property test compares the lines with those of prom-client, byte for
 * byte. Formats: https://prometheus.io/docs/instrumenting/exposition_formats/ (text 0.0.4) and OpenMetrics 1.0.
 */
import type { Family, TargetState } from '../collectors/collector.ts';

export type Format = 'text' | 'openmetrics';

export const OPENMETRICS_END = '# EOF\n';

/** The sample lines of one target, one string for each family in the families' order; empty where a family has no sample. */
export function linesOf(families: readonly Family[], state: TargetState): readonly string[] {
  const { groupId, clusterName } = state.target;
  const target = `group_id="${escaped(groupId)}",cluster_name="${escaped(clusterName)}"`;
  return families.map((family) => {
    if (family.volatile?.(state).some(({ stale }) => stale)) return '';
    let lines = '';
    for (const { labels, value } of family.samples(state)) {
      if (value === undefined) continue;
      let all = target;
      if (labels) for (const [label, own] of Object.entries(labels)) all += `,${label}="${escaped(own)}"`;
      lines += `${family.name}{${all}} ${numberOf(value)}\n`;
    }
    return lines;
  });
}

export function headerOf({ name, help, type }: Pick<Family, 'name' | 'help' | 'type'>, format: Format): string {
  const shown = format === 'openmetrics' && type === 'counter' ? name.replace(/_total$/, '') : name;
  return `# HELP ${shown} ${help}\n# TYPE ${shown} ${type}\n`;
}

/** Converts the text of a prom-client registry to the given format. */
export function registryText(text: string, format: Format): string {
  const lines = text
    .replace(/\n{2,}/g, '\n')
    // OpenMetrics requires floats as bucket bounds. Both formats use the same text: else the series would differ.
    .replace(/\ble="(\d+)"/g, 'le="$1.0"')
    .replace(/\n*$/, '\n');
  return format === 'text'
    ? lines
    : lines.replace(/^# HELP (\S+)_total (.*)\n# TYPE \1_total counter$/gm, '# HELP $1 $2\n# TYPE $1 counter');
}

function escaped(text: string): string {
  if (!/[\\"\n]/.test(text)) return text;
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}

function numberOf(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}
