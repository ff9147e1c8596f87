import type { Bucket, BucketUnit } from '#lib/platform/buckets.ts';
import type { LeadTrend, Share } from '#lib/views/types.ts';
import { getColour } from '../charts/palette.ts';
import type { ChartItem } from '../charts/types.ts';
import type { PipelineBars } from '../overview/drawn.ts';
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
export function toStageBars(
  stages: PipelineBars['stages'],
  currency: string,
  href: Href,
): ChartItem[] {
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

/** Counts over time; a bar leads to the rows of its days. */
export function toTrendColumns(
  { unit, points }: LeadTrend,
  href: (from: string, to: string) => string,
): ChartItem[] {
  return points.map(({ from, to, count: value }) => ({
    label: labelBucket(unit, { from, to }),
    value,
    text: counted(value, ['lead', 'leads']),
    href: href(from, to),
  }));
}

/** How the title of a chart names its unit. */
export const unitNames: Record<BucketUnit, string> = {
  day: 'by day',
  week: 'by week',
  month: 'by month',
  quarter: 'by quarter',
  year: 'by year',
  fiveYears: 'in spans of five years',
};

function labelBucket(unit: BucketUnit, { from, to }: Bucket): string {
  const year = from.slice(0, 4);
  switch (unit) {
    case 'day':
    case 'week':
      return dayLabel(from);
    case 'month':
      return dayLabel(from, 'month');
    case 'quarter':
      return `Q${Math.ceil(Number(from.slice(5, 7)) / 3)} ${year}`;
    case 'year':
      return year;
    case 'fiveYears':
      return year === to.slice(0, 4) ? year : `${year}–${to.slice(0, 4)}`;
  }
}

const toPrevious = (previous: number | null) =>
  previous === null ? {} : { previous, previousText: count(previous) };
const formatCompared = (previous: number | null) =>
  previous === null ? [] : [`${count(previous)} previously`];
