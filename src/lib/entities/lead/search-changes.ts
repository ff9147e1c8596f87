import type { Change, EntityRows } from '../definition.ts';
import { leadSearchTokens } from './search-tokens.ts';

/** All search words of a lead. */
export interface LeadWordList {
  leadId: string;
  words: string[];
}

/**
 * The leads whose search words change: those with other words than before, and those that are gone.
 * Leads are in the order of their ids, so that two writers lock rows in the same order.
 */
export function computeSearchWordChanges(changes: readonly Change<'lead'>[]): {
  stored: LeadWordList[];
  removed: string[];
} {
  const stored: LeadWordList[] = [];
  const removed: string[] = [];
  for (const { before, after } of changes) {
    if (after === null) {
      if (before !== null) removed.push(before.id);
    } else if (before === null || !isSame(before, after))
      stored.push({ leadId: after.id, words: leadSearchTokens(after) });
  }
  stored.sort((one, other) => (one.leadId < other.leadId ? -1 : 1));
  return { stored, removed: removed.sort() };
}

const isSame = (one: EntityRows['lead'], other: EntityRows['lead']): boolean =>
  one.name === other.name &&
  one.company === other.company &&
  one.email === other.email &&
  one.phone === other.phone;
