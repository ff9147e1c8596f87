import type { JsonObject } from '../../../conversion/transformations/kit/value.ts';
import { readFlag } from './values.ts';

/**
 * Facts of an opportunity or a stage: its `outcome`, which is won, lost when it is closed in another
 * way, or open; `closedPct`, 100 or 0, once it is decided.
 */
export function readOutcome(row: object): JsonObject {
  if (readFlag(row, 'IsWon') === true) return { outcome: 'won', closedPct: 100 };
  if (readFlag(row, 'IsClosed') === true) return { outcome: 'lost', closedPct: 0 };
  return { outcome: 'open' };
}
