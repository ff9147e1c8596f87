/** The entities whose records are linked with records elsewhere. */
export const linkedEntities = ['lead', 'contact', 'company', 'opportunity'] as const;
export type LinkedEntity = (typeof linkedEntities)[number];

export const isLinked = (entity: string): entity is LinkedEntity =>
  (linkedEntities as readonly string[]).includes(entity);

/**
 * What the other record is to a record.
 * - same: the same person, company or deal, or the deal that a lead became
 * - parent: the company that a person or a lead belongs to
 */
export const linkRelations = ['same', 'parent'] as const;
export type LinkRelation = (typeof linkRelations)[number];

/**
 * How a link is known, the strongest first: a person said so, a push created or found the record, a
 * system states it of its own records, or both have something in common.
 */
export const linkOrigins = ['manual', 'push', 'conversion', 'match'] as const;
export type LinkOrigin = (typeof linkOrigins)[number];

/** What a match rests on: the e-mail address, the domain, or name and company in one system. */
export const matchedBy = ['email', 'domain', 'name'] as const;
export type MatchedBy = (typeof matchedBy)[number];

/** A record by its key at its source, whether we hold it or not. */
export interface LinkEnd {
  connectionId: string;
  entity: LinkedEntity;
  externalId: string;
}

/** A record of the same system that an item says it is, has become or belongs to. */
export interface StatedLink {
  relation: LinkRelation;
  entity: LinkedEntity;
  externalId: string;
}

/** The address by which people are compared, as two systems may write it differently. Pure. */
export const toEmailKey = (email: string | null | undefined): string | null =>
  email?.trim().toLowerCase() || null;
