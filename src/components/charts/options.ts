import type { BarSeriesOption, PieSeriesOption } from 'echarts/charts';
import type { GridComponentOption } from 'echarts/components';
import type { ComposeOption } from 'echarts/core';
import type { ChartItem, ChartKind, ChartSize } from './types.ts';

/**
 * What a chart shows, as ECharts is told. Pure data without functions: the server and the browser
 * draw the same.
 */
export type ChartOption = ComposeOption<BarSeriesOption | PieSeriesOption | GridComponentOption>;

const text = { fontFamily: 'inherit', fontSize: 12, color: 'var(--ink-2)' };
const staticOptions = { animation: false, textStyle: text };

/**
 * About the width in pixels of a digit at 12 px, for leaving room: the server has no font to
 * measure with.
 */
const digitWidth = 7;
/** The same for names, which have more narrow letters. */
const letterWidth = 6.4;

/** ECharts cannot lighten a custom property, so hovering changes the opacity only. */
const emphasis = { itemStyle: { color: 'inherit', opacity: 0.8 } } as const;

/** The ECharts option of a chart; the series at index 0 is the one whose items are links. */
export function buildChartOption(
  kind: ChartKind,
  items: ChartItem[],
  size: ChartSize,
): ChartOption {
  return { ...staticOptions, ...builders[kind](items, size) };
}

/** The height in pixels that a chart of so many items needs. */
export function computeChartHeight(kind: ChartKind, items: number): number {
  return { bars: Math.max(items, 1) * 30, columns: 200, donut: 176 }[kind];
}

const builders: Record<ChartKind, (items: ChartItem[], size: ChartSize) => ChartOption> = {
  bars,
  columns,
  donut,
};

/**
 * Horizontal bars, the first item on top, each with its name before it and its figure behind it.
 */
function bars(items: ChartItem[], { width }: ChartSize): ChartOption {
  const names = Math.min(Math.max(Math.round(width * 0.32), 150), 210);
  const figures = Math.max(...items.map((item) => item.text.length), 1) * digitWidth + 12;
  const before = toGhostBars(items);
  return {
    grid: { top: 0, bottom: 0, left: names, right: figures, outerBoundsMode: 'none' },
    // Every bar ends inside the card, the longest at its edge.
    xAxis: { type: 'value', show: false, min: 0, max: 'dataMax' },
    yAxis: {
      type: 'category',
      inverse: true,
      data: items.map(({ label }) =>
        guardName(shorten(label, Math.floor((names - 12) / letterWidth))),
      ),
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { ...text, color: 'var(--ink)', interval: 0 },
    },
    series: [
      toLabelledBars(items, before.length > 0 ? 11 : 16),
      ...before.map((series) => toLabelledGhost(series, items)),
    ],
  };
}

/** Upright bars in the order of time. */
function columns(items: ChartItem[], { width }: ChartSize): ChartOption {
  const label = { ...text, color: 'var(--ink-3)' };
  const every = Math.max(1, Math.ceil((items.length * 64) / (width - 44)));
  return {
    // Half of the last name stands beyond the last bar where bars are narrow.
    grid: { top: 12, bottom: 24, left: 40, right: width < 480 ? 20 : 8, outerBoundsMode: 'none' },
    xAxis: {
      type: 'category',
      data: items.map((item) => guardName(item.label)),
      axisLine: { lineStyle: { color: 'var(--line)' } },
      axisTick: { show: false },
      axisLabel: { ...label, interval: every - 1, hideOverlap: true },
    },
    yAxis: {
      type: 'value',
      min: 0,
      minInterval: 1,
      splitNumber: 3,
      axisLabel: label,
      splitLine: { lineStyle: { color: 'var(--line)' } },
    },
    series: [
      { ...toBars(items), barCategoryGap: '20%', barMaxWidth: 40, z: 3 },
      ...toGhostBars(items).map((series) => ({
        ...series,
        barGap: '-100%',
        barCategoryGap: '20%',
      })),
    ],
  };
}

/** A ring; names and figures stand in the legend beside it. */
function donut(items: ChartItem[]): ChartOption {
  return {
    series: [
      {
        type: 'pie',
        radius: ['62%', '98%'],
        label: { show: false },
        emphasis: { ...emphasis, scale: false },
        itemStyle: { borderColor: 'var(--surface)', borderWidth: items.length > 1 ? 1.5 : 0 },
        data: items.map(({ label, value, colour }) => ({
          name: guardName(label),
          value,
          itemStyle: { color: colour },
        })),
      },
    ],
  };
}

/**
 * Figures stand behind the longer of the two bars of an item, where none of them crosses the other
 * bar.
 */
const figure = {
  show: true,
  position: 'right',
  color: 'var(--ink)',
  fontSize: 12,
  fontFamily: 'inherit',
} as const;
const hasGrown = ({ value, previous }: ChartItem) => value >= (previous ?? 0);

/** Bars with their figures written behind them. */
function toLabelledBars(items: ChartItem[], barWidth: number): BarSeriesOption {
  return {
    ...toBars(items),
    barWidth,
    barGap: '10%',
    label: figure,
    data: items.map((item) => ({
      ...toDatum(item),
      label: { show: hasGrown(item), formatter: escapeLabel(item.text) },
    })),
  };
}

/**
 * The compared bars, with the figures of those items whose own bar is the shorter one, on the line
 * of that bar.
 */
function toLabelledGhost(series: BarSeriesOption, items: ChartItem[]): BarSeriesOption {
  const data = items.map((item) => ({
    value: item.previous ?? 0,
    label: { show: !hasGrown(item), formatter: escapeLabel(item.text), offset: [0, -9] },
  }));
  return { ...series, barWidth: 5, label: figure, data };
}

function toBars(items: ChartItem[]): BarSeriesOption {
  return {
    type: 'bar',
    itemStyle: { color: 'var(--chart-1)', borderRadius: 2 },
    emphasis,
    data: items.map(toDatum),
  };
}

function toDatum({ value, colour }: ChartItem) {
  return colour ? { value, itemStyle: { color: colour } } : { value };
}

/**
 * The compared period, pale beside or behind the bar that it is compared with; nothing when none
 * was asked for.
 */
function toGhostBars(items: ChartItem[]): BarSeriesOption[] {
  if (items.every(({ previous }) => previous === null || previous === undefined)) return [];
  return [
    {
      type: 'bar',
      silent: true,
      itemStyle: { color: 'var(--chart-ghost)', borderRadius: 2 },
      data: items.map(({ previous }) => previous ?? 0),
    },
  ];
}

/**
 * Cut by characters and not by ECharts, which measures differently on the server and in the
 * browser.
 */
function shorten(label: string, length: number): string {
  return label.length <= length ? label : `${label.slice(0, length - 1).trimEnd()}…`;
}

/** A label is a template for ECharts, in which braces and bars have a meaning. */
function escapeLabel(label: string): string {
  return guardName(label.replaceAll(/[{}|]/g, ' '));
}

/** U+2060 WORD JOINER, which draws nothing. */
const nameGuard = '\u2060';

/**
 * The name with an invisible character in front if every object inherits a property of this name,
 * such as `__proto__` or `constructor`. ECharts keeps names, and the widths of texts, as keys of
 * plain objects: for such a name it finds what all objects inherit, and writes into it
 * (https://github.com/ecomfe/zrender/issues/1153).
 */
function guardName(name: string): string {
  return name in Object.prototype ? nameGuard + name : name;
}

/** A drawing with its names as they are, without the guard. */
export function unguardNames(svg: string): string {
  return svg.replaceAll(nameGuard, '');
}
