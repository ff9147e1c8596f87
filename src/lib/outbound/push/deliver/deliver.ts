import type { FieldConflict } from '../../conflicts.ts';
import type { Parents } from '../../../connectors/contract/destination.ts';
import type { Delivery } from './delivery.ts';
import type { Base } from './fields.ts';
import { ensureLead } from './lead.ts';
import { ensureOpportunity } from './opportunity.ts';
import { ensureRelated } from './related.ts';

export interface Delivered {
  base: Base;
  conflicts: FieldConflict[];
  /** What a person should know, in whole sentences. */
  words: string[];
}

/**
 * Writes one lead with all that belongs to it, in the order in which one needs the other: account,
 * contact, lead, opportunity.
 */
export async function deliver(delivery: Delivery): Promise<Delivered> {
  const account = await ensureRelated(delivery, 'account', {});
  const contact = await ensureRelated(delivery, 'contact', present({ account }));
  const lead = await ensureLead(delivery, present({ account, contact }));
  // Without a lead there, or with a lost one, nothing is sold.
  if (lead.status === null || lead.status === 'disqualified') return lead;
  const opportunity = await ensureOpportunity(
    delivery,
    present({ account, contact, lead: delivery.progress.remoteId ?? undefined }),
  );
  return {
    base: { ...lead.base, ...opportunity.base },
    conflicts: [...lead.conflicts, ...opportunity.conflicts],
    words: [...lead.words, ...opportunity.words],
  };
}

function present(parents: Record<string, string | undefined>): Parents {
  return Object.fromEntries(
    Object.entries(parents).filter(([, id]) => id !== undefined),
  ) as Parents;
}
