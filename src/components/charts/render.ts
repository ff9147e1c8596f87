import { init } from './echarts.ts';
import { buildChartOption, unguardNames } from './options.ts';
import type { ChartItem, ChartKind, ChartSize } from './types.ts';

/** How many drawn charts are kept. Data changes once an hour, pages are looked at more often. */
const maxCached = 500;
const cache = new Map<string, string>();

/**
 * A chart as an SVG string whose bars and slices are links to their rows. The key holds all that it
 * shows.
 */
export function renderChart(
  kind: ChartKind,
  items: ChartItem[],
  size: ChartSize,
  label: string,
): string {
  const key = JSON.stringify([kind, items, size, label]);
  const svg = cache.get(key) ?? cleanSvg(drawSvg(kind, items, size), items, size, label);
  // Set anew, so that what was looked at last is forgotten last.
  cache.delete(key);
  cache.set(key, svg);
  const [oldest] = cache.keys();
  if (cache.size > maxCached && oldest !== undefined) cache.delete(oldest);
  return svg;
}

function drawSvg(kind: ChartKind, items: ChartItem[], size: ChartSize): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...size });
  try {
    chart.setOption(buildChartOption(kind, items, size));
    return unguardNames(chart.renderToSVGString());
  } finally {
    // An instance that is not disposed of keeps a timer, and with it the process, alive.
    chart.dispose();
  }
}

/** Attributes that every text has, hundreds of times on a page; charts.css states them once. */
const sharedByTexts =
  / (?:dominant-baseline="central"|text-anchor="start"|style="font-size:12px;font-family:inherit;")/g;

/**
 * Makes ECharts' drawing fit for the page: no style sheet and no generated class names, which
 * differ at each render; a size that follows the card; a name; links round the shapes. Texts are
 * hidden from screen readers, because the links and the table beside the chart say the same in
 * order. The group is no `role=img`: an image could not hold links.
 */
function cleanSvg(
  svg: string,
  items: ChartItem[],
  { width, height }: ChartSize,
  label: string,
): string {
  const opening =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}"` +
    ` role="group" aria-label="${escapeHtml(label)}">`;
  return svg
    .replace(/<style[\s\S]*?<\/style>/, '')
    .replace(/^<svg[^>]*>\s*<rect[^>]*><\/rect>/, () => opening)
    .replaceAll(/<path [^>]*ecmeta_series_index[^>]*><\/path>/g, (path) => linkShape(path, items))
    .replaceAll(/ (?:ecmeta_\w+|class|xml:space)="[^"]*"/g, '')
    .replaceAll(sharedByTexts, '')
    .replaceAll('></path>', '/>')
    .replaceAll('<text ', '<text aria-hidden="true" ')
    .replaceAll(/\n+/g, '');
}

/**
 * The shape of an item of the first series within a link to the item's rows; other shapes as they
 * are.
 */
function linkShape(path: string, items: ChartItem[]): string {
  const item = items[Number(/ecmeta_data_index="(\d+)"/.exec(path)?.[1])];
  if (!item || !path.includes('ecmeta_series_index="0"')) return path;
  const name = escapeHtml(`${item.label}: ${item.text}`);
  return `<a href="${escapeHtml(item.href)}" aria-label="${name}">${path}</a>`;
}

function escapeHtml(value: string): string {
  return value
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&quot;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
