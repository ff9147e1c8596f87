import type { StageRow } from '#lib/views/types.ts';
import { shortMoney } from '../ui/format.ts';

/**
 * "$40.1M still open": the total includes won and lost deals, so that this part is told apart from
 * it.
 */
export function openValueNote(stages: readonly StageRow[], currency: string): string {
  const open = stages
    .filter(({ outcome }) => outcome === 'open')
    .reduce((sum, { value }) => sum + value, 0);
  return `${shortMoney(open, currency)} still open`;
}
