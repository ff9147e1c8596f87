import type { Change, EntityRows } from '../definition.ts';
import { leadSearchTokens } from './search-tokens.ts';

export interface LeadSearchToken {
  word: string;
  leadId: string;
}

/** The search words that changes of leads add and remove. Words that stay are in neither list. */
export function computeSearchTokenDeltas(changes: readonly Change<'lead'>[]): {
  added: LeadSearchToken[];
  removed: LeadSearchToken[];
} {
  const added: LeadSearchToken[] = [];
  const removed: LeadSearchToken[] = [];
  for (const { before, after } of changes) {
    // Saves the work in the most common case: a change that touches none of the words.
    if (before !== null && after !== null && isSame(before, after)) continue;
    const [old, now] = [toTokenSet(before), toTokenSet(after)];
    if (after !== null)
      for (const word of now.difference(old)) added.push({ word, leadId: after.id });
    if (before !== null)
      for (const word of old.difference(now)) removed.push({ word, leadId: before.id });
  }
  return { added: sortTokens(added), removed: sortTokens(removed) };
}

const isSame = (one: EntityRows['lead'], other: EntityRows['lead']): boolean =>
  one.name === other.name &&
  one.company === other.company &&
  one.email === other.email &&
  one.phone === other.phone;

const toTokenSet = (lead: EntityRows['lead'] | null): Set<string> =>
  new Set(lead === null ? [] : leadSearchTokens(lead));

/**
 * Sorts in key order: neighbours are on the same page of the index, and two writers lock rows in
 * the same order.
 */
function sortTokens(tokens: LeadSearchToken[]): LeadSearchToken[] {
  return tokens.sort((one, other) =>
    one.word < other.word ? -1 : one.word > other.word ? 1 : one.leadId < other.leadId ? -1 : 1,
  );
}
