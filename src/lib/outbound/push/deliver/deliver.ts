import type { FieldConflict } from '../../conflicts.ts';
import type { Parents } from '../../../connectors/contract/destination.ts';
import type { Delivery } from './delivery.ts';
import type { Base } from './fields.ts';
import { ensureLead } from './lead.ts';
import { ensureOpportunity } from './opportunity.ts';
import { ensureRelated } from './related.ts';

export interface DeliveryResult {
  base: Base;
  conflicts: FieldConflict[];
  /** What a person should know, in full sentences. */
  messages: string[];
}

/**
 * Writes one lead with everything that belongs to it, parents first: account, contact, lead,
 * opportunity.
 */
export async function deliver(delivery: Delivery): Promise<DeliveryResult> {
  const account = await ensureRelated(delivery, 'account', {});
  const contact = await ensureRelated(delivery, 'contact', omitUndefined({ account }));
  const lead = await ensureLead(delivery, omitUndefined({ account, contact }));
  // A lead that is missing in the CRM or disqualified gets no opportunity.
  if (lead.status === null || lead.status === 'disqualified') return lead;
  const opportunity = await ensureOpportunity(
    delivery,
    omitUndefined({ account, contact, lead: delivery.progress.remoteId ?? undefined }),
  );
  return {
    base: { ...lead.base, ...opportunity.base },
    conflicts: [...lead.conflicts, ...opportunity.conflicts],
    messages: [...lead.messages, ...opportunity.messages],
  };
}

function omitUndefined(parents: Record<string, string | undefined>): Parents {
  return Object.fromEntries(
    Object.entries(parents).filter(([, id]) => id !== undefined),
  ) as Parents;
}
