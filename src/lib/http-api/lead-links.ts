import { z } from 'zod';
import type { Access } from '../identity/auth/access.ts';
import { linkLead, rejectLink, withdrawLink } from '../ingest/links/manual.ts';
import { linkOrigins, linkRelations, linkedEntities, matchedBy } from '../records/link.ts';
import { instant } from './codec.ts';
import { tenantParameter } from './tenant.ts';

export const leadLinksQuery = z.object({ tenant: tenantParameter });

/** The body of POST /api/leads/{id}/links. */
export const leadLinkBody = z.strictObject({
  decision: z
    .enum(['link', 'reject', 'withdraw'])
    .describe(
      'link: the lead is what `record` names. reject: the link `link` is wrong, for ever. ' +
        'withdraw: takes back what a person said by the link `link`.',
    ),
  link: z.uuid().optional(),
  record: z
    .strictObject({
      connectionId: z.uuid(),
      entity: z.enum(linkedEntities),
      externalId: z.string().max(200).describe('Id of the record in that system.'),
    })
    .optional(),
});

/** The response of GET and POST /api/leads/{id}/links. */
export const leadLinksResponse = z.object({
  links: z.array(
    z.object({
      id: z.uuid(),
      entity: z.enum(linkedEntities),
      connectionId: z.uuid(),
      system: z.string(),
      externalId: z.string(),
      recordId: z.uuid().nullable().describe('Its id here; null while it was not read.'),
      name: z.string().nullable(),
      relation: z.enum(linkRelations).describe('What the record is to the lead.'),
      origin: z.enum(linkOrigins),
      matchedBy: z.enum(matchedBy).nullable(),
      at: instant,
      by: z.string().nullable().describe('The person who linked or rejected it.'),
      rejected: z.boolean(),
    }),
  ),
});

/** Does what a person decided. Throws Problem as the verbs of src/lib/ingest/links/manual.ts do. */
export function decideLeadLink(
  { tenant, user }: Access,
  leadId: string,
  { decision, link = '', record }: z.output<typeof leadLinkBody>,
): Promise<void> {
  const by = { tenantId: tenant.id, leadId, userId: user.id };
  if (decision === 'reject') return rejectLink(by, link);
  if (decision === 'withdraw') return withdrawLink(by, link);
  return linkLead(by, record ?? { connectionId: '', entity: 'lead', externalId: '' });
}
