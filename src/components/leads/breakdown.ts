import type { BreakdownItem } from '#lib/scoring/types.ts';
import type { ScoreView } from '#lib/views/score.ts';
import { dateTime, nothing } from '../ui/format.ts';

type Verdict = NonNullable<BreakdownItem['verdict']>;

/** Label and tone of a verdict. */
export const verdictLabels: Record<
  Verdict,
  { label: string; tone: 'good' | 'warn' | 'bad' | 'neutral' }
> = {
  good: { label: 'Good', tone: 'good' },
  weak: { label: 'Weak', tone: 'warn' },
  bad: { label: 'Wrong', tone: 'bad' },
  missing: { label: 'Missing', tone: 'bad' },
  unknown: { label: 'Unknown', tone: 'neutral' },
  not_applicable: { label: 'Not applicable', tone: 'neutral' },
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

/** SPF, DKIM, DMARC, then the rest in their given order. */
function sortSignals(items: readonly BreakdownItem[]): BreakdownItem[] {
  const first = ['spf', 'dkim', 'dmarc'];
  const rank = ({ key }: BreakdownItem) =>
    first.includes(key) ? first.indexOf(key) : first.length;
  return items.toSorted((one, other) => rank(one) - rank(other));
}

/** The two groups of a breakdown, with the sentence for an empty one. */
export const groupItems = ({ signals, risks }: NonNullable<ScoreView['breakdown']>) => [
  { title: 'Signals', items: sortSignals(signals), none: 'No signals found.' },
  { title: 'Risks', items: risks, none: 'No risks found.' },
];

/** Why a lead has no score; empty when it has one. */
export function describeMissingScore(
  { state, lead, scanDueAt }: ScoreView,
  timeZone: string,
): string {
  switch (state) {
    case 'waiting': {
      const due = scanDueAt ? `, due ${dateTime(scanDueAt, timeZone)}` : '';
      const domain = lead.domain ?? 'Its domain';
      return `${domain} is waiting for its first scan${due}. The score appears here after that.`;
    }
    case 'no_domain':
      return (
        'This lead has no company domain: no website of its own, and no e-mail address other ' +
        'than one at a mailbox provider. There is nothing to scan.'
      );
    case 'off':
      return (
        'Scoring is switched off in this workspace. ' +
        'An admin can switch it on under Settings, Features.'
      );
    case 'scored':
      return '';
  }
}
