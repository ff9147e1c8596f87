import type { BreakdownItem } from '#lib/scoring/types.ts';
import { nothing } from '../ui/format.ts';

type Verdict = NonNullable<BreakdownItem['verdict']>;

/** What was found, in a word. */
export const verdictLabels: Record<
  Verdict,
  { label: string; tone: 'good' | 'warn' | 'bad' | 'neutral' }
> = {
  good: { label: 'Good', tone: 'good' },
  weak: { label: 'Weak', tone: 'warn' },
  bad: { label: 'Wrong', tone: 'bad' },
  missing: { label: 'Missing', tone: 'bad' },
  unknown: { label: 'Unknown', tone: 'neutral' },
  not_applicable: { label: 'Does not matter', tone: 'neutral' },
};

/** "+12", "−5", "0": one decimal where there is one. */
export function formatSigned(points: number): string {
  const size = Math.abs(points).toLocaleString('en-US', { maximumFractionDigits: 1 });
  return points > 0 ? `+${size}` : points < 0 ? `−${size}` : size;
}

/** Points given or taken, with what was to be had; nothing was where the item is not counted. */
export const formatPoints = ({ points, most }: BreakdownItem): string =>
  most === 0
    ? nothing
    : most === null
      ? formatSigned(points)
      : `${formatSigned(points)} of ${most.toLocaleString('en-US', { maximumFractionDigits: 1 })}`;

export const sumPoints = (items: readonly BreakdownItem[]): number =>
  items.reduce((sum, { points }) => sum + points, 0);

/** SPF, DKIM, DMARC, then the rest as they come. */
export function sortSignals(items: readonly BreakdownItem[]): BreakdownItem[] {
  const first = ['spf', 'dkim', 'dmarc'];
  const rank = ({ key }: BreakdownItem) =>
    first.includes(key) ? first.indexOf(key) : first.length;
  return items.toSorted((one, other) => rank(one) - rank(other));
}
