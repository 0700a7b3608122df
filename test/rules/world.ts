/**
 * Worlds for promtool: what an exporter shows minute by minute, and which alerts are expected. Time starts at the epoch, so at
 * minute 1560 a success of second 0 is 26 hours old.
 */
import { RUNBOOKS } from '../../scripts/rules/annotations.ts';
import { EXPORT, EXPORTER } from '../../scripts/rules/promql.ts';

/** The value at a minute; undefined: the series is absent. */
export type Value = number | ((minute: number) => number | undefined);
export type Values = Readonly<Record<string, Value | undefined>>;

export interface Cluster {
  readonly group?: string;
  readonly name: string;
  readonly project?: string;
  readonly credential?: string;
  readonly owner?: string;
  readonly job?: string;
  readonly instance?: string;
  /** Metrics without their prefix, with further labels if needed: instead of or beside those of a healthy cluster. */
  readonly metrics?: Values;
  /** When the exporter does not name the cluster. */
  readonly absent?: (minute: number) => boolean;
  /** When the exporter has read nothing since its start. */
  readonly unread?: (minute: number) => boolean;
  /** The exporter shows nothing but its name. */
  readonly isOnlyNamed?: boolean;
}

export interface Exporter {
  readonly job?: string;
  readonly instance?: string;
  readonly metrics?: Values;
  /** When Prometheus cannot scrape it. */
  readonly down?: (minute: number) => boolean;
}

export interface World {
  readonly name: string;
  readonly minutes: number;
  /** Minutes between two samples and evaluations. */
  readonly step?: number;
  readonly exporters?: readonly Exporter[];
  readonly clusters: readonly Cluster[];
  /** Records that are known at minute 0 from earlier, with their full names. */
  readonly records?: Readonly<Record<string, number>>;
  readonly checks: readonly Check[];
}

interface AlertCheck {
  readonly kind: 'alert';
  readonly name: string;
  readonly minute: number;
  readonly alerts: readonly { readonly labels: Record<string, string>; readonly annotations: Record<string, string> }[];
}

interface QueryCheck {
  readonly kind: 'query';
  readonly minute: number;
  readonly expr: string;
  readonly samples: readonly { readonly labels: string; readonly value: number }[];
}

export type Check = AlertCheck | QueryCheck;

export const HOUR = 3600;
/** Names of metrics, without their prefix. */
export const SUCCESS = 'destination_last_success_timestamp_seconds';
export const DATA = 'destination_data_timestamp_seconds';
export const ACTIVE = 'oldest_active_created_timestamp_seconds{state="in_progress"}';
export const BUCKET = 'auto_export_info{export_bucket_id="b1",frequency_type="daily"}';
export const OTHER_BUCKET = 'auto_export_info{export_bucket_id="b2",frequency_type="daily"}';
export const GROUP = '5f1a00000000000000000001';
export const during =
  (from: number, to = Infinity) =>
  (minute: number) =>
    minute >= from && minute < to;
/** One value until a minute, then another one. */
export const turns =
  (first: Value | undefined, minute: number, second: Value | undefined): Value =>
  (at) => {
    const value = at < minute ? first : second;
    return typeof value === 'function' ? value(at) : value;
  };
/** A time that stays as many seconds old. */
export const old = (seconds: number) => (minute: number) => minute * 60 - seconds;

/** The alert has not fired at these minutes. */
export const quiet = (name: string, ...minutes: readonly number[]): Check[] =>
  minutes.map((minute) => ({ kind: 'alert', name: full(name), minute, alerts: [] }));

interface Told {
  readonly severity: string;
  readonly summary: string;
  readonly description: string;
  readonly labels?: Record<string, string>;
}

