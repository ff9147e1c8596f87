import type { Tx } from '../platform/db/pool.ts';
import {
  linkOrigins,
  type LinkEnd,
  type LinkOrigin,
  type LinkRelation,
  type LinkedEntity,
  type MatchedBy,
} from '../records/link.ts';
import {
  selectLinksOf,
  type LinkSystem,
  type NamedEnd,
  type StoredLink,
} from '../ingest/links/queries.ts';

/** A record of a connected system that a lead is linked with, and why. */
export interface LeadLink {
  /** The link that leads to the record; what a person decides is about this one. */
  id: string;
  entity: LinkedEntity;
  connectionId: string;
  /** Label of the connected system. */
  system: string;
  externalId: string;
  /** The record here; null while it was not read, or when it is gone. */
  recordId: string | null;
  name: string | null;
  relation: LinkRelation;
  origin: LinkOrigin;
  matchedBy: MatchedBy | null;
  at: Date;
  /** Who linked or rejected it. */
  by: string | null;
  /** Whether a person said that the two are not linked. */
  rejected: boolean;
}

/** What a lead is linked with, and the systems that it may be linked with. */
export interface LeadLinks {
  links: LeadLink[];
  systems: LinkSystem[];
}

/** Reads the links of a lead in one statement. */
export async function readLeadLinks(
  tx: Tx,
  tenantId: string,
  lead: Pick<LinkEnd, 'connectionId' | 'externalId'>,
): Promise<LeadLinks> {
  const end: LinkEnd = { ...lead, entity: 'lead' };
  const { links, systems } = await selectLinksOf(tx, tenantId, end);
  const labels = new Map(systems.map(({ connectionId, label }) => [connectionId, label]));
  return { links: arrangeLinks(end, links, labels), systems };
}

/**
 * Each record once, with the strongest link that leads to it from the lead, or from a record that is
 * the same; the nearest first. Rejected ones come last.
 */
function arrangeLinks(
  lead: LinkEnd,
  links: readonly StoredLink[],
  labels: ReadonlyMap<string, string>,
): LeadLink[] {
  const strongest = links.toSorted(
    (one, other) => linkOrigins.indexOf(one.origin) - linkOrigins.indexOf(other.origin),
  );
  const reached = new Map<string, LeadLink | null>([[toKey(lead), null]]);
  for (let near = [toKey(lead)]; near.length > 0;) {
    const next: string[] = [];
    for (const key of near)
      for (const link of strongest) {
        const end = findOther(link, key);
        if (end === undefined || reached.has(toKey(end))) continue;
        reached.set(toKey(end), toLeadLink(link, end, labels));
        // What a person or company is linked with is not what the lead is linked with.
        if (isDeal(end) && link.relation === 'same' && link.rejectedAt === null)
          next.push(toKey(end));
      }
    near = next;
  }
  const found = [...reached.values()].filter((link) => link !== null);
  return found.toSorted((one, other) => Number(one.rejected) - Number(other.rejected));
}

const toKey = ({ connectionId, entity, externalId }: LinkEnd): string =>
  `${connectionId}/${entity}/${externalId}`;
const isDeal = ({ entity }: LinkEnd): boolean => entity === 'lead' || entity === 'opportunity';

/** The other end of a link one end of which has the key. */
function findOther({ from, to }: StoredLink, key: string): NamedEnd | undefined {
  if (toKey(from) === key) return to;
  return toKey(to) === key ? from : undefined;
}

const toLeadLink = (
  { id, relation, origin, matchedBy, createdAt, by, rejectedAt }: StoredLink,
  end: NamedEnd,
  labels: ReadonlyMap<string, string>,
): LeadLink => ({
  id,
  entity: end.entity,
  connectionId: end.connectionId,
  system: labels.get(end.connectionId) ?? '',
  externalId: end.externalId,
  recordId: end.id,
  name: end.name,
  relation,
  origin,
  matchedBy,
  at: new Date(rejectedAt ?? createdAt),
  by,
  rejected: rejectedAt !== null,
});
