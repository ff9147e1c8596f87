import type { StageRow } from '#lib/views/types.ts';
import { shortMoney } from '../ui/format.ts';

/**
 * "$40.1M of it open": the total counts won and lost deals too, and must not be read as what is
 * still to be won.
 */
export function openValueNote(stages: readonly StageRow[], currency: string): string {
  const open = stages
    .filter(({ outcome }) => outcome === 'open')
    .reduce((sum, { value }) => sum + value, 0);
  return `${shortMoney(open, currency)} of it open`;
}
