import type { Incoming } from '../../entities/incoming.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { isLinked, type LinkEnd, type StatedLink } from '../../records/link.ts';
import { loadSuppression, noSuppression, toParentForm } from '../suppression/suppression.ts';
import { replaceLinks } from './store.ts';

/** A record with what its item states about others of the same system. */
export interface StatingRecord {
  externalId: string;
  links: readonly StatedLink[];
}

/** The records among the items that can state anything; of several versions the last. */
export function listStating(items: Iterable<Incoming>): Map<string, StatingRecord> {
  const stating = new Map<string, StatingRecord>();
  for (const { record, links } of items)
    if (links !== undefined)
      stating.set(record.externalId, { externalId: record.externalId, links });
  return stating;
}

/**
 * Stores what records state now, and returns the ends of the links that came or went. What they
 * state of erased people is left out.
 */
export async function storeStatedLinks(
  tx: Tx,
  { tenantId, connectionId }: { tenantId: string; connectionId: string },
  entity: string,
  records: readonly StatingRecord[],
): Promise<LinkEnd[]> {
  if (!isLinked(entity) || records.length === 0) return [];
  const toEnd = (externalId: string): LinkEnd => ({ connectionId, entity, externalId });
  const stated = records.flatMap(({ externalId, links }) =>
    links.map(({ relation, ...to }) => ({
      relation,
      from: toEnd(externalId),
      to: { ...to, connectionId },
    })),
  );
  const suppression = stated.length === 0 ? noSuppression : await loadSuppression(tx, tenantId);
  return replaceLinks(
    tx,
    tenantId,
    'conversion',
    records.map(({ externalId }) => toEnd(externalId)),
    stated.filter(
      ({ to }) =>
        suppression.find('parent', toParentForm(connectionId, to.externalId)) === undefined,
    ),
  );
}
