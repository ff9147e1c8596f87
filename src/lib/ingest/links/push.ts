import { and, eq, sql } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import type { LinkEnd, LinkedEntity } from '../../records/link.ts';
import { externalLinks } from '../../schema/external-links.ts';
import { leads } from '../../schema/leads.ts';
import { replaceLinks, type NewLink } from './store.ts';

/** The records that a push has created or found, by what they are to it. */
export interface PushedRecords {
  tenantId: string;
  connectionId: string;
  leadId: string;
  /** The lead in the CRM; null when there is none. */
  remoteId: string | null;
  /** The other records, by role. */
  remoteIds: Readonly<Record<string, string>>;
}

/** What the record of a role is here, and what it is to the lead. */
const roles: Record<string, Pick<NewLink, 'relation'> & { entity: LinkedEntity }> = {
  lead: { entity: 'lead', relation: 'same' },
  contact: { entity: 'contact', relation: 'same' },
  deal: { entity: 'opportunity', relation: 'same' },
  company: { entity: 'company', relation: 'parent' },
};

/** The links of a push that differ from the stored ones. */
export interface PushLinkPlan {
  lead: LinkEnd;
  name: string;
  links: NewLink[];
}

/** The links that a push has to store; undefined when they are stored already. */
export async function planPushLinks(
  tx: Tx,
  pushed: PushedRecords,
): Promise<PushLinkPlan | undefined> {
  const { tenantId, connectionId, leadId } = pushed;
  const [row] = await tx
    .select({
      connectionId: leads.connectionId,
      externalId: leads.externalId,
      name: leads.name,
      known: sql<
        string[]
      >`array(select to_entity || '/' || to_external_id from ${externalLinks} as l
        where l.tenant_id = ${tenantId} and l.from_connection_id = leads.connection_id
          and l.from_entity = 'lead' and l.from_external_id = leads.external_id
          and l.to_connection_id = ${connectionId} and l.origin = 'push')`,
    })
    .from(leads)
    .where(and(eq(leads.tenantId, tenantId), eq(leads.id, leadId)));
  if (row === undefined) return undefined;
  const lead: LinkEnd = {
    connectionId: row.connectionId,
    entity: 'lead',
    externalId: row.externalId,
  };
  const links = toLinks(lead, pushed);
  const wanted = new Set(links.map(({ to }) => `${to.entity}/${to.externalId}`));
  const isStored = wanted.size === row.known.length && row.known.every((each) => wanted.has(each));
  return isStored ? undefined : { lead, name: row.name, links };
}

function toLinks(lead: LinkEnd, { connectionId, remoteId, remoteIds }: PushedRecords): NewLink[] {
  const ids = { ...remoteIds, ...(remoteId !== null && { lead: remoteId }) };
  return Object.entries(roles).flatMap(([role, { entity, relation }]) => {
    const externalId = new Map(Object.entries(ids)).get(role);
    return externalId === undefined
      ? []
      : [{ relation, from: lead, to: { connectionId, entity, externalId } }];
  });
}

/** Stores the links of a push in place of its earlier ones; returns the ends of what changed. */
export const storePushLinks = (
  tx: Tx,
  { tenantId, connectionId }: PushedRecords,
  { lead, links }: PushLinkPlan,
): Promise<LinkEnd[]> =>
  replaceLinks(tx, tenantId, 'push', [lead], links, sql`l.to_connection_id = ${connectionId}`);
