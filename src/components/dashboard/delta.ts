import type { Figure } from '#lib/views/types.ts';
import { percent } from '../ui/format.ts';

export interface Delta {
  text: string;
  direction: 'up' | 'down' | 'same';
}

/** The change against the compared period; null when nothing was asked to be compared. */
export function delta({ value, previous }: Figure): Delta | null {
  if (previous === null) return null;
  if (value === previous) return { text: 'No change', direction: 'same' };
  const direction = value > previous ? 'up' : 'down';
  // From nothing to something has no percentage.
  if (previous === 0) return { text: 'New', direction };
  const share = Math.abs(value - previous) / Math.abs(previous);
  return { text: `${direction === 'up' ? '+' : '−'}${percent(share)}`, direction };
}
