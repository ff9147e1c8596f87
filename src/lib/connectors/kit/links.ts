import type { LinkRelation, LinkedEntity, StatedLink } from '../../records/link.ts';

/** What an item says of other records; those whose id is empty are left out. Pure. */
export const toStatedLinks = (
  stated: readonly [LinkRelation, LinkedEntity, string | null | undefined][],
): StatedLink[] =>
  stated.flatMap(([relation, entity, externalId]) =>
    typeof externalId === 'string' && externalId !== '' ? [{ relation, entity, externalId }] : [],
  );
