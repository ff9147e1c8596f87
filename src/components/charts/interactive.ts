import type { ECElementEvent, EChartsType } from 'echarts/core';
import { TooltipComponent } from 'echarts/components';
import { init, use } from './echarts.ts';
import { buildChartOption } from './options.ts';
import type { ChartItem, ChartKind } from './types.ts';

use([TooltipComponent]);

/** Built from nodes and not from a string of HTML: names come from outside. */
const createTooltip = (item: ChartItem | undefined): HTMLElement => {
  const box = document.createElement('div');
  box.className = 'tip';
  for (const [index, line] of [item?.label, item?.text, ...(item?.tip ?? [])].entries()) {
    const row = document.createElement(index === 0 ? 'strong' : 'div');
    row.textContent = line ?? '';
    box.append(row);
  }
  return box;
};

const toTooltipOption = (items: ChartItem[]) => ({
  trigger: 'item' as const,
  confine: true,
  transitionDuration: 0,
  backgroundColor: 'var(--surface)',
  borderColor: 'var(--line)',
  padding: [6, 10],
  textStyle: { color: 'var(--ink)', fontFamily: 'inherit', fontSize: 13 },
  formatter: (params: unknown) => createTooltip(items[(params as { dataIndex: number }).dataIndex]),
});

/**
 * Opens the rows behind a shape; with Ctrl, Cmd or the middle button in a new tab, as a link would.
 */
const openHref = (event: ECElementEvent, items: ChartItem[]): void => {
  const href = items[event.dataIndex]?.href;
  const mouse = event.event?.event as unknown as MouseEvent | undefined;
  if (!href) return;
  if (mouse?.ctrlKey || mouse?.metaKey || mouse?.shiftKey) window.open(href, '_blank');
  else location.assign(href);
};

/** Lays the live chart over the drawn one at the same size and scale, so that nothing moves. */
const fitChart = (
  figure: HTMLElement,
  layer: HTMLElement,
  chart: EChartsType,
  kind: ChartKind,
  items: ChartItem[],
): void => {
  const shown = [...figure.querySelectorAll<HTMLElement>('[data-width]')].find(
    (one) => one.offsetWidth > 0,
  );
  if (!shown) return;
  const size = { width: Number(shown.dataset['width']), height: Number(shown.dataset['height']) };
  const scale = shown.offsetWidth / size.width;
  layer.style.cssText =
    `width:${size.width}px;height:${size.height}px;` +
    `transform-origin:0 0;transform:scale(${scale})`;
  chart.resize(size);
  chart.setOption(
    { ...buildChartOption(kind, items, size), tooltip: toTooltipOption(items) },
    { notMerge: true },
  );
};

/**
 * Makes a drawn chart answer to the pointer. The drawn one stays below for the keyboard and screen
 * readers.
 */
export const mountChart = (figure: HTMLElement): void => {
  const layer = figure.querySelector<HTMLElement>('.chart-live');
  if (!layer || !layer.hidden) return;
  const items = JSON.parse(figure.dataset['items'] ?? '[]') as ChartItem[];
  const kind = figure.dataset['chart'] as ChartKind;
  layer.hidden = false;
  const chart = init(layer, null, { renderer: 'svg', width: 10, height: 10 });
  chart.on('click', (event) => openHref(event, items));
  new ResizeObserver(() => fitChart(figure, layer, chart, kind, items)).observe(figure);
  fitChart(figure, layer, chart, kind, items);
  figure.classList.add('chart-on');
};
