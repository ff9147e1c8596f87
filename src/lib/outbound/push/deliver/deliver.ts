import type { FieldConflict } from '../../conflicts.ts';
import type { Parents } from '../../../connectors/contract/destination.ts';
import type { Delivery } from './delivery.ts';
import type { Base } from './fields.ts';
import { ensureLead } from './lead.ts';
import { ensureDeal } from './deal.ts';
import { ensureRelated } from './related.ts';

export interface DeliveryResult {
  base: Base;
  conflicts: FieldConflict[];
  /** What a person should know, in full sentences. */
  messages: string[];
}

/** Writes one lead with everything that belongs to it, parents first. */
export async function deliver(delivery: Delivery): Promise<DeliveryResult> {
  const company = await ensureRelated(delivery, 'company', {});
  const contact = await ensureRelated(delivery, 'contact', omitUndefined({ company }));
  const lead = await ensureLead(delivery, omitUndefined({ company, contact }));
  // A lead that is missing in the CRM or lost there gets no deal.
  if (lead.standing === null || lead.standing === 'closed') return lead;
  const deal = await ensureDeal(
    delivery,
    omitUndefined({ company, contact, lead: delivery.progress.remoteId ?? undefined }),
  );
  return {
    base: { ...lead.base, ...deal.base },
    conflicts: [...lead.conflicts, ...deal.conflicts],
    messages: [...lead.messages, ...deal.messages],
  };
}

function omitUndefined(parents: Record<string, string | undefined>): Parents {
  return Object.fromEntries(
    Object.entries(parents).filter(([, id]) => id !== undefined),
  ) as Parents;
}
