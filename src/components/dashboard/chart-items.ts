import type { Share, StageRow, TrendPoint } from '#lib/views/types.ts';
import { getColour } from '../charts/palette.ts';
import type { ChartItem } from '../charts/types.ts';
import { count, counted, dayLabel, percent, shortMoney } from '../ui/format.ts';

/** More bars than this cannot be compared at a glance; the table below the chart has them all. */
export const maxBars = 12;

type Href = (key: string) => string;

/** Shares as bars of one colour: their order and length say everything. */
export function toShareBars(shares: Share[], href: Href): ChartItem[] {
  return shares.map((share) => shareItem(share, shares, href));
}

/** Shares as slices, each in its colour. */
export function toShareSlices(shares: Share[], href: Href): ChartItem[] {
  return shares.map((share, index) => ({
    ...shareItem(share, shares, href),
    colour: getColour(index),
  }));
}

function shareItem(share: Share, all: Share[], href: Href): ChartItem {
  const sum = all.reduce((total, one) => total + one.count, 0);
  return {
    label: share.label,
    value: share.count,
    text: count(share.count),
    ...toPrevious(share.previous),
    tip: [
      `${percent(sum === 0 ? 0 : share.count / sum)} of all`,
      ...formatCompared(share.previous),
    ],
    href: href(share.key),
  };
}

/** The stages of a pipeline in their order, measured by value. */
export function toStageBars(stages: StageRow[], currency: string, href: Href): ChartItem[] {
  return stages.map((stage) => ({
    label: stage.stage,
    value: stage.value,
    text: `${shortMoney(stage.value, currency)} · ${count(stage.count)}`,
    previous: stage.previousValue,
    ...(stage.previousValue !== null && {
      previousText: shortMoney(stage.previousValue, currency),
    }),
    tip: [
      ...(stage.conversion === null
        ? []
        : [`${percent(stage.conversion)} of the previous stage reached this one`]),
      ...(stage.stuck > 0
        ? [`${counted(stage.stuck, ['candidate', 'candidates'])} stuck for more than 30 days`]
        : []),
    ],
    href: href(stage.stage),
    ...(stage.outcome === 'lost' && { colour: 'var(--chart-rest)' }),
    ...(stage.outcome === 'won' && { colour: 'var(--chart-3)' }),
  }));
}

/**
 * Counts over time; a bar leads to the rows of its days. The first and the last bucket may reach
 * beyond the range that is counted (ISO dates, inclusive), their links do not.
 */
export function toTrendColumns(
  points: TrendPoint[],
  range: { from: string; to: string },
  href: (from: string, to: string) => string,
): ChartItem[] {
  const [first, second] = points;
  const monthly =
    first !== undefined &&
    second !== undefined &&
    Date.parse(second.from) - Date.parse(first.from) > 27 * day;
  return points.map(({ from, count: value }, index) => ({
    label: dayLabel(from, monthly ? 'month' : 'day'),
    value,
    text: counted(value, ['lead', 'leads']),
    href: href(
      from < range.from ? range.from : from,
      earlier(computeLastDay(from, points[index - 1], points[index + 1]), range.to),
    ),
  }));
}

const day = 86_400_000;
const earlier = (one: string, other: string) => (one < other ? one : other);
const toIsoDay = (at: number) => new Date(at).toISOString().slice(0, 10);

/**
 * The last day of a bucket is the one before the next; the last bucket is as long as the one before
 * it.
 */
function computeLastDay(
  from: string,
  previous: TrendPoint | undefined,
  next: TrendPoint | undefined,
): string {
  const start = Date.parse(from);
  if (next) return toIsoDay(Date.parse(next.from) - day);
  const length = previous ? start - Date.parse(previous.from) : day;
  return toIsoDay(start + length - day);
}

const toPrevious = (previous: number | null) =>
  previous === null ? {} : { previous, previousText: count(previous) };
const formatCompared = (previous: number | null) =>
  previous === null ? [] : [`${count(previous)} previously`];
