/** The kinds of panels that the dashboards use. Every panel has a unit, a description and a legend. */
import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TableSortByFieldStateBuilder,
  TooltipDisplayMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  DashboardLinkBuilder,
  DashboardLinkType,
  type DynamicConfigValue,
  FieldColorBuilder,
  FieldColorModeId,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeSeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';

export type Step = readonly [color: string, from: number];

export interface Options {
  /** Default: none, a plain number. */
  readonly unit?: string;
  /** Colours, each with the value from which it is used. The first one is for the smallest values. Default: none. */
  readonly steps?: readonly Step[];
  /** Texts that are shown instead of values. */
  readonly texts?: Readonly<Record<string, string>>;
}

export type AnyPanel = StatBuilder | TimeSeriesBuilder | TableBuilder;

export const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };
export const RUNBOOKS =
  'https://github.com/mongodbatlas-backup-exporter/mongodbatlas-backup-exporter/blob/main/deploy/runbooks';

/** Grafana draws "no data" in the first colour. So the first colour is neutral, and green starts at a value. */
function colored(...steps: readonly Step[]): readonly Step[] {
  return [['text', Number.NEGATIVE_INFINITY], ...steps];
}
const PLAIN = colored();
/** The colours are the severities of the alerts: red for a page, orange for a ticket. */
export const PAGES = colored(['green', 0], ['red', 1]);
export const TICKETS = colored(['green', 0], ['orange', 1]);
export const YES_OR_NO: Options = { steps: colored(['orange', 0], ['green', 1]), texts: { '0': 'no', '1': 'yes' } };
/** A share of a limit. Not green below: it is also known of clusters whose exporter has stopped. */
export const OF_THE_LIMIT = colored(['yellow', 0.9], ['orange', 1]);
/** Seconds until something expires; the alert on credentials starts at 14 days. */
export const UNTIL_EXPIRY: Options = {
  unit: 'dtdurations',
  steps: [
    ['text', Number.NEGATIVE_INFINITY],
    ['orange', -1e12],
    ['green', 14 * 86_400],
  ],
};
export const STATE_COLORS = {
  queued: 'orange',
  in_progress: 'blue',
  successful: 'green',
  failed: 'red',
  cancelled: 'yellow',
  unknown: 'purple',
};

/** One number, or one for each series if there is a legend. */
export function stat(title: string, description: string, expr: string, options: Options & { legend?: string } = {}) {
  return base(new StatBuilder(), title, description, options)
    .noValue('no data')
    .withTarget(query(expr, options.legend).instant())
    .colorMode(BigValueColorMode.Value)
    .graphMode(BigValueGraphMode.None)
    .textMode(options.legend === undefined ? BigValueTextMode.Value : BigValueTextMode.ValueAndName)
    .reduceOptions(lastValue());
}

export interface SeriesOptions extends Options {
  readonly stacked?: true;
  /** Fixed colours of series, by their legend. */
  readonly colors?: Readonly<Record<string, string>>;
  /** The shortest step, which is also the shortest $__rate_interval. */
  readonly interval?: string;
}

/** Lines over time: queries by their legend. */
export function series(
  title: string,
  description: string,
  queries: Readonly<Record<string, string>>,
  options: SeriesOptions = {},
) {
  const { stacked, colors = {}, interval } = options;
  const builder = base(new TimeSeriesBuilder(), title, description, { unit: 'short', ...options })
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassic))
    .min(0)
    .lineWidth(1)
    .fillOpacity(stacked ? 40 : 8)
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .calcs([]),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
  for (const [index, [legend, expr]] of Object.entries(queries).entries()) {
    builder.withTarget(query(expr, legend, index).range());
  }
  for (const [legend, fixedColor] of Object.entries(colors)) {
    builder.overrideByName(legend, [{ id: 'color', value: { mode: 'fixed', fixedColor } }]);
  }
  if (interval !== undefined) builder.interval(interval);
  return stacked ? builder.stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A')) : builder;
}

