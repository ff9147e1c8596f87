import { findLead } from '../entities/lead/queries.ts';
import { countNotesAbout } from '../entities/note/queries.ts';
import { Problem } from '../platform/errors.ts';
import { isId } from '../platform/id.ts';
import { getProvider } from '../connectors/registry.ts';
import { readTenant } from '../identity/tenancy/with-tenant.ts';
import type { LeadDetailFields } from '../records/lead.ts';
import { readLeadLinks, type LeadLinks } from './lead-links.ts';
import type { LeadRow } from './types.ts';
import type { Workspace } from './workspace.ts';

/** A lead with all its fields. */
export interface LeadDetail extends LeadRow, LeadDetailFields, LeadLinks {
  /** Its id at the source. */
  externalId: string;
  /** Label of the source system. */
  system: string;
  firstSeenAt: Date;
  changedAt: Date;
  /** Number of notes about the lead. */
  notes: number;
}

/** Reads one lead. Throws Problem `not_found`, also for a lead of another tenant. */
export async function getLeadView({ tenant }: Workspace, id: string): Promise<LeadDetail> {
  // Reads from the primary, because a user who has just pushed the lead expects the new state.
  const found = isId(id)
    ? await readTenant(tenant.id, async (tx) => {
        const lead = await findLead(tx, tenant.id, id);
        return (
          lead && {
            ...lead,
            notes: await countNotesAbout(tx, tenant.id, {
              connectionId: lead.connectionId,
              contactId: lead.externalId,
            }),
            ...(await readLeadLinks(tx, tenant.id, lead)),
          }
        );
      })
    : undefined;
  if (found === undefined)
    throw new Problem(
      'not_found',
      'This lead does not exist. It may have been deleted at its source.',
    );
  const { provider, connectionId: _connectionId, ...lead } = found;
  return { ...lead, system: getProvider(provider).label };
}
