/** The kinds of panels that the dashboards use. Every panel has a unit, a description and a legend. */
import { PanelBuilder as BarGaugeBuilder } from '@grafana/grafana-foundation-sdk/bargauge';
import {
  BarGaugeDisplayMode,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTextDisplayOptionsBuilder,
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

/** The settings of every panel. */
export interface Panel {
  readonly title: string;
  /** What the panel shows, and what to do about it. */
  readonly description: string;
  readonly unit: string;
  /** In units of Grafana's 24 columns. */
  readonly width: number;
  readonly height: number;
  /** Colours, each with the value from which it is used. The first one is for the smallest values. */
  readonly steps?: readonly Step[];
}

export type Step = readonly [color: string, from: number];

export interface Query {
  readonly expr: string;
  readonly legend?: string;
}

export const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };
/** Green below 1, a warning from 1 on. */
export const ANY_IS_BAD: readonly Step[] = [
  ['green', Number.NEGATIVE_INFINITY],
  ['red', 1],
];
export const PLAIN: readonly Step[] = [['text', Number.NEGATIVE_INFINITY]];
export const STATE_COLORS = {
  queued: 'orange',
  in_progress: 'blue',
  successful: 'green',
  failed: 'red',
  cancelled: 'yellow',
  unknown: 'purple',
};
/** A share of a limit. */
export const OF_THE_LIMIT: readonly Step[] = [
  ['green', Number.NEGATIVE_INFINITY],
  ['orange', 0.9],
  ['red', 1],
];

export function stat(panel: Panel, query: Query) {
  return base(new StatBuilder(), panel)
    .withTarget(instant(query))
    .colorMode(BigValueColorMode.Value)
    .graphMode(BigValueGraphMode.None)
    .textMode(query.legend === undefined ? BigValueTextMode.Value : BigValueTextMode.ValueAndName)
    .reduceOptions(lastValue());
}

export function bars(panel: Panel, query: Query) {
  return base(new BarGaugeBuilder(), panel)
    .withTarget(instant(query))
    .orientation(VizOrientation.Horizontal)
    .displayMode(BarGaugeDisplayMode.Basic)
    .text(new VizTextDisplayOptionsBuilder().titleSize(13).valueSize(14))
    .decimals(0)
    .min(0)
    .reduceOptions(lastValue());
}

export interface Series extends Panel {
  readonly stacked?: true;
  /** Fixed colours of series, by their legend. */
  readonly colors?: Readonly<Record<string, string>>;
}

export function series(panel: Series, ...queries: readonly Query[]) {
  const builder = base(new TimeSeriesBuilder(), panel)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassic))
    .min(0)
    .lineWidth(1)
    .fillOpacity(panel.stacked ? 40 : 8)
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .calcs([]),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
  for (const [index, query] of queries.entries()) builder.withTarget(ranged(query, index));
  for (const [legend, fixedColor] of Object.entries(panel.colors ?? {})) {
    builder.overrideByName(legend, [{ id: 'color', value: { mode: 'fixed', fixedColor } }]);
  }
  return panel.stacked ? builder.stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A')) : builder;
}

export interface Column {
  /** The label, or `Value #A` for the value of query A. */
  readonly field: string;
  readonly title: string;
  readonly unit?: string;
  readonly width?: number;
  readonly steps?: readonly Step[];
  /** Texts that are shown instead of values. */
  readonly texts?: Readonly<Record<string, string>>;
  readonly link?: { readonly title: string; readonly url: string };
}

/** A table with one row for each set of labels. Columns that are not listed are hidden. */
export function table(panel: Panel, columns: readonly Column[], ...queries: readonly Query[]) {
  const builder = base(new TableBuilder(), panel);
  for (const [index, query] of queries.entries()) {
    builder.withTarget(instant(query, index).format(PromQueryFormat.Table));
  }
  // With a single query the field of the value has no letter.
  const [fields, titles] = [columns.map(({ field }) => field), columns.map(({ field, title }) => [field, title])];
  if (queries.length > 1) builder.withTransformation({ id: 'merge', options: {} });
  builder.withTransformation({ id: 'filterFieldsByName', options: { include: { names: fields } } }).withTransformation({
    id: 'organize',
    options: {
      indexByName: Object.fromEntries(fields.map((field, index) => [field, index])),
      renameByName: Object.fromEntries(titles),
    },
  });
  for (const column of columns) builder.overrideByName(column.title, propertiesOf(column));
  return builder;
}

function propertiesOf({ unit, width, steps, texts, link }: Column): DynamicConfigValue[] {
  return [
    ...(unit === undefined ? [] : [{ id: 'unit', value: unit }]),
    ...(width === undefined ? [] : [{ id: 'custom.width', value: width }]),
    ...(steps === undefined
      ? []
      : [
          { id: 'thresholds', value: { mode: 'absolute', steps: stepsOf(steps) } },
          { id: 'custom.cellOptions', value: { type: 'color-text' } },
        ]),
    ...(texts === undefined ? [] : [{ id: 'mappings', value: mappingsOf(texts) }]),
    ...(link === undefined ? [] : [{ id: 'links', value: [{ ...link, targetBlank: true }] }]),
  ];
}

export function mappingsOf(texts: Readonly<Record<string, string>>): ValueMapping[] {
  const options = Object.entries(texts).map(([value, text], index) => [value, { text, index }] as const);
  return [{ type: 'value', options: Object.fromEntries(options) } as ValueMapping];
}

function stepsOf(steps: readonly Step[]) {
  // Grafana writes the smallest threshold as null.
  return steps.map(([color, from]) => ({ color, value: Number.isFinite(from) ? from : null }));
}

type AnyBuilder = StatBuilder | BarGaugeBuilder | TimeSeriesBuilder | TableBuilder;

function base<B extends AnyBuilder>(builder: B, { title, description, unit, width, height, steps = PLAIN }: Panel): B {
  builder
    .title(title)
    .description(description)
    .datasource(DATASOURCE)
    .unit(unit)
    .span(width)
    .height(height)
    .noValue('–')
    .thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(stepsOf(steps)));
  return builder;
}

function lastValue(): ReduceDataOptionsBuilder {
  return new ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false);
}

function instant({ expr, legend = '' }: Query, index = 0): DataqueryBuilder {
  return query(expr, legend, index).instant();
}

function ranged({ expr, legend = '' }: Query, index: number): DataqueryBuilder {
  return query(expr, legend, index).range();
}

function query(expr: string, legend: string, index: number): DataqueryBuilder {
  const refId = String.fromCharCode('A'.charCodeAt(0) + index);
  return new DataqueryBuilder().refId(refId).datasource(DATASOURCE).expr(expr).legendFormat(legend);
}

export function link(title: string, url: string): DashboardLinkBuilder {
  return new DashboardLinkBuilder(title).type(DashboardLinkType.Link).url(url).targetBlank(true);
}