/** An alert on the cluster `orders` of project Shop fires, and no other one of its name. */
export const firesForCluster = (name: string, minute: number, told: Told): AlertCheck =>
  firesFor(name, minute, {
    ...told,
    labels: { group_id: GROUP, cluster_name: 'orders', ...told.labels },
    summary: `${told.labels?.['cluster_name'] ?? 'orders'} (project Shop): ${told.summary}`,
    description: told.description,
    dashboard: '',
  });

export const firesFor = (
  name: string,
  minute: number,
  { severity, labels, ...annotations }: Told & { readonly dashboard?: string },
): AlertCheck => ({
  kind: 'alert',
  name: full(name),
  minute,
  alerts: [
    {
      labels: { severity, ...labels },
      annotations: {
        ...annotations,
        status_page: '',
        runbook_url: `${RUNBOOKS}/${full(name)}.md`,
      },
    },
  ],
});

/** Both alerts fire: two severities of one name. */
export const bothFire = (first: AlertCheck, second: AlertCheck): Check => ({
  ...first,
  alerts: [...first.alerts, ...second.alerts],
});

/** So many alerts of the name fire all the time, the first and the last minute included. */
export function firesAllTheTime(name: string, from: number, to: number, selector = '', count = 1): Check {
  const alerts = `ALERTS{alertname="${full(name)}",alertstate="firing"${selector && `,${selector}`}}`;
  const counted = `(count(${alerts}) or vector(0))[${to - from}m:1m]`;
  return {
    kind: 'query',
    minute: to,
    expr: `min_over_time(${counted}) + max_over_time(${counted})`,
    samples: [{ labels: '{}', value: 2 * count }],
  };
}

/** Only these alerts have fired, each as one or so many series. */
export const onlyThese = (
  minute: number,
  ...names: readonly (string | readonly [name: string, count: number])[]
): Check => ({
  kind: 'query',
  minute,
  expr: `count by (alertname) (count_over_time(ALERTS{alertstate="firing"}[${minute}m]))`,
  samples: names.map((one) => {
    const [name, value] = typeof one === 'string' ? ([one, 1] as const) : one;
    return { labels: `{alertname="${full(name)}"}`, value };
  }),
});

export const query = (minute: number, expr: string, ...values: readonly [labels: string, value: number][]): Check => ({
  kind: 'query',
  minute,
  expr,
  samples: values.map(([labels, value]) => ({ labels, value })),
});

const full = (name: string) => (name.startsWith('Atlas') ? name : `AtlasBackupExport${name}`);

