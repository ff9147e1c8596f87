import type { Change, EntityRows } from '../definition.ts';
import { leadWordsOf } from './search-tokens.ts';

export interface LeadWord {
  word: string;
  leadId: string;
}

/** The words that changes of leads bring and take away. One that stays is in neither. */
export function leadWordDeltas(changes: readonly Change<'lead'>[]): {
  added: LeadWord[];
  removed: LeadWord[];
} {
  const added: LeadWord[] = [];
  const removed: LeadWord[] = [];
  for (const { before, after } of changes) {
    // Most changes of a lead touch none of its words.
    if (before !== null && after !== null && isSame(before, after)) continue;
    const [old, now] = [wordsOf(before), wordsOf(after)];
    if (after !== null)
      for (const word of now.difference(old)) added.push({ word, leadId: after.id });
    if (before !== null)
      for (const word of old.difference(now)) removed.push({ word, leadId: before.id });
  }
  return { added: inOrder(added), removed: inOrder(removed) };
}

const isSame = (one: EntityRows['lead'], other: EntityRows['lead']): boolean =>
  one.name === other.name &&
  one.company === other.company &&
  one.email === other.email &&
  one.phone === other.phone;

const wordsOf = (lead: EntityRows['lead'] | null): Set<string> =>
  new Set(lead === null ? [] : leadWordsOf(lead));

/**
 * As the key has them: neighbours stand on the same page of the index, and two writers meet in the
 * same order.
 */
function inOrder(words: LeadWord[]): LeadWord[] {
  return words.sort((one, other) =>
    one.word < other.word ? -1 : one.word > other.word ? 1 : one.leadId < other.leadId ? -1 : 1,
  );
}
