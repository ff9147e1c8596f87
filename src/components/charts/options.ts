import type { BarSeriesOption, PieSeriesOption } from 'echarts/charts';
import type { GridComponentOption } from 'echarts/components';
import type { ComposeOption } from 'echarts/core';
import type { ChartItem, ChartKind, ChartSize } from './types.ts';

/** What a chart shows, as ECharts is told. Pure data without functions: the server and the browser draw the same. */
export type ChartOption = ComposeOption<BarSeriesOption | PieSeriesOption | GridComponentOption>;

const text = { fontFamily: 'inherit', fontSize: 12, color: 'var(--ink-2)' };
const still = { animation: false, textStyle: text };

/** About the width of one character at 12 px, for leaving room: the server has no font to measure with. */
const characterWidth = 7;

/** The same for names, which have more narrow letters than figures have narrow digits. */
const letterWidth = 6.4;

/** ECharts cannot lighten a custom property, so hovering changes the opacity only. */
const emphasis = { itemStyle: { color: 'inherit', opacity: 0.8 } } as const;

const bar = (items: ChartItem[]): BarSeriesOption => ({
  type: 'bar',
  itemStyle: { color: 'var(--chart-1)', borderRadius: 2 },
  emphasis,
  data: items.map(({ value, colour }) => (colour ? { value, itemStyle: { color: colour } } : { value })),
});

/** The compared period, pale and thin beside the bar that it is compared with. */
const ghost = (items: ChartItem[]): BarSeriesOption[] =>
  items.some(({ previous }) => previous !== null && previous !== undefined)
    ? [{ type: 'bar', silent: true, itemStyle: { color: 'var(--chart-ghost)', borderRadius: 2 }, data: items.map(({ previous }) => previous ?? 0) }]
    : [];

/** Horizontal bars, the first item on top, each with its name before it and its figure behind it. */
const bars = (items: ChartItem[], { width }: ChartSize): ChartOption => {
  const names = Math.min(Math.max(Math.round(width * 0.32), 150), 210);
  const longest = Math.max(...items.map((item) => item.text.length), 1);
  const before = ghost(items);
  return {
    ...still,
    grid: { top: 0, bottom: 0, left: names, right: longest * characterWidth + 12, outerBoundsMode: 'none' },
    // Every bar ends inside the card, the longest at its edge.
    xAxis: { type: 'value', show: false, min: 0, max: 'dataMax' },
    yAxis: {
      type: 'category',
      inverse: true,
      data: items.map(({ label }) => shorten(label, Math.floor((names - 12) / letterWidth))),
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { ...text, color: 'var(--ink)', interval: 0 },
    },
    series: [
      {
        ...bar(items),
        barWidth: before.length > 0 ? 11 : 16,
        barGap: '10%',
        label: { show: true, position: 'right', color: 'var(--ink)', fontSize: 12, fontFamily: 'inherit' },
        data: items.map(({ value, text: label, colour }) => ({
          value,
          label: { formatter: escapeTemplate(label) },
          ...(colour && { itemStyle: { color: colour } }),
        })),
      },
      ...before.map((series) => ({ ...series, barWidth: 5 })),
    ],
  };
};

/** Cut by characters and not by ECharts, which measures differently on the server and in the browser. */
const shorten = (label: string, length: number): string =>
  label.length <= length ? label : `${label.slice(0, length - 1).trimEnd()}…`;

/** A label is a template for ECharts, in which braces have a meaning. */
const escapeTemplate = (label: string): string => label.replaceAll(/[{}|]/g, ' ');

/** Upright bars in the order of time. */
const columns = (items: ChartItem[], { width }: ChartSize): ChartOption => ({
  ...still,
  // Half of the last name stands beyond the last bar where bars are narrow.
  grid: { top: 12, bottom: 24, left: 40, right: width < 480 ? 20 : 8, outerBoundsMode: 'none' },
  xAxis: {
    type: 'category',
    data: items.map(({ label }) => label),
    axisLine: { lineStyle: { color: 'var(--line)' } },
    axisTick: { show: false },
    axisLabel: { ...text, color: 'var(--ink-3)', interval: Math.max(0, Math.ceil((items.length * 64) / (width - 44)) - 1), hideOverlap: true },
  },
  yAxis: {
    type: 'value',
    min: 0,
    minInterval: 1,
    splitNumber: 3,
    axisLabel: { ...text, color: 'var(--ink-3)' },
    splitLine: { lineStyle: { color: 'var(--line)' } },
  },
  series: [
    ...ghost(items).map((series) => ({ ...series, barGap: '-100%', barCategoryGap: '20%' })),
    { ...bar(items), barCategoryGap: '20%', barMaxWidth: 40, z: 3 },
  ].reverse(),
});

/** A ring; names and figures stand in the legend beside it. */
const donut = (items: ChartItem[]): ChartOption => ({
  ...still,
  series: [
    {
      type: 'pie',
      radius: ['62%', '98%'],
      label: { show: false },
      emphasis: { ...emphasis, scale: false },
      itemStyle: { borderColor: 'var(--surface)', borderWidth: items.length > 1 ? 1.5 : 0 },
      data: items.map(({ label, value, colour }) => ({ name: label, value, itemStyle: { color: colour } })),
    },
  ],
});

const builders: Record<ChartKind, (items: ChartItem[], size: ChartSize) => ChartOption> = { bars, columns, donut };

/** The ECharts option of a chart; the series at index 0 is the one whose items are links. */
export const chartOption = (kind: ChartKind, items: ChartItem[], size: ChartSize): ChartOption => builders[kind](items, size);

/** The height in pixels that a chart of so many items needs. */
export const chartHeight = (kind: ChartKind, items: number): number =>
  ({ bars: Math.max(items, 1) * 30, columns: 200, donut: 176 })[kind];