/** A test of promtool. */
export function testOf({ name, minutes, step = 1, exporters = [{}], clusters, records = {}, checks }: World) {
  const at = Array.from({ length: Math.floor(minutes / step) + 1 }, (_, index) => index * step);
  const series = (
    metric: string,
    labels: Readonly<Record<string, string>>,
    value: Value,
    isAbsent: (minute: number) => boolean,
  ) => {
    const [, base = '', more = ''] = /^([^{]+)(?:\{(.*)\})?$/.exec(metric) ?? [];
    const all = [more, ...Object.entries(labels).map(([label, text]) => `${label}="${text}"`)].filter(
      (text) => text !== '',
    );
    const values = at.map((minute) =>
      isAbsent(minute) ? undefined : typeof value === 'function' ? value(minute) : value,
    );
    return { series: `${base}{${all.join(',')}}`, values: notation(values) };
  };
  const shown = (exporter: Exporter) => ({ job: exporter.job ?? 'j', instance: exporter.instance ?? 'a' });
  const isDown = ({ job = 'j', instance = 'a' }: Cluster) =>
    exporters.find((exporter) => shown(exporter).job === job && shown(exporter).instance === instance)?.down ??
    (() => false);
  const input = [
    ...Object.entries(records).map(([name, value]) => ({ series: name, values: String(value) })),
    ...exporters.flatMap((exporter) =>
      entries({ ...healthyExporter, ...exporter.metrics }).map(([metric, value]) =>
        series(
          `${metric.includes('discovery') ? EXPORT : EXPORTER}${metric}`,
          shown(exporter),
          value,
          exporter.down ?? (() => false),
        ),
      ),
    ),
    ...clusters.flatMap((cluster) => {
      const {
        group = GROUP,
        project = 'Shop',
        credential = 'main',
        owner = '',
        job = 'j',
        instance = 'a',
        absent,
        unread,
        isOnlyNamed = false,
      } = cluster;
      const target = { group_id: group, cluster_name: cluster.name, job, instance };
      const isAbsent = (minute: number) => isDown(cluster)(minute) || (absent?.(minute) ?? false);
      const info = `target_info{credential="${credential}",cl_name="${cluster.name}",owner="${owner}"`;
      return [
        series(
          `${EXPORT}${info},project_name="${project}"}`,
          target,
          1,
          (minute) => isAbsent(minute) || (unread?.(minute) ?? false),
        ),
        ...(unread
          ? [series(`${EXPORT}${info},project_name=""}`, target, 1, (minute) => isAbsent(minute) || !unread(minute))]
          : []),
        ...entries({ ...(isOnlyNamed ? {} : healthyCluster), ...cluster.metrics }).map(([metric, value]) =>
          series(
            `${EXPORT}${metric}`,
            target,
            value,
            (minute) => isAbsent(minute) || (!KEPT.test(metric) && (unread?.(minute) ?? false)),
          ),
        ),
      ];
    }),
  ];
  return {
    name,
    interval: `${step}m`,
    input_series: input,
    alert_rule_test: checks.flatMap((check) => (check.kind === 'alert' ? [alertTest(check)] : [])),
    promql_expr_test: checks.flatMap((check) =>
      check.kind === 'query' ? [{ eval_time: `${check.minute}m`, expr: check.expr, exp_samples: check.samples }] : [],
    ),
  };
}

const alertTest = ({ name, minute, alerts }: AlertCheck) => ({
  eval_time: `${minute}m`,
  alertname: name,
  exp_alerts: alerts.map(({ labels, annotations }) => ({ exp_labels: labels, exp_annotations: annotations })),
});

const entries = (values: Values) =>
  Object.entries(values).flatMap(([metric, value]) => (value === undefined ? [] : [[metric, value] as const]));

/** Known before the first poll has succeeded. */
const KEPT = /^(up|poll_failing|poll_interval_seconds|duration_max_seconds)/;

const healthyExporter: Values = {
  'build_info{version="1"}': 1,
  shard_count: 1,
  shard_index: 0,
  atlas_reachable: 1,
  scheduler_last_tick_timestamp_seconds: old(0),
};

const healthyCluster: Values = {
  up: 1,
  poll_interval_seconds: 300,
  last_poll_success_timestamp_seconds: old(60),
  polls_total: 9,
  schedule_up: 1,
  success_max_age_seconds: 26 * 3600,
  auto_export_enabled: 1,
  [BUCKET]: 1,
  destination_last_success_timestamp_seconds: old(3600),
  destination_data_timestamp_seconds: old(7200),
  destination_consecutive_failures: 0,
  'jobs{state="unknown"}': 0,
  'jobs{state="successful"}': 3,
};

/** The values in promtool's notation. */
function notation(values: readonly (number | undefined)[]): string {
  const parts: string[] = [];
  for (let index = 0; index < values.length; ) {
    const first = values[index];
    let end = index + 1;
    if (first === undefined) {
      while (end < values.length && values[end] === undefined) end += 1;
      if (index > 0) parts.push('stale');
      const count = end - index - (index > 0 ? 1 : 0);
      if (count > 0) parts.push(`_x${count}`);
    } else {
      const step = (values[end] ?? first) - first;
      while (end < values.length && values[end] === first + step * (end - index)) end += 1;
      parts.push(`${first}${step < 0 ? step : `+${step}`}x${end - index - 1}`);
    }
    index = end;
  }
  return parts.join(' ');
}