export interface Column extends Options {
  /** The label, or `Value #A` for the value of query A. With a single query: `Value`. */
  readonly field: string;
  readonly title: string;
  readonly width?: number;
  /** Not shown: only links need it. */
  readonly hidden?: true;
  /** With a bar behind the value. */
  readonly bar?: true;
  readonly link?: { readonly title: string; readonly url: string };
}

/** A table with one row for each set of labels. Columns that are not listed are hidden. */
export function table(
  title: string,
  description: string,
  columns: readonly Column[],
  queries: readonly string[],
  { sortBy = [] }: { readonly sortBy?: readonly string[] } = {},
) {
  const builder = base(new TableBuilder(), title, description, {});
  for (const [index, expr] of queries.entries()) {
    builder.withTarget(query(expr, '', index).instant().format(PromQueryFormat.Table));
  }
  builder.sortBy(sortBy.map((column) => new TableSortByFieldStateBuilder().displayName(column).desc(false)));
  const fields = columns.map(({ field }) => field);
  if (queries.length > 1) builder.withTransformation({ id: 'merge', options: {} });
  builder.withTransformation({ id: 'filterFieldsByName', options: { include: { names: fields } } }).withTransformation({
    id: 'organize',
    options: {
      indexByName: Object.fromEntries(fields.map((field, index) => [field, index])),
      renameByName: Object.fromEntries(columns.map((column) => [column.field, column.title])),
    },
  });
  for (const column of columns) builder.overrideByName(column.title, propertiesOf(column));
  return builder;
}

/** The greatest values now, each with the columns that say whose it is. */
export function top(
  title: string,
  description: string,
  count: number,
  columns: readonly Column[],
  expr: string,
  { title: name, ...options }: Options & { readonly title: string },
) {
  const value: Column = { field: 'Value', title: name, bar: true, steps: PLAIN, ...options };
  return table(title, description, [...columns, value], [`sort_desc(topk(${count}, ${expr}))`]);
}

function propertiesOf({ unit, width, hidden, bar, steps, texts, link: target }: Column): DynamicConfigValue[] {
  return [
    ...(unit === undefined ? [] : [{ id: 'unit', value: unit }]),
    ...(width === undefined ? [] : [{ id: 'custom.width', value: width }]),
    ...(hidden === undefined ? [] : [{ id: 'custom.hidden', value: true }]),
    ...(steps === undefined
      ? []
      : [
          { id: 'thresholds', value: { mode: 'absolute', steps: stepsOf(steps) } },
          { id: 'custom.cellOptions', value: bar ? { type: 'gauge', mode: 'basic' } : { type: 'color-text' } },
        ]),
    ...(bar === undefined ? [] : [{ id: 'min', value: 0 }]),
    ...(texts === undefined ? [] : [{ id: 'mappings', value: mappingsOf(texts) }]),
    ...(target === undefined ? [] : [{ id: 'links', value: [{ ...target, targetBlank: true }] }]),
  ];
}

function mappingsOf(texts: Readonly<Record<string, string>>): ValueMapping[] {
  const options = Object.entries(texts).map(([value, text], index) => [value, { text, index }] as const);
  return [{ type: 'value', options: Object.fromEntries(options) } as ValueMapping];
}

function stepsOf(steps: readonly Step[]) {
  // Grafana writes the smallest threshold as null.
  return steps.map(([color, from]) => ({ color, value: Number.isFinite(from) ? from : null }));
}

function base<B extends AnyPanel>(builder: B, title: string, description: string, options: Options): B {
  const { unit = 'none', steps = PLAIN, texts = {} } = options;
  builder
    .title(title)
    .description(description)
    .datasource(DATASOURCE)
    .unit(unit)
    .mappings(mappingsOf(texts))
    .thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(stepsOf(steps)));
  return builder;
}

function lastValue(): ReduceDataOptionsBuilder {
  return new ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false);
}

function query(expr: string, legend = '', index = 0): DataqueryBuilder {
  const refId = String.fromCharCode('A'.charCodeAt(0) + index);
  return new DataqueryBuilder().refId(refId).datasource(DATASOURCE).expr(expr).legendFormat(legend);
}

export function link(title: string, url: string): DashboardLinkBuilder {
  return new DashboardLinkBuilder(title).type(DashboardLinkType.Link).url(url).targetBlank(true);
}
